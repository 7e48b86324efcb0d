//! What is to be restored: a run, folders or files, sorted by their tables.

use alloc::string::ToString;
use alloc::vec::Vec;

use super::{RestoreError, Wanted};
use crate::backup::{
    self, BackupError, Damage, FOLDER, LATEST, Manifest, PartFile, Place, is_run, objects,
};
use crate::host::Host;
use crate::s3::ListedObject;
use crate::schema::{TABLES, Table, table, table_of_file};

/// What was found.
pub(super) struct Found {
    /// The run, if it is one.
    pub(super) manifest: Option<Manifest>,
    /// Parents first.
    pub(super) tables: Vec<(&'static Table, Vec<PartFile>)>,
}

/// Finds what is wanted, and each file's size and ETag; no file is read.
pub(super) async fn find<H: Host>(
    place: &Place<'_, H>,
    wanted: &Wanted<'_>,
) -> Result<Found, RestoreError> {
    let mut files = Vec::new();
    for source in wanted.sources {
        match read_source(place, source).await? {
            Source::Run(manifest) if wanted.sources.len() == 1 => {
                return of_run(place, wanted, manifest).await;
            }
            Source::Run(manifest) => {
                return Err(RestoreError::RunAmongOthers { run: manifest.run });
            }
            Source::Files(found) => files.extend(found),
        }
    }
    of_files(wanted, files)
}

enum Source {
    Run(Manifest),
    Files(Vec<PartFile>),
}

async fn read_source<H: Host>(place: &Place<'_, H>, source: &str) -> Result<Source, RestoreError> {
    let nothing = || RestoreError::Nothing { source: source.into() };
    let bucket = ["s3://", place.bucket, "/"].concat();
    let source = source.strip_prefix(bucket.as_str()).unwrap_or(source);
    if source == LATEST {
        return match backup::manifest(place.s3, place.bucket, source).await {
            Err(BackupError::NoManifest { run }) if run == LATEST => Err(nothing()),
            manifest => Ok(Source::Run(manifest?)),
        };
    }
    if let Some(run) = run_of(source) {
        match backup::manifest(place.s3, place.bucket, run).await {
            Ok(manifest) => return Ok(Source::Run(manifest)),
            Err(BackupError::NoManifest { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        if !objects(place.s3, place.bucket, &[FOLDER, run, "/"].concat()).await?.is_empty() {
            return Err(RestoreError::Unfinished { run: run.to_string() });
        }
    }
    let files: Vec<_> = match source.ends_with('/') {
        true => {
            let found = objects(place.s3, place.bucket, source).await?;
            found.into_iter().filter(has_rows).map(PartFile::from).collect()
        }
        false => PartFile::find(place.s3, place.bucket, source).await?.into_iter().collect(),
    };
    if files.is_empty() { Err(nothing()) } else { Ok(Source::Files(files)) }
}

/// The run that a source names, by its name alone or by its folder.
fn run_of(source: &str) -> Option<&str> {
    let name = source.strip_prefix(FOLDER).unwrap_or(source);
    let name = name.strip_suffix('/').unwrap_or(name);
    is_run(name).then_some(name)
}

/// Spark, Hadoop and Glue leave empty objects and marks beside the files.
fn has_rows(object: &ListedObject) -> bool {
    let name = object.key.rsplit('/').next().unwrap_or_default();
    object.size > 0 && !name.starts_with(['_', '.']) && !name.ends_with(".crc")
}

impl From<ListedObject> for PartFile {
    fn from(ListedObject { key, size, e_tag }: ListedObject) -> Self {
        Self { key, e_tag, bytes: size, manifest: None }
    }
}

async fn of_run<H: Host>(
    place: &Place<'_, H>,
    wanted: &Wanted<'_>,
    manifest: Manifest,
) -> Result<Found, RestoreError> {
    let mut tables = Vec::new();
    for entry in &manifest.tables {
        let Some(table) = table(&entry.table) else {
            // Where others are named, nobody misses it.
            if wanted.tables.is_empty() {
                let key = [FOLDER, &manifest.run, "/", &entry.table].concat();
                return Err(BackupError::damaged(&key, Damage::UnknownTable).into());
            }
            continue;
        };
        if !wanted.has(table) {
            continue;
        }
        let mut files = Vec::new();
        for part in &entry.parts {
            files.push(PartFile::of_manifest(place.s3, place.bucket, part).await?);
        }
        tables.push((table, files));
    }
    let found = Found { manifest: Some(manifest), tables };
    found.check(wanted)
}

fn of_files(wanted: &Wanted<'_>, files: Vec<PartFile>) -> Result<Found, RestoreError> {
    let only = match wanted.tables {
        [only] => Some(*only),
        _ => None,
    };
    let mut named = Vec::new();
    for file in files {
        let table = table_of_file(&file.key).or(only);
        let table = table.ok_or_else(|| RestoreError::UnknownTable { key: file.key.clone() })?;
        if wanted.has(table) {
            check_partition(table, &file.key)?;
            named.push((table, file));
        }
    }
    let of = |table: &'static Table| {
        let files = named.iter().filter(|(its, _)| *its == table).map(|(_, file)| file.clone());
        (table, files.collect::<Vec<_>>())
    };
    let tables = TABLES.iter().map(of).filter(|(_, files)| !files.is_empty()).collect();
    Found { manifest: None, tables }.check(wanted)
}

/// Read without its folder's name, such a column would be NULL in every row.
fn check_partition(table: &Table, key: &str) -> Result<(), RestoreError> {
    let names = key.split('/').filter_map(|segment| segment.split_once('=')).map(|(name, _)| name);
    match names.filter_map(|name| table.column_index(name)).next() {
        Some(index) => Err(RestoreError::Partitioned {
            key: key.to_string(),
            column: table.columns[index].name,
        }),
        None => Ok(()),
    }
}

impl Found {
    fn check(self, wanted: &Wanted<'_>) -> Result<Self, RestoreError> {
        let has = |table: &&'static Table| self.tables.iter().any(|(its, _)| its == table);
        match wanted.tables.iter().find(|table| !has(table)) {
            Some(table) => Err(RestoreError::NoFiles { table: table.name }),
            None => Ok(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_named_or_its_folder_is() {
        assert_eq!(run_of("20270115T080000Z-1"), Some("20270115T080000Z-1"));
        assert_eq!(run_of("backups/20270115T080000Z-1/"), Some("20270115T080000Z-1"));
        assert_eq!(run_of("backups/20270115T080000Z-1/jobs/"), None);
        assert_eq!(run_of("glue/jobs/part.avro"), None);
    }

    #[test]
    fn marks_and_empty_objects_hold_no_rows() {
        let object = |key: &str, size| ListedObject { key: key.into(), size, e_tag: "e".into() };
        assert!(has_rows(&object("glue/jobs/run-1-part-r-00000", 9)));
        for (key, size) in [
            ("glue/jobs/", 0),
            ("glue/jobs/_SUCCESS", 3),
            ("glue/jobs/.part-00000.avro.crc", 12),
            ("glue/jobs/part-00000.avro.crc", 12),
        ] {
            assert!(!has_rows(&object(key, size)), "{key}");
        }
    }

    #[test]
    fn files_are_sorted_by_their_tables_parents_first() {
        let file =
            |key: &str| PartFile { key: key.into(), e_tag: "e".into(), bytes: 9, manifest: None };
        let files = |keys: &[&str]| keys.iter().map(|key| file(key)).collect::<Vec<_>>();
        let all = Wanted { sources: &[], tables: &[], ..Wanted::default() };
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
        let error = error(&all, &["g/employees/department_id=3/part.avro"]);
        assert!(matches!(error, RestoreError::Partitioned { column: "department_id", .. }));
    }
}
