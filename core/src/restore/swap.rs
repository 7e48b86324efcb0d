//! Tables put in each other's place, all in one statement, and what is left of that.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::error::RestoreError;
use super::tables::{BEFORE, Leftover, STAGING, TableNames, UNDONE, beside, drop_table};
use crate::aws::data_api::{BeginTransaction, ExecuteStatement, RollbackTransaction};
use crate::aws::host::{CallError, Client, Host, Repeat};
use crate::aws::operation::Retry;
use crate::base::sql_text::quoted;
use crate::table::schema::Schema;

/// How long the database waits for others' transactions before a swap fails, in seconds. Writers
/// wait behind it as long.
const LOCK_WAIT: u32 = 5;

/// Times that a swap is tried which waited in vain.
pub(super) const ATTEMPTS: u32 = 12;

/// The pause before the next try, in which transactions that waited behind it have their turn.
const PAUSE: Duration = Duration::from_secs(1);

/// Pauses between looks for a swap that got no answer, in seconds: together longer than
/// [`LOCK_WAIT`], after which it has surely failed.
const PAUSES: [u64; 5] = [1, 2, 3, 4, 5];

/// A table that leaves a name, and the one that takes it.
pub(super) struct Swap {
    live: &'static str,
    comes: String,
    goes: String,
}

impl Swap {
    /// What was staged comes, what is live stays beside it.
    fn of_restore(live: &'static str, id: &str) -> Self {
        let (comes, goes) = (beside(live, STAGING, id), beside(live, BEFORE, id));
        Self { live, comes, goes }
    }

    /// What was live before comes back, what was restored stays beside it.
    pub(super) fn of_undo(live: &'static str, id: &str) -> Self {
        Self { live, comes: beside(live, BEFORE, id), goes: beside(live, UNDONE, id) }
    }
}

/// Puts the staging tables of a restore in the place of the live ones.
///
/// `ready` is asked before each try, with its number from 1 on, whether to go on.
pub(super) async fn swap<H: Host>(
    client: &Client<'_, H>,
    tables: impl IntoIterator<Item = &'static str>,
    id: &str,
    ready: impl AsyncFnMut(u32) -> Result<(), RestoreError>,
) -> Result<(), RestoreError> {
    let swaps: Vec<_> = tables.into_iter().map(|table| Swap::of_restore(table, id)).collect();
    rename(client, &swaps, id, ready).await
}

/// Tries the same once, and answers why it waited in vain; `None` once it is done.
pub(super) async fn try_swap<H: Host>(
    client: &Client<'_, H>,
    tables: &[&'static str],
    id: &str,
) -> Result<Option<CallError>, RestoreError> {
    let swaps: Vec<_> = tables.iter().map(|table| Swap::of_restore(table, id)).collect();
    try_rename(client, &swaps, id).await
}

/// Whether [`swap`] has been done.
pub(super) async fn is_swapped<H: Host>(
    client: &Client<'_, H>,
    tables: &[&'static str],
    id: &str,
) -> Result<bool, RestoreError> {
    let there = TableNames::read(client).await?;
    let is_done = |swap: &Swap| there.has(&swap.goes) && !there.has(&swap.comes);
    Ok(tables.iter().all(|table| is_done(&Swap::of_restore(table, id))))
}

/// Renames all tables, or none.
///
/// To send it twice does no harm: the names that it takes from are gone after the first time.
pub(super) async fn rename<H: Host>(
    client: &Client<'_, H>,
    swaps: &[Swap],
    id: &str,
    mut ready: impl AsyncFnMut(u32) -> Result<(), RestoreError>,
) -> Result<(), RestoreError> {
    let mut attempt = 1;
    loop {
        ready(attempt).await?;
        match try_rename(client, swaps, id).await? {
            None => return Ok(()),
            Some(error) if attempt == ATTEMPTS => return Err(RestoreError::NotSwapped(error)),
            Some(_) => _ = client.pause(PAUSE).await,
        }
        attempt += 1;
    }
}

/// Renames all tables or none, and answers why it waited in vain; `None` once it is done.
async fn try_rename<H: Host>(
    client: &Client<'_, H>,
    swaps: &[Swap],
    id: &str,
) -> Result<Option<CallError>, RestoreError> {
    let renamed: Vec<_> = swaps
        .iter()
        .map(|Swap { live, comes, goes }| {
            let [live, comes, goes] = [live, comes.as_str(), goes].map(quoted);
            format!("{live} TO {goes}, {comes} TO {live}")
        })
        .collect();
    let sql = format!("RENAME TABLE {}", renamed.join(", "));
    let Err(error) = send_rename(client, &sql).await else { return Ok(None) };
    match error.retry() {
        Retry::OutcomeUnknown if was_renamed(client, swaps, id).await? => Ok(None),
        Retry::OutcomeUnknown | Retry::Transaction => Ok(Some(error)),
        Retry::NotRun | Retry::Never => Err(RestoreError::NotSwapped(error)),
    }
}

/// Sends it with a short wait for locks, which holds for a transaction's connection alone.
///
/// It is the one place that sets a session's variable, and puts it back: MySQL takes a hint `SET_VAR`
/// in SELECT, INSERT, UPDATE and DELETE, not in RENAME TABLE, and `SET STATEMENT` is MariaDB's alone.
async fn send_rename<H: Host>(client: &Client<'_, H>, sql: &str) -> Result<(), CallError> {
    let id = client.call(&BeginTransaction, Repeat::Harmless).await?;
    let send = async |sql: &str| {
        let call = ExecuteStatement { sql, parameters: &[], transaction_id: Some(&id) };
        client.call(&call, Repeat::Never).await.map(drop)
    };
    let set = format!("SET SESSION lock_wait_timeout = {LOCK_WAIT}");
    let renamed = async {
        send(&set).await?;
        send(sql).await
    };
    let renamed = renamed.await;
    put_back(&client.closing(), &id).await;
    renamed
}

/// Ends the transaction. Other calls use its connection afterwards; if the first call fails, the
/// connection ends with the transaction.
async fn put_back<H: Host>(client: &Client<'_, H>, id: &str) {
    let sql = "SET SESSION lock_wait_timeout = DEFAULT";
    let set = ExecuteStatement { sql, parameters: &[], transaction_id: Some(id) };
    let _: Result<_, CallError> = client.call(&set, Repeat::Never).await;
    let rollback = RollbackTransaction { transaction_id: id };
    let _: Result<(), CallError> = client.call(&rollback, Repeat::Harmless).await;
}

/// Looks for a swap that got no answer: it may be waiting for a transaction to end, and happen yet.
async fn was_renamed<H: Host>(
    client: &Client<'_, H>,
    swaps: &[Swap],
    id: &str,
) -> Result<bool, RestoreError> {
    let unknown = || RestoreError::SwapUnknown { id: id.into() };
    for pause in PAUSES {
        client.pause(Duration::from_secs(pause)).await;
        let tables = TableNames::read(&client.closing()).await.map_err(|_| unknown())?;
        if swaps.iter().all(|swap| tables.has(&swap.goes)) {
            return Ok(true);
        }
        // It may happen yet.
        if client.is_out_of_time() {
            return Err(unknown());
        }
    }
    Ok(false)
}

/// The tables that restores have left in the database, the earliest first.
pub async fn leftovers<H: Host>(
    client: &Client<'_, H>,
    schema: Schema,
) -> Result<Vec<Leftover>, RestoreError> {
    Ok(TableNames::read(client).await?.leftovers(schema))
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
