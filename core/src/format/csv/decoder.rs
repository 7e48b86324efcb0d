//! Puts records together, tells the header from rows, and gives a wrong record back line by line.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Range;

use super::automaton::{End, LineEnd, State};
use super::diagnosis;
use super::dialect::Dialect;
use super::file_head::FileHead;
use super::formulas;
use super::header::Header;
use super::layout::{self, First, Layout, Repeated};
use super::marks::holds_marks;
use super::record_buffer::{ROW_LIMIT, RecordBuffer, Split};
use crate::table::issue::{RowError, RowErrorKind};
use crate::table::record::{Place, RawRow};
use crate::table::schema::Table;

/// Takes bytes in any chunking and gives rows.
#[derive(Debug)]
pub struct CsvDecoder {
    pub(super) table: &'static Table,
    pub(super) dialect: Arc<Dialect>,
    /// What has come of a file whose line ends are not known yet.
    pub(super) opening: Option<FileHead>,
    pub(super) line_end: LineEnd,
    /// Bytes that came before those ends were known, and how many of them are read.
    pub(super) held: Vec<u8>,
    pub(super) held_read: usize,
    pub(super) state: State,
    pub(super) record: RecordBuffer,
    /// Whether the next byte begins a record.
    pub(super) is_between: bool,
    /// Whether the record's cells have been found.
    pub(super) is_split: bool,
    /// Whether the marks of its formulas have been taken off.
    pub(super) is_unmarked: bool,
    /// Bytes of the record so far, those that are not kept among them.
    pub(super) length: usize,
    /// The line on which the record begins, and that of the next byte.
    pub(super) record_line: u64,
    pub(super) line: u64,
    /// How many lines are still to be passed over at the start.
    pub(super) lines_to_skip: u64,
    /// Whether the last byte was a backslash that takes the meaning of the next one.
    pub(super) is_escaped: bool,
    /// Whether the last byte was a carriage return, whose line feed ends no other line.
    pub(super) after_return: bool,
    pub(super) layout: Layout,
    /// Whether the first record has been read.
    has_layout: bool,
    /// Why the rest of the file, or of the record at hand, is given back line by line.
    pub(super) given_back: Option<RowErrorKind>,
    /// The part of the record that is still to be given back, and its first line.
    lines: Range<usize>,
    lines_line: u64,
    pub(super) row: Row,
    refused: bool,
    pub(super) has_found_layout: bool,
    /// Why the file is refused before anything of it is read.
    pub(super) refusal: Option<RowError>,
    next_index: u64,
}

/// What [`CsvDecoder::row`] gives.
#[derive(Debug, Clone)]
pub(super) enum Row {
    /// The record.
    Record { too_long: bool },
    /// One line of a record that is given back.
    Line { line: u64, text: Range<usize> },
    /// The refusal of the file.
    Refusal(RowError),
}

impl CsvDecoder {
    /// A decoder for one file of one table.
    pub fn new(table: &'static Table) -> Self {
        Self::with_header(table, Header::Detect)
    }

    /// A decoder for a file that is said to have a header, or none.
    pub fn with_header(table: &'static Table, option: Header) -> Self {
        Self::of_dialect(table, Arc::new(Dialect { header: option, ..Dialect::default() }))
    }

    /// A decoder for a file of which all is known.
    pub(crate) fn of_dialect(table: &'static Table, dialect: Arc<Dialect>) -> Self {
        Self {
            table,
            opening: Some(FileHead::default()),
            line_end: LineEnd::Lf,
            held: Vec::new(),
            held_read: 0,
            state: State::Record,
            record: RecordBuffer::new(dialect.syntax),
            is_between: true,
            is_split: false,
            is_unmarked: false,
            length: 0,
            record_line: 1,
            line: 1,
            lines_to_skip: dialect.skip_lines,
            is_escaped: false,
            after_return: false,
            layout: Layout::by_position(table),
            has_layout: false,
            given_back: None,
            lines: 0..0,
            lines_line: 0,
            row: Row::Record { too_long: false },
            refused: false,
            refusal: None,
            has_found_layout: false,
            next_index: 0,
            dialect,
        }
    }

