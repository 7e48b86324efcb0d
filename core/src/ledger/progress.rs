//! How far a load has come: its place in the file, and its rows by what became of them.

use super::statement::Statement;
use crate::table::counts::Counts;

/// A place between two records of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    /// Bytes of text before it; of packed files, of the text that they unpack to.
    pub(crate) offset: u64,
    /// The line of the next byte, from 1.
    pub(crate) line: u64,
    /// The index of the next row.
    pub(crate) row: u64,
}

impl Position {
    /// Where every file begins.
    pub(crate) const START: Self = Self { offset: 0, line: 1, row: 0 };

    pub(super) fn bind(&self, statement: Statement) -> Statement {
        statement.with("offset", self.offset).with("line", self.line).with("row", self.row)
    }
}

pub(super) const SET_POSITION: &str = "next_offset = CAST(:offset AS SIGNED), \
    next_line = CAST(:line AS SIGNED), next_row = CAST(:row AS SIGNED)";

impl Counts {
    pub(super) fn bind(&self, statement: Statement) -> Statement {
        statement
            .with("received", self.received)
            .with("stored", self.stored)
            .with("kept", self.kept)
            .with("rejected", self.rejected)
    }
}

pub(super) const SET_COUNTS: &str = "received_rows = CAST(:received AS SIGNED), \
    stored_rows = CAST(:stored AS SIGNED), kept_rows = CAST(:kept AS SIGNED), \
    rejected_rows = CAST(:rejected AS SIGNED)";
