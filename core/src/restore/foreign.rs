//! What is seen of the rows of files without a manifest before anything is written: keys that come
//! twice, and date-times that every other entry point would refuse or change.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::checks::in_time;
use super::error::RestoreError;
use crate::aws::host::Host;
use crate::backup::{PartFile, Services};
use crate::table::record::{Cell, RawField, Record};
use crate::table::row_key::row_key;
use crate::table::schema::Table;
use crate::table::types::{Definition, Rules};

/// Keys that are remembered, some 60 MB of them. Whether a later one came before the database says,
/// without its name.
const MOST_KEYS: usize = 2_000_000;

/// Date-times of a column that are stored as they are, and would not be by any other entry point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OddValues {
    /// The column.
    pub column: &'static str,
    /// Texts that are no date-time.
    pub invalid: u64,
    /// Date-times of another form than `YYYY-MM-DDTHH:MM:SSZ`.
    pub other_form: u64,
}

/// What was seen of the files of one table.
pub(super) struct SeenRows {
    table: &'static Table,
    /// In which file each key is.
    keys: BTreeMap<u64, usize>,
    /// The first key that came twice: as a number, and its two files.
    twice: Option<(Option<i64>, usize, usize)>,
    /// Rows whose key came before.
    repeated: u64,
    /// One for each column.
    odd: Vec<OddValues>,
}

impl SeenRows {
    pub(super) fn new(table: &'static Table) -> Self {
        let names = table.columns.iter().map(|column| column.name);
        let odd = names.map(|column| OddValues { column, invalid: 0, other_form: 0 }).collect();
        Self { table, keys: BTreeMap::new(), twice: None, repeated: 0, odd }
    }

    /// Takes in a row of the file with this number.
    pub(super) fn add(&mut self, file: usize, row: &Record<'_>) {
        let key = row_key(self.table, row.cells());
        let number = number_of(&key);
        if let Some(first) = self.keys.get(&number) {
            let named = match key {
                Cell::Int(key) => Some(key),
                _ => None,
            };
            self.repeated += 1;
            self.twice.get_or_insert((named, *first, file));
        } else if self.keys.len() < MOST_KEYS {
            self.keys.insert(number, file);
        }
        for ((column, cell), odd) in self.table.columns.iter().zip(row.cells()).zip(&mut self.odd) {
            odd.add(column.column_type, cell);
        }
    }

    /// Why the files cannot be restored; no text of a row is named.
    pub(super) fn obstacle(&self, files: &[PartFile]) -> Option<String> {
        let (table, repeated) = (self.table.name, self.repeated);
        let twice = self.twice(files)?;
        Some(format!("{table}: {twice}; rows whose key came before: {repeated}"))
    }

    /// The first key that came twice, and its files.
    pub(super) fn twice(&self, files: &[PartFile]) -> Option<String> {
        let (key, first, other) = self.twice?;
        let name = |file: usize| files.get(file).map_or("", |file| file.key.as_str());
        let key = key.map_or_else(|| "a key".into(), |key| format!("the key {key}"));
        let place = match first == other {
            true => format!("in {}", name(first)),
            false => format!("in {} and in {}", name(first), name(other)),
        };
        Some(format!("{key} is there twice, {place}"))
    }

    /// The columns with odd values.
    pub(super) fn odd_values(self) -> Vec<OddValues> {
        self.odd.into_iter().filter(|odd| odd.invalid + odd.other_form > 0).collect()
    }
}

impl RestoreError {
    /// The same error, with a key that comes twice and its files, if some key does.
    pub(super) async fn naming_twice<H: Host>(
        self,
        services: &Services<'_, H>,
        table: &'static Table,
        files: &[PartFile],
    ) -> Self {
        match self {
            Self::SameKey { table: name, rows, keys, .. } => {
                let twice = find_twice(services, table, files).await;
                Self::SameKey { table: name, rows, keys, twice }
            }
            error => error,
        }
    }
}

