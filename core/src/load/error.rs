//! Why a file has to be loaded again.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

use super::column_change::ColumnChange;
use crate::ingest::StoreError;

/// Why a file has to be loaded again.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoadError {
    /// Its time was over before its end.
    OutOfTime,
    /// The process was told to end before its end.
    Interrupted,
    /// It could not be read.
    Read(String),
    /// The `_options.json` of its folder is invalid; the reason begins with its key.
    Options(String),
    /// Its rows could not be stored.
    Store(StoreError),
    /// The table has changed since the first row was read; another attempt reads the file by what it is now.
    TablesChanged,
    /// The columns by which it was read are not there any more as they were.
    ColumnsChanged(Box<ColumnChange>),
    /// Its start shows another layout than the one by which an earlier attempt has read it.
    LayoutChanged {
        /// What the earlier attempt has found.
        was: String,
        /// What is found now.
        now: String,
    },
    /// Another attempt is at it.
    Running,
    /// The state machine was not started, or its steps do not fit together.
    Machine(String),
    /// It took longer than its lease, so that another attempt may be at it.
    LeaseLost,
    /// Its report or its rejected rows could not be written.
    Write(String),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfTime => f.write_str("no time left"),
            Self::Interrupted => f.write_str("interrupted"),
            Self::Read(cause) => write!(f, "the file could not be read: {cause}"),
            Self::Options(reason) => {
                write!(f, "{reason}; mend or delete that file, and load this one again")
            }
            Self::Store(error) => error.fmt(f),
            Self::TablesChanged => f.write_str("the table has just changed; load the file again"),
            Self::ColumnsChanged(change) => change.fmt(f),
            Self::LayoutChanged { was, now } => write!(
                f,
                "the load began to read the file by the layout {was}, and its start now shows {now}; put what is \
                 missing into a new file, and give these options for it"
            ),
            Self::Machine(cause) => f.write_str(cause),
            Self::Running => f.write_str("another attempt is at it"),
            Self::LeaseLost => f.write_str("the lease is over; another attempt may be in progress"),
            Self::Write(cause) => write!(f, "report or rejected rows not written: {cause}"),
        }
    }
}

impl core::error::Error for LoadError {}

impl From<StoreError> for LoadError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::OutOfTime => Self::OutOfTime,
            StoreError::LeaseLost => Self::LeaseLost,
            error => Self::Store(error),
        }
    }
}
