//! The records of a file's start, as a decoder of a dialect takes them apart.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::super::automaton::{End, LineEnd};
use super::super::decoder::CsvDecoder;
use super::super::diagnosis::sep_line;
use super::super::dialect::Dialect;
use super::super::record_buffer::Split;
use crate::table::schema::Table;

/// Where the rows begin and what their cells are.
#[derive(Debug)]
pub(super) struct RowsStart {
    pub(super) has_header: bool,
    /// Whether it is a reject file, of which each row is known to be bad: what is wrong with all of them is
    /// said row by row.
    pub(super) is_reject_file: bool,
    /// The column of each cell.
    pub(super) columns: Vec<Option<usize>>,
}

/// The first bytes of a file of a table, in UTF-8.
pub(super) struct FileStart<'t> {
    pub(super) table: &'static Table,
    pub(super) text: &'t [u8],
    /// Whether they are all of it.
    pub(super) is_whole: bool,
}

/// The records of a file's start.
#[derive(Debug)]
pub(super) struct Sample {
    pub(super) records: Vec<SampleRecord>,
}

#[derive(Debug)]
pub(super) struct SampleRecord {
    pub(super) line: u64,
    pub(super) cells: Vec<SampleCell>,
    /// Whether its quotes are wrong.
    pub(super) has_fault: bool,
}

#[derive(Debug)]
pub(super) struct SampleCell {
    pub(super) text: String,
    pub(super) is_quoted: bool,
}

impl FileStart<'_> {
    /// At most so many records, without blank ones and the line that says what separates cells. The last one,
    /// which may be cut, only counts if the text is whole.
    pub(super) fn sample(&self, dialect: &Dialect, most: usize) -> Sample {
        let Self { table, text, is_whole } = *self;
        let mut decoder = CsvDecoder::of_dialect(table, Arc::new(dialect.clone()));
        decoder.opening = None;
        let has = |byte| memchr::memchr(byte, text).is_some();
        decoder.line_end = if has(b'\r') && !has(b'\n') { LineEnd::Cr } else { LineEnd::Lf };
        let (mut input, mut records) = (text, Vec::new());
        decoder.skip_lines(&mut input);
        while records.len() < most {
            let end = match decoder.read_record(&mut input) {
                Some(end) => end,
                None if is_whole && !decoder.is_between => {
                    decoder.is_between = true;
                    decoder.state.end()
                }
                None => break,
            };
            if end != End::Blank {
                records.push(SampleRecord::of(&mut decoder, end));
            }
        }
        let is_sep = |record: &SampleRecord| record.cells.iter().all(|cell| cell.text.is_empty());
        records.retain(|record| record.has_fault || !is_sep(record));
        Sample { records }
    }
}

impl Sample {
    /// The records behind the header.
    pub(super) fn rows(&self, start: &RowsStart) -> impl Iterator<Item = &SampleRecord> {
        self.records[usize::from(start.has_header).min(self.records.len())..].iter()
    }

    /// How many rows have wrong quotes, or another number of cells than the header.
    pub(super) fn damage(&self, start: &RowsStart) -> usize {
        let width = start.columns.len();
        self.rows(start).filter(|row| row.has_fault || row.cells.len() != width).count()
    }
}

impl SampleRecord {
    fn of(decoder: &mut CsvDecoder, end: End) -> Self {
        let text = decoder.line_end.trim(&decoder.record.text);
        let length = text.len();
        // Excel's first line is no record.
        let is_sep = decoder.record_line <= 2 && sep_line(text).is_some();
        let split = match is_sep {
            true => decoder.record.split(0..0),
            false => decoder.record.split(0..length),
        };
        let cells = decoder.record.texts();
        let cells = cells.into_iter().flatten();
        Self {
            line: decoder.record_line,
            cells: cells
                .map(|cell| SampleCell { text: cell.text.into(), is_quoted: cell.quoted })
                .collect(),
            has_fault: end == End::Fault || split != Split::Whole,
        }
    }
}
