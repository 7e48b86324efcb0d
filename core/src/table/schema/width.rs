//! How many characters the statements about a table have: tests hold them to this.

use alloc::format;

use crate::base::sql_text::quoted;
use crate::table::types::{Answer, ColumnType, Definition};

/// The most characters of a statement that the Data API takes.
pub(super) const STATEMENT_LIMIT: usize = 65_536;

/// What stands around the columns, names of tables among it.
const AROUND: usize = 2_048;

/// How often a column of a composite key appears in a statement, besides what every column is there for.
const KEY_TIMES: usize = 12;

/// The most characters that are compared with such a column, but for its name.
const KEY_OPERAND: usize = 150;

/// More characters than any column takes in a statement, whatever its name and type: tests hold them to this.
const MOST_OF_A_COLUMN: usize = 2_000;

/// Whether the statements about a table of so many columns are short enough whatever their names and types: to
/// make them for 200 tables takes longer than all else that is done when a program starts.
pub(super) fn surely_fits(columns: usize, key: usize) -> bool {
    key <= 1 && AROUND + MOST_OF_A_COLUMN * columns <= STATEMENT_LIMIT
}

/// The most characters of a statement about a table with columns of these names and types, and a key of these
/// names.
pub(super) fn longest_statement(columns: &[(&str, ColumnType)], key: &[&str]) -> usize {
    let all = |part: fn(&str, ColumnType) -> usize| -> usize {
        columns.iter().map(|(name, of)| part(name, *of)).sum()
    };
    let key = if key.len() > 1 { key } else { &[] };
    let keys: usize = key.iter().map(|name| KEY_TIMES * (name.len() + KEY_OPERAND)).sum();
    AROUND
        + keys
        + [write, page, checksum, comparison].map(all).into_iter().max().unwrap_or_default()
}

/// A column's part of an INSERT with ON DUPLICATE KEY UPDATE.
fn write(name: &str, of: impl Definition) -> usize {
    let name = quoted(name);
    let value = of.written(&format!("r.{name}"));
    let source = of.source();
    // A table with more columns than three digits count is too wide anyway.
    format!("{name}, {value}, {name} {source} PATH '$[999]', {name} = {value}, ").len()
}

/// Its part of a page of a backup.
fn page(name: &str, of: impl Definition) -> usize {
    let name = quoted(name);
    let value = of.canonical(&name);
    let width = match of.answer() {
        Answer::Text => format!("CONVERT({value} USING utf8mb4), ").len(),
        Answer::Long { .. } => 0,
    };
    format!("{value} AS {name}, {name}, {name}, ").len() + width
}

/// Its part of a checksum.
fn checksum(name: &str, of: impl Definition) -> usize {
    let text = of.digest(&quoted(name));
    format!("IFNULL(CONCAT(OCTET_LENGTH({text}), ':', {text}, ';'), 'N;'), ").len()
}

/// Its part of a comparison of two tables.
fn comparison(name: &str, of: impl Definition) -> usize {
    let name = quoted(name);
    let [one, other] = ["o", "m"].map(|row| of.exact(&format!("{row}.{name}")));
    format!("{one} <=> {other} AND ").len()
}
