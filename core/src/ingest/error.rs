//! Why rows could not be stored, beyond what is wrong with the rows themselves.

use alloc::string::{String, ToString};
use core::fmt;

use crate::aws::host::CallError;
use crate::aws::operation::Retry;
use crate::base::counted::counted;
use crate::ledger::ClaimError;
use crate::sql::chunk::Chunk;
use crate::sql::live_schema::LookError;
use crate::sql::statement::SLOW_BYTES;
use crate::table::record::Place;
use crate::table::schema::Table;

/// Why a write failed, or its outcome is unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreError {
    /// Nothing was stored and the same request may succeed later.
    Unavailable(String),
    /// Nothing was stored: no time was left.
    OutOfTime,
    /// Nothing was stored: the transaction broke or gave way to others, again and again.
    Interrupted(String),
    /// The last call got no clear answer: all of the rows are stored, or none.
    OutcomeUnknown(String),
    /// Nothing was stored: the call was refused, and would be again.
    Refused(String),
    /// Nothing was stored: the database does not have a table or a column as it was believed.
    TablesChanged(String),
    /// Nothing was stored: another holder has the claim in the ledger, or its time is over.
    LeaseLost,
    /// Nothing was stored: a newer version of the file is there.
    Outdated,
    /// Nothing was stored: a statement has more bytes of rows than the service takes, or takes longer for
    /// them than the service waits.
    TooLarge {
        /// The table's name.
        table: &'static str,
        /// Where its first row came from.
        place: Place,
        /// Its rows; those of a statement that could be cut are sent again.
        rows: usize,
        /// Its bytes of rows.
        bytes: usize,
    },
    /// The database says that it stored another number of rows than it was sent.
    WrongCount {
        /// Rows sent.
        sent: u64,
        /// Rows that the database counted.
        stored: u64,
    },
}

impl StoreError {
    /// An error of a call that cannot have made anything last.
    pub(crate) fn before_commit(error: &CallError) -> Self {
        match error.retry() {
            Retry::NotRun if *error == CallError::OutOfTime => Self::OutOfTime,
            Retry::NotRun => Self::Unavailable(error.to_string()),
            Retry::OutcomeUnknown | Retry::Transaction => Self::Interrupted(error.to_string()),
            Retry::Never if is_of_changed_tables(error) => Self::TablesChanged(error.to_string()),
            Retry::Never => Self::Refused(error.to_string()),
        }
    }

    /// Why the look at the live tables failed; nothing was sent before it.
    pub(crate) fn of_look(error: &LookError) -> Self {
        match error {
            LookError::Call(error) => Self::before_commit(error),
            error => Self::Refused(error.to_string()),
        }
    }

    /// An error of a statement that carries a chunk, if the chunk is at fault as a whole. `is_undone` says
    /// that nothing lasts of a statement that took too long.
    pub(super) fn of_size(
        error: &CallError,
        table: &Table,
        chunk: &Chunk,
        is_undone: bool,
    ) -> Option<Self> {
        let CallError::Api(error) = error else { return None };
        let (rows, bytes) = (chunk.rows(), chunk.filled());
        let is_slow = error.is_time_out() && is_undone && rows > 1 && bytes > SLOW_BYTES;
        let is_at_fault = rows > 0 && (error.is_too_large() || is_slow);
        let table = table.name;
        is_at_fault.then(|| Self::TooLarge { table, place: chunk.place(0), rows, bytes })
    }

    /// An error of a claim: nothing comes before it.
    pub(crate) fn of_claim(error: &ClaimError) -> Self {
        match error {
            ClaimError::Call(error) => Self::before_commit(error),
            ClaimError::Ledger(wrong) => Self::Refused(wrong.to_string()),
        }
    }

    /// An error of the call that was to make the rows last.
    pub(super) fn of_commit(error: &CallError) -> Self {
        match error.retry() {
            Retry::OutcomeUnknown => Self::OutcomeUnknown(error.to_string()),
            _ => Self::before_commit(error),
        }
    }
}

/// MySQL's numbers for a column and a table that are not there, and for values that are not one a column.
const CHANGED: [u16; 3] = [1054, 1146, 1136];

fn is_of_changed_tables(error: &CallError) -> bool {
    let CallError::Api(error) = error else { return false };
    error.database_code.is_some_and(|code| CHANGED.contains(&code))
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(cause) => write!(f, "database not available: {cause}"),
            Self::OutOfTime => f.write_str("no time left"),
            Self::Interrupted(cause) => write!(f, "transaction interrupted: {cause}"),
            Self::OutcomeUnknown(cause) => write!(f, "outcome unknown: {cause}"),
            Self::Refused(cause) => write!(f, "refused: {cause}"),
            Self::TablesChanged(cause) => write!(f, "the tables are not as they were: {cause}"),
            Self::LeaseLost => f.write_str("the lease is over; another attempt may be in progress"),
            Self::Outdated => f.write_str("a newer version of the file is there"),
            Self::TooLarge { table, place, rows, bytes } => {
                write!(f, "table {table}, ")?;
                match (place.index, place.line) {
                    (Some(index), Some(line)) => write!(f, "row at index {index} (line {line})"),
                    (Some(index), None) => write!(f, "row at index {index}"),
                    (None, _) => f.write_str("a key that a row refers to"),
                }?;
                match rows {
                    1 => write!(
                        f,
                        ": its {bytes} bytes are more than the Data API takes; shorten it"
                    ),
                    _ => {
                        write!(f, ": {rows} rows of {bytes} bytes are more than the Data API takes")
                    }
                }
            }
            Self::WrongCount { sent, stored } => {
                write!(f, "the database counted {} of {sent}", counted(*stored, "row"))
            }
        }
    }
}

impl core::error::Error for StoreError {}
