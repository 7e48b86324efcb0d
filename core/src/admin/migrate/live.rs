//! Which of rowgate's tables a database has, and rows of `information_schema` as texts.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::aws::data_api::Field;
use crate::aws::host::{Client, Host};
use crate::table::schema::Schema;

use super::change::send;
use super::error::MigrateError;
use super::tables::{HISTORY, all_tables, name_list};

/// The tables that are there, of those that rowgate knows.
#[derive(Debug)]
pub(super) struct LiveTables(Vec<LiveTable>);

#[derive(Debug)]
pub(super) struct LiveTable {
    pub(super) name: String,
    pub(super) engine: String,
    pub(super) comment: String,
}

impl LiveTables {
    pub(super) async fn read<H: Host>(
        client: &Client<'_, H>,
        schema: Schema,
    ) -> Result<Self, MigrateError> {
        let ours = all_tables(schema).map(|(name, _)| name);
        let names = name_list(ours.chain([HISTORY]));
        let sql = format!(
            "SELECT table_name, engine, table_comment FROM information_schema.tables \
             WHERE table_schema = DATABASE() AND table_name IN ({names})"
        );
        let rows = texts(client, &sql).await?;
        let table = |[name, engine, comment]: [Option<String>; 3]| {
            let (engine, comment) = (engine.unwrap_or_default(), comment.unwrap_or_default());
            name.map(|name| LiveTable { name, engine, comment })
        };
        let tables: Option<_> = rows.into_iter().map(table).collect();
        tables.map(Self).ok_or(MigrateError::Unreadable)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub(super) fn get(&self, name: &str) -> Option<&LiveTable> {
        self.0.iter().find(|table| table.name == name)
    }
}

/// Runs a query of `N` columns and reads every value as a text.
///
/// By place and not by name: MySQL 8 spells the columns of `information_schema` in capitals.
pub(crate) async fn texts<H: Host, const N: usize>(
    client: &Client<'_, H>,
    sql: &str,
) -> Result<Vec<[Option<String>; N]>, MigrateError> {
    let doing = "the database's description of its tables is not read";
    let records = send(client, sql, &[], doing).await?.records;
    let row = |fields: Vec<Field>| {
        let values: Option<Vec<_>> = fields.into_iter().map(text).collect();
        values.and_then(|values| values.try_into().ok()).ok_or(MigrateError::Unreadable)
    };
    records.into_iter().map(row).collect()
}

/// SQL NULL is `Some(None)`; what is neither text nor number is `None`.
fn text(field: Field) -> Option<Option<String>> {
    match field {
        Field::Null(_) => Some(None),
        field => field.text().map(Some),
    }
}
