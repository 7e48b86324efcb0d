//! The states of a reader of CSV between two bytes.
//!
//! The decoder and the scan of large files (`load::bulk::scan`) step through the same states, so
//! that a file which is loaded in parts has the rows of the whole.

use serde::{Deserialize, Serialize};

use super::dialect::Syntax;

/// What ends a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineEnd {
    /// A line feed, and the carriage returns right before it.
    Lf,
    /// A carriage return: a file of old Macs, which has no line feed. One that comes all the same
    /// ends a line as well.
    Cr,
}

impl LineEnd {
    /// How many lines end in a piece of text, which may come behind a carriage return.
    pub(crate) fn count(self, piece: &[u8], after_return: bool) -> u64 {
        let feeds = memchr::memchr_iter(b'\n', piece);
        match self {
            Self::Lf => feeds.count() as u64,
            Self::Cr => {
                let is_after_return = |at: usize| match at.checked_sub(1) {
                    Some(before) => piece[before] == b'\r',
                    None => after_return,
                };
                let returns = memchr::memchr_iter(b'\r', piece).count();
                (returns + feeds.filter(|at| !is_after_return(*at)).count()) as u64
            }
        }
    }

    /// Where the first line end is.
    pub(crate) fn find(self, text: &[u8]) -> Option<usize> {
        match self {
            Self::Lf => memchr::memchr(b'\n', text),
            Self::Cr => memchr::memchr2(b'\n', b'\r', text),
        }
    }

    /// Where the last line end is.
    pub(crate) fn find_last(self, text: &[u8]) -> Option<usize> {
        match self {
            Self::Lf => memchr::memrchr(b'\n', text),
            Self::Cr => memchr::memrchr2(b'\n', b'\r', text),
        }
    }

    /// A line without its end, which may be missing at the end of a file.
    pub(crate) fn trim(self, line: &[u8]) -> &[u8] {
        match self {
            Self::Lf => {
                let line = line.strip_suffix(b"\n").unwrap_or(line);
                let returns = line.iter().rev().take_while(|byte| **byte == b'\r').count();
                &line[..line.len() - returns]
            }
            Self::Cr => line.strip_suffix(b"\r").or(line.strip_suffix(b"\n")).unwrap_or(line),
        }
    }
}

/// What a reader knows between two bytes.
///
/// A record without a value is no row, so whether one has been seen is part of the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// Between two records, or in front of blank lines.
    Record,
    /// Behind the first byte of what may be a byte order mark in front of a record.
    Bom1,
    /// Behind the second one.
    Bom2,
    /// In front of a cell, or behind its leading blanks; the record has no value so far.
    Blank,
    /// The same in a record that has one.
    Cell,
    /// In a cell without quotes.
    Text,
    /// Inside quotes; the record has no value so far.
    EmptyQuoted,
    /// Inside quotes, in a record that has a value.
    Quoted,
    /// Behind a quote that ends the cell or is the first of two; no value so far.
    EmptyQuote,
    /// The same in a record that has a value.
    Quote,
    /// In the blanks behind a closing quote; no value so far.
    EmptyAfter,
    /// The same in a record that has a value.
    After,
    /// Behind a quote that is none of RFC 4180's: the record is refused to the end of this line.
    Fault,
    /// Behind a quote that stayed open for too long, or a header in the middle of the file: the
    /// rest of the file is refused line by line.
    Rest,
}

/// Every state, in the order in which a scan lists them.
pub(crate) const STATES: [State; 14] = [
    State::Record,
    State::Bom1,
    State::Bom2,
    State::Blank,
    State::Cell,
    State::Text,
    State::EmptyQuoted,
    State::Quoted,
    State::EmptyQuote,
    State::Quote,
    State::EmptyAfter,
    State::After,
    State::Fault,
    State::Rest,
];

/// What a line end ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// A record without a value, which is no row.
    Blank,
    /// A row.
    Row,
    /// A record with a wrong quote: each of its lines is refused.
    Fault,
}

impl State {
    /// The state behind a byte, and what ends there.
    pub(crate) fn step(self, byte: u8, syntax: Syntax, line_end: LineEnd) -> (Self, Option<End>) {
        match self {
            Self::EmptyQuoted | Self::Quoted => (self.step_in_quotes(byte, syntax.quote), None),
            _ if byte == b'\n' || (byte == b'\r' && line_end == LineEnd::Cr) => {
                let next = if self == Self::Rest { Self::Rest } else { Self::Record };
                (next, Some(self.end()))
            }
            Self::Rest | Self::Fault => (self, None),
            _ => (self.step_in_line(byte, syntax), None),
        }
    }

    /// Whether a file that ends here ends with a record that has no line break.
    pub(crate) fn is_in_record(self) -> bool {
        self != Self::Record
    }

    /// Whether the reader is inside quotes.
    pub(crate) fn is_quoted(self) -> bool {
        matches!(self, Self::EmptyQuoted | Self::Quoted)
    }

    /// What a line end ends in this state.
    pub(crate) fn end(self) -> End {
        match self {
            Self::Record | Self::Blank | Self::EmptyQuote | Self::EmptyAfter => End::Blank,
            Self::EmptyQuoted | Self::Quoted | Self::Fault => End::Fault,
            _ => End::Row,
        }
    }

    /// The state behind a character that a backslash has made one of the text.
    pub(crate) fn after_escape(self) -> Self {
        match self {
            Self::EmptyQuoted | Self::Quoted => Self::Quoted,
            Self::Record | Self::Bom1 | Self::Bom2 | Self::Blank | Self::Cell => Self::Text,
            _ => self.step_in_line(b'\\', Syntax::default()),
        }
    }

    fn step_in_quotes(self, byte: u8, quote: u8) -> Self {
        match (self, byte) {
            (Self::EmptyQuoted, it) if it == quote => Self::EmptyQuote,
            (_, it) if it == quote => Self::Quote,
            (Self::EmptyQuoted, b' ' | b'\t') => Self::EmptyQuoted,
            _ => Self::Quoted,
        }
    }

    fn step_in_line(self, byte: u8, syntax: Syntax) -> Self {
        if byte == syntax.delimiter {
            return match self {
                Self::Record | Self::Blank | Self::EmptyQuote | Self::EmptyAfter => Self::Blank,
                _ => Self::Cell,
            };
        }
        if byte == syntax.quote {
            return match self {
                Self::Record | Self::Blank => Self::EmptyQuoted,
                // The second of two quotes is a quote, which is a value.
                Self::Cell | Self::EmptyQuote | Self::Quote => Self::Quoted,
                _ => Self::Fault,
            };
        }
        match (self, byte) {
            (Self::Record, 0xEF) => Self::Bom1,
            (Self::Bom1, 0xBB) => Self::Bom2,
            (Self::Bom2, 0xBF) => Self::Record,
            (Self::Record | Self::Blank, b' ' | b'\t' | b'\r') => Self::Blank,
            (Self::Cell, b' ' | b'\t' | b'\r') => Self::Cell,
            (Self::EmptyQuote | Self::EmptyAfter, b' ' | b'\t' | b'\r') => Self::EmptyAfter,
            (Self::Quote | Self::After, b' ' | b'\t' | b'\r') => Self::After,
            (Self::EmptyQuote | Self::Quote | Self::EmptyAfter | Self::After, _) => Self::Fault,
            _ => Self::Text,
        }
    }
}
