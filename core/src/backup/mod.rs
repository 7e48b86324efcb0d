//! The tables out to Avro files on S3, with a manifest written last.
//!
//! Either all tables are read in one transaction, and so are of one moment, or each table in
//! several places at the same time, which is faster.

pub mod bulk;
mod error;
mod live;
mod manifest;
mod output;
mod page;
mod part;
mod reading;
mod records;
mod runs;
mod spans;
mod split;
mod verify;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::avro::Codec;
use crate::data_api::{BeginTransaction, ExecuteStatement, Field, RollbackTransaction, Target};
use crate::date_time;
use crate::host::{CallError, Client, Host, Repeat};
use crate::s3::{Endpoint, PutObject};
use crate::schema::{ColumnType, Table};

pub use error::{BackupError, Damage};
pub use live::live;
pub(crate) use live::{AFTER, Ranges, compare, content, content_of_span};
pub(crate) use manifest::{FOLDER, is_run};
pub use manifest::{Manifest, PartManifest, TableManifest};
pub use part::PartFile;
pub(crate) use runs::{LATEST, objects};
pub use runs::{list, manifest, old, prune};
pub use split::Span;
pub(crate) use split::split;
pub use verify::verify;

use output::Files;
use reading::{Tally, read_table};
use spans::Spans;

/// Times that a backup is begun whose snapshot was lost.
const ATTEMPTS: u32 = 3;

/// In how many places a table can be read at the same time: each holds a piece of a file.
pub const MOST_PARALLEL: usize = 8;

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
    /// Rows of all tables; without a snapshot about so many.
    pub of: u64,
    /// Bytes of files so far.
    pub bytes: u64,
}

/// How a backup is made.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// How blocks are packed.
    pub codec: Codec,
    /// In how many places a table is read at the same time, at most [`MOST_PARALLEL`]. 1 reads all
    /// tables in one snapshot; with more, rows that are written meanwhile may or may not be in the
    /// backup.
    pub parallel: usize,
}

/// Backs tables up.
///
/// If the snapshot is lost, which the service does to an answer over its limit or after a fault, a
/// new run begins, at most twice; what the lost run wrote has no manifest. Without a snapshot a
/// page that was not answered is asked for again. A run that fails leaves no manifest.
pub async fn backup<H: Host>(
    place: &Place<'_, H>,
    tables: &[&'static Table],
    options: Options,
    mut progress: impl FnMut(Progress),
) -> Result<Manifest, BackupError> {
    let options = Options { parallel: options.parallel.clamp(1, MOST_PARALLEL), ..options };
    let mut attempt = 1;
    loop {
        let run = Run::new(place, options);
        match run.write(tables, &mut progress).await {
            Err(BackupError::SnapshotLost(_)) if attempt < ATTEMPTS => attempt += 1,
            ended => return ended,
        }
    }
}

struct Run<'p, H> {
    place: &'p Place<'p, H>,
    options: Options,
    name: String,
    started: String,
    is_snapshot: bool,
}

/// What is asked of a table before it is read.
struct Extent {
    /// How many rows; where the table is split about how many, for the progress alone.
    rows: u64,
    /// Its least and its greatest key; none of an empty table, or of texts.
    keys: Option<(i64, i64)>,
}

impl<'p, H: Host> Run<'p, H> {
    fn new(place: &'p Place<'p, H>, options: Options) -> Self {
        let host = place.database.host();
        let now = host.now();
        let started = date_time::text(now);
        let time = started.replace(['-', ':'], "");
        // Two runs of the same second are in order too, and of the same moment different.
        let name = format!("{time}-{:03x}{:05x}", now.subsec_millis(), host.random() >> 44);
        Self { place, options, name, started, is_snapshot: options.parallel == 1 }
    }

    /// A run that somebody else has begun, and of which a part is to be written.
    fn of_part(place: &'p Place<'p, H>, codec: Codec, name: &str) -> Self {
        let (name, started) = (name.to_string(), String::new());
        Self { place, options: Options { codec, parallel: 1 }, name, started, is_snapshot: false }
    }

