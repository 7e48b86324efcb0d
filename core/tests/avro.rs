//! Files of this crate and of Apache's, read back in pieces; and files that are broken.

use crate::world::OFFICE;
use apache_avro::types::Value;
use apache_avro::{Reader, Schema, Writer};
use proptest::prelude::*;
use rowgate_core::avro::{
    AvroError, AvroErrorKind, AvroReader, AvroWriter, BLOCK_LIMIT, Codec, ExtraFields, PartSummary,
    WriteError, fingerprint, schema,
};
use rowgate_core::schema::{Column, ColumnType, Table};
use rowgate_core::{Cell, RowErrorKind};
use sha2::{Digest, Sha256};

const SYNC: [u8; 16] = *b"between blocks..";

type Row = Vec<Cell<'static>>;

/// Every kind of column, with and without NULL.
static KINDS: Table = Table::new(
    "kinds",
    &[
        column("code", ColumnType::known("varchar(12)", None, None), false),
        column("tiny", ColumnType::known("tinyint unsigned", None, None), true),
        column("big", ColumnType::known("bigint", None, None), false),
        column("big_or_null", ColumnType::known("int unsigned", None, None), true),
        column("text", ColumnType::known("varchar(300)", None, None), true),
        column("at", ColumnType::known("varchar(30)", Some("date-time"), None), true),
    ],
);

const fn column(name: &'static str, column_type: ColumnType, nullable: bool) -> Column {
    Column { nullable, ..Column::new(name, column_type) }
}

fn table(name: &str) -> Option<&'static Table> {
    OFFICE.table(name)
}

fn text(text: &str) -> Cell<'static> {
    Cell::Text(text.to_owned().into())
}

fn job(id: i64, name: &str) -> Row {
    vec![Cell::Int(id), text(name)]
}

/// A file, taken from the writer as it comes.
fn write(table: &'static Table, codec: Codec, rows: &[Row]) -> (Vec<u8>, PartSummary) {
    let mut writer = AvroWriter::new(table, codec, SYNC);
    let mut file = Vec::new();
    for row in rows {
        writer.push(row).unwrap();
        file.extend(writer.take());
    }
    let (end, summary) = writer.finish().unwrap();
    file.extend(end);
    (file, summary)
}

/// Reads a file in pieces of these lengths, the last one again and again.
fn read(table: &'static Table, file: &[u8], pieces: &[usize]) -> Result<Vec<Row>, AvroError> {
    let mut reader = AvroReader::new(table, ExtraFields::Refuse);
    let mut lengths = pieces.iter().copied();
    let mut length = 1;
    let (mut rows, mut rest) = (Vec::new(), file);
    while !rest.is_empty() {
        length = lengths.next().unwrap_or(length).max(1);
        let (mut piece, after) = rest.split_at(length.min(rest.len()));
        while let Some(record) = reader.next_row(&mut piece)? {
            rows.push(record.cells().iter().map(owned).collect());
        }
        rest = after;
    }
    reader.finish().map(|()| rows)
}

fn owned(cell: &Cell<'_>) -> Cell<'static> {
    match cell {
        Cell::Null => Cell::Null,
        Cell::Int(value) => Cell::Int(*value),
        Cell::Text(value) => text(value),
    }
}

fn any_cell(column: &'static Column) -> BoxedStrategy<Cell<'static>> {
    let of = |name: &str| ColumnType::of(name, None, None) == Some(column.column_type);
    let int = INTS.iter().find(|(name, ..)| of(name));
    let max_chars = (1..=300).find(|length| of(&format!("varchar({length})")));
    let value = match (int, max_chars) {
        (Some((_, min, max)), _) => any_int(*min, *max),
        (None, Some(max_chars)) => any_text(max_chars),
        (None, None) => any_date_time(),
    };
    if column.nullable { prop_oneof![1 => Just(Cell::Null), 3 => value].boxed() } else { value }
}

/// Every integer type of a column here, with its bounds.
const INTS: [(&str, i64, i64); 4] = [
    ("tinyint unsigned", 0, 255),
    ("int", -2_147_483_648, 2_147_483_647),
    ("int unsigned", 0, 4_294_967_295),
    ("bigint", i64::MIN, i64::MAX),
];

fn any_int(min: i64, max: i64) -> BoxedStrategy<Cell<'static>> {
    prop_oneof![Just(min), Just(max), Just(0), min..=max].prop_map(Cell::Int).boxed()
}

fn any_text(max_chars: usize) -> BoxedStrategy<Cell<'static>> {
    let chars = prop_oneof![any::<char>(), Just('\0'), Just('é'), Just('🏙')];
    let texts = proptest::collection::vec(chars, 0..=max_chars.min(40));
    let longest = Just(vec!['😀'; max_chars]);
    let texts = prop_oneof![9 => texts, 1 => longest];
    texts.prop_map(|chars| text(&String::from_iter(chars))).boxed()
}

