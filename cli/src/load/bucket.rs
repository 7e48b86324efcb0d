//! A file into the bucket, and its report out of it.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fs::File;
use std::future::pending;
use std::io::Read;
use std::path::Path;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail};
use indicatif::{HumanCount, ProgressBar};
use rowgate_core::s3::{GetObject, HeadObject, HeadObjectOutput, ListObjectsV2};
use rowgate_core::{CallError, LoadRecord, ObjectRef, Repeat, Upload, list_loads};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::fetch::fetch;
use crate::progress;
use crate::session::{S3, Session};
use crate::signals;

/// The size of a part; with 10,000 of them a file may have 80 GB.
const PART: usize = 8 << 20;

/// The most reports on one key that are looked at before an upload, of some 250 bytes each.
const REPORTS_LIMIT: usize = 100_000;

/// How often to look into the ledger, and at how many of its newest loads.
const LOOK: Duration = Duration::from_secs(2);
const NEWEST: u32 = 50;

/// How often to look for the report.
const INTERVAL: Duration = Duration::from_millis(300);

/// Uploads a file and waits so long for its report, with its rejected lines; `None` if it is not waited
/// for.
pub(super) async fn load(
    bucket: &str,
    key: &str,
    (path, file): (&Path, File),
    wait: Duration,
) -> Result<Option<Value>> {
    let session = Session::from_environment();
    let s3 = session.s3()?;
    if wait.is_zero() {
        upload(&s3, bucket, key, file).await?;
        return Ok(None);
    }
    let earlier = reports(&s3, bucket, key).await?;
    upload(&s3, bucket, key, file).await?;
    let uploaded = head(&s3, bucket, key).await?.context("the object is gone already")?;
    let object = ObjectRef {
        bucket: bucket.to_owned(),
        key: key.to_owned(),
        version_id: uploaded.version_id.clone(),
        e_tag: Some(uploaded.e_tag.clone()),
        sequencer: None,
    };
    let waiting = progress::of_time(format!("{key} is in the bucket; waiting for its report"));
    let uploaded = last_modified(&uploaded)?;
    let mut reported = tokio::select! {
        reported = report(&s3, &object, &earlier, uploaded, wait) => reported,
        never = follow(&session, &object, &waiting) => match never {},
    };
    waiting.finish_and_clear();
    if let Ok(report) = &mut reported {
        fetch(&s3, bucket, path, report).await;
    }
    let became = format!("{key} is in the bucket, and its report comes to {}", object.report_key());
    reported.map(Some).map_err(|error| signals::told(error, &became))
}

/// Shows how many rows the ledger has of a load, if the settings of its database are there and a person
/// looks on; ends with what waits for the report.
async fn follow(session: &Session, object: &ObjectRef, bar: &ProgressBar) -> Infallible {
    let (Ok(client), false) = (session.database(), bar.is_hidden()) else {
        return pending().await;
    };
    let begun = Instant::now();
    let what = bar.message();
    loop {
        sleep(LOOK).await;
        // What the database does not say is no reason to stop waiting.
        let loads = list_loads(&client, NEWEST).await.unwrap_or_default();
        let is_ours = |load: &&LoadRecord| load.bucket == object.bucket && load.key == object.key;
        let rows = loads.iter().find(is_ours).map_or(0, |load| load.counts.received);
        let rate = rows / begun.elapsed().as_secs().max(1);
        if rows > 0 {
            let (rows, rate) = (HumanCount(rows), HumanCount(rate));
            bar.set_message(format!("{what}: {rows} rows, {rate} rows/s"));
        }
    }
}

async fn upload(s3: &S3<'_>, bucket: &str, key: &str, mut file: File) -> Result<()> {
    let progress = progress::of_bytes(file.metadata()?.len());
    let mut upload = Upload::new(s3, bucket, key, "application/octet-stream");
    loop {
        let mut part = Vec::new();
        file.by_ref().take(PART as u64).read_to_end(&mut part)?;
        let length = part.len();
        let written = match length == PART {
            true => upload.write(part.into()).await,
            false => upload.finish(part.into()).await,
        };
        if let Err(error) = written {
            upload.abandon().await;
            return Err(signals::told(error, &format!("{key} is not put into the bucket")));
        }
        progress::advance(&progress, length as u64);
        if length < PART {
            progress.finish_and_clear();
            return Ok(());
        }
    }
}

