//! The look at a file's start: its encoding, its header, and then its values.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::super::dialect::Dialect;
use super::looked::LayoutFound;
use super::sample::{FileStart, RowsStart, Sample};
use super::{encoding, escape, first, format, values};
use crate::format::encoding::{Encoding, decoded};
use crate::format::magic::other_file;
use crate::table::issue::RowErrorKind;
use crate::table::schema::Table;

/// How much of a file is looked at.
pub(crate) const SAMPLE: usize = 64 << 10;

/// Looks at the first bytes of a CSV file, of which `is_whole` says whether they are all.
///
/// What is given is taken as it is, but for a byte order mark, which says the encoding for certain.
pub(crate) fn look(
    table: &'static Table,
    given: &Dialect,
    has_time_zone: bool,
    bytes: &[u8],
    is_whole: bool,
) -> LayoutFound {
    // Before the letters, of which such a file has none.
    if let Some(kind) = other_file(bytes) {
        return LayoutFound::Refused(kind);
    }
    let found = match encoding::find(given, bytes, is_whole) {
        Ok(found) => found,
        Err(verdict) => return verdict,
    };
    let mut dialect = Dialect { encoding: found, ..given.clone() };
    let text = decoded(found, bytes, is_whole).map_or(Cow::Borrowed(bytes), Cow::Owned);
    if let Some(kind) = format::text_format(&text) {
        return LayoutFound::Refused(kind);
    }
    let file = FileStart { table, text: &text, is_whole };
    let (start, sample) = match first::find(&file, &mut dialect) {
        Ok(found) => found,
        Err(verdict) => return verdict,
    };
    let Some(start) = start else { return LayoutFound::Certain(dialect) };
    let mut questions = Vec::new();
    if let Some(question) = escape::ask(&file, &dialect, &sample, &start) {
        questions.push(question);
        return LayoutFound::Ask(questions);
    }
    if let Some(kind) = escaped_width(&sample, &start) {
        return LayoutFound::Refused(kind);
    }
    match values::find(table, &mut dialect, &sample, &start, &mut questions) {
        Err(kind) => return LayoutFound::Refused(kind),
        Ok(()) if has_time_zone || start.is_reject_file => {}
        Ok(()) => questions.extend(values::time_zone(table, &dialect, &sample, &start)),
    }
    if questions.is_empty() { LayoutFound::Certain(dialect) } else { LayoutFound::Ask(questions) }
}

/// The encoding of a file of NDJSON: UTF-8 unless it is given, or marked.
pub(crate) fn ndjson_encoding(given: &Dialect, bytes: &[u8]) -> Encoding {
    let found = encoding::find(given, bytes, false).unwrap_or_default();
    match found {
        Encoding::Windows1252 if !given.is_given("encoding") => Encoding::Utf8,
        found => found,
    }
}

/// A file in which each row has one cell more than the header, which is empty.
fn escaped_width(sample: &Sample, start: &RowsStart) -> Option<RowErrorKind> {
    let (expected, rows) = (start.columns.len(), sample.rows(start));
    let mut count = 0;
    for row in rows {
        let is_longer = row.cells.len() == expected + 1 && row.cells[expected].text.is_empty();
        if !is_longer {
            return None;
        }
        count += 1;
    }
    let wrong = RowErrorKind::WrongFieldCount { expected, got: expected + 1, empty_end: true };
    (count > 1 && start.has_header && !start.is_reject_file).then_some(wrong)
}