fn any_date_time() -> BoxedStrategy<Cell<'static>> {
    let parts = (0..10_000, 1..13, 1..29, 0..24, 0..60, 0..60);
    let parts = parts.prop_map(|(year, month, day, hour, minute, second)| {
        text(&format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"))
    });
    parts.boxed()
}

fn any_rows() -> impl Strategy<Value = (&'static Table, Vec<Row>)> {
    let tables: Vec<_> = OFFICE.tables().iter().chain([&KINDS]).collect();
    proptest::sample::select(tables).prop_flat_map(|table| {
        let row: Vec<_> = table.columns.iter().map(any_cell).collect();
        (Just(table), proptest::collection::vec(row, 0..20))
    })
}

proptest! {
    #[test]
    fn rows_come_back_with_every_codec_and_in_any_chunking(
        (table, rows) in any_rows(),
        codec in proptest::sample::select(Codec::ALL),
        pieces in proptest::collection::vec(1..300_usize, 1..20),
    ) {
        let (file, summary) = write(table, codec, &rows);
        prop_assert_eq!(&read(table, &file, &pieces).unwrap(), &rows);
        let sha256: String =
            Sha256::digest(&file).iter().map(|byte| format!("{byte:02x}")).collect();
        let expected = PartSummary { rows: rows.len() as u64, bytes: file.len() as u64, sha256 };
        prop_assert_eq!(summary, expected);
        prop_assert_eq!(write(table, codec, &rows).0, file);
    }

    #[test]
    fn apache_reads_what_is_written((table, rows) in any_rows(), codec in proptest::sample::select(Codec::ALL)) {
        let (file, _) = write(table, codec, &rows);
        let read: Vec<_> = Reader::new(&file[..]).unwrap().map(|row| cells(row.unwrap())).collect();
        prop_assert_eq!(read, rows);
    }

    #[test]
    fn a_file_that_is_cut_is_noticed((table, rows) in any_rows(), codec in proptest::sample::select(Codec::ALL), at: proptest::sample::Index) {
        let (file, _) = write(table, codec, &rows);
        let header = AvroWriter::new(table, codec, SYNC).take().len();
        let end = at.index(file.len());
        let error = read(table, &file[..end], &[100]).err();
        let block = (end >= header).then_some(0);
        let truncated = AvroError { block, kind: AvroErrorKind::Truncated };
        prop_assert_eq!(error, (end != header).then_some(truncated));
    }

    #[test]
    fn random_changes_never_panic(
        (table, rows) in any_rows(),
        codec in proptest::sample::select(Codec::ALL),
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6),
        piece in 1..2_000_usize,
    ) {
        let (mut file, _) = write(table, codec, &rows);
        for (at, byte) in changes {
            let at = at.index(file.len());
            file[at] = byte;
        }
        let _ = read(table, &file, &[piece]);
    }

    #[test]
    fn random_bytes_in_a_good_frame_never_panic(
        (table, _) in any_rows(),
        codec in proptest::sample::select(Codec::ALL),
        rows: u8,
        block in proptest::collection::vec(any::<u8>(), 0..64),
    ) {
        let mut file = AvroWriter::new(table, codec, SYNC).take();
        file.extend([rows & 0x7e, block.len() as u8 * 2]);
        file.extend(block);
        file.extend(SYNC);
        let _ = read(table, &file, &[file.len()]);
    }
}

/// A row as Apache's crate reads it.
fn cells(row: Value) -> Row {
    let Value::Record(fields) = row else { panic!("{row:?}") };
    fields.into_iter().map(|(_, value)| cell(value)).collect()
}

fn cell(value: Value) -> Cell<'static> {
    match value {
        Value::Null => Cell::Null,
        Value::Int(value) => Cell::Int(value.into()),
        Value::Long(value) => Cell::Int(value),
        Value::String(value) => Cell::Text(value.into()),
        Value::Union(_, value) => cell(*value),
        other => panic!("{other:?}"),
    }
}

/// A file of Apache's crate.
fn apache(schema: &str, rows: Vec<Value>) -> Vec<u8> {
    let schema = Schema::parse_str(schema).unwrap();
    let codec = apache_avro::Codec::Snappy;
    let mut writer = Writer::with_codec(&schema, Vec::new(), codec).unwrap();
    writer.extend(rows).unwrap();
    writer.into_inner().unwrap()
}

