//! The backups that there are.

use alloc::string::String;
use alloc::vec::Vec;

use super::manifest::{FOLDER, is_run};
use super::{BackupError, Manifest};
use crate::host::{CallError, Client, Host, Repeat};
use crate::s3::{DeleteObject, Endpoint, GetObject, HeadObject, ListObjectsV2, ListedObject};

/// What the newest run is called by whoever does not know its name.
pub(crate) const LATEST: &str = "latest";

/// The names of all finished runs, the earliest first.
pub async fn list<H: Host>(
    s3: &Client<'_, H, Endpoint>,
    bucket: &str,
) -> Result<Vec<String>, BackupError> {
    let objects = objects(s3, bucket, FOLDER).await?;
    let runs = objects.iter().filter_map(|object| {
        let run = object.key.strip_prefix(FOLDER)?.strip_suffix("/manifest.json")?;
        is_run(run).then(|| run.into())
    });
    Ok(runs.collect())
}

/// The names of all finished runs but the newest `keep`, the earliest first.
pub async fn old<H: Host>(
    s3: &Client<'_, H, Endpoint>,
    bucket: &str,
    keep: usize,
) -> Result<Vec<String>, BackupError> {
    let mut runs = list(s3, bucket).await?;
    runs.truncate(runs.len().saturating_sub(keep));
    Ok(runs)
}

/// A run's manifest; the newest run is also called `latest`.
pub async fn manifest<H: Host>(
    s3: &Client<'_, H, Endpoint>,
    bucket: &str,
    run: &str,
) -> Result<Manifest, BackupError> {
    let newest = match run {
        LATEST => list(s3, bucket).await?.pop(),
        _ => None,
    };
    let run = newest.as_deref().unwrap_or(run);
    if !is_run(run) {
        return Err(BackupError::NoManifest { run: run.into() });
    }
    let key = Manifest::key_of(run);
    let read = |cause| BackupError::Read { key: key.clone(), cause };
    let head = HeadObject { bucket, key: &key, version_id: None, if_match: None };
    let head = match s3.call(&head, Repeat::Harmless).await {
        Ok(head) => head,
        Err(CallError::Api(error)) if error.is_not_found() => {
            return Err(BackupError::NoManifest { run: run.into() });
        }
        Err(error) => return Err(read(alloc::format!("{error}"))),
    };
    let get = GetObject {
        bucket,
        key: &key,
        version_id: None,
        range: 0..head.content_length,
        if_match: Some(&head.e_tag),
    };
    let output = s3.call(&get, Repeat::Harmless).await;
    let body = output.map_err(|error| read(alloc::format!("{error}")))?.body;
    let manifest: Option<Manifest> = serde_json::from_slice(&body).ok();
    let folder = [FOLDER, run, "/"].concat();
    manifest
        .filter(|manifest| manifest.run == run)
        // Its files are deleted by what it says.
        .filter(|manifest| manifest.parts().all(|part| part.key.starts_with(&folder)))
        .ok_or_else(|| BackupError::BadManifest { run: run.into() })
}

/// Deletes runs that have a manifest: the manifest first, so that a run which is half deleted is
/// no backup any more. Answers how many objects went.
pub async fn prune<H: Host>(
    s3: &Client<'_, H, Endpoint>,
    bucket: &str,
    run: &str,
) -> Result<u64, BackupError> {
    let manifest = manifest(s3, bucket, run).await?;
    let mut keys = alloc::vec![Manifest::key_of(run)];
    keys.extend(manifest.parts().map(|part| part.key.clone()));
    for key in &keys {
        let delete = DeleteObject { bucket, key };
        let deleted = s3.call(&delete, Repeat::Harmless).await;
        deleted.map_err(|error| BackupError::write(key, &error))?;
    }
    Ok(keys.len() as u64)
}

/// All objects whose keys begin so, in the order of their keys.
pub(crate) async fn objects<H: Host>(
    s3: &Client<'_, H, Endpoint>,
    bucket: &str,
    prefix: &str,
) -> Result<Vec<ListedObject>, BackupError> {
    let mut objects = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let list = ListObjectsV2 { bucket, prefix, continuation_token: token.as_deref() };
        let page = s3.call(&list, Repeat::Harmless).await.map_err(|error| BackupError::Read {
            key: prefix.into(),
            cause: alloc::format!("{error}"),
        })?;
        objects.extend(page.contents);
        match page.next_continuation_token {
            Some(next) => token = Some(next),
            None => return Ok(objects),
        }
    }
}
