//! Rows that came into a table which a restore left, back into the live one.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

use super::copy::{KeySample, Pair};
use super::error::RestoreError;
use super::tables::{Leftover, LeftoverKind, TableNames, is_id};
use crate::aws::host::{Client, Host};
use crate::sql::key_text::KeyText;
use crate::table::schema::{Schema, Table};

/// Which rows are looked at.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unmerged<'u> {
    /// Of which restore.
    pub id: &'u str,
    /// Only of these tables; of all that it left, if none is named.
    pub tables: &'u [&'static Table],
    /// Only rows behind this key.
    pub above: Option<&'u KeyText>,
}

/// A table that a restore left, beside the live one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Merged {
    /// The table.
    pub table: &'static str,
    /// The one that was live before the restore, or before its undo.
    pub left_table: String,
    /// Rows that were added to the live table.
    pub added: u64,
    /// Rows whose keys the live table does not have.
    pub missing: KeySample,
    /// Rows whose keys it has, with other values; they are left as they are.
    pub differing: KeySample,
}

/// Compares what a restore left, or its undo, with the live tables; writes nothing.
pub async fn compare_left<H: Host>(
    client: &Client<'_, H>,
    schema: Schema,
    unmerged: &Unmerged<'_>,
) -> Result<Vec<Merged>, RestoreError> {
    let mut all = Vec::new();
    for (table, left) in tables_left(client, schema, unmerged).await? {
        let pair = Pair { table, from: &left.name, other: table.name, above: unmerged.above };
        all.push(look(client, &pair, 0).await?);
    }
    Ok(all)
}

/// Adds the rows whose keys the live tables do not have, in the order of the tables, and compares
/// afterwards: what is still missing is the row 0 of a table that numbers its rows.
///
/// After an error the rows so far are added; done again it goes on.
pub async fn merge<H: Host>(
    client: &Client<'_, H>,
    schema: Schema,
    unmerged: &Unmerged<'_>,
) -> Result<Vec<Merged>, RestoreError> {
    let mut all = Vec::new();
    for (table, left) in tables_left(client, schema, unmerged).await? {
        let pair = Pair { table, from: &left.name, other: table.name, above: unmerged.above };
        let added = pair.copy_missing(client, |_| Ok(())).await?.rows;
        all.push(look(client, &pair, added).await?);
    }
    Ok(all)
}

async fn look<H: Host>(
    client: &Client<'_, H>,
    pair: &Pair<'_>,
    added: u64,
) -> Result<Merged, RestoreError> {
    Ok(Merged {
        table: pair.table.name,
        left_table: pair.from.into(),
        added,
        missing: pair.missing(client).await?,
        differing: pair.differing(client).await?,
    })
}

/// Parents first.
async fn tables_left<H: Host>(
    client: &Client<'_, H>,
    schema: Schema,
    unmerged: &Unmerged<'_>,
) -> Result<Vec<(&'static Table, Leftover)>, RestoreError> {
    let Unmerged { id, tables, .. } = *unmerged;
    let left = TableNames::read(client).await?.leftovers(schema);
    let of = |table: &'static Table| {
        let is_its = |left: &&Leftover| {
            left.id == id && left.table == table.name && left.kind != LeftoverKind::Staging
        };
        Some((table, left.iter().find(is_its)?.clone()))
    };
    let is_wanted = |table: &&'static Table| tables.is_empty() || tables.contains(table);
    let wanted = schema.tables().iter().filter(is_wanted);
    let found: Vec<_> = wanted.filter_map(of).collect();
    let absent = tables.iter().find(|table| !found.iter().any(|(its, _)| its == *table));
    match absent {
        Some(table) => Err(RestoreError::NoSuchRestore { id: format!("{id} of {}", table.name) }),
        None if found.is_empty() || !is_id(id) => {
            Err(RestoreError::NoSuchRestore { id: id.into() })
        }
        None => Ok(found),
    }
}
