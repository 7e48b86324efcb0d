//! Each type's values, through every form on the path into a database and back.

use alloc::borrow::{Cow, ToOwned};
use alloc::string::{String, ToString};
use alloc::{format, vec};

use proptest::prelude::*;
use sha2::{Digest, Sha256};

use crate::format::avro::{AvroReader, AvroWriter, Codec, ExtraFields};
use crate::sql::checksum::Checksum;
use crate::sql::chunk::Chunk;
use crate::table::record::{Place, RawRow, Record};
use crate::table::schema::Table;
use crate::table::types::tests::{cases, text};
use crate::table::types::{Answer, ColumnType, Definition, Rules};
use crate::table::value::{Cell, RawField};

/// What the database makes of an expression about the column `c`, given the column's text.
fn evaluate(sql: &str, c: &str) -> String {
    match sql {
        "c" | "CONVERT(c USING utf8mb4)" | "CAST(c AS BINARY)" | "CAST(c AS CHAR)" => c.to_owned(),
        "CAST(CONVERT(c USING utf8mb4) AS BINARY)" => c.to_owned(),
        "CAST(c + 0 AS CHAR)" | "CAST(CONVERT(c USING utf8mb4) AS UNSIGNED)" => c.to_owned(),
        // In this model bytes are what base64 has of them, and a line has no end.
        "FROM_BASE64(c)" | "REPLACE(TO_BASE64(c), CHAR(10 USING utf8mb4), '')" => c.to_owned(),
        "LPAD(c, 4, '0')" => format!("{c:0>4}"),
        "TRIM(TRAILING 'Z' FROM c)" => c.trim_end_matches('Z').to_owned(),
        // The model's clock is that of UTC.
        "CAST(UNIX_TIMESTAMP(c) AS CHAR)" => {
            let stored = format!("{c}Z");
            ColumnType::known("timestamp(6)", None, None).digested(&stored).into_owned()
        }
        "SUBSTR(HEX(ST_AsWKB(POINT(c + 0e0, 0))), 11, 16)" => {
            let bytes = c.parse::<f64>().unwrap().to_le_bytes();
            bytes.map(|byte| format!("{byte:02X}")).concat()
        }
        "c + 0" => c.parse::<i64>().unwrap().to_string(),
        other => panic!("the test does not know {other}"),
    }
}

