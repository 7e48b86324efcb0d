//! Bytes into records: the part of the decoder that steps through its input.

use super::automaton::{End, LineEnd, State};
use super::decoder::CsvDecoder;
use super::dialect::Syntax;
use super::file_head::HeadVerdict;
use super::record_buffer::{ROW_LIMIT, Split};
use crate::table::issue::RowError;

impl CsvDecoder {
    /// Begins to read, and answers whether the file is refused.
    pub(super) fn open(&mut self, opened: HeadVerdict) -> bool {
        self.held = self.opening.take().unwrap_or_default().into_held();
        self.line_end = opened.line_end;
        opened.refused.is_some_and(|kind| self.refuse(RowError::row(kind)))
    }

    /// Passes over the lines in front of the header; `false` if there are more than have come.
    pub(super) fn skip_lines(&mut self, input: &mut &[u8]) -> bool {
        while self.lines_to_skip > 0 {
            let is_held = self.held_read < self.held.len();
            let text = if is_held { &self.held[self.held_read..] } else { *input };
            if text.is_empty() {
                return false;
            }
            let end = self.line_end.find(text);
            let count = end.map_or(text.len(), |end| end + 1);
            match is_held {
                true => self.held_read += count,
                false => *input = &input[count..],
            }
            if end.is_some() {
                self.line += 1;
                self.lines_to_skip -= 1;
            }
        }
        true
    }

    pub(super) fn read_held(&mut self) -> Option<End> {
        if self.held_read == self.held.len() {
            return None;
        }
        let held = core::mem::take(&mut self.held);
        let mut rest = &held[self.held_read..];
        let end = self.read_record(&mut rest);
        self.held_read = held.len() - rest.len();
        self.held = held;
        end
    }

    /// Reads up to the end of a record; `None` if the input is used up before.
    pub(super) fn read_record(&mut self, input: &mut &[u8]) -> Option<End> {
        if self.is_between {
            if input.is_empty() {
                return None;
            }
            self.begin_record();
            if let Some(end) = self.read_line(input) {
                return Some(end);
            }
        }
        let bytes = *input;
        let (mut start, mut at) = (0, 0);
        while at < bytes.len() {
            at += self.run(&bytes[at..]);
            let mut end = None;
            if at < bytes.len() && !self.is_overrun(at - start) {
                (self.state, end) = self.step(bytes[at]);
                at += 1;
                if self.state == State::Record && end.is_none() {
                    // A byte order mark in front of a record is none of it.
                    self.begin_record();
                    start = at;
                    continue;
                }
            }
            if self.is_overrun(at - start) {
                end = Some(End::Fault);
            }
            if end.is_some() {
                self.keep(&bytes[start..at]);
                *input = &bytes[at..];
                self.is_between = true;
                return end;
            }
        }
        self.keep(&bytes[start..at]);
        *input = &[];
        None
    }

    fn begin_record(&mut self) {
        self.record.clear();
        self.is_between = false;
        self.is_split = false;
        self.is_unmarked = false;
        self.length = 0;
        self.record_line = self.line;
    }

    /// Reads a record that is one line, has a value for certain and no fault, as most are. Any other
    /// is left to the automaton, which the property tests hold this against.
    fn read_line(&mut self, input: &mut &[u8]) -> Option<End> {
        let is_first = self.state == State::Record && self.line_end == LineEnd::Lf;
        if !is_first
            || self.layout.has_marked_formulas()
            || !begins_with_value(input, self.record.syntax().quote)
        {
            return None;
        }
        let end = memchr::memchr(b'\n', input).filter(|end| *end < ROW_LIMIT)?;
        if self.record.syntax().escapes && memchr::memchr(b'\\', &input[..end]).is_some() {
            return None;
        }
        self.record.text.extend_from_slice(&input[..=end]);
        let text = self.line_end.trim(&self.record.text).len();
        if self.record.split(0..text) != Split::Whole {
            self.record.clear();
            return None;
        }
        self.length = end + 1;
        self.line += 1;
        self.after_return = false;
        *input = &input[end + 1..];
        self.is_between = true;
        self.is_split = true;
        Some(End::Row)
    }

    fn step(&mut self, byte: u8) -> (State, Option<End>) {
        let syntax = self.record.syntax();
        if core::mem::take(&mut self.is_escaped) {
            return (self.state.after_escape(), None);
        }
        let is_text = !matches!(self.state, State::Fault | State::Rest);
        if syntax.escapes && byte == b'\\' && is_text {
            self.is_escaped = true;
            return (self.state.after_escape(), None);
        }
        self.state.step(byte, syntax, self.line_end)
    }

    /// How many of the next bytes surely leave the state as it is.
    fn run(&self, bytes: &[u8]) -> usize {
        let Syntax { delimiter, quote, escapes, .. } = self.record.syntax();
        let found = match (self.state, self.line_end) {
            (State::Quoted | State::Text, _) if escapes => Some(0),
            (State::Quoted, _) => memchr::memchr(quote, bytes),
            (State::Text, LineEnd::Lf) => memchr::memchr3(delimiter, quote, b'\n', bytes),
            (State::Fault | State::Rest, LineEnd::Lf) => memchr::memchr(b'\n', bytes),
            _ => Some(0),
        };
        found.unwrap_or(bytes.len())
    }

    /// Whether a quote is still open after [`ROW_LIMIT`] bytes of its record.
    fn is_overrun(&self, more: usize) -> bool {
        self.state.is_quoted() && self.length + more > ROW_LIMIT
    }

    /// Keeps a piece of the record, up to twice [`ROW_LIMIT`].
    fn keep(&mut self, piece: &[u8]) {
        let room = (2 * ROW_LIMIT).saturating_sub(self.record.text.len());
        // What an open quote has swallowed is given back, so all of it is kept.
        let kept = if self.state.is_quoted() { piece.len() } else { piece.len().min(room) };
        self.record.text.extend_from_slice(&piece[..kept]);
        self.length += piece.len();
        self.line += self.line_end.count(piece, self.after_return);
        self.after_return = piece.last().map_or(self.after_return, |last| *last == b'\r');
    }
}

/// Whether a line surely has a value: its first cell begins with a letter or digit.
fn begins_with_value(line: &[u8], quote: u8) -> bool {
    match line {
        [opening, first, ..] if *opening == quote => first.is_ascii_alphanumeric(),
        [first, ..] => first.is_ascii_alphanumeric(),
        [] => false,
    }
}