/// As Spark writes a table: its record has no table's name, and everything may be null.
const SPARK: &str = r#"{"type":"record","name":"topLevelRecord","fields":[
    {"name":"id","type":["int","null"]},
    {"name":"name","type":["string","null"]},
    {"name":"datetime","type":[{"type":"long","logicalType":"timestamp-micros"},"null"]},
    {"name":"department_id","type":["long","null"]}]}"#;

fn spark_row(id: Value, name: &str, micros: i64, department: Value) -> Value {
    let some = |value| Value::Union(0, Box::new(value));
    let or_null =
        |value| if value == Value::Null { Value::Union(1, Box::new(value)) } else { some(value) };
    Value::Record(vec![
        ("id".into(), or_null(id)),
        ("name".into(), some(Value::String(name.into()))),
        ("datetime".into(), some(Value::TimestampMicros(micros))),
        ("department_id".into(), or_null(department)),
    ])
}

#[test]
fn files_in_the_shape_of_spark_are_read() {
    let employees = table("hired_employees").unwrap();
    let rows = vec![
        spark_row(Value::Int(0), "Zoë\0", 1_627_401_728_999_999, Value::Long(7)),
        spark_row(Value::Int(-5), "", -1, Value::Null),
    ];
    let row = |id, name, at, department| {
        vec![Cell::Int(id), text(name), text(at), department, Cell::Null]
    };
    let expected = vec![
        row(0, "Zoë\0", "2021-07-27T16:02:08Z", Cell::Int(7)),
        row(-5, "", "1969-12-31T23:59:59Z", Cell::Null),
    ];
    let file = apache(SPARK, rows);
    for piece in [1, 7, file.len()] {
        assert_eq!(read(employees, &file, &[piece]), Ok(expected.clone()));
    }
}

