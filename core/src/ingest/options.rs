//! How rows are checked and stored.

use serde::{Deserialize, Serialize};

use crate::sql::statement::OnDuplicate;
use crate::table::cell_forms::CellForms;
use crate::table::schema::UniqueKey;
use crate::table::time_zone::TimeZone;

/// What to do with rows that are not good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnError {
    /// One bad row, and nothing is stored.
    #[default]
    Reject,
    /// The good rows are stored, the bad ones reported.
    Skip,
}

/// How rows are checked and stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct IngestOptions {
    /// What to do with rows that are not good.
    pub on_error: OnError,
    /// What to do with rows whose key the table has already.
    pub on_duplicate: OnDuplicate,
    /// The unique key that says which rows the table has already, where that is not the primary key; of
    /// whole columns. All rows are then of its table.
    pub key: Option<&'static UniqueKey>,
    /// Whether inserted and updated rows are counted apart, which takes more calls.
    pub exact_counts: bool,
    /// Whether the ids that the database gives to rows are wanted back.
    pub return_ids: bool,
    /// Whether a row may lack columns that only a new row needs: an update looks whether it is one.
    pub may_lack: bool,
    /// Whether every column is required.
    pub strict: bool,
    /// Whether a row's parents must exist, in the table or among the good rows that came along.
    pub check_references: bool,
    /// The zone of DATETIME columns: date-times with an offset become its clocks' time, and may come together with
    /// those without one. Where it is not given they become UTC.
    pub time_zone: Option<TimeZone>,
    /// How cells of CSV write numbers and dates.
    pub forms: CellForms,
    /// Whether to look for existing keys, and to store nothing.
    pub dry_run: bool,
}
