//! What a table's columns take, for people.

use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

use crate::table::schema::Table;
use crate::table::types::Definition;

/// What a column takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ColumnNote {
    /// Its name.
    pub name: &'static str,
    /// Other names that a header may have for it.
    pub aliases: &'static [&'static str],
    /// Its type in the database.
    pub sql_type: String,
    /// What it takes, in words.
    pub takes: &'static str,
    /// Whether a new row needs a value.
    pub is_required: bool,
    /// Whether it is of the primary key.
    pub is_key: bool,
    /// Whether the database numbers rows that come without.
    pub is_numbered: bool,
    /// What a new row gets that does not carry it.
    pub default: Option<&'static str>,
    /// What it refers to, as `table.column`.
    pub refers_to: Option<String>,
    /// Its comment.
    pub comment: &'static str,
}

/// What a table's columns take, in their order.
pub fn column_notes(table: &'static Table) -> Vec<ColumnNote> {
    let note = |(at, column): (usize, &'static crate::table::schema::Column)| ColumnNote {
        name: column.name,
        aliases: column.aliases,
        sql_type: column.column_type.sql_name(),
        takes: column.column_type.expected(),
        is_required: column.is_required(),
        is_key: table.is_key(at),
        is_numbered: column.auto_increment,
        default: column.default,
        refers_to: parent(table, at),
        comment: column.comment,
    };
    table.columns.iter().enumerate().map(note).collect()
}

/// The parent of a column by a foreign key of it alone.
fn parent(table: &Table, column: usize) -> Option<String> {
    let mut keys = table.constraints.foreign.iter();
    let key = keys.find(|key| key.columns == [column])?;
    let parent = key.parent.database.into_iter().chain([key.parent.name]);
    Some(parent.chain([*key.references.first()?]).collect::<Vec<_>>().join("."))
}
