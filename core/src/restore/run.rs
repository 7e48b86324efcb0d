//! A restore in one go: checked, filled, compared, swapped.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::checks::{check_filled, in_time};
use super::error::RestoreError;
use super::in_place::{InPlace, Placing};
use super::late::{self, LiveContent, old_table};
use super::new_table::name_it;
use super::orphans::check_orphans;
use super::plan::{self, RestorePlan, TablePlan};
use super::restored::{Restored, RestoredTable};
use super::staging::{Sent, Staging};
use super::tables::make_missing;
use super::ties::{TableName, TiedKey, Ties};
use super::wanted::Mode;
use super::{loads, swap};
use crate::aws::host::{CallError, Host};
use crate::backup::{Progress, Services};
use crate::sql::checksum::Checksum;

/// Does what was planned, and swaps all tables in one statement; or where foreign keys, CHECKs or triggers hold them, puts
/// the rows into the live tables in one transaction.
///
/// Files of a run are read twice, so that nothing is written because of a damaged one. The old
/// tables stay beside the new ones until [`drop_leftovers`](super::drop_leftovers); [`undo`](super::undo) brings them back. The database
/// waits a few seconds for others' transactions on the live tables; before each try these must still
/// be what the plan saw, unless `force`. What is written after that is only in the old tables, named by
/// [`Restored::late`] and brought over by [`merge`](super::merge()). The transaction locks the live tables, so that no
/// row comes meanwhile. After an error the live tables are what they were.
/// An interruption before the swap is such an error, and the staging tables are dropped.
pub async fn restore<H: Host>(
    services: &Services<'_, H>,
    plan: &RestorePlan,
    force: bool,
    mut progress: impl FnMut(RestoreStep, Progress),
) -> Result<Restored, RestoreError> {
    for planned in plan.tables.iter().filter(|_| plan.mode == Mode::Replace) {
        check_filled(planned.table, planned.content, planned.live, force)?;
    }
    if let Err(error) = check(services, plan, &mut progress).await {
        return Err(give_up(services, plan, &[], error).await);
    }
    let mut stagings: Vec<_> =
        plan.tables.iter().map(|table| Staging::new(services, table, &plan.id)).collect();
    let restored = async {
        let Filled { tables, contents, foreign } =
            fill(services, &mut stagings, plan, &mut progress).await?;
        if let Some(name) = &plan.into_table {
            name_all(services, &stagings, name).await?;
            return Ok(Restored::of(&plan.id, tables));
        }
        let seen = match foreign {
            None => Some(swap_all(services, plan, force, &mut progress).await?),
            Some(foreign) => {
                let placings = placings(plan, &stagings, &contents, force);
                put_all(services, plan, (&placings, &foreign), &mut progress).await?;
                None
            }
        };
        let mut restored = Restored::of(&plan.id, tables);
        let names: Vec<_> = plan.tables.iter().map(|table| table.table).collect();
        loads::mark(services.database, &names, plan.loads_since.clone(), &mut restored).await;
        if let Some(seen) = seen {
            restored.late = late::find(services, plan, &seen).await;
        }
        Ok(restored)
    };
    match restored.await {
        // The tables that would be dropped may be the live ones' successors.
        Err(error @ RestoreError::SwapUnknown { .. }) => Err(error),
        Err(error) => Err(give_up(services, plan, &stagings, error).await),
        restored => restored,
    }
}

/// Does what was planned but for the swap, compares the rows, and drops them again.
pub async fn probe<H: Host>(
    services: &Services<'_, H>,
    plan: &RestorePlan,
    mut progress: impl FnMut(RestoreStep, Progress),
) -> Result<Restored, RestoreError> {
    if let Err(error) = check(services, plan, &mut progress).await {
        return Err(give_up(services, plan, &[], error).await);
    }
    let mut stagings: Vec<_> =
        plan.tables.iter().map(|table| Staging::new(services, table, &plan.id)).collect();
    let filled = fill(services, &mut stagings, plan, &mut progress).await;
    let tables = match filled {
        Ok(filled) => filled.tables,
        Err(error) => return Err(give_up(services, plan, &stagings, error).await),
    };
    for staging in &stagings {
        if let Err(error) = staging.drop(services.database).await {
            return Err(give_up(services, plan, &stagings, error).await);
        }
    }
    Ok(Restored::of(&plan.id, tables))
}

/// What a restore is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestoreStep {
    /// Reading the files, to see that they are whole.
    Verify,
    /// Writing their rows.
    Write,
    /// Waiting for others' transactions on the live tables to end; `rows` is the number of the try.
    Wait,
}

/// Refuses what cannot be done, before anything is written.
async fn check<H: Host>(
    services: &Services<'_, H>,
    plan: &RestorePlan,
    progress: &mut impl FnMut(RestoreStep, Progress),
) -> Result<(), RestoreError> {
    if !plan.obstacles.is_empty() {
        return Err(RestoreError::Unfit { obstacles: plan.obstacles.clone() });
    }
    plan::verify(services, plan, |done| progress(RestoreStep::Verify, done)).await
}

/// Staging tables that hold what is to be live.
struct Filled {
    tables: Vec<RestoredTable>,
    /// What each holds.
    contents: Vec<Checksum>,
    /// If the live tables are not swapped, the foreign keys that must have a parent for each row.
    foreign: Option<Vec<TiedKey>>,
}

