//! What was live before a restore, live again.

use alloc::format;
use alloc::vec::Vec;

use super::error::RestoreError;
use super::in_place::{InPlace, Placing, has_rows};
use super::rights::{TO_PUT_BACK, TO_SWAP_BACK, UserRights};
use super::swap::{Swap, rename};
use super::tables::{
    BEFORE, LeftoverKind, STAGING, TableNames, UNDONE, beside, drop_table, is_id, run,
};
use super::ties::Ties;
use crate::aws::host::{CallError, Client, Host};
use crate::backup::content;
use crate::base::sql_text::quoted;
use crate::table::schema::{Schema, Table};

/// Puts what was live before a restore back in its place: by a swap, or in one transaction where foreign keys, CHECKs
/// or triggers hold the tables.
///
/// The restored rows, with all that was written to them, stay in tables beside the live ones until
/// [`drop_leftovers`](super::drop_leftovers). Answers the tables. `waiting` hears of each try but the first: others'
/// transactions are waited for. Triggers run only with `fire_triggers`, and are refused otherwise. A right that the
/// database user lacks is named before anything is changed. One that was ended before it was done is gone on with when
/// it is called again.
pub async fn undo<H: Host>(
    client: &Client<'_, H>,
    schema: Schema,
    id: &str,
    fire_triggers: bool,
    mut waiting: impl FnMut(u32),
) -> Result<Vec<&'static str>, RestoreError> {
    let rights = UserRights::read(client).await?;
    rights.check(&TO_SWAP_BACK)?;
    let tables = tables(client, schema, id).await?;
    let ready = async |attempt| {
        if client.host().is_interrupted() {
            return Err(RestoreError::NotSwapped(CallError::Interrupted));
        }
        if attempt > 1 {
            waiting(attempt);
        }
        Ok(())
    };
    let names = tables.iter().map(|table| table.name);
    let ties = Ties::read(client, schema, &tables).await?;
    if !ties.is_any() {
        let swaps: Vec<_> = names.clone().map(|table| Swap::of_undo(table, id)).collect();
        rename(client, &swaps, id, ready).await?;
        return Ok(names.collect());
    }
    if !fire_triggers && !ties.triggers().is_empty() {
        return Err(RestoreError::Unfit { obstacles: ties.fired() });
    }
    rights.check(&TO_PUT_BACK)?;
    if is_put_back(client, schema, id).await? {
        for table in &tables {
            drop_table(client, &beside(table.name, BEFORE, id)).await?;
        }
        return Ok(names.collect());
    }
    let mut placings = Vec::new();
    for table in &tables {
        placings.push(placing(client, table, id).await?);
    }
    // Rows without a parent that were live before come back as they were.
    let foreign = ties.outer(&tables);
    InPlace { client, id, tables: &placings, foreign: &foreign }.put(ready).await?;
    Ok(names.collect())
}

/// Whether an earlier undo has put the rows back, and was ended before it dropped the tables that had them: the
/// tables for the restored rows are filled by its transaction alone.
async fn is_put_back<H: Host>(
    client: &Client<'_, H>,
    schema: Schema,
    id: &str,
) -> Result<bool, RestoreError> {
    let left = TableNames::read(client).await?.leftovers(schema);
    for undone in left.iter().filter(|it| it.id == id && it.kind == LeftoverKind::Undone) {
        if has_rows(client, &undone.name).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn placing<H: Host>(
    client: &Client<'_, H>,
    table: &'static Table,
    id: &str,
) -> Result<Placing, RestoreError> {
    let (comes, goes) = (beside(table.name, BEFORE, id), beside(table.name, UNDONE, id));
    let doing = "the old table is not read";
    let expected = content(client, table, &comes, 0).await;
    let expected = expected.map_err(|error| RestoreError::Database { doing, error })?;
    Ok(Placing { table, comes, goes, expected, live: None })
}

/// The tables of which a restore has left what was live before.
async fn tables<H: Host>(
    client: &Client<'_, H>,
    schema: Schema,
    id: &str,
) -> Result<Vec<&'static Table>, RestoreError> {
    let there = TableNames::read(client).await?;
    let left = there.leftovers(schema);
    let before = left.iter().filter(|it| it.id == id && it.kind == LeftoverKind::Before);
    let tables: Vec<_> = before.filter_map(|it| schema.table(it.table)).collect();
    if tables.is_empty() || !is_id(id) {
        return Err(RestoreError::NoSuchRestore { id: id.into() });
    }
    let is_staged = |table: &&'static Table| there.has(&beside(table.name, STAGING, id));
    if tables.iter().any(is_staged) && are_empty(client, &tables, id).await? {
        return Err(RestoreError::NotEnded { id: id.into() });
    }
    Ok(tables)
}

/// Whether no table for what was live has a row: they get them by the transaction that puts the restored rows in
/// place.
async fn are_empty<H: Host>(
    client: &Client<'_, H>,
    tables: &[&'static Table],
    id: &str,
) -> Result<bool, RestoreError> {
    for table in tables {
        let sql = format!("SELECT 1 FROM {} LIMIT 1", quoted(&beside(table.name, BEFORE, id)));
        let found = run(client, &sql, &[], "the old table is not read").await?.records;
        if !found.is_empty() {
            return Ok(false);
        }
    }
    Ok(true)
}
