//! A backup of tables that take longer than an invocation: opened, written in independent parts, and
//! finished.
//!
//! What one step answers the next one is given, so all of it must be small: a state machine carries
//! 256 KiB.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::carried::{MOST_BYTES, bytes, coarse_enough};
use super::count::{check_count, count};
use super::damage::Damage;
use super::error::BackupError;
use super::folders::objects;
use super::keys::{FOLDER, is_run, part_key, table_folder};
use super::long_cells::check_lengths;
use super::manifest::{Manifest, PartManifest, TableManifest};
use super::obstacles::{OnObstacle, fit_tables};
use super::output::Files;
use super::reading::{Tally, read_table};
use super::run::{BackupOptions, BackupRun};
use super::runs::manifest;
use super::services::Services;
use super::spans::Spans;
use super::split::split;
use crate::aws::host::{Host, Repeat};
use crate::aws::s3::DeleteObject;
use crate::format::avro::Codec;
use crate::sql::checksum::Checksum;
use crate::sql::key_range::KeyRange;
use crate::table::schema::{Schema, Table};

/// The most parts of a run; fewer where their tables' names are so long that they and what comes back of
/// them cannot be carried together.
pub const MOST_PARTS: usize = 500;

/// A run that was opened: what each part of it and its end need to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenedBackup {
    /// Its name.
    pub run: String,
    /// When it began.
    pub started: String,
    /// How blocks are packed.
    pub codec: String,
    /// The tables, parents first.
    pub tables: Vec<OpenedBackupTable>,
}

/// A table of such a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenedBackupTable {
    /// Its name.
    pub table: String,
    /// How many parts it has; their numbers begin with 0.
    pub parts: usize,
}

/// One part that is to be written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartItem {
    /// The table.
    pub table: String,
    /// Its number.
    pub part: usize,
    /// Its keys.
    #[serde(flatten)]
    pub span: KeyRange,
}

/// One part that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartWritten {
    /// The table.
    pub table: String,
    /// Its number.
    pub part: usize,
    /// Its rows.
    #[serde(flatten)]
    pub content: Checksum,
    /// Its file; there is none without rows.
    pub file: Option<WrittenFile>,
}

/// The file of a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrittenFile {
    /// What ends its name, another one for each attempt.
    pub tag: String,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of it, in hexadecimal.
    pub sha256: String,
}

