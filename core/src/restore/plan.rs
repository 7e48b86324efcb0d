//! What a restore would do, and whether it can: nothing is written.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

use super::checks::in_time;
use super::ending::{Ending, plan_end};
use super::error::RestoreError;
#[cfg(feature = "parquet")]
use super::export_plan::ExportPlan;
use super::find::{check_partition, find};
use super::foreign::{OddValues, SeenRows};
use super::found_files::FoundFiles;
use super::loads;
use super::restored::LoadsSince;
use super::tables::{Leftover, TableNames};
use super::wanted::{Mode, Wanted};
use crate::aws::host::Host;
use crate::backup::{
    self, BackupError, Damage, LeftOutFolder, Manifest, PartFile, Progress, Services,
    TableManifest, live, table_folder,
};
use crate::sql::checksum::Checksum;
use crate::table::date_time;
use crate::table::record::Record;
use crate::table::schema::Table;

/// What a restore would do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RestorePlan {
    /// The restore's name, which is part of the names of the tables that it leaves.
    pub id: String,
    /// The run, if it is a backup of rowgate's.
    pub run: Option<String>,
    /// Whether all its tables are of one moment; `None` if the files do not say.
    pub snapshot: Option<bool>,
    /// What becomes of live rows that the files do not have.
    pub mode: Mode,
    /// What is said of a snapshot export, if it is one.
    #[cfg(feature = "parquet")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub export: Option<ExportPlan>,
    /// The tables, parents first.
    pub tables: Vec<TablePlan>,
    /// The new table that the rows go into, instead of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub into_table: Option<String>,
    /// How the rows take the place of the live ones.
    pub ending: Ending,
    /// Why the tables are not swapped: their foreign keys, CHECKs and triggers, and the foreign keys to them.
    pub ties: Vec<String>,
    /// Whether rows come back whose foreign key names a row that is not there.
    pub keep_orphans: bool,
    /// Why it cannot be done; none if it can.
    pub obstacles: Vec<String>,
    /// Where the newest run was asked for, the later folders that are none.
    pub left_out: Vec<LeftOutFolder>,
    /// Files of 0 bytes, which have no row.
    pub empty_files: Vec<String>,
    /// Loads that the ledger would take for done no longer; `None` if the files do not say of which
    /// time they are, or there is no ledger.
    pub loads_since: Option<LoadsSince>,
    /// What earlier restores have left in the database.
    pub leftovers: Vec<Leftover>,
}

/// What would become of one table.
#[derive(Debug, Clone, PartialEq)]
pub struct TablePlan {
    /// The table.
    pub table: &'static Table,
    /// Its files, as they were found.
    pub files: Vec<PartFile>,
    /// What the files hold.
    pub content: Checksum,
    /// What the live table holds.
    pub live: Checksum,
    /// Whether there is no live table; it is then made.
    pub is_missing: bool,
    /// Columns that a file has no field for, and that will be NULL.
    pub null_columns: Vec<&'static str>,
    /// Date-times of files without a manifest that are not as rowgate stores them.
    pub odd_values: Vec<OddValues>,
}

impl TablePlan {
    /// Whether the live table holds what the files hold.
    pub fn is_same(&self) -> bool {
        !self.is_missing && self.live == self.content
    }

    /// The bytes of its files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}

impl Serialize for TablePlan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut table = serializer.serialize_struct("TablePlan", 10)?;
        table.serialize_field("table", self.table.name)?;
        table.serialize_field("files", &self.files.len())?;
        table.serialize_field("bytes", &self.bytes())?;
        table.serialize_field("rows", &self.content.rows)?;
        table.serialize_field("checksum", &self.content.hex())?;
        table.serialize_field("live_rows", &(!self.is_missing).then_some(self.live.rows))?;
        let live = (!self.is_missing).then(|| self.live.hex());
        table.serialize_field("live_checksum", &live)?;
        table.serialize_field("same", &self.is_same())?;
        table.serialize_field("null_columns", &self.null_columns)?;
        table.serialize_field("odd_values", &self.odd_values)?;
        table.end()
    }
}

impl RestorePlan {
    /// The rows of all files.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.content.rows).sum()
    }
}

