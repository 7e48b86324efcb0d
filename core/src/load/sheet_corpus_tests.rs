//! The corpora of spreadsheets and of Parquet files, each of which is read right or refused, and never read wrong.
//!
//! The outcomes of `tests/sheets/expected.json` and `tests/parquet/expected.json` were written before a file was
//! read.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::Range;
use std::fs;
use std::path::PathBuf;

use futures_util::StreamExt;

use serde_json::Value;

use super::piece_order::ordered;
use crate::aws::source::{Source, SourceError};
use crate::format::csv::Dialect;
use crate::format::formats::RowFormat;
use crate::format::row_reader::{GivenLayout, Opening};
use crate::table::issue::RowErrorKind;
use crate::table::record::{Cell, EntryRules, Record};
use crate::table::schema::{Schema, Table};

type CanonicalRow = BTreeMap<String, Option<String>>;

/// The row's number, and the column and code of its first error.
type Bad = (Option<u64>, Option<String>, String);

/// What became of a file.
#[derive(Debug, Default)]
struct SheetReading {
    rows: Vec<CanonicalRow>,
    rejected: Vec<Bad>,
    refusal: Option<(String, String)>,
    layout: BTreeMap<&'static str, String>,
}

fn folder(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests").join(path)
}

fn read(table: &'static Table, bytes: &[u8], name: &str, options: &Value) -> SheetReading {
    let mut dialect = Dialect::default();
    for (name, value) in options.as_object().into_iter().flatten() {
        dialect.set(name, value.as_str().unwrap()).unwrap();
    }
    let given = &GivenLayout { dialect, ..GivenLayout::default() };
    let (start, is_whole, is_settled) = (bytes, true, false);
    let format = RowFormat::of_file(name).unwrap();
    let bytes = &in_order(format, bytes)[..];
    let mut rows = format.open(Opening { table, given, is_settled, start, is_whole });
    let mut reading = SheetReading::default();
    let mut pieces = bytes.chunks(5_000);
    let mut input = pieces.next().unwrap_or_default();
    loop {
        while !rows.next(&mut input) {
            match pieces.next() {
                Some(piece) => input = piece,
                None if rows.end() => break,
                None => {
                    reading.layout = rows
                        .dialect()
                        .map(Dialect::layout)
                        .unwrap_or_default()
                        .into_iter()
                        .collect();
                    return reading;
                }
            }
        }
        let row = rows.row();
        let place = row.place;
        let forms = given.dialect.forms;
        let rules = EntryRules { forms, may_lack: true, ..EntryRules::default() };
        match Record::parse_by(table, row, rules) {
            Ok(record) => reading.rows.push(canonical(table, &record)),
            Err(errors) if place.index.is_none() => {
                let kind: &RowErrorKind = &errors[0].kind;
                reading.refusal = Some((kind.code().into(), kind.to_string()));
            }
            Err(errors) => {
                let column = errors[0].column.as_deref().map(ToString::to_string);
                reading.rejected.push((place.line, column, errors[0].kind.code().into()));
            }
        }
    }
}

/// The bytes as the format takes them.
fn in_order(format: &RowFormat, bytes: &[u8]) -> Vec<u8> {
    let source = Memory(bytes.to_vec());
    let pieces = ordered(&source, format, 0);
    let bytes = pieces.map(Result::unwrap).concat();
    futures_util::FutureExt::now_or_never(bytes).unwrap()
}

struct Memory(Vec<u8>);

impl Source for Memory {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    async fn read(&self, range: Range<u64>) -> Result<Vec<u8>, SourceError> {
        Ok(self.0[range.start as usize..range.end as usize].to_vec())
    }
}

fn canonical(table: &Table, record: &Record<'_>) -> CanonicalRow {
    let text = |cell: &Cell<'_>| match cell {
        Cell::Null => None,
        Cell::Int(value) => Some(value.to_string()),
        Cell::Text(text) => Some(text.to_string()),
    };
    let columns = record.columns().of(table).zip(record.carried());
    columns.map(|(column, cell)| (column.name.to_string(), text(cell))).collect()
}

