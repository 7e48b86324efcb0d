//! How the live tables differ from those of the schema.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use crate::aws::host::{Client, Host};
use crate::ledger;
use crate::sql::introspect::is_default;
use crate::table::schema::{Column, Schema, Table};
use crate::table::types::{Definition, without_width};

use super::error::MigrateError;
use super::history::History;
use super::ledger_version;
use super::live::{LiveTable, LiveTables, texts};
use super::migration::Migration;
use super::tables::{HISTORY, name_list};

/// One thing in which a live table is not as expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The table.
    pub table: &'static str,
    /// The column, unless it concerns the table as a whole.
    pub column: Option<String>,
    /// What it is about: `type`, `null`, `collation` and so on.
    pub property: &'static str,
    /// What the schema says.
    pub expected: String,
    /// What is there.
    pub found: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.table)?;
        if let Some(column) = &self.column {
            write!(f, ".{column}")?;
        }
        write!(f, ": {}: expected {}, found {}", self.property, self.expected, self.found)
    }
}

/// Compares the live tables with the schema's, and the recorded migrations with the given.
///
/// Writes nothing.
pub async fn check<H: Host>(
    client: &Client<'_, H>,
    schema: Schema,
    migrations: &[Migration],
) -> Result<Vec<Difference>, MigrateError> {
    let live = LiveTables::read(client, schema).await?;
    let pending = History::read(client, &live).await?.pending(migrations)?;
    let pending = pending.iter().map(|migration| Difference {
        table: HISTORY,
        column: None,
        property: "migration",
        expected: migration.to_string(),
        found: NONE.to_owned(),
    });
    let mut differences: Vec<_> = pending.collect();
    differences.extend(differences_of(client, schema, &live).await?);
    differences.extend(of_ledger_version(client, &live).await?);
    Ok(differences)
}

/// Compares the live tables with the schema's, and the ledger's version with this program's;
/// writes nothing.
pub async fn compare<H: Host>(
    client: &Client<'_, H>,
    schema: Schema,
) -> Result<Vec<Difference>, MigrateError> {
    let live = LiveTables::read(client, schema).await?;
    let mut differences = differences_of(client, schema, &live).await?;
    differences.extend(of_ledger_version(client, &live).await?);
    Ok(differences)
}

/// The same of the tables alone.
#[cfg(feature = "avro")]
pub(crate) async fn compare_tables<H: Host>(
    client: &Client<'_, H>,
    schema: Schema,
) -> Result<Vec<Difference>, MigrateError> {
    let live = LiveTables::read(client, schema).await?;
    differences_of(client, schema, &live).await
}

async fn of_ledger_version<H: Host>(
    client: &Client<'_, H>,
    live: &LiveTables,
) -> Result<Option<Difference>, MigrateError> {
    let versions = ledger_version::difference(client, live).await?;
    Ok(versions.map(|(expected, found)| Difference {
        table: ledger::VERSION_TABLE,
        column: None,
        property: "version",
        expected: expected.to_string(),
        found: found.to_string(),
    }))
}

const NONE: &str = "none";

async fn differences_of<H: Host>(
    client: &Client<'_, H>,
    schema: Schema,
    live: &LiveTables,
) -> Result<Vec<Difference>, MigrateError> {
    let names = name_list(schema.names());
    let columns = live_columns(client, &names).await?;
    let extras = live_extras(client, &names).await?;
    let mut differences = Vec::new();
    for expected in schema.tables() {
        let mut report = TableDrift { table: expected.name, differences: &mut differences };
        let Some(table) = live.get(expected.name) else {
            report.add(None, "table", "a table", NONE);
            continue;
        };
        compare_table(expected, table, &mut report);
        let of_table = |column: &&LiveColumn| column.table == expected.name;
        compare_columns(
            expected,
            &columns.iter().filter(of_table).collect::<Vec<_>>(),
            &mut report,
        );
        for extra in extras.iter().filter(|extra| extra.table == expected.name) {
            report.add(None, "constraint or trigger", NONE, &extra.what);
        }
    }
    for table in ledger::tables().filter(|table| !live.has(table.name)) {
        let mut report = TableDrift { table: table.name, differences: &mut differences };
        report.add(None, "table", "a table", NONE);
    }
    Ok(differences)
}

/// Takes the differences of one table.
struct TableDrift<'d> {
    table: &'static str,
    differences: &'d mut Vec<Difference>,
}

impl TableDrift<'_> {
    fn add(&mut self, column: Option<&str>, property: &'static str, expected: &str, found: &str) {
        self.differences.push(Difference {
            table: self.table,
            column: column.map(ToOwned::to_owned),
            property,
            expected: expected.to_owned(),
            found: found.to_owned(),
        });
    }

    fn same(&mut self, column: Option<&str>, property: &'static str, expected: &str, found: &str) {
        if expected != found {
            self.add(column, property, expected, found);
        }
    }
}

fn compare_table(expected: &Table, live: &LiveTable, report: &mut TableDrift<'_>) {
    // What is no table has no engine; only InnoDB has transactions.
    report.same(None, "engine", "InnoDB", if live.engine.is_empty() { NONE } else { &live.engine });
    report.same(None, "comment", &quoted(expected.comment), &quoted(&live.comment));
}

