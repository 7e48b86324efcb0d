//! Why there is no backup.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::damage::Damage;
use super::left_out_folder::LeftOutFolder;
use crate::aws::host::CallError;
use crate::aws::operation::Retry;
use crate::aws::s3;
use crate::base::counted::counted;

/// Why a backup could not be made, found, or trusted.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum BackupError {
    /// The database could not be read.
    Database(CallError),
    /// The snapshot ended early, several times.
    SnapshotLost(CallError),
    /// Tables that a restore would refuse.
    Unfit {
        /// What is in the way, each with its table.
        obstacles: Vec<String>,
    },
    /// The database described itself in a way that is not understood.
    Undescribed,
    /// Transactions see no snapshot.
    NoSnapshot {
        /// Their isolation.
        level: String,
    },
    /// The time is over before all is written.
    OutOfTime,
    /// The process was told to end before all was written.
    Interrupted {
        /// The files that could not be deleted.
        left: Vec<String>,
    },
    /// The rows of a table are not as many as the database counted before.
    WrongCount {
        /// The table.
        table: &'static str,
        /// Rows that the database counted.
        counted: u64,
        /// Rows that were read.
        read: u64,
    },
    /// The live table holds what the schema's cannot.
    UnexpectedValue {
        /// The table.
        table: &'static str,
    },
    /// A table has more than a restore could bring back.
    TooLong {
        /// The table.
        table: &'static str,
        /// What is too long: a column, a row or its documents.
        what: &'static str,
        /// Its bytes.
        bytes: u64,
        /// The most that could be.
        limit: u64,
    },
    /// A table's rows could not be read, and some may have more than the 64 KiB that the service answers.
    LongRow {
        /// The table.
        table: &'static str,
        /// The column with the longest value among these rows.
        column: &'static str,
        /// The bytes of that value.
        bytes: u64,
        /// What the service answered.
        error: CallError,
    },
    /// A file could not be written.
    Write {
        /// Its key.
        key: String,
        /// Why.
        cause: String,
    },
    /// A file could not be read.
    Read {
        /// Its key.
        key: String,
        /// Why.
        cause: String,
    },
    /// There is no such backup, or it was never finished: its manifest is missing.
    NoManifest {
        /// The run.
        run: String,
    },
    /// The folder of the run is no backup.
    NoBackup(Box<LeftOutFolder>),
    /// More tables than a state machine can carry the names and parts of.
    TooManyTables {
        /// How many there are.
        tables: usize,
    },
    /// Not every part of a table has come back.
    PartsMissing {
        /// The table.
        table: &'static str,
        /// How many were dealt out.
        wanted: usize,
        /// How many came back.
        found: usize,
    },
    /// A part that is not what the manifest says.
    Damaged {
        /// Its key.
        key: String,
        /// What is wrong.
        what: Damage,
    },
}

impl BackupError {
    /// Whether another attempt would surely end the same way.
    pub fn is_final(&self) -> bool {
        matches!(
            self,
            Self::UnexpectedValue { .. }
                | Self::Unfit { .. }
                | Self::TooLong { .. }
                | Self::NoSnapshot { .. }
                | Self::NoManifest { .. }
                | Self::NoBackup(_)
                | Self::TooManyTables { .. }
                | Self::PartsMissing { .. }
                | Self::Damaged { .. }
        )
    }

    /// A call in the snapshot's transaction that failed.
    pub(super) fn in_snapshot(error: CallError) -> Self {
        match error.retry() {
            _ if error == CallError::OutOfTime => Self::OutOfTime,
            Retry::Transaction | Retry::OutcomeUnknown => Self::SnapshotLost(error),
            Retry::NotRun | Retry::Never => Self::Database(error),
        }
    }

    pub(crate) fn damaged(key: &str, what: Damage) -> Self {
        Self::Damaged { key: key.into(), what }
    }

    pub(super) fn write(key: &str, error: &CallError<s3::Error>) -> Self {
        Self::Write { key: key.into(), cause: alloc::format!("{error}") }
    }
}

impl fmt::Display for BackupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Database(error) => write!(f, "the database could not be read: {error}"),
            Self::SnapshotLost(error) => write!(f, "the snapshot ended early: {error}"),
            Self::Unfit { obstacles } => write!(
                f,
                "a restore would refuse these tables: {}; run rowgate migrate --check, leave them \
                 out (--skip), or back their columns up all the same (--accept)",
                obstacles.join("; ")
            ),
            Self::Undescribed => {
                f.write_str("the database's description of itself is not readable")
            }
            Self::NoSnapshot { level } => write!(
                f,
                "transactions are {level}, so there is no snapshot of all tables; set \
                 transaction_isolation to REPEATABLE-READ in the cluster's parameter group, or use \
                 --parallel, which needs none"
            ),
            Self::OutOfTime => f.write_str("the time is over; nothing was backed up"),
            Self::Interrupted { left } => interrupted(f, left),
            Self::WrongCount { table, counted: expected, read } => {
                let read = counted(*read, "row");
                write!(f, "{table}: {read} read where the database counts {expected}")
            }
            Self::UnexpectedValue { table } => {
                write!(
                    f,
                    "{table}: a value that its column cannot hold; run rowgate migrate --check"
                )
            }
            Self::TooLong { table, what, bytes, limit } => write!(
                f,
                "{table}: {what} has {bytes} bytes, and at most {limit} could be restored: shorten it, or leave the \
                 table out"
            ),
            Self::LongRow { table, column, bytes, error } => write!(
                f,
                "{table}: a row could not be read: {error}; the service answers at most 64 KiB of a row, \
                 and {column} has up to {bytes} bytes: shorten it, or leave the table out (--skip)"
            ),
            Self::Write { key, cause } => write!(f, "{key} could not be written: {cause}"),
            Self::Read { key, cause } => write!(f, "{key} could not be read: {cause}"),
            Self::NoManifest { run } => write!(f, "{run}: no manifest, so no backup"),
            Self::NoBackup(left) => left.fmt(f),
            Self::TooManyTables { tables } => write!(
                f,
                "{tables} tables are more than a state machine can carry the names of; name fewer, or \
                 use rowgate backup"
            ),
            Self::PartsMissing { table, wanted, found } => {
                write!(f, "{table}: {} came back of {wanted}", counted(*found, "part"))
            }
            Self::Damaged { key, what } => write!(f, "{key}: {what}"),
        }
    }
}

fn interrupted(f: &mut fmt::Formatter<'_>, left: &[String]) -> fmt::Result {
    if left.is_empty() {
        return f.write_str("interrupted; nothing is kept of the backup");
    }
    write!(
        f,
        "interrupted; there is no backup, but {} of its files are left, which rowgate backup \
         clean --yes removes once they are a day old: {}",
        left.len(),
        left.join(", ")
    )
}

impl core::error::Error for BackupError {}
