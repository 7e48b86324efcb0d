//! A restore that was opened, with its staging tables made.

use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::super::error::RestoreError;
use super::super::restored::LoadsSince;
use super::super::swap::ATTEMPTS;
use super::comparison::{ComparedTable, Comparison};
use super::ending::PlannedEnding;
use super::items::{Item, is_carried, ranges};
use crate::backup::{KeyRange, coarse_enough};
use crate::sql::checksum::Checksum;
use crate::table::schema::Table;

/// A restore that was opened, with its staging tables made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenedRestore {
    /// Its name, which is part of the names of the tables that it leaves.
    pub id: String,
    /// The run, if the files are a backup of rowgate's.
    pub run: Option<String>,
    /// Where the files were found.
    pub sources: Vec<String>,
    /// What of the files is left out or filled up.
    pub notes: Vec<String>,
    /// Loads that the ledger takes for done no longer once the tables are swapped.
    pub loads_since: Option<LoadsSince>,
    /// The tables, parents first.
    pub tables: Vec<OpenedRestoreTable>,
    /// How it ends.
    #[serde(default)]
    pub ending: PlannedEnding,
}

/// A table of such a restore.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenedRestoreTable {
    /// Its name.
    pub table: String,
    /// How many files it has.
    pub files: usize,
    /// In how many ranges the live table is looked at.
    pub live_ranges: usize,
    /// What the files hold, where a manifest says so.
    pub content: Option<Checksum>,
}

impl OpenedRestore {
    /// The spans of the live tables, as coarse as they must be for everything to be carried, in this
    /// step and the next ones.
    pub(super) fn fit(
        &self,
        tables: &[&'static Table],
        lives: Vec<Vec<KeyRange>>,
        files: &[Item],
    ) -> Result<Vec<Vec<KeyRange>>, RestoreError> {
        let items =
            |lives: &[Vec<KeyRange>]| [ranges(tables, lives, Item::Live), files.to_vec()].concat();
        let lives = coarse_enough(lives, |lives| is_carried(self, &items(lives)));
        match is_carried(self, &items(&lives)) && self.is_compared(tables) {
            true => Ok(lives),
            false => Err(RestoreError::TooManyFiles { files: files.len() }),
        }
    }

    /// Whether the comparison can be carried, with one range of each table.
    fn is_compared(&self, tables: &[&'static Table]) -> bool {
        let most = Checksum { rows: u64::MAX, digest: u64::MAX };
        let compared = |table: &&'static Table| ComparedTable {
            table: table.name.to_string(),
            content: most,
            live: most,
            // Each part with its quotes, a comma and a bracket.
            greatest_key: Some("-".repeat(table.key.len() * (i64::MIN.to_string().len() + 6))),
            staging_ranges: 1,
            live_ranges: 1,
        };
        let Self { id, sources, notes, loads_since, ending, .. } = self.clone();
        let tables_compared = tables.iter().map(compared).collect();
        let (attempt, swapped) = (ATTEMPTS, false);
        let comparison = Comparison {
            id,
            sources,
            notes,
            loads_since,
            tables: tables_compared,
            attempt,
            swapped,
            ending,
        };
        let whole = vec![vec![KeyRange::default()]; tables.len()];
        let staging = ranges(tables, &whole, Item::Staging);
        is_carried(&comparison, &[staging, ranges(tables, &whole, Item::Live)].concat())
    }
}
