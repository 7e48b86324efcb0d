//! What a backup consists of. It is written last: a run without it is no backup.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::avro;
use crate::checksum::Checksum;
use crate::schema::Table;

/// Where all backups are.
pub(crate) const FOLDER: &str = "backups/";

/// What a backup consists of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The manifest's form; one that does not say has form 1.
    #[serde(default = "first_format")]
    pub format: u32,
    /// The version of rowgate that wrote it.
    pub rowgate: String,
    /// The run's name; later ones stand behind earlier ones.
    pub run: String,
    /// When it began, as `YYYY-MM-DDTHH:MM:SSZ`.
    pub started: String,
    /// When its last part was written.
    pub finished: String,
    /// Whether all tables were read in one transaction, and so are of the same moment.
    pub snapshot: bool,
    /// How blocks are packed.
    pub codec: String,
    /// The tables, parents first.
    pub tables: Vec<TableManifest>,
}

/// One table of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableManifest {
    /// Its name.
    pub table: String,
    /// How many rows.
    pub rows: u64,
    /// The checksum of the content, 16 hexadecimal digits; see [`Checksum`](crate::Checksum).
    pub checksum: String,
    /// SHA-256 of the Avro schema's Parsing Canonical Form.
    pub fingerprint: String,
    /// The files, in the order of the rows' keys; none of an empty table.
    pub parts: Vec<PartManifest>,
}

/// One file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartManifest {
    /// Its key in the bucket.
    pub key: String,
    /// How many rows.
    pub rows: u64,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of the whole file, in hexadecimal.
    pub sha256: String,
}

impl TableManifest {
    /// Of this table, with these rows in these files.
    pub(super) fn new(table: &Table, content: Checksum, parts: Vec<PartManifest>) -> Self {
        Self {
            table: table.name.to_string(),
            rows: content.rows,
            checksum: content.hex(),
            fingerprint: avro::fingerprint(table),
            parts,
        }
    }
}

/// What a manifest of version 0.1 is.
fn first_format() -> u32 {
    1
}

impl Manifest {
    /// The form that this version writes; it reads earlier ones as well.
    pub(super) const FORMAT: u32 = 1;

    /// The key of a run's manifest.
    pub fn key_of(run: &str) -> String {
        format!("{FOLDER}{run}/manifest.json")
    }

    /// The rows of all tables.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }

    /// The bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.parts().map(|part| part.bytes).sum()
    }

    /// All files.
    pub fn parts(&self) -> impl Iterator<Item = &PartManifest> {
        self.tables.iter().flat_map(|table| &table.parts)
    }
}

/// Whether a text can be a run's name: nothing that leads elsewhere in the bucket.
pub(crate) fn is_run(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    !text.is_empty() && text.len() <= 64 && text.bytes().all(plain)
}

pub(super) fn part_key(run: &str, table: &str, number: usize) -> String {
    format!("{FOLDER}{run}/{table}/part-{number:05}.avro")
}
