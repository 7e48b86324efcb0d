//! What the ledger no longer proves after a restore: loads whose rows were taken back.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::error::RestoreError;
use super::restored::{LoadsSince, Restored};
use super::tables::{Leftover, LeftoverKind, TableNames};
use crate::aws::data_api::Target;
use crate::aws::host::{CallError, Client, Host};
use crate::backup::Manifest;
use crate::ledger::UndoneLoads;
use crate::table::date_time;
use crate::table::schema::{Schema, Table};

/// Counts them; `None` if the files do not say of which time they are, or there is no ledger.
pub(super) async fn count<H: Host>(
    client: &Client<'_, H, Target>,
    live_tables: &TableNames,
    manifest: Option<&Manifest>,
    tables: &[&'static Table],
) -> Result<Option<LoadsSince>, RestoreError> {
    let Some(since) = manifest.map(|manifest| manifest.started.as_str()) else { return Ok(None) };
    if !live_tables.has(LEDGER) || date_time::unix_time(since).is_none() {
        return Ok(None);
    }
    let loads = UndoneLoads { tables, since }.count(client).await.map_err(unread)?;
    Ok(Some(LoadsSince { since: since.to_string(), loads }))
}

/// Has the ledger take them for done no longer, once the tables are swapped; if that fails, a note says
/// so.
pub(super) async fn mark<H: Host>(
    client: &Client<'_, H, Target>,
    tables: &[&'static Table],
    loads: Option<LoadsSince>,
    restored: &mut Restored,
) {
    let Some(LoadsSince { since, .. }) = loads else { return };
    match (UndoneLoads { tables, since: &since }).mark(client).await {
        Ok(loads) => restored.loads_since = Some(LoadsSince { since, loads }),
        Err(error) => restored.notes.push(unmarked(&since, &error)),
    }
}

/// After an undo the rows of loads since the restore are gone from the live tables: the ledger takes
/// these loads for done no longer. `None` if there is no ledger.
pub async fn mark_undone_loads<H: Host>(
    client: &Client<'_, H>,
    schema: Schema,
    id: &str,
) -> Result<Option<LoadsSince>, RestoreError> {
    let live_tables = TableNames::read(client).await?;
    let is_undone = |left: &Leftover| left.id == id && left.kind == LeftoverKind::Undone;
    let left: Vec<_> = live_tables.leftovers(schema).into_iter().filter(is_undone).collect();
    let Some(began) = left.first().and_then(Leftover::began) else { return Ok(None) };
    if !live_tables.has(LEDGER) {
        return Ok(None);
    }
    let is_its = |table: &&&'static Table| left.iter().any(|left| left.table == table.name);
    let tables: Vec<_> = schema.tables().iter().filter(|table| is_its(&table)).collect();
    let since = date_time::text(began);
    let loads = UndoneLoads { tables: &tables, since: &since }.mark(client).await;
    loads.map(|loads| Some(LoadsSince { since: since.clone(), loads })).map_err(|error| {
        RestoreError::Database { doing: "the ledger is not told of the undo", error }
    })
}

/// The table without which there is no ledger.
const LEDGER: &str = "rowgate_loads";

fn unread(error: CallError) -> RestoreError {
    RestoreError::Database { doing: "the ledger is not read", error }
}

fn unmarked(since: &str, error: &CallError) -> String {
    format!(
        "the ledger still takes loads since {since} for done, so that their files and requests would \
         not be stored again: {error}; do the restore again, or forget them by rowgate loads prune"
    )
}
