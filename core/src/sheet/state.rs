//! The sheet itself: a file's text, where its rows begin, and what became of each.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::broken_row::BrokenRow;
use super::fault::CellFault;
use super::held::HeldRows;
use super::judge::SheetRules;
use super::key_index::KeyIndex;
use super::pending::Pending;
use super::read_so_far::ReadSoFar;
use super::undo::Undo;
use crate::format::formats::RowFormat;
use crate::format::row_reader::{ReadBy, RowReader};
use crate::ingest::Offsets;
use crate::table::issue::RowError;
use crate::table::schema::Table;

/// The most rows of a sheet.
pub(super) const ROWS_LIMIT: u32 = 5_000_000;

/// A file's rows, checked against their table and held in memory.
///
/// Rows are counted from 0, without a header. A row is good, bad (the core found it wrong), refused (the
/// database did) or done (stored, or kept as the table had it).
#[derive(Debug)]
pub struct Sheet {
    pub(super) table: &'static Table,
    pub(super) format: &'static RowFormat,
    /// UTF-8, with a line end behind the last row.
    pub(super) text: Vec<u8>,
    /// Where the rows begin, and the line of that place.
    pub(super) starts: Vec<(u32, u32)>,
    /// The rows themselves, of a format that is read from its start only.
    pub(super) held: Option<HeldRows>,
    /// Reads the first row, behind a header.
    pub(super) first: Box<dyn RowReader>,
    /// Reads any other row once it is moved there.
    pub(super) later: Box<dyn RowReader>,
    pub(super) rules: SheetRules,
    pub(super) offsets: Offsets,
    pub(super) keys: KeyIndex,
    pub(super) bad: BTreeMap<u32, Vec<RowError>>,
    /// The bad rows that are no cells.
    pub(super) broken: BTreeMap<u32, BrokenRow>,
    /// Rows that have the key of an earlier one, by that one.
    pub(super) waiting: BTreeMap<u32, Vec<u32>>,
    pub(super) refused: BTreeMap<u32, Vec<CellFault>>,
    /// How often a request was refused because of a row.
    pub(super) refusals: BTreeMap<u32, u32>,
    pub(super) done: Vec<bool>,
    pub(super) done_count: u32,
    /// The cells that were changed, by row and column.
    pub(super) edits: BTreeMap<(u32, u16), String>,
    /// The rows that were written anew, as lines.
    pub(super) lines: BTreeMap<u32, String>,
    pub(super) undo: Vec<Undo>,
    pub(super) pending: Option<Pending>,
    /// What tells the requests of this sending from those of others with the same rows; empty at first.
    pub(super) sending: String,
    pub(super) reading: Option<ReadSoFar>,
}

/// How many rows there are, by what became of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SheetCounts {
    /// All rows.
    pub rows: u32,
    /// Rows that can be sent.
    pub ready: u32,
    /// Rows that the core or the database found wrong.
    pub wrong: u32,
    /// Those of them that the database refused.
    pub refused: u32,
    /// Rows that are stored, or that the table had.
    pub done: u32,
    /// Rows that were sent and whose answer is not known.
    pub pending: u32,
}

impl Sheet {
    /// The table of the rows.
    pub fn table(&self) -> &'static Table {
        self.table
    }

    /// How many rows were read so far.
    pub fn len(&self) -> u32 {
        self.starts.len() as u32
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// How many bytes of text were read so far, and how many there are.
    pub fn progress(&self) -> (usize, usize) {
        let read = self.reading.as_ref().map_or(self.text.len(), |reading| reading.position);
        (read, self.text.len())
    }

    /// How many rows there are, by what became of them.
    pub fn counts(&self) -> SheetCounts {
        let refused = self.refused.len() as u32;
        let wrong = self.bad.len() as u32 + refused;
        let (rows, done) = (self.len(), self.done_count);
        let pending = self.pending.as_ref().map_or(0, |pending| pending.rows.len() as u32);
        SheetCounts { rows, ready: rows - wrong - done, wrong, refused, done, pending }
    }

    /// The options that say how a CSV file is written, where that is not the default.
    pub fn layout(&self) -> Vec<(&'static str, String)> {
        self.later.dialect().map(|dialect| dialect.layout()).unwrap_or_default()
    }

    /// The columns of the table that the file has, by their positions in the table.
    pub fn columns(&self) -> Vec<usize> {
        match self.later.read_by() {
            ReadBy::Header(names) => {
                names.iter().filter_map(|name| self.table.column_index(name)).collect()
            }
            ReadBy::Position | ReadBy::Members => (0..self.table.columns.len()).collect(),
        }
    }

    /// Whether the file begins with a header.
    pub fn has_header(&self) -> bool {
        matches!(self.later.read_by(), ReadBy::Header(_))
    }

    /// Whether a row may be changed and sent.
    pub(super) fn is_open(&self, row: u32) -> bool {
        let is_pending =
            self.pending.as_ref().is_some_and(|it| it.rows.binary_search(&row).is_ok());
        !self.done[row as usize] && !is_pending
    }

    /// Whether a row can be sent.
    pub(super) fn is_ready(&self, row: u32) -> bool {
        !self.done[row as usize] && !self.bad.contains_key(&row) && !self.refused.contains_key(&row)
    }
}
