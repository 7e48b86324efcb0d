//! The corpus of text files, each of which is read right, asked about or refused, and never read wrong.
//!
//! The outcomes of `tests/corpus/expected.json` were written before there was a detector.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use std::fs;
use std::io::Read;
use std::path::PathBuf;

use serde_json::Value;

use crate::format::csv::Dialect;
use crate::format::encoding::decoded;
use crate::format::formats::CSV;
use crate::format::row_reader::{GivenLayout, Opening};
use crate::ingest::{Checker, IngestOptions, OnError};
use crate::sql::statement::OnDuplicate;
use crate::table::issue::{RowError, RowErrorKind};
use crate::table::layout_question::LayoutQuestion;
use crate::table::record::{Cell, EntryRules, RawRow, Record};
use crate::table::schema::{Column, Schema, Table};
use crate::table::time_zone::TimeZone;
use crate::table::types::Definition;

type Rows = Vec<BTreeMap<String, Option<String>>>;

/// What became of a file.
#[derive(Debug, PartialEq)]
enum Reading {
    Read {
        rows: Rows,
        rejected: Vec<u64>,
        layout: BTreeMap<String, String>,
    },
    /// Nothing of it was read, for this.
    Refused(RowErrorKind),
}

fn corpus(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/corpus").join(path)
}

fn json(path: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(corpus(path)).unwrap()).unwrap()
}

fn leak(text: &Value) -> &'static str {
    Box::leak(text.as_str().unwrap().to_string().into_boxed_str())
}

/// The tables of both examples: those of `samples/shop/shop.sql` as a database describes them, and HR's with
/// optional ids, which some of the files do not have.
fn tables() -> Schema {
    let table = |name: &str, columns: &[Column]| {
        Table::new(leak(&name.into()), Box::leak(columns.to_vec().into_boxed_slice()))
    };
    let example = fs::read_to_string(corpus("../../sql/schema.json")).unwrap();
    let hr = Schema::from_json(&example).unwrap().tables().iter().map(|it| {
        let mut columns = it.columns.to_vec();
        columns[0].nullable = true;
        table(it.name, &columns)
    });
    let shop = fs::read_to_string(corpus("../../samples/shop/schema.json")).unwrap();
    let shop = Schema::from_json(&shop).unwrap();
    assert_eq!(shop.unfit(), []);
    let tables: Vec<Table> = hr.chain(shop.tables().iter().cloned()).collect();
    Schema::new(Box::leak(tables.into_boxed_slice()))
}

fn bytes(name: &str) -> Result<Vec<u8>, RowErrorKind> {
    let bytes = fs::read(corpus("files").join(name)).unwrap();
    if !bytes.starts_with(b"\x1f\x8b") {
        return Ok(bytes);
    }
    let mut unpacked = Vec::new();
    let mut decoder = flate2::read::MultiGzDecoder::new(&bytes[..]);
    let read = decoder.read_to_end(&mut unpacked);
    read.map(|_| unpacked).map_err(|_| RowErrorKind::UnreadableGzip)
}

/// Reads a file as a load does, with options by name.
fn read(schema: Schema, table: &str, name: &str, options: &Value) -> Reading {
    let table = schema.table(table).unwrap();
    let bytes = match bytes(name) {
        Ok(bytes) => bytes,
        Err(kind) => return Reading::Refused(kind),
    };
    let (mut dialect, mut time_zone) = (Dialect::default(), None);
    for (name, value) in options.as_object().into_iter().flatten() {
        let text = value.as_str().map_or_else(|| value.to_string(), ToString::to_string);
        match &**name {
            "time_zone" => time_zone = TimeZone::of(&text),
            name => dialect.set(name, &text).unwrap(),
        }
    }
    let given = GivenLayout { dialect, has_time_zone: time_zone.is_some() };
    let (start, is_whole, is_settled) = (&bytes[..], true, false);
    let opening = Opening { table, given: &given, is_settled, start, is_whole };
    let mut decoder = CSV.open(opening);
    let text =
        decoded(decoder.encoding(), &bytes, true).map_or(Cow::Borrowed(&bytes[..]), Cow::Owned);
    let forms = decoder.dialect().unwrap().forms;
    let (on_error, on_duplicate) = (OnError::Skip, OnDuplicate::Update);
    let ingest = IngestOptions {
        on_error,
        on_duplicate,
        time_zone,
        forms,
        may_lack: true,
        ..IngestOptions::default()
    };
    let mut checker = Checker::new(ingest);
    let (mut input, mut rows, mut rejected) = (&text[..], Rows::new(), Vec::new());
    while decoder.next(&mut input) || decoder.end() {
        if let Some(kind) = decoder.contradiction() {
            return Reading::Refused(kind);
        }
        let row = decoder.row();
        let place = row.place;
        let errors = row.errors.clone();
        let again = RawRow { place, fields: row.fields.clone(), errors };
        let rules = EntryRules { time_zone, forms, may_lack: true, ..EntryRules::default() };
        let record = Record::parse_by(table, again, rules);
        let canonical = record.as_ref().ok().map(|record| canonical(table, record));
        let is_other = |error: &RowError| error.kind.code() != "duplicate_in_batch";
        let errors = checker.file_row(table, row).err().unwrap_or_default();
        match errors.into_iter().find(is_other) {
            None => rows.push(canonical.unwrap()),
            Some(error) if place.index.is_none() => return Reading::Refused(error.kind),
            Some(_) => rejected.push(place.line.unwrap()),
        }
    }
    let layout = decoder.dialect().unwrap().layout().into_iter();
    let layout = layout.map(|(name, text)| (name.to_string(), text)).collect();
    Reading::Read { rows, rejected, layout }
}

