//! What has become of the columns by which a file was read.

use alloc::string::String;
use core::fmt;

/// A table whose columns are others than those with which a load began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnChange {
    /// The table.
    pub table: &'static str,
    /// Its columns when the load began.
    pub was: String,
    /// Its columns now.
    pub now: String,
}

impl fmt::Display for ColumnChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, was, now } = self;
        write!(
            f,
            "table {table} has changed since the load began, and the rest of the file is not read by other \
             columns: they were {was}; they are {now}; load what is missing as a new file"
        )
    }
}
