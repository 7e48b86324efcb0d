//! What separates the cells, and what the first line is.

use alloc::format;
use alloc::vec;
use alloc::vec::Vec;

use super::super::diagnosis::sep_line;
use super::super::dialect::{Dialect, NO_QUOTE};
use super::super::header::Header;
use super::super::marks::Marks;
use super::super::target::{CellTarget, target};
use super::looked::LayoutFound;
use super::sample::{FileStart, RowsStart, Sample, SampleRecord};
use crate::format::json::BOM;
use crate::table::layout_question::LayoutQuestion;
use crate::table::schema::Table;
use crate::table::types::Definition;

const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The first records, among which a header is looked for.
const FIRST_RECORDS: usize = 20;

/// So many records are looked at.
const MOST_RECORDS: usize = 2_000;

/// Finds out what separates the cells and whether there is a header, and writes that into the dialect.
///
/// Without a start the first line is neither a header nor a row: the decoder says what is wrong.
pub(super) fn find(
    file: &FileStart<'_>,
    dialect: &mut Dialect,
) -> Result<(Option<RowsStart>, Sample), LayoutFound> {
    let table = file.table;
    let candidates = candidates(dialect, file.text);
    let mut best: Option<(FirstLine, u8)> = None;
    for delimiter in candidates {
        dialect.syntax.delimiter = delimiter;
        let sample = file.sample(dialect, FIRST_RECORDS);
        let Some(first) = FirstLine::of(table, dialect, &sample) else { continue };
        if best.as_ref().is_none_or(|(known, _)| first.rank() > known.rank()) {
            best = Some((first, delimiter));
        }
    }
    dialect.syntax.delimiter = best.as_ref().map_or(dialect.syntax.delimiter, |(_, it)| *it);
    match best {
        Some((first, _)) if first.is_header || first.is_row => {
            if !first.is_header {
                dialect.header = Header::Absent;
            }
            let sample = file.sample(dialect, MOST_RECORDS);
            let columns = match first.is_header {
                true => header_columns(table, dialect, sample.records.first()),
                false => (0..table.columns.len()).map(Some).collect(),
            };
            let is_reject_file = first.is_header && sample.records.first().is_some_and(has_marks);
            Ok((Some(RowsStart { has_header: first.is_header, is_reject_file, columns }), sample))
        }
        best => {
            if let Some(question) = explain(file, dialect) {
                return Err(LayoutFound::Ask(vec![question]));
            }
            if best.is_none_or(|(first, _)| first.names == 0 && !first.is_of_width) {
                dialect.syntax.delimiter =
                    if dialect.is_given("delimiter") { dialect.syntax.delimiter } else { b',' };
            }
            Ok((None, Sample { records: Vec::new() }))
        }
    }
}

/// What may separate the cells; a line such as `sep=;` says it.
fn candidates(dialect: &Dialect, text: &[u8]) -> Vec<u8> {
    let text = text.strip_prefix(BOM).unwrap_or(text);
    let end = memchr::memchr2(b'\n', b'\r', text).unwrap_or(text.len());
    match sep_line(&text[..end]).filter(|byte| DELIMITERS.contains(byte)) {
        _ if dialect.is_given("delimiter") => vec![dialect.syntax.delimiter],
        Some(delimiter) => vec![delimiter],
        None => DELIMITERS.to_vec(),
    }
}

/// What the first line is with one delimiter.
#[derive(Debug)]
struct FirstLine {
    is_header: bool,
    is_row: bool,
    /// How many cells are columns' names.
    names: usize,
    /// Whether it has as many cells as the table has columns.
    is_of_width: bool,
    /// How many of the first records are as wide as the table.
    of_width: usize,
}

impl FirstLine {
    fn of(table: &Table, dialect: &Dialect, sample: &Sample) -> Option<Self> {
        let first = sample.records.first()?;
        let known = columns_of(table, dialect, first);
        let names = known.iter().flatten().count();
        let all_known = first.cells.iter().all(|cell| target(table, dialect, &cell.text).is_some());
        let width = table.columns.len();
        let is_of_width = first.cells.len() == width && !first.has_fault;
        let of_width = sample.records.iter().filter(|it| it.cells.len() == width).count();
        let is_absent = dialect.header == Header::Absent;
        let may_be_row = dialect.header != Header::Present;
        Some(Self {
            is_header: !is_absent && names > 0 && all_known && !first.has_fault,
            is_row: may_be_row && is_of_width && (is_absent || has_typed_value(table, first))
                || is_absent && of_width > 0,
            names,
            is_of_width,
            of_width,
        })
    }

    /// The greater, the likelier.
    fn rank(&self) -> (bool, usize, bool, usize, bool) {
        let of_width = if self.is_row { self.of_width } else { 0 };
        (self.is_header, self.names, self.is_row, of_width, self.is_of_width)
    }
}

fn columns_of(table: &Table, dialect: &Dialect, record: &SampleRecord) -> Vec<Option<usize>> {
    let column = |name: &str| match target(table, dialect, name)? {
        CellTarget::Column(column) => Some(column),
        CellTarget::Ignored | CellTarget::Nameless => None,
    };
    record.cells.iter().map(|cell| column(&cell.text)).collect()
}

fn header_columns(
    table: &Table,
    dialect: &Dialect,
    header: Option<&SampleRecord>,
) -> Vec<Option<usize>> {
    header.map(|header| columns_of(table, dialect, header)).unwrap_or_default()
}

fn has_marks(header: &SampleRecord) -> bool {
    let names: Vec<_> = header.cells.iter().map(|cell| cell.text.as_str()).collect();
    Marks::of_names(&names).is_some()
}

fn has_typed_value(table: &Table, record: &SampleRecord) -> bool {
    let mut cells = table.columns.iter().zip(&record.cells);
    cells.any(|(column, cell)| {
        !cell.text.is_empty() && column.column_type.reads_as_value(&cell.text) == Some(true)
    })
}

/// What makes a header of a line that is none as it is: other quotes, or lines above it.
fn explain(file: &FileStart<'_>, dialect: &Dialect) -> Option<LayoutQuestion> {
    let table = file.table;
    if dialect.header == Header::Absent {
        return None;
    }
    for delimiter in candidates(dialect, file.text) {
        for quote in [b'"', b'\''] {
            let mut other = dialect.clone();
            other.syntax.delimiter = delimiter;
            if quote != dialect.syntax.quote {
                if dialect.is_given("quote") || dialect.syntax.quote == NO_QUOTE {
                    continue;
                }
                other.syntax.quote = quote;
            }
            let sample = file.sample(&other, FIRST_RECORDS);
            let is_header = |record: &&SampleRecord| {
                let names = columns_of(table, &other, record).iter().flatten().count();
                let mut cells = record.cells.iter();
                names >= 2.min(table.columns.len())
                    && cells.all(|cell| target(table, &other, &cell.text).is_some())
            };
            let Some(header) = sample.records.iter().find(is_header) else { continue };
            let is_first = core::ptr::eq(header, &raw const sample.records[0]);
            if is_first && quote == b'\'' {
                return Some(LayoutQuestion {
                    kind: "quote",
                    seen: "the names of the first line are in single quotes".into(),
                    options: vec!["quote='".into()],
                });
            }
            let lines = header.line - 1;
            if lines > dialect.skip_lines && quote == b'"' {
                return Some(LayoutQuestion {
                    kind: "skip_lines",
                    seen: format!("line {} is a header, with other lines above it", header.line),
                    options: vec![format!("skip_lines={lines}")],
                });
            }
        }
    }
    None
}
