//! Constraints and triggers of the live tables, by their names.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::aws::host::{Client, Host};
use crate::table::schema::{Constraints, Schema, Table};
use crate::table::types::Definition;

use super::error::MigrateError;
use super::live::texts;

/// What a table has besides its columns and its primary key.
pub(super) struct Extra {
    pub(super) table: String,
    kind: String,
    name: String,
    /// The table that has it, where that is another one; with its database, empty of the one that is called.
    owner: Option<[String; 2]>,
}

impl Extra {
    /// Whether the schema says so of the table.
    pub(super) fn is_expected(&self, schema: Schema) -> bool {
        let Self { table, name, owner, .. } = self;
        let owner = match owner {
            None => table,
            Some([database, owner]) if database.is_empty() => owner,
            Some(_) => return false,
        };
        let Some(table) = schema.tables().iter().find(|table| table.name == owner) else {
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

/// For messages, without the table that it is reported of.
impl fmt::Display for Extra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.name)?;
        match &self.owner {
            None => Ok(()),
            Some([database, owner]) if database.is_empty() => write!(f, " of {owner}"),
            Some([database, owner]) => write!(f, " of {owner} of the database {database}"),
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
    let own = |[table, kind, name]: [Option<String>; 3]| {
        Some(Extra { table: table?, kind: kind?, name: name?, owner: None })
    };
    let mut extras = all(rows.into_iter().map(own))?;
    extras.extend(references_to(client, names).await?);
    Ok(extras)
}

/// The foreign keys of all tables that refer to these.
pub(super) async fn references_to<H: Host>(
    client: &Client<'_, H>,
    names: &str,
) -> Result<Vec<Extra>, MigrateError> {
    let references = format!(
        "SELECT DISTINCT referenced_table_name, constraint_name, \
         IF(table_schema = DATABASE(), '', table_schema), table_name \
         FROM information_schema.key_column_usage WHERE referenced_table_schema = DATABASE() AND referenced_table_name IN ({names})"
    );
    let foreign = |[table, name, database, owner]: [Option<String>; 4]| {
        let owner = Some([database?, owner?]);
        Some(Extra { table: table?, kind: "FOREIGN KEY".into(), name: name?, owner })
    };
    all(texts(client, &references).await?.into_iter().map(foreign))
}

fn all(extras: impl Iterator<Item = Option<Extra>>) -> Result<Vec<Extra>, MigrateError> {
    extras.collect::<Option<_>>().ok_or(MigrateError::Unreadable)
}
