//! The tables out to Avro files on S3, with a manifest written last.
//!
//! Either all tables are read in one transaction, and so are of one moment, or each table in
//! several places at the same time, which is faster.

pub mod bulk;
mod carried;
mod count;
mod error;
mod folders;
mod live;
mod manifest;
mod obstacles;
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
use crate::checksum::Checksum;
use crate::data_api::{BeginTransaction, ExecuteStatement, Field, RollbackTransaction, Target};
use crate::date_time;
use crate::host::{CallError, Client, Host, Repeat};
use crate::isolation;
use crate::s3::{Endpoint, PutObject};
use crate::schema::{ColumnType, Table};

pub(crate) use carried::{MOST_BYTES, bytes, coarse_enough};
pub(crate) use count::count;
pub use error::{BackupError, Damage};
pub(crate) use folders::objects;
pub use live::live;
pub(crate) use live::{AFTER, Ranges, compare, content, content_of_span};
pub(crate) use manifest::{FOLDER, is_run};
pub use manifest::{Manifest, PartManifest, TableManifest};
pub use obstacles::OnObstacle;
pub(crate) use obstacles::obstacles;
pub(crate) use page::select_list;
pub use part::PartFile;
pub(crate) use runs::LATEST;
pub use runs::{
    GIVEN_UP_AFTER, LeftOut, NoBackup, Runs, Unfinished, clean, manifest, prune, runs, unfinished,
};
pub use split::Span;
pub(crate) use split::split;
pub use verify::verify;

use output::Files;
use reading::{Tally, read_table};
use spans::Spans;

/// Times that a backup is begun whose snapshot was lost.
const ATTEMPTS: usize = 3;

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
    /// What becomes of tables that a restore would refuse.
    pub on_obstacle: OnObstacle,
}

/// Backs tables up.
///
/// Before it reads, it looks for what a restore would refuse; see [`OnObstacle`]. The rows of every
/// table are counted as well.
///
/// If the snapshot is lost, which the service does to an answer over its limit or after a fault, a
/// new run begins, at most twice; what the lost run wrote has no manifest. Without a snapshot a
/// page that was not answered is asked for again. A run that fails leaves no manifest, and one whose
/// time is over, or that is interrupted, no files either.
pub async fn backup<H: Host>(
    place: &Place<'_, H>,
    tables: &[&'static Table],
    options: Options,
    mut progress: impl FnMut(Progress),
) -> Result<Manifest, BackupError> {
    let options = Options { parallel: options.parallel.clamp(1, MOST_PARALLEL), ..options };
    let mut names = Vec::new();
    let fit = obstacles::fit_tables(place.database, tables, options.on_obstacle).await;
    let (tables, obstacles) = match fit {
        Ok(fit) => fit,
        Err(error) => return Err(give_up(place, &names, error).await),
    };
    loop {
        let run = Run { obstacles: obstacles.clone(), ..Run::new(place, options) };
        names.push(run.name.clone());
        let has_time = names.len() < ATTEMPTS && !place.database.is_out_of_time();
        match run.write(&tables, &mut progress).await {
            Err(BackupError::SnapshotLost(_)) if has_time => {}
            Err(error) => return Err(give_up(place, &names, error).await),
            written => return written,
        }
    }
}

/// Deletes the files of runs that are ended before their time, and answers why.
async fn give_up<H: Host>(
    place: &Place<'_, H>,
    names: &[String],
    error: BackupError,
) -> BackupError {
    // A manifest without an answer may be there, or come.
    let may_be_whole = |name: &String| matches!(&error, BackupError::Write { key, .. } if *key == Manifest::key_of(name));
    if !place.s3.is_out_of_time() || names.iter().any(may_be_whole) {
        return error;
    }
    let s3 = place.s3.closing();
    let mut left = Vec::new();
    for name in names {
        left.extend(runs::take_back(&s3, place.bucket, name).await);
    }
    match s3.host().is_interrupted() {
        true => BackupError::Interrupted { left },
        false if matches!(error, BackupError::Database(CallError::OutOfTime)) => {
            BackupError::OutOfTime
        }
        false => error,
    }
}

struct Run<'p, H> {
    place: &'p Place<'p, H>,
    options: Options,
    name: String,
    started: String,
    is_snapshot: bool,
    /// What a restore would refuse, as it was accepted or its tables left out.
    obstacles: Vec<String>,
}

