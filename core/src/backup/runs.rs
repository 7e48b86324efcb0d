//! The backups that there are, and what else is in their folder.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::slice;
use core::time::Duration;

use futures_util::stream::{self, StreamExt};
use serde::Serialize;

use super::damage::Damage;
use super::error::BackupError;
use super::folders::{Folder, Folders, objects};
use super::keys::{FOLDER, is_part_key, is_run};
use super::left_out_folder::{LeftOutFolder, NoBackup};
use super::manifest::Manifest;
use crate::aws::host::{CallError, Client, Host, Repeat};
use crate::aws::s3::{self, DeleteObject, GetObject, HeadObject, ListedObject, S3Endpoint};
use crate::table::date_time;

/// The name under which the newest backup is asked for.
pub(crate) const LATEST: &str = "latest";

/// Manifests that are read at the same time.
const IN_FLIGHT: usize = 8;

/// The most bytes of a manifest, enough for the files of some 30 TB.
const MANIFEST_LIMIT: u64 = 64 << 20;

/// The most bytes of all manifests together, a hundred thousand of three tables and more.
const MANIFESTS_LIMIT: u64 = 256 << 20;

/// What a folder counts of that besides its manifest.
const FOLDER_BYTES: u64 = 1 << 10;

/// How long nothing was written to a run before it counts as given up.
pub const GIVEN_UP_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// What is in the folder of the backups.
///
/// A backup is a folder with a run's name and a manifest that can be read, is of that run, and names
/// files of that run alone. Nothing else is looked at by `latest`, `keep` and `prune`.
#[derive(Debug, Default)]
pub struct Runs {
    /// The manifests of the backups, the earliest first.
    pub backups: Vec<Manifest>,
    /// The folders that are no backup.
    pub left_out: Vec<LeftOutFolder>,
    /// The backups of which a file is missing or has another size; [`old`](Self::old) leaves them
    /// alone.
    pub incomplete: Vec<LeftOutFolder>,
    /// The bytes of the manifests, and of what else is kept of each folder.
    bytes: u64,
}

/// A run that has files and no manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unfinished {
    /// Its name.
    pub run: String,
    /// The keys of its files.
    pub keys: Vec<String>,
    /// Their bytes.
    pub bytes: u64,
}

/// Reads the manifests of all backups.
///
/// A manifest that S3 does not give is left out as well; that S3 does not answer the list, or that all
/// manifests together have more than 256 MiB, is an error. Of the list no more is in memory than a page
/// and a folder.
pub async fn runs<H: Host>(
    s3: &Client<'_, H, S3Endpoint>,
    bucket: &str,
) -> Result<Runs, BackupError> {
    let mut folders = Folders::new(s3, bucket);
    let mut runs = Runs::default();
    loop {
        let some = some_folders(&mut folders).await?;
        if some.is_empty() {
            return Ok(runs);
        }
        let reading = some.iter().map(|folder| read_manifest(s3, bucket, folder));
        let bodies: Vec<_> = stream::iter(reading).buffered(IN_FLIGHT).collect().await;
        for (folder, body) in some.iter().zip(bodies) {
            runs.take(folder, body);
        }
        if runs.bytes > MANIFESTS_LIMIT {
            let cause = "its folders are too many: their manifests have more than 256 MiB together; \
                name a run, or delete the oldest folders by a lifecycle rule of the bucket";
            return Err(folders.failed(cause.to_string()));
        }
    }
}

/// As many of the next folders as manifests are read at the same time, fewer of large manifests.
async fn some_folders<H: Host>(folders: &mut Folders<'_, H>) -> Result<Vec<Folder>, BackupError> {
    let (mut some, mut bytes): (Vec<Folder>, u64) = (Vec::new(), 0);
    while some.len() < IN_FLIGHT && bytes < MANIFEST_LIMIT {
        let Some(folder) = folders.next().await? else { break };
        bytes = bytes.saturating_add(folder.manifest().map_or(0, |manifest| manifest.size));
        some.push(folder);
    }
    Ok(some)
}

/// The bytes of a folder's manifest, if it has one.
async fn read_manifest<H: Host>(
    s3: &Client<'_, H, S3Endpoint>,
    bucket: &str,
    folder: &Folder,
) -> Option<Result<Vec<u8>, String>> {
    let ListedObject { key, size, e_tag, .. } = folder.manifest()?;
    let body = read(s3, bucket, key, *size, e_tag).await;
    Some(body.map_err(|error| error.to_string()))
}