fn canonical(table: &Table, record: &Record<'_>) -> BTreeMap<String, Option<String>> {
    let text = |column: &Column, cell: &Cell<'_>| match cell {
        Cell::Null => None,
        Cell::Int(value) => Some(value.to_string()),
        // Those of the corpus have the moments of a TIMESTAMP without the mark of UTC.
        Cell::Text(text) if column.column_type.is_by_the_clock() => {
            Some(text.trim_end_matches('Z').to_string())
        }
        Cell::Text(text) => Some(text.to_string()),
    };
    let columns = record.columns().of(table).zip(record.carried());
    columns.map(|(column, cell)| (column.name.to_string(), text(column, cell))).collect()
}

fn expected_rows(part: &Value) -> Rows {
    let rows = json(&format!("rows/{}.json", part["rows"].as_str().unwrap()));
    serde_json::from_value(rows).unwrap()
}

fn rejected_lines(part: &Value) -> Vec<u64> {
    let lines = part["rejected"].as_array().into_iter().flatten();
    lines.map(|row| row["line"].as_u64().unwrap()).collect()
}

/// Why a reading is not that of an entry or of one of its answers, if it is not.
fn difference(reading: &Reading, part: &Value) -> Option<String> {
    let Reading::Read { rows, rejected, .. } = reading else {
        return Some(format!("not read: {reading:?}"));
    };
    let (wanted, lines) = (expected_rows(part), rejected_lines(part));
    if *rejected != lines {
        return Some(format!("rejected {rejected:?}, and not {lines:?}"));
    }
    let different = rows.iter().zip(&wanted).find(|(read, wanted)| read != wanted);
    match different {
        Some((read, wanted)) => Some(format!("read {read:?}\n  not {wanted:?}")),
        None if rows.len() != wanted.len() => {
            Some(format!("{} rows of {}", rows.len(), wanted.len()))
        }
        None => None,
    }
}

/// What became of a file, beside what should.
fn judge(schema: Schema, name: &str, entry: &Value) -> (&'static str, String) {
    let table = entry["table"].as_str().unwrap();
    let reading = read(schema, table, name, &Value::Null);
    let stored = matches!(&reading, Reading::Read { rows, .. } if !rows.is_empty());
    match (entry["outcome"].as_str().unwrap(), &reading) {
        ("read", Reading::Refused(RowErrorKind::UnclearLayout { .. })) => {
            ("asked in vain", format!("{reading:?}"))
        }
        ("read", Reading::Refused(_)) => ("refused in vain", format!("{reading:?}")),
        ("read", Reading::Read { layout, .. }) => match difference(&reading, entry) {
            Some(difference) => ("WRONG", difference),
            None => {
                let wanted: BTreeMap<String, String> =
                    serde_json::from_value(entry["layout"].clone()).unwrap_or_default();
                let wanted: BTreeMap<_, _> =
                    wanted.into_iter().map(|(k, v)| (k, v.replace('\t', "tab"))).collect();
                match *layout == wanted {
                    true => ("read", String::new()),
                    false => ("other layout", format!("{layout:?}, and not {wanted:?}")),
                }
            }
        },
        (_, Reading::Read { rejected, rows, .. }) if stored => {
            ("WRONG", format!("{} rows read, {} rejected", rows.len(), rejected.len()))
        }
        (_, Reading::Read { .. }) => ("rejected row by row", String::new()),
        ("ask", Reading::Refused(RowErrorKind::UnclearLayout { questions })) => {
            let kinds: Vec<_> = questions.iter().map(|question| question.kind).collect();
            match kinds.contains(&entry["kind"].as_str().unwrap()) {
                true => ("asked", String::new()),
                false => ("asked otherwise", format!("{kinds:?}, and not {}", entry["kind"])),
            }
        }
        ("ask", Reading::Refused(kind)) => {
            ("asked by a code", format!("{} for {}", kind.code(), entry["kind"]))
        }
        (_, Reading::Refused(kind)) => {
            ("refused", format!("{} for {}", kind.code(), entry["kind"]))
        }
    }
}

