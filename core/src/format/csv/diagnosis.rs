//! Why a file is refused for its first line, in one sentence.

use alloc::string::String;
use alloc::vec::Vec;

use super::dialect::Dialect;
use super::layout::{count_names, unknown_header};
use super::record_buffer::RecordBuffer;
use crate::table::issue::{RowError, RowErrorKind};
use crate::table::schema::Table;

/// Delimiters that files have and rowgate does not read, with their names.
const OTHER_DELIMITERS: [(char, &str); 3] =
    [(';', "semicolons"), ('\t', "tabs"), ('|', "vertical bars")];

/// Says what a first line that is neither a header nor a row may be.
#[cold]
#[inline(never)]
pub(super) fn of_first_line(
    table: &Table,
    dialect: &Dialect,
    record: &RecordBuffer,
    line: &[u8],
) -> RowError {
    let cells: Vec<_> = record.texts().into_iter().flatten().map(|cell| cell.text).collect();
    if let Some(found) = other_delimiter(table, dialect, line) {
        return RowError::row(RowErrorKind::WrongDelimiter { found });
    }
    if count_names(table, dialect, &cells) > 0 {
        return unknown_header(table, dialect, &cells);
    }
    let columns = table.columns.iter().map(|column| column.name).collect();
    RowError::row(RowErrorKind::NoHeader { columns })
}

/// What separates the cells by Excel's first line, such as `sep=,`.
pub(super) fn sep_line(line: &[u8]) -> Option<u8> {
    let line = core::str::from_utf8(line).ok()?.trim_matches(['"', ' ']);
    let (name, delimiter) = line.split_at_checked(4)?;
    let delimiter = delimiter.strip_suffix('"').unwrap_or(delimiter);
    match delimiter.as_bytes() {
        [byte] if name.eq_ignore_ascii_case("sep=") => Some(*byte),
        _ => None,
    }
}

/// A delimiter in words.
pub(super) fn delimiter_name(byte: u8) -> &'static str {
    let known = OTHER_DELIMITERS.iter().find(|(other, _)| u32::from(*other) == u32::from(byte));
    known.map_or("another character", |(_, name)| name)
}

/// The delimiter by which a line has columns' names in at least half of its cells, or as many
/// cells as the table has columns.
fn other_delimiter(table: &Table, dialect: &Dialect, line: &[u8]) -> Option<&'static str> {
    let line = String::from_utf8_lossy(line);
    let is_other = |byte: char| u32::from(byte) != u32::from(dialect.syntax.delimiter);
    let fits = |(delimiter, _): &&(char, &str)| {
        let cells =
            line.split(*delimiter).map(|cell| cell.trim_matches([' ', '"', '\t', '\u{a0}']));
        let cells: Vec<_> = cells.take(table.columns.len() * 4 + 16).collect();
        let names = count_names(table, dialect, &cells);
        is_other(*delimiter)
            && cells.len() > 1
            && (names * 2 >= cells.len() || cells.len() == table.columns.len())
    };
    OTHER_DELIMITERS.iter().find(fits).map(|(_, name)| *name)
}
