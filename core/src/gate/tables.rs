//! What is said of the tables that a key may fill: `GET /tables` and `GET /schema/{table}.json`.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::Serialize;

use super::api_key::KeyEntry;
use super::problem::{Problem, json_response};
use super::route::Described;
use super::settings::Settings;
use super::source::{allow, no_table};
use crate::aws::http::Response;
use crate::table::schema::{FORM, Schema, Table, TableDescription};

impl Described<'_> {
    pub(super) fn answer(&self, settings: &Settings, key: &KeyEntry) -> Result<Response, Problem> {
        match self {
            Self::List => Ok(list(settings, key)),
            Self::Table(name) => show(settings, key, name),
        }
    }
}

/// The key's tables, and what one request may have.
fn list(settings: &Settings, key: &KeyEntry) -> Response {
    #[derive(Serialize)]
    struct KeyTables {
        tables: Vec<ListedTable>,
        not_served: Vec<UnservedTable>,
        limits: RequestLimits,
    }
    #[derive(Serialize)]
    struct UnservedTable {
        name: &'static str,
        why: String,
    }
    #[derive(Serialize)]
    struct RequestLimits {
        rows: u64,
        bytes: usize,
    }
    let schema = settings.schema.believed();
    let unfit = schema.unfit().iter().filter(|unfit| key.allows_name(unfit.table));
    let limits = RequestLimits { rows: settings.max_rows, bytes: settings.max_bytes };
    let tables = KeyTables {
        tables: of_key(schema, key).map(ListedTable::of).collect(),
        not_served: unfit.map(|it| UnservedTable { name: it.table, why: it.to_string() }).collect(),
        limits,
    };
    json_response(200, &tables)
}

#[derive(Serialize)]
struct ListedTable {
    name: &'static str,
    aliases: &'static [&'static str],
    columns: usize,
    primary_key: Vec<&'static str>,
}

impl ListedTable {
    fn of(table: &'static Table) -> Self {
        Self {
            name: table.name,
            aliases: table.aliases,
            columns: table.columns.len(),
            primary_key: table.key_columns().map(|column| column.name).collect(),
        }
    }
}

/// The tables that a key may fill, in the order of their names.
pub(super) fn of_key(schema: Schema, key: &KeyEntry) -> impl Iterator<Item = &'static Table> {
    let mut tables: Vec<_> = schema.tables().iter().filter(|table| key.allows(table)).collect();
    tables.sort_unstable_by_key(|table| table.name);
    tables.into_iter()
}

/// One table in the form of a `schema.json`.
fn show(settings: &Settings, key: &KeyEntry, name: &str) -> Result<Response, Problem> {
    #[derive(Serialize)]
    struct OneTable {
        rowgate_schema: u32,
        tables: [&'static TableDescription; 1],
    }
    let schema = settings.schema.believed();
    let table = schema.table(name).ok_or_else(|| no_table(schema, key, name))?;
    allow(key, table.name)?;
    let described = schema.described().iter().find(|it| it.name == table.name);
    let described = described.ok_or_else(|| no_table(schema, key, name))?;
    Ok(json_response(200, &OneTable { rowgate_schema: FORM, tables: [described] }))
}