#[test]
fn rows_that_do_not_fit_are_named_and_the_others_read() {
    let employees = table("employees").unwrap();
    let file = apache(
        SPARK,
        vec![
            spark_row(Value::Null, &"x".repeat(256), i64::MAX, Value::Long(1 << 31)),
            spark_row(Value::Int(1), &"é".repeat(256), 0, Value::Long(1 << 31)),
            spark_row(Value::Int(2), "good", 0, Value::Null),
        ],
    );
    let mut reader = AvroReader::new(employees, ExtraFields::Refuse);
    let mut input = &file[..];
    let mut found = Vec::new();
    loop {
        match reader.next_row(&mut input) {
            Ok(None) => break,
            Ok(Some(record)) => assert_eq!(record.cells()[0], Cell::Int(2)),
            Err(AvroError { block: Some(0), kind: AvroErrorKind::Row { row, errors } }) => {
                found.extend(
                    errors.into_iter().map(|error| (row, error.column.unwrap(), error.kind)),
                );
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!((reader.finish(), reader.rows()), (Ok(()), 3));
    let (min, max) = (i32::MIN.into(), 2_147_483_647);
    let out_of_range = RowErrorKind::OutOfRange { min, max, not_zero: false };
    assert_eq!(
        found,
        [
            (0, "datetime".into(), RowErrorKind::InvalidDateTime),
            (1, "name".into(), RowErrorKind::TooLong { limit: 255, got: 256 }),
            (1, "department_id".into(), out_of_range),
        ]
    );
}

#[test]
fn a_file_says_what_is_wrong_and_where_for_ever() {
    let jobs = table("jobs").unwrap();
    let name = "x".repeat(255);
    let rows: Vec<_> = (0..1_000).map(|id| job(id, &name)).collect();
    let (file, _) = write(jobs, Codec::Snappy, &rows);
    let first_sync = file.windows(16).position(|window| window == SYNC).unwrap();
    let error = |block, kind| Err(AvroError { block, kind });

    let mut broken = file.clone();
    *broken.last_mut().unwrap() ^= 1;
    assert_eq!(read(jobs, &broken, &[99]), error(Some(3), AvroErrorKind::WrongSync));
    broken = file.clone();
    let checksum = file.len() - 17;
    broken[checksum] ^= 1;
    assert_eq!(read(jobs, &broken, &[99]), error(Some(3), AvroErrorKind::WrongChecksum));
    broken = file.clone();
    broken[first_sync + 16..][..9].fill(0x80);
    assert_eq!(read(jobs, &broken, &[99]), error(Some(0), AvroErrorKind::BrokenBlock));
    assert_eq!(read(jobs, b"id,job\n", &[99]), error(None, AvroErrorKind::NotAvro));
    assert_eq!(read(jobs, b"", &[99]), error(None, AvroErrorKind::Truncated));

    let mut reader = AvroReader::new(jobs, ExtraFields::Refuse);
    let failed = reader.next_row(&mut b"id,job\n".as_slice()).unwrap_err();
    assert_eq!(reader.next_row(&mut &file[..]), Err(failed.clone()));
    assert_eq!(reader.finish(), Err(failed));
}

/// The header of a file of jobs, with this codec's name, and one block.
fn framed(codec: &str, rows: u8, block: &[u8]) -> Vec<u8> {
    let mut file = b"Obj\x01\x02\x16avro.schema".to_vec();
    let schema = schema(table("jobs").unwrap());
    put(&mut file, schema.as_bytes());
    file.extend(b"\x02\x14avro.codec");
    put(&mut file, codec.as_bytes());
    file.push(0);
    file.extend(SYNC);
    file.push(rows * 2);
    put(&mut file, block);
    file.extend(SYNC);
    file
}

fn put(file: &mut Vec<u8>, bytes: &[u8]) {
    let length = bytes.len() as u16 * 2;
    file.extend([length as u8 | 0x80, (length >> 7) as u8]);
    file.extend(bytes);
}

#[test]
fn a_block_of_nothing_is_nothing_however_it_is_packed() {
    let jobs = table("jobs").unwrap();
    for codec in Codec::ALL {
        assert_eq!(read(jobs, &framed(codec.name(), 0, b""), &[1]), Ok(vec![]), "{codec:?}");
    }
}

#[test]
fn blocks_that_are_not_what_they_say_are_refused() {
    let jobs = table("jobs").unwrap();
    let kind = |file: &[u8]| read(jobs, file, &[1_000]).unwrap_err().kind;
    let row = b"\x0e\x02n";
    assert_eq!(read(jobs, &framed("null", 1, row), &[1]), Ok(vec![job(7, "n")]));
    assert_eq!(kind(&framed("null", 0, row)), AvroErrorKind::BytesLeft { bytes: 3 });
    assert_eq!(kind(&framed("null", 1, b"\x0e\x02nn")), AvroErrorKind::BytesLeft { bytes: 1 });
    let broken = AvroErrorKind::BrokenRow { row: 1, field: "id".into() };
    assert_eq!(kind(&framed("null", 2, row)), broken);
    let broken = AvroErrorKind::BrokenRow { row: 0, field: "job_name".into() };
    assert_eq!(kind(&framed("null", 1, b"\x0e\x04n")), broken);
    for codec in ["deflate", "snappy"] {
        assert_eq!(kind(&framed(codec, 1, b"\xff\xff\xff")), AvroErrorKind::Unpackable { codec });
    }
    let unknown = AvroErrorKind::UnknownCodec { name: "bzip2".into() };
    assert_eq!(kind(&framed("bzip2", 1, row)), unknown);
    #[cfg(not(feature = "zstd"))]
    assert!(matches!(kind(&framed("zstandard", 1, row)), AvroErrorKind::UnknownCodec { .. }));
}

#[test]
fn a_length_is_not_believed_before_its_bytes_are_there() {
    let jobs = table("jobs").unwrap();
    let huge = b"\x0e\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01";
    let error = read(jobs, &framed("null", 1, huge), &[9]).unwrap_err();
    assert!(matches!(error.kind, AvroErrorKind::BrokenRow { row: 0, .. }), "{error}");

    let mut file = AvroWriter::new(jobs, Codec::Null, SYNC).take();
    file.extend([2, 0x82, 0x80, 0x80, 0x40]);
    let kind = AvroErrorKind::BlockTooLarge { limit: BLOCK_LIMIT };
    assert_eq!(read(jobs, &file, &[9]), Err(AvroError { block: Some(0), kind }));
}

#[test]
fn a_bad_cell_is_named_and_the_writer_goes_on() {
    let jobs = table("jobs").unwrap();
    let mut writer = AvroWriter::new(jobs, Codec::Deflate, SYNC);
    writer.push(&job(1, "a")).unwrap();
    let error = WriteError::Cell { column: "job_name", expected: "string", got: "null" };
    assert_eq!(writer.push(&[Cell::Int(2), Cell::Null]), Err(error));
    writer.push(&job(3, "c")).unwrap();
    let (file, summary) = writer.finish().unwrap();
    assert_eq!(read(jobs, &file, &[64]), Ok(vec![job(1, "a"), job(3, "c")]));
    assert_eq!(summary.rows, 2);
}

#[test]
fn apache_knows_the_same_schema_of_every_kind_of_column() {
    let parsed = Schema::parse_str(&schema(&KINDS)).unwrap();
    assert_eq!(parsed.fingerprint::<Sha256>().to_string(), fingerprint(&KINDS));
    assert!(schema(&KINDS).contains(r#"{"name":"big","type":"long"}"#));
    assert!(schema(&KINDS).contains(r#"{"name":"tiny","type":["null","int"],"default":null}"#));
}