/// Plans a restore: finds the files, reads their headers, and compares with the live tables.
///
/// What the files of a run hold, its manifest says; of other files every row is read, which
/// `progress` hears of. Writes nothing.
pub async fn plan<H: Host>(
    services: &Services<'_, H>,
    wanted: &Wanted<'_>,
    mut progress: impl FnMut(Progress),
) -> Result<RestorePlan, RestoreError> {
    let found = find(services, wanted).await?;
    let FoundFiles { manifest, left_out, empty_files, tables, .. } = found;
    let live_tables = TableNames::read(services.database).await?;
    let (mut planned, mut obstacles) = (Vec::new(), Vec::new());
    for (table, files) in tables {
        let null_columns = read_headers(services, table, &files).await?;
        let mut seen = SeenRows::new(table);
        let content = match &manifest {
            Some(manifest) => content_of(manifest, table)?,
            None => read_all(services, table, &files, &mut seen, &mut progress).await?,
        };
        obstacles.extend(seen.obstacle(&files));
        let odd_values = seen.odd_values();
        let is_missing = wanted.into_table.is_some() || !live_tables.has(table.name);
        let live = match is_missing {
            true => Checksum::default(),
            false => live(services.database, table).await?,
        };
        planned.push(TablePlan {
            table,
            files,
            content,
            live,
            is_missing,
            null_columns,
            odd_values,
        });
    }
    let names: Vec<_> = planned.iter().map(|plan| plan.table).collect();
    if wanted.into_table.is_none() {
        obstacles.extend(self::obstacles(services, &names).await?);
    }
    let end = plan_end(services, wanted, &names, &live_tables).await?;
    obstacles.extend(end.obstacles);
    let told = manifest.as_ref().filter(|_| end.ending != Ending::NewTable);
    let loads_since = loads::count(services.database, &live_tables, told, &names).await?;
    Ok(RestorePlan {
        id: new_id(services.database.host()),
        snapshot: manifest.as_ref().map(|manifest| manifest.snapshot),
        run: manifest.map(|manifest| manifest.run),
        #[cfg(feature = "parquet")]
        export: found.export,
        mode: wanted.mode,
        left_out,
        empty_files,
        into_table: wanted.into_table.map(String::from),
        ending: end.ending,
        ties: end.ties,
        keep_orphans: wanted.keep_orphans,
        obstacles,
        tables: planned,
        loads_since,
        leftovers: live_tables.leftovers(services.schema),
    })
}

/// Why tables cannot be restored, each with its name; none if they can.
pub(super) async fn obstacles<H: Host>(
    services: &Services<'_, H>,
    tables: &[&'static Table],
) -> Result<Vec<String>, RestoreError> {
    let found = backup::obstacles(services, tables).await?;
    Ok(found.iter().map(ToString::to_string).collect())
}

/// `20270115_080000_1a2b`: of lower case and without a quote, since it is part of tables' names.
pub(super) fn new_id<H: Host>(host: &H) -> String {
    let time = date_time::text(host.now()).replace(['-', ':', 'Z'], "").replace('T', "_");
    format!("{time}_{:04x}", host.random() >> 48)
}

pub(super) async fn read_headers<H: Host>(
    services: &Services<'_, H>,
    table: &'static Table,
    files: &[PartFile],
) -> Result<Vec<&'static str>, RestoreError> {
    let mut null_columns = Vec::new();
    for file in files {
        let missing = file.read_header(services.s3, services.bucket, table).await?;
        check_partition(table, &file.key, &missing)?;
        for column in missing {
            if !null_columns.contains(&column) {
                null_columns.push(column);
            }
        }
    }
    Ok(null_columns)
}

pub(super) fn content_of(manifest: &Manifest, table: &Table) -> Result<Checksum, RestoreError> {
    let entry = manifest.tables.iter().find(|entry| entry.table == table.name);
    let is_whole = |entry: &&TableManifest| {
        entry.rows == entry.parts.iter().map(|part| part.rows).sum::<u64>()
    };
    let content = entry.filter(is_whole).and_then(|entry| {
        let digest = u64::from_str_radix(&entry.checksum, 16).ok()?;
        Some(Checksum { rows: entry.rows, digest })
    });
    let key = || table_folder(&manifest.run, table.name);
    let bad = || BackupError::damaged(&key(), Damage::Manifest);
    Ok(content.ok_or_else(bad)?)
}

async fn read_all<H: Host>(
    services: &Services<'_, H>,
    table: &'static Table,
    files: &[PartFile],
    seen: &mut SeenRows,
    progress: &mut impl FnMut(Progress),
) -> Result<Checksum, RestoreError> {
    let (mut content, mut bytes) = (Checksum::default(), 0);
    for (number, file) in files.iter().enumerate() {
        let show = |row: &Record<'_>| seen.add(number, row);
        content.merge(file.read_rows(services.s3, services.bucket, table, show).await?);
        bytes += file.bytes;
        progress(Progress { table: table.name, rows: content.rows, of: content.rows, bytes });
    }
    Ok(content)
}

/// Reads every byte of a run's files, so that nothing is written because of a damaged one.
pub(super) async fn verify<H: Host>(
    services: &Services<'_, H>,
    plan: &RestorePlan,
    mut progress: impl FnMut(Progress),
) -> Result<(), RestoreError> {
    let (mut rows, mut bytes) = (0, 0);
    for table in &plan.tables {
        for file in &table.files {
            in_time(services)?;
            file.check_hash(services.s3, services.bucket, table.table).await?;
            rows += file.manifest.as_ref().map_or(0, |manifest| manifest.rows);
            bytes += file.bytes;
            progress(Progress { table: table.table.name, rows, of: plan.rows(), bytes });
        }
    }
    Ok(())
}
