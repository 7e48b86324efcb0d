//! What one range of a file does to whoever reads through it, from every state that a reader can be
//! in at its start.
//!
//! Nobody knows whether a range begins inside a quote before all that is in front of it is read. So
//! each range is read once for every case, all at the same time, and [`plan`](super::plan) later
//! takes the case that was true. The rules are those of `csv-core` and of rowgate's own decoders,
//! which the property tests hold them against.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::lines::LineFormat;

/// How many bytes are read in one state before it is asked whether another one has come to the same.
const BLOCK: usize = 4 << 10;

/// What a reader knows between two bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    /// Between two records, or in front of blank lines.
    Record,
    /// In a line of NDJSON that is blank so far.
    Blank,
    /// In front of a cell that is not the record's first.
    Cell,
    /// In a cell without quotes; in a line of NDJSON that is not blank.
    Text,
    /// Inside quotes.
    Quoted,
    /// Behind a quote that ends the quoted text, or is the first of two.
    Quote,
}

const STATES: [State; 6] =
    [State::Record, State::Blank, State::Cell, State::Text, State::Quoted, State::Quote];

impl State {
    /// Whether a file that ends here ends with a record that has no line break.
    pub(super) fn is_in_record(self) -> bool {
        !matches!(self, Self::Record | Self::Blank)
    }

    /// The state behind a byte, and whether it ends a line: the next byte then begins a record.
    fn step(self, format: LineFormat, byte: u8) -> (Self, bool) {
        match format {
            LineFormat::Csv => self.step_csv(byte),
            LineFormat::Ndjson => self.step_ndjson(byte),
        }
    }

    fn step_csv(self, byte: u8) -> (Self, bool) {
        match (self, byte) {
            (Self::Quoted, b'"') => (Self::Quote, false),
            (Self::Quoted, _) => (Self::Quoted, false),
            // A carriage return ends a record by itself; what follows it then is a blank line.
            (_, b'\n' | b'\r') => (Self::Record, true),
            (_, b',') => (Self::Cell, false),
            (Self::Record | Self::Cell | Self::Quote, b'"') => (Self::Quoted, false),
            _ => (Self::Text, false),
        }
    }

    fn step_ndjson(self, byte: u8) -> (Self, bool) {
        match byte {
            b'\n' => (Self::Record, true),
            byte if !self.is_in_record() && byte.is_ascii_whitespace() => (Self::Blank, false),
            _ => (Self::Text, false),
        }
    }
}

/// What a range does, by the state at its start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Scan {
    /// Line breaks in it.
    pub(super) lines: u64,
    /// In the order of the states.
    ways: Vec<Way>,
}

/// What a range does to a reader that comes in one state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Way {
    /// The state at the range's end.
    pub(super) end: State,
    /// Records that end in it.
    pub(super) records: u64,
    /// The first place in it that is between two records.
    pub(super) first: Option<Place>,
}

/// A place between two records, counted from the range's start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) offset: u64,
    /// Line breaks before it.
    pub(super) lines: u64,
    /// Records that end before it.
    pub(super) records: u64,
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
    lanes: Vec<Lane>,
    offset: u64,
    lines: u64,
}

/// Readers that came in different states and are in the same one now.
#[derive(Debug)]
struct Lane {
    state: State,
    records: u64,
    riders: Vec<Rider>,
}

/// A reader that came in one state.
#[derive(Debug, Clone, Copy)]
struct Rider {
    start: usize,
    /// How many records more than its lane has it seen; fewer, if below zero.
    more: i64,
    first: Option<Place>,
}

impl Scanner {
    /// One of a range, for its text: a byte order mark is none of it.
    pub(super) fn new(format: LineFormat) -> Self {
        let lane = |(start, state): (usize, &State)| {
            let here =
                (*state == State::Record).then_some(Place { offset: 0, lines: 0, records: 0 });
            let rider = Rider { start, more: 0, first: here };
            Lane { state: *state, records: 0, riders: [rider].into() }
        };
        Self { format, lanes: STATES.iter().enumerate().map(lane).collect(), offset: 0, lines: 0 }
    }

    /// Takes the next bytes.
    pub(super) fn read(&mut self, bytes: &[u8]) {
        for block in bytes.chunks(BLOCK) {
            for lane in &mut self.lanes {
                lane.read(self.format, block, self.offset, self.lines);
            }
            self.offset += block.len() as u64;
            self.lines += count_breaks(block);
            self.merge();
        }
    }

    /// Has lanes in the same state go on as one.
    fn merge(&mut self) {
        let mut merged: Vec<Lane> = Vec::new();
        for lane in self.lanes.drain(..) {
            match merged.iter_mut().find(|other| other.state == lane.state) {
                Some(other) => {
                    let more = lane.records.cast_signed() - other.records.cast_signed();
                    let riders = lane.riders.iter();
                    other
                        .riders
                        .extend(riders.map(|rider| Rider { more: rider.more + more, ..*rider }));
                }
                None => merged.push(lane),
            }
        }
        self.lanes = merged;
    }

    pub(super) fn finish(self) -> Scan {
        let way = |start: usize| {
            let mut found = self.lanes.iter().flat_map(|lane| {
                let way = |rider: &Rider| Way {
                    end: lane.state,
                    records: rider.records(lane.records),
                    // The next range begins there as well.
                    first: rider.first.filter(|place| place.offset < self.offset),
                };
                let riders = lane.riders.iter().filter(move |rider| rider.start == start);
                riders.map(way)
            });
            found.next()
        };
        Scan { lines: self.lines, ways: (0..STATES.len()).filter_map(way).collect() }
    }
}

impl Rider {
    fn records(&self, of_lane: u64) -> u64 {
        of_lane.saturating_add_signed(self.more)
    }
}

impl Lane {
    fn read(&mut self, format: LineFormat, block: &[u8], offset: u64, lines: u64) {
        let mut at = 0;
        while at < block.len() {
            if self.state == State::Quoted {
                match memchr::memchr(b'"', &block[at..]) {
                    Some(quote) => at += quote,
                    None => return,
                }
            }
            let was = self.state;
            let ends_line;
            (self.state, ends_line) = was.step(format, block[at]);
            at += 1;
            if ends_line {
                self.records += u64::from(was.is_in_record());
                if self.riders.iter().any(|rider| rider.first.is_none()) {
                    let lines = lines + count_breaks(&block[..at]);
                    self.be_between_records(offset + at as u64, lines);
                }
            }
        }
    }

    fn be_between_records(&mut self, offset: u64, lines: u64) {
        for rider in self.riders.iter_mut().filter(|rider| rider.first.is_none()) {
            let records = rider.records(self.records);
            rider.first = Some(Place { offset, lines, records });
        }
    }
}

fn count_breaks(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}
