//! A file's place in the ledger: who loads it, how far it is, and what became of it.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use serde_json::Value;

use super::error::LoadError;
use super::object_ref::ObjectRef;
use super::options::LoadOptions;
use super::read_as::ReadAs;
use super::report::{LoadReport, Status};
use crate::aws::host::{CallError, Client, Host};
use crate::ingest::StoreError;
use crate::ledger::{
    self, Claim, ClaimError, FileClaim, FileProgress, FileToClaim, Lease, Position, RESPONSE_LIMIT,
    StoredResponse, Summary,
};
use crate::table::counts::Counts;
use crate::table::schema::Table;

/// What a lease's end is waited past, for clocks that run in milliseconds.
const MOMENT: Duration = Duration::from_millis(20);

/// The right to load a file, and what earlier attempts have left.
#[derive(Debug, Clone)]
pub(super) struct Claimed<'c> {
    pub(super) claim: &'c Claim,
    pub(super) progress: FileProgress,
    /// Where it begins, of a part of a file.
    pub(super) from: Position,
    /// The most bytes of rows in one batch.
    pub(super) batch_bytes: usize,
}

/// What a claim has come to.
#[allow(clippy::large_enum_variant, reason = "there is one a file, never many of them")]
pub(super) enum Begun {
    /// The file is to be loaded, from there on.
    Claimed(Claim, FileProgress),
    /// It is not: this is all that there is to report.
    Over(Box<LoadReport>, Option<Vec<u8>>),
}

/// A version of an object as the ledger knows it, to be loaded like this.
pub(super) fn to_claim<'o>(
    object: &'o ObjectRef,
    table: &'static Table,
    options: &LoadOptions,
) -> FileToClaim<'o> {
    FileToClaim {
        bucket: &object.bucket,
        key: &object.key,
        version_id: object.version_id.as_deref(),
        e_tag: object.e_tag.as_deref(),
        sequencer: object.sequencer.as_deref(),
        table: table.name,
        read_as: ReadAs::of(table).to_json(),
        // Numbers, words and flags always serialize.
        settings: serde_json::to_string(options).unwrap_or_default(),
        is_decided: !options.may_refuse(),
        part: None,
        holder: None,
    }
}

/// Claims a version of an object. Where another attempt is at it, its lease is waited for once.
pub(super) async fn begin<H: Host>(
    client: &Client<'_, H>,
    lease: &Lease,
    object: &ObjectRef,
    file: &FileToClaim<'_>,
    options: &LoadOptions,
) -> Result<Begun, LoadError> {
    let unclaimed = |error: ClaimError| LoadError::from(StoreError::of_claim(&error));
    let mut claim = file.claim(client, lease).await.map_err(unclaimed)?;
    if let FileClaim::Running { lease_left } = claim {
        let wait = lease_left + MOMENT;
        if wait < client.time_left() {
            client.pause(wait).await;
            claim = file.claim(client, lease).await.map_err(unclaimed)?;
        }
    }
    let report = |load_id, status| {
        Box::new(LoadReport {
            load_id,
            status,
            object: Some(object.clone()),
            table: Some(file.table),
            ..LoadReport::begin(client.host(), options.clone(), 0)
        })
    };
    match claim {
        FileClaim::Claimed(claim, progress) => Ok(Begun::Claimed(claim, progress)),
        FileClaim::Running { .. } => Err(LoadError::Running),
        FileClaim::Outdated { load_id } => Ok(Begun::Over(report(load_id, Status::Stale), None)),
        FileClaim::Done { load_id, report: stored, is_put_again } => {
            let (report, body) = of_stored(report(load_id, Status::Duplicate), &stored);
            Ok(Begun::Over(report, Some(body).filter(|_| is_put_again)))
        }
    }
}

pub(super) fn failed(error: &CallError) -> LoadError {
    StoreError::before_commit(error).into()
}

/// The result of a call to the ledger.
pub(super) fn told<T>(result: Result<T, CallError>) -> Result<T, LoadError> {
    result.map_err(|error| failed(&error))
}

