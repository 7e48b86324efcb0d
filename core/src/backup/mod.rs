//! The tables out to Avro files on S3, in one snapshot, with a manifest written last.

mod error;
mod live;
mod manifest;
mod page;
mod part;
mod runs;
mod verify;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use futures_util::future::join;

use crate::avro::{self, AvroWriter, Codec, PART_BYTES};
use crate::checksum::Checksum;
use crate::data_api::{BeginTransaction, ExecuteStatement, Field, RollbackTransaction, Target};
use crate::date_time;
use crate::host::{CallError, Client, Host, Repeat};
use crate::s3::{Endpoint, PutObject};
use crate::schema::Table;
use crate::upload::Upload;

pub use error::{BackupError, Damage};
pub use live::live;
pub(crate) use live::{AFTER, Ranges, compare};
pub(crate) use manifest::{FOLDER, is_run};
pub use manifest::{Manifest, PartManifest, TableManifest};
pub use part::PartFile;
pub(crate) use runs::objects;
pub use runs::{list, manifest, prune};
pub use verify::verify;

use manifest::part_key;
use page::{Pages, cells};

/// Times that a backup is begun whose snapshot was lost.
const ATTEMPTS: u32 = 3;

/// How much of a part is written at a time.
const PIECE: usize = 8 << 20;

/// The parts of the world that a backup needs.
#[derive(Debug)]
pub struct Place<'p, H> {
    /// The database.
    pub database: &'p Client<'p, H, Target>,
    /// S3.
    pub s3: &'p Client<'p, H, Endpoint>,
    /// The bucket.
    pub bucket: &'p str,
}

/// How far a backup, or its verification, has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The table.
    pub table: &'static str,
    /// Rows that are done, of all tables.
    pub rows: u64,
    /// Rows of all tables.
    pub of: u64,
    /// Bytes of files so far.
    pub bytes: u64,
}

/// Backs tables up, all in one transaction and so of one moment.
///
/// If the snapshot is lost, which the service does to an answer over its limit or after a fault, a
/// new run begins, at most twice; what the lost run wrote has no manifest. Rows that are written
/// meanwhile are not in the backup.
pub async fn backup<H: Host>(
    place: &Place<'_, H>,
    tables: &[&'static Table],
    codec: Codec,
    mut progress: impl FnMut(Progress),
) -> Result<Manifest, BackupError> {
    let mut attempt = 1;
    loop {
        let run = Run::new(place, codec);
        match run.write(tables, &mut progress).await {
            Err(BackupError::SnapshotLost(_)) if attempt < ATTEMPTS => attempt += 1,
            ended => return ended,
        }
    }
}

struct Run<'p, H> {
    place: &'p Place<'p, H>,
    codec: Codec,
    name: String,
    started: String,
}

/// What a run has written so far, and what it will.
struct Counts {
    rows: u64,
    of: u64,
    bytes: u64,
}

/// A page that was read already, with the pages behind it.
struct Rows<'r> {
    pages: Pages<'r>,
    page: Vec<Vec<Field>>,
}

impl<'p, H: Host> Run<'p, H> {
    fn new(place: &'p Place<'p, H>, codec: Codec) -> Self {
        let host = place.database.host();
        let started = date_time::text(host.now());
        let time = started.replace(['-', ':'], "");
        // Two runs of the same second have different names.
        let name = format!("{time}-{:08x}", host.random() >> 32);
        Self { place, codec, name, started }
    }

