//! Which of rowgate's tables a database has, and rows of `information_schema` as texts.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::aws::host::{Client, Host};
use crate::sql::introspect;
use crate::table::schema::Schema;

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
        let names = name_list(all_tables(schema).chain([HISTORY]));
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
pub(super) async fn texts<H: Host, const N: usize>(
    client: &Client<'_, H>,
    sql: &str,
) -> Result<Vec<[Option<String>; N]>, MigrateError> {
    Ok(introspect::texts(client, sql).await?)
}
