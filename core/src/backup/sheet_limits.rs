//! What a sheet of Excel's does not hold, looked for before a table is exported as one.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::page::text;
use crate::base::sql_text::quoted;
use crate::sql::first_rows::key_order;
use crate::sql::key_range::KeyRange;
use crate::table::cell_forms::Notation;
use crate::table::schema::{Column, Table};
use crate::table::types::Definition;

/// The most rows of a sheet, its header aside.
pub(super) const MOST_ROWS: u64 = 1_048_575;

/// The most bytes of UTF-16 that a cell holds.
const MOST_CELL: usize = 2 * 32_767;

/// The keys of the first rows with a text that is too long for a cell.
pub(super) fn long_cells(table: &Table, range: KeyRange) -> Option<String> {
    let is_long = |column: &Column| {
        format!("OCTET_LENGTH(CONVERT({} USING utf16)) > {MOST_CELL}", text(column))
    };
    let long: Vec<_> = texts(table).map(is_long).collect();
    let keys: Vec<_> = table.key_columns().map(|column| quoted(column.name)).collect();
    (!long.is_empty()).then(|| {
        format!(
            "SELECT {keys} FROM {name} WHERE {range}({long}) ORDER BY {order} LIMIT 5",
            keys = keys.join(", "),
            name = quoted(table.name),
            range = range_of(table, range),
            long = long.join(" OR "),
            order = key_order(table, table.name, ""),
        )
    })
}

/// A row with an empty text.
pub(super) fn empty_texts(table: &Table, range: KeyRange) -> Option<String> {
    let is_empty = |column: &Column| format!("{} = ''", text(column));
    let empty: Vec<_> = texts(table).map(is_empty).collect();
    (!empty.is_empty()).then(|| {
        let (name, range, empty) = (quoted(table.name), range_of(table, range), empty.join(" OR "));
        format!("SELECT 1 FROM {name} WHERE {range}({empty}) LIMIT 1")
    })
}

fn texts(table: &Table) -> impl Iterator<Item = &'static Column> {
    table.columns.iter().filter(|column| column.column_type.notation() == Notation::Text)
}

fn range_of(table: &Table, range: KeyRange) -> String {
    range.sql(table).map(|range| format!("{range} AND ")).unwrap_or_default()
}
