//! What a backup consists of. It is written last: a run without it is no backup.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;
use std::io::{self, Write};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::keys::{FOLDER, is_part_key, is_run, table_folder};
use super::left_out_folder::NoBackup;
use super::packed_table::PackedTable;
use crate::base::hex::hex;
use crate::format::avro;
use crate::sql::checksum::Checksum;
use crate::table::date_time;
use crate::table::schema::Table;

/// What a backup consists of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The manifest's form; one that does not say has form 1.
    #[serde(default = "first_format")]
    pub format: u32,
    /// The version of rowgate that wrote it.
    pub rowgate: String,
    /// The run's name; later ones stand behind earlier ones.
    pub run: String,
    /// When it began, as `YYYY-MM-DDTHH:MM:SSZ`.
    pub started: String,
    /// When its last part was written.
    pub finished: String,
    /// Whether all tables were read in one transaction, and so are of the same moment.
    pub snapshot: bool,
    /// How blocks are packed.
    pub codec: String,
    /// The form of the tables' checksums; those of format 1 have form 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<u32>,
    /// The database's own version, as `8.0.39` or `11.4.2-MariaDB`; left out where it was not asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<String>,
    /// What a restore would have refused of the tables, which was accepted, or for which they were
    /// left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub obstacles: Vec<String>,
    /// The tables, parents first.
    pub tables: Vec<TableManifest>,
    /// SHA-256 of the manifest without this member, as it is written here, in hexadecimal; those of
    /// version 0.1 have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

/// One table of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableManifest {
    /// Its name.
    pub table: String,
    /// How many rows.
    pub rows: u64,
    /// The checksum of the content, 16 hexadecimal digits; see [`Checksum`](crate::Checksum).
    pub checksum: String,
    /// SHA-256 of the Avro schema's Parsing Canonical Form.
    pub fingerprint: String,
    /// The table as the schema of the backup described it; those of format 1 do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<PackedTable>,
    /// The files, in the order of the rows' keys; none of an empty table.
    pub parts: Vec<PartManifest>,
}

/// One file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartManifest {
    /// Its key in the bucket.
    pub key: String,
    /// How many rows.
    pub rows: u64,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of the whole file, in hexadecimal.
    pub sha256: String,
}

impl TableManifest {
    /// Of this table, with these rows in these files.
    pub(super) fn new(table: &Table, content: Checksum, parts: Vec<PartManifest>) -> Self {
        Self {
            table: table.name.to_string(),
            rows: content.rows,
            checksum: content.hex(),
            fingerprint: avro::fingerprint(table),
            schema: table.described.map(PackedTable::new),
            parts,
        }
    }
}

/// What a manifest of version 0.1 is.
fn first_format() -> u32 {
    1
}

impl Manifest {
    /// The form that this version writes; it reads earlier ones as well.
    pub(super) const FORMAT: u32 = 2;

    /// The form of checksums that this version makes.
    pub(super) const DIGEST: u32 = 1;

    /// The key of a run's manifest.
    pub fn key_of(run: &str) -> String {
        format!("{FOLDER}{run}/manifest.json")
    }

    /// Reads the manifest of a run.
    pub(super) fn read(run: &str, body: &[u8]) -> Result<Self, NoBackup> {
        #[derive(Deserialize)]
        struct Form {
            format: Option<u32>,
        }
        let format = serde_json::from_slice(body).ok().and_then(|form: Form| form.format);
        if let Some(format) = format.filter(|format| *format > Self::FORMAT) {
            return Err(NoBackup::LaterFormat { format });
        }
        let manifest: Option<Self> = serde_json::from_slice(body).ok();
        let its = manifest.as_ref().map(|manifest| manifest.run.clone());
        if !is_run(run) {
            return Err(NoBackup::OtherName { run: its.filter(|its| is_run(its)) });
        }
        let manifest = manifest.ok_or(NoBackup::BadManifest)?;
        match manifest.run == run {
            true => manifest.check(),
            false if is_run(&manifest.run) => Err(NoBackup::OtherRun { run: manifest.run }),
            false => Err(NoBackup::BadManifest),
        }
    }

