//! What is to be restored: a run, folders or files, sorted by their tables.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use super::error::RestoreError;
#[cfg(feature = "parquet")]
use super::export_fault::ExportFault;
use super::found_files::FoundFiles;
#[cfg(feature = "parquet")]
use super::snapshot_export;
#[cfg(feature = "parquet")]
use super::wanted::ExportSource;
use super::wanted::Wanted;
use crate::aws::host::Host;
use crate::aws::s3::ListedObject;
use crate::backup::{
    self, BackupError, Damage, FOLDER, LATEST, LeftOutFolder, Manifest, NoBackup, PartFile,
    PartForm, Runs, Services, is_run, objects, table_folder,
};
use crate::table::schema::{Schema, Table};

/// Finds what is wanted, and each file's size and ETag; no file is read.
pub(super) async fn find<H: Host>(
    services: &Services<'_, H>,
    wanted: &Wanted<'_>,
) -> Result<FoundFiles, RestoreError> {
    #[cfg(feature = "parquet")]
    if let Some(export) = wanted.export {
        return find_export(services, wanted, export).await;
    }
    let (mut files, mut empty_files) = (Vec::new(), Vec::new());
    for source in wanted.sources {
        match read_source(services, wanted, source).await? {
            SourceContent::Run(manifest, left_out) if wanted.sources.len() == 1 => {
                return of_run(services, wanted, *manifest, left_out).await;
            }
            SourceContent::Run(manifest, _) => {
                return Err(RestoreError::RunAmongOthers { run: manifest.run });
            }
            SourceContent::Files { found, empty } => {
                files.extend(found);
                empty_files.extend(empty);
            }
        }
    }
    Ok(FoundFiles { empty_files, ..of_files(services.schema, wanted, files)? })
}

#[cfg(feature = "parquet")]
async fn find_export<H: Host>(
    services: &Services<'_, H>,
    wanted: &Wanted<'_>,
    export: ExportSource<'_>,
) -> Result<FoundFiles, RestoreError> {
    let [source] = wanted.sources else {
        let place = wanted.sources.join(" ");
        return Err(RestoreError::Export { place, fault: ExportFault::NotOne });
    };
    let folder = in_bucket(services, source)?.trim_end_matches('/');
    let prefix = if folder.is_empty() { String::new() } else { [folder, "/"].concat() };
    snapshot_export::find(services, wanted, export, &prefix).await
}

/// A source by its key, of the bucket that is read.
fn in_bucket<'s, H: Host>(
    services: &Services<'_, H>,
    source: &'s str,
) -> Result<&'s str, RestoreError> {
    let bucket = ["s3://", services.bucket, "/"].concat();
    let key = source.strip_prefix(bucket.as_str()).unwrap_or(source);
    match key.starts_with("s3://") {
        true => {
            let bucket = services.bucket.into();
            Err(RestoreError::OtherBucket { source: key.into(), bucket })
        }
        false => Ok(key),
    }
}

enum SourceContent {
    Run(Box<Manifest>, Vec<LeftOutFolder>),
    Files { found: Vec<PartFile>, empty: Vec<String> },
}