/// A run's manifest; the newest backup, whatever tables it holds, is also called `latest`.
pub async fn manifest<H: Host>(
    s3: &Client<'_, H, S3Endpoint>,
    bucket: &str,
    run: &str,
) -> Result<Manifest, BackupError> {
    let no_manifest = || BackupError::NoManifest { run: run.into() };
    if run == LATEST {
        let runs = runs(s3, bucket).await?;
        return runs.newest(&[])?.cloned().ok_or_else(no_manifest);
    }
    if !is_run(run) {
        return Err(no_manifest());
    }
    let key = Manifest::key_of(run);
    let failed = |cause| BackupError::Read { key: key.clone(), cause };
    let head = HeadObject { bucket, key: &key, version_id: None, if_match: None };
    let head = match s3.call(&head, Repeat::Harmless).await {
        Ok(head) => head,
        Err(CallError::Api(error)) if error.is_not_found() => return Err(no_manifest()),
        Err(error) => return Err(failed(error.to_string())),
    };
    let body = read(s3, bucket, &key, head.content_length, &head.e_tag).await;
    let body = body.map_err(|error| failed(error.to_string()))?;
    Manifest::read(run, &body)
        .map_err(|why| BackupError::NoBackup(LeftOutFolder::new(run, why).into()))
}

/// Deletes a backup: the manifest first, so that one which is half deleted is no backup any more.
/// Answers how many objects went.
pub async fn prune<H: Host>(
    s3: &Client<'_, H, S3Endpoint>,
    bucket: &str,
    backup: &Manifest,
) -> Result<u64, BackupError> {
    let keys = backup.keys();
    delete(s3, bucket, &keys).await?;
    Ok(keys.len() as u64)
}

/// The runs without a manifest to which nothing was written for [`GIVEN_UP_AFTER`].
pub async fn unfinished<H: Host>(
    s3: &Client<'_, H, S3Endpoint>,
    bucket: &str,
) -> Result<Vec<Unfinished>, BackupError> {
    let now = s3.host().now();
    let mut folders = Folders::new(s3, bucket);
    let mut found = Vec::new();
    while let Some(folder) = folders.next().await? {
        found.extend(given_up(&folder, now));
    }
    Ok(found)
}

/// Deletes the files of a run without a manifest.
pub async fn clean<H: Host>(
    s3: &Client<'_, H, S3Endpoint>,
    bucket: &str,
    run: &Unfinished,
) -> Result<(), BackupError> {
    delete(s3, bucket, &run.keys).await
}

/// Deletes what a run has written that has no manifest, and answers the keys that are left.
pub(super) async fn take_back<H: Host>(
    s3: &Client<'_, H, S3Endpoint>,
    bucket: &str,
    run: &str,
) -> Vec<String> {
    let folder = [FOLDER, run, "/"].concat();
    let Ok(objects) = objects(s3, bucket, &folder).await else { return alloc::vec![folder] };
    let mut keys: Vec<_> = objects.into_iter().map(|object| object.key).collect();
    while let Some(key) = keys.last() {
        if s3.is_out_of_time() || delete(s3, bucket, slice::from_ref(key)).await.is_err() {
            break;
        }
        keys.pop();
    }
    keys
}

impl Runs {
    /// Sorts a folder, given what was read of its manifest.
    fn take(&mut self, folder: &Folder, body: Option<Result<Vec<u8>, String>>) {
        let bytes = body.iter().flatten().map(|body| body.len() as u64).sum::<u64>();
        self.bytes += FOLDER_BYTES + bytes;
        match read_folder(folder, body) {
            Ok(manifest) => self.add(manifest, &folder.objects),
            Err(why) => self.left_out.push(LeftOutFolder::new(&folder.name, why)),
        }
    }

    fn add(&mut self, manifest: Manifest, objects: &[ListedObject]) {
        let sizes: BTreeMap<_, _> =
            objects.iter().map(|object| (object.key.as_str(), object.size)).collect();
        let wrong = manifest.parts().find_map(|part| match sizes.get(part.key.as_str()) {
            None => Some((part, Damage::Missing)),
            Some(size) if *size != part.bytes => Some((part, Damage::Size)),
            Some(_) => None,
        });
        if let Some((part, what)) = wrong {
            let why = NoBackup::Incomplete { key: part.key.clone(), what };
            self.incomplete.push(LeftOutFolder::new(&manifest.run, why));
        }
        self.backups.push(manifest);
    }