/// What a statement's rows have of the value, as JSON_TABLE's text.
fn on_the_wire(table: &Table, cell: &Cell<'_>) -> String {
    let fields = vec![RawField::Integer(1), RawField::from(cell)];
    let place = Place { index: Some(0), line: None };
    let record = Record::parse(table, RawRow { place, fields, errors: vec![] }, false).unwrap();
    let mut chunk = Chunk::default();
    assert!(chunk.push(&record, place));
    let rows: serde_json::Value = serde_json::from_str(chunk.json()).unwrap();
    match &rows[0][1] {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Takes a value of a type into the model of a database and back.
fn round(table: &'static Table, cell: &Cell<'_>) {
    let column_type = table.columns[1].column_type;
    let canonical = match cell {
        Cell::Null => panic!("a type makes no NULL"),
        Cell::Int(value) => value.to_string(),
        Cell::Text(text) => text.clone().into_owned(),
    };
    let stored = evaluate(&column_type.written("c"), &on_the_wire(table, cell));
    let exact = evaluate(&column_type.exact("c"), &stored);
    assert!([&canonical, &*column_type.digested(&canonical)].contains(&exact.as_str()));

    let read = evaluate(&column_type.canonical("c"), &stored);
    let notation = column_type.answer().notation();
    let (back, bytes, most) = match column_type.answer() {
        Answer::Long { .. } => {
            let bytes = format!("{{\"longValue\":{read}}},").len();
            (Cell::Int(read.parse().unwrap()), bytes, notation)
        }
        Answer::Text => {
            let quoted = serde_json::to_string(&read).unwrap().len();
            let bytes = "{\"stringValue\":},".len() + quoted;
            (Cell::Text(column_type.read(read.into()).unwrap()), bytes, notation + quoted)
        }
    };
    assert_eq!(&back, cell);
    assert!(bytes <= most && most - bytes <= 30, "{bytes} {most}");

    let same =
        column_type.parse(RawField::from(&back), &Rules { stored: true, ..Rules::default() });
    assert_eq!(same.as_ref(), Ok(cell));
    assert_eq!(column_type.parse(RawField::from(&back), &Rules::default()).as_ref(), Ok(cell));

    with_digest(table, cell, &evaluate(&column_type.digest("c"), &stored));
    through_avro(table, cell);
    through_avro(table, &Cell::Null);
}

/// The database's digest of a text is ours of the value.
fn with_digest(table: &'static Table, cell: &Cell<'_>, text: &str) {
    let mut checksum = Checksum::default();
    checksum.add(table, &[Cell::Int(1), cell.clone()]);
    let digest = Sha256::digest(format!("1:1;{}:{text};", text.len()));
    assert_eq!(checksum.digest.to_be_bytes()[..], digest[..8], "{:?}", table.columns[1]);
}

/// A file that is written has the value, and the file's reader gives it back.
fn through_avro(table: &'static Table, cell: &Cell<'_>) {
    let row = [Cell::Int(1), cell.clone()];
    let mut writer = AvroWriter::new(table, Codec::Null, [7; 16]);
    writer.push(&row).unwrap();
    let mut file = writer.take();
    file.extend(writer.finish().unwrap().0);
    let mut reader = AvroReader::new(table, ExtraFields::Refuse);
    let mut bytes = &file[..];
    assert_eq!(reader.next_row(&mut bytes).unwrap().unwrap().cells(), row);
}

#[test]
fn values_that_are_taken_come_back_as_they_are() {
    for case in cases() {
        let (table, column_type) = (case.table(), case.column_type());
        for (given, canonical) in &case.taken {
            let cell = column_type.parse(given.clone(), &Rules::default()).unwrap();
            let text = match &cell {
                Cell::Int(value) => Cow::Owned(value.to_string()),
                Cell::Text(text) => text.clone(),
                Cell::Null => panic!("a type makes no NULL"),
            };
            assert_eq!(text, *canonical, "{} {given:?}", case.name);
            round(table, &cell);
            let in_a_file = column_type.parse(RawField::Cell(&text), &Rules::default());
            assert_eq!(in_a_file.unwrap(), cell, "{} {given:?}", case.name);
        }
    }
}

fn any_field() -> impl Strategy<Value = RawField<'static>> {
    let date_time = "[0-9]{4}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-5][0-9]:[0-6][0-9](\\.[0-9]{1,9})?(Z|[+-][0-2][0-9]:[0-5][0-9])";
    let ends = prop_oneof![Just(i64::MIN), Just(i64::MAX), -300..300_i64, any::<i64>()];
    prop_oneof![
        ends.prop_map(RawField::Integer),
        ".{0,12}".prop_map(|value| text(&value)),
        "[0-9]{4}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-5][0-9]:[0-6][0-9](\\.[0-9]{1,9})?"
            .prop_map(|value| text(&value)),
        "-?[0-9]{1,20}".prop_map(|value| RawField::Cell(value.leak())),
        "-?[0-9]{1,9}(\\.[0-9]{1,3})?(e-?[0-9])?".prop_map(|value| RawField::Number(value.leak())),
        date_time.prop_map(|value| text(&value)),
    ]
}

proptest! {
    /// Whatever a type takes, the database and Avro give back.
    #[test]
    fn any_value_that_is_taken_comes_back(
        which: proptest::sample::Index,
        field in any_field(),
    ) {
        let cases = cases();
        let table = which.get(&cases).table();
        if let Ok(cell) = table.columns[1].column_type.parse(field, &Rules::default()) {
            round(table, &cell);
        }
    }
}
