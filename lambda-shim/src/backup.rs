//! The operations on backups into calls of the core, within the invocation's time.

use std::time::Duration;

use rowgate_core::backup::{self, BackupError, Manifest, Place};
use rowgate_core::s3::Endpoint;
use rowgate_core::schema::TABLES;
use rowgate_core::{Client, ENDED_AFTER, Host};
use tokio::time::timeout;
use tracing::{error, info, warn};

use crate::answer::BackupSummary;
use crate::app::App;
use crate::event::{Backup, Verify};
use crate::failure::Failure;
use crate::load::Invocation;

/// Backs tables up, and deletes older backups if that is asked for.
///
/// A backup that does not end in time fails and has no manifest. One that could be made is a
/// success, whatever becomes of the older ones: failing would have Lambda make it again.
pub(crate) async fn back_up<H: Host>(
    app: &App<H>,
    request: &Backup,
    invocation: Invocation,
) -> Result<BackupSummary, Failure> {
    let settings = app.settings()?;
    let bucket = app.bucket(request.bucket.as_deref())?;
    let time = invocation.time_left(app.host.now());
    let s3 = app.client(&settings.endpoint, time);
    let place = Place { database: &app.client(&settings.target, time), s3: &s3, bucket };
    let making = backup::backup(&place, &request.tables, request.options(), |_| ());
    let manifest = within(time, making).await?;
    conclude(app, bucket, manifest, request.keep, invocation).await
}

/// Counts a backup that has its manifest, and deletes older ones if that is asked for.
pub(crate) async fn conclude<H: Host>(
    app: &App<H>,
    bucket: &str,
    manifest: Manifest,
    keep: Option<usize>,
    invocation: Invocation,
) -> Result<BackupSummary, Failure> {
    log("backed up", &manifest);
    // A backup of some tables is no reason for the alarm of the missing one to be still.
    if manifest.tables.len() == TABLES.len() {
        app.metrics.backed_up(app.host.now());
    }

    let mut summary = BackupSummary::from(manifest);
    if let Some(keep) = keep {
        let left = invocation.time_left(app.host.now());
        let s3 = app.client(&app.settings()?.endpoint, left);
        let pruning = prune(&s3, bucket, keep, &mut summary);
        if let Err(error) =
            timeout(left + ENDED_AFTER, pruning).await.unwrap_or(Err(BackupError::OutOfTime))
        {
            error!(%error, "older backups are left");
            summary.not_pruned = Some(error.to_string());
        }
    }
    Ok(summary)
}

/// Reads every byte and row of a backup.
pub(crate) async fn verify<H: Host>(
    app: &App<H>,
    request: &Verify,
    invocation: Invocation,
) -> Result<BackupSummary, Failure> {
    let settings = app.settings()?;
    let bucket = app.bucket(request.bucket.as_deref())?;
    let time = invocation.time_left(app.host.now());
    let s3 = app.client(&settings.endpoint, time);
    let reading = async {
        let manifest = backup::manifest(&s3, bucket, &request.run).await?;
        backup::verify(&s3, bucket, &manifest, |_| ()).await.map(|()| manifest)
    };
    let manifest = within(time, reading).await?;
    log("verified", &manifest);
    Ok(manifest.into())
}

async fn prune<H: Host>(
    s3: &Client<'_, H, Endpoint>,
    bucket: &str,
    keep: usize,
    summary: &mut BackupSummary,
) -> Result<(), BackupError> {
    let runs = backup::runs(s3, bucket).await?;
    for left in runs.left_out.iter().chain(&runs.incomplete) {
        warn!(folder = left.folder, why = %left.why, "left out");
        summary.left_out.push(left.clone());
    }
    for old in runs.old(keep).into_iter().filter(|old| old.run != summary.run) {
        backup::prune(s3, bucket, old).await?;
        summary.pruned.push(old.run.clone());
    }
    Ok(())
}

/// Ends what is still under way a moment after its time.
pub(crate) async fn within<T>(
    time: Duration,
    work: impl Future<Output = Result<T, BackupError>>,
) -> Result<T, Failure> {
    let outcome = timeout(time + ENDED_AFTER, work).await.unwrap_or(Err(BackupError::OutOfTime));
    outcome.map_err(|error| {
        error!(%error, "backup failed");
        Failure::Backup(error)
    })
}

fn log(what: &str, manifest: &Manifest) {
    let (run, rows, bytes) = (&manifest.run, manifest.rows(), manifest.bytes());
    info!(run, rows, bytes, snapshot = manifest.snapshot, "{what}");
}
