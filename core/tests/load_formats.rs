//! Files that do not come line by line, through the pipeline: arrays of JSON, and Avro.

use crate::load::{Loaded, load_bytes};
use crate::world::*;
use apache_avro::types::{Record, Value as Datum};
use apache_avro::{Schema as AvroSchema, Writer};
use rowgate_core::schema::Schema;
use rowgate_core::{LoadOptions, OnDuplicate, Status, TimeZone};
use serde_json::Value;

fn load(bytes: &[u8], path: &str, answers: crate::load::Answers) -> Loaded {
    load_bytes(bytes, path, LoadOptions::default(), answers)
}

fn sent(loaded: &Loaded) -> String {
    let calls = loaded.world.calls();
    let text = &calls[0].1["parameters"][0]["value"]["stringValue"];
    text.as_str().unwrap().to_owned()
}

fn rejected(loaded: &Loaded) -> Vec<Value> {
    loaded.rejects.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// An Avro file of records of one schema, whose fields are these.
fn avro(fields: &str, rows: &[Vec<(&str, Datum)>]) -> Vec<u8> {
    let schema = format!(r#"{{"type":"record","name":"topLevelRecord","fields":[{fields}]}}"#);
    let schema = AvroSchema::parse_str(&schema).unwrap();
    let mut writer = Writer::new(&schema, Vec::new()).unwrap();
    for row in rows {
        let mut record = Record::new(&schema).unwrap();
        row.iter().for_each(|(name, value)| record.put(name, value.clone()));
        writer.append_value(record).unwrap();
    }
    writer.into_inner().unwrap()
}

const JOB: &str = r#"{"name":"ID","type":["null","int"]},{"name":"job","type":["null","string"]}"#;

fn job(id: Option<i32>, name: Option<&str>) -> Vec<(&'static str, Datum)> {
    let id = id.map_or((0, Datum::Null), |id| (1, Datum::Int(id)));
    let name = name.map_or((0, Datum::Null), |name| (1, Datum::String(name.into())));
    let union = |(at, value): (u32, Datum)| Datum::Union(at, Box::new(value));
    vec![("ID", union(id)), ("job", union(name))]
}

#[test]
fn an_array_of_rows_is_loaded_and_its_bad_ones_come_back_as_ndjson() {
    let text = "[{\"id\":1,\"job\":\"a\"},\n {\"id\":\"2\",\n \"job\":\"b\"}, {\"id\":3,\"job\":\"c\"}, 7]";
    let loaded = load(text.as_bytes(), "incoming/jobs/may.json", vec![updated(2)]);
    assert_eq!(loaded.counts(), (Status::Partial, [4, 2, 0, 2]));
    assert_eq!(sent(&loaded), r#"[[1,"a"],[3,"c"]]"#);
    assert_eq!(loaded.errors(), [(Some(2), "wrong_type"), (Some(3), "wrong_type")]);
    let lines = rejected(&loaded);
    assert_eq!((&lines[0]["_line"], &lines[0]["id"]), (&2.into(), &"2".into()));
    assert_eq!(lines[1]["_text"], "7");
    assert_eq!(loaded.json["format"], "json");
    let mended = loaded.rejects.replace(":\"2\"", ":2");
    let again = load(mended.as_bytes(), "jobs.ndjson", vec![updated(1)]);
    assert_eq!(again.counts(), (Status::Partial, [2, 1, 0, 1]));
}

#[test]
fn what_an_array_has_before_it_breaks_off_is_stored() {
    let loaded = load(b"[{\"id\":1,\"job\":\"a\"},{\"id\":2", "jobs.json", vec![updated(1)]);
    assert_eq!(loaded.counts(), (Status::Partial, [1, 1, 0, 0]));
    assert_eq!(loaded.errors(), [(Some(1), "unreadable_file")]);
    let refused = load(b"{\"jobs\":[]}", "jobs.json", vec![]);
    assert_eq!(refused.counts(), (Status::Rejected, [0, 0, 0, 0]));
    assert_eq!(load(b"", "jobs.json", vec![]).counts().0, Status::Empty);
}

/// The ids of a workbook's rows, by what a load of it stores.
fn ids_in(workbook: &[u8]) -> Vec<Value> {
    let rows: Vec<[Value; 2]> =
        serde_json::from_str(&sent(&load(workbook, "jobs.xlsx", vec![updated(2)]))).unwrap();
    rows.into_iter().map(|[id, _]| id).collect()
}

/// A Parquet file of jobs, in row groups of 3,000.
#[cfg(feature = "parquet")]
fn parquet(rows: i32, name: &str) -> Vec<u8> {
    use parquet::data_type::{ByteArray, ByteArrayType, Int32Type};
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;

    let schema = "message jobs { required int32 id; optional binary job (UTF8); }";
    let schema = parse_message_type(schema).unwrap().into();
    let properties = WriterProperties::builder().build().into();
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, properties).unwrap();
    let ids: Vec<_> = (1..=rows).collect();
    for ids in ids.chunks(3_000) {
        let names = vec![ByteArray::from(name); ids.len()];
        let levels = vec![1; ids.len()];
        let mut group = writer.next_row_group().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<Int32Type>().write_batch(ids, None, None).unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<ByteArrayType>().write_batch(&names, Some(&levels), None).unwrap();
        column.close().unwrap();
        group.close().unwrap();
    }
    writer.into_inner().unwrap()
}

/// A workbook of jobs: its parts as Excel calls them, with the texts in the cells.
#[cfg(feature = "xlsx")]
fn workbook(rows: u32, name: &str) -> Vec<u8> {
    use std::io::{Cursor, Write};
    use zip::write::SimpleFileOptions;

    const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let relation = |kind: &str, target: &str| {
        format!(
            r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
               <Relationship Id="r1" Type="{OFFICE}/{kind}" Target="{target}"/></Relationships>"#
        )
    };
    let text = |text: &str| format!(r#"<c t="inlineStr"><is><t>{text}</t></is></c>"#);
    let row = |id: u32| format!("<row><c><v>{id}</v></c>{}</row>", text(name));
    let cells: String = (1..=rows).map(row).collect();
    let header = format!("<row>{}{}</row>", text("id"), text("job"));
    let sheet =
        format!(r#"<worksheet xmlns="{MAIN}"><sheetData>{header}{cells}</sheetData></worksheet>"#);
    let book = format!(
        r#"<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets><sheet name="Jobs" sheetId="1" r:id="r1"/></sheets></workbook>"#
    );
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, part) in [
        ("[Content_Types].xml", "<Types/>"),
        ("_rels/.rels", &relation("officeDocument", "xl/workbook.xml")),
        ("xl/workbook.xml", &book),
        ("xl/_rels/workbook.xml.rels", &relation("worksheet", "worksheets/sheet1.xml")),
        ("xl/worksheets/sheet1.xml", &sheet),
    ] {
        archive.start_file(name, SimpleFileOptions::default()).unwrap();
        archive.write_all(part.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[test]
fn rows_of_files_in_no_lines_that_the_database_refuses_come_back() {
    let name = "x".repeat(255);
    let rows: Vec<_> = (1..20_001).map(|id| job(Some(id), Some(&name))).collect();
    let array: Vec<_> =
        (1..20_001).map(|id| serde_json::json!({ "id": id, "job": name })).collect();
    let array = serde_json::to_vec(&array).unwrap();
    let files = [
        (array, "jobs.json"),
        (avro(JOB, &rows), "jobs.avro"),
        #[cfg(feature = "parquet")]
        (parquet(20_000, &name), "jobs.parquet"),
        #[cfg(feature = "xlsx")]
        (workbook(20_000, &name), "jobs.xlsx"),
    ];
    for (bytes, path) in files {
        let stored = load(&bytes, path, vec![updated(1); 3]);
        let count = |call: &(String, Value)| {
            let text = call.1["parameters"][0]["value"]["stringValue"].as_str().unwrap();
            serde_json::from_str::<Vec<Value>>(text).unwrap().len() as u64
        };
        let batches: Vec<_> = stored.world.calls().iter().map(count).collect();
        let [first, second, third] = batches[..] else { panic!("{batches:?}") };
        let options = LoadOptions { on_duplicate: OnDuplicate::Fail, ..LoadOptions::default() };
        let answers = vec![
            updated(first),
            database_error(1062),
            numbers(&[10, 11]),
            updated(second - 2),
            updated(third),
        ];
        let loaded = load_bytes(&bytes, path, options, answers);
        assert_eq!(loaded.counts(), (Status::Partial, [20_000, 19_998, 0, 2]), "{path}");
        let ids: Vec<_> = match path {
            "jobs.xlsx" => ids_in(&loaded.workbook),
            _ => rejected(&loaded).iter().map(|row| row["id"].clone()).collect(),
        };
        assert_eq!(ids, [first + 10, first + 11].map(Value::from), "{path}");
    }
}

#[test]
fn avro_is_loaded_and_its_bad_rows_come_back_as_ndjson() {
    let rows = [job(Some(1), Some("a")), job(None, None), job(Some(-3), Some("c"))];
    let long = "x".repeat(256);
    let rows = rows.into_iter().chain([job(Some(4), Some(&long)), job(Some(5), Some("e"))]);
    let file = avro(JOB, &rows.collect::<Vec<_>>());
    let loaded = load(&file, "incoming/jobs/may.avro", vec![updated(3)]);
    assert_eq!(loaded.counts(), (Status::Partial, [5, 3, 0, 2]));
    assert_eq!(sent(&loaded), r#"[[1,"a"],[-3,"c"],[5,"e"]]"#);
    assert_eq!(loaded.errors(), [(None, "missing"), (None, "too_long")]);
    let lines = rejected(&loaded);
    assert_eq!((&lines[0]["id"], &lines[1]["job_name"]), (&Value::Null, &long.into()));
    let mended = loaded.rejects.replace(&"x".repeat(256), "d").replace("\"id\":null", "\"id\":2");
    let mended = mended.replace("\"job_name\":null", "\"job_name\":\"b\"");
    let again = load(mended.as_bytes(), "jobs.ndjson", vec![updated(2)]);
    assert_eq!(again.counts(), (Status::Complete, [2, 2, 0, 0]));
}

#[test]
fn an_avro_file_that_does_not_fit_is_refused_with_what_to_do() {
    let row = || [vec![("id", Datum::Int(1)), ("jobb", Datum::String("a".into()))]];
    let unknown = r#"{"name":"id","type":"int"},{"name":"jobb","type":"string"}"#;
    let message = |loaded: &Loaded| loaded.report.issues.listed()[0].error.kind.to_string();
    let loaded = load(&avro(unknown, &row()), "jobs.avro", vec![]);
    assert_eq!(loaded.errors(), [(None, "unknown_column")]);
    assert!(message(&loaded).contains("jobb (did you mean job_name?)"), "{}", message(&loaded));
    let keep = OnDuplicate::Keep;
    let mut extra = LoadOptions { on_duplicate: keep, ..LoadOptions::default() };
    extra.dialect.set("ignore_extra", "true").unwrap();
    let loaded = load_bytes(&avro(unknown, &row()), "jobs.avro", extra, vec![]);
    assert_eq!(loaded.errors(), [(None, "missing")]);

    let wrong = r#"{"name":"id","type":"int"},{"name":"job","type":"double"}"#;
    let rows = [vec![("id", Datum::Int(1)), ("job", Datum::Double(1.0))]];
    let loaded = load(&avro(wrong, &rows), "jobs.avro", vec![]);
    assert_eq!(loaded.errors(), [(None, "unreadable_file")]);
    assert!(message(&loaded).contains("field job has type"), "{}", message(&loaded));

    for (bytes, code) in [
        (&b"1,Clerk\n"[..], "unreadable_file"),
        (b"PK\x03\x04", "wrong_format"),
        (b"Obj\x01", "unreadable_file"),
    ] {
        let loaded = load(bytes, "jobs.avro", vec![]);
        assert_eq!((loaded.counts().0, loaded.errors()[0].1), (Status::Rejected, code));
    }
    assert_eq!(load(b"", "jobs.avro", vec![]).counts().0, Status::Rejected);
}

#[test]
fn an_avro_file_that_breaks_off_has_its_whole_blocks_stored() {
    let rows: Vec<_> = (1..2_001).map(|id| job(Some(id), Some("Clerk"))).collect();
    let mut file = avro(JOB, &rows);
    file.truncate(file.len() - 3);
    let loaded = load(&file, "jobs.avro", vec![updated(1)]);
    let (status, [received, stored, ..]) = loaded.counts();
    assert_eq!((status, received), (Status::Partial, stored));
    assert!(received > 0 && received < 2_000, "{received}");
    assert_eq!(loaded.errors(), [(None, "unreadable_file")]);
}

#[test]
fn moments_go_into_local_times_only_with_a_time_zone() {
    let schema = Schema::from_json(
        r#"{"rowgate_schema":1,"tables":[{"name":"calls","columns":[
            {"name":"id","column_type":"int","nullable":false},
            {"name":"at","column_type":"datetime(3)"},{"name":"stamp","column_type":"timestamp(3)"}],
            "primary_key":["id"]}]}"#,
    );
    let schema = schema.unwrap();
    let fields = r#"{"name":"id","type":"int"},
        {"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}},
        {"name":"stamp","type":{"type":"long","logicalType":"local-timestamp-millis"}}"#;
    let time = 1_627_401_728_250;
    let row = vec![
        ("id", Datum::Int(1)),
        ("at", Datum::TimestampMillis(time)),
        ("stamp", Datum::LocalTimestampMillis(time)),
    ];
    let file = avro(fields, &[row]);
    let loaded =
        crate::load::load_into(schema, &file, "calls.avro", LoadOptions::default(), vec![]);
    let message = loaded.report.issues.listed()[0].error.kind.to_string();
    assert!(message.contains("field at") && message.contains("time_zone"), "{message}");
    let options = LoadOptions { time_zone: TimeZone::of("+02:00"), ..LoadOptions::default() };
    let loaded = crate::load::load_into(schema, &file, "calls.avro", options, vec![updated(1)]);
    assert_eq!(loaded.counts(), (Status::Complete, [1, 1, 0, 0]));
    assert_eq!(sent(&loaded), r#"[[1,"2021-07-27 18:02:08.250","2021-07-27 14:02:08.250Z"]]"#);
}
