//! The steps of a state machine's backup and restore into calls of the core, each within its
//! invocation's time.

use std::time::Duration;

use rowgate_core::Host;
use rowgate_core::backup::Place;
use rowgate_core::backup::bulk::{self as backup, Opening as OpenedRun, PartItem, PartWritten};
use rowgate_core::restore::bulk::{
    self as restore, Comparison, Done, Item, Opening as OpenedRestore,
};
use rowgate_core::restore::{RestoreError, Restored};
use serde::Serialize;
use tracing::info;

use crate::answer::BackupSummary;
use crate::app::App;
use crate::backup::{conclude, within as within_backup};
use crate::event::{BulkBackup, BulkRestore, RestoreFinish};
use crate::failure::Failure;
use crate::load::Invocation;
use crate::restore::{tell, within as within_restore};

/// What a step answers: what the next one is given, or at the end what was done.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum StepAnswer {
    OpenedRun {
        #[serde(flatten)]
        opening: OpenedRun,
        items: Vec<PartItem>,
        keep: Option<usize>,
        bucket: Option<String>,
    },
    Written(PartWritten),
    Backup(BackupSummary),
    OpenedRestore {
        #[serde(flatten)]
        opening: OpenedRestore,
        items: Vec<Item>,
        force: bool,
        bucket: Option<String>,
    },
    Done(Done),
    Comparison {
        #[serde(flatten)]
        comparison: Comparison,
        items: Vec<Item>,
        force: bool,
        bucket: Option<String>,
    },
    Restored(Restored),
    Abandoned {
        id: String,
    },
}

/// Does one step of a backup.
pub(crate) async fn back_up<H: Host>(
    app: &App<H>,
    step: BulkBackup,
    invocation: Invocation,
) -> Result<StepAnswer, Failure> {
    let settings = app.settings()?;
    let time = invocation.time_left(app.host.now());
    let (database, s3) =
        (&app.client(&settings.target, time), &app.client(&settings.endpoint, time));
    Ok(match step {
        BulkBackup::Open(open) => {
            let place = Place { database, s3, bucket: app.bucket(open.bucket.as_deref())? };
            let opening = backup::open(&place, &open.tables, open.codec, open.on_obstacle);
            let (opening, items) = within_backup(time, opening).await?;
            info!(run = opening.run, parts = items.len(), "backup opened");
            StepAnswer::OpenedRun { opening, items, keep: open.keep, bucket: open.bucket }
        }
        BulkBackup::Part(part) => {
            let place = Place { database, s3, bucket: app.bucket(part.bucket.as_deref())? };
            let writing = backup::write_part(&place, &part.run, part.codec, &part.item);
            let written = within_backup(time, writing).await?;
            let (run, table, rows) = (&part.run, &written.table, written.content.rows);
            info!(run, table, part = written.part, rows, "part backed up");
            StepAnswer::Written(written)
        }
        BulkBackup::Finish(finish) => {
            let bucket = app.bucket(finish.bucket.as_deref())?;
            let place = Place { database, s3, bucket };
            let finishing = backup::finish(&place, &finish.opening, &finish.done);
            let manifest = within_backup(time, finishing).await?;
            StepAnswer::Backup(conclude(app, bucket, manifest, finish.keep, invocation).await?)
        }
    })
}

/// Does one step of a restore.
pub(crate) async fn restore<H: Host>(
    app: &App<H>,
    step: BulkRestore,
    invocation: Invocation,
) -> Result<StepAnswer, Failure> {
    let settings = app.settings()?;
    let time = invocation.time_left(app.host.now());
    let (database, s3) =
        (&app.client(&settings.target, time), &app.client(&settings.endpoint, time));
    let out_of_time = || RestoreError::OutOfTime;
    Ok(match step {
        BulkRestore::Open(open) => {
            let place = Place { database, s3, bucket: app.bucket(open.bucket.as_deref())? };
            let wanted = open.wanted();
            let opening = restore::open(&place, &wanted);
            let (opening, items) = within_restore(time, opening, out_of_time).await?;
            info!(id = opening.id, run = opening.run, parts = items.len(), "restore opened");
            let (force, bucket) = (open.force, open.bucket);
            StepAnswer::OpenedRestore { opening, items, force, bucket }
        }
        BulkRestore::Part(part) => {
            let place = Place { database, s3, bucket: app.bucket(part.bucket.as_deref())? };
            let doing = restore::part(&place, &part.id, part.run.as_deref(), &part.item);
            let done = within_restore(time, doing, out_of_time).await?;
            info!(id = part.id, "part of a restore done");
            StepAnswer::Done(done)
        }
        BulkRestore::Compare(compare) => {
            let place = Place { database, s3, bucket: app.bucket(compare.bucket.as_deref())? };
            let comparing = restore::compare(&place, &compare.opening, &compare.done);
            let (comparison, items) = within_restore(time, comparing, out_of_time).await?;
            info!(id = comparison.id, parts = items.len(), "rows of a restore written");
            let (force, bucket) = (compare.force, compare.bucket);
            StepAnswer::Comparison { comparison, items, force, bucket }
        }
        BulkRestore::Finish(finish) => {
            let place = Place { database, s3, bucket: app.bucket(finish.bucket.as_deref())? };
            try_swap(&place, &finish, time).await?
        }
        BulkRestore::Report(report) => {
            let place = Place { database, s3, bucket: app.bucket(report.bucket.as_deref())? };
            let reporting = restore::report(&place, &report.comparison, &report.done);
            let restored = within_restore(time, reporting, out_of_time).await?;
            tell(&restored);
            StepAnswer::Restored(restored)
        }
        BulkRestore::Abandon(abandon) => {
            let place = Place { database, s3, bucket: app.bucket(abandon.bucket.as_deref())? };
            let abandoning = restore::abandon(&place, &abandon.id);
            within_restore(time, abandoning, out_of_time).await?;
            info!(id = abandon.id, "restore abandoned");
            StepAnswer::Abandoned { id: abandon.id }
        }
    })
}

/// Tries once to swap the tables.
async fn try_swap<H: Host>(
    place: &Place<'_, H>,
    finish: &RestoreFinish,
    time: Duration,
) -> Result<StepAnswer, Failure> {
    let RestoreFinish { comparison, done, force, bucket } = finish;
    let id = comparison.id.clone();
    let finishing = restore::finish(place, comparison, done, *force);
    // Without an answer by then the last statement may have been sent.
    let unknown = || RestoreError::SwapUnknown { id };
    let (comparison, items) = within_restore(time, finishing, unknown).await?;
    let Comparison { id, swapped, attempt, .. } = &comparison;
    info!(id, swapped, next_try = attempt, "tables of a restore tried to be swapped");
    let (force, bucket) = (*force, bucket.clone());
    Ok(StepAnswer::Comparison { comparison, items, force, bucket })
}
