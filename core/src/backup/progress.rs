//! How far a backup, or its verification, has come.

/// How far a backup, or its verification, has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The table.
    pub table: &'static str,
    /// Rows that are done, of all tables.
    pub rows: u64,
    /// Rows of all tables; without a snapshot about so many.
    pub of: u64,
    /// Bytes of files so far.
    pub bytes: u64,
}
