//! Rows into the files of one table, and those to S3 piece by piece.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::mem;
use core::sync::atomic::{AtomicUsize, Ordering};

use super::error::BackupError;
use super::keys::part_key;
use super::manifest::PartManifest;
use super::records::Records;
use super::run::BackupRun;
use crate::aws::host::Host;
use crate::aws::s3::PART_MINIMUM;
use crate::aws::upload::Upload;
use crate::format::avro::{AvroWriter, PART_BYTES};
use crate::sql::checksum::Checksum;
use crate::table::record::Cell;
use crate::table::schema::Table;
use crate::table::types::Definition;

/// How much of a file is written at a time: the least that S3 takes, since each of the ranges that
/// are read at once holds so much.
const PIECE: usize = PART_MINIMUM;

/// What a page adds at most: an answer's limit.
const PAGE: usize = 1 << 20;

/// A table in a run.
pub(super) struct Files<'f, H> {
    pub(super) run: &'f BackupRun<'f, H>,
    pub(super) table: &'static Table,
    /// How many files were begun, by all writers of the table.
    begun: AtomicUsize,
    /// The key of the only file that there is to be, however large it gets.
    only: Option<String>,
}

impl<'f, H: Host> Files<'f, H> {
    pub(super) fn new(run: &'f BackupRun<'f, H>, table: &'static Table) -> Self {
        Self { run, table, begun: AtomicUsize::new(0), only: None }
    }

    /// A single file.
    pub(super) fn one(run: &'f BackupRun<'f, H>, table: &'static Table, key: String) -> Self {
        Self { only: Some(key), ..Self::new(run, table) }
    }

    fn begin(&self) -> PartWriter<'f, H> {
        let number = self.begun.fetch_add(1, Ordering::Relaxed);
        let BackupRun { services, options, name, .. } = self.run;
        let key = self.only.clone().unwrap_or_else(|| part_key(name, self.table.name, number));
        PartWriter {
            writer: AvroWriter::new(self.table, options.codec, self.run.sync_marker()),
            piece: Vec::with_capacity(PIECE + PAGE),
            upload: Upload::new(services.s3, services.bucket, key, "avro/binary"),
        }
    }

    fn unexpected(&self) -> BackupError {
        BackupError::UnexpectedValue { table: self.table.name }
    }
}

/// The files of one span of keys.
pub(super) struct Output<'o, H> {
    files: &'o Files<'o, H>,
    open: Option<PartWriter<'o, H>>,
    /// The files that are whole.
    pub(super) parts: Vec<PartManifest>,
    pub(super) checksum: Checksum,
}

/// A file that is being written.
struct PartWriter<'o, H> {
    writer: AvroWriter,
    /// Its bytes that are not sent yet.
    piece: Vec<u8>,
    upload: Upload<'o, H>,
}

impl<'o, H: Host> Output<'o, H> {
    pub(super) fn new(files: &'o Files<'o, H>) -> Self {
        Self { files, open: None, parts: Vec::new(), checksum: Checksum::default() }
    }

    /// The bytes of all files so far.
    pub(super) fn bytes(&self) -> u64 {
        let whole: u64 = self.parts.iter().map(|part| part.bytes).sum();
        whole + self.open.as_ref().map_or(0, |file| file.writer.bytes())
    }

    /// Writes rows into the open file, and ends it once it is large enough.
    pub(super) async fn write(&mut self, rows: &Records) -> Result<(), BackupError> {
        if rows.is_empty() {
            return Ok(());
        }
        let files = self.files;
        let file = self.open.get_or_insert_with(|| files.begin());
        push_all(files.table, &mut file.writer, rows, &mut self.checksum)
            .ok_or_else(|| files.unexpected())?;
        file.piece.append(&mut file.writer.take());
        if file.writer.bytes() >= PART_BYTES && files.only.is_none() {
            self.finish().await
        } else if file.piece.len() >= PIECE {
            file.send_piece().await
        } else {
            Ok(())
        }
    }

    /// Ends the open file, if there is one.
    pub(super) async fn finish(&mut self) -> Result<(), BackupError> {
        let Some(PartWriter { writer, mut piece, mut upload }) = self.open.take() else {
            return Ok(());
        };
        let (rest, summary) = writer.finish().map_err(|_| self.files.unexpected())?;
        piece.extend(rest);
        if let Err(error) = upload.finish(piece.into()).await {
            upload.abandon().await;
            return Err(BackupError::write(upload.key(), &error));
        }
        self.parts.push(PartManifest {
            key: upload.key().to_string(),
            rows: summary.rows,
            bytes: summary.bytes,
            sha256: summary.sha256,
        });
        Ok(())
    }

    /// Gives the open file up, so that nothing of it is left.
    pub(super) async fn abandon(&mut self) {
        if let Some(mut file) = self.open.take() {
            file.upload.abandon().await;
        }
    }
}

impl<H: Host> PartWriter<'_, H> {
    async fn send_piece(&mut self) -> Result<(), BackupError> {
        let piece = mem::replace(&mut self.piece, Vec::with_capacity(PIECE + PAGE));
        let sent = self.upload.write(piece.into()).await;
        sent.map_err(|error| BackupError::write(self.upload.key(), &error))
    }
}

/// Brings texts that each engine writes in its own way into the canonical form; `None` if one is no value.
pub(super) fn read_all(table: &Table, cells: &mut [Cell<'_>]) -> Option<()> {
    for (cell, column) in cells.iter_mut().zip(table.columns) {
        if let Cell::Text(text) = cell {
            *text = column.column_type.read(core::mem::take(text))?;
        }
    }
    Some(())
}

/// `None` if there is a value that its column cannot hold.
fn push_all(
    table: &Table,
    writer: &mut AvroWriter,
    rows: &Records,
    checksum: &mut Checksum,
) -> Option<()> {
    let mut cells = Vec::new();
    for row in 0..rows.len() {
        if !rows.cells(row, &mut cells) {
            return None;
        }
        read_all(table, &mut cells)?;
        writer.push(&cells).ok()?;
        checksum.add(table, &cells);
    }
    Some(())
}
