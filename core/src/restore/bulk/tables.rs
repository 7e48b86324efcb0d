//! The tables of a restore in parts, by the names that its steps are given.

use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use super::super::error::RestoreError;
use super::super::late;
use super::super::plan::TablePlan;
use super::super::tables::is_id;
use crate::aws::host::Host;
use crate::backup::{BackupError, Damage, KeyRange, Services, split};
use crate::sql::checksum::Checksum;
use crate::table::schema::{Column, KeyKind, Schema, Table};
use crate::table::types::Definition;

/// The most ranges in which the live tables are compared, and the staging tables.
const MOST_RANGES: usize = 200;

pub(super) fn check_id(id: &str) -> Result<(), RestoreError> {
    if is_id(id) { Ok(()) } else { Err(RestoreError::NoSuchRestore { id: id.into() }) }
}

pub(super) fn table(schema: Schema, name: &str) -> Result<&'static Table, RestoreError> {
    let unknown = || BackupError::damaged(name, Damage::UnknownTable).into();
    schema.table(name).ok_or_else(unknown)
}

/// As much of a plan as a staging table needs.
pub(super) fn table_plan(table: &'static Table, is_missing: bool) -> TablePlan {
    let (content, live) = (Checksum::default(), Checksum::default());
    let (null_columns, odd_values) = (vec![], vec![]);
    TablePlan { table, files: vec![], content, live, is_missing, null_columns, odd_values }
}

/// None where a part is a text: no text of a row is carried.
pub(super) async fn greatest_key<H: Host>(
    services: &Services<'_, H>,
    table: &Table,
) -> Result<Option<String>, RestoreError> {
    let is_integer =
        |column: &Column| matches!(column.column_type.key_kind(), KeyKind::Integer { .. });
    match table.key_columns().all(is_integer) {
        true => Ok(late::greatest_key(services, table).await?.map(|key| key.to_string())),
        false => Ok(None),
    }
}

/// The keys of one of several tables in spans, by its name in the database.
pub(super) async fn spans_of<H: Host>(
    services: &Services<'_, H>,
    table: &Table,
    name: &str,
    tables: usize,
) -> Result<Vec<KeyRange>, RestoreError> {
    let spans = split(services.database, table, name, MOST_RANGES / tables.max(1)).await;
    spans.map_err(|error| BackupError::Database(error).into())
}
