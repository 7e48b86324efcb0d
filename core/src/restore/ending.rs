//! How a restore ends, and what is in the way of that.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::Serialize;

use super::error::RestoreError;
use super::in_place::check_isolation;
use super::new_table::name_obstacles;
use super::tables::TableNames;
use super::ties::Ties;
use super::wanted::Wanted;
use crate::aws::host::Host;
use crate::backup::Services;
use crate::table::schema::Table;

/// How the rows take the place of the live ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The tables are swapped, in one statement.
    Swap,
    /// The rows are put into the live tables, in one transaction: a swap would leave foreign keys, CHECKs and
    /// triggers with the old tables.
    InPlace,
    /// The staging table gets a new name, and no other table is touched. It has neither foreign keys nor CHECKs,
    /// whose names are unique in a database.
    NewTable,
}

/// What a plan says of its end.
pub(super) struct PlannedEnd {
    pub(super) ending: Ending,
    /// Why it does not end by a swap.
    pub(super) ties: Vec<String>,
    pub(super) obstacles: Vec<String>,
}

/// Looks how the restore of these tables would end.
pub(super) async fn plan_end<H: Host>(
    services: &Services<'_, H>,
    wanted: &Wanted<'_>,
    tables: &[&'static Table],
    there: &TableNames,
) -> Result<PlannedEnd, RestoreError> {
    if wanted.into_table.is_some() {
        let obstacles = name_obstacles(wanted, tables, there);
        return Ok(PlannedEnd { ending: Ending::NewTable, ties: Vec::new(), obstacles });
    }
    let ties = Ties::read(services.database, services.schema, tables).await?;
    if !ties.is_any() {
        return Ok(PlannedEnd { ending: Ending::Swap, ties: Vec::new(), obstacles: Vec::new() });
    }
    let mut obstacles = missing_parents(&ties, tables, there);
    if !wanted.fire_triggers {
        obstacles.extend(ties.fired());
    }
    match check_isolation(services.database).await {
        Err(error @ RestoreError::Isolation { .. }) => obstacles.push(error.to_string()),
        checked => checked?,
    }
    let held = ties.constraints().into_iter().chain(ties.triggers()).collect();
    Ok(PlannedEnd { ending: Ending::InPlace, ties: held, obstacles })
}

/// The foreign keys of missing tables whose parents are neither there nor restored.
fn missing_parents(ties: &Ties, tables: &[&'static Table], there: &TableNames) -> Vec<String> {
    let is_missing = |name: &str| !there.has(name);
    let is_restored = |name: &str| tables.iter().any(|table| table.name == name);
    let keys = ties.foreign.iter().filter(|key| {
        let parent = key.parent.table.as_str();
        is_missing(&key.child.table)
            && is_restored(&key.child.table)
            && key.parent.is(parent)
            && is_missing(parent)
            && !is_restored(parent)
    });
    let said = keys.map(|key| {
        format!("{key}, which is not there: restore that table as well, or make it first")
    });
    said.collect()
}
