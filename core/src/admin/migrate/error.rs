//! Why a database could not be brought to the schema, or not be compared with it.

use alloc::string::String;
use core::fmt;

use crate::aws::host::CallError;
use crate::aws::operation::Retry;
use crate::ledger::LockHolder;

/// Why a database could not be brought to the schema, or not be compared with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MigrateError {
    /// A call failed.
    Call {
        /// What is not done because of that.
        doing: String,
        /// Why.
        error: CallError,
    },
    /// A migration was recorded with another name or text.
    Changed(String),
    /// A migration is recorded that this program does not have: a newer one was here.
    Unknown(String),
    /// The ledger has had migrations of a newer rowgate, with which this one cannot work.
    NewerLedger {
        /// The number of its last migration.
        version: u32,
    },
    /// There is no migration with this number.
    NoSuchMigration(u32),
    /// A migration cannot be recorded before an earlier one.
    OutOfOrder {
        /// The one that was to be recorded.
        number: u32,
        /// The one that is missing.
        first: String,
    },
    /// Another program migrates the database, or compares its tables.
    Locked(LockHolder),
    /// Another program has taken the lock, since this one gave no sign of life.
    LockLost,
    /// The database described itself in a way that is not understood.
    Unreadable,
}

impl fmt::Display for MigrateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call { doing, error } => {
                write!(f, "{doing}: {error}")?;
                match error.retry() {
                    Retry::OutcomeUnknown => f.write_str("; it may still be running, or be done"),
                    _ => Ok(()),
                }
            }
            Self::Changed(migration) => {
                write!(f, "migration {migration} is not the one that was run: its text has changed")
            }
            Self::Unknown(migration) => {
                write!(f, "migration {migration} was run by a newer rowgate than this one")
            }
            Self::NewerLedger { version } => {
                write!(
                    f,
                    "the ledger is of version {version}: a newer rowgate than this one has migrated it"
                )
            }
            Self::NoSuchMigration(number) => write!(f, "there is no migration {number:04}"),
            Self::OutOfOrder { number, first } => {
                write!(f, "migration {number:04} cannot be recorded before {first}")
            }
            Self::Locked(holder) => {
                write!(f, "another program migrates this database or compares its tables: {holder}")
            }
            Self::LockLost => f.write_str(
                "another program has begun to migrate this database, since this one was silent for \
                 too long: run it again when that one has ended",
            ),
            Self::Unreadable => f.write_str("the database's description of itself is not readable"),
        }
    }
}

impl core::error::Error for MigrateError {}
