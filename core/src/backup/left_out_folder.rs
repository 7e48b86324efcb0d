//! The folders that are no backup, and why.

use alloc::string::String;
use core::fmt;

use serde::{Serialize, Serializer};

use super::damage::Damage;
use super::keys::FOLDER;

/// A folder that is left out, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOutFolder {
    /// The folder, as `backups/NAME/`.
    pub folder: String,
    /// Why.
    pub why: NoBackup,
}

/// Why a folder is no backup.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoBackup {
    /// The folder's name is not a run's.
    OtherName {
        /// The run of its manifest, if it has one that can be read.
        run: Option<String>,
    },
    /// There is no manifest.
    NoManifest,
    /// It has more files than are looked at.
    TooManyFiles,
    /// The manifest cannot be understood.
    BadManifest,
    /// The manifest is not as it was written.
    Changed,
    /// The manifest has a form of a later version.
    LaterFormat {
        /// The form.
        format: u32,
    },
    /// The manifest is of another run, as in a copied folder.
    OtherRun {
        /// That run.
        run: String,
    },
    /// The manifest names a file that is not of its run.
    ForeignFile {
        /// The file's key.
        key: String,
    },
    /// The manifest could not be read.
    Unreadable {
        /// Why.
        cause: String,
    },
    /// A file is not as the manifest says.
    Incomplete {
        /// The file's key.
        key: String,
        /// What is wrong.
        what: Damage,
    },
}

impl LeftOutFolder {
    pub(super) fn new(name: &str, why: NoBackup) -> Self {
        Self { folder: [FOLDER, name, "/"].concat(), why }
    }

    /// The folder's own name.
    pub(crate) fn name(&self) -> &str {
        let name = self.folder.strip_prefix(FOLDER).unwrap_or(&self.folder);
        name.strip_suffix('/').unwrap_or(name)
    }
}

impl fmt::Display for LeftOutFolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.folder, self.why)
    }
}

impl fmt::Display for NoBackup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherName { run: None } => f.write_str("its name is not a run's"),
            Self::OtherName { run: Some(run) } => write!(
                f,
                "its name is not a run's, and its manifest is of run {run}; restore that run, or \
                 name the folders of its tables"
            ),
            Self::NoManifest => f.write_str("no manifest: it is being written, or was given up"),
            Self::TooManyFiles => f.write_str("it has more than 500,000 files"),
            Self::BadManifest => f.write_str("the manifest is not one of rowgate's"),
            Self::Changed => f.write_str(
                "the manifest is not as it was written; to use its files anyway, name the folders of its \
                 tables",
            ),
            Self::LaterFormat { format } => {
                write!(f, "the manifest has format {format}; a later rowgate reads it")
            }
            Self::OtherRun { run } => write!(f, "the manifest is of run {run}"),
            Self::ForeignFile { key } => {
                write!(f, "the manifest names {key}, which is no file of this run")
            }
            Self::Unreadable { cause } => write!(f, "the manifest could not be read: {cause}"),
            Self::Incomplete { key, what } => write!(f, "{key}: {what}"),
        }
    }
}

/// As its text.
impl Serialize for NoBackup {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
