//! Avro files back into the database: planned, loaded beside the live tables, compared, swapped.

pub mod bulk;
mod copy;
mod error;
mod find;
mod foreign;
mod late;
mod loads;
mod merge;
mod notes;
mod plan;
mod remains;
mod rows;
mod staging;
mod swap;
mod tables;

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::aws::host::{CallError, Host};
use crate::backup::{Place, Progress};
use crate::sql::checksum::Checksum;
use crate::table::schema::Table;

pub use copy::Keys;
pub use error::RestoreError;
pub use foreign::OddValues;
pub use late::Late;
pub use loads::{LoadsSince, mark_undone_loads};
pub use merge::{Merged, Unmerged, compare_left, merge};
pub use plan::{Plan, TablePlan, plan};
pub use remains::{UndoReport, Undone, compare_undone, rows_left, rows_only_left};
pub use swap::{drop_leftovers, leftovers, undo};
pub use tables::{Leftover, LeftoverKind};

use late::Seen;
use staging::{Sent, Staging};

/// What is to be restored.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'w> {
    /// One run (its name, its folder, or `latest`), or any number of folders (which end with a
    /// slash) and files, by their keys or as `s3://bucket/key`.
    pub sources: &'w [String],
    /// Only these tables; all that there are files of, if none is named.
    pub tables: &'w [&'static Table],
    /// What becomes of live rows that the files do not have.
    pub mode: Mode,
}

impl Wanted<'_> {
    fn has(&self, table: &Table) -> bool {
        self.tables.is_empty() || self.tables.contains(&table)
    }
}

/// What becomes of live rows that the files do not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// They go: the table is what the files hold.
    #[default]
    Replace,
    /// They stay; of a row that both have, the files' is taken.
    Merge,
}

/// What a restore has done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// The restore's name, by which it is undone.
    pub id: String,
    /// The tables, parents first.
    pub tables: Vec<RestoredTable>,
    /// The tables that were written to while they were swapped.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub late: Vec<Late>,
    /// Loads that the ledger takes for done no longer; `None` if the files do not say of which time
    /// they are, or there is no ledger.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loads_since: Option<LoadsSince>,
    /// What of the files was left out or filled up, where no plan has said it, and what was not done after
    /// the swap.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl Restored {
    fn of(id: &str, tables: Vec<RestoredTable>) -> Self {
        let (late, notes) = (Vec::new(), Vec::new());
        Self { id: id.into(), tables, late, loads_since: None, notes }
    }
}

/// One table that was restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RestoredTable {
    /// The table.
    pub table: &'static str,
    /// Its rows now.
    pub rows: u64,
    /// Their checksum, as the database computed it.
    pub checksum: String,
}

/// Does what was planned, and swaps all tables in one statement.
///
/// Files of a run are read twice, so that nothing is written because of a damaged one. The old
/// tables stay beside the new ones until [`drop_leftovers`]; [`undo`] brings them back. The database
/// waits a few seconds for others' transactions on the live tables; before each try these must still
/// be what the plan saw, unless `force`. What is written after that is only in the old tables, named by
/// [`Restored::late`] and brought over by [`merge`]. After an error the live tables are what they were.
/// An interruption before the swap is such an error, and the staging tables are dropped.
pub async fn restore<H: Host>(
    place: &Place<'_, H>,
    plan: &Plan,
    force: bool,
    mut progress: impl FnMut(Step, Progress),
) -> Result<Restored, RestoreError> {
    for planned in plan.tables.iter().filter(|_| plan.mode == Mode::Replace) {
        check_filled(planned.table, planned.content, planned.live, force)?;
    }
    if let Err(error) = check(place, plan, &mut progress).await {
        return Err(give_up(place, plan, &[], error).await);
    }
    let mut stagings: Vec<_> =
        plan.tables.iter().map(|table| Staging::new(place, table, &plan.id)).collect();
    let restored = async {
        let tables = fill(&mut stagings, plan, &mut progress).await?;
        let seen = swap_all(place, plan, force, &mut progress).await?;
        let mut restored = Restored::of(&plan.id, tables);
        let names: Vec<_> = plan.tables.iter().map(|table| table.table).collect();
        loads::mark(place.database, &names, plan.loads_since.clone(), &mut restored).await;
        restored.late = late::find(place, plan, &seen).await;
        Ok(restored)
    };
    match restored.await {
        // The tables that would be dropped may be the live ones' successors.
        Err(error @ RestoreError::SwapUnknown { .. }) => Err(error),
        Err(error) => Err(give_up(place, plan, &stagings, error).await),
        restored => restored,
    }
}

/// Does what was planned but for the swap, compares the rows, and drops them again.
pub async fn probe<H: Host>(
    place: &Place<'_, H>,
    plan: &Plan,
    mut progress: impl FnMut(Step, Progress),
) -> Result<Restored, RestoreError> {
    if let Err(error) = check(place, plan, &mut progress).await {
        return Err(give_up(place, plan, &[], error).await);
    }
    let mut stagings: Vec<_> =
        plan.tables.iter().map(|table| Staging::new(place, table, &plan.id)).collect();
    let filled = fill(&mut stagings, plan, &mut progress).await;
    let tables = match filled {
        Ok(tables) => tables,
        Err(error) => return Err(give_up(place, plan, &stagings, error).await),
    };
    for staging in &stagings {
        if let Err(error) = staging.drop(place.database).await {
            return Err(give_up(place, plan, &stagings, error).await);
        }
    }
    Ok(Restored::of(&plan.id, tables))
}

