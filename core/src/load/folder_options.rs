//! `_options.json` of a folder in the bucket: how its files are loaded, without a deployment.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::error::LoadError;
use super::object_ref::{OPTIONS_FILE, ObjectRef};
use super::options::{LoadOptions, Overrides};
use super::services::LoadServices;
use crate::aws::host::{CallError, Host, Repeat};
use crate::aws::s3::GetObject;

/// The most bytes of one; some hundred names of a header.
const MOST_BYTES: u64 = 64 << 10;

/// So many folders are looked into, the nearest ones: each is a call.
const MOST_FOLDERS: usize = 8;

/// How an object is loaded: as the settings say and, over them, the `_options.json` of the nearest of its
/// folders that has one.
pub(super) async fn options<H: Host>(
    services: &LoadServices<'_, H>,
    object: &ObjectRef,
) -> Result<LoadOptions, LoadError> {
    let mut options = services.options(&object.key);
    if !services.settings.has_options_files {
        return Ok(options);
    }
    for key in keys(&object.key) {
        let Some(bytes) = read(services, &object.bucket, &key).await? else { continue };
        let overrides = overrides(&bytes);
        let overrides =
            overrides.map_err(|reason| LoadError::Options(format!("{key}: {reason}")))?;
        overrides.apply(&mut options);
        options.options_file = Some(key);
        break;
    }
    Ok(options)
}

/// The keys at which the file may be, the nearest folder first; the bucket itself is no folder.
fn keys(key: &str) -> impl Iterator<Item = String> {
    let ends = key.rmatch_indices('/').map(|(end, _)| end).take(MOST_FOLDERS);
    ends.map(|end| format!("{}/{OPTIONS_FILE}", &key[..end]))
}

/// The bytes of an object, one more than may be at the most; `None` if it is not there.
async fn read<H: Host>(
    services: &LoadServices<'_, H>,
    bucket: &str,
    key: &str,
) -> Result<Option<Vec<u8>>, LoadError> {
    let range = 0..MOST_BYTES + 1;
    let get = GetObject { bucket, key, version_id: None, range, if_match: None };
    match services.s3.call(&get, Repeat::Harmless).await {
        Ok(output) => Ok(Some(output.body)),
        Err(CallError::Api(error)) if error.is_not_found() => Ok(None),
        // An empty object has no range.
        Err(CallError::Api(error)) if error.is_beyond_the_end() => Ok(Some(Vec::new())),
        Err(error) => Err(LoadError::Read(format!("{key}: {error}"))),
    }
}

fn overrides(bytes: &[u8]) -> Result<Overrides, String> {
    if bytes.len() as u64 > MOST_BYTES {
        return Err(format!("has more than {MOST_BYTES} bytes"));
    }
    let text = core::str::from_utf8(bytes).map_err(|_| "is not UTF-8".to_string())?;
    Overrides::of_text(text.strip_prefix('\u{feff}').unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_folders_come_first_and_the_bucket_is_none() {
        let found: Vec<_> = keys("incoming/jobs/a.csv").collect();
        assert_eq!(found, ["incoming/jobs/_options.json", "incoming/_options.json"]);
        assert_eq!(keys("a.csv").count(), 0);
        let deep = "f/".repeat(40) + "a.csv";
        assert_eq!(keys(&deep).count(), MOST_FOLDERS);
        assert_eq!(keys(&deep).next().unwrap(), "f/".repeat(40) + "_options.json");
    }
}
