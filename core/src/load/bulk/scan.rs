//! For one range of a file: where its records begin and how many rows end in it, for each state in
//! which a reader can come into it.
//!
//! Whether a range begins inside a quote is only known once all that is in front of it is read. So
//! each range is read once for every state, all at the same time, and [`plan`](super::plan) later
//! takes the case that was true. The states of CSV are those of the decoder itself; the property
//! tests of `plan` hold the rest against it.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::format::csv::automaton::{End, LineEnd, STATES, State};
use crate::format::csv::{NameStarts, ROW_LIMIT, Syntax, fold, name_start, names};
use crate::format::formats::LineFormat;
use crate::table::schema::Table;

/// How many bytes are read in one state before it is asked whether another one has come to the same.
const BLOCK: usize = 4 << 10;

/// Steps through a line of NDJSON, which has the states of a record, of a byte order mark in front
/// of it, of blanks and of text.
fn step_ndjson(state: State, byte: u8) -> (State, Option<End>) {
    match (state, byte) {
        (State::Record | State::Blank, b'\n') => (State::Record, Some(End::Blank)),
        (_, b'\n') => (State::Record, Some(End::Row)),
        (State::Record, 0xEF) => (State::Bom1, None),
        (State::Bom1, 0xBB) => (State::Bom2, None),
        (State::Bom2, 0xBF) => (State::Record, None),
        (State::Record | State::Blank, byte) if byte.is_ascii_whitespace() => (State::Blank, None),
        _ => (State::Text, None),
    }
}

/// What a range does, by the state at its start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Scan {
    /// Line breaks in it.
    pub(super) lines: u64,
    /// Whether a line break is its last byte.
    pub(super) ends_line: bool,
    /// Whether a line in it, or one that begins at its end, may be a header.
    pub(super) may_have_header: bool,
    /// In the order of the states.
    ways: Vec<Way>,
}

/// What a range does to a reader that comes in one state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Way {
    /// The state at the range's end.
    pub(super) end: State,
    /// Rows that end in it. Of a record with a wrong quote each line is one.
    pub(super) rows: u64,
    /// The first place in it that is between two records.
    pub(super) first: Option<Boundary>,
    /// Where the record begins that is open at the range's end, if it begins in it.
    pub(super) open: Option<Boundary>,
    /// Whether the record that was open at the range's start has a wrong quote, so that its lines
    /// before the range are rows as well.
    pub(super) refuses_open: bool,
    /// How many bytes of the range come up to the last one inside quotes of the record that was
    /// open at the range's start.
    pub(super) quoted: u64,
}

/// A place between two records, counted from the range's start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Boundary {
    pub(super) offset: u64,
    /// Line breaks before it.
    pub(super) lines: u64,
    /// Rows that end before it.
    pub(super) rows: u64,
}

impl Scan {
    /// What the range does to a reader that comes in this state.
    pub(super) fn way(&self, state: State) -> Option<Way> {
        let position = STATES.iter().position(|known| *known == state)?;
        self.ways.get(position).copied()
    }
}

/// Reads a range in any chunking.
#[derive(Debug)]
pub(super) struct Scanner {
    format: LineFormat,
    syntax: Syntax,
    runs: Vec<MergedRun>,
    headers: HeaderWatch,
    offset: u64,
    lines: u64,
    ends_line: bool,
}

/// Readers that came in different states and are in the same one now.
#[derive(Debug)]
struct MergedRun {
    state: State,
    rows: u64,
    /// Where the record begins in which it is; `None` if that is before the range.
    record: Option<(u64, u64)>,
    /// Bytes up to the last one inside quotes, while the record is one that began before the range.
    quoted: u64,
    starts: Vec<Start>,
}

/// A reader that came in one state.
#[derive(Debug, Clone, Copy)]
struct Start {
    state: usize,
    /// How many rows more than its run has it seen; fewer, if below zero.
    more: i64,
    first: Option<Boundary>,
    refuses_open: bool,
    quoted: u64,
}

impl Scanner {
    /// One of a range, for its text.
    pub(super) fn new(format: LineFormat, syntax: Syntax, table: &Table, is_first: bool) -> Self {
        let run = |(number, state): (usize, &State)| {
            let is_between = *state == State::Record;
            let here = is_between.then_some(Boundary { offset: 0, lines: 0, rows: 0 });
            let start =
                Start { state: number, more: 0, first: here, refuses_open: false, quoted: 0 };
            let record = is_between.then_some((0, 0));
            MergedRun { state: *state, rows: 0, record, quoted: 0, starts: [start].into() }
        };
        Self {
            format,
            syntax,
            runs: STATES.iter().enumerate().map(run).collect(),
            headers: HeaderWatch::new(format, syntax, table, is_first),
            offset: 0,
            lines: 0,
            ends_line: true,
        }
    }

