//! A restore whose files are written: compared, swapped, and looked at once more.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::super::checks::{check_content, check_filled};
use super::super::error::RestoreError;
use super::super::find::find;
use super::super::late::{self, LiveContent};
use super::super::loads;
use super::super::restored::{LoadsSince, Restored, RestoredTable};
use super::super::wanted::Wanted;
use super::ending::PlannedEnding;
use super::items::{Done, Item, RangeItem, add_up, is_carried, ranges};
use super::tables::{greatest_key, spans_of, table};
use crate::aws::host::Host;
use crate::backup::{KeyRange, Services, coarse_enough};
use crate::sql::checksum::Checksum;
use crate::sql::key_text::KeyText;
use crate::table::schema::{Schema, Table};

/// A restore whose files are written: its tables are compared, tried to be swapped, and looked at once
/// more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// Its name.
    pub id: String,
    /// Where the files were found.
    pub sources: Vec<String>,
    /// What of the files is left out or filled up, and what was not done after the swap.
    pub notes: Vec<String>,
    /// Loads that the ledger takes for done no longer once the tables are swapped.
    pub loads_since: Option<LoadsSince>,
    /// The tables, parents first.
    pub tables: Vec<ComparedTable>,
    /// The number of the next try to swap them, from 1 on.
    pub attempt: u32,
    /// Whether they are swapped, or their rows put in place.
    pub swapped: bool,
    /// How it ends.
    #[serde(default)]
    pub ending: PlannedEnding,
}

/// What a table should be by the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComparedTable {
    /// Its name.
    pub table: String,
    /// What the files hold.
    pub content: Checksum,
    /// What the live table held when it was looked at.
    pub live: Checksum,
    /// The live table's greatest key before that; none with texts, since no text of a row is carried.
    pub greatest_key: Option<String>,
    /// In how many ranges the staging table is looked at.
    pub staging_ranges: usize,
    /// In how many ranges the live table is, or once it is swapped, the old one.
    pub live_ranges: usize,
}

impl ComparedTable {
    pub(super) fn seen(&self, table: &Table) -> LiveContent {
        let greatest_key = self.greatest_key.as_ref().and_then(|key| KeyText::read(table, key));
        LiveContent { content: self.live, greatest_key }
    }
}

