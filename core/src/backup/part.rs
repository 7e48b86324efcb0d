//! One file of rows on S3, found and read.

use alloc::string::String;
use alloc::vec::Vec;

use futures_util::stream::StreamExt;
use sha2::{Digest, Sha256};

use super::damage::Damage;
use super::error::BackupError;
use super::manifest::PartManifest;
use super::part_reader::{PartForm, PartReader};
use crate::aws::host::{Client, Host, Repeat};
use crate::aws::s3::{HeadObject, S3Endpoint};
use crate::aws::source::{ObjectSource, SourceError, pieces};
use crate::base::hex::hex;
use crate::sql::checksum::Checksum;
use crate::table::record::Record;
use crate::table::schema::Table;

/// A file as it was found, so that every later reading is of the same content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartFile {
    /// Its key in the bucket.
    pub key: String,
    /// The ETag that S3 gave it.
    pub e_tag: String,
    /// Its size.
    pub bytes: u64,
    /// What its backup's manifest says of it.
    pub manifest: Option<PartManifest>,
    /// How its rows are written.
    pub form: PartForm,
}

impl PartFile {
    /// Finds a file that a manifest names.
    pub(crate) async fn of_manifest<H: Host>(
        s3: &Client<'_, H, S3Endpoint>,
        bucket: &str,
        part: &PartManifest,
    ) -> Result<Self, BackupError> {
        let found = Self::find(s3, bucket, &part.key).await?;
        let found = found.ok_or_else(|| BackupError::damaged(&part.key, Damage::Missing))?;
        match found.bytes == part.bytes {
            true => Ok(Self { manifest: Some(part.clone()), ..found }),
            false => Err(BackupError::damaged(&part.key, Damage::Size)),
        }
    }

    /// Finds a file by its key; `None` if there is none.
    pub(crate) async fn find<H: Host>(
        s3: &Client<'_, H, S3Endpoint>,
        bucket: &str,
        key: &str,
    ) -> Result<Option<Self>, BackupError> {
        let head = HeadObject { bucket, key, version_id: None, if_match: None };
        match s3.call(&head, Repeat::Harmless).await {
            Ok(head) => Ok(Some(Self {
                key: key.into(),
                e_tag: head.e_tag,
                bytes: head.content_length,
                manifest: None,
                form: PartForm::Avro,
            })),
            Err(error) => match SourceError::of_call(&error) {
                SourceError::Gone => Ok(None),
                SourceError::Failed(cause) => Err(BackupError::Read { key: key.into(), cause }),
            },
        }
    }

    pub(crate) fn source<'s, H>(
        &'s self,
        s3: &'s Client<'s, H, S3Endpoint>,
        bucket: &'s str,
    ) -> ObjectSource<'s, H> {
        ObjectSource {
            client: s3,
            bucket,
            key: &self.key,
            version_id: None,
            e_tag: Some(&self.e_tag),
            size: self.bytes,
        }
    }

    /// Reads no more than the header, which says whether the rows can be read; answers the columns
    /// that it has no field for, and that will be NULL.
    pub(crate) async fn read_header<H: Host>(
        &self,
        s3: &Client<'_, H, S3Endpoint>,
        bucket: &str,
        table: &'static Table,
    ) -> Result<Vec<&'static str>, BackupError> {
        let source = self.source(s3, bucket);
        let mut reader = PartReader::new(table, self.form);
        let mut pieces = self.form.pieces(&source);
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(|error| self.unreadable(error))?;
            let header = reader.read_header(&mut piece.as_slice());
            if header.map_err(|what| self.damaged(what))? {
                return Ok(reader.null_columns());
            }
        }
        reader.finish().map_err(|what| self.damaged(what))?;
        Ok(reader.null_columns())
    }

    /// Reads every byte and compares with the manifest's SHA-256, which is much faster than reading
    /// rows; where it differs, the rows are read to name the block.
    ///
    /// Without a manifest there is nothing to compare with.
    pub(crate) async fn check_hash<H: Host>(
        &self,
        s3: &Client<'_, H, S3Endpoint>,
        bucket: &str,
        table: &'static Table,
    ) -> Result<(), BackupError> {
        let Some(manifest) = &self.manifest else { return Ok(()) };
        let source = self.source(s3, bucket);
        let mut digest = Sha256::new();
        let mut pieces = pieces(&source, 0);
        while let Some(piece) = pieces.next().await {
            digest.update(piece.map_err(|error| self.unreadable(error))?);
        }
        if hex(&digest.finalize()) == manifest.sha256 {
            return Ok(());
        }
        self.read(s3, bucket, table).await?;
        Err(self.damaged(Damage::Hash))
    }

    /// Reads every byte and every row, and compares with what the manifest says.
    pub(crate) async fn read<H: Host>(
        &self,
        s3: &Client<'_, H, S3Endpoint>,
        bucket: &str,
        table: &'static Table,
    ) -> Result<Checksum, BackupError> {
        self.read_rows(s3, bucket, table, |_| ()).await
    }

    /// Does the same, and shows each row.
    pub(crate) async fn read_rows<H: Host>(
        &self,
        s3: &Client<'_, H, S3Endpoint>,
        bucket: &str,
        table: &'static Table,
        mut show: impl FnMut(&Record<'_>),
    ) -> Result<Checksum, BackupError> {
        let source = self.source(s3, bucket);
        let mut reader = PartReader::new(table, self.form);
        let (mut digest, mut checksum) = (Sha256::new(), Checksum::default());
        let mut pieces = self.form.pieces(&source);
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(|error| self.unreadable(error))?;
            digest.update(&piece);
            let mut bytes = piece.as_slice();
            while let Some(row) = reader.next_row(&mut bytes).map_err(|what| self.damaged(what))? {
                checksum.add(table, row.cells());
                show(&row);
            }
        }
        reader.finish().map_err(|what| self.damaged(what))?;
        let Some(manifest) = &self.manifest else { return Ok(checksum) };
        match () {
            () if hex(&digest.finalize()) != manifest.sha256 => Err(self.damaged(Damage::Hash)),
            () if checksum.rows != manifest.rows => Err(self.damaged(Damage::Rows)),
            () => Ok(checksum),
        }
    }

    pub(crate) fn unreadable(&self, error: SourceError) -> BackupError {
        match error {
            SourceError::Gone => self.damaged(Damage::Missing),
            SourceError::Failed(cause) => BackupError::Read { key: self.key.clone(), cause },
        }
    }

    pub(crate) fn damaged(&self, what: Damage) -> BackupError {
        BackupError::damaged(&self.key, what)
    }
}