    /// The same with its own SHA-256, by which a change is seen that fits itself.
    pub(super) fn sealed(self) -> Self {
        let unsealed = Self { sha256: None, ..self };
        Self { sha256: Some(unsealed.seal()), ..unsealed }
    }

    /// Of the members of one without it in this order and without blanks, whatever its file looks like.
    fn seal(&self) -> String {
        let mut sum = Sum(Sha256::new());
        // Texts and numbers, which cannot fail.
        _ = serde_json::to_writer(&mut sum, self);
        hex(&sum.0.finalize())
    }

    /// Its files are deleted by what it says, so it may name those of its run alone.
    fn check(mut self) -> Result<Self, NoBackup> {
        let mut names: Vec<_> = self.tables.iter().map(|table| &table.table).collect();
        names.sort();
        let mut keys: Vec<_> = self.parts().map(|part| &part.key).collect();
        keys.sort();
        let has_twice = |texts: &[&String]| texts.windows(2).any(|pair| pair[0] == pair[1]);
        if names.is_empty() || has_twice(&names) || has_twice(&keys) || self.sums().is_none() {
            return Err(NoBackup::BadManifest);
        }
        for TableManifest { table, parts, .. } in &self.tables {
            let folder = table_folder(&self.run, table) + "/";
            let is_own = |key: &str| key.starts_with(&folder) && is_part_key(&self.run, key);
            if let Some(part) = parts.iter().find(|part| !is_own(&part.key)) {
                return Err(NoBackup::ForeignFile { key: part.key.clone() });
            }
        }
        match self.sha256.take() {
            Some(sha256) if sha256 != self.seal() => Err(NoBackup::Changed),
            sha256 => Ok(Self { sha256, ..self }),
        }
    }

    /// The rows of the tables, the rows and the bytes of the files; `None` of numbers that no backup
    /// can have.
    fn sums(&self) -> Option<[u64; 3]> {
        let rows = checked_sum(self.tables.iter().map(|table| table.rows));
        let part_rows = checked_sum(self.parts().map(|part| part.rows));
        let bytes = checked_sum(self.parts().map(|part| part.bytes));
        Some([rows?, part_rows?, bytes?])
    }

    /// Whether it has a table of this name.
    pub fn holds(&self, table: &str) -> bool {
        self.tables.iter().any(|its| its.table == table)
    }

    /// The keys of the manifest and, behind it, of all files.
    pub(super) fn keys(&self) -> Vec<String> {
        let files = self.parts().map(|part| part.key.clone());
        core::iter::once(Self::key_of(&self.run)).chain(files).collect()
    }

    /// The rows of all tables.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }

    /// The bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.parts().map(|part| part.bytes).sum()
    }

    /// When its last part was written, since the Unix epoch; `None` if the manifest has no such time.
    pub fn finished_at(&self) -> Option<Duration> {
        date_time::unix_time(&self.finished)
    }

    /// All files.
    pub fn parts(&self) -> impl Iterator<Item = &PartManifest> {
        self.tables.iter().flat_map(|table| &table.parts)
    }
}

/// Takes a text piece by piece, so that it is never in memory as a whole.
struct Sum(Sha256);

impl Write for Sum {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn checked_sum(mut numbers: impl Iterator<Item = u64>) -> Option<u64> {
    numbers.try_fold(0, u64::checked_add)
}

#[cfg(test)]
mod tests {
    use super::super::keys::part_key;
    use super::*;
    use crate::table::schema::{Description, EXAMPLE};

    const RUN: &str = "20270115T080000Z-1a2b3c4d";

    fn manifest() -> Manifest {
        let content = Checksum { rows: 2, digest: 7 };
        let part = PartManifest {
            key: part_key(RUN, "jobs", 0),
            rows: 2,
            bytes: 9,
            sha256: "0".repeat(64),
        };
        let jobs = crate::table::schema::table("jobs").unwrap();
        Manifest {
            format: Manifest::FORMAT,
            rowgate: "0.1.0".into(),
            run: RUN.into(),
            started: "2027-01-15T08:00:00Z".into(),
            finished: "2027-01-15T08:00:01Z".into(),
            snapshot: true,
            codec: "snappy".into(),
            digest: Some(Manifest::DIGEST),
            engine: Some("11.4.2-MariaDB".into()),
            obstacles: Vec::new(),
            tables: alloc::vec![TableManifest::new(jobs, content, alloc::vec![part])],
            sha256: None,
        }
    }

