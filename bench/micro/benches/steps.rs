//! How many instructions each step of a row's way takes, and beside it the least that it could.
//!
//! Every count is for [`COUNT`] rows of employees. Run by `make bench-micro`.

#![allow(missing_docs, reason = "gungraun's macros")]

use std::hint::black_box;

use apache_avro::types::Value;
use apache_avro::{Reader, Schema, Writer};
use gungraun::{library_benchmark, library_benchmark_group, main};
use rowgate_bench::*;
use rowgate_core::avro::{AvroReader, AvroWriter, Codec, ExtraFields};
use rowgate_core::data_api::Target;
use rowgate_core::schema::{Column, ColumnType, Table};
use rowgate_core::{
    BodyItem, CHUNK_LIMIT, Cell, Chunk, Credentials, CsvDecoder, Place, RawField, RawRow, Record,
    Request, Service, decode_rows, sign,
};
use serde::Serialize;
use serde::de::IgnoredAny;
use sha2::{Digest, Sha256};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

#[library_benchmark]
#[bench::rows(csv())]
fn csv_decode(file: Vec<u8>) -> usize {
    let mut decoder = CsvDecoder::new(employees());
    let (mut input, mut cells) = (file.as_slice(), 0);
    while let Some(row) = decoder.next_row(&mut input) {
        cells += black_box(row).fields.len();
    }
    assert_eq!(cells, COUNT as usize * 5);
    cells
}

#[library_benchmark]
#[bench::rows(csv())]
fn csv_core_alone(file: Vec<u8>) -> usize {
    let records = count_records(&file);
    assert_eq!(records, COUNT as usize + 1);
    records
}

#[library_benchmark]
#[bench::rows(json())]
fn json_decode(body: Vec<u8>) -> usize {
    let mut cells = 0;
    let decoded = decode_rows(&body, employees(), |part| {
        if let BodyItem::Row(_, row) = black_box(part) {
            cells += row.fields.len();
        }
        true
    });
    assert_eq!((decoded, cells), (Ok(()), COUNT as usize * 5));
    cells
}

#[library_benchmark]
#[bench::rows(json())]
fn serde_json_alone(body: Vec<u8>) -> Vec<u8> {
    let _: IgnoredAny = serde_json::from_slice(&body).expect("JSON");
    body
}

#[library_benchmark]
#[bench::rows(rows())]
fn check(rows: Vec<Employee>) -> Vec<Employee> {
    for row in &rows {
        black_box(Record::parse(employees(), raw(row), false)).expect("a good row");
    }
    rows
}

// The cells, moved once.
#[library_benchmark]
#[bench::rows(rows())]
fn check_least(rows: Vec<Employee>) -> Vec<Employee> {
    let mut buffer = Vec::with_capacity(1 << 20);
    for cell in rows.iter().flatten() {
        buffer.extend_from_slice(cell.as_bytes());
    }
    black_box(buffer);
    rows
}

/// A table with the employees' date-times alone.
static MOMENTS: Table = Table::new(
    "moments",
    &[Column::new("at", ColumnType::known("varchar(20)", Some("date-time"), None))],
);

// A row of one date-time, checked: more than the date-time by itself.
#[library_benchmark]
#[bench::rows(rows())]
fn date_time(rows: Vec<Employee>) -> Vec<Employee> {
    for [_, _, moment, ..] in &rows {
        let place = Place { index: None, line: None };
        let row = RawRow { place, fields: vec![RawField::Cell(moment)], errors: Vec::new() };
        black_box(Record::parse(&MOMENTS, row, false)).expect("a good row");
    }
    rows
}

#[library_benchmark]
#[bench::rows(rows())]
fn time_parse(rows: Vec<Employee>) -> Vec<Employee> {
    for [_, _, moment, ..] in &rows {
        black_box(OffsetDateTime::parse(moment, &Rfc3339)).expect("a moment");
    }
    rows
}