    /// A decoder that goes on from the start of the record that is being read, and how many bytes
    /// that is back from here.
    pub(crate) fn at_record_start(&self) -> (u64, Self) {
        if let Some(opening) = &self.opening {
            let fresh = Self::of_dialect(self.table, self.dialect.clone());
            return (opening.len() as u64, fresh.of_found_layout(self.has_found_layout));
        }
        let (back, line) = match self.is_between {
            true => (0, self.line),
            false => (self.length, self.record_line),
        };
        let decoder = Self {
            opening: None,
            line_end: self.line_end,
            state: if self.state == State::Rest { State::Rest } else { State::Record },
            line,
            lines_to_skip: self.lines_to_skip,
            layout: self.layout.clone(),
            has_layout: self.has_layout,
            given_back: self.given_back.clone(),
            refused: self.refused,
            refusal: self.refusal.clone(),
            has_found_layout: self.has_found_layout,
            next_index: self.next_index,
            ..Self::of_dialect(self.table, self.dialect.clone())
        };
        (back as u64, decoder)
    }

    /// The line of the next byte and the index of the next row, between two rows.
    pub(crate) fn place(&self) -> (u64, u64) {
        (self.line, self.next_index)
    }

    /// A decoder of the same file that goes on at another place between two records.
    pub(crate) fn at_place(&self, line: u64, next_index: u64) -> Self {
        let (_, decoder) = self.at_record_start();
        Self {
            line,
            next_index,
            state: State::Record,
            given_back: None,
            lines_to_skip: 0,
            ..decoder
        }
    }