    /// The newest backup that holds all these tables; `None` if none does.
    ///
    /// That a later manifest could not be read is an error, since it may be of the newest one.
    pub fn newest(&self, tables: &[&str]) -> Result<Option<&Manifest>, BackupError> {
        let mut backups = self.backups.iter().rev();
        let newest = backups.find(|backup| tables.iter().all(|table| backup.holds(table)));
        let unread = |left: &&LeftOutFolder| matches!(left.why, NoBackup::Unreadable { .. });
        match self.left_out_after(newest).find(unread) {
            Some(left) if is_run(left.name()) => Err(BackupError::NoBackup(left.clone().into())),
            _ => Ok(newest),
        }
    }

    /// What is left out and would be newer than a backup by its name.
    pub fn left_out_after(
        &self,
        backup: Option<&Manifest>,
    ) -> impl Iterator<Item = &LeftOutFolder> {
        let run = backup.map_or("", |backup| backup.run.as_str()).to_string();
        self.left_out.iter().filter(move |left| left.name() > run.as_str())
    }

    /// The backups that are too many if, for every table, the newest `keep` that hold it stay; the
    /// earliest first. An incomplete one neither counts nor is too many.
    pub fn old(&self, keep: usize) -> Vec<&Manifest> {
        let mut kept: BTreeMap<&str, usize> = BTreeMap::new();
        let mut old = Vec::new();
        let is_whole = |backup: &&Manifest| {
            !self.incomplete.iter().any(|incomplete| incomplete.name() == backup.run)
        };
        for backup in self.backups.iter().rev().filter(is_whole) {
            let mut is_needed = false;
            for table in &backup.tables {
                let count = kept.entry(&table.table).or_default();
                is_needed |= *count < keep;
                *count += 1;
            }
            if !is_needed {
                old.push(backup);
            }
        }
        old.reverse();
        old
    }
}

/// The bytes of a manifest; none of one that is too large to be one.
async fn read<H: Host>(
    s3: &Client<'_, H, S3Endpoint>,
    bucket: &str,
    key: &str,
    size: u64,
    e_tag: &str,
) -> Result<Vec<u8>, CallError<s3::Error>> {
    if size == 0 || size > MANIFEST_LIMIT {
        return Ok(Vec::new());
    }
    let if_match = Some(e_tag).filter(|e_tag| !e_tag.is_empty());
    let get = GetObject { bucket, key, version_id: None, range: 0..size, if_match };
    Ok(s3.call(&get, Repeat::Harmless).await?.body)
}

/// The manifest of a folder, given what was read of it.
fn read_folder(
    folder: &Folder,
    body: Option<Result<Vec<u8>, String>>,
) -> Result<Manifest, NoBackup> {
    match body {
        _ if folder.has_more => Err(NoBackup::TooManyFiles),
        None if is_run(&folder.name) => Err(NoBackup::NoManifest),
        None => Err(NoBackup::OtherName { run: None }),
        Some(Err(cause)) => Err(NoBackup::Unreadable { cause }),
        Some(Ok(body)) => Manifest::read(&folder.name, &body),
    }
}

/// What is left of a run without a manifest whose files are all older than [`GIVEN_UP_AFTER`].
///
/// A file of which S3 does not say when it was written counts as new.
fn given_up(folder: &Folder, now: Duration) -> Option<Unfinished> {
    let Folder { name: run, objects, .. } = folder;
    let is_old = |object: &ListedObject| {
        let written = date_time::unix_time(&object.last_modified);
        written.is_some_and(|written| written.saturating_add(GIVEN_UP_AFTER) < now)
    };
    if !is_run(run) || folder.has_more || folder.manifest().is_some() || !objects.iter().all(is_old)
    {
        return None;
    }
    let own = || objects.iter().filter(|object| is_part_key(run, &object.key));
    let keys: Vec<_> = own().map(|object| object.key.clone()).collect();
    let bytes = own().map(|object| object.size).sum();
    (!keys.is_empty()).then(|| Unfinished { run: run.clone(), keys, bytes })
}

