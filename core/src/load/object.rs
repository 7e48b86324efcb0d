//! An object in S3 into the database; its report, and its rejected lines, beside it.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use super::claimed::{self, Begun, Claimed, begin, to_claim};
use super::error::LoadError;
use super::folder_options;
use super::handover::{Occasion, hand_over};
use super::job::Job;
use super::object_ref::{ObjectRef, RejectKeys};
use super::options::{LoadOptions, LoadSettings};
use super::rejects::{RejectSink, RejectSinks};
use super::report::{LoadReport, Status, failed, milliseconds};
use super::run::load_claimed;
use super::services::LoadServices;
use super::table_file::TableFile;
use crate::aws::host::{CallError, Client, Host, Repeat};
use crate::aws::s3::{HeadObject, HeadObjectOutput, PutObject, S3Endpoint};
use crate::aws::source::{ObjectSource, SourceError};
use crate::aws::upload::Upload;
use crate::ingest::StoreError;
use crate::ledger::{Claim, Position};
use crate::table::issue::{Issue, RowError, RowErrorKind};
use crate::table::schema::Schema;

/// Loads an object and writes `reports/<key>.<version or ETag>.json`.
///
/// One of `BULK_BYTES` or more is handed to the state machine, if there is one.
///
/// Rejected lines go to `rejects/<key>.<version or ETag>.csv` (or `.ndjson`) in the same bucket.
/// No call is begun or repeated later than `time` from now, those aside that end a transaction or an
/// upload, write the report, or tell the ledger of it.
/// An error means that the event should be delivered again; the report then says so, too.
pub async fn load_object<H: Host>(
    host: &H,
    settings: &LoadSettings,
    object: &ObjectRef,
    occasion: Occasion,
    time: Duration,
) -> Result<LoadReport, LoadError> {
    let options = settings.rules.options(&object.key);
    if !object.is_for_loading() {
        return Ok(ignored(object, LoadReport::begin(host, options, 0)));
    }
    let started = host.now();
    let services = LoadServices::new(host, settings, time);
    let mut done = attempt(&services, object, occasion).await?;
    if done.report.failure == Some(LoadError::TablesChanged) {
        if let Some(claim) = &done.claim {
            claimed::end(&services.database, claim, &done.report).await?;
        }
        done = attempt(&services, object, occasion).await?;
    }
    let Attempt { mut report, claim, written } = done;
    if let Some(LoadError::Store(StoreError::TablesChanged(_))) = report.failure {
        settings.schema.doubt(host);
    }
    report.started = started;
    report.duration_ms = milliseconds(host.now().saturating_sub(started));
    if let Err(error) = write_report(&services.s3.closing(), &report, written).await {
        report = failed(report, error);
    }
    if let Some(claim) = &claim {
        claimed::end(&services.database.closing(), claim, &report).await?;
    }
    match report.failure.clone() {
        Some(failure) => Err(failure),
        None => Ok(report),
    }
}

/// Loads what is there of an object, or hands it on.
async fn attempt<H: Host>(
    services: &LoadServices<'_, H>,
    object: &ObjectRef,
    occasion: Occasion,
) -> Result<Attempt, LoadError> {
    let settings = services.settings;
    let report = LoadReport::begin(services.host(), services.options(&object.key), 0);
    if !object.is_readable() {
        return Ok(Attempt::of(unreadable(settings.schema.believed(), object, report)));
    }
    let head = match head(&services.s3, object).await {
        Ok(Some(head)) => head,
        Ok(None) => return Ok(Attempt::of(gone(settings.schema.believed(), object, report))),
        Err(error) => {
            let report = LoadReport { object: Some(object.clone()), ..report };
            return Ok(Attempt::failed(report, error));
        }
    };
    let size = head.content_length;
    if object.is_mark(size) {
        return Ok(Attempt::unwritten(ignored(object, report)));
    }
    let object = object.pinned(&head);
    let options = match folder_options::options(services, &object).await {
        Ok(options) => options,
        Err(error) => {
            let report = LoadReport { object: Some(object), bytes: size, ..report };
            return Ok(Attempt::failed(report, error));
        }
    };
    if size >= settings.bulk.bytes
        && let Some(started) = hand_over(services, &object, occasion, &options).await?
    {
        return Ok(Attempt::unwritten(LoadReport { bytes: size, ..started }));
    }
    load_version(services, &object, size, options).await
}