/// The counts of the first load, and its report as that of a duplicate.
fn of_stored(mut report: Box<LoadReport>, stored: &str) -> (Box<LoadReport>, Vec<u8>) {
    let mut stored: Value = serde_json::from_str(stored).unwrap_or_default();
    let counts = &stored["tables"][report.table.unwrap_or_default()];
    let count = |name: &str| counts[name].as_u64().unwrap_or_default();
    report.counts = Counts {
        received: count("received"),
        stored: count("stored"),
        kept: count("kept"),
        rejected: count("rejected"),
    };
    report.invalid = count("invalid");
    report.bytes = stored["bytes"].as_u64().unwrap_or_default();
    report.rejects = stored["rejects"].as_str().map(ToString::to_string);
    report.undecoded = stored["undecoded"].as_str().map(ToString::to_string);
    report.rejects_full_at_line = stored["rejects_full_at_line"].as_u64();
    report.rejects_left_out = stored["rejects_left_out"].as_u64().unwrap_or_default();
    stored["status"] = Status::Duplicate.name().into();
    // By it a client knows the report of its own put from earlier ones.
    let sequencer = report.object.as_ref().and_then(|object| object.sequencer.as_deref());
    stored["sequencer"] = sequencer.into();
    let body = serde_json::to_vec(&stored).unwrap_or_default();
    (report, body)
}

/// How this attempt loads the file: an attempt that goes on does as the first one did.
pub(super) fn options(progress: &FileProgress, now: &LoadOptions) -> LoadOptions {
    serde_json::from_str(&progress.settings).unwrap_or_else(|_| now.clone())
}

impl Claimed<'_> {
    /// Takes note that the file is checked and is not refused; its rows are stored next.
    pub(super) async fn decide<H: Host>(
        &self,
        client: &Client<'_, H>,
        has_rejects: bool,
    ) -> Result<Self, LoadError> {
        let decided = self.claim.decide(client, self.from, has_rejects).await;
        match decided.map_err(|error| failed(&error))? {
            true => Ok(Self { progress: FileProgress::none(self.from, true), ..self.clone() }),
            false => Err(LoadError::LeaseLost),
        }
    }

    /// As if every row had been dealt with, so that the file is only read for its rejected lines.
    pub(super) fn for_lines(&self) -> Self {
        let mut progress = self.progress.clone();
        progress.position.row = u64::MAX;
        Self { progress, ..self.clone() }
    }
}

/// Takes note of how the attempt has ended. An error means that another one is needed.
pub(super) async fn end<H: Host>(
    client: &Client<'_, H>,
    claim: &Claim,
    report: &LoadReport,
) -> Result<(), LoadError> {
    let client = &client.closing();
    if report.failure.is_some() {
        // If that fails, the lease ends by itself.
        _ = claim.break_off(client, report.status.name()).await;
        return Ok(());
    }
    let body = serde_json::to_value(report).unwrap_or_default();
    end_with(client, claim, summary(report), body, report.has_refused_rows).await
}

/// Takes note that the load has ended, with this as its report; what is left of rows that the database did not take
/// goes away.
pub(super) async fn end_with<H: Host>(
    client: &Client<'_, H>,
    claim: &Claim,
    summary: Summary,
    body: Value,
    has_rejects: bool,
) -> Result<(), LoadError> {
    let body = stored_report(body);
    let answer = StoredResponse { status: 0, content_type: String::new(), body, summary };
    let ended = claim.finish_file(&client.closing(), &answer, has_rejects).await;
    ended.map_err(|error| failed(&error))
}

/// What the history says of a load.
pub(super) fn summary(report: &LoadReport) -> Summary {
    let by_code = report.issues.by_code();
    Summary {
        status: report.status.name(),
        tables: String::new(),
        counts: report.counts,
        error_codes: by_code.codes(),
        by_code: Some(by_code.clone()),
    }
}

/// The report with as many errors as can be stored.
fn stored_report(mut report: Value) -> String {
    loop {
        let text = report.to_string();
        match report["errors"].as_array_mut() {
            Some(errors) if text.len() > RESPONSE_LIMIT && !errors.is_empty() => {
                errors.truncate(errors.len() / 2);
            }
            _ => return text,
        }
    }
}

/// Which object a load in the ledger is of; `None` if there is no such load of a file.
pub async fn find_load<H: Host>(
    client: &Client<'_, H>,
    load_id: &str,
) -> Result<Option<ObjectRef>, CallError> {
    let found = ledger::find_object(client, load_id).await?;
    Ok(found.map(|[bucket, key, version_id, e_tag, sequencer]| {
        let given = |text: String| Some(text).filter(|text| !text.is_empty());
        ObjectRef {
            bucket,
            key,
            version_id: given(version_id),
            e_tag: given(e_tag),
            sequencer: given(sequencer),
        }
    }))
}
