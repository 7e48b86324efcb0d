//! What is in the tables that restores have left.

use alloc::string::String;
use alloc::vec::Vec;

use super::copy::Pair;
use super::error::RestoreError;
use super::tables::{BEFORE, Leftover, TableNames, UNDONE, beside};
use crate::aws::host::{Client, Host};
use crate::backup::{BackupError, KeyRange, count};
use crate::table::schema::{Schema, Table};

/// A table after an undo, beside the one that was restored.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct UndoneTable {
    /// The table.
    pub table: &'static str,
    /// Its rows.
    pub rows: u64,
    /// The table that was restored.
    pub undone_table: String,
    /// Its rows.
    pub undone_rows: u64,
    /// Those of them whose keys the table does not have.
    pub only_undone: u64,
    /// Those whose keys it has, with other values.
    pub differing: u64,
}

/// What an undo has brought back.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct UndoReport {
    /// The tables that are as before.
    pub undone: Vec<UndoneTable>,
    /// The tables that stay as they are, each with the old table that is not there.
    pub untouched: Vec<(&'static str, String)>,
}

/// Compares the tables after an undo with those that were restored.
pub async fn compare_undone<H: Host>(
    client: &Client<'_, H>,
    schema: Schema,
    id: &str,
) -> Result<UndoReport, RestoreError> {
    let there = TableNames::read(client).await?;
    let mut report = UndoReport { undone: Vec::new(), untouched: Vec::new() };
    for table in schema.tables() {
        let undone_table = beside(table.name, UNDONE, id);
        match there.has(&undone_table) {
            true => report.undone.push(compare(client, table, undone_table).await?),
            false => {
                report.untouched.push((table.name, beside(table.name, BEFORE, id)));
            }
        }
    }
    Ok(report)
}

/// How many rows a table has that a restore has left.
pub async fn rows_left<H: Host>(
    client: &Client<'_, H>,
    schema: Schema,
    left: &Leftover,
) -> Result<u64, RestoreError> {
    rows(client, table_of(schema, left)?, &left.name).await
}

/// How many of them the live table does not have, or has otherwise: a table that an earlier version
/// undid is called as one that is being filled, and may have rows that are nowhere else.
pub async fn rows_only_left<H: Host>(
    client: &Client<'_, H>,
    schema: Schema,
    left: &Leftover,
) -> Result<u64, RestoreError> {
    let table = table_of(schema, left)?;
    if !TableNames::read(client).await?.has(table.name) {
        return rows(client, table, &left.name).await;
    }
    let pair = Pair { table, from: &left.name, other: table.name, above: None };
    Ok(pair.missing(client).await?.rows + pair.differing(client).await?.rows)
}

fn table_of(schema: Schema, left: &Leftover) -> Result<&'static Table, RestoreError> {
    let unknown = || RestoreError::NoSuchRestore { id: left.id.clone() };
    schema.tables().iter().find(|table| table.name == left.table).ok_or_else(unknown)
}

async fn compare<H: Host>(
    client: &Client<'_, H>,
    table: &'static Table,
    undone_table: String,
) -> Result<UndoneTable, RestoreError> {
    let pair = Pair { table, from: &undone_table, other: table.name, above: None };
    Ok(UndoneTable {
        table: table.name,
        rows: rows(client, table, table.name).await?,
        undone_rows: rows(client, table, &undone_table).await?,
        only_undone: pair.missing(client).await?.rows,
        differing: pair.differing(client).await?.rows,
        undone_table,
    })
}

async fn rows<H: Host>(
    client: &Client<'_, H>,
    table: &Table,
    name: &str,
) -> Result<u64, RestoreError> {
    Ok(count(client, table, name, KeyRange::default(), None)
        .await
        .map_err(BackupError::Database)?)
}