    fn read(manifest: &Manifest) -> Result<Manifest, NoBackup> {
        Manifest::read(RUN, &serde_json::to_vec(manifest).unwrap())
    }

    #[test]
    fn a_change_of_any_member_is_seen() {
        let sealed = manifest().sealed();
        assert_eq!(read(&sealed), Ok(sealed.clone()));
        let pretty = serde_json::to_vec_pretty(&sealed).unwrap();
        assert_eq!(Manifest::read(RUN, &pretty), Ok(sealed.clone()));

        let text = serde_json::to_string(&sealed).unwrap();
        for (from, to) in [
            (r#""rows":2"#, r#""rows":3"#),
            (r#""started":"2027"#, r#""started":"2028"#),
            (r#""bytes":9"#, r#""bytes":8"#),
            (r#""checksum":"0"#, r#""checksum":"1"#),
            (r#""snapshot":true"#, r#""snapshot":false"#),
            (r#""sha256":"0"#, r#""sha256":"1"#),
        ] {
            assert!(text.contains(from), "{from}");
            let changed = Manifest::read(RUN, text.replace(from, to).as_bytes());
            assert_eq!(changed, Err(NoBackup::Changed), "{from}");
        }
    }

    #[test]
    fn numbers_that_no_backup_has_are_refused() {
        for (from, to) in [
            (r#""rows":2"#, r#""rows":18446744073709551615"#),
            (r#""bytes":9"#, r#""bytes":18446744073709551615"#),
            (r#""rows":2"#, r#""rows":18446744073709551616"#),
            (r#""rows":2"#, r#""rows":-1"#),
        ] {
            let mut two = manifest();
            let mut more = two.tables[0].clone();
            more.table = "departments".into();
            more.parts[0].key = part_key(RUN, "departments", 0);
            two.tables.push(more);
            let text = serde_json::to_string(&two).unwrap();
            let changed = Manifest::read(RUN, text.replace(from, to).as_bytes());
            assert_eq!(changed, Err(NoBackup::BadManifest), "{to}");
        }
    }

    #[test]
    fn a_file_has_a_key_that_s3_takes() {
        for (digits, is_taken) in [(4, false), (5, true), (975, true), (976, false)] {
            let key = format!("{FOLDER}{RUN}/jobs/part-{}.avro", "0".repeat(digits));
            let mut named = manifest();
            named.tables[0].parts[0].key = key.clone();
            let foreign = NoBackup::ForeignFile { key };
            let expected = if is_taken { Ok(named.clone()) } else { Err(foreign) };
            assert_eq!(read(&named), expected, "{digits}");
        }
    }

    #[test]
    fn a_manifest_of_before_is_read_without_it() {
        assert_eq!(read(&manifest()), Ok(manifest()));
    }

    #[test]
    fn what_is_sealed_stays_the_same_text_in_every_version() {
        let first = Manifest { format: 1, digest: None, engine: None, ..manifest() };
        assert_eq!(first.seal(), FIRST_SEAL);
        let mut second = manifest();
        let described = Description::from_json(EXAMPLE).unwrap().tables;
        let jobs = described.iter().find(|table| table.name == "jobs");
        second.tables[0].schema = jobs.map(PackedTable::new);
        assert_eq!(second.seal(), SEAL);
        let sealed = second.sealed();
        assert_eq!(read(&sealed), Ok(sealed.clone()));
        let pretty = serde_json::to_vec_pretty(&sealed).unwrap();
        assert_eq!(Manifest::read(RUN, &pretty), Ok(sealed));
    }

    const FIRST_SEAL: &str = "18d0f1d6c91e18535edcdf1808a1784bedacd696a3d789e238e7f739f3a76df6";

    const SEAL: &str = "2ef4c2738e8f1f8b7c2e89becb5a7db9f78529fe7ee430973b03e7de9f959071";
}