/// What a restore is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Reading the files, to see that they are whole.
    Verify,
    /// Writing their rows.
    Write,
    /// Waiting for others' transactions on the live tables to end; `rows` is the number of the try.
    Wait,
}

/// Refuses what cannot be done, before anything is written.
async fn check<H: Host>(
    place: &Place<'_, H>,
    plan: &Plan,
    progress: &mut impl FnMut(Step, Progress),
) -> Result<(), RestoreError> {
    if !plan.obstacles.is_empty() {
        return Err(RestoreError::Unfit { obstacles: plan.obstacles.clone() });
    }
    plan::verify(place, plan, |done| progress(Step::Verify, done)).await
}

async fn fill<H: Host>(
    stagings: &mut [Staging<'_, H>],
    plan: &Plan,
    progress: &mut impl FnMut(Step, Progress),
) -> Result<Vec<RestoredTable>, RestoreError> {
    let (mut rows, mut bytes, mut of) = (0, 0, plan.rows());
    let mut tables = Vec::new();
    for (staging, table) in stagings.iter_mut().zip(&plan.tables) {
        let name = table.table.name;
        let mut stored = |sent: Sent, of: u64| {
            (rows, bytes) = (rows + sent.rows, bytes + sent.bytes);
            progress(Step::Write, Progress { table: name, rows, of, bytes });
        };
        staging.make().await?;
        staging.load(|sent| stored(sent, of)).await?;
        let mut content = table.content;
        if plan.mode == Mode::Merge {
            let others = staging.copy_others(|sent| {
                of += sent.rows;
                stored(sent, of);
            });
            content.merge(others.await?);
        }
        stored(staging.store_zero().await?, of);
        staging.check(content).await?;
        tables.push(RestoredTable { table: name, rows: content.rows, checksum: content.hex() });
    }
    Ok(tables)
}

/// Refuses to empty a table, which an export that went wrong would do, unless that is wanted.
fn check_filled(
    table: &'static Table,
    content: Checksum,
    live: Checksum,
    force: bool,
) -> Result<(), RestoreError> {
    match content.rows == 0 && live.rows > 0 && !force {
        true => Err(RestoreError::Emptied { table: table.name, live: live.rows }),
        false => Ok(()),
    }
}

/// Whether a staging table holds what the files do.
fn check_content(
    table: &'static Table,
    expected: Checksum,
    found: Checksum,
) -> Result<(), RestoreError> {
    match found {
        found if found == expected => Ok(()),
        found if found.rows < expected.rows => {
            let (table, rows, keys) = (table.name, expected.rows, found.rows);
            Err(RestoreError::SameKey { table, rows, keys, twice: None })
        }
        found => Err(RestoreError::Differs { table: table.name, expected, found }),
    }
}

/// Swaps the tables, and answers what the live ones were right before.
async fn swap_all<H: Host>(
    place: &Place<'_, H>,
    plan: &Plan,
    force: bool,
    progress: &mut impl FnMut(Step, Progress),
) -> Result<Vec<Seen>, RestoreError> {
    let mut seen = Vec::new();
    let names = plan.tables.iter().map(|table| table.table.name);
    let ready = async |attempt: u32| {
        in_time(place)?;
        if let (2.., Some(first)) = (attempt, plan.tables.first()) {
            let (rows, table) = (attempt.into(), first.table.name);
            progress(Step::Wait, Progress { table, rows, of: rows, bytes: 0 });
        }
        seen = late::look(place, plan, force).await?;
        in_time(place)
    };
    swap::swap(place.database, names, &plan.id, ready).await?;
    Ok(seen)
}

/// Answers whether to go on: what is dropped and swapped at the end takes time as well.
fn in_time<H: Host>(place: &Place<'_, H>) -> Result<(), RestoreError> {
    if place.database.is_out_of_time() { Err(RestoreError::OutOfTime) } else { Ok(()) }
}

/// Drops the staging tables, and answers why the restore has ended. What cannot be dropped any more
/// is named by [`leftovers`].
async fn give_up<H: Host>(
    place: &Place<'_, H>,
    plan: &Plan,
    stagings: &[Staging<'_, H>],
    error: RestoreError,
) -> RestoreError {
    let database = place.database.closing();
    let mut left = Vec::new();
    for staging in stagings {
        if staging.drop(&database).await.is_err() {
            left.push(staging.name.clone());
        }
    }
    match database.host().is_interrupted() {
        true => RestoreError::Interrupted { id: plan.id.clone(), left },
        false if matches!(error, RestoreError::Database { error: CallError::OutOfTime, .. }) => {
            RestoreError::OutOfTime
        }
        false => error,
    }
}