    /// Takes the next bytes.
    pub(super) fn read(&mut self, bytes: &[u8]) {
        for block in bytes.chunks(BLOCK) {
            for run in &mut self.runs {
                run.read((self.format, self.syntax), block, self.offset, self.lines);
            }
            self.offset += block.len() as u64;
            self.lines += LineEnd::Lf.count(block, false);
            self.merge();
        }
        self.ends_line = bytes.last().map_or(self.ends_line, |last| *last == b'\n');
        self.headers.read(bytes);
    }

    /// Has runs in the same state, and in the same record, go on as one.
    fn merge(&mut self) {
        let mut merged: Vec<MergedRun> = Vec::new();
        for run in self.runs.drain(..) {
            match merged.iter_mut().find(|other| other.is_where(&run)) {
                Some(other) => other.take(&run),
                None => merged.push(run),
            }
        }
        self.runs = merged;
    }

    pub(super) fn finish(self) -> Scan {
        let way = |number: usize| {
            let mut ways = self.runs.iter().flat_map(|run| {
                let starts = run.starts.iter().filter(move |start| start.state == number);
                starts.map(|start| run.way(start, self.offset))
            });
            ways.next()
        };
        Scan {
            lines: self.lines,
            ends_line: self.ends_line,
            may_have_header: self.headers.finish(),
            ways: (0..STATES.len()).filter_map(way).collect(),
        }
    }
}

impl Start {
    fn rows(&self, of_run: u64) -> u64 {
        of_run.saturating_add_signed(self.more)
    }
}

impl MergedRun {
    /// Whether another run reads the same from here on.
    fn is_where(&self, other: &Self) -> bool {
        self.state == other.state && (self.state == State::Record || self.record == other.record)
    }

    fn take(&mut self, other: &Self) {
        let more = other.rows.cast_signed() - self.rows.cast_signed();
        for start in &mut self.starts {
            start.quoted = start.quoted.max(self.quoted);
        }
        self.quoted = 0;
        self.starts.extend(other.starts.iter().map(|start| Start {
            more: start.more + more,
            quoted: start.quoted.max(other.quoted),
            ..*start
        }));
    }

    fn way(&self, start: &Start, end: u64) -> Way {
        let open = self.record.filter(|_| self.state.is_in_record());
        Way {
            end: self.state,
            rows: start.rows(self.rows),
            // The next range begins at the end as well.
            first: start.first.filter(|place| place.offset < end),
            open: open.map(|(offset, lines)| Boundary {
                offset,
                lines,
                rows: start.rows(self.rows),
            }),
            refuses_open: start.refuses_open,
            quoted: start.quoted.max(self.quoted),
        }
    }

    fn read(
        &mut self,
        (format, syntax): (LineFormat, Syntax),
        block: &[u8],
        offset: u64,
        lines: u64,
    ) {
        let mut at = 0;
        while at < block.len() && self.state != State::Rest {
            at += self.skip(format, syntax, &block[at..]);
            self.note_quoted(offset + at as u64);
            let Some(byte) = block.get(at) else { return };
            if self.state == State::Rest {
                return;
            }
            let was = self.state;
            let end;
            (self.state, end) = match format {
                LineFormat::Csv => was.step(*byte, syntax, LineEnd::Lf),
                LineFormat::Ndjson => step_ndjson(was, *byte),
            };
            at += 1;
            self.note_quoted(offset + at as u64);
            if self.state == State::Record {
                let lines = lines + LineEnd::Lf.count(&block[..at], false);
                self.be_between_records(end, offset + at as u64, lines);
            }
        }
    }

    /// How many of the next bytes surely leave the state as it is.
    fn skip(&self, format: LineFormat, syntax: Syntax, bytes: &[u8]) -> usize {
        let found = match (self.state, format) {
            (State::Quoted, _) => memchr::memchr(syntax.quote, bytes),
            (State::Text, LineFormat::Csv) => {
                memchr::memchr3(syntax.delimiter, syntax.quote, b'\n', bytes)
            }
            (State::Fault, _) | (State::Text, LineFormat::Ndjson) => memchr::memchr(b'\n', bytes),
            _ => Some(0),
        };
        found.unwrap_or(bytes.len())
    }