async fn fill<H: Host>(
    services: &Services<'_, H>,
    stagings: &mut [Staging<'_, H>],
    plan: &RestorePlan,
    progress: &mut impl FnMut(RestoreStep, Progress),
) -> Result<Filled, RestoreError> {
    let is_new = plan.into_table.is_some();
    let is_missing = |it: &&TablePlan| it.is_missing && !is_new;
    let missing: Vec<_> = plan.tables.iter().filter(is_missing).map(|it| it.table).collect();
    make_missing(services.database, &missing).await?;
    let (mut rows, mut bytes, mut of) = (0, 0, plan.rows());
    let (mut tables, mut contents, mut is_bare) = (Vec::new(), Vec::new(), true);
    for (staging, table) in stagings.iter_mut().zip(&plan.tables) {
        let name = table.table.name;
        let mut stored = |sent: Sent, of: u64| {
            (rows, bytes) = (rows + sent.rows, bytes + sent.bytes);
            progress(RestoreStep::Write, Progress { table: name, rows, of, bytes });
        };
        match is_new {
            true => staging.make_new().await?,
            false => is_bare &= !staging.make().await?,
        }
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
        contents.push(content);
    }
    let foreign = if is_new { None } else { held(services, plan, stagings, is_bare).await? };
    Ok(Filled { tables, contents, foreign })
}

/// If foreign keys, CHECKs or triggers hold the live tables, the foreign keys that must have a parent for each row, which the
/// staged rows have.
async fn held<H: Host>(
    services: &Services<'_, H>,
    plan: &RestorePlan,
    stagings: &[Staging<'_, H>],
    is_bare: bool,
) -> Result<Option<Vec<TiedKey>>, RestoreError> {
    let names: Vec<_> = plan.tables.iter().map(|table| table.table).collect();
    let ties = Ties::read(services.database, services.schema, &names).await?;
    let name_of = |name: &TableName| {
        let staging = stagings.iter().find(|staging| name.is(staging.table().name));
        staging.map(|staging| staging.name.clone())
    };
    let is_held = ties.is_any() || !is_bare;
    let foreign = if plan.keep_orphans { Vec::new() } else { ties.foreign };
    check_orphans(services.database, &foreign, name_of).await?;
    Ok(is_held.then_some(foreign))
}

/// Gives the one staging table of a restore into a new table its name.
async fn name_all<H: Host>(
    services: &Services<'_, H>,
    stagings: &[Staging<'_, H>],
    name: &str,
) -> Result<(), RestoreError> {
    in_time(services)?;
    for staging in stagings {
        name_it(services.database, &staging.name, name).await?;
    }
    Ok(())
}

fn placings<H: Host>(
    plan: &RestorePlan,
    stagings: &[Staging<'_, H>],
    contents: &[Checksum],
    force: bool,
) -> Vec<Placing> {
    let all = plan.tables.iter().zip(stagings).zip(contents);
    let placing =
        |((planned, staging), content): ((&TablePlan, &Staging<'_, H>), &Checksum)| Placing {
            table: planned.table,
            comes: staging.name.clone(),
            goes: old_table(planned.table, &plan.id),
            expected: *content,
            live: (!force).then_some(planned.live),
        };
    all.map(placing).collect()
}

/// Puts the rows into the live tables, which must be what the plan saw.
async fn put_all<H: Host>(
    services: &Services<'_, H>,
    plan: &RestorePlan,
    (tables, foreign): (&[Placing], &[TiedKey]),
    progress: &mut impl FnMut(RestoreStep, Progress),
) -> Result<(), RestoreError> {
    let ready = async |attempt: u32| {
        say_waiting(plan, attempt, progress);
        in_time(services)
    };
    let in_place = InPlace { client: services.database, id: &plan.id, tables, foreign };
    // Beside the swap's, its calls are nested too deep for the compiler.
    Box::pin(in_place.put(ready)).await
}

fn say_waiting(plan: &RestorePlan, attempt: u32, progress: &mut impl FnMut(RestoreStep, Progress)) {
    if let (2.., Some(first)) = (attempt, plan.tables.first()) {
        let (rows, table) = (attempt.into(), first.table.name);
        progress(RestoreStep::Wait, Progress { table, rows, of: rows, bytes: 0 });
    }
}

/// Swaps the tables, and answers what the live ones were right before.
async fn swap_all<H: Host>(
    services: &Services<'_, H>,
    plan: &RestorePlan,
    force: bool,
    progress: &mut impl FnMut(RestoreStep, Progress),
) -> Result<Vec<LiveContent>, RestoreError> {
    let mut seen = Vec::new();
    let names = plan.tables.iter().map(|table| table.table.name);
    let ready = async |attempt: u32| {
        in_time(services)?;
        say_waiting(plan, attempt, progress);
        seen = late::look(services, plan, force).await?;
        in_time(services)
    };
    swap::swap(services.database, names, &plan.id, ready).await?;
    Ok(seen)
}

/// Drops the staging tables, and answers why the restore has ended. What cannot be dropped any more
/// is named by `leftovers`.
async fn give_up<H: Host>(
    services: &Services<'_, H>,
    plan: &RestorePlan,
    stagings: &[Staging<'_, H>],
    error: RestoreError,
) -> RestoreError {
    let database = services.database.closing();
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
