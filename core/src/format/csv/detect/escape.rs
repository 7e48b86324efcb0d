//! Whether a backslash takes the meaning of the character behind it.

use alloc::vec;

use super::super::dialect::Dialect;
use super::sample::{FileStart, RowsStart, Sample, SampleRecord};
use crate::table::layout_question::LayoutQuestion;

/// Asks about backslashes that mend rows if they are escapes, or that databases write as escapes.
pub(super) fn ask(
    file: &FileStart<'_>,
    dialect: &Dialect,
    sample: &Sample,
    start: &RowsStart,
) -> Option<LayoutQuestion> {
    if dialect.is_given("escape") || memchr::memchr(b'\\', file.text).is_none() {
        return None;
    }
    let mut escaped = dialect.clone();
    escaped.syntax.escapes = true;
    let most = sample.records.len().max(1);
    let escaped = file.sample(&escaped, most);
    let (damage, mended) = (sample.damage(start), escaped.damage(start));
    let mends = mended < damage;
    let is_dump = dialect.syntax.delimiter == b'\t' || sample.rows(start).any(has_null);
    let may_be = mended <= damage && is_dump && sample.rows(start).any(has_escape);
    if !(mends || may_be) {
        return None;
    }
    Some(LayoutQuestion {
        kind: "escape",
        seen: "backslashes may be escapes, as databases write them, or stand for themselves".into(),
        options: vec!["escape=backslash".into(), "escape=none".into()],
    })
}

fn has_null(record: &SampleRecord) -> bool {
    record.cells.iter().any(|cell| cell.text == "\\N" && !cell.is_quoted)
}

fn has_escape(record: &SampleRecord) -> bool {
    record.cells.iter().any(|cell| {
        let mut pairs = cell.text.as_bytes().windows(2);
        pairs.any(|pair| {
            pair[0] == b'\\' && matches!(pair[1], b'n' | b't' | b'r' | b'0' | b'\\' | b'"')
        })
    })
}