    async fn write(
        &self,
        tables: &[&'static Table],
        progress: &mut impl FnMut(Progress),
    ) -> Result<Manifest, BackupError> {
        let written = if self.is_snapshot {
            self.write_snapshot(tables, progress).await
        } else {
            self.write_tables(tables, None, progress).await
        };
        let manifest = self.manifest(written?);
        self.write_manifest(&manifest).await?;
        Ok(manifest)
    }

    fn manifest(&self, tables: Vec<TableManifest>) -> Manifest {
        Manifest {
            format: Manifest::FORMAT,
            rowgate: env!("CARGO_PKG_VERSION").to_string(),
            run: self.name.clone(),
            started: self.started.clone(),
            finished: date_time::text(self.place.database.host().now()),
            snapshot: self.is_snapshot,
            codec: self.options.codec.name().to_string(),
            tables,
        }
    }

    async fn write_snapshot(
        &self,
        tables: &[&'static Table],
        progress: &mut impl FnMut(Progress),
    ) -> Result<Vec<TableManifest>, BackupError> {
        let database = self.place.database;
        let id = database.call(&BeginTransaction, Repeat::Harmless).await;
        let id = id.map_err(BackupError::Database)?;
        let written = self.write_tables(tables, Some(&id), progress).await;
        // Nothing was changed; if this fails, the service does it after 3 idle minutes.
        let rollback = RollbackTransaction { transaction_id: &id };
        let _: Result<(), CallError> = database.call(&rollback, Repeat::Harmless).await;
        written
    }

    async fn write_tables(
        &self,
        tables: &[&'static Table],
        transaction_id: Option<&str>,
        progress: &mut impl FnMut(Progress),
    ) -> Result<Vec<TableManifest>, BackupError> {
        // In a transaction the first SELECT fixes the snapshot, for all that follow.
        let mut extents = Vec::new();
        for table in tables {
            extents.push(self.extent(table, transaction_id).await?);
        }
        let of = extents.iter().map(|extent| extent.rows).sum();
        let mut tally = Tally { progress, rows: 0, of, bytes: 0 };
        let mut written = Vec::new();
        for (table, extent) in tables.iter().zip(extents) {
            let files = Files::new(self, table);
            let spans = self.spans(table, &extent);
            let (content, parts) = read_table(&files, transaction_id, spans, &mut tally).await?;
            if self.is_snapshot && content.rows != extent.rows {
                let (table, counted, read) = (table.name, extent.rows, content.rows);
                return Err(BackupError::WrongCount { table, counted, read });
            }
            written.push(TableManifest::new(table, content, parts));
        }
        Ok(written)
    }

    async fn extent(
        &self,
        table: &'static Table,
        transaction_id: Option<&str>,
    ) -> Result<Extent, BackupError> {
        let sql = if self.is_split(table) { extent(table) } else { count(table) };
        let call = ExecuteStatement { sql: &sql, transaction_id, ..Default::default() };
        let repeat = if self.is_snapshot { Repeat::Never } else { Repeat::Harmless };
        let answer = self.place.database.call(&call, repeat).await;
        let records = answer.map_err(|error| self.read_error(error))?.records;
        let about = |rows: &Field| match rows {
            Field::Long(rows) => u64::try_from(*rows).unwrap_or_default(),
            _ => 0,
        };
        match records.first().map(Vec::as_slice) {
            Some([rows @ Field::Long(_)]) => Ok(Extent { rows: about(rows), keys: None }),
            Some([rows, Field::Long(min), Field::Long(max)]) => {
                Ok(Extent { rows: about(rows), keys: Some((*min, *max)) })
            }
            Some([_, Field::Null(_), Field::Null(_)]) => Ok(Extent { rows: 0, keys: None }),
            _ => Err(BackupError::UnexpectedValue { table: table.name }),
        }
    }

    /// Whether a table is read in several places: between texts there is no middle.
    fn is_split(&self, table: &Table) -> bool {
        let is_int = matches!(table.key_column().column_type, ColumnType::Int { .. });
        is_int && !self.is_snapshot
    }

    fn spans(&self, table: &Table, extent: &Extent) -> Spans {
        match extent.keys {
            Some((min, max)) => Spans::split(min, max, self.options.parallel),
            None if self.is_split(table) => Spans::none(),
            None => Spans::whole(),
        }
    }

    /// What a query that failed says about the run.
    fn read_error(&self, error: CallError) -> BackupError {
        if self.is_snapshot {
            BackupError::in_snapshot(error)
        } else {
            BackupError::Database(error)
        }
    }

    fn sync_marker(&self) -> [u8; 16] {
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

fn count(table: &Table) -> String {
    format!("SELECT COUNT(*) FROM `{}`", table.name)
}

/// The number of rows is the server's own estimate: to count those of a large table takes long.
fn extent(table: &Table) -> String {
    let (name, key) = (table.name, table.key_column().name);
    format!(
        "SELECT (SELECT CAST(MAX(TABLE_ROWS) AS SIGNED) FROM information_schema.TABLES \
         WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '{name}'), MIN(`{key}`), MAX(`{key}`) \
         FROM `{name}`"
    )
}