    async fn write(
        &self,
        tables: &[&'static Table],
        progress: &mut impl FnMut(Progress),
    ) -> Result<Manifest, BackupError> {
        let database = self.place.database;
        let id = database.call(&BeginTransaction, Repeat::Harmless).await;
        let id = id.map_err(BackupError::Database)?;
        let written = self.write_tables(tables, &id, progress).await;
        // Nothing was changed; if this fails, the service does it after 3 idle minutes.
        let rollback = RollbackTransaction { transaction_id: &id };
        let _: Result<(), CallError> = database.call(&rollback, Repeat::Harmless).await;

        let manifest = Manifest {
            rowgate: env!("CARGO_PKG_VERSION").to_string(),
            run: self.name.clone(),
            started: self.started.clone(),
            finished: date_time::text(database.host().now()),
            snapshot: true,
            codec: self.codec.name().to_string(),
            tables: written?,
        };
        self.write_manifest(&manifest).await?;
        Ok(manifest)
    }

    async fn write_tables(
        &self,
        tables: &[&'static Table],
        id: &str,
        progress: &mut impl FnMut(Progress),
    ) -> Result<Vec<TableManifest>, BackupError> {
        // The first SELECT fixes the snapshot, for all that follow.
        let mut counted = Vec::new();
        for table in tables {
            counted.push(self.count(table, id).await?);
        }
        let mut counts = Counts { rows: 0, of: counted.iter().sum(), bytes: 0 };
        let mut written = Vec::new();
        for (table, counted) in tables.iter().zip(counted) {
            let manifest = self.write_table(table, id, &mut counts, progress).await?;
            if manifest.rows != counted {
                let (table, read) = (table.name, manifest.rows);
                return Err(BackupError::WrongCount { table, counted, read });
            }
            written.push(manifest);
        }
        Ok(written)
    }

    async fn count(&self, table: &Table, id: &str) -> Result<u64, BackupError> {
        let sql = format!("SELECT COUNT(*) FROM `{}`", table.name);
        let call = ExecuteStatement { sql: &sql, transaction_id: Some(id), ..Default::default() };
        let answer = self.place.database.call(&call, Repeat::Never).await;
        let records = answer.map_err(BackupError::in_snapshot)?.records;
        match records.first().and_then(|row| row.first()) {
            Some(Field::Long(count)) => Ok(u64::try_from(*count).unwrap_or_default()),
            _ => Ok(0),
        }
    }

    async fn write_table(
        &self,
        table: &'static Table,
        id: &str,
        counts: &mut Counts,
        progress: &mut impl FnMut(Progress),
    ) -> Result<TableManifest, BackupError> {
        let mut rows = Rows { pages: Pages::new(table, Some(id)), page: Vec::new() };
        rows.page = self.next_page(&mut rows.pages).await?;
        let mut checksum = Checksum::default();
        let mut parts = Vec::new();
        while !rows.page.is_empty() {
            let key = part_key(&self.name, table.name, parts.len());
            let mut upload = Upload::new(self.place.s3, self.place.bucket, &key, "avro/binary");
            let part = self.write_part(
                table,
                &mut rows,
                &mut upload,
                &key,
                &mut checksum,
                counts,
                progress,
            );
            match part.await {
                Ok(part) => parts.push(part),
                Err(error) => {
                    upload.abandon().await;
                    return Err(error);
                }
            }
        }
        Ok(TableManifest {
            table: table.name.to_string(),
            rows: checksum.rows,
            checksum: checksum.hex(),
            fingerprint: avro::fingerprint(table),
            parts,
        })
    }

    /// Writes rows until a part is full or there are no more; the next page is read while a piece
    /// of the file travels.
    #[allow(
        clippy::too_many_arguments,
        reason = "what goes on from part to part, and what does not"
    )]
    async fn write_part(
        &self,
        table: &'static Table,
        rows: &mut Rows<'_>,
        upload: &mut Upload<'_, H>,
        key: &str,
        checksum: &mut Checksum,
        counts: &mut Counts,
        progress: &mut impl FnMut(Progress),
    ) -> Result<PartManifest, BackupError> {
        let unexpected = || BackupError::UnexpectedValue { table: table.name };
        let mut writer = AvroWriter::new(table, self.codec, self.sync());
        let mut piece: Vec<u8> = Vec::new();
        let before = counts.bytes;
        while !rows.page.is_empty() && writer.bytes() < PART_BYTES {
            for record in &rows.page {
                let cells = cells(record).ok_or_else(unexpected)?;
                writer.push(&cells).map_err(|_| unexpected())?;
                checksum.add(&cells);
            }
            counts.rows += rows.page.len() as u64;
            piece.extend(writer.take());
            rows.page = if piece.len() >= PIECE {
                let body = core::mem::take(&mut piece).into();
                let (page, sent) = join(self.next_page(&mut rows.pages), upload.write(body)).await;
                sent.map_err(|error| BackupError::write(key, &error))?;
                page?
            } else {
                self.next_page(&mut rows.pages).await?
            };
            let bytes = before + writer.bytes();
            progress(Progress { table: table.name, rows: counts.rows, of: counts.of, bytes });
        }
        let (rest, summary) = writer.finish().map_err(|_| unexpected())?;
        piece.extend(rest);
        upload.finish(piece.into()).await.map_err(|error| BackupError::write(key, &error))?;
        counts.bytes = before + summary.bytes;
        Ok(PartManifest {
            key: key.to_string(),
            rows: summary.rows,
            bytes: summary.bytes,
            sha256: summary.sha256,
        })
    }

    async fn next_page(&self, pages: &mut Pages<'_>) -> Result<Vec<Vec<Field>>, BackupError> {
        pages.next(self.place.database).await.map_err(BackupError::in_snapshot)
    }

    fn sync(&self) -> [u8; 16] {
        let host = self.place.database.host();
        let both = (u128::from(host.random()) << 64) | u128::from(host.random());
        both.to_be_bytes()
    }

    async fn write_manifest(&self, manifest: &Manifest) -> Result<(), BackupError> {
        let key = Manifest::key_of(&self.name);
        let cause = |cause: String| BackupError::Write { key: key.clone(), cause };
        let body = serde_json::to_vec(manifest).map_err(|error| cause(error.to_string()))?;
        let put = PutObject {
            bucket: self.place.bucket,
            key: &key,
            body: body.into(),
            content_type: "application/json",
            if_none_match: true,
        };
        match self.place.s3.call(&put, Repeat::Harmless).await {
            Ok(()) => Ok(()),
            // Nobody else has this run's name: an attempt before this one was heard after all.
            Err(CallError::Api(error)) if error.is_precondition_failed() => Ok(()),
            Err(error) => Err(BackupError::write(&key, &error)),
        }
    }
}
