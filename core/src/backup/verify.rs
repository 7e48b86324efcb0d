//! Whether a backup is what its manifest says, without a database.

use alloc::format;

use super::damage::Damage;
use super::error::BackupError;
use super::manifest::{Manifest, TableManifest};
use super::part::PartFile;
use super::progress::Progress;
use crate::aws::host::{Client, Host};
use crate::aws::s3::S3Endpoint;
use crate::sql::checksum::Checksum;
use crate::table::schema::Schema;

/// Reads every byte and every row of a backup, and compares sizes, hashes, counts and checksums.
///
/// The first difference is the error; it names the file and, inside of one, the block.
pub async fn verify<H: Host>(
    schema: Schema,
    s3: &Client<'_, H, S3Endpoint>,
    bucket: &str,
    manifest: &Manifest,
    mut progress: impl FnMut(Progress),
) -> Result<(), BackupError> {
    let (mut rows, mut bytes, of) = (0, 0, manifest.rows());
    for entry in &manifest.tables {
        let mut checksum = Checksum::default();
        for part in &entry.parts {
            let table = schema.table(&entry.table);
            let unknown = || BackupError::damaged(&part.key, Damage::UnknownTable);
            let table = table.ok_or_else(unknown)?;
            let file = PartFile::of_manifest(s3, bucket, part).await?;
            let found = file.read(s3, bucket, table).await?;
            checksum.merge(found);
            rows += found.rows;
            bytes += part.bytes;
            progress(Progress { table: table.name, rows, of, bytes });
        }
        if !entry.is_of(checksum) {
            let key = format!("backups/{}/{}", manifest.run, entry.table);
            return Err(BackupError::damaged(&key, Damage::Checksum));
        }
    }
    Ok(())
}

impl TableManifest {
    /// Whether some rows are the ones that were backed up.
    pub fn is_of(&self, rows: Checksum) -> bool {
        rows.rows == self.rows && rows.hex() == self.checksum
    }
}