/// `None` if no key of those that are remembered comes twice, or no time is left to find it.
async fn find_twice<H: Host>(
    services: &Services<'_, H>,
    table: &'static Table,
    files: &[PartFile],
) -> Option<String> {
    let mut seen = SeenRows::new(table);
    for (number, file) in files.iter().enumerate() {
        in_time(services).ok()?;
        let read = file.read_rows(services.s3, services.bucket, table, |row| seen.add(number, row));
        read.await.ok()?;
        if let Some(twice) = seen.twice(files) {
            return Some(twice);
        }
    }
    None
}

impl OddValues {
    fn add(&mut self, of: impl Definition, cell: &Cell<'_>) {
        if *cell == Cell::Null {
            return;
        }
        match of.parse(RawField::from(cell), &Rules::default()) {
            Ok(same) if same == *cell => {}
            Ok(_) => self.other_form += 1,
            Err(_) => self.invalid += 1,
        }
    }
}

/// A key as 64 bits: an integer itself, of a text a hash. Which other texts are one key the database says,
/// once they are written.
fn number_of(key: &Cell<'_>) -> u64 {
    match key {
        Cell::Null => 0,
        Cell::Int(key) => key.cast_unsigned(),
        Cell::Text(text) => {
            let [a, b, c, d, e, f, g, h, ..]: [u8; 32] = Sha256::digest(text.as_bytes()).into();
            u64::from_be_bytes([a, b, c, d, e, f, g, h])
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::backup::PartForm;
    use crate::table::record::{Place, RawRow};
    use crate::table::schema::table;

    fn file(key: &str) -> PartFile {
        PartFile {
            key: key.into(),
            e_tag: String::new(),
            bytes: 1,
            manifest: None,
            form: PartForm::Avro,
        }
    }

    /// A table's rows, each with the number of its file.
    fn seen(name: &str, rows: Vec<(usize, Vec<RawField<'_>>)>) -> SeenRows {
        let table = table(name).unwrap();
        let mut seen = SeenRows::new(table);
        for (file, fields) in rows {
            let place = Place { index: None, line: None };
            let row = RawRow { place, fields, errors: vec![] };
            seen.add(file, &Record::parse_stored(table, row).unwrap());
        }
        seen
    }

    fn job(id: i64) -> Vec<RawField<'static>> {
        vec![RawField::Integer(id), RawField::Text("x".into())]
    }

    #[test]
    fn a_key_that_comes_twice_is_named_with_its_files() {
        let files = [file("a.avro"), file("b.avro")];
        let text = |rows| seen("jobs", rows).obstacle(&files);
        assert_eq!(text(vec![(0, job(1)), (0, job(2)), (1, job(-1)), (1, job(0))]), None);
        assert_eq!(
            text(vec![(0, job(1)), (0, job(7)), (1, job(7)), (1, job(1))]).unwrap(),
            "jobs: the key 7 is there twice, in a.avro and in b.avro; rows whose key came before: 2"
        );
        assert_eq!(
            text(vec![(1, job(-3)), (1, job(-3))]).unwrap(),
            "jobs: the key -3 is there twice, in b.avro; rows whose key came before: 1"
        );
    }

    #[test]
    fn texts_are_told_apart() {
        let number = |text: &'static str| number_of(&Cell::Text(text.into()));
        let all = ["", "k1", "K1", " k1", "k1\t", "é", "e"].map(number);
        assert_eq!(BTreeMap::from(all.map(|number| (number, ()))).len(), all.len());
    }

    #[test]
    fn date_times_are_counted_that_no_other_entry_point_takes_as_they_are() {
        let employee = |id, text: &'static str| {
            let name = RawField::Text("x".into());
            let datetime = RawField::Text(text.into());
            (0, vec![RawField::Integer(id), name, datetime, RawField::Null, RawField::Null])
        };
        let texts = ["2021-07-27T16:02:08Z", "yesterday", "", "2021-07-27T18:02:08+02:00"];
        let rows: Vec<_> = (1..).zip(texts).map(|(id, text)| employee(id, text)).collect();
        let odd = OddValues { column: "datetime", invalid: 2, other_form: 1 };
        assert_eq!(seen("employees", rows).odd_values(), [odd]);
        assert_eq!(seen("employees", vec![employee(1, texts[0])]).odd_values(), []);
        assert_eq!(seen("jobs", vec![(0, job(1))]).odd_values(), []);
    }
}
