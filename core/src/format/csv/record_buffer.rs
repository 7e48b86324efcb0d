//! One record of CSV: its text as it is in the file, and the cells in it.

use alloc::vec::Vec;
use core::ops::Range;

/// The most bytes that one row may have as it is in the file.
pub const ROW_LIMIT: usize = 1 << 20;

/// The most cells that one row may have; far more than MySQL's 4,096 columns.
pub(super) const CELL_LIMIT: usize = 1 << 16;

/// The text of one record and, once it is whole, its cells.
#[derive(Debug, Default)]
pub(super) struct RecordBuffer {
    /// The record as it is in the file, with its line end.
    pub(super) text: Vec<u8>,
    cells: Vec<CellBounds>,
    /// Cells in which quotes were doubled, without the second ones.
    unescaped: Vec<u8>,
    /// Where the cell begins whose quotes are wrong.
    fault: usize,
}

/// One cell of a record.
#[derive(Debug, Clone, Copy)]
pub(super) struct CellBounds {
    /// Where it begins in the record's text, with its blanks and quotes.
    pub(super) start: usize,
    value: (usize, usize),
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Without quotes; the value is part of the text.
    Bare,
    /// In quotes; the value is part of the text.
    Quoted,
    /// In quotes; the value is part of `unescaped`.
    Unescaped,
}

/// A cell's text and whether it was in quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CellText<'r> {
    /// Without blanks at either end.
    pub(super) text: &'r str,
    /// Whether it was in quotes.
    pub(super) quoted: bool,
}

/// Whether all of a text could be taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Split {
    /// Every cell was found.
    Whole,
    /// A quote is wrong, or stays open; the cells in front of it were found.
    Fault,
    /// It has more than [`CELL_LIMIT`] cells.
    TooMany,
}

impl RecordBuffer {
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.cells.clear();
        self.unescaped.clear();
    }

    /// Finds the cells of a part of the text.
    pub(super) fn split(&mut self, range: Range<usize>) -> Split {
        self.cells.clear();
        self.unescaped.clear();
        let text = &self.text[range.clone()];
        match memchr::memchr(b'"', text) {
            None => self.split_bare(range),
            Some(_) => self.split_quoted(range),
        }
    }

    fn split_bare(&mut self, range: Range<usize>) -> Split {
        let mut start = range.start;
        for comma in memchr::memchr_iter(b',', &self.text[range.clone()]) {
            let end = range.start + comma;
            self.cells.push(CellBounds { start, value: (start, end), kind: Kind::Bare });
            start = end + 1;
            if self.cells.len() >= CELL_LIMIT {
                return Split::TooMany;
            }
        }
        self.cells.push(CellBounds { start, value: (start, range.end), kind: Kind::Bare });
        Split::Whole
    }

    fn split_quoted(&mut self, range: Range<usize>) -> Split {
        let mut start = range.start;
        loop {
            if self.cells.len() >= CELL_LIMIT {
                return Split::TooMany;
            }
            let opening = start + count_blanks(&self.text[start..range.end]);
            let end = match self.text[opening..range.end].first() {
                Some(b'"') => self.quoted_cell(start, opening + 1, range.end),
                _ => self.bare_cell(start, range.end),
            };
            match end {
                None => {
                    self.fault = opening;
                    return Split::Fault;
                }
                Some(end) if end == range.end => return Split::Whole,
                Some(end) => start = end + 1,
            }
        }
    }

    /// Takes a cell without quotes, and answers where it ends.
    fn bare_cell(&mut self, start: usize, end: usize) -> Option<usize> {
        let text = &self.text[start..end];
        let length = memchr::memchr2(b',', b'"', text).unwrap_or(text.len());
        if text.get(length) == Some(&b'"') {
            return None;
        }
        let end = start + length;
        self.cells.push(CellBounds { start, value: (start, end), kind: Kind::Bare });
        Some(end)
    }

    /// Takes a cell whose opening quote is in front of `first`, and answers where it ends.
    fn quoted_cell(&mut self, start: usize, first: usize, end: usize) -> Option<usize> {
        let (mut from, unescaped) = (first, self.unescaped.len());
        loop {
            let quote = from + memchr::memchr(b'"', &self.text[from..end])?;
            if quote + 1 < end && self.text[quote + 1] == b'"' {
                self.unescaped.extend_from_slice(&self.text[from..=quote]);
                from = quote + 2;
                continue;
            }
            let (value, kind) = match from == first {
                true => ((first, quote), Kind::Quoted),
                false => {
                    self.unescaped.extend_from_slice(&self.text[from..quote]);
                    ((unescaped, self.unescaped.len()), Kind::Unescaped)
                }
            };
            let behind = quote + 1 + count_blanks(&self.text[quote + 1..end]);
            let ends = behind == end || self.text[behind] == b',';
            if ends {
                self.cells.push(CellBounds { start, value, kind });
            }
            return ends.then_some(behind);
        }
    }

    /// Where the cell begins whose quotes are wrong, after [`Split::Fault`].
    pub(super) fn fault(&self) -> usize {
        self.fault
    }

    /// What a cell holds; `None` if it is not UTF-8.
    pub(super) fn value(&self, cell: CellBounds) -> Option<&str> {
        let source = if cell.kind == Kind::Unescaped { &self.unescaped } else { &self.text };
        core::str::from_utf8(&source[cell.value.0..cell.value.1]).ok().map(trim)
    }

    /// The cells that were found.
    pub(super) fn cells(&self) -> &[CellBounds] {
        &self.cells
    }

    /// What the cells hold; `None` if the record is not UTF-8.
    pub(super) fn texts(&self) -> Option<impl Iterator<Item = CellText<'_>>> {
        let text = core::str::from_utf8(&self.text).ok()?;
        let unescaped = core::str::from_utf8(&self.unescaped).ok()?;
        Some(self.cells.iter().map(move |cell| {
            let source = if cell.kind == Kind::Unescaped { unescaped } else { text };
            let text = source.get(cell.value.0..cell.value.1).unwrap_or_default();
            CellText { text: trim(text), quoted: cell.kind != Kind::Bare }
        }))
    }
}

/// How many blanks a text begins with; a carriage return in front of a quote is one.
fn count_blanks(text: &[u8]) -> usize {
    text.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count()
}

/// Without blanks at either end, of which most cells have none.
fn trim(cell: &str) -> &str {
    let plain = |byte: &u8| byte.is_ascii_graphic();
    match cell.as_bytes() {
        [] => cell,
        [only] if plain(only) => cell,
        [first, .., last] if plain(first) && plain(last) => cell,
        _ => cell.trim_matches(is_blank),
    }
}

/// Whether a character counts as a blank at the ends of a cell: a space, a tab, and those that
/// spreadsheets and web pages leave behind unseen.
pub(super) fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\u{a0}' | '\u{200b}' | '\u{feff}')
}