/// Gives a run its name, and deals the tables out in parts; nothing is written. What a restore would
/// refuse is looked for first.
pub async fn open<H: Host>(
    services: &Services<'_, H>,
    tables: &[&'static Table],
    codec: Codec,
    on_obstacle: OnObstacle,
) -> Result<(OpenedBackup, Vec<PartItem>), BackupError> {
    let (tables, _) = fit_tables(services, tables, on_obstacle).await?;
    let options = BackupOptions { codec, on_obstacle, ..BackupOptions::default() };
    let BackupRun { name, started, .. } = BackupRun::new(services, options);
    let opening = |spans: &[Vec<KeyRange>]| OpenedBackup {
        run: name.clone(),
        started: started.clone(),
        codec: codec.name().to_string(),
        tables: tables
            .iter()
            .zip(spans)
            .map(|(table, spans)| OpenedBackupTable::of(table, spans))
            .collect(),
    };
    let share = MOST_PARTS / tables.len().max(1);
    let mut spans = Vec::new();
    for table in &tables {
        check_lengths(services.database, table, None).await?;
        let own = split(services.database, table, table.name, share).await;
        spans.push(own.map_err(BackupError::Database)?);
    }
    let fits = |spans: &[Vec<KeyRange>]| is_carried(&opening(spans), &items(&tables, spans));
    let spans = coarse_enough(spans, fits);
    match fits(&spans) {
        true => Ok((opening(&spans), items(&tables, &spans))),
        false => Err(BackupError::TooManyTables { tables: tables.len() }),
    }
}

impl OpenedBackupTable {
    fn of(table: &Table, spans: &[KeyRange]) -> Self {
        Self { table: table.name.to_string(), parts: spans.len() }
    }
}

fn items(tables: &[&'static Table], spans: &[Vec<KeyRange>]) -> Vec<PartItem> {
    let of = |(table, spans): (&&'static Table, &Vec<KeyRange>)| {
        let table = table.name;
        let item = move |(part, span): (usize, &KeyRange)| PartItem {
            table: table.to_string(),
            part,
            span: *span,
        };
        spans.iter().enumerate().map(item).collect::<Vec<_>>()
    };
    tables.iter().zip(spans).flat_map(of).collect()
}

/// Whether a state machine can carry a run with its parts, and with what comes back of them.
fn is_carried(opening: &OpenedBackup, items: &[PartItem]) -> bool {
    let back = |item: &PartItem| {
        let file = WrittenFile { tag: "0".repeat(8), bytes: u64::MAX, sha256: "0".repeat(64) };
        let content = Checksum { rows: u64::MAX, digest: u64::MAX };
        let table = item.table.clone();
        bytes(&PartWritten { table, part: item.part, content, file: Some(file) }) + 1
    };
    bytes(&(opening, items)) + items.iter().map(back).sum::<usize>() <= MOST_BYTES
}

/// Reads the rows of one part and writes its file, however large that is.
///
/// Done twice it writes two files, and the manifest names the one of which [`finish`] is told. So
/// an attempt that everybody has given up on, and that ends after all, changes nothing.
pub async fn write_part<H: Host>(
    services: &Services<'_, H>,
    run: &str,
    codec: Codec,
    item: &PartItem,
) -> Result<PartWritten, BackupError> {
    check_run(run)?;
    let table = table(services.schema, run, &item.table)?;
    let tag = format!("{:08x}", services.s3.host().random() >> 32);
    let run = BackupRun::of_part(services, codec, run);
    let files = Files::one(&run, table, key(&run.name, table.name, item.part, &tag));
    let mut tally = Tally { progress: |_| (), rows: 0, of: 0, bytes: 0 };
    let counted = count(services.database, table, table.name, item.span, None).await;
    let counted = counted.map_err(BackupError::Database)?;
    let (content, written) = read_table(&files, None, Spans::one(item.span), &mut tally).await?;
    check_count(services.database, table, item.span, counted, content).await?;
    let file = written.into_iter().next();
    Ok(PartWritten {
        table: item.table.clone(),
        part: item.part,
        content,
        file: file.map(|PartManifest { bytes, sha256, .. }| WrittenFile { tag, bytes, sha256 }),
    })
}

/// Writes the manifest, once every part has come back and its file is there.
///
/// Files of other attempts are deleted. Of a run that has a manifest nothing is done, and that
/// manifest is the answer.
pub async fn finish<H: Host>(
    services: &Services<'_, H>,
    opening: &OpenedBackup,
    parts: &[PartWritten],
) -> Result<Manifest, BackupError> {
    check_run(&opening.run)?;
    match manifest(services.s3, services.bucket, &opening.run).await {
        Err(BackupError::NoManifest { .. }) => {}
        ended => return ended,
    }
    let of = |opened| table_manifest(services.schema, opening, opened, parts);
    let manifests = opening.tables.iter().map(of);
    let tables = manifests.collect::<Result<Vec<_>, _>>()?;
    check_files(services, opening, &tables).await?;
    let run = BackupRun {
        started: opening.started.clone(),
        ..BackupRun::of_part(services, Codec::Null, &opening.run)
    };
    let manifest = Manifest { codec: opening.codec.clone(), ..run.manifest(tables) };
    run.write_manifest(manifest).await
}

fn check_run(run: &str) -> Result<(), BackupError> {
    if is_run(run) { Ok(()) } else { Err(BackupError::NoManifest { run: run.into() }) }
}

fn table(schema: Schema, run: &str, name: &str) -> Result<&'static Table, BackupError> {
    let key = || table_folder(run, name);
    schema.table(name).ok_or_else(|| BackupError::damaged(&key(), Damage::UnknownTable))
}

/// `backups/<run>/<table>/part-00000-<tag>.avro`.
fn key(run: &str, table: &str, part: usize, tag: &str) -> String {
    let key = part_key(run, table, part);
    format!("{}-{tag}.avro", key.trim_end_matches(".avro"))
}

fn table_manifest(
    schema: Schema,
    opening: &OpenedBackup,
    opened: &OpenedBackupTable,
    parts: &[PartWritten],
) -> Result<TableManifest, BackupError> {
    let table = table(schema, &opening.run, &opened.table)?;
    let mut parts: Vec<_> = parts.iter().filter(|part| part.table == opened.table).collect();
    parts.sort_by_key(|part| part.part);
    parts.dedup_by_key(|part| part.part);
    let (wanted, found) = (opened.parts, parts.len());
    if found != wanted || parts.last().is_none_or(|last| last.part + 1 != wanted) {
        return Err(BackupError::PartsMissing { table: table.name, wanted, found });
    }
    let mut content = Checksum::default();
    let mut files = Vec::new();
    for PartWritten { part, content: its, file, .. } in parts {
        content.merge(*its);
        if let Some(WrittenFile { tag, bytes, sha256 }) = file {
            let key = key(&opening.run, table.name, *part, tag);
            let (rows, bytes, sha256) = (its.rows, *bytes, sha256.clone());
            files.push(PartManifest { key, rows, bytes, sha256 });
        }
    }
    Ok(TableManifest::new(table, content, files))
}

/// Whether all files are there with their sizes; deletes those that no table has.
async fn check_files<H: Host>(
    services: &Services<'_, H>,
    opening: &OpenedBackup,
    tables: &[TableManifest],
) -> Result<(), BackupError> {
    let folder = [FOLDER, &opening.run, "/"].concat();
    let found = objects(services.s3, services.bucket, &folder).await?;
    let files = || tables.iter().flat_map(|table| &table.parts);
    for file in files() {
        match found.iter().find(|object| object.key == file.key) {
            None => return Err(BackupError::damaged(&file.key, Damage::Missing)),
            Some(object) if object.size != file.bytes => {
                return Err(BackupError::damaged(&file.key, Damage::Size));
            }
            Some(_) => {}
        }
    }
    let named: BTreeSet<_> = files().map(|file| file.key.as_str()).collect();
    // Not a manifest, which another attempt may have written.
    let is_stray = |key: &str| key.ends_with(".avro") && !named.contains(key);
    for object in found.iter().filter(|object| is_stray(&object.key)) {
        let delete = DeleteObject { bucket: services.bucket, key: &object.key };
        let deleted = services.s3.call(&delete, Repeat::Harmless).await;
        deleted.map_err(|error| BackupError::write(&object.key, &error))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::schema::{Column, ColumnType};

    fn table(name: &str) -> &'static Table {
        let key = Column::new("id", ColumnType::known("int", None, None));
        let columns = Vec::from([key]).leak();
        Vec::from([Table::new(name.to_string().leak(), columns)]).leak().first().unwrap()
    }

    fn opening(parts: usize) -> OpenedBackup {
        let tables = Vec::from([OpenedBackupTable { table: "t".into(), parts }]);
        let run = "20270115T080000Z-1a2b3c4d".into();
        OpenedBackup {
            run,
            started: "2027-01-15T08:00:00Z".into(),
            codec: "deflate".into(),
            tables,
        }
    }

    #[test]
    fn parts_of_tables_with_long_names_are_fewer() {
        let most = |name: &str| {
            let table = [table(name)];
            let carried = |parts: usize| {
                let span = KeyRange { after: Some(i64::MIN), until: Some(i64::MIN) };
                is_carried(&opening(parts), &items(&table, &[alloc::vec![span; parts]]))
            };
            (1..=MOST_PARTS).rev().find(|parts| carried(*parts)).unwrap()
        };
        assert_eq!(most("jobs"), MOST_PARTS);
        let (long, longest) = (most(&"t".repeat(44)), most(&"\u{1f600}".repeat(64)));
        assert!((250..MOST_PARTS).contains(&longest) && longest < long, "{long} {longest}");
    }
}
