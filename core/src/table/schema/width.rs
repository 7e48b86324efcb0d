//! How many characters the statements about a table have: tests hold them to this.

use alloc::format;

use crate::table::types::{Answer, ColumnType, Definition};

/// The most characters of a statement that the Data API takes.
pub(super) const STATEMENT_LIMIT: usize = 65_536;

/// What stands around the columns, names of tables among it.
const AROUND: usize = 2_048;

/// The most characters of a statement about a table with columns of these names and types.
pub(super) fn longest_statement(columns: &[(&str, ColumnType)]) -> usize {
    let of = |part: fn(&str, ColumnType) -> usize| -> usize {
        columns.iter().map(|(name, column_type)| part(name, *column_type)).sum()
    };
    AROUND + [write, page, checksum, comparison].map(of).into_iter().max().unwrap_or_default()
}

/// A column's part of an INSERT with ON DUPLICATE KEY UPDATE.
fn write(name: &str, column_type: ColumnType) -> usize {
    let value = column_type.written(&format!("r.`{name}`"));
    let source = column_type.source();
    // A table with more columns than three digits count is too wide anyway.
    format!("`{name}`, {value}, `{name}` {source} PATH '$[999]', `{name}` = {value}, ").len()
}

/// Its part of a page of a backup.
fn page(name: &str, column_type: ColumnType) -> usize {
    let value = column_type.canonical(&format!("`{name}`"));
    let width = match column_type.answer() {
        Answer::Text => format!("CONVERT({value} USING utf8mb4), ").len(),
        Answer::Long { .. } => 0,
    };
    format!("{value} AS `{name}`, `{name}`, `{name}`, ").len() + width
}

/// Its part of a checksum.
fn checksum(name: &str, column_type: ColumnType) -> usize {
    let text = column_type.digest(&format!("`{name}`"));
    format!("IFNULL(CONCAT(OCTET_LENGTH({text}), ':', {text}, ';'), 'N;'), ").len()
}

/// Its part of a comparison of two tables.
fn comparison(name: &str, column_type: ColumnType) -> usize {
    let [one, other] = ["o", "m"].map(|of| column_type.exact(&format!("{of}.`{name}`")));
    format!("{one} <=> {other} AND ").len()
}
