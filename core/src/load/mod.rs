//! A file into the database, whatever its size: read in ranges, checked row by row, and stored in
//! batches, one travelling while the next is made.
//!
//! What is in memory does not grow with the file: three ranges, two batches, and the keys of the
//! first rows.

mod bulk;
mod check;
mod claimed;
mod heartbeat;
mod object;
mod options;
mod pass;
mod reader;
mod reject_room;
mod rejects;
mod report;
mod unpack;

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use core::fmt;
use core::time::Duration;

use crate::csv::Header;
use crate::host::{Client, Host};
use crate::ingest::StoreError;
use crate::lines::LineFormat;
use crate::outcome::{Outcome, RowError, RowErrorKind};
use crate::schema::{self, Table};
use crate::source::{Source, SourceError};
use crate::statement::OnDuplicate;

pub use bulk::{BulkFile, BulkLoad, Opened, Planned, PlannedRows};
pub use check::check;
pub use claimed::find_load;
pub use object::{ObjectRef, Occasion, load_object};
pub use options::{BulkSettings, LoadOptions, LoadRules, LoadSettings};
pub use rejects::{RejectSink, RejectSinks};
pub use report::{LoadReport, Status};

use claimed::Claimed;
use heartbeat::Heartbeat;
use pass::Pass;
use reader::ReadError;
use rejects::{RejectNames, RejectWriter};

/// Why a file has to be loaded again.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoadError {
    /// Its time was over before its end.
    OutOfTime,
    /// The process was told to end before its end.
    Interrupted,
    /// It could not be read.
    Read(String),
    /// Its rows could not be stored.
    Store(StoreError),
    /// Another attempt is at it.
    Running,
    /// The state machine was not started, or its steps do not fit together.
    Machine(String),
    /// It took longer than its lease, so that another attempt may be at it.
    LeaseLost,
    /// Its report or its rejected rows could not be written.
    Write(String),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfTime => f.write_str("no time left"),
            Self::Interrupted => f.write_str("interrupted"),
            Self::Read(cause) => write!(f, "the file could not be read: {cause}"),
            Self::Store(error) => error.fmt(f),
            Self::Machine(cause) => f.write_str(cause),
            Self::Running => f.write_str("another attempt is at it"),
            Self::LeaseLost => f.write_str("the lease is over; another attempt may be at it"),
            Self::Write(cause) => write!(f, "report or rejected rows not written: {cause}"),
        }
    }
}

impl core::error::Error for LoadError {}

impl From<StoreError> for LoadError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::OutOfTime => Self::OutOfTime,
            StoreError::LeaseLost => Self::LeaseLost,
            error => Self::Store(error),
        }
    }
}

/// What a file is for, by its name.
#[derive(Debug)]
struct File {
    table: &'static Table,
    format: LineFormat,
    /// Whether the name says that it is packed.
    named_gzip: bool,
    /// Whether the file is said to have a header, or none.
    header: Header,
}

impl File {
    fn of_path(path: &str) -> Result<Self, Outcome> {
        let outcome = |table, kind| {
            let error = RowError::row(kind);
            Outcome { table, index: None, line: None, error }
        };
        let Some(table) = schema::table_of_file(path) else {
            let name = path.rsplit(['/', '\\']).next().and_then(|name| name.split('.').next());
            let name = Cow::Owned(name.unwrap_or_default().to_string());
            return Err(outcome(name, RowErrorKind::no_table_in(path)));
        };
        let Some(format) = LineFormat::of_file(path) else {
            return Err(outcome(table.name.into(), RowErrorKind::UnsupportedFormat));
        };
        let named_gzip = path.to_ascii_lowercase().ends_with(".gz");
        Ok(Self { table, format, named_gzip, header: Header::Detect })
    }
}

/// Loads a file, whose path says table and format.
///
/// Rows are stored batch by batch, so that a load which breaks off has stored some; to load the
/// file again is safe with `update` and `keep`. Where the options can refuse the file for what
/// stands at its end, it is read twice, and nothing is stored if it is refused.
pub async fn load<H: Host, S: Source, R: RejectSink>(
    database: &Client<'_, H>,
    source: &S,
    path: &str,
    options: &LoadOptions,
    sinks: &mut RejectSinks<R>,
) -> LoadReport {
    load_claimed(database, source, path, options, sinks, None).await
}

/// The same of a file that is claimed in the ledger: it goes on where an earlier attempt has
/// committed, and its place moves on with its rows.
async fn load_claimed<H: Host, S: Source, R: RejectSink>(
    database: &Client<'_, H>,
    source: &S,
    path: &str,
    options: &LoadOptions,
    sinks: &mut RejectSinks<R>,
    claimed: Option<&Claimed<'_>>,
) -> LoadReport {
    let host = database.host();
    let mut report = LoadReport::begin(host, *options, source.size());
    if let Some(claimed) = claimed {
        report.load_id.clone_from(&claimed.claim.load_id);
    }
    if let Some(file) = report.begin_file(path) {
        let rejects = RejectWriter::new(sinks, file.table, file.format, options);
        let loaded = load_rows(database, source, &file, rejects, &mut report, claimed).await;
        report = match loaded {
            Ok(status) => LoadReport { status, ..report },
            // It was the time that kept the file from being read, or written.
            Err(LoadError::Read(_) | LoadError::Write(_)) if database.is_out_of_time() => {
                failed(report, interrupted(host, LoadError::OutOfTime))
            }
            Err(error) => failed(report, interrupted(host, error)),
        };
    }
    report.duration_ms = milliseconds(host.now().saturating_sub(report.started));
    report
}

