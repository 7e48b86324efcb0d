//! A snapshot export of RDS or Aurora as what is to be restored: its database, tables and files.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::error::RestoreError;
use super::export_fault::ExportFault;
use super::export_info::ExportInfo;
use super::export_keys::{ExportKey, exported_name, table_of, why_left_out};
use super::export_plan::{ExportPlan, not_exact};
use super::found_files::FoundFiles;
use super::tables::TableNames;
use super::wanted::{ExportSource, Wanted};
use crate::aws::host::Host;
use crate::aws::s3::ListedObject;
use crate::aws::source::Source;
use crate::backup::{PartFile, PartForm, Services, objects};
use crate::table::schema::Table;

/// The most bytes of a file in which an export describes itself.
const MOST_INFO: u64 = 64 << 20;

/// Finds the tables of one database of an export, and their files; no file of rows is read.
pub(super) async fn find<H: Host>(
    services: &Services<'_, H>,
    wanted: &Wanted<'_>,
    export: ExportSource<'_>,
    prefix: &str,
) -> Result<FoundFiles, RestoreError> {
    let objects = objects(services.s3, services.bucket, prefix).await?;
    let keys: Vec<_> =
        objects.iter().filter_map(|it| Some((ExportKey::of(&it.key)?, it))).collect();
    let root = root(&keys).map_err(|fault| fault.at(prefix))?;
    let database = database(services, &keys, export).map_err(|fault| fault.at(root))?;
    let info = read_info(services, root).await?;
    let live_tables = TableNames::read(services.database).await?;
    let mut folders: BTreeMap<&str, Vec<(ExportKey<'_>, &ListedObject)>> = BTreeMap::new();
    for (key, object) in keys.iter().filter(|(key, _)| key.database == database) {
        folders.entry(key.table).or_default().push((*key, object));
    }
    let mut found = Vec::new();
    let mut said = ExportPlan {
        folder: root.to_string(),
        database: database.to_string(),
        not_exact: Vec::new(),
        warnings: Vec::new(),
        not_served: Vec::new(),
    };
    for (name, objects) in folders {
        let folder = [root, database, "/", database, ".", name].concat();
        let table = table_of(services.schema, name);
        let two = |tables: [&str; 2]| ExportFault::TwoTables { tables: tables.map(String::from) };
        let table = table.map_err(|tables| two(tables).at(&folder))?;
        let Some(table) = table else {
            said.not_served.push(name.to_string());
            continue;
        };
        if !wanted.has(table) {
            continue;
        }
        // The folder may be that of a table which is not served.
        if let Some(other) = live_tables.alike(table.name, exported_name) {
            return Err(two([table.name, other]).at(&folder));
        }
        let is_whole = info.is_whole(database, name).map_err(|fault| fault.at(&folder))?;
        said.not_exact.extend(not_exact(table));
        said.warnings.extend(info.warnings(database, name));
        found.push((table, parts(&objects, is_whole)?));
    }
    let tables = in_order(services, wanted, found).map_err(|fault| fault.at(root))?;
    Ok(FoundFiles { export: Some(said), ..FoundFiles::of(tables) })
}

/// The one folder that all exported tables are in.
fn root<'k>(keys: &[(ExportKey<'k>, &ListedObject)]) -> Result<&'k str, ExportFault> {
    let roots: BTreeSet<&str> = keys.iter().map(|(key, _)| key.root).collect();
    let mut roots = roots.into_iter();
    match (roots.next(), roots.next()) {
        (None, _) => Err(ExportFault::NotExport),
        (Some(root), None) => Ok(root),
        (Some(first), Some(second)) => {
            Err(ExportFault::SeveralExports { folders: [first, second].map(String::from) })
        }
    }
}

/// The database that is named, or the one that is restored into, or the only one.
fn database<'k, H: Host>(
    services: &Services<'_, H>,
    keys: &[(ExportKey<'k>, &ListedObject)],
    export: ExportSource<'_>,
) -> Result<&'k str, ExportFault> {
    let all: BTreeSet<&'k str> = keys.iter().map(|(key, _)| key.database).collect();
    let find = |name: &str| all.get(exported_name(name).as_str()).copied();
    let names = || all.iter().copied().map(String::from).collect();
    if let Some(name) = export.database {
        let missing = || ExportFault::NoDatabase { database: name.into(), databases: names() };
        return find(name).ok_or_else(missing);
    }
    let only = all.iter().next().copied().filter(|_| all.len() == 1);
    find(&services.database.target().database)
        .or(only)
        .ok_or_else(|| ExportFault::SeveralDatabases { databases: names() })
}

async fn read_info<H: Host>(
    services: &Services<'_, H>,
    root: &str,
) -> Result<ExportInfo, RestoreError> {
    let mut info = ExportInfo::default();
    let files = objects(services.s3, services.bucket, &[root, "export_"].concat()).await?;
    for file in files {
        let name = file.key[root.len()..].to_string();
        if name.contains('/') || !name.ends_with(".json") {
            continue;
        }
        let file = PartFile::from(file);
        if file.bytes > MOST_INFO {
            return Err(ExportFault::UnreadableInfo.at(&file.key));
        }
        let source = file.source(services.s3, services.bucket);
        let json = source.read(0..file.bytes).await.map_err(|error| file.unreadable(error))?;
        info.add(&name, &json).map_err(|fault| fault.at(&file.key))?;
    }
    Ok(info)
}

/// The files of a table, each of whose folders has the mark that it is whole, if nothing else says so.
fn parts(
    objects: &[(ExportKey<'_>, &ListedObject)],
    is_whole: bool,
) -> Result<Vec<PartFile>, RestoreError> {
    let mut parts = Vec::new();
    for (key, object) in objects.iter().filter(|(key, _)| key.is_part()) {
        let in_folder = |other: &&(ExportKey<'_>, &ListedObject)| other.0.folder == key.folder;
        let mut beside = objects.iter().filter(in_folder);
        if !is_whole && !beside.any(|(other, _)| other.is_success()) {
            return Err(ExportFault::NotWhole.at(key.folder));
        }
        if object.size == 0 {
            return Err(ExportFault::EmptyFile.at(&object.key));
        }
        parts.push(PartFile { form: PartForm::Export, ..PartFile::from((*object).clone()) });
    }
    let has_mark = || objects.iter().any(|(key, _)| key.is_success());
    match objects.first() {
        // Of an empty table AWS writes the mark alone.
        Some((key, _)) if parts.is_empty() && !is_whole && !has_mark() => {
            Err(ExportFault::NotWhole.at(key.folder))
        }
        _ => Ok(parts),
    }
}

/// The tables with their files, parents first; all that are wanted must be there.
fn in_order<H: Host>(
    services: &Services<'_, H>,
    wanted: &Wanted<'_>,
    mut found: Vec<(&'static Table, Vec<PartFile>)>,
) -> Result<Vec<(&'static Table, Vec<PartFile>)>, ExportFault> {
    let is_there = |table: &Table| found.iter().any(|(its, _)| its.name == table.name);
    if let Some(table) = wanted.tables.iter().find(|table| !is_there(table)) {
        return Err(ExportFault::NoFolder { table: table.name, why: why_left_out(table) });
    }
    if found.is_empty() {
        return Err(ExportFault::NotExport);
    }
    found.sort_by_key(|(table, _)| services.schema.position(table));
    Ok(found)
}

impl ExportFault {
    fn at(self, place: &str) -> RestoreError {
        RestoreError::Export { place: place.into(), fault: self }
    }
}
