//! One record of CSV: its cells, and its text as it stands in the file.

use alloc::vec;
use alloc::vec::Vec;

use super::{CELL_LIMIT, ROW_LIMIT, count_breaks};
use crate::outcome::{RowError, RowErrorKind};
use crate::record::{Place, RawField, RawRow};
use crate::schema::Table;

/// The cells of one record, one after the other.
#[derive(Debug)]
pub(super) struct RecordBuffer {
    /// The record as it stands in the file; nothing once it has become too long.
    pub(super) text: Vec<u8>,
    pub(super) text_is_lost: bool,
    /// How many bytes it has there so far.
    pub(super) length: u64,
    pub(super) bytes: Vec<u8>,
    pub(super) len: usize,
    pub(super) ends: Vec<usize>,
    pub(super) cells: usize,
    pub(super) start_line: u64,
    /// Set when the record passed [`ROW_LIMIT`]: the line on which its then open cell began.
    pub(super) overlong: Option<u64>,
}

impl RecordBuffer {
    pub(super) fn new() -> Self {
        Self {
            text: Vec::new(),
            text_is_lost: false,
            length: 0,
            bytes: vec![0; 1024],
            len: 0,
            ends: vec![0; 32],
            cells: 0,
            start_line: 1,
            overlong: None,
        }
    }

    pub(super) fn begin(&mut self, line: u64) {
        self.text.clear();
        self.text_is_lost = false;
        self.length = 0;
        self.len = 0;
        self.cells = 0;
        self.start_line = line;
        self.overlong = None;
    }

    /// Keeps the record's text as well, which quotes and blanks make longer than its cells.
    pub(super) fn take_text(&mut self, piece: &[u8]) {
        self.length += piece.len() as u64;
        let too_long = self.text.len() + piece.len() > 2 * ROW_LIMIT;
        self.text_is_lost |= too_long || self.overlong.is_some();
        if self.text_is_lost {
            self.text.clear();
        } else {
            self.text.extend_from_slice(piece);
        }
    }

    /// Doubles the buffer or, at the limit, drops what is in it.
    pub(super) fn make_room(&mut self, line: u64) {
        if self.bytes.len() < ROW_LIMIT && self.overlong.is_none() {
            self.bytes.resize(self.bytes.len() * 2, 0);
            return;
        }
        self.overlong.get_or_insert(line - self.open_breaks());
        self.len = 0;
    }

    /// The same for the list of cells, which also grows where all cells are empty.
    pub(super) fn make_room_for_ends(&mut self, line: u64) {
        if self.ends.len() < CELL_LIMIT && self.overlong.is_none() {
            self.ends.resize(self.ends.len() * 2, 0);
            return;
        }
        self.overlong.get_or_insert(line - self.open_breaks());
        self.cells = 0;
    }

    /// Line breaks inside the cell that is not ended yet.
    pub(super) fn open_breaks(&self) -> u64 {
        let start = self.cells.checked_sub(1).map_or(0, |last| self.ends[last]);
        count_breaks(&self.bytes[start.min(self.len)..self.len])
    }

    /// The trimmed cells; `None` for one that is not UTF-8.
    pub(super) fn cells(&self) -> impl Iterator<Item = Option<&str>> {
        let text = core::str::from_utf8(&self.bytes[..self.len]).ok();
        let mut start = 0;
        self.ends[..self.cells].iter().map(move |&end| {
            // `get` also refuses a cut inside a character: two cells that are UTF-8 only together.
            let cell = text?.get(start..end);
            start = end;
            cell.map(trim)
        })
    }

    /// Whether some cell has a quote right after leading blanks.
    fn has_late_quote(&self) -> bool {
        let mut start = 0;
        self.ends[..self.cells].iter().any(|&end| {
            let cell = &self.bytes[start..end];
            start = end;
            matches!(cell, [b' ' | b'\t', ..]) && cell.trim_ascii_start().starts_with(b"\"")
        })
    }

    /// The row that the cells are by the layout of the file's lines.
    pub(super) fn raw_row(
        &self,
        place: Place,
        table: &Table,
        layout: &[Option<usize>],
    ) -> RawRow<'_> {
        if self.cells != layout.len() {
            let error = RowErrorKind::WrongFieldCount {
                expected: layout.len(),
                got: self.cells,
                late_quote: self.has_late_quote(),
            };
            return RawRow::refused(place, RowError::row(error));
        }
        let mut fields: Vec<_> = table.columns.iter().map(|_| RawField::Absent).collect();
        for (column, cell) in layout.iter().zip(self.cells()) {
            match (column, cell) {
                (_, None) => {
                    return RawRow::refused(place, RowError::row(RowErrorKind::InvalidUtf8));
                }
                (Some(column), Some(cell)) => fields[*column] = RawField::Cell(cell),
                (None, Some(_)) => {}
            }
        }
        RawRow { place, fields, errors: Vec::new() }
    }
}

/// Without blanks at either end, of which most cells have none.
fn trim(cell: &str) -> &str {
    match cell.as_bytes() {
        [b' ' | b'\t', ..] | [.., b' ' | b'\t'] => cell.trim_matches([' ', '\t']),
        _ => cell,
    }
}
