//! What the benchmarks work on: the same made-up employees each time.

use std::hint::black_box;
use std::sync::LazyLock;
use std::time::Duration;

use rowgate_core::data_api::{ExecuteStatement, Target};
use rowgate_core::schema::{Schema, Table};
use rowgate_core::{
    CHUNK_LIMIT, Chunk, ColumnSet, Credentials, OnDuplicate, Operation, Place, ROWS, RawField,
    RawRow, Record, Request, write,
};

/// How many rows each benchmark takes.
pub const COUNT: u32 = 10_000;

/// The example's tables, read once: to read them is no part of what is measured.
pub fn schema() -> Schema {
    static SCHEMA: LazyLock<Schema> = LazyLock::new(Schema::example);
    *SCHEMA
}

/// The widest table of the schema.
///
/// # Panics
///
/// If there is no such table any more.
pub fn employees() -> &'static Table {
    schema().table("employees").expect("a table of the example")
}

/// Names as people have them: some with letters that JSON or UTF-8 writes with more bytes.
const NAMES: [&str; 8] = [
    "Ada Lovelace",
    "José Ñandú",
    "O'Neill",
    "Müller-Lüdenscheidt",
    "Bo",
    "Grace Brewster Murray Hopper",
    "\u{674e}\u{5c0f}\u{9f99}",
    "Anne \"Nan\" Smith",
];

/// One employee, cell by cell as CSV has them.
pub type Employee = [String; 5];

/// All employees.
pub fn rows() -> Vec<Employee> {
    schema();
    (0..COUNT).map(employee).collect()
}

fn employee(id: u32) -> Employee {
    let (month, day, hour) = (id % 12 + 1, id % 28 + 1, id % 24);
    [
        (id * 7 + 1).to_string(),
        NAMES[id as usize % NAMES.len()].to_owned(),
        format!("2021-{month:02}-{day:02}T{hour:02}:31:05Z"),
        (id % 12 + 1).to_string(),
        (id % 183 + 1).to_string(),
    ]
}

/// The rows as CSV, with a header.
pub fn csv() -> Vec<u8> {
    let mut file = String::from("id,name,datetime,department_id,job_id\n");
    for [id, name, time, department, job] in rows() {
        let name = name.replace('"', "\"\"");
        file += &format!("{id},\"{name}\",{time},{department},{job}\n");
    }
    file.into()
}

/// The rows as a JSON array of objects.
pub fn json() -> Vec<u8> {
    let object = |[id, name, time, department, job]: Employee| {
        let name = name.replace('"', "\\\"");
        format!(
            "{{\"id\":{id},\"name\":\"{name}\",\"datetime\":\"{time}\",\
             \"department_id\":{department},\"job_id\":{job}}}"
        )
    };
    let objects: Vec<_> = rows().into_iter().map(object).collect();
    format!("[{}]", objects.join(",")).into()
}

/// Where no row stands.
const NOWHERE: Place = Place { index: None, line: None };

/// A row as a decoder gives it away.
pub fn raw(employee: &Employee) -> RawRow<'_> {
    let fields = employee.iter().map(|cell| RawField::Cell(cell)).collect();
    RawRow { place: NOWHERE, fields, errors: Vec::new() }
}

/// The rows as checked ones.
///
/// # Panics
///
/// If one of them is bad.
pub fn records(rows: &[Employee]) -> Vec<Record<'_>> {
    let parse = |row| Record::parse(employees(), raw(row), false).expect("a good row");
    rows.iter().map(parse).collect()
}

/// The rows as a statement's parameter.
///
/// # Panics
///
/// If they do not fit into one.
pub fn chunk(records: &[Record<'_>]) -> Chunk {
    let mut chunk = Chunk::new(CHUNK_LIMIT);
    let fits = |record| chunk.push(record, NOWHERE);
    assert!(records.iter().all(fits), "too many rows for one chunk");
    chunk
}

/// The call that stores a chunk, not signed yet.
pub fn request(chunk: &Chunk, target: &Target, sql: &str) -> Request {
    let parameters = [(ROWS, chunk.json())];
    let call = ExecuteStatement { sql, parameters: &parameters, transaction_id: None };
    call.to_request(target)
}

/// Where calls go.
pub fn target() -> Target {
    Target {
        endpoint: "https://rds-data.eu-west-1.amazonaws.com".to_owned(),
        resource_arn: "arn:aws:rds:eu-west-1:123456789012:cluster:example".to_owned(),
        secret_arn: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:example".to_owned(),
        database: "rowgate".to_owned(),
    }
}

/// The statement that a chunk is for.
pub fn sql() -> String {
    write(employees(), &ColumnSet::ALL, OnDuplicate::Update)
}

/// AWS's example credentials.
///
/// # Panics
///
/// If they are not taken.
pub fn credentials() -> Credentials {
    let lookup = |name: &str| match name {
        "AWS_ACCESS_KEY_ID" => Some("AKIDEXAMPLE".to_owned()),
        "AWS_SECRET_ACCESS_KEY" => Some("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned()),
        _ => None,
    };
    Credentials::read(&lookup).expect("credentials")
}

/// When it is, since the Unix epoch.
pub const NOW: Duration = Duration::from_secs(1_800_000_000);

/// Finds the cells of a CSV file with csv-core alone, and answers how many records they are.
pub fn count_records(mut file: &[u8]) -> usize {
    let mut reader = csv_core::Reader::new();
    let (mut output, mut ends, mut records) = ([0; 1024], [0; 16], 0);
    loop {
        let (result, read, ..) = reader.read_record(file, &mut output, &mut ends);
        file = &file[read..];
        match result {
            csv_core::ReadRecordResult::Record => records += 1,
            csv_core::ReadRecordResult::End => return records,
            _ => {}
        }
        black_box((&output, &ends));
    }
}