#[library_benchmark]
#[bench::rows(rows())]
fn time_text(rows: Vec<Employee>) -> Vec<Employee> {
    for [_, _, moment, ..] in &rows {
        let moment = OffsetDateTime::parse(moment, &Rfc3339).expect("a moment");
        black_box(moment.to_offset(UtcOffset::UTC).format(&Rfc3339)).expect("a text");
    }
    rows
}

/// They outlive the function that is measured.
fn leaked_records() -> Vec<Record<'static>> {
    records(Vec::leak(rows()))
}

#[library_benchmark]
#[bench::rows(leaked_records())]
fn statement(records: Vec<Record<'static>>) -> (Chunk, Vec<Record<'static>>) {
    (chunk(&records), records)
}

fn prepared_chunk() -> Chunk {
    chunk(&leaked_records())
}

// The statement's text, moved once.
#[library_benchmark]
#[bench::rows(prepared_chunk())]
fn statement_least(chunk: Chunk) -> (Vec<u8>, Chunk) {
    let text = Vec::from(black_box(chunk.json().as_bytes()));
    (text, chunk)
}

fn call() -> (Chunk, Target, String) {
    (prepared_chunk(), target(), sql())
}

#[library_benchmark]
#[bench::rows(call())]
fn to_request((chunk, target, sql): (Chunk, Target, String)) -> (Request, Chunk, Target) {
    (request(&chunk, &target, &sql), chunk, target)
}

fn unsigned() -> (Request, Credentials) {
    let (chunk, target, sql) = call();
    (request(&chunk, &target, &sql), credentials())
}

#[library_benchmark]
#[bench::rows(unsigned())]
fn signature((mut request, credentials): (Request, Credentials)) -> (Request, Credentials) {
    sign(&mut request, &credentials, "eu-west-1", Service::RdsData, NOW).expect("a signature");
    (request, credentials)
}

// The digest of the body.
#[library_benchmark]
#[bench::rows(unsigned())]
fn signature_least((request, credentials): (Request, Credentials)) -> (Request, Credentials) {
    black_box(Sha256::digest(&request.body));
    (request, credentials)
}

#[library_benchmark]
#[bench::null(leaked_records(), Codec::Null)]
#[bench::snappy(leaked_records(), Codec::Snappy)]
fn avro_encode(records: Vec<Record<'static>>, codec: Codec) -> (Vec<u8>, Vec<Record<'static>>) {
    let mut writer = AvroWriter::new(employees(), codec, *b"sixteen bytes of");
    for record in &records {
        writer.push(record.cells()).expect("a row");
    }
    (writer.finish().expect("a file").0, records)
}

fn avro_file(codec: Codec) -> Vec<u8> {
    let mut writer = AvroWriter::new(employees(), codec, *b"sixteen bytes of");
    for record in &leaked_records() {
        writer.push(record.cells()).expect("a row");
    }
    writer.finish().expect("a file").0
}

// The file's digest, and its bytes moved once.
#[library_benchmark]
#[bench::null(avro_file(Codec::Null))]
#[bench::snappy(avro_file(Codec::Snappy))]
fn avro_least(file: Vec<u8>) -> (Vec<u8>, Vec<u8>) {
    black_box(Sha256::digest(&file));
    (black_box(file.as_slice()).to_vec(), file)
}

/// A row as apache-avro takes it by serde.
#[derive(Serialize)]
struct AvroRow<'r> {
    id: i32,
    name: &'r str,
    datetime: &'r str,
    department_id: Option<i32>,
    job_id: Option<i32>,
}

impl<'r> AvroRow<'r> {
    fn new(record: &'r Record<'_>) -> Self {
        let [id, name, datetime, department_id, job_id] = record.cells() else {
            panic!("not an employee")
        };
        Self {
            id: number(id).expect("a key"),
            name: text(name).expect("a name"),
            datetime: text(datetime).expect("a time"),
            department_id: number(department_id),
            job_id: number(job_id),
        }
    }
}

