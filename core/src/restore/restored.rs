//! What a restore has done.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

/// What a restore has done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// The restore's name, by which it is undone.
    pub id: String,
    /// The tables, parents first.
    pub tables: Vec<RestoredTable>,
    /// The tables that were written to while they were swapped.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub late: Vec<Late>,
    /// Loads that the ledger takes for done no longer; `None` if the files do not say of which time
    /// they are, or there is no ledger.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loads_since: Option<LoadsSince>,
    /// What of the files was left out or filled up, where no plan has said it, and what was not done after
    /// the swap.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl Restored {
    pub(super) fn of(id: &str, tables: Vec<RestoredTable>) -> Self {
        let (late, notes) = (Vec::new(), Vec::new());
        Self { id: id.into(), tables, late, loads_since: None, notes }
    }
}

/// One table that was restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RestoredTable {
    /// The table.
    pub table: &'static str,
    /// Its rows now.
    pub rows: u64,
    /// Their checksum, as the database computed it.
    pub checksum: String,
}

/// A table that was written to while it was swapped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Late {
    /// The table.
    pub table: &'static str,
    /// Where the rows are: the table that was live before.
    pub old_table: String,
    /// Its rows right before the swap.
    pub rows_before: u64,
    /// Its rows now; `None` if it could not be read again.
    pub rows_now: Option<u64>,
    /// Its greatest key right before the swap, of several columns as a JSON array; `None` if it had no row,
    /// or has texts and was restored in parts.
    pub greatest_key: Option<String>,
    /// The first keys behind that.
    pub new_keys: Vec<String>,
}

/// Loads of a restore's tables since its files were written, or a little before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadsSince {
    /// When the backup began, as `YYYY-MM-DDTHH:MM:SSZ`.
    pub since: String,
    /// How many loads.
    pub loads: u64,
}
