//! Constraints and triggers of the live tables, by their names.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::aws::host::{Client, Host};
use crate::table::schema::{Constraints, Schema, Table};
use crate::table::types::Definition;

use super::error::MigrateError;
use super::live::texts;

/// What a table has besides its columns and its primary key.
pub(super) struct Extra {
    pub(super) table: String,
    kind: String,
    /// Its name, and of which table it is where that is another one.
    name: String,
    pub(super) what: String,
}

impl Extra {
    /// Whether the schema says so of the table.
    pub(super) fn is_expected(&self, schema: Schema) -> bool {
        let (name, by) = self.name.rsplit_once(" of ").unwrap_or((&self.name, &self.table));
        let Some(table) = schema.tables().iter().find(|table| table.name == by) else {
            return false;
        };
        let Constraints { unique, foreign, checks } = table.constraints;
        match self.kind.as_str() {
            "UNIQUE" => unique.iter().any(|key| key.name == name),
            "FOREIGN KEY" => foreign.iter().any(|key| key.name == name),
            // One of a JSON column's name is MariaDB's own.
            "CHECK" => checks.iter().any(|check| check.name == name) || is_document(table, name),
            _ => false,
        }
    }
}

fn is_document(table: &Table, name: &str) -> bool {
    let column = table.columns.iter().find(|column| column.name == name);
    column.is_some_and(|column| column.column_type.takes_document())
}

/// Constraints, also those of other tables that refer to one, and triggers. A second unique key lets an upsert change another row, a trigger
/// changes what was stored.
pub(super) async fn live_extras<H: Host>(
    client: &Client<'_, H>,
    names: &str,
) -> Result<Vec<Extra>, MigrateError> {
    let constraints = format!(
        "SELECT table_name, constraint_type, constraint_name \
         FROM information_schema.table_constraints WHERE table_schema = DATABASE() \
         AND constraint_type <> 'PRIMARY KEY' AND table_name IN ({names})"
    );
    let triggers = format!(
        "SELECT event_object_table, 'TRIGGER', trigger_name FROM information_schema.triggers \
         WHERE event_object_schema = DATABASE() AND event_object_table IN ({names})"
    );
    let mut rows = texts(client, &constraints).await?;
    rows.extend(texts(client, &triggers).await?);
    let mut extras = named(rows)?;
    extras.extend(references_to(client, names).await?);
    Ok(extras)
}

/// The foreign keys of all tables that refer to these.
pub(super) async fn references_to<H: Host>(
    client: &Client<'_, H>,
    names: &str,
) -> Result<Vec<Extra>, MigrateError> {
    let references = format!(
        "SELECT DISTINCT referenced_table_name, 'FOREIGN KEY', \
         CONCAT(constraint_name, ' of ', table_name) FROM information_schema.key_column_usage \
         WHERE referenced_table_schema = DATABASE() AND referenced_table_name IN ({names})"
    );
    named(texts(client, &references).await?)
}

fn named(rows: Vec<[Option<String>; 3]>) -> Result<Vec<Extra>, MigrateError> {
    let extra = |[table, kind, name]: [Option<String>; 3]| {
        let (kind, name) = (kind?, name?);
        Some(Extra { table: table?, what: format!("{kind} {name}"), kind, name })
    };
    let extras: Option<_> = rows.into_iter().map(extra).collect();
    extras.ok_or(MigrateError::Unreadable)
}