/// What one attempt has come to.
pub(super) struct Attempt {
    pub(super) report: LoadReport,
    /// The file's row of the ledger, which is to be told.
    claim: Option<Claim>,
    pub(super) written: ReportWrite,
}

/// What is to be written as the object's report.
pub(super) enum ReportWrite {
    /// The report.
    Anew,
    /// The report, unless there is one: a failed look at the ledger says nothing about a load.
    IfAbsent,
    /// This.
    Now(Vec<u8>),
    /// Nothing: it is there, or there is nothing to say.
    Already,
}

impl Attempt {
    fn of(report: LoadReport) -> Self {
        Self { report, claim: None, written: ReportWrite::Anew }
    }

    /// One that leaves no report.
    fn unwritten(report: LoadReport) -> Self {
        Self { report, claim: None, written: ReportWrite::Already }
    }

    /// One that has nothing to do.
    pub(super) fn over(report: LoadReport, body: Option<Vec<u8>>) -> Self {
        let written = match body {
            Some(body) => ReportWrite::Now(body),
            None if report.status == Status::Duplicate => ReportWrite::Already,
            None => ReportWrite::Anew,
        };
        Self { report, claim: None, written }
    }

    /// One that has failed before it began.
    fn failed(report: LoadReport, error: LoadError) -> Self {
        Self { report: failed(report, error), claim: None, written: ReportWrite::IfAbsent }
    }
}

/// Loads one version of an object, unless that is done or another attempt is in progress.
async fn load_version<H: Host>(
    services: &LoadServices<'_, H>,
    object: &ObjectRef,
    size: u64,
    options: LoadOptions,
) -> Result<Attempt, LoadError> {
    let LoadServices { settings, database, .. } = services;
    let schema = match services.schema(&object.key).await {
        Ok(schema) => schema,
        Err(error) => {
            let report = LoadReport::begin(database.host(), options, size);
            let report = LoadReport { object: Some(object.clone()), ..report };
            return Ok(Attempt::failed(report, error));
        }
    };
    let Ok(TableFile { table, .. }) = TableFile::of_path(schema, &object.key) else {
        let report = load_rows(services, object, size, options, None).await;
        return Ok(Attempt::of(report));
    };
    let load_id = to_claim(object, table, &options).load_id();
    let options = options.of_load(&object.key, &load_id, database.host().now());
    let file = to_claim(object, table, &options);
    let (claim, progress) = match begin(database, &settings.lease, object, &file, &options).await {
        Ok(Begun::Claimed(claim, progress)) => (claim, progress),
        Ok(Begun::Over(report, body)) => return Ok(Attempt::over(*report, body)),
        // The report is that attempt's to write.
        Err(LoadError::Running) => return Err(LoadError::Running),
        Err(error) => {
            let report = LoadReport::begin(database.host(), options, size);
            let report = LoadReport { object: Some(object.clone()), ..report };
            return Ok(Attempt::failed(report, error));
        }
    };
    let options = claimed::options(&progress, &options);
    let batch_bytes = settings.batch_bytes;
    let claimed = Claimed { claim: &claim, progress, from: Position::START, batch_bytes };
    let report = load_rows(services, object, size, options, Some(&claimed)).await;
    match report.failure {
        Some(LoadError::LeaseLost) => Err(LoadError::LeaseLost),
        _ => Ok(Attempt { report, claim: Some(claim), written: ReportWrite::Anew }),
    }
}

/// The bytes of an object up to `end`.
pub(super) fn source<'s, H: Host>(
    s3: &'s Client<'s, H, S3Endpoint>,
    object: &'s ObjectRef,
    end: u64,
) -> ObjectSource<'s, H> {
    ObjectSource {
        client: s3,
        bucket: &object.bucket,
        key: &object.key,
        version_id: object.version_id.as_deref(),
        e_tag: object.e_tag.as_deref(),
        size: end,
    }
}

