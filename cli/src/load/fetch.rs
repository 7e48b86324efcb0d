//! The rejected lines of a file in the bucket, fetched beside the file that they are of.

use std::path::Path;

use anyhow::{Result, anyhow};
use rowgate_core::s3::HeadObject;
use rowgate_core::{ObjectSource, RejectSink, Repeat, Source};
use serde_json::{Value, json};

use super::reject_file::RejectFile;
use crate::session::S3;
use crate::terminal;

/// The most bytes of one call.
const RANGE: u64 = 8 << 20;

/// What a report names, which is also what is added to the file's name.
const KINDS: [&str; 2] = ["rejects", "undecoded"];

/// Fetches what the report names; the report then says in `fetched` where it is on this machine.
///
/// What cannot be fetched is said, and no error: the report is the outcome.
pub(super) async fn fetch(s3: &S3<'_>, bucket: &str, path: &Path, report: &mut Value) {
    let mut fetched = json!({});
    for kind in KINDS {
        let Some(key) = report[kind].as_str() else { continue };
        match copy(s3, bucket, key, RejectFile::new(path, kind)).await {
            Ok(name) => fetched[kind] = name.into(),
            Err(error) => terminal::complain(&format!("{key} could not be fetched: {error:#}")),
        }
    }
    if fetched.as_object().is_some_and(|fetched| !fetched.is_empty()) {
        report["fetched"] = fetched;
    }
}

async fn copy(s3: &S3<'_>, bucket: &str, key: &str, mut file: RejectFile) -> Result<String> {
    let copied = copy_ranges(s3, bucket, key, &mut file).await;
    if copied.is_err() {
        file.abandon().await;
    }
    copied.map(|()| file.name())
}

async fn copy_ranges(s3: &S3<'_>, bucket: &str, key: &str, file: &mut RejectFile) -> Result<()> {
    let head = HeadObject { bucket, key, version_id: None, if_match: None };
    let head = s3.call(&head, Repeat::Harmless).await?;
    let (size, e_tag) = (head.content_length, Some(head.e_tag.as_str()));
    let source = ObjectSource { client: s3, bucket, key, version_id: None, e_tag, size };
    let mut from = 0;
    while from < size {
        let range = from..size.min(from + RANGE);
        from = range.end;
        let part = source.read(range).await?;
        file.write(part, from == size).await.map_err(|error| anyhow!(error))?;
    }
    Ok(())
}
