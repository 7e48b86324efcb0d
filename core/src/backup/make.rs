//! Makes a backup: all tables in one snapshot, or each in several places.

use alloc::string::String;
use alloc::vec::Vec;

use super::count::{self, count};
use super::error::BackupError;
use super::long_cells::check_lengths;
use super::manifest::{Manifest, TableManifest};
use super::output::Files;
use super::progress::Progress;
use super::reading::{Tally, read_table};
use super::run::{BackupOptions, BackupRun, MOST_PARALLEL};
use super::services::Services;
use super::spans::Spans;
use super::{obstacles, runs};
use crate::aws::data_api::{BeginTransaction, ExecuteStatement, Field, RollbackTransaction};
use crate::aws::host::{CallError, Host, Repeat};
use crate::sql::checksum::Checksum;
use crate::sql::isolation;
use crate::sql::key_range::{KeyBounds, KeyRange};
use crate::table::schema::{KeyKind, Table};

/// Times that a backup is begun whose snapshot was lost.
const ATTEMPTS: usize = 3;

/// Backs tables up.
///
/// Before it reads, it looks for what a restore would refuse; see [`OnObstacle`](super::obstacles::OnObstacle). The rows of every
/// table are counted as well.
///
/// If the snapshot is lost, which the service does to an answer over its limit or after a fault, a
/// new run begins, at most twice; what the lost run wrote has no manifest. Without a snapshot a
/// page that was not answered is asked for again. A run that fails leaves no manifest, and one whose
/// time is over, that is interrupted, or that meets a row that no answer holds, no files either.
pub async fn backup<H: Host>(
    services: &Services<'_, H>,
    tables: &[&'static Table],
    options: BackupOptions,
    mut progress: impl FnMut(Progress),
) -> Result<Manifest, BackupError> {
    let options = BackupOptions { parallel: options.parallel.clamp(1, MOST_PARALLEL), ..options };
    let mut names = Vec::new();
    let fit = obstacles::fit_tables(services, tables, options.on_obstacle).await;
    let (tables, obstacles) = match fit {
        Ok(fit) => fit,
        Err(error) => return Err(give_up(services, &names, error).await),
    };
    loop {
        let run = BackupRun { obstacles: obstacles.clone(), ..BackupRun::new(services, options) };
        names.push(run.name.clone());
        let has_time = names.len() < ATTEMPTS && !services.database.is_out_of_time();
        match run.write(&tables, &mut progress).await {
            Err(BackupError::SnapshotLost(_)) if has_time => {}
            Err(error) => return Err(give_up(services, &names, error).await),
            written => return written,
        }
    }
}

/// Deletes the files of runs that are ended before their time, and answers why.
async fn give_up<H: Host>(
    services: &Services<'_, H>,
    names: &[String],
    error: BackupError,
) -> BackupError {
    // A manifest without an answer may be there, or come.
    let may_be_whole = |name: &String| matches!(&error, BackupError::Write { key, .. } if *key == Manifest::key_of(name));
    // What would come to the same the next time leaves nothing either.
    let is_final = services.s3.is_out_of_time() || matches!(error, BackupError::LongRow { .. });
    if !is_final || names.iter().any(may_be_whole) {
        return error;
    }
    let s3 = services.s3.closing();
    let mut left = Vec::new();
    for name in names {
        left.extend(runs::take_back(&s3, services.bucket, name).await);
    }
    match s3.host().is_interrupted() {
        true => BackupError::Interrupted { left },
        false if matches!(error, BackupError::Database(CallError::OutOfTime)) => {
            BackupError::OutOfTime
        }
        false => error,
    }
}

/// What is asked of a table before it is read.
struct Extent {
    /// How many rows.
    rows: u64,
    /// Its least and its greatest key; none of an empty table, or of texts.
    keys: Option<(i64, i64)>,
}

impl<H: Host> BackupRun<'_, H> {
    async fn write(
        &self,
        tables: &[&'static Table],
        progress: &mut impl FnMut(Progress),
    ) -> Result<Manifest, BackupError> {
        let (written, engine) = if self.is_snapshot {
            self.write_snapshot(tables, progress).await?
        } else {
            (self.write_tables(tables, None, progress).await?, None)
        };
        self.write_manifest(Manifest { engine, ..self.manifest(written) }).await
    }

    async fn write_snapshot(
        &self,
        tables: &[&'static Table],
        progress: &mut impl FnMut(Progress),
    ) -> Result<(Vec<TableManifest>, Option<String>), BackupError> {
        let database = self.services.database;
        let id = database.call(&BeginTransaction, Repeat::Harmless).await;
        let id = id.map_err(BackupError::Database)?;
        let written = async {
            let engine = self.check_isolation(&id).await?;
            Ok((self.write_tables(tables, Some(&id), progress).await?, engine))
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

    /// At any other level later tables would be of a later moment. Answers the server's version.
    async fn check_isolation(&self, id: &str) -> Result<Option<String>, BackupError> {
        let call =
            ExecuteStatement { sql: isolation::SHOW, transaction_id: Some(id), parameters: &[] };
        let shown = self.services.database.call(&call, Repeat::Never).await;
        let records = shown.map_err(|error| self.read_error(error))?.records;
        let version = match records.last().map(Vec::as_slice) {
            Some([Field::String(name), Field::String(version)]) if name == "version" => {
                Some(version.clone())
            }
            _ => None,
        };
        match records.first().map(Vec::as_slice) {
            Some([_, Field::String(level)]) if level == isolation::REPEATABLE_READ => Ok(version),
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
        let database = self.services.database;
        let checked = check_lengths(database, table, transaction_id).await;
        checked.map_err(|error| match error {
            BackupError::Database(error) => self.read_error(error),
            error => error,
        })?;
        let rows = count(database, table, table.name, KeyRange::default(), transaction_id).await;
        let rows = rows.map_err(|error| self.read_error(error))?;
        let keys = if self.is_split(table) { self.keys(table).await? } else { None };
        Ok(Extent { rows, keys })
    }

    /// The least and the greatest key; none of an empty table.
    async fn keys(&self, table: &'static Table) -> Result<Option<(i64, i64)>, BackupError> {
        let bounds = KeyBounds::read(self.services.database, table, table.name).await;
        match bounds.map_err(BackupError::Database)? {
            KeyBounds::Between(least, greatest) => Ok(Some((least, greatest))),
            KeyBounds::Empty => Ok(None),
            KeyBounds::NoIntegers => Err(BackupError::UnexpectedValue { table: table.name }),
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
        count::check_count(self.services.database, table, KeyRange::default(), counted, content)
            .await
    }

    /// Whether a table is read in several places: between texts there is no middle.
    fn is_split(&self, table: &Table) -> bool {
        !self.is_snapshot && matches!(table.key_kind(), KeyKind::Integer { .. })
    }

    fn spans(&self, table: &Table, extent: &Extent) -> Spans {
        match extent.keys {
            Some((min, max)) => Spans::split(min, max, self.options.parallel),
            None if self.is_split(table) => Spans::none(),
            None => Spans::whole(),
        }
    }
}
