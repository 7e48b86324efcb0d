//! How a restore in parts ends.

use serde::{Deserialize, Serialize};

use super::super::error::RestoreError;

/// The most rows, of the files and live, that one step puts in place within its 15 minutes.
pub(super) const MOST_ROWS: u64 = 5_000_000;

/// How a restore in parts ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PlannedEnding {
    /// Whether the rows are put into the live tables, in one transaction, and no table is swapped.
    pub in_place: bool,
    /// Whether rows come back whose foreign key names a row that is not there.
    pub keep_orphans: bool,
}

impl PlannedEnding {
    /// Refuses more rows than one step puts in place.
    pub(super) fn check_rows(self, rows: u64) -> Result<(), RestoreError> {
        match self.in_place && rows > MOST_ROWS {
            true => Err(RestoreError::TooManyRows { rows, most: MOST_ROWS }),
            false => Ok(()),
        }
    }
}
