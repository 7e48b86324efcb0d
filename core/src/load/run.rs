//! One file, whatever its source: checked first where it may be refused, then stored.

use super::claimed::Claimed;
use super::error::LoadError;
use super::heartbeat::Heartbeat;
use super::job::Job;
use super::layout_check::check_layout;
use super::pass::Pass;
use super::read_anew;
use super::reader::FileReader;
use super::refusal::{is_refused, refuse};
use super::rejects::{RejectNames, RejectSink, RejectSinks, RejectWriter};
use super::report::{LoadReport, Status, failed, milliseconds, stored};
use super::table_file::TableFile;
use crate::aws::host::Host;
use crate::aws::source::Source;
use crate::ingest::StoreError;
use crate::sql::statement::OnDuplicate;
use crate::table::schema::Constraints;

/// Loads a file, whose path says table and format.
///
/// Rows are stored batch by batch, so that a load which breaks off has stored some; to load the
/// file again is safe with `update` and `keep`. Where the options can refuse the file for its
/// last rows, it is read twice, and nothing is stored if it is refused.
pub async fn load<H: Host, S: Source, R: RejectSink>(
    job: &Job<'_, H, S>,
    sinks: &mut RejectSinks<R>,
) -> LoadReport {
    load_claimed(job, sinks, None).await
}

/// The same of a file that is claimed in the ledger: it goes on where an earlier attempt has
/// committed, and its place moves on with its rows.
pub(super) async fn load_claimed<H: Host, S: Source, R: RejectSink>(
    job: &Job<'_, H, S>,
    sinks: &mut RejectSinks<R>,
    claimed: Option<&Claimed<'_>>,
) -> LoadReport {
    let host = job.database.host();
    let mut report = LoadReport::begin(host, job.options.clone(), job.source.size());
    match claimed {
        Some(claimed) => report.load_id.clone_from(&claimed.claim.load_id),
        None => {
            report.settings =
                job.options.clone().of_load(job.path, &report.load_id, report.started);
        }
    }
    let schema = match job.schema.current(job.database).await {
        Ok(schema) => schema,
        Err(error) => {
            let error = StoreError::of_look(&error).into();
            return failed(report, interrupted(host, error));
        }
    };
    if let Some(mut file) = report.begin_file(schema, job.path) {
        let rejects = RejectWriter::new(sinks, file.table, &job.options);
        report = match load_rows(job, &mut file, rejects, &mut report, claimed).await {
            Ok(status) => LoadReport { status, ..report },
            // It was the time that kept the file from being read, or written.
            Err(LoadError::Read(_) | LoadError::Write(_)) if job.database.is_out_of_time() => {
                failed(report, interrupted(host, LoadError::OutOfTime))
            }
            Err(error) => failed(report, interrupted(host, error)),
        };
    }
    report.duration_ms = milliseconds(host.now().saturating_sub(report.started));
    report
}

/// After an interruption calls are refused, which comes back as all kinds of errors. Only a commit
/// without an answer says more.
fn interrupted(host: &impl Host, error: LoadError) -> LoadError {
    match error {
        LoadError::Store(StoreError::OutcomeUnknown(_)) => error,
        _ if host.is_interrupted() => LoadError::Interrupted,
        _ => error,
    }
}

async fn load_rows<H: Host, S: Source, R: RejectSink>(
    job: &Job<'_, H, S>,
    file: &mut TableFile,
    mut rejects: RejectWriter<'_, R>,
    report: &mut LoadReport,
    claimed: Option<&Claimed<'_>>,
) -> Result<Status, LoadError> {
    file.checks = read_anew::check(job, file, claimed).await?;
    let file = &*file;
    let options = report.settings.ingest(file.key, false);
    let host = job.database.host();
    let is_decided = claimed.is_some_and(|claimed| claimed.progress.is_decided);
    let mut decided = None;
    if report.settings.may_refuse() && !is_decided {
        let checked = check_rows(job, file, &mut rejects, report, claimed).await;
        if checked.is_err() {
            report.store_nothing();
        }
        if let Some(status) = checked? {
            report.refuse_rows();
            report.add_rejects(finish(rejects).await?);
            return Ok(status);
        }
        if let Some(claimed) = claimed {
            decided = Some(claimed.decide(job.database, report.has_refused_rows).await?);
            report.has_refused_rows = false;
        }
        rejects.restart().await;
        report.forget_rows();
    }
    let claimed = decided.as_ref().or(claimed);
    let heartbeat = Heartbeat::start(host, claimed);
    let may_leave_out = false;
    let pass = Pass { job, file, options, asks: true, claimed, may_leave_out, heartbeat };
    let opened = pass.open().await;
    let is_found = opened.as_ref().is_ok_and(FileReader::has_found_layout);
    // What an earlier attempt has stored, it has checked.
    let is_fresh = claimed.is_none_or(|claimed| claimed.progress.position == claimed.from);
    if is_found && is_fresh {
        check_layout(job, file, report, claimed).await?;
        if report.is_contradicted {
            report.add_rejects(finish(rejects).await?);
            return Ok(Status::Rejected);
        }
    }
    let ended = pass.run(opened, &mut rejects, report).await?;
    report.add_rejects(finish(rejects).await?);
    Ok(ended.unwrap_or_else(|| stored(report)))
}

/// Reads the file without storing a row of it, and answers how it has ended if it has: it is refused,
/// gone, or there is a newer version.
async fn check_rows<H: Host, S: Source, R: RejectSink>(
    job: &Job<'_, H, S>,
    file: &TableFile,
    rejects: &mut RejectWriter<'_, R>,
    report: &mut LoadReport,
    claimed: Option<&Claimed<'_>>,
) -> Result<Option<Status>, LoadError> {
    let settings = report.settings.clone();
    let may_conflict = file.table.constraints != Constraints::NONE;
    let asks =
        settings.check_references || settings.on_duplicate == OnDuplicate::Fail || may_conflict;
    let options = settings.ingest(file.key, true);
    let host = job.database.host();
    let heartbeat = Heartbeat::start(host, claimed);
    let may_leave_out = true;
    let pass = Pass { job, file, options, asks, claimed, may_leave_out, heartbeat };
    let ended = pass.run(pass.open().await, rejects, report).await?;
    let Some(claimed) = claimed.filter(|_| rejects.is_incomplete) else {
        return Ok(ended.or_else(|| refuse(file, report)));
    };
    if ended.is_none() && !is_refused(report) {
        return Ok(None);
    }
    // An earlier attempt has found some of the rejected lines, which are given back all the same.
    rejects.restart().await;
    report.forget_rows();
    let claimed = &claimed.for_lines();
    let heartbeat = Heartbeat::start(host, Some(claimed));
    let claimed = Some(claimed);
    let pass = Pass { job, file, options, asks: false, claimed, may_leave_out, heartbeat };
    let read = pass.run(pass.open().await, rejects, report).await?;
    Ok(ended.or(read).or_else(|| refuse(file, report)))
}

async fn finish<R: RejectSink>(rejects: RejectWriter<'_, R>) -> Result<RejectNames, LoadError> {
    rejects.finish().await.map_err(LoadError::Write)
}