/// What is asked of a table before it is read.
struct Extent {
    /// How many rows.
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
        let is_snapshot = options.parallel == 1;
        Self { place, options, name, started, is_snapshot, obstacles: Vec::new() }
    }

    /// A run that somebody else has begun, and of which a part is to be written.
    fn of_part(place: &'p Place<'p, H>, codec: Codec, name: &str) -> Self {
        let options = Options { codec, parallel: 1, on_obstacle: OnObstacle::Refuse };
        let name = name.to_string();
        Self { name, started: String::new(), is_snapshot: false, ..Self::new(place, options) }
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
        self.write_manifest(self.manifest(written?)).await
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
            obstacles: self.obstacles.clone(),
            tables,
            sha256: None,
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
        let written = async {
            self.check_isolation(&id).await?;
            self.write_tables(tables, Some(&id), progress).await
        };
        let written = written.await;
        // Nothing was changed; if this fails, the service does it after 3 idle minutes.
        let rollback = RollbackTransaction { transaction_id: &id };
        let _: Result<(), CallError> = database.closing().call(&rollback, Repeat::Harmless).await;
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
            self.check_count(table, extent.rows, content).await?;
            written.push(TableManifest::new(table, content, parts));
        }
        Ok(written)
    }

    /// At any other level later tables would be of a later moment.
    async fn check_isolation(&self, id: &str) -> Result<(), BackupError> {
        let call =
            ExecuteStatement { sql: isolation::SHOW, transaction_id: Some(id), parameters: &[] };
        let shown = self.place.database.call(&call, Repeat::Never).await;
        let records = shown.map_err(|error| self.read_error(error))?.records;
        match records.first().map(Vec::as_slice) {
            Some([_, Field::String(level)]) if level == isolation::REPEATABLE_READ => Ok(()),
            Some([_, Field::String(level)]) => {
                Err(BackupError::NoSnapshot { level: level.clone() })
            }
            _ => Err(BackupError::Undescribed),
        }
    }

    async fn extent(
        &self,
        table: &'static Table,
        transaction_id: Option<&str>,
    ) -> Result<Extent, BackupError> {
        let database = self.place.database;
        let rows = count(database, table, table.name, Span::default(), transaction_id).await;
        let rows = rows.map_err(|error| self.read_error(error))?;
        let keys = if self.is_split(table) { self.keys(table).await? } else { None };
        Ok(Extent { rows, keys })
    }

    /// The least and the greatest key; none of an empty table.
    async fn keys(&self, table: &'static Table) -> Result<Option<(i64, i64)>, BackupError> {
        let sql = format!(
            "SELECT MIN(`{0}`), MAX(`{0}`) FROM `{1}`",
            table.key_column().name,
            table.name
        );
        let call = ExecuteStatement { sql: &sql, ..Default::default() };
        let answer = self.place.database.call(&call, Repeat::Harmless).await;
        let records = answer.map_err(BackupError::Database)?.records;
        match records.first().map(Vec::as_slice) {
            Some([Field::Long(min), Field::Long(max)]) => Ok(Some((*min, *max))),
            Some([Field::Null(_), Field::Null(_)]) => Ok(None),
            _ => Err(BackupError::UnexpectedValue { table: table.name }),
        }
    }

    /// Refuses rows that are not as many as were counted before.
    async fn check_count(
        &self,
        table: &'static Table,
        counted: u64,
        content: Checksum,
    ) -> Result<(), BackupError> {
        if self.is_snapshot && content.rows != counted {
            let read = content.rows;
            return Err(BackupError::WrongCount { table: table.name, counted, read });
        }
        count::check_count(self.place.database, table, Span::default(), counted, content).await
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

    /// Seals and writes it, and answers it as it is then.
    async fn write_manifest(&self, manifest: Manifest) -> Result<Manifest, BackupError> {
        let (key, manifest) = (Manifest::key_of(&self.name), manifest.sealed());
        let cause = |cause: String| BackupError::Write { key: key.clone(), cause };
        let body = serde_json::to_vec(&manifest).map_err(|error| cause(error.to_string()))?;
        let put = PutObject {
            bucket: self.place.bucket,
            key: &key,
            body: body.into(),
            content_type: "application/json",
            if_none_match: true,
        };
        match self.place.s3.call(&put, Repeat::Harmless).await {
            Ok(()) => Ok(manifest),
            // Nobody else has this run's name: an attempt before this one was heard after all.
            Err(CallError::Api(error)) if error.is_precondition_failed() => Ok(manifest),
            Err(CallError::Interrupted) => Err(BackupError::Interrupted { left: Vec::new() }),
            Err(error) => Err(BackupError::write(&key, &error)),
        }
    }
}
