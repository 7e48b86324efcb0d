//! An object in S3 into the database; its report, and its rejected lines, beside it.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use sha2::{Digest, Sha256};

use super::{
    File, LoadError, LoadReport, LoadSettings, RejectSink, Status, failed, load, milliseconds,
};
use crate::hex::hex;
use crate::host::{Client, Host, Repeat};
use crate::lines::LineFormat;
use crate::outcome::{Outcome, RowError, RowErrorKind};
use crate::s3::{Endpoint, HeadObject, HeadObjectOutput, KEY_LIMIT, PutObject};
use crate::source::{ObjectSource, SourceError};
use crate::upload::Upload;

/// How long one call is repeated: a paused cluster takes half a minute to resume.
const PATIENCE: Duration = Duration::from_secs(120);

/// Where rowgate itself writes; nothing there is ever loaded.
const OWN_PREFIXES: [&str; 3] = ["reports/", "rejects/", "backups/"];

/// An object in S3, as an event names it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ObjectRef {
    /// The bucket's name.
    pub bucket: String,
    /// The key, decoded.
    pub key: String,
    /// The version, of a bucket that keeps versions.
    pub version_id: Option<String>,
    /// The ETag without quotes; `None` for whatever is there.
    pub e_tag: Option<String>,
}

impl ObjectRef {
    /// The key of the object's report.
    pub fn report_key(&self) -> String {
        self.beside("reports", "json")
    }

    fn is_for_loading(&self) -> bool {
        let own = OWN_PREFIXES.iter().any(|prefix| self.key.starts_with(prefix));
        !own && !self.key.ends_with('/')
    }

    /// The key of something that is written about this object.
    fn beside(&self, folder: &str, extension: &str) -> String {
        let version = self.version_id.as_ref().or(self.e_tag.as_ref());
        let version = version.map_or("unknown", String::as_str);
        let key = format!("{folder}/{}.{version}.{extension}", self.key);
        if key.len() <= KEY_LIMIT {
            return key;
        }
        let name = hex(&Sha256::digest(self.key.as_bytes()));
        format!("{folder}/{name}.{version}.{extension}")
    }
}

/// Loads an object and writes `reports/<key>.<version or ETag>.json`.
///
/// Rejected lines go to `rejects/<key>.<version or ETag>.csv` (or `.ndjson`) in the same bucket.
/// No call is begun or repeated later than `time` from now, the one that writes the report aside.
/// An error means that the event should be delivered again; the report then says so, too.
pub async fn load_object<H: Host>(
    host: &H,
    settings: &LoadSettings,
    object: &ObjectRef,
    time: Duration,
) -> Result<LoadReport, LoadError> {
    let options = settings.rules.options(&object.key);
    if !object.is_for_loading() {
        let ignored = LoadReport::begin(host, options, 0);
        return Ok(LoadReport { status: Status::Ignored, object: Some(object.clone()), ..ignored });
    }
    let started = host.now();
    check_key(&object.key)?;

    let s3 = Client::new(host, &settings.endpoint, time).patient(PATIENCE);
    let mut report = match head(&s3, object).await {
        Ok(Some(head)) => {
            let object = pinned(object, &head);
            let database = Client::new(host, &settings.target, time).patient(PATIENCE);
            let source = ObjectSource {
                client: &s3,
                bucket: &object.bucket,
                key: &object.key,
                version_id: object.version_id.as_deref(),
                e_tag: object.e_tag.as_deref(),
                size: head.content_length,
            };
            let rejects = object.beside("rejects", reject_extension(&object.key));
            let mut sink = S3Rejects {
                upload: Upload::new(&s3, &object.bucket, &rejects, "text/csv; charset=utf-8"),
                key: &rejects,
            };
            let report = load(&database, &source, &object.key, &options, &mut sink).await;
            if report.failure.is_some() {
                sink.abandon().await;
            }
            LoadReport { object: Some(object.clone()), ..report }
        }
        Ok(None) => gone(object, LoadReport::begin(host, options, 0)),
        Err(error) => {
            let report = LoadReport::begin(host, options, 0);
            failed(LoadReport { object: Some(object.clone()), ..report }, error)
        }
    };
    report.started = started;
    report.duration_ms = milliseconds(host.now().saturating_sub(started));
    write_report(&s3, &report).await?;
    match report.failure.clone() {
        Some(failure) => Err(failure),
        None => Ok(report),
    }
}

/// URL parsers take such segments away, so that no request for the key could be made.
fn check_key(key: &str) -> Result<(), LoadError> {
    if key.split('/').any(|segment| matches!(segment, "." | "..")) {
        return Err(LoadError::Read("the key has a segment . or ..".to_string()));
    }
    Ok(())
}

fn reject_extension(key: &str) -> &'static str {
    match LineFormat::of_file(key) {
        Some(LineFormat::Ndjson) => "ndjson",
        _ => "csv",
    }
}

async fn head<H: Host>(
    s3: &Client<'_, H, Endpoint>,
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

/// The object as it is now, so that every range is read of the same content.
fn pinned(object: &ObjectRef, head: &HeadObjectOutput) -> ObjectRef {
    ObjectRef {
        version_id: object.version_id.clone().or_else(|| head.version_id.clone()),
        e_tag: Some(head.e_tag.clone()),
        ..object.clone()
    }
}

fn gone(object: &ObjectRef, report: LoadReport) -> LoadReport {
    let mut report = LoadReport { object: Some(object.clone()), status: Status::Gone, ..report };
    let table = File::of_path(&object.key).map_or_else(|o| o.table, |file| file.table.name.into());
    let error = RowError::row(RowErrorKind::ObjectGone);
    report.outcomes.push(Outcome { table, index: None, line: None, error });
    report
}

async fn write_report<H: Host>(
    s3: &Client<'_, H, Endpoint>,
    report: &LoadReport,
) -> Result<(), LoadError> {
    let Some(object) = &report.object else { return Ok(()) };
    let failed = |cause: String| LoadError::Write(cause);
    let body = serde_json::to_vec(report).map_err(|error| failed(error.to_string()))?;
    let put = PutObject {
        bucket: &object.bucket,
        key: &object.report_key(),
        body: body.into(),
        content_type: "application/json",
        if_none_match: false,
    };
    s3.call(&put, Repeat::Harmless).await.map_err(|error| failed(error.to_string()))
}

struct S3Rejects<'s, H> {
    upload: Upload<'s, H>,
    key: &'s str,
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