    /// Takes note of bytes inside quotes, of which a record has no more than [`ROW_LIMIT`].
    fn note_quoted(&mut self, end: u64) {
        if !self.state.is_quoted() {
            return;
        }
        let begun = self.record.map_or(0, |(offset, _)| offset);
        if self.record.is_none() {
            self.quoted = end;
        }
        if end - begun > ROW_LIMIT as u64 {
            self.state = State::Rest;
        }
    }

    fn be_between_records(&mut self, end: Option<End>, offset: u64, lines: u64) {
        let is_open = self.record.is_none();
        self.rows += match end {
            Some(End::Row) => 1,
            Some(End::Fault) => lines - self.record.map_or(0, |(_, lines)| lines),
            Some(End::Blank) | None => 0,
        };
        for start in self.starts.iter_mut().filter(|_| is_open) {
            start.refuses_open |= end == Some(End::Fault);
            start.quoted = start.quoted.max(self.quoted);
        }
        self.quoted = 0;
        self.record = Some((offset, lines));
        for start in self.starts.iter_mut().filter(|start| start.first.is_none()) {
            let rows = start.rows(self.rows);
            start.first = Some(Boundary { offset, lines, rows });
        }
    }
}

/// Looks for lines that may be headers: whose first value is a column's name, or may go on as one.
#[derive(Debug)]
struct HeaderWatch {
    syntax: Syntax,
    names: Vec<String>,
    starts: NameStarts,
    /// The line's first value so far, while it is being read.
    value: Option<Vec<u8>>,
    has_found: bool,
}

impl HeaderWatch {
    /// Of NDJSON, which has no headers, nothing is found.
    fn new(format: LineFormat, syntax: Syntax, table: &Table, is_first: bool) -> Self {
        let columns = 0..if format == LineFormat::Csv { table.columns.len() } else { 0 };
        let names = columns.flat_map(|column| names(table, column)).map(fold).collect();
        // The file's own header is on its first line.
        let value = (!is_first).then(Vec::new);
        Self { syntax, names, starts: NameStarts::of(table), value, has_found: false }
    }

    fn read(&mut self, mut bytes: &[u8]) {
        while !self.names.is_empty() && !self.has_found && !bytes.is_empty() {
            bytes = match self.value.take() {
                Some(value) => self.read_value(value, bytes),
                None => match memchr::memchr(b'\n', bytes) {
                    Some(feed) => {
                        self.value = Some(Vec::new());
                        &bytes[feed + 1..]
                    }
                    None => &[],
                },
            };
        }
    }

    /// Reads on in a line's first value, and answers what is left of the bytes.
    fn read_value<'b>(&mut self, mut value: Vec<u8>, bytes: &'b [u8]) -> &'b [u8] {
        let Syntax { delimiter, quote, .. } = self.syntax;
        let is_between =
            |byte: &u8| *byte == delimiter || *byte == quote || matches!(byte, b'\r' | b'\n');
        let skipped = match value.is_empty() {
            true => bytes.iter().take_while(|byte| is_between(byte)).count(),
            false => 0,
        };
        let bytes = &bytes[skipped..];
        let end = bytes.iter().position(is_between);
        value.extend_from_slice(&bytes[..end.unwrap_or(bytes.len())]);
        match end {
            Some(end) => {
                self.has_found |= self.is_name(&value, true);
                &bytes[end..]
            }
            None => {
                self.value = self.is_name(&value, false).then_some(value);
                &[]
            }
        }
    }

    /// Whether a value is a name or, unless it is whole, may become one.
    fn is_name(&self, value: &[u8], is_whole: bool) -> bool {
        let Some(start) = name_start(value, self.syntax) else { return !is_whole };
        if !self.starts.has(start) {
            return false;
        }
        let text = String::from_utf8_lossy(value);
        let text = text.trim_start_matches(|it: char| !it.is_alphanumeric() && it != '_');
        let folded = fold(text.trim_end_matches('\u{fffd}'));
        let matches = |name: &String| match is_whole {
            true => *name == folded,
            false => name.starts_with(&folded),
        };
        text.starts_with('_') || self.names.iter().any(matches)
    }

    fn finish(&self) -> bool {
        self.has_found || self.value.as_ref().is_some_and(|value| !value.is_empty())
    }
}
