//! A layout that only the file's start has shown, held against all of its rows before one is stored.

use super::claimed::Claimed;
use super::error::LoadError;
use super::heartbeat::Heartbeat;
use super::job::Job;
use super::reader::{FileReader, ReadError, broken};
use super::report::LoadReport;
use super::table_file::TableFile;
use crate::aws::host::Host;
use crate::aws::source::{Source, SourceError};

/// Reads the file through, and takes note of the first row that does not fit.
///
/// What else is wrong with it is left to the reading that stores.
pub(super) async fn check_layout<H: Host, S: Source>(
    job: &Job<'_, H, S>,
    file: &TableFile,
    report: &mut LoadReport,
    claimed: Option<&Claimed<'_>>,
) -> Result<(), LoadError> {
    let heartbeat = Heartbeat::start(job.database.host(), claimed);
    let mut reader = FileReader::open(job.source, file, None).await.map_err(broken)?;
    loop {
        match reader.next().await {
            Ok(true) => {}
            Ok(false) | Err(ReadError::Fault(_) | ReadError::Source(SourceError::Gone)) => {
                return Ok(());
            }
            Err(error) => return Err(broken(error)),
        }
        if let Some(kind) = reader.rows().contradiction() {
            report.contradict(file.table, kind);
            return Ok(());
        }
        if !reader.takes_text() {
            continue;
        }
        if job.database.is_out_of_time() {
            return Err(LoadError::OutOfTime);
        }
        if let Some(claimed) = claimed.filter(|_| heartbeat.is_due(job.database.host())) {
            heartbeat.note(job.database.host());
            claimed.renew(job.database).await?;
        }
    }
}
