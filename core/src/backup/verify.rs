//! Whether a backup is what its manifest says, without a database.

use alloc::format;
use alloc::string::String;

use futures_util::stream::StreamExt;
use sha2::{Digest, Sha256};

use super::{BackupError, Damage, Manifest, PartManifest, Progress};
use crate::avro::{AvroReader, ExtraFields};
use crate::checksum::Checksum;
use crate::host::{Client, Host, Repeat};
use crate::s3::{Endpoint, HeadObject};
use crate::schema::{self, Table};
use crate::source::{ObjectSource, SourceError, pieces};

/// Reads every byte and every row of a backup, and compares sizes, hashes, counts and checksums.
///
/// The first difference is the error; it names the file and, inside of one, the block.
pub async fn verify<H: Host>(
    s3: &Client<'_, H, Endpoint>,
    bucket: &str,
    manifest: &Manifest,
    mut progress: impl FnMut(Progress),
) -> Result<(), BackupError> {
    let (mut rows, mut bytes, of) = (0, 0, manifest.rows());
    for entry in &manifest.tables {
        let mut checksum = Checksum::default();
        for part in &entry.parts {
            let table = schema::table(&entry.table);
            let table = table.ok_or_else(|| damaged(part, Damage::UnknownTable))?;
            let found = verify_part(s3, bucket, table, part).await?;
            checksum.merge(found);
            rows += found.rows;
            bytes += part.bytes;
            progress(Progress { table: table.name, rows, of, bytes });
        }
        let same = checksum.rows == entry.rows && checksum.hex() == entry.checksum;
        if !same {
            let key = format!("backups/{}/{}", manifest.run, entry.table);
            return Err(BackupError::Damaged { key, what: Damage::Checksum });
        }
    }
    Ok(())
}

async fn verify_part<H: Host>(
    s3: &Client<'_, H, Endpoint>,
    bucket: &str,
    table: &'static Table,
    part: &PartManifest,
) -> Result<Checksum, BackupError> {
    let head = HeadObject { bucket, key: &part.key, version_id: None, if_match: None };
    let head = s3.call(&head, Repeat::Harmless).await;
    let head = head.map_err(|error| unreadable(part, SourceError::of_call(&error)))?;
    if head.content_length != part.bytes {
        return Err(damaged(part, Damage::Size));
    }
    let source = ObjectSource {
        client: s3,
        bucket,
        key: &part.key,
        version_id: None,
        e_tag: Some(&head.e_tag),
        size: part.bytes,
    };
    let mut reader = AvroReader::new(table, ExtraFields::Refuse);
    let (mut digest, mut checksum) = (Sha256::new(), Checksum::default());
    let mut pieces = pieces(&source, 0);
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|error| unreadable(part, error))?;
        digest.update(&piece);
        let mut bytes = piece.as_slice();
        while let Some(row) =
            reader.next_row(&mut bytes).map_err(|e| damaged(part, Damage::Avro(e)))?
        {
            checksum.add(row.cells());
        }
    }
    reader.finish().map_err(|error| damaged(part, Damage::Avro(error)))?;
    let digest: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    match () {
        () if digest != part.sha256 => Err(damaged(part, Damage::Hash)),
        () if checksum.rows != part.rows => Err(damaged(part, Damage::Rows)),
        () => Ok(checksum),
    }
}

fn unreadable(part: &PartManifest, error: SourceError) -> BackupError {
    match error {
        SourceError::Gone => damaged(part, Damage::Missing),
        SourceError::Failed(cause) => BackupError::Read { key: part.key.clone(), cause },
    }
}

fn damaged(part: &PartManifest, what: Damage) -> BackupError {
    BackupError::Damaged { key: part.key.clone(), what }
}
