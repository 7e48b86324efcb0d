//! An object in S3 as an event names it, and the keys of what is written about it.

use alloc::format;
use alloc::string::{String, ToString};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::aws::s3::{HeadObjectOutput, KEY_LIMIT};
use crate::base::hex::hex;
use crate::format::formats::{CSV, RowFormat};

/// Where rowgate itself writes; nothing there is ever loaded.
const OWN_PREFIXES: [&str; 3] = ["reports/", "rejects/", "backups/"];

/// What the file of a folder's options is called.
pub(super) const OPTIONS_FILE: &str = "_options.json";

/// An object in S3, as an event names it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ObjectRef {
    /// The bucket's name.
    pub bucket: String,
    /// The key, decoded.
    pub key: String,
    /// The version, of a bucket that keeps versions.
    pub version_id: Option<String>,
    /// The ETag without quotes; `None` for whatever is there.
    pub e_tag: Option<String>,
    /// By what S3 orders the events of one key; `None` where no event has brought it.
    pub sequencer: Option<String>,
}

impl ObjectRef {
    /// The key of the object's report.
    pub fn report_key(&self) -> String {
        self.beside("reports", "json")
    }

    /// How the keys of all reports on an object with this key begin.
    pub fn reports_prefix(key: &str) -> String {
        let report = Self { key: key.to_string(), ..Self::default() }.report_key();
        report.strip_suffix("unknown.json").unwrap_or(&report).to_string()
    }

    /// The object as it is now, so that every range is read of the same content.
    pub(super) fn pinned(&self, head: &HeadObjectOutput) -> Self {
        Self {
            version_id: self.version_id.clone().or_else(|| head.version_id.clone()),
            e_tag: Some(head.e_tag.clone()),
            ..self.clone()
        }
    }

    pub(super) fn is_for_loading(&self) -> bool {
        let own = OWN_PREFIXES.iter().any(|prefix| self.key.starts_with(prefix));
        let is_options = self.key.rsplit('/').next() == Some(OPTIONS_FILE);
        !own && !is_options && !self.key.ends_with('/')
    }

    /// Whether a request for the key can be made: URL parsers take such segments away.
    pub(super) fn is_readable(&self) -> bool {
        !has_dot_segment(&self.key)
    }

    /// Whether it is empty because it only says something about its folder, as `_SUCCESS` and
    /// `jobs_$folder$` do.
    pub(super) fn is_mark(&self, size: u64) -> bool {
        let name = self.key.rsplit('/').next().unwrap_or_default();
        size == 0 && (name.starts_with(['_', '.']) || name.ends_with("_$folder$"))
    }

    /// How the keys of all that are written about this object's parts begin and end.
    pub(super) fn beside_all(&self, folder: &str) -> String {
        self.beside(folder, &format!("*{}", reject_format(&self.key).extensions[0]))
    }

    /// The key of something that is written about this object.
    fn beside(&self, folder: &str, extension: &str) -> String {
        let version = self.version_id.as_ref().or(self.e_tag.as_ref());
        let version = version.map_or("unknown", String::as_str);
        let key = format!("{folder}/{}.{version}.{extension}", self.key);
        if key.len() <= KEY_LIMIT && !has_dot_segment(&key) {
            return key;
        }
        let name = hex(&Sha256::digest(self.key.as_bytes()));
        let key = format!("{folder}/{name}.{version}.{extension}");
        if !has_dot_segment(&key) {
            return key;
        }
        let version = hex(&Sha256::digest(version.as_bytes()));
        format!("{folder}/{name}.{version}.{extension}")
    }
}

/// The keys of the reject files of an object, or of a part of it that begins with a row.
pub(super) struct RejectKeys {
    pub(super) rejects: String,
    pub(super) undecoded: String,
    pub(super) media_type: &'static str,
}

impl RejectKeys {
    pub(super) fn of(object: &ObjectRef, from_row: u64) -> Self {
        let part = if from_row == 0 { String::new() } else { format!("from-row-{from_row}.") };
        let format = reject_format(&object.key);
        let extension = format.extensions[0];
        Self {
            media_type: format.written_type(),
            rejects: object.beside("rejects", &format!("{part}{extension}")),
            undecoded: object.beside("rejects", &format!("{part}undecoded.{extension}")),
        }
    }
}

fn reject_format(key: &str) -> &'static RowFormat {
    RowFormat::of_file(key).unwrap_or(&CSV).of_rejects()
}

fn has_dot_segment(key: &str) -> bool {
    key.split('/').any(|segment| matches!(segment, "." | ".."))
}
