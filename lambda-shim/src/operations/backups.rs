//! What the operations on backups share: the answer, the end of a backup, and the time.

use std::time::Duration;

use rowgate_core::backup::{self, BackupError, LeftOutFolder, Manifest, TableManifest};
use rowgate_core::s3::S3Endpoint;
use rowgate_core::{Client, ENDED_AFTER, Host};
use serde::Serialize;
use tokio::time::timeout;
use tracing::{error, info, warn};

use crate::app::App;
use crate::failure::Failure;
use crate::invocation::Invocation;

/// The most runs or folders that an answer lists: a state machine's memory is 256 KiB.
const LISTED: usize = 100;

/// What a backup's manifest says, its files aside.
#[derive(Debug, Serialize)]
pub(super) struct BackupSummary {
    run: String,
    snapshot: bool,
    rows: u64,
    bytes: u64,
    tables: Vec<TableSummary>,
    /// What a restore would refuse, as it was accepted or its tables left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    obstacles: Vec<String>,
    /// The first of the older runs that were deleted, and how many they are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pruned: Vec<String>,
    #[serde(skip_serializing_if = "is_zero")]
    pruned_count: usize,
    /// The first of the folders that did not count, and why; and how many they are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    left_out: Vec<LeftOutFolder>,
    #[serde(skip_serializing_if = "is_zero")]
    left_out_count: usize,
    /// Why not all older runs could be.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_pruned: Option<String>,
}

#[derive(Debug, Serialize)]
struct TableSummary {
    table: String,
    rows: u64,
    checksum: String,
}

impl From<Manifest> for BackupSummary {
    fn from(manifest: Manifest) -> Self {
        let (rows, bytes) = (manifest.rows(), manifest.bytes());
        let summary =
            |TableManifest { table, rows, checksum, .. }| TableSummary { table, rows, checksum };
        Self {
            run: manifest.run,
            snapshot: manifest.snapshot,
            rows,
            bytes,
            tables: manifest.tables.into_iter().map(summary).collect(),
            obstacles: manifest.obstacles,
            pruned: Vec::new(),
            pruned_count: 0,
            left_out: Vec::new(),
            left_out_count: 0,
            not_pruned: None,
        }
    }
}

/// Counts a backup that has its manifest, and deletes older ones if that is asked for.
///
/// It is a success, whatever becomes of the older ones: failing would have Lambda make it again.
pub(super) async fn conclude<H: Host>(
    app: &App<H>,
    bucket: &str,
    manifest: Manifest,
    keep: Option<usize>,
    invocation: Invocation,
) -> Result<BackupSummary, Failure> {
    log("backed up", &manifest);
    // A backup of some tables is no reason for the alarm of the missing one to be still.
    if manifest.tables.len() == app.schema.tables().len() {
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

async fn prune<H: Host>(
    s3: &Client<'_, H, S3Endpoint>,
    bucket: &str,
    keep: usize,
    summary: &mut BackupSummary,
) -> Result<(), BackupError> {
    let runs = backup::runs(s3, bucket).await?;
    for left in runs.left_out.iter().chain(&runs.incomplete) {
        warn!(folder = left.folder, why = %left.why, "left out");
        list(&mut summary.left_out, &mut summary.left_out_count, left);
    }
    for old in runs.old(keep).into_iter().filter(|old| old.run != summary.run) {
        backup::prune(s3, bucket, old).await?;
        list(&mut summary.pruned, &mut summary.pruned_count, &old.run);
    }
    Ok(())
}

/// Counts an item, and lists it if there is room.
fn list<T: Clone>(listed: &mut Vec<T>, count: &mut usize, item: &T) {
    *count += 1;
    if listed.len() < LISTED {
        listed.push(item.clone());
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// Ends what is still in flight a moment after its time.
pub(super) async fn within<T>(
    time: Duration,
    work: impl Future<Output = Result<T, BackupError>>,
) -> Result<T, Failure> {
    let outcome = timeout(time + ENDED_AFTER, work).await.unwrap_or(Err(BackupError::OutOfTime));
    outcome.map_err(|error| {
        error!(%error, "backup failed");
        Failure::Backup(error)
    })
}

/// Logs what was done with a backup.
pub(super) fn log(what: &str, manifest: &Manifest) {
    let (run, rows, bytes) = (&manifest.run, manifest.rows(), manifest.bytes());
    info!(run, rows, bytes, snapshot = manifest.snapshot, "{what}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_counted_and_the_first_are_listed() {
        let (mut listed, mut count) = (Vec::new(), 0);
        (0..LISTED + 50).for_each(|run| list(&mut listed, &mut count, &run));
        assert_eq!(count, LISTED + 50);
        assert_eq!(listed, (0..LISTED).collect::<Vec<_>>());
    }
}