/// Why a reading is not what it should be, if it is not.
fn difference(reading: &SheetReading, entry: &Value, counts_rows: bool) -> Option<String> {
    if entry["outcome"] == "refused" {
        let code = reading.refusal.as_ref().map(|(code, _)| code.as_str());
        return match code == entry["code"].as_str() && reading.rows.is_empty() {
            true => None,
            false => Some(format!("not refused: {reading:?}")),
        };
    }
    if let Some(refusal) = &reading.refusal {
        return Some(format!("refused in vain: {refusal:?}"));
    }
    if let Some(count) = entry["count"].as_u64() {
        let is_it = reading.rows.len() as u64 == count && reading.rejected.is_empty();
        return (!is_it).then(|| format!("{} rows of {count}", reading.rows.len()));
    }
    let wanted: Vec<CanonicalRow> = serde_json::from_value(entry["rows"].clone()).unwrap();
    if let Some((read, wanted)) =
        reading.rows.iter().zip(&wanted).find(|(read, wanted)| read != wanted)
    {
        return Some(format!("WRONG: read {read:?}\n  not {wanted:?}"));
    }
    let rejected = entry["rejected"].as_array().unwrap();
    let is_it = |(bad, wanted): (&Bad, &Value)| {
        let is =
            |at: usize, text: Option<&str>| wanted[at].is_null() || wanted[at].as_str() == text;
        let line = !counts_rows || bad.0 == wanted[0].as_u64();
        line && is(1, bad.1.as_deref()) && is(2, Some(&bad.2))
    };
    if reading.rejected.len() != rejected.len() || !reading.rejected.iter().zip(rejected).all(is_it)
    {
        return Some(format!("rejected {:?}, and not {rejected:?}", reading.rejected));
    }
    if reading.rows.len() != wanted.len() {
        return Some(format!("{} rows of {}", reading.rows.len(), wanted.len()));
    }
    let layout = entry["layout"].as_object().into_iter().flatten();
    let is_said = |(name, text): (&String, &Value)| {
        reading.layout.get(name.as_str()).map(String::as_str) == text.as_str()
    };
    match layout.clone().all(is_said) {
        true => None,
        false => Some(format!("layout {:?}", reading.layout)),
    }
}

/// Reads a corpus; answers how many files of it are read without an option.
fn judge(corpus: &str, counts_rows: bool) -> (usize, usize, String) {
    let schema = fs::read_to_string(folder(corpus).join("tables.json")).unwrap();
    let table = Schema::from_json(&schema).unwrap().tables()[0].name;
    let table = Schema::from_json(&schema).unwrap().table(table).unwrap();
    let expected: Value =
        serde_json::from_str(&fs::read_to_string(folder(corpus).join("expected.json")).unwrap())
            .unwrap();
    let (mut read_right, mut all, mut report) = (0, 0, String::new());
    for (name, entry) in expected.as_object().unwrap() {
        let bytes = fs::read(folder(corpus).join("files").join(name)).unwrap();
        all += 1;
        let reading = read(table, &bytes, name, &entry["options"]);
        match difference(&reading, entry, counts_rows) {
            Some(difference) => report += &format!("{name}: {difference}\n"),
            None if entry["outcome"] == "read" && entry["options"].is_null() => read_right += 1,
            None => {}
        }
        for answer in entry["answers"].as_array().into_iter().flatten() {
            let reading = read(table, &bytes, name, answer);
            if reading.refusal.is_some() || reading.rows.is_empty() {
                report += &format!("{name} with {answer}: {reading:?}\n");
            }
        }
    }
    (read_right, all, report)
}

#[test]
fn no_spreadsheet_of_the_corpus_is_read_wrong() {
    let (read, all, report) = judge("sheets", true);
    assert_eq!(report, "", "{read} of {all} are read");
    assert_eq!((read, all), (76, 90));
}

#[cfg(feature = "parquet")]
#[test]
fn no_parquet_file_of_the_corpus_is_read_wrong() {
    let (read, all, report) = judge("parquet", false);
    assert_eq!(report, "", "{read} of {all} are read");
    assert_eq!((read, all), (74, 95));
}