impl Comparison {
    pub(super) fn schema_tables(
        &self,
        schema: Schema,
    ) -> Result<Vec<&'static Table>, RestoreError> {
        self.tables.iter().map(|compared| table(schema, &compared.table)).collect()
    }

    /// Compares all that has come back, and takes over what the live tables hold now.
    pub(super) fn check(
        &mut self,
        schema: Schema,
        done: &[Done],
        force: bool,
    ) -> Result<(), RestoreError> {
        for compared in &mut self.tables {
            let table = table(schema, &compared.table)?;
            if self.attempt == 1 {
                let ranges = done.iter().filter_map(Done::staging);
                let staging = add_up(table, compared.staging_ranges, ranges)?;
                check_content(table, compared.content, staging)?;
            }
            check_filled(table, compared.content, compared.live, force)?;
            let ranges = done.iter().filter_map(Done::live);
            let live = add_up(table, compared.live_ranges, ranges)?;
            if live != compared.live && !force {
                let (table, planned, found) = (table.name, compared.live.rows, live.rows);
                return Err(RestoreError::Changed { table, planned, found });
            }
            compared.live = live;
        }
        Ok(())
    }

    /// The live tables are to be looked at before the next try as well.
    pub(super) async fn next_try<H: Host>(
        &self,
        services: &Services<'_, H>,
        tables: &[&'static Table],
    ) -> Result<(Self, Vec<Item>), RestoreError> {
        let mut next = Self { attempt: self.attempt + 1, ..self.clone() };
        let mut spans = Vec::new();
        for (compared, table) in next.tables.iter_mut().zip(tables) {
            compared.greatest_key = greatest_key(services, table).await?;
            spans.push(spans_of(services, table, table.name, tables.len()).await?);
        }
        let items = next.deal_one_kind(tables, spans, Item::Live);
        Ok((next, items))
    }

    /// What was live before is to be looked at, unless no row could come meanwhile; a table that cannot be gets no range that could come
    /// back, so that it is not known whether it was written to.
    pub(super) async fn old_items<H: Host>(
        mut self,
        services: &Services<'_, H>,
        tables: &[&'static Table],
    ) -> (Self, Vec<Item>) {
        let loads = self.loads_since.take();
        let mut restored = self.restored(services.schema);
        loads::mark(services.database, tables, loads, &mut restored).await;
        self = Self {
            swapped: true,
            loads_since: restored.loads_since,
            notes: restored.notes,
            ..self
        };
        if self.ending.in_place {
            return (self, Vec::new());
        }
        let mut spans = Vec::new();
        for table in tables {
            let old = late::old_table(table, &self.id);
            spans.push(spans_of(services, table, &old, tables.len()).await.unwrap_or_default());
        }
        let items = self.deal_one_kind(tables, spans, Item::Old);
        for compared in &mut self.tables {
            compared.live_ranges = compared.live_ranges.max(1);
        }
        (self, items)
    }

    /// Deals out the staging tables and the live ones: of each table the spans of one, then of the
    /// other.
    pub(super) fn deal(
        &mut self,
        schema: Schema,
        spans: Vec<Vec<KeyRange>>,
    ) -> Result<Vec<Item>, RestoreError> {
        let names = self.schema_tables(schema)?;
        let every = |spans: &[Vec<KeyRange>], which| {
            spans.iter().skip(which).step_by(2).cloned().collect::<Vec<_>>()
        };
        let items = |spans: &[Vec<KeyRange>]| {
            let staging = ranges(&names, &every(spans, 0), Item::Staging);
            [staging, ranges(&names, &every(spans, 1), Item::Live)].concat()
        };
        let spans = coarse_enough(spans, |spans| is_carried(self, &items(spans)));
        for (compared, spans) in self.tables.iter_mut().zip(spans.chunks(2)) {
            (compared.staging_ranges, compared.live_ranges) = (spans[0].len(), spans[1].len());
        }
        Ok(items(&spans))
    }

    /// Deals out one kind of tables.
    pub(super) fn deal_one_kind(
        &mut self,
        tables: &[&'static Table],
        spans: Vec<Vec<KeyRange>>,
        kind: fn(RangeItem) -> Item,
    ) -> Vec<Item> {
        let items = |spans: &[Vec<KeyRange>]| ranges(tables, spans, kind);
        let spans = coarse_enough(spans, |spans| is_carried(self, &items(spans)));
        for (compared, spans) in self.tables.iter_mut().zip(&spans) {
            compared.live_ranges = spans.len();
        }
        items(&spans)
    }

    /// Names a key that comes twice, for which the files are looked for and read once more.
    pub(super) async fn naming_twice<H: Host>(
        &self,
        services: &Services<'_, H>,
        error: RestoreError,
    ) -> RestoreError {
        let RestoreError::SameKey { table: name, .. } = error else { return error };
        let Ok(table) = table(services.schema, name) else { return error };
        let wanted = Wanted { sources: &self.sources, tables: &[table], ..Wanted::default() };
        let Ok(mut found) = find(services, &wanted).await else { return error };
        let files = found.tables.pop().map(|(_, files)| files).unwrap_or_default();
        error.naming_twice(services, table, &files).await
    }

    pub(super) fn restored(&self, schema: Schema) -> Restored {
        let of = |compared: &ComparedTable| {
            let (rows, checksum) = (compared.content.rows, compared.content.hex());
            Some(RestoredTable { table: schema.table(&compared.table)?.name, rows, checksum })
        };
        let tables = self.tables.iter().filter_map(of).collect();
        let (notes, loads_since) = (self.notes.clone(), self.loads_since.clone());
        Restored { notes, loads_since, ..Restored::of(&self.id, tables) }
    }
}