async fn read_source<H: Host>(
    services: &Services<'_, H>,
    wanted: &Wanted<'_>,
    source: &str,
) -> Result<SourceContent, RestoreError> {
    let nothing = || RestoreError::Nothing { source: source.into() };
    let source = in_bucket(services, source)?;
    if source == LATEST {
        return latest(services.schema, &backup::runs(services.s3, services.bucket).await?, wanted);
    }
    if let Some(run) = run_of(source) {
        match backup::manifest(services.s3, services.bucket, run).await {
            Ok(manifest) => return Ok(SourceContent::Run(Box::new(manifest), Vec::new())),
            Err(BackupError::NoManifest { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        if !objects(services.s3, services.bucket, &[FOLDER, run, "/"].concat()).await?.is_empty() {
            return Err(RestoreError::Unfinished { run: run.to_string() });
        }
    }
    refuse_copy(services, source).await?;
    if !source.ends_with('/')
        && let Some(file) = PartFile::find(services.s3, services.bucket, source).await?
    {
        return Ok(SourceContent::Files { found: vec![file], empty: Vec::new() });
    }
    let source = [source.trim_end_matches('/'), "/"].concat();
    let objects = objects(services.s3, services.bucket, &source).await?;
    let is_empty = |object: &&ListedObject| object.size == 0 && is_file(&object.key);
    let empty: Vec<_> = objects.iter().filter(is_empty).map(|object| object.key.clone()).collect();
    let found: Vec<_> = objects.into_iter().filter(has_rows).map(PartFile::from).collect();
    if found.is_empty() { Err(nothing()) } else { Ok(SourceContent::Files { found, empty }) }
}

/// The newest run that holds every table that is wanted.
fn latest(schema: Schema, runs: &Runs, wanted: &Wanted<'_>) -> Result<SourceContent, RestoreError> {
    let tables: Vec<_> =
        schema.tables().iter().filter(|table| wanted.has(table)).map(|table| table.name).collect();
    let newest = runs.newest(&tables)?;
    let left_out: Vec<_> = runs.left_out_after(newest).cloned().collect();
    if let Some(newest) = newest {
        return Ok(SourceContent::Run(Box::new(newest.clone()), left_out));
    }
    if runs.backups.is_empty() && left_out.is_empty() {
        return Err(RestoreError::Nothing { source: LATEST.into() });
    }
    let mut newest = Vec::new();
    for table in tables {
        newest.push((table, runs.newest(&[table])?.map(|backup| backup.run.clone())));
    }
    Err(RestoreError::NoLatest { newest, left_out })
}

/// The run that a source names, by its name alone or by its folder.
fn run_of(source: &str) -> Option<&str> {
    let name = source.strip_prefix(FOLDER).unwrap_or(source);
    let name = name.strip_suffix('/').unwrap_or(name);
    is_run(name).then_some(name)
}

/// A folder beside the runs that has a manifest is the copy of one.
async fn refuse_copy<H: Host>(
    services: &Services<'_, H>,
    source: &str,
) -> Result<(), RestoreError> {
    let name = source.strip_prefix(FOLDER).map(|name| name.trim_end_matches('/'));
    if name.is_none_or(|name| name.is_empty() || name.contains('/')) {
        return Ok(());
    }
    let runs = backup::runs(services.s3, services.bucket).await?;
    let is_copy = |left: &&LeftOutFolder| Some(left.name()) == name && left.why != OTHER_FOLDER;
    match runs.left_out.iter().find(is_copy) {
        Some(left) => Err(BackupError::NoBackup(left.clone().into()).into()),
        None => Ok(()),
    }
}

/// A folder without a manifest, whose files are as good as any.
const OTHER_FOLDER: NoBackup = NoBackup::OtherName { run: None };

fn has_rows(object: &ListedObject) -> bool {
    object.size > 0 && is_file(&object.key)
}

/// Spark, Hadoop and Glue leave marks beside the files.
fn is_file(key: &str) -> bool {
    let name = key.rsplit('/').next().unwrap_or_default();
    let is_mark = name.is_empty()
        || name.starts_with(['_', '.'])
        || name.ends_with(".crc")
        || name.ends_with("_$folder$");
    !is_mark
}

impl From<ListedObject> for PartFile {
    fn from(ListedObject { key, size, e_tag, .. }: ListedObject) -> Self {
        Self { key, e_tag, bytes: size, manifest: None, form: PartForm::Avro }
    }
}

async fn of_run<H: Host>(
    services: &Services<'_, H>,
    wanted: &Wanted<'_>,
    manifest: Manifest,
    left_out: Vec<LeftOutFolder>,
) -> Result<FoundFiles, RestoreError> {
    let mut tables = Vec::new();
    for entry in &manifest.tables {
        let Some(table) = services.schema.table(&entry.table) else {
            // Where others are named, it is not needed.
            if wanted.tables.is_empty() {
                let key = table_folder(&manifest.run, &entry.table);
                return Err(BackupError::damaged(&key, Damage::UnknownTable).into());
            }
            continue;
        };
        if !wanted.has(table) {
            continue;
        }
        let mut files = Vec::new();
        for part in &entry.parts {
            files.push(PartFile::of_manifest(services.s3, services.bucket, part).await?);
        }
        tables.push((table, files));
    }
    FoundFiles { manifest: Some(manifest), left_out, ..FoundFiles::of(tables) }.check(wanted)
}

fn of_files(
    schema: Schema,
    wanted: &Wanted<'_>,
    files: Vec<PartFile>,
) -> Result<FoundFiles, RestoreError> {
    let only = match wanted.tables {
        [only] => Some(*only),
        _ => None,
    };
    let mut named = Vec::new();
    for file in files {
        let table = schema.table_of_file(&file.key).or(only);
        let table = table.ok_or_else(|| RestoreError::UnknownTable { key: file.key.clone() })?;
        if wanted.has(table) {
            named.push((table, file));
        }
    }
    let of = |table: &'static Table| {
        let files = named.iter().filter(|(its, _)| *its == table).map(|(_, file)| file.clone());
        (table, files.collect::<Vec<_>>())
    };
    let tables = schema.tables().iter().map(of).filter(|(_, files)| !files.is_empty()).collect();
    FoundFiles::of(tables).check(wanted)
}

/// Read without its folder's name, a column that the file does not have would be NULL in every row.
pub(super) fn check_partition(
    table: &Table,
    key: &str,
    missing: &[&'static str],
) -> Result<(), RestoreError> {
    let names = key.split('/').filter_map(|segment| segment.split_once('=')).map(|(name, _)| name);
    let columns =
        names.filter_map(|name| table.column_index(name)).map(|at| table.columns[at].name);
    match columns.into_iter().find(|column| missing.contains(column)) {
        Some(column) => Err(RestoreError::Partitioned { key: key.to_string(), column }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::schema::{OFFICE, table};

    #[test]
    fn a_run_is_named_or_its_folder_is() {
        const RUN: &str = "20270115T080000Z-0000abcd";
        assert_eq!(run_of(RUN), Some(RUN));
        assert_eq!(run_of("backups/20270115T080000Z-0000abcd/"), Some(RUN));
        assert_eq!(run_of("backups/20270115T080000Z-0000abcd/jobs/"), None);
        for name in ["20270115T080000Z-1", "20270115T080000Z-0000ABCD", "before-migration", ""] {
            assert_eq!(run_of(name), None);
        }
        assert_eq!(run_of("glue/jobs/part.avro"), None);
    }

    #[test]
    fn the_newest_run_of_all_tables_is_asked_for_or_what_there_is_is_named() {
        let all = Wanted::default();
        let nothing = latest(OFFICE, &Runs::default(), &all).err().unwrap();
        assert_eq!(nothing, RestoreError::Nothing { source: "latest".into() });
        let left = LeftOutFolder { folder: "backups/x/".into(), why: NoBackup::BadManifest };
        let mut runs = Runs::default();
        runs.left_out.push(left);
        let jobs = [table("jobs").unwrap()];
        let wanted = Wanted { tables: &jobs, ..all };
        let text = latest(OFFICE, &runs, &wanted).err().unwrap().to_string();
        assert_eq!(
            text,
            "latest: no backup holds all of these tables; the newest of each: jobs: none; left \
             out: backups/x/: the manifest is not one of rowgate's"
        );
    }

    #[test]
    fn marks_and_empty_objects_hold_no_rows() {
        let object = |key: &str, size| ListedObject {
            key: key.into(),
            size,
            e_tag: "e".into(),
            last_modified: String::new(),
        };
        assert!(has_rows(&object("glue/jobs/run-1-part-r-00000", 9)));
        for (key, size) in [
            ("glue/jobs/", 0),
            ("glue/jobs/_SUCCESS", 3),
            ("glue/jobs/.part-00000.avro.crc", 12),
            ("glue/jobs_$folder$", 1),
            ("glue/jobs/part-00000.avro.crc", 12),
        ] {
            assert!(!has_rows(&object(key, size)), "{key}");
        }
    }

    #[test]
    fn files_are_sorted_by_their_tables_parents_first() {
        let file = |key: &str| PartFile {
            key: key.into(),
            e_tag: "e".into(),
            bytes: 9,
            manifest: None,
            form: PartForm::Avro,
        };
        let files = |keys: &[&str]| keys.iter().map(|key| file(key)).collect::<Vec<_>>();
        let all = Wanted { sources: &[], tables: &[], ..Wanted::default() };
        let of_files = |wanted: &_, files| of_files(OFFICE, wanted, files);
        let found = of_files(&all, files(&["g/hired_employees/1", "g/jobs/2", "g/jobs/1"]));
        let tables: Vec<_> =
            found.unwrap().tables.iter().map(|(table, files)| (table.name, files.len())).collect();
        assert_eq!(tables, [("jobs", 2), ("employees", 1)]);

        let jobs = [table("jobs").unwrap()];
        let only = Wanted { tables: &jobs, ..all };
        assert_eq!(of_files(&only, files(&["dump.avro"])).unwrap().tables.len(), 1);
        let error = |wanted, keys: &[&str]| of_files(wanted, files(keys)).err().unwrap();
        assert_eq!(
            error(&all, &["g/dump.avro"]),
            RestoreError::UnknownTable { key: "g/dump.avro".into() }
        );
        assert_eq!(error(&only, &["g/employees/1"]), RestoreError::NoFiles { table: "jobs" });
    }

    #[test]
    fn a_column_in_a_folders_name_is_missed_where_the_file_has_it_not() {
        let (employees, key) = (table("employees").unwrap(), "g/department_id=3/part.avro");
        assert_eq!(check_partition(employees, key, &["job_id"]), Ok(()));
        let error = check_partition(employees, key, &["job_id", "department_id"]).unwrap_err();
        assert!(matches!(error, RestoreError::Partitioned { column: "department_id", .. }));
    }
}