/// The reports that are there on this key, with their ETags.
async fn reports(s3: &S3<'_>, bucket: &str, key: &str) -> Result<BTreeMap<String, String>> {
    let prefix = ObjectRef::reports_prefix(key);
    let mut found = BTreeMap::new();
    let (mut token, mut room) = (None, REPORTS_LIMIT);
    loop {
        let list = ListObjectsV2 { bucket, prefix: &prefix, continuation_token: token.as_deref() };
        let page = s3.call(&list, Repeat::Harmless).await?;
        room = room_behind(page.contents.len(), room).with_context(|| {
            let advice = "delete old ones, or load with --wait 0";
            format!("more than {REPORTS_LIMIT} reports begin with {prefix}; {advice}")
        })?;
        found.extend(page.contents.into_iter().map(|report| (report.key, report.e_tag)));
        token = page.next_continuation_token;
        if token.is_none() {
            return Ok(found);
        }
    }
}

/// How many reports may come behind a page of so many; `None` past the last. A page without any counts
/// as one, so that a list of such pages ends, too.
fn room_behind(page: usize, room: usize) -> Option<usize> {
    room.checked_sub(page.max(1))
}

/// Waits for a report that was not there before and is not older than the object. Without versions
/// the same content, uploaded before, has its report under the same key; the two differ, since each
/// has its event's sequencer.
async fn report(
    s3: &S3<'_>,
    object: &ObjectRef,
    earlier: &BTreeMap<String, String>,
    uploaded: SystemTime,
    wait: Duration,
) -> Result<Value> {
    let key = object.report_key();
    let end = Instant::now() + wait;
    let mut failure = String::new();
    while Instant::now() < end {
        sleep(INTERVAL).await;
        let Some(head) = head(s3, &object.bucket, &key).await? else { continue };
        if earlier.get(&key) == Some(&head.e_tag) || last_modified(&head)? < uploaded {
            continue;
        }
        let get = GetObject {
            bucket: &object.bucket,
            key: &key,
            version_id: None,
            range: 0..head.content_length,
            if_match: Some(&head.e_tag),
        };
        let body = match s3.call(&get, Repeat::Harmless).await {
            Ok(output) => output.body,
            // Written anew since it was looked at.
            Err(CallError::Api(error)) if error.is_precondition_failed() => continue,
            Err(error) => return Err(error.into()),
        };
        let report: Value = serde_json::from_slice(&body).context("the report is no JSON")?;
        match &report["failure"] {
            // AWS delivers the event again.
            Value::String(cause) => failure = format!("; the last attempt failed: {cause}"),
            _ => return Ok(report),
        }
    }
    bail!("no report within {} seconds at {key}{failure}", wait.as_secs())
}

async fn head(s3: &S3<'_>, bucket: &str, key: &str) -> Result<Option<HeadObjectOutput>> {
    let head = HeadObject { bucket, key, version_id: None, if_match: None };
    match s3.call(&head, Repeat::Harmless).await {
        Ok(head) => Ok(Some(head)),
        Err(CallError::Api(error)) if error.is_not_found() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn last_modified(head: &HeadObjectOutput) -> Result<SystemTime> {
    httpdate::parse_http_date(&head.last_modified).context("S3 answered no date")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_list_of_reports_is_read_without_an_end() {
        for page in [0, 1, 999, 1_000, REPORTS_LIMIT] {
            let mut room = Some(REPORTS_LIMIT);
            let pages = (0..).take_while(|_| {
                room = room.and_then(|room| room_behind(page, room));
                room.is_some()
            });
            assert_eq!(pages.count(), REPORTS_LIMIT / page.max(1), "{page}");
        }
        assert_eq!(room_behind(REPORTS_LIMIT + 1, REPORTS_LIMIT), None);
    }
}
