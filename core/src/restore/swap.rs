//! Tables put in each other's place, all in one statement, and what is left of that.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::RestoreError;
use super::staging::drop_table;
use super::tables::{BEFORE, Leftover, LiveTables, STAGING, is_id};
use crate::data_api::ExecuteStatement;
use crate::host::{Client, Host, Repeat};
use crate::operation::Retry;

/// Pauses between looks for a swap that got no answer, in seconds: together longer than the 45
/// after which the service ends a statement.
const PAUSES: [u64; 14] = [1, 2, 3, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4];

/// Times that such a swap is sent again.
const AGAIN: usize = 2;

/// A table that leaves a name, and the one that takes it.
pub(super) struct Swap {
    live: &'static str,
    comes: String,
    goes: String,
}

impl Swap {
    /// What was staged comes, what is live stays beside it.
    fn of_restore(live: &'static str, id: &str) -> Self {
        let (comes, goes) = (format!("{live}{STAGING}{id}"), format!("{live}{BEFORE}{id}"));
        Self { live, comes, goes }
    }

    /// The other way round.
    fn of_undo(live: &'static str, id: &str) -> Self {
        let Self { live, comes, goes } = Self::of_restore(live, id);
        Self { live, comes: goes, goes: comes }
    }
}

/// Puts the staging tables of a restore in the place of the live ones.
pub(super) async fn swap<H: Host>(
    client: &Client<'_, H>,
    tables: impl IntoIterator<Item = &'static str>,
    id: &str,
) -> Result<(), RestoreError> {
    let swaps: Vec<_> = tables.into_iter().map(|table| Swap::of_restore(table, id)).collect();
    rename(client, &swaps, id).await
}

/// Whether [`swap`] has been done.
pub(super) async fn is_swapped<H: Host>(
    client: &Client<'_, H>,
    tables: &[&'static str],
    id: &str,
) -> Result<bool, RestoreError> {
    let there = LiveTables::read(client).await?;
    let is_done = |swap: &Swap| there.has(&swap.goes) && !there.has(&swap.comes);
    Ok(tables.iter().all(|table| is_done(&Swap::of_restore(table, id))))
}

/// Renames all tables, or none.
///
/// To send it twice does no harm: the names that it takes from are gone after the first time.
async fn rename<H: Host>(
    client: &Client<'_, H>,
    swaps: &[Swap],
    id: &str,
) -> Result<(), RestoreError> {
    let renamed: Vec<_> = swaps
        .iter()
        .map(|Swap { live, comes, goes }| format!("`{live}` TO `{goes}`, `{comes}` TO `{live}`"))
        .collect();
    let sql = format!("RENAME TABLE {}", renamed.join(", "));
    let call = ExecuteStatement { sql: &sql, ..ExecuteStatement::default() };
    let Err(error) = client.call(&call, Repeat::Never).await else { return Ok(()) };
    if error.retry() != Retry::OutcomeUnknown {
        return Err(RestoreError::NotSwapped(error));
    }
    // It may be waiting for somebody's transaction to end, and happen yet.
    for (look, pause) in PAUSES.into_iter().enumerate() {
        client.host().sleep(Duration::from_secs(pause)).await;
        let unknown = |_| RestoreError::SwapUnknown { id: id.into() };
        let tables = LiveTables::read(client).await.map_err(unknown)?;
        let is_done = swaps.iter().all(|swap| tables.has(&swap.goes));
        if is_done || (look < AGAIN && client.call(&call, Repeat::Never).await.is_ok()) {
            return Ok(());
        }
    }
    Err(RestoreError::NotSwapped(error))
}

/// Puts the tables that were live before a restore back in their place.
///
/// The restored ones, with all that was written to them, stay beside them until
/// [`drop_leftovers`]. Answers the tables.
pub async fn undo<H: Host>(
    client: &Client<'_, H>,
    id: &str,
) -> Result<Vec<&'static str>, RestoreError> {
    let left = leftovers(client).await?;
    let tables: Vec<_> =
        left.iter().filter(|it| it.id == id && it.is_old).map(|it| it.table).collect();
    if tables.is_empty() || !is_id(id) {
        return Err(RestoreError::NoSuchRestore { id: id.into() });
    }
    let swaps: Vec<_> = tables.iter().map(|table| Swap::of_undo(table, id)).collect();
    rename(client, &swaps, id).await?;
    Ok(tables)
}

/// The tables that restores have left in the database, the earliest first.
pub async fn leftovers<H: Host>(client: &Client<'_, H>) -> Result<Vec<Leftover>, RestoreError> {
    Ok(LiveTables::read(client).await?.leftovers())
}

/// Drops what restores have left; what is live stays.
pub async fn drop_leftovers<H: Host>(
    client: &Client<'_, H>,
    leftovers: &[Leftover],
) -> Result<(), RestoreError> {
    for leftover in leftovers {
        drop_table(client, &leftover.name).await?;
    }
    Ok(())
}