/// Loads the rows of an object in front of `end`, from the claim's place on.
pub(super) async fn load_rows<H: Host>(
    services: &LoadServices<'_, H>,
    object: &ObjectRef,
    end: u64,
    options: LoadOptions,
    claimed: Option<&Claimed<'_>>,
) -> LoadReport {
    let LoadServices { settings, s3, database } = services;
    let source = source(s3, object, end);
    let from_row = claimed.map_or(0, |claimed| claimed.from.row);
    let keys = RejectKeys::of(object, from_row);
    let mut sinks = RejectSinks {
        rejects: S3Rejects::new(s3, object, &keys.rejects, keys.media_type),
        undecoded: S3Rejects::new(s3, object, &keys.undecoded, "application/octet-stream"),
    };
    let (schema, source, path) = (&settings.schema, &source, object.key.as_str());
    let job = Job { schema, database, source, path, options };
    let report = load_claimed(&job, &mut sinks, claimed).await;
    if report.failure.is_some() {
        sinks.rejects.abandon().await;
        sinks.undecoded.abandon().await;
    }
    LoadReport { object: Some(object.clone()), ..report }
}

pub(super) async fn head<H: Host>(
    s3: &Client<'_, H, S3Endpoint>,
    object: &ObjectRef,
) -> Result<Option<HeadObjectOutput>, LoadError> {
    let head = HeadObject {
        bucket: &object.bucket,
        key: &object.key,
        version_id: object.version_id.as_deref(),
        if_match: object.e_tag.as_deref(),
    };
    match s3.call(&head, Repeat::Harmless).await {
        Ok(head) => Ok(Some(head)),
        Err(error) => match SourceError::of_call(&error) {
            SourceError::Gone => Ok(None),
            SourceError::Failed(cause) => Err(LoadError::Read(cause)),
        },
    }
}

fn ignored(object: &ObjectRef, report: LoadReport) -> LoadReport {
    LoadReport { status: Status::Ignored, object: Some(object.clone()), ..report }
}

fn gone(schema: Schema, object: &ObjectRef, report: LoadReport) -> LoadReport {
    not_read(schema, object, report, Status::Gone, RowErrorKind::ObjectGone)
}

fn unreadable(schema: Schema, object: &ObjectRef, report: LoadReport) -> LoadReport {
    not_read(schema, object, report, Status::Rejected, RowErrorKind::UnreadableKey)
}

fn not_read(
    schema: Schema,
    object: &ObjectRef,
    report: LoadReport,
    status: Status,
    kind: RowErrorKind,
) -> LoadReport {
    let mut report = LoadReport { object: Some(object.clone()), status, ..report };
    let file = TableFile::of_path(schema, &object.key);
    let table = file.map_or_else(|issue| issue.table, |file| file.table.name.into());
    let error = RowError::row(kind);
    report.issues.push(Issue { table, index: None, line: None, error });
    report
}

pub(super) async fn write_report<H: Host>(
    s3: &Client<'_, H, S3Endpoint>,
    report: &LoadReport,
    written: ReportWrite,
) -> Result<(), LoadError> {
    let Some(object) = &report.object else { return Ok(()) };
    let if_none_match = matches!(written, ReportWrite::IfAbsent);
    let body = match written {
        ReportWrite::Already => return Ok(()),
        ReportWrite::Now(body) => body,
        ReportWrite::Anew | ReportWrite::IfAbsent => {
            serde_json::to_vec(report).map_err(|error| LoadError::Write(error.to_string()))?
        }
    };
    let put = PutObject {
        bucket: &object.bucket,
        key: &object.report_key(),
        body: body.into(),
        content_type: "application/json",
        if_none_match,
    };
    match s3.closing().call(&put, Repeat::Harmless).await {
        Err(CallError::Api(error)) if if_none_match && error.is_precondition_failed() => Ok(()),
        result => result.map_err(|error| LoadError::Write(error.to_string())),
    }
}

struct S3Rejects<'s, H> {
    upload: Upload<'s, H>,
    key: &'s str,
}

impl<'s, H: Host> S3Rejects<'s, H> {
    fn new(
        s3: &'s Client<'s, H, S3Endpoint>,
        object: &'s ObjectRef,
        key: &'s str,
        media_type: &'static str,
    ) -> Self {
        Self { upload: Upload::new(s3, &object.bucket, key, media_type), key }
    }
}

impl<H: Host> RejectSink for S3Rejects<'_, H> {
    async fn write(&mut self, bytes: Vec<u8>, last: bool) -> Result<(), String> {
        let written = match last {
            true => self.upload.finish(bytes.into()).await,
            false => self.upload.write(bytes.into()).await,
        };
        written.map_err(|error| error.to_string())
    }

    async fn abandon(&mut self) {
        self.upload.abandon().await;
    }

    fn name(&self) -> String {
        self.key.to_string()
    }
}