/// Readings with the options that a refused file's questions print, one of each.
fn pasted(schema: Schema, table: &str, name: &str, questions: &[LayoutQuestion]) -> Vec<Reading> {
    let mut all = alloc::vec![serde_json::Map::new()];
    for question in questions {
        let options = question.options.iter().filter_map(|option| option.split_once('='));
        let options: Vec<_> = options.filter(|(name, _)| !name.contains(' ')).collect();
        let with = |given: &serde_json::Map<String, Value>, (name, text): &(&str, &str)| {
            let mut given = given.clone();
            given.insert((*name).into(), (*text).into());
            given
        };
        all = all.iter().flat_map(|given| options.iter().map(move |it| with(given, it))).collect();
    }
    all.into_iter().map(|options| read(schema, table, name, &options.into())).collect()
}

/// Whether an answer needs a zone by its name, which is not read here.
fn is_by_zone_name(answer: &Value) -> bool {
    let zone = answer["options"]["time_zone"].as_str();
    !cfg!(feature = "zones") && zone.is_some_and(|zone| zone.contains('/'))
}

/// How a file's questions are answered: each answer of the corpus makes it right, and one that its message prints.
fn judge_answers(
    schema: Schema,
    name: &str,
    entry: &Value,
    report: &mut String,
) -> Vec<&'static str> {
    let table = entry["table"].as_str().unwrap();
    let answers = entry["answers"].as_array().into_iter().flatten();
    let answers: Vec<_> = answers.filter(|answer| !is_by_zone_name(answer)).collect();
    let mut found = Vec::new();
    for answer in &answers {
        let difference = difference(&read(schema, table, name, &answer["options"]), answer);
        found.push(if difference.is_none() { "answered" } else { "ANSWERED WRONG" });
        if let Some(difference) = difference {
            *report += &format!("answer: {name} {}: {difference}\n", answer["options"]);
        }
    }
    let reading = read(schema, table, name, &Value::Null);
    let Reading::Refused(RowErrorKind::UnclearLayout { questions }) = reading else { return found };
    if answers.is_empty() {
        return found;
    }
    let readings = pasted(schema, table, name, &questions);
    if readings.is_empty() || questions.iter().any(|question| question.options.is_empty()) {
        found.push("asked without an option");
        return found;
    }
    let fits =
        |reading: &Reading| answers.iter().any(|answer| difference(reading, answer).is_none());
    found.push(if readings.iter().any(fits) { "pasted" } else { "pasted otherwise" });
    if !readings.iter().any(fits) {
        *report += &format!("pasted: {name}: {questions:?}\n");
    }
    found
}

/// The files of a corpus beside the first one, with paths from there.
fn beside(folder: &str) -> Value {
    let moved = |part: &mut Value| {
        if let Some(rows) = part.get("rows").and_then(Value::as_str) {
            part["rows"] = format!("../{folder}/rows/{rows}").into();
        }
    };
    let expected = json(&format!("{folder}/expected.json"));
    let entries = expected.as_object().unwrap().iter().map(|(name, entry)| {
        let mut entry = entry.clone();
        moved(&mut entry);
        entry["answers"].as_array_mut().into_iter().flatten().for_each(moved);
        (format!("../{folder}/files/{name}"), entry)
    });
    Value::Object(entries.collect())
}

/// Reads all files of a corpus, and answers the table of what became of them.
fn table_of(expected: &Value) -> String {
    let schema = tables();
    let (mut counts, mut report) = (BTreeMap::<&str, u32>::new(), String::new());
    for (name, entry) in expected.as_object().unwrap() {
        let (found, what) = judge(schema, name, entry);
        if !matches!(found, "read" | "asked" | "refused" | "asked by a code") {
            report += &format!("{found}: {name}: {what}\n");
        }
        for found in judge_answers(schema, name, entry, &mut report).into_iter().chain([found]) {
            *counts.entry(found).or_default() += 1;
        }
    }
    for wrong in ["WRONG", "ANSWERED WRONG", "asked in vain", "refused in vain", "other layout"] {
        assert_eq!(counts.get(wrong), None, "{report}");
    }
    counts.iter().map(|(found, count)| format!("| {found} | {count} |\n")).collect()
}

fn assert_in_docs(lines: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/formats.md");
    let docs = fs::read_to_string(path).unwrap();
    // Without them fewer answers are read.
    let has_all = cfg!(all(feature = "encodings", feature = "zones"));
    assert!(!has_all || docs.contains(lines), "docs/formats.md lacks:\n{lines}");
}

#[test]
fn no_file_of_the_corpus_is_read_wrong() {
    assert_in_docs(&table_of(&json("expected.json")));
}

#[test]
fn no_file_of_the_later_ones_is_read_wrong() {
    assert_in_docs(&table_of(&beside("later")));
}