    /// Reads up to the end of the next row and moves `input` behind it.
    ///
    /// `None` means that `input` is used up: give the next chunk, or call [`Self::finish`].
    pub fn next_row(&mut self, input: &mut &[u8]) -> Option<RawRow<'_>> {
        if self.advance(input) { Some(self.row()) } else { None }
    }

    /// The rows that are left when the file has ended, one each time.
    pub fn finish(&mut self) -> Option<RawRow<'_>> {
        if self.end() { Some(self.row()) } else { None }
    }

    /// Moves `input` behind the next row, for [`Self::row`] to give; `false` if it is used up.
    pub(crate) fn advance(&mut self, input: &mut &[u8]) -> bool {
        if let Some(error) = self.refusal.take() {
            return self.refuse(error);
        }
        if let Some(opening) = &mut self.opening {
            let Some(opened) = opening.read(input) else { return false };
            if self.open(opened) {
                return true;
            }
        }
        if self.refused {
            *input = &[];
            return false;
        }
        if !self.skip_lines(input) {
            return false;
        }
        loop {
            if self.next_line() {
                return true;
            }
            let Some(end) = self.read_held().or_else(|| self.read_record(input)) else {
                return false;
            };
            if self.takes_as_row(end) {
                return true;
            }
        }
    }

    /// Whether a row is left, for [`Self::row`] to give, when the file has ended.
    pub(crate) fn end(&mut self) -> bool {
        if let Some(opened) = self.opening.as_ref().map(FileHead::finish)
            && self.open(opened)
        {
            return true;
        }
        if self.advance(&mut [].as_slice()) {
            return true;
        }
        if self.is_between || self.refused {
            return false;
        }
        self.is_between = true;
        let end = self.state.end();
        if !self.state.is_quoted() && self.state != State::Rest {
            self.state = State::Record;
        }
        self.takes_as_row(end) || self.end()
    }

    /// The row that was read last as it is in the file, without the line end behind it; empty if
    /// it has more than twice [`ROW_LIMIT`] bytes.
    pub(crate) fn text(&self) -> &[u8] {
        match &self.row {
            Row::Record { .. } if self.length > 2 * ROW_LIMIT => &[],
            Row::Record { .. } => self.line_end.trim(&self.record.text),
            Row::Line { text, .. } => self.line_end.trim(&self.record.text[text.clone()]),
            Row::Refusal(_) => &[],
        }
    }

    /// Whether the bytes of the row, or of the record of which it is a line, are UTF-8.
    pub(crate) fn is_utf8(&self) -> bool {
        core::str::from_utf8(&self.record.text).is_ok()
    }

    /// The file's header as it is there, if it has one.
    pub(crate) fn header(&self) -> Option<&[u8]> {
        self.layout.header.as_deref()
    }

    /// [`Self::text`] without the marks that rowgate put in front of it when it was rejected before.
    pub(crate) fn own_text(&self) -> &[u8] {
        let text = self.text();
        if !self.layout.has_marks() || text.is_empty() {
            return text;
        }
        let is_whole = matches!(self.row, Row::Record { .. });
        &text[self.layout.start_behind_marks(text, &self.record, is_whole)..]
    }

    /// [`Self::header`] without rowgate's own columns.
    pub(crate) fn own_header(&self) -> Option<&[u8]> {
        self.layout.header.as_deref().map(|header| &header[self.layout.own_start..])
    }

    /// Whether a scan of the file's ranges finds its records: its lines end with a line feed, and
    /// the first cell of each is a column's.
    pub(crate) fn can_be_cut(&self) -> bool {
        let has_lines = self.line_end == LineEnd::Lf && self.dialect.can_be_cut();
        has_lines && self.layout.begins_with_column()
    }

    /// Whether the row at hand, and all behind it, is the rest of a file that has ended early.
    pub(crate) fn is_in_rest(&self) -> bool {
        self.state == State::Rest
    }

    /// Whether a record that has ended is a row, or has one to be given back.
    fn takes_as_row(&mut self, end: End) -> bool {
        if self.layout.has_marked_formulas() && !self.is_unmarked {
            self.unmark(end);
        }
        match end {
            End::Blank => false,
            End::Fault => self.takes_fault(),
            End::Row if self.state == State::Rest => {
                let text = self.given_back_text(0..self.record.text.len());
                self.row = Row::Line { line: self.record_line, text };
                true
            }
            End::Row => self.takes_record(),
        }
    }

    /// Takes the marks of the record's formulas off. Of one whose quote is open only whole lines are
    /// taken: what is behind them begins the next record.
    #[inline(never)]
    fn unmark(&mut self, end: End) {
        let text = &self.record.text;
        self.is_unmarked = end != End::Fault || !self.state.is_quoted();
        let whole = match self.is_unmarked {
            true => text.len(),
            false => self.line_end.find_last(text).map_or(0, |last| last + 1),
        };
        let unmarked = formulas::unmark(&text[..whole]);
        self.length -= whole - unmarked.len();
        self.record.text.splice(..whole, unmarked);
    }

    fn takes_record(&mut self) -> bool {
        let end = self.line_end.trim(&self.record.text).len();
        let is_whole = self.is_split || self.record.split(0..end) != Split::TooMany;
        let too_long = self.length > ROW_LIMIT || !is_whole;
        if !self.has_layout {
            return self.takes_first(too_long);
        }
        self.row = Row::Record { too_long };
        match self.layout.repeated(self.table, &self.dialect, &self.record) {
            Some(Repeated::Same) if !too_long => false,
            Some(Repeated::Changed) if !too_long => {
                self.give_back_rest(RowErrorKind::ChangedHeader { line: self.record_line });
                self.next_line()
            }
            _ => {
                self.end_if_contradicted();
                true
            }
        }
    }

    /// Finds out what the first record is.
    fn takes_first(&mut self, too_long: bool) -> bool {
        let line = self.line_end.trim(&self.record.text);
        match diagnosis::sep_line(line) {
            Some(byte) if byte == self.dialect.syntax.delimiter => return false,
            Some(byte) => {
                let found = diagnosis::delimiter_name(byte);
                return self.refuse(RowError::row(RowErrorKind::WrongDelimiter { found }));
            }
            None => {}
        }
        let first = match too_long {
            true if self.dialect.header == Header::Absent => First::Row,
            true => First::Refused(too_long_error()),
            false => layout::first(self.table, &self.dialect, &self.record, line),
        };
        self.has_layout = true;
        match first {
            First::Header(layout) => {
                self.layout = layout;
                false
            }
            First::Row => {
                self.row = Row::Record { too_long };
                self.end_if_contradicted();
                true
            }
            First::Refused(error) => self.refuse(error),
            First::Neither => {
                let line = self.line_end.trim(&self.record.text);
                self.refuse(diagnosis::of_first_line(self.table, &self.dialect, &self.record, line))
            }
        }
    }

    /// Takes a record with a wrong quote, or one that is still open.
    #[inline(never)]
    fn takes_fault(&mut self) -> bool {
        let fault = match self.record.split(0..self.record.text.len()) {
            Split::Fault => self.record.fault(),
            Split::Whole | Split::TooMany => 0,
        };
        let opened = self.record_line + self.line_end.count(&self.record.text[..fault], false);
        let is_open = self.state.is_quoted();
        let kind = match is_open {
            true => RowErrorKind::UnclosedQuote { line: opened },
            false => RowErrorKind::MalformedQuote { first: opened, last: self.line_before() },
        };
        if !self.has_layout {
            let is_row = self.dialect.header == Header::Detect
                && layout::has_typed_value(self.table, &self.record);
            if !is_row && self.dialect.header != Header::Absent {
                return self.refuse(RowError::row(kind));
            }
            self.has_layout = true;
        }
        match is_open {
            true => self.give_back_rest(kind),
            false => self.give_back(kind),
        }
        self.next_line()
    }

    /// The line on which what has been read ends.
    fn line_before(&self) -> u64 {
        let has_line_end = self.line_end.trim(&self.record.text).len() < self.record.text.len();
        self.line - u64::from(has_line_end)
    }

    /// Gives the record at hand back line by line.
    fn give_back(&mut self, kind: RowErrorKind) {
        self.given_back = Some(kind);
        self.lines = 0..self.record.text.len();
        self.lines_line = self.record_line;
    }

    /// Gives the record at hand and all that comes behind it back line by line.
    fn give_back_rest(&mut self, kind: RowErrorKind) {
        self.give_back(kind);
        self.state = State::Rest;
    }

    /// Goes to the next line of a record that is given back. What is no whole line yet begins the
    /// next record, if the rest of the file is given back.
    fn next_line(&mut self) -> bool {
        if self.lines.is_empty() {
            return false;
        }
        let start = self.lines.start;
        let text = &self.record.text[self.lines.clone()];
        let Some(end) = self.line_end.find(text) else {
            let rest = core::mem::take(&mut self.lines);
            if self.state != State::Rest {
                let text = self.given_back_text(rest);
                self.row = Row::Line { line: self.lines_line, text };
                return true;
            }
            self.record.text.drain(..start);
            self.length = self.record.text.len();
            self.record_line = self.lines_line;
            self.is_between = false;
            return false;
        };
        self.lines.start += end + 1;
        self.row = Row::Line { line: self.lines_line, text: start..self.lines.start };
        self.lines_line += 1;
        true
    }

    /// The range of a line's text, empty if not all of it was kept.
    fn given_back_text(&self, range: Range<usize>) -> Range<usize> {
        if self.length > self.record.text.len() { range.start..range.start } else { range }
    }

    pub(super) fn refuse(&mut self, error: RowError) -> bool {
        self.refused = true;
        self.row = Row::Refusal(error);
        true
    }

    /// The row that was read last; to be asked for once.
    pub(crate) fn row(&mut self) -> RawRow<'_> {
        let mut place = Place { index: Some(self.next_index), line: Some(self.record_line) };
        self.next_index += 1;
        let error = match &self.row {
            Row::Record { too_long: true } => too_long_error(),
            Row::Record { too_long: false } => {
                if self.layout.has_marks() && holds_marks(&self.record.text, self.record.syntax()) {
                    return RawRow::refused(place, RowError::row(RowErrorKind::MarksInCell));
                }
                let mut row = self.layout.row(self.table, &self.dialect, place, &self.record);
                if self.next_index == 1 && has_unnamed_column(&row) {
                    self.refused = true;
                    row.place.index = None;
                }
                return row;
            }
            Row::Line { line, .. } => {
                place.line = Some(*line);
                RowError::row(self.given_back.clone().unwrap_or(RowErrorKind::InvalidUtf8))
            }
            Row::Refusal(error) => {
                place.index = None;
                error.clone()
            }
        };
        RawRow::refused(place, error)
    }
}

fn too_long_error() -> RowError {
    RowError::row(RowErrorKind::RowTooLong { limit: ROW_LIMIT })
}

/// A first row with a value in a column without a name refuses the file: all others would be
/// refused as well.
fn has_unnamed_column(row: &RawRow<'_>) -> bool {
    row.errors.iter().any(|error| matches!(error.kind, RowErrorKind::UnnamedColumn { .. }))
}
