//! Each type's values, through every form on the path into a database and back.

use alloc::borrow::{Cow, ToOwned};
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::{format, vec};

use proptest::prelude::*;

use super::case::text;
use super::every_type::cases;
use crate::sql::chunk::Chunk;
use crate::table::record::{Place, RawRow, Record};
use crate::table::schema::{Column, Table};
use crate::table::types::{Answer, ColumnType, Definition, Rules};
use crate::table::value::{Cell, RawField};

/// A table whose second column is of this type.
fn table_of(column_type: ColumnType) -> &'static Table {
    let key = Column { nullable: false, ..Column::new("k", ColumnType::known("int", None, None)) };
    let columns = Box::leak(Box::new([key, Column::new("c", column_type)]));
    Box::leak(Box::new(Table::new("t", columns)))
}

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
fn round(column_type: ColumnType, cell: &Cell<'_>) {
    let canonical = match cell {
        Cell::Null => panic!("a type makes no NULL"),
        Cell::Int(value) => value.to_string(),
        Cell::Text(text) => text.clone().into_owned(),
    };
    let table = table_of(column_type);
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

    #[cfg(feature = "avro")]
    {
        with_digest(column_type, cell, &evaluate(&column_type.digest("c"), &stored));
        through_avro(table, cell);
        through_avro(table, &Cell::Null);
    }
}

/// The database's digest of a text is ours of the value.
#[cfg(feature = "avro")]
fn with_digest(column_type: ColumnType, cell: &Cell<'_>, text: &str) {
    use sha2::{Digest, Sha256};

    let mut checksum = crate::sql::checksum::Checksum::default();
    checksum.add(table_of(column_type), &[Cell::Int(1), cell.clone()]);
    let digest = Sha256::digest(format!("1:1;{}:{text};", text.len()));
    assert_eq!(checksum.digest.to_be_bytes()[..], digest[..8], "{column_type:?}");
}

/// A file that is written has the value, and the file's reader gives it back.
#[cfg(feature = "avro")]
fn through_avro(table: &'static Table, cell: &Cell<'_>) {
    use crate::format::avro::{AvroReader, AvroWriter, Codec, ExtraFields};

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
        let column_type = case.column_type();
        for (given, canonical) in &case.taken {
            let cell = column_type.parse(given.clone(), &Rules::default()).unwrap();
            let text = match &cell {
                Cell::Int(value) => Cow::Owned(value.to_string()),
                Cell::Text(text) => text.clone(),
                Cell::Null => panic!("a type makes no NULL"),
            };
            assert_eq!(text, *canonical, "{} {given:?}", case.name);
            round(column_type, &cell);
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
        let column_type = which.get(&cases).column_type();
        if let Ok(cell) = column_type.parse(field, &Rules::default()) {
            round(column_type, &cell);
        }
    }
}
