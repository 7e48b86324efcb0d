//! How the live tables differ from those of the schema.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::aws::host::{CallError, Client, Host};
use crate::base::sql_text::{qualified, quoted};
use crate::ledger::{self, LOCKS};
use crate::sql::introspect::{server, tables};
use crate::table::schema::{ForeignKey, ForeignKeyDescription, Schema, Table, TableDescription};

use super::difference::{Difference, NONE, TableDrift};
use super::error::MigrateError;
use super::extras::references_to;
use super::history::History;
use super::live::LiveTables;
use super::lock::{lock, unlock};
use super::migration::Migration;
use super::scratch::{LessCompared, made_in_scratch};
use super::tables::{HISTORY, name_list};
use super::{by_columns, by_description, ledger_version};

/// MySQL's numbers for a table that is not there, and for one that the user may not write to.
const NO_LOCK: [u16; 2] = [1146, 1142];

/// What a comparison has found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Drift {
    /// In what the live tables are not as expected.
    pub differences: Vec<Difference>,
    /// Why not everything was compared, if so.
    pub less: Option<LessCompared>,
}

/// Compares the live tables with the schema's, and the recorded migrations with the given.
///
/// The database itself reads both: the schema's tables are made in a database beside the live one, under
/// the lock that migrations take, in the name of `by`, and dropped again. The live database stays as it is.
///
/// # Errors
///
/// Where a call fails, or another program holds the lock.
pub async fn check<H: Host>(
    client: &Client<'_, H>,
    schema: Schema,
    migrations: &[Migration],
    by: &str,
) -> Result<Drift, MigrateError> {
    let live = LiveTables::read(client, schema).await?;
    let pending = History::read(client, &live).await?.pending(migrations)?;
    let pending = pending.iter().map(|migration| Difference {
        table: HISTORY,
        column: None,
        property: "migration",
        expected: migration.to_string(),
        found: NONE.to_owned(),
    });
    let pending: Vec<_> = pending.collect();
    let mut drift = compare(client, schema, by).await?;
    drift.differences.splice(0..0, pending);
    Ok(drift)
}

/// Compares the live tables with the schema's, and the ledger's version with this program's, as
/// [`check`] does.
pub async fn compare<H: Host>(
    client: &Client<'_, H>,
    schema: Schema,
    by: &str,
) -> Result<Drift, MigrateError> {
    let live = LiveTables::read(client, schema).await?;
    let mut drift = of_tables(client, schema, &live, by).await?;
    for table in ledger::tables().filter(|table| !live.has(table.name)) {
        let mut report = TableDrift { table: table.name, differences: &mut drift.differences };
        report.add(None, "table", "a table", NONE);
    }
    drift.differences.extend(of_ledger_version(client, &live).await?);
    Ok(drift)
}

/// The differences of the schema's tables, as far as no table has to be made for that.
#[cfg(feature = "avro")]
pub(crate) async fn compare_tables<H: Host>(
    client: &Client<'_, H>,
    schema: Schema,
) -> Result<Vec<Difference>, MigrateError> {
    let live = LiveTables::read(client, schema).await?;
    by_columns::differences(client, schema, &live).await
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

async fn of_tables<H: Host>(
    client: &Client<'_, H>,
    schema: Schema,
    live: &LiveTables,
    by: &str,
) -> Result<Drift, MigrateError> {
    let there = schema.tables().iter().filter(|table| live.has(table.name)).collect::<Vec<_>>();
    let made = match there.is_empty() {
        true => Ok(Vec::new()),
        false => made_under_lock(client, &there, live, by).await?,
    };
    match made {
        Ok(made) => {
            let differences = by_description_of(client, schema, live, &made).await?;
            Ok(Drift { differences, less: None })
        }
        Err(less) => {
            let differences = by_columns::differences(client, schema, live).await?;
            Ok(Drift { differences, less: Some(less) })
        }
    }
}

async fn made_under_lock<H: Host>(
    client: &Client<'_, H>,
    tables: &[&'static Table],
    live: &LiveTables,
    by: &str,
) -> Result<Result<Vec<TableDescription>, LessCompared>, MigrateError> {
    if !live.has(LOCKS) {
        return Ok(Err(LessCompared::NoLock));
    }
    let mut held = match lock(client, by).await {
        Err(MigrateError::Call { error: CallError::Api(api), .. })
            if api.database_code.is_some_and(|code| NO_LOCK.contains(&code)) =>
        {
            return Ok(Err(LessCompared::NoLock));
        }
        held => held?,
    };
    let made = made_in_scratch(client, tables, &mut held).await;
    unlock(client, held, made).await
}

async fn by_description_of<H: Host>(
    client: &Client<'_, H>,
    schema: Schema,
    live: &LiveTables,
    made: &[TableDescription],
) -> Result<Vec<Difference>, MigrateError> {
    let names: Vec<_> = made.iter().map(|table| table.name.as_str()).collect();
    let (mut found, mut references, mut default_collation) = (Vec::new(), Vec::new(), None);
    if !names.is_empty() {
        references = references_to(client, &name_list(schema.names())).await?;
        let server = server(client).await?;
        found = tables(client, &server, &names).await?;
        default_collation = server.default_collation;
    }
    let default_collation = default_collation.as_deref().unwrap_or(NONE);
    let named =
        |tables: &'_ [TableDescription], name| tables.iter().position(|table| table.name == name);
    let mut differences = Vec::new();
    for table in schema.tables() {
        let mut report = TableDrift { table: table.name, differences: &mut differences };
        match (named(made, table.name), named(&found, table.name)) {
            (Some(made_at), Some(at)) => {
                let mut found = found[at].clone();
                compare_outer_keys(schema, table, &mut found, &mut report);
                by_description::compare(&made[made_at], &found, default_collation, &mut report);
            }
            // What is no table has no engine; only InnoDB has transactions.
            _ if live.has(table.name) => report.add(None, "engine", "InnoDB", NONE),
            _ => report.add(None, "table", "a table", NONE),
        }
        let of_table = references.iter().filter(|it| it.table == table.name);
        for reference in of_table.filter(|it| !it.is_expected(schema)) {
            report.add(None, "reference", NONE, &reference.to_string());
        }
    }
    Ok(differences)
}

/// Compares the foreign keys to tables that are not served, which the scratch database does not have, and
/// takes them out of what is live.
fn compare_outer_keys(
    schema: Schema,
    table: &Table,
    live: &mut TableDescription,
    report: &mut TableDrift<'_>,
) {
    let is_served = |key: &&ForeignKey| schema.tables().iter().any(|table| key.is_to(table.name));
    for key in table.constraints.foreign.iter().filter(|key| !is_served(key)) {
        let is_same = |its: &ForeignKeyDescription| {
            let columns = key.columns.iter().map(|index| table.columns[*index].name);
            its.name == key.name
                && its.database.as_deref() == key.parent.database
                && its.table == key.parent.name
                && its.columns.iter().map(String::as_str).eq(columns)
                && its.references.iter().map(String::as_str).eq(key.references.iter().copied())
        };
        match live.foreign_keys.iter().position(is_same) {
            Some(at) => drop(live.foreign_keys.remove(at)),
            None => {
                let parent = qualified(key.parent.database, key.parent.name);
                let expected = format!("{} to {parent}", quoted(key.name));
                report.add(None, "foreign key", &expected, NONE);
            }
        }
    }
}