async fn delete<H: Host>(
    s3: &Client<'_, H, S3Endpoint>,
    bucket: &str,
    keys: &[String],
) -> Result<(), BackupError> {
    for key in keys {
        let delete = DeleteObject { bucket, key };
        let deleted = s3.call(&delete, Repeat::Harmless).await;
        deleted.map_err(|error| BackupError::write(key, &error))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use alloc::borrow::ToOwned;
    use alloc::collections::BTreeSet;
    use alloc::format;
    use alloc::vec;

    use serde_json::{Value, json};

    use super::*;

    const TABLES: [&str; 3] = ["departments", "jobs", "employees"];

    /// Keys and contents of a bucket.
    type Bucket = BTreeMap<String, Vec<u8>>;

    fn run_name(number: usize) -> String {
        format!("2027011{}T0800{:02}Z-{number:08x}", number / 60 % 10, number % 60)
    }

    fn manifest(run: &str, tables: &[&str]) -> Value {
        let table = |table: &&str| {
            let part = json!({"key": format!("backups/{run}/{table}/part-00000.avro"), "rows": 1,
                "bytes": 3, "sha256": ""});
            json!({"table": table, "rows": 1, "checksum": "", "fingerprint": "", "parts": [part]})
        };
        let tables: Vec<_> = tables.iter().map(table).collect();
        json!({"rowgate": "0.1.0", "run": run, "started": "", "finished": "", "snapshot": true,
            "codec": "null", "tables": tables})
    }

    fn put(bucket: &mut Bucket, folder: &str, manifest: &Value) {
        for table in manifest["tables"].as_array().into_iter().flatten() {
            let key =
                format!("backups/{folder}/{}/part-00000.avro", table["table"].as_str().unwrap());
            bucket.insert(key, b"row".to_vec());
        }
        let body = serde_json::to_vec(manifest).unwrap();
        bucket.insert(Manifest::key_of(folder), body);
    }

    fn listed(bucket: &Bucket) -> Vec<ListedObject> {
        let object = |(key, body): (&String, &Vec<u8>)| ListedObject {
            key: key.clone(),
            size: body.len() as u64,
            e_tag: String::new(),
            last_modified: String::new(),
        };
        bucket.iter().map(object).collect()
    }

    fn look(bucket: &Bucket) -> Runs {
        let mut runs = Runs::default();
        for folder in Folder::all(&listed(bucket)) {
            let body = bucket.get(&Manifest::key_of(&folder.name));
            runs.take(&folder, body.cloned().map(Ok));
        }
        runs
    }

    fn why(bucket: &Bucket, folder: &str) -> String {
        let runs = look(bucket);
        let left = runs.left_out.iter().find(|left| left.name() == folder);
        left.map(|left| left.why.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_backup_has_a_runs_name_and_a_manifest_of_that_run_and_its_files() {
        let good = run_name(1);
        let mut bucket = Bucket::new();
        put(&mut bucket, &good, &manifest(&good, &["jobs"]));
        put(&mut bucket, "before-migration", &manifest(&good, &["jobs"]));
        put(&mut bucket, &run_name(2), &manifest(&good, &["jobs"]));
        let cases = [
            json!({}),
            json!([]),
            manifest(&run_name(5), &[]),
            manifest(&run_name(6), &["jobs", "jobs"]),
        ];
        for (number, case) in cases.iter().enumerate() {
            put(&mut bucket, &run_name(number + 3), case);
        }
        let mut later = manifest(&run_name(7), &["jobs"]);
        later["format"] = json!(3);
        put(&mut bucket, &run_name(7), &later);
        bucket.insert(format!("backups/{}/jobs/part-00000.avro", run_name(8)), vec![]);
        bucket.insert("backups/readme.txt".to_owned(), vec![]);
        bucket.insert("backups/notes/a.txt".to_owned(), vec![]);

        let runs = look(&bucket);
        assert_eq!(runs.backups.iter().map(|its| &its.run).collect::<Vec<_>>(), [&good]);
        assert!(
            why(&bucket, "before-migration").contains(&format!("its manifest is of run {good}"))
        );
        assert_eq!(why(&bucket, &run_name(2)), format!("the manifest is of run {good}"));
        for number in 3..=6 {
            assert_eq!(why(&bucket, &run_name(number)), "the manifest is not one of rowgate's");
        }
        assert!(why(&bucket, &run_name(7)).contains("format 3"));
        assert!(why(&bucket, &run_name(8)).contains("no manifest"));
        assert_eq!(why(&bucket, "notes"), "its name is not a run's");
    }

    #[test]
    fn keys_that_lead_elsewhere_are_no_files_of_a_run() {
        let run = run_name(1);
        for key in [
            "mine/jobs.csv",
            "backups/../mine/jobs/part-00000.avro",
            &format!("backups/{run}/../other/part-00000.avro"),
            &format!("backups/{run}/./part-00000.avro"),
            &format!("backups/{run}/jobs/../part-00000.avro"),
            &format!("backups/{run}/jobs/part-00000/../x.avro"),
            &format!("backups/{run}/jobs/part-0000.avro"),
            &format!("backups/{run}/jobs/part-00000.csv"),
            &format!("backups/{run}/departments/part-00000.avro"),
            &format!("backups/{run}/manifest.json"),
            &format!("backups/{}/jobs/part-00000.avro", run_name(2)),
        ] {
            let mut manifest = manifest(&run, &["jobs"]);
            manifest["tables"][0]["parts"][0]["key"] = json!(key);
            let read = Manifest::read(&run, &serde_json::to_vec(&manifest).unwrap());
            assert_eq!(read, Err(NoBackup::ForeignFile { key: key.into() }));
        }
    }

    #[test]
    fn the_newest_is_that_of_all_tables_that_are_wanted() {
        let mut bucket = Bucket::new();
        for (number, tables) in [(1, &TABLES[..]), (2, &TABLES[..1]), (3, &TABLES[1..2])] {
            put(&mut bucket, &run_name(number), &manifest(&run_name(number), tables));
        }
        let runs = look(&bucket);
        let newest = |tables: &[&str]| runs.newest(tables).unwrap().map(|its| its.run.clone());
        assert_eq!(newest(&[]), Some(run_name(3)));
        assert_eq!(newest(&["jobs"]), Some(run_name(3)));
        assert_eq!(newest(&["departments"]), Some(run_name(2)));
        assert_eq!(newest(&["departments", "jobs"]), Some(run_name(1)));
        assert_eq!(newest(&["cats"]), None);
    }

    #[test]
    fn a_later_manifest_that_is_not_read_may_be_the_newest() {
        let mut bucket = Bucket::new();
        put(&mut bucket, &run_name(2), &manifest(&run_name(2), &["jobs"]));
        let body = bucket[&Manifest::key_of(&run_name(2))].clone();
        for (number, is_error) in [(1, false), (3, true)] {
            let mut both = bucket.clone();
            both.insert(Manifest::key_of(&run_name(number)), vec![1]);
            let mut runs = Runs::default();
            for folder in Folder::all(&listed(&both)) {
                let is_good = folder.name == run_name(2);
                let read = if is_good { Ok(body.clone()) } else { Err("HTTP 403".into()) };
                runs.take(&folder, Some(read));
            }
            assert_eq!(runs.newest(&[]).is_err(), is_error);
            assert_eq!(runs.old(1), [] as [&Manifest; 0]);
        }
    }

    #[test]
    fn what_was_given_up_is_old_and_has_no_manifest() {
        let file = |run: &str, name: &str, last_modified: &str| ListedObject {
            key: format!("backups/{run}/{name}"),
            size: 5,
            e_tag: String::new(),
            last_modified: last_modified.into(),
        };
        let (old, new) = ("2027-01-14T07:59:59Z", "2027-01-14T08:00:01.000Z");
        let objects = [
            file(&run_name(1), "jobs/part-00000.avro", old),
            file(&run_name(1), "notes.txt", old),
            file(&run_name(2), "jobs/part-00000.avro", old),
            file(&run_name(2), "jobs/part-00001.avro", new),
            file(&run_name(3), "jobs/part-00000-0a1b2c3d.avro", old),
            file(&run_name(3), "manifest.json", old),
            file(&run_name(4), "jobs/part-00000.avro", ""),
            file("mine", "jobs/part-00000.avro", old),
        ];
        let now = Duration::from_secs(1_800_000_000);
        let folders = Folder::all(&objects);
        let found: Vec<_> = folders.iter().filter_map(|folder| given_up(folder, now)).collect();
        let keys = vec![format!("backups/{}/jobs/part-00000.avro", run_name(1))];
        assert_eq!(found, [Unfinished { run: run_name(1), keys, bytes: 5 }]);
    }

    /// Numbers that look like chance and are the same each time.
    struct Chance(u64);

    impl Chance {
        fn below(&mut self, limit: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (self.0 >> 33) as usize % limit
        }
    }

    /// A bucket to which anything happens, and what of it must stay.
    struct Model {
        bucket: Bucket,
        /// The whole backups with their tables.
        good: BTreeMap<String, Vec<&'static str>>,
        runs: usize,
    }

    impl Model {
        fn next_run(&mut self) -> String {
            self.runs += 1;
            run_name(self.runs)
        }

        fn happen(&mut self, chance: &mut Chance) {
            let some = chance.below(7) + 1;
            let tables: Vec<_> =
                (0..3).filter(|at| some >> at & 1 == 1).map(|at| TABLES[at]).collect();
            match chance.below(9) {
                0..=3 => {
                    let run = self.next_run();
                    put(&mut self.bucket, &run, &manifest(&run, &tables));
                    self.good.insert(run, tables);
                }
                4 => {
                    let run = self.next_run();
                    let broken = [json!({}), json!({"run": run}), json!(7)];
                    put(&mut self.bucket, &run, &broken[chance.below(3)]);
                }
                5 => {
                    let run = self.next_run();
                    self.bucket.insert(format!("backups/{run}/jobs/part-00000.avro"), vec![1]);
                }
                6 => self.copy(chance),
                7 => self.damage(chance),
                _ => drop(self.bucket.insert("backups/zz/other.txt".to_owned(), vec![1])),
            }
        }

        /// Copies a folder to a name of any kind, its manifest as it is.
        fn copy(&mut self, chance: &mut Chance) {
            let Some(run) = self.any(chance) else { return };
            let from = format!("backups/{run}/");
            let name = if chance.below(2) == 0 { self.next_run() } else { "zz-copy".to_owned() };
            let files: Vec<_> =
                self.bucket.iter().filter(|(key, _)| key.starts_with(&from)).collect();
            let copies: Vec<_> = files
                .into_iter()
                .map(|(key, body)| (key.replace(&from, &format!("backups/{name}/")), body.clone()))
                .collect();
            self.bucket.extend(copies);
        }

        /// Takes a file from a backup, cuts one, or makes its manifest name a file elsewhere.
        fn damage(&mut self, chance: &mut Chance) {
            let Some(run) = self.any(chance) else { return };
            let table = self.good.remove(&run).unwrap()[0];
            let key = format!("backups/{run}/{table}/part-00000.avro");
            match chance.below(3) {
                0 => drop(self.bucket.remove(&key)),
                1 => drop(self.bucket.insert(key, b"ro".to_vec())),
                _ => {
                    let mut foreign = manifest(&run, &[table]);
                    foreign["tables"][0]["parts"][0]["key"] = json!("mine/jobs.csv");
                    put(&mut self.bucket, &run, &foreign);
                }
            }
        }

        fn any(&self, chance: &mut Chance) -> Option<String> {
            let count = self.good.len();
            (count > 0).then(|| self.good.keys().nth(chance.below(count)).unwrap().clone())
        }

        /// Prunes, and looks whether for each table the newest `keep` stay, and all that is not good.
        fn prune(&mut self, keep: usize) {
            let mut stays = BTreeSet::new();
            for table in TABLES {
                let holders = self.good.iter().rev().filter(|(_, held)| held.contains(&table));
                stays.extend(holders.take(keep).map(|(run, _)| run.clone()));
            }
            let gone: Vec<_> = look(&self.bucket).old(keep).into_iter().cloned().collect();
            for backup in gone {
                backup.keys().iter().for_each(|key| drop(self.bucket.remove(key).unwrap()));
                assert!(self.good.remove(&backup.run).is_some(), "{} was not good", backup.run);
            }
            assert_eq!(self.good.keys().cloned().collect::<BTreeSet<_>>(), stays);
        }
    }

    #[test]
    fn whatever_happens_the_newest_good_backups_of_every_table_stay() {
        let mut pruned = 0;
        for seed in 0..10_000 {
            let mut chance = Chance(seed);
            let mut model = Model { bucket: Bucket::new(), good: BTreeMap::new(), runs: 0 };
            model.bucket.insert("mine/jobs.csv".to_owned(), vec![1]);
            for _ in 0..10 {
                model.happen(&mut chance);
                if chance.below(3) == 0 {
                    let before = model.good.len();
                    model.prune(chance.below(3) + 1);
                    pruned += before - model.good.len();
                }
            }
            assert!(model.bucket.contains_key("mine/jobs.csv"));
        }
        assert!(pruned > 5_000, "{pruned}");
    }
}