fn number(cell: &Cell<'_>) -> Option<i32> {
    match cell {
        Cell::Int(number) => i32::try_from(*number).ok(),
        _ => None,
    }
}

fn text<'c>(cell: &'c Cell<'_>) -> Option<&'c str> {
    match cell {
        Cell::Text(text) => Some(text),
        _ => None,
    }
}

fn apache_codec(codec: Codec) -> apache_avro::Codec {
    if codec == Codec::Snappy { apache_avro::Codec::Snappy } else { apache_avro::Codec::Null }
}

/// The schema that our own writer gives the file.
fn avro_schema() -> Schema {
    let file = avro_file(Codec::Null);
    Reader::new(file.as_slice()).expect("a header").writer_schema().clone()
}

fn for_apache(codec: Codec) -> (Vec<Record<'static>>, Schema, Codec) {
    (leaked_records(), avro_schema(), codec)
}

// With the file's digest, which our own writer also makes.
#[library_benchmark]
#[bench::null(for_apache(Codec::Null))]
#[bench::snappy(for_apache(Codec::Snappy))]
fn apache_avro_encode(
    (records, schema, codec): (Vec<Record<'static>>, Schema, Codec),
) -> (Vec<u8>, Vec<Record<'static>>, Schema) {
    let mut writer =
        Writer::with_codec(&schema, Vec::new(), apache_codec(codec)).expect("a writer");
    for record in &records {
        writer.append_ser(AvroRow::new(record)).expect("a row");
    }
    let file = writer.into_inner().expect("a file");
    black_box(Sha256::digest(&file));
    (file, records, schema)
}

#[library_benchmark]
#[bench::null(avro_file(Codec::Null))]
#[bench::snappy(avro_file(Codec::Snappy))]
fn avro_decode(file: Vec<u8>) -> Vec<u8> {
    let mut reader = AvroReader::new(employees(), ExtraFields::Refuse);
    let (mut input, mut count) = (file.as_slice(), 0);
    while let Some(row) = reader.next_row(&mut input).expect("a good row") {
        black_box(row);
        count += 1;
    }
    reader.finish().expect("a whole file");
    assert_eq!(count, COUNT);
    file
}

// Values of rows, not checked.
#[library_benchmark]
#[bench::null(avro_file(Codec::Null))]
#[bench::snappy(avro_file(Codec::Snappy))]
fn apache_avro_decode(file: Vec<u8>) -> Vec<u8> {
    let mut count = 0;
    for row in Reader::new(file.as_slice()).expect("a header") {
        let row: Value = row.expect("a row");
        black_box(row);
        count += 1;
    }
    assert_eq!(count, COUNT);
    file
}

// All of a file's way but the network: from CSV to a signed request.
#[library_benchmark]
#[bench::csv(csv(), target(), sql(), credentials())]
fn csv_to_signed_request(
    file: Vec<u8>,
    target: Target,
    sql: String,
    credentials: Credentials,
) -> Request {
    let mut decoder = CsvDecoder::new(employees());
    let mut chunk = Chunk::new(CHUNK_LIMIT);
    let mut input = file.as_slice();
    while let Some(row) = decoder.next_row(&mut input) {
        let place = Place { ..row.place };
        let record = Record::parse(employees(), row, false).expect("a good row");
        assert!(chunk.push(&record, place));
    }
    let mut request = request(&chunk, &target, &sql);
    sign(&mut request, &credentials, "eu-west-1", Service::RdsData, NOW).expect("a signature");
    request
}

library_benchmark_group!(
    name = steps;
    benchmarks =
        csv_decode, csv_core_alone, json_decode, serde_json_alone, check, check_least,
        date_time, time_parse, time_text,
        statement, statement_least, to_request, signature, signature_least,
        avro_encode, apache_avro_encode, avro_least, avro_decode, apache_avro_decode, csv_to_signed_request
);
main!(library_benchmark_groups = steps);
