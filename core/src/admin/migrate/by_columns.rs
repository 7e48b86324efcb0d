//! How the live tables differ from those of the schema, by what `information_schema` says of the columns
//! alone: no table is made, and no right is needed for that. Indexes and what an update sets a column to are not compared.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::aws::host::{Client, Host};
use crate::sql::introspect::is_default;
use crate::table::schema::{Column, Schema, Table};
use crate::table::types::{Definition, is_seen_as, without_width};

use super::difference::{CONSTRAINT, Difference, NONE, TableDrift, shown};
use super::error::MigrateError;
use super::extras::live_extras;
use super::live::{LiveTable, LiveTables, texts};
use super::tables::name_list;

/// What differs, as far as columns by themselves tell.
pub(super) async fn differences<H: Host>(
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
        let of_table = extras.iter().filter(|extra| extra.table == expected.name);
        for extra in of_table.filter(|extra| !extra.is_expected(schema)) {
            report.add(None, CONSTRAINT, NONE, &extra.to_string());
        }
    }
    Ok(differences)
}

fn compare_table(expected: &Table, live: &LiveTable, report: &mut TableDrift<'_>) {
    // What is no table has no engine; only InnoDB has transactions.
    report.same(None, "engine", "InnoDB", if live.engine.is_empty() { NONE } else { &live.engine });
    report.same(None, "comment", &shown(expected.comment), &shown(&live.comment));
}

fn compare_columns(expected: &Table, live: &[&LiveColumn], report: &mut TableDrift<'_>) {
    for (index, column) in expected.columns.iter().enumerate() {
        match live.iter().find(|live| live.name == column.name) {
            Some(live) => compare_column(column, expected.is_key(index), live, report),
            None => report.add(Some(column.name), "column", &column.column_type.sql_name(), NONE),
        }
    }
    let known = |live: &&&LiveColumn| expected.columns.iter().any(|it| it.name == live.name);
    let others =
        live.iter().filter(|column| !known(column) && !expected.is_generated(&column.name));
    for column in others {
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

    let expected_type = expected.column_type.sql_name();
    if !is_seen_as(&expected_type, &live.column_type) {
        report.same(column, "type", &expected_type, &live.column_type);
    }
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
    report.same(column, "comment", &shown(expected.comment), &shown(&live.comment));
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
