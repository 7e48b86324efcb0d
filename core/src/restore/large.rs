//! Rows that are more than one call takes: written with the beginnings of their values, which then are filled up.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::error::RestoreError;
use super::tables::run;
use crate::aws::host::{Client, Host};
use crate::base::sql_text::quoted;
use crate::sql::key::same_key;
use crate::sql::verb::verb;
use crate::table::record::Cell;
use crate::table::schema::{Column, Table};
use crate::table::types::{AvroType, Definition};

/// The most bytes of a row's texts that are written at once: a request of 4 MiB has up to seven bytes for each.
const ROW_BYTES: usize = 500_000;

/// Characters of a value that are written with its row; a multiple of what base64 makes of three bytes.
const BEGINNING: usize = 40_000;

/// Characters of a piece. A request has up to six bytes for each.
const PIECE: usize = 600_000;

/// Whether a row is written in pieces.
pub(super) fn is_large(cells: &[Cell<'_>]) -> bool {
    let bytes = |cell: &Cell<'_>| match cell {
        Cell::Text(text) => text.len(),
        _ => 0,
    };
    cells.iter().map(bytes).sum::<usize>() > ROW_BYTES
}

/// The row with the beginnings of its values. A document is whole, since a part of one is none.
pub(super) fn beginnings<'c>(table: &Table, cells: &'c [Cell<'static>]) -> Vec<Cell<'c>> {
    let begin = |(column, cell): (&Column, &'c Cell<'static>)| match cell {
        Cell::Text(text) if !column.column_type.takes_document() => {
            Cell::Text(Cow::Borrowed(split(text, BEGINNING).0))
        }
        Cell::Text(text) => Cell::Text(Cow::Borrowed(text)),
        Cell::Int(value) => Cell::Int(*value),
        Cell::Null => Cell::Null,
    };
    table.columns.iter().zip(cells).map(begin).collect()
}

/// Fills the values of a row up whose beginnings are written. Each piece is added only where the value is as long as
/// it was before, so that it can be sent again.
pub(super) async fn fill_up<H: Host>(
    client: &Client<'_, H>,
    table: &Table,
    name: &str,
    cells: &[Cell<'static>],
) -> Result<(), RestoreError> {
    let key: Vec<_> = table.key.iter().map(|at| key_text(&cells[*at])).collect();
    for (column, cell) in table.columns.iter().zip(cells) {
        let Cell::Text(text) = cell else { continue };
        if column.column_type.takes_document() {
            continue;
        }
        let (begun, mut rest) = split(text, BEGINNING);
        let mut stored = length(column, begun);
        while !rest.is_empty() {
            let (piece, behind) = split(rest, PIECE);
            let before = stored.to_string();
            let names: Vec<_> = (0..key.len()).map(|place| format!("key_{place}")).collect();
            let mut parameters = Vec::from([("piece", piece), ("stored", before.as_str())]);
            parameters
                .extend(names.iter().zip(&key).map(|(name, part)| (name.as_str(), part.as_str())));
            run(client, &add(table, name, column), &parameters, "a large value is not written")
                .await?;
            stored += length(column, piece);
            rest = behind;
        }
    }
    Ok(())
}

fn add(table: &Table, name: &str, column: &Column) -> String {
    let it = quoted(column.name);
    format!(
        "{} {} AS e SET e.{it} = CONCAT(e.{it}, {}) WHERE {} AND CHAR_LENGTH(e.{it}) = CAST(:stored AS UNSIGNED)",
        verb("UPDATE", table),
        quoted(name),
        column.column_type.written(":piece"),
        same_key(table, |place, _| format!(":key_{place}"))
    )
}

/// How many characters, or bytes of what is no text, the database has stored of a text.
fn length(column: &Column, text: &str) -> usize {
    match column.column_type.avro() {
        AvroType::Bytes => {
            text.len() / 4 * 3 - text.bytes().rev().take_while(|byte| *byte == b'=').count()
        }
        _ => text.chars().count(),
    }
}

/// The first characters, and the others.
fn split(text: &str, chars: usize) -> (&str, &str) {
    let end = text.char_indices().nth(chars).map_or(text.len(), |(at, _)| at);
    text.split_at(end)
}

fn key_text(cell: &Cell<'_>) -> String {
    match cell {
        Cell::Int(value) => value.to_string(),
        Cell::Text(text) => text.clone().into_owned(),
        Cell::Null => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::schema::ColumnType;

    #[test]
    fn a_value_is_cut_between_characters_and_between_groups_of_base64() {
        assert_eq!(split("aé😀b", 2), ("aé", "😀b"));
        assert_eq!(split("aé", 2), ("aé", ""));
        assert_eq!((BEGINNING % 4, PIECE % 4), (0, 0));
        let column = |name| Column::new("c", ColumnType::known(name, None, None));
        for (text, bytes) in [("", 0), ("AAAA", 3), ("AAA=", 2), ("AA==", 1)] {
            assert_eq!(length(&column("longblob"), text), bytes);
        }
        assert_eq!(length(&column("longtext"), "aé😀"), 3);
    }
}