fn compare_columns(expected: &Table, live: &[&LiveColumn], report: &mut TableDrift<'_>) {
    for (index, column) in expected.columns.iter().enumerate() {
        match live.iter().find(|live| live.name == column.name) {
            Some(live) => compare_column(column, index == expected.key, live, report),
            None => report.add(Some(column.name), "column", &column.column_type.sql_name(), NONE),
        }
    }
    let known = |live: &&&LiveColumn| expected.columns.iter().any(|it| it.name == live.name);
    for column in live.iter().filter(|column| !known(column)) {
        report.add(Some(&column.name), "column", NONE, &column.column_type);
    }

    // Where both have the same columns, so that one that is missing moves none of the others.
    let order = live.iter().filter(known).map(|column| column.name.as_str());
    let there = |column: &&Column| live.iter().any(|live| live.name == column.name);
    let places = expected.columns.iter().filter(there).zip(order);
    for (place, (expected, found)) in places.enumerate() {
        let property = "order";
        let place = format!("column {} is {}", place + 1, expected.name);
        if expected.name != found {
            report.add(Some(expected.name), property, &place, found);
        }
    }
}

fn compare_column(expected: &Column, is_key: bool, live: &LiveColumn, report: &mut TableDrift<'_>) {
    let column = Some(expected.name);
    let null = |nullable| if nullable { "NULL" } else { "NOT NULL" };
    let key = |key| if key { "primary key" } else { NONE };
    let extra = if expected.auto_increment { "auto_increment" } else { NONE };

    report.same(column, "type", &expected.column_type.sql_name(), &live.column_type);
    report.same(column, "null", null(expected.nullable), null(live.nullable));
    report.same(column, "key", key(is_key), key(live.key));
    if !is_default(expected.default, live.default.as_deref()) {
        let found = live.default.as_deref().unwrap_or(NONE);
        report.add(column, "default", expected.default.unwrap_or(NONE), found);
    }
    report.same(column, "extra", extra, if live.extra.is_empty() { NONE } else { &live.extra });
    if let Some(character_set) = expected.column_type.character_set() {
        compare_collation(expected, character_set, live, report);
    }
    report.same(column, "comment", &quoted(expected.comment), &quoted(&live.comment));
}

fn compare_collation(
    expected: &Column,
    character_set: &str,
    live: &LiveColumn,
    report: &mut TableDrift<'_>,
) {
    let (column, found) = (Some(expected.name), live.collation.as_deref().unwrap_or(NONE));
    match expected.collation {
        Some(collation) => report.same(column, "collation", collation, found),
        // MySQL and MariaDB have other defaults, but the set is what holds every character.
        None if expected.column_type.takes_collation(found) => {}
        None => report.add(column, "collation", &format!("one of {character_set}"), found),
    }
}

fn quoted(text: &str) -> String {
    format!("{text:?}")
}

struct LiveColumn {
    table: String,
    name: String,
    column_type: String,
    nullable: bool,
    key: bool,
    default: Option<String>,
    extra: String,
    collation: Option<String>,
    comment: String,
}

async fn live_columns<H: Host>(
    client: &Client<'_, H>,
    names: &str,
) -> Result<Vec<LiveColumn>, MigrateError> {
    let sql = format!(
        "SELECT table_name, column_name, column_type, is_nullable, column_key, column_default, \
         extra, collation_name, column_comment FROM information_schema.columns \
         WHERE table_schema = DATABASE() AND table_name IN ({names}) \
         ORDER BY table_name, ordinal_position"
    );
    let column = |row: [Option<String>; 9]| {
        let [table, name, column_type, nullable, key, default, extra, collation, comment] = row;
        Some(LiveColumn {
            table: table?,
            name: name?,
            column_type: without_width(&column_type?),
            nullable: nullable? == "YES",
            key: key? == "PRI",
            // MariaDB writes a default of NULL out.
            default: default.filter(|default| default != "NULL"),
            // MySQL says so of a default that is computed.
            extra: extra?.to_lowercase().replace("default_generated", "").trim().to_owned(),
            collation,
            comment: comment?,
        })
    };
    let columns: Option<_> = texts(client, &sql).await?.into_iter().map(column).collect();
    columns.ok_or(MigrateError::Unreadable)
}

/// What a table has besides its columns and its primary key.
struct Extra {
    table: String,
    what: String,
}

/// Constraints, also those of other tables that refer to one, and triggers. A second unique key lets an upsert change another row, a foreign key
/// stays on the old table when a restore swaps tables, a trigger changes what was stored.
async fn live_extras<H: Host>(
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
    let references = format!(
        "SELECT DISTINCT referenced_table_name, 'FOREIGN KEY', \
         CONCAT(constraint_name, ' of ', table_name) FROM information_schema.key_column_usage \
         WHERE referenced_table_schema = DATABASE() AND referenced_table_name IN ({names})"
    );
    let mut rows = texts(client, &constraints).await?;
    rows.extend(texts(client, &references).await?);
    rows.extend(texts(client, &triggers).await?);
    let extra = |[table, kind, name]: [Option<String>; 3]| {
        Some(Extra { table: table?, what: format!("{} {}", kind?, name?) })
    };
    let extras: Option<_> = rows.into_iter().map(extra).collect();
    extras.ok_or(MigrateError::Unreadable)
}