fn failed(report: LoadReport, error: LoadError) -> LoadReport {
    let status = match error {
        LoadError::OutOfTime | LoadError::Interrupted => Status::Unfinished,
        _ => Status::Failed,
    };
    LoadReport { status, failure: Some(error), ..report }
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
    database: &Client<'_, H>,
    source: &S,
    file: &File,
    mut rejects: RejectWriter<'_, R>,
    report: &mut LoadReport,
    claimed: Option<&Claimed<'_>>,
) -> Result<Status, LoadError> {
    let options = report.settings.ingest(false);
    let host = database.host();
    let is_decided = claimed.is_some_and(|claimed| claimed.progress.is_decided);
    let mut decided = None;
    if report.settings.may_refuse() && !is_decided {
        let checked = check_rows(database, source, file, &mut rejects, report, claimed).await;
        if checked.is_err() {
            report.store_nothing();
        }
        if let Some(status) = checked? {
            report.refuse_rows();
            report.add_rejects(finish(rejects).await?);
            return Ok(status);
        }
        if let Some(claimed) = claimed {
            decided = Some(claimed.decide(database, report.has_refused_rows).await?);
            report.has_refused_rows = false;
        }
        rejects.restart().await;
        report.forget_rows();
    }
    let claimed = decided.as_ref().or(claimed);
    let heartbeat = Heartbeat::start(host, claimed);
    let may_leave_out = false;
    let pass =
        Pass { database, source, file, options, asks: true, claimed, may_leave_out, heartbeat };
    let ended = pass.run(&mut rejects, report).await?;
    report.add_rejects(finish(rejects).await?);
    Ok(ended.unwrap_or_else(|| stored(report)))
}

/// Reads the file without storing a row of it, and answers how it has ended if it has: it is refused,
/// gone, or there is a newer version.
async fn check_rows<H: Host, S: Source, R: RejectSink>(
    database: &Client<'_, H>,
    source: &S,
    file: &File,
    rejects: &mut RejectWriter<'_, R>,
    report: &mut LoadReport,
    claimed: Option<&Claimed<'_>>,
) -> Result<Option<Status>, LoadError> {
    let settings = report.settings;
    let asks = settings.check_references || settings.on_duplicate == OnDuplicate::Fail;
    let options = settings.ingest(true);
    let host = database.host();
    let heartbeat = Heartbeat::start(host, claimed);
    let may_leave_out = true;
    let pass = Pass { database, source, file, options, asks, claimed, may_leave_out, heartbeat };
    let ended = pass.run(rejects, report).await?;
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
    let pass =
        Pass { database, source, file, options, asks: false, claimed, may_leave_out, heartbeat };
    let read = pass.run(rejects, report).await?;
    Ok(ended.or(read).or_else(|| refuse(file, report)))
}

/// Whether there are more rows with errors than the file may have.
fn has_too_many_errors(report: &LoadReport) -> bool {
    let LoadOptions { max_errors, max_error_rate, .. } = report.settings;
    let (errors, rows) = (report.invalid, report.received);
    max_errors.is_some_and(|most| errors > most)
        || max_error_rate.is_some_and(|most| errors as f64 > most * rows as f64)
}

/// Whether the file is refused for what was found in it.
fn is_refused(report: &LoadReport) -> bool {
    let is_bad = report.invalid > 0 && report.settings.on_error == crate::ingest::OnError::Reject;
    is_bad || report.faulty || has_too_many_errors(report)
}

/// Refuses the file, and says so first if that is for the number of its errors.
fn refuse(file: &File, report: &mut LoadReport) -> Option<Status> {
    let is_refused = is_refused(report);
    if has_too_many_errors(report) {
        let (errors, rows) = (report.invalid, report.received);
        report.add_first_fault(file.table, RowErrorKind::TooManyErrors { errors, rows });
    }
    is_refused.then_some(Status::Rejected)
}

/// How a file ended that was read to its end.
fn stored(report: &LoadReport) -> Status {
    match (report.faulty || report.invalid > 0, report.stored + report.kept) {
        (false, _) if report.received == 0 => Status::Empty,
        (false, _) => Status::Complete,
        (true, 0) => Status::Rejected,
        (true, _) => Status::Partial,
    }
}

async fn finish<R: RejectSink>(rejects: RejectWriter<'_, R>) -> Result<RejectNames, LoadError> {
    rejects.finish().await.map_err(LoadError::Write)
}

fn broken(error: ReadError) -> LoadError {
    match error {
        ReadError::Source(SourceError::Failed(cause)) => LoadError::Read(cause),
        ReadError::Source(error) => LoadError::Read(error.to_string()),
        ReadError::Ledger(error) => error.into(),
        ReadError::Fault(kind) => LoadError::Read(kind.to_string()),
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
