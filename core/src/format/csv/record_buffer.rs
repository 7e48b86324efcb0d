//! One record of CSV: its text as it is in the file, and the cells in it.

use alloc::vec::Vec;
use core::ops::Range;

use super::blank::is_blank;
use super::dialect::Syntax;

/// The most bytes that one row may have as it is in the file.
pub const ROW_LIMIT: usize = 1 << 20;

/// The most cells that one row may have; far more than MySQL's 4,096 columns.
pub(super) const CELL_LIMIT: usize = 1 << 16;

/// The text of one record and, once it is whole, its cells.
#[derive(Debug, Default)]
pub(super) struct RecordBuffer {
    syntax: Syntax,
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
    pub(super) fn new(syntax: Syntax) -> Self {
        Self { syntax, ..Self::default() }
    }

    /// What separates and encloses the cells.
    pub(super) fn syntax(&self) -> Syntax {
        self.syntax
    }

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
        if self.syntax.escapes && memchr::memchr(b'\\', text).is_some() {
            return self.split_escaped(range);
        }
        match memchr::memchr(self.syntax.quote, text) {
            None => self.split_bare(range),
            Some(_) => self.split_quoted(range),
        }
    }

    fn split_bare(&mut self, range: Range<usize>) -> Split {
        let mut start = range.start;
        for delimiter in memchr::memchr_iter(self.syntax.delimiter, &self.text[range.clone()]) {
            let end = range.start + delimiter;
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
            let opening = start + self.count_blanks(&self.text[start..range.end]);
            let end = match self.text[opening..range.end].first() {
                Some(byte) if *byte == self.syntax.quote => {
                    self.quoted_cell(start, opening + 1, range.end)
                }
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
        let Syntax { delimiter, quote, .. } = self.syntax;
        let length = memchr::memchr2(delimiter, quote, text).unwrap_or(text.len());
        if text.get(length) == Some(&quote) {
            return None;
        }
        let end = start + length;
        self.cells.push(CellBounds { start, value: (start, end), kind: Kind::Bare });
        Some(end)
    }

    /// Takes a cell whose opening quote is in front of `first`, and answers where it ends.
    fn quoted_cell(&mut self, start: usize, first: usize, end: usize) -> Option<usize> {
        let mark = self.syntax.quote;
        let (mut from, unescaped) = (first, self.unescaped.len());
        loop {
            let quote = from + memchr::memchr(mark, &self.text[from..end])?;
            if quote + 1 < end && self.text[quote + 1] == mark {
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
            let behind = quote + 1 + self.count_blanks(&self.text[quote + 1..end]);
            let ends = behind == end || self.text[behind] == self.syntax.delimiter;
            if ends {
                self.cells.push(CellBounds { start, value, kind });
            }
            return ends.then_some(behind);
        }
    }

    fn split_escaped(&mut self, range: Range<usize>) -> Split {
        let mut start = range.start;
        loop {
            if self.cells.len() >= CELL_LIMIT {
                return Split::TooMany;
            }
            let opening = start + self.count_blanks(&self.text[start..range.end]);
            let is_quoted = self.text[opening..range.end].first() == Some(&self.syntax.quote);
            let first = if is_quoted { opening + 1 } else { start };
            match self.escaped_cell(start, first, is_quoted, range.end) {
                None => {
                    self.fault = opening;
                    return Split::Fault;
                }
                Some(end) if end == range.end => return Split::Whole,
                Some(end) => start = end + 1,
            }
        }
    }

    /// Takes a cell in which a backslash takes the meaning of the character behind it, and answers
    /// where it ends. An unquoted `\N` stays as it is.
    fn escaped_cell(
        &mut self,
        start: usize,
        first: usize,
        is_quoted: bool,
        end: usize,
    ) -> Option<usize> {
        let Syntax { delimiter, quote, .. } = self.syntax;
        let unescaped = self.unescaped.len();
        let (mut at, mut is_closed) = (first, false);
        while at < end {
            let next = self.text[..end].get(at + 1).copied();
            match (self.text[at], next) {
                (b'\\', Some(escaped)) => {
                    self.unescaped.push(meaning(escaped));
                    at += 1;
                }
                (byte, Some(second)) if is_quoted && byte == quote && second == quote => {
                    self.unescaped.push(quote);
                    at += 1;
                }
                (byte, _) if byte == quote => {
                    is_closed = is_quoted;
                    break;
                }
                (byte, _) if byte == delimiter && !is_quoted => break,
                (byte, _) => self.unescaped.push(byte),
            }
            at += 1;
        }
        let is_bare = !is_quoted && (at == end || self.text[at] == delimiter);
        let behind =
            if is_closed { at + 1 + self.count_blanks(&self.text[at + 1..end]) } else { at };
        if !is_bare && !(is_closed && (behind == end || self.text[behind] == delimiter)) {
            return None;
        }
        let raw = &self.text[first..at];
        let is_raw = is_bare && (!raw.contains(&b'\\') || raw.trim_ascii() == b"\\N");
        let (value, kind) = match is_raw {
            true => ((first, at), Kind::Bare),
            false => ((unescaped, self.unescaped.len()), Kind::Unescaped),
        };
        self.cells.push(CellBounds { start, value, kind });
        Some(behind)
    }

    /// How many blanks a text begins with; a carriage return in front of a quote is one.
    fn count_blanks(&self, text: &[u8]) -> usize {
        let is_blank =
            |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\r') && **byte != self.syntax.delimiter;
        text.iter().take_while(is_blank).count()
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
            let quoted = cell.kind != Kind::Bare;
            let text = if quoted && self.syntax.keeps_blanks { text } else { trim(text) };
            CellText { text, quoted }
        }))
    }
}

/// What a character behind a backslash means.
fn meaning(escaped: u8) -> u8 {
    match escaped {
        b'0' => 0,
        b'b' => 0x08,
        b'f' => 0x0C,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 0x0B,
        b'Z' => 0x1A,
        other => other,
    }
}

/// Without blanks at either end, of which most cells have none.
pub(crate) fn trim(cell: &str) -> &str {
    let plain = |byte: &u8| byte.is_ascii_graphic();
    match cell.as_bytes() {
        [] => cell,
        [only] if plain(only) => cell,
        [first, .., last] if plain(first) && plain(last) => cell,
        _ => cell.trim_matches(is_blank),
    }
}
