//! A schema that is none of this crate's, through keys, gate, load, backup, restore and migrate.

use std::ops::Range;
use std::time::Duration;

use crate::world::door::{WAITING, body, head};
use crate::world::*;
use rowgate_core::avro::Codec;
use rowgate_core::backup::bulk::{PartItem, write_part};
use rowgate_core::backup::{self, BackupError, BackupOptions, Damage, KeyRange, Services};
use rowgate_core::migrate::{self, MigrationStep};
use rowgate_core::restore::{self, Leftover, RestoreError, RestorePlan, Wanted};
use rowgate_core::schema::{Column, ColumnType, Reference, Schema, Table};
use rowgate_core::{
    Client, Gate, Job, KeyEntry, KeyRing, LiveSchema, LoadOptions, LoadReport, RejectSink,
    RejectSinks, Response, SendError, Settings, Source, SourceError, Status, check, load,
};
use serde_json::{Value, json};

/// Owners, whose key is a text, and their cats.
const SHELTER: Schema = Schema::new(&[OWNERS, CATS]);

const OWNERS: Table =
    Table { create: "CREATE TABLE owners (…)", ..Table::new("owners", &[KEY, NAME]) };

const CATS: Table = Table {
    aliases: &["pets"],
    create: "CREATE TABLE cats (…)",
    ..Table::new("cats", &[ID, NAME, OWNER])
};

const CODE: ColumnType = ColumnType::known("varchar(8)", None, None);

const KEY: Column =
    Column { nullable: false, collation: Some("utf8mb4_bin"), ..Column::new("code", CODE) };

const ID: Column = Column {
    nullable: false,
    auto_increment: true,
    ..Column::new("id", ColumnType::known("int", None, None))
};

const NAME: Column =
    Column { nullable: false, ..Column::new("name", ColumnType::known("varchar(40)", None, None)) };

const OWNER: Column = Column {
    references: Some(Reference { table: "owners", column: "code" }),
    ..Column::new("owner", CODE)
};

const TIME: Duration = Duration::from_secs(60);

const ID_OF_RESTORE: &str = "20270115_080000_1a2b";

type Answer = Result<Response, SendError>;

#[test]
fn a_key_may_write_the_tables_of_its_schema() {
    let ring = |table: &str| {
        let json = format!(r#"[{{"id":"gateway:a","tables":["{table}"]}}]"#);
        KeyRing::from_json(&json, SHELTER)
    };
    let cats = ring("pets").unwrap();
    let entry = &cats.entries()[0];
    assert_eq!(entry.tables(), ["cats"]);
    assert!(entry.allows(&CATS) && !entry.allows(&OWNERS));
    assert!(ring("jobs").is_err());
    assert!(KeyEntry::new(&key(1)).only(&["owners"], SHELTER).is_ok());
    assert!(KeyEntry::new(&key(1)).only(&["employees"], SHELTER).is_err());
}

fn post(world: &World, path: &str, rows: &Value) -> (u16, Value) {
    post_to(SHELTER, "*", world, path, rows)
}

/// Posts with a key that is good for this table.
fn post_to(schema: Schema, table: &str, world: &World, path: &str, rows: &Value) -> (u16, Value) {
    let lookup = |name: &str| {
        Some(match name {
            "API_KEYS" => format!("[{}]", key(1).entry()).replace('*', table),
            "AWS_REGION" => "eu-west-1".into(),
            "SCHEMA_LOOK_SECONDS" => "off".into(),
            "DB_CLUSTER_ARN" | "DB_SECRET_ARN" | "DB_NAME" => "name".into(),
            _ => return None,
        })
    };
    let gate = Gate::new(Settings::read(&lookup, schema).unwrap(), WAITING);
    let head = head(path, "application/json");
    let response = run(gate.handle(world, &head, async |_| Ok(rows.to_string().into())));
    assert_eq!(world.answers_left(), 0, "calls that were not made");
    (response.status, body(&response))
}

#[test]
fn the_gate_stores_rows_of_its_schema_and_knows_no_other_table() {
    let row = json!([{ "id": 1, "name": "Tom", "owner": "B1" }]);
    let world = World::new([updated(1)]);
    let (status, answer) = post(&world, "/tables/cats/rows", &row);
    assert_eq!((status, &answer["tables"]["cats"]["stored"]), (200, &json!(1)));
    assert!(statements(&world)[0].starts_with("INSERT INTO `cats`"), "{:?}", statements(&world));

    let world = World::new([begun(), updated(1), updated(1), ended()]);
    let both = json!({ "cats": row, "owners": [{ "code": "B1", "name": "Ann" }] });
    assert_eq!(post(&world, "/insert_data", &both).0, 200);
    let written: Vec<_> = statements(&world).iter().map(|sql| sql[..16].to_owned()).collect();
    assert_eq!(written, ["INSERT INTO `own", "INSERT INTO `cat"]);

    let (status, answer) = post(&World::new([]), "/tables/jobs/rows", &row);
    assert_eq!((status, &answer["type"]), (404, &json!("urn:rowgate:problem:unknown_table")));
    let (status, answer) = post(&World::new([]), "/insert_data", &json!({ "jobs": [] }));
    assert_eq!((status, &answer["errors"][0]["code"]), (422, &json!("unknown_table")));
}

/// Cats, and a map that is not served.
fn with_a_map() -> Schema {
    Schema::from_json(
        r#"{"rowgate_schema":1,"tables":[
        {"name":"cats","columns":[{"name":"id","column_type":"int","nullable":false}],
         "primary_key":["id"]},
        {"name":"maps","comment":"aliases=plans","columns":[
         {"name":"id","column_type":"int","nullable":false},
         {"name":"area","column_type":"geometry"}],"primary_key":["id"]}]}"#,
    )
    .unwrap()
}

#[test]
fn a_table_that_is_not_served_is_refused_by_its_name_with_the_reasons() {
    for path in ["/tables/maps/rows", "/tables/plans/rows"] {
        let (status, answer) = post_to(with_a_map(), "*", &World::new([]), path, &json!([]));
        assert_eq!((status, &answer["type"]), (422, &json!("urn:rowgate:problem:unfit_table")));
        let detail = answer["detail"].as_str().unwrap();
        assert!(
            detail.starts_with("table maps is not served: area is of type geometry"),
            "{detail}"
        );
    }
    let both = json!({ "cats": [{ "id": 1 }], "maps": [{ "id": 1 }] });
    let (status, answer) = post_to(with_a_map(), "*", &World::new([]), "/insert_data", &both);
    assert_eq!((status, &answer["errors"][0]["code"]), (422, &json!("unfit_table")));
    // Its columns are no business of a key that is not good for it.
    for (path, rows) in [("/tables/maps/rows", &json!([])), ("/insert_data", &both)] {
        let (status, answer) = post_to(with_a_map(), "cats", &World::new([]), path, rows);
        assert_eq!(status, 403, "{path}");
        assert!(!answer.to_string().contains("area"), "{answer}");
    }
    let (status, _) =
        post_to(with_a_map(), "maps", &World::new([]), "/tables/maps/rows", &json!([]));
    assert_eq!(status, 422);
}

struct Memory(&'static str);

impl Source for Memory {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    async fn read(&self, range: Range<u64>) -> Result<Vec<u8>, SourceError> {
        Ok(self.0.as_bytes()[range.start as usize..range.end as usize].to_vec())
    }
}

struct Nowhere;

impl RejectSink for Nowhere {
    async fn write(&mut self, _: Vec<u8>, _: bool) -> Result<(), String> {
        Ok(())
    }

    async fn abandon(&mut self) {}

    fn name(&self) -> String {
        "rejects".into()
    }
}

fn load_file(world: &World, path: &str) -> LoadReport {
    let target = target();
    let job = Job {
        schema: &LiveSchema::still(SHELTER),
        database: &Client::new(world, &target, TIME),
        source: &Memory("1,Tom,B1\n2,Kit,\n"),
        path,
        options: LoadOptions::default(),
    };
    let mut sinks = RejectSinks { rejects: Nowhere, undecoded: Nowhere };
    let report = run_in_turns(load(&job, &mut sinks));
    assert_eq!(world.answers_left(), 0, "calls that were not made");
    report
}

#[test]
fn a_file_goes_to_a_table_of_the_schema_that_the_load_is_given() {
    let world = World::new([updated(2)]);
    let report = load_file(&world, "incoming/pets/may.csv");
    assert_eq!(
        (report.table, report.status, report.counts.stored),
        (Some("cats"), Status::Complete, 2)
    );
    assert!(statements(&world)[0].starts_with("INSERT INTO `cats`"));

    let report = load_file(&World::new([]), "incoming/jobs/may.csv");
    assert_eq!((report.table, report.status), (None, Status::Rejected));
    let message = report.issues.listed()[0].error.kind.to_string();
    assert!(message.contains("owners, cats") && !message.contains("jobs"), "{message}");
}

#[test]
fn a_file_is_checked_by_the_same_schema() {
    let checked = |path| {
        run_in_turns(check(SHELTER, &Memory("1,Tom,B1\n"), path, &LoadOptions::default())).status
    };
    assert_eq!(checked("cats.csv"), Status::Complete);
    assert_eq!(checked("jobs.csv"), Status::Rejected);
}

/// Does something with a backup's parts of the world, which must use the script up.
fn at<T>(world: &World, work: impl AsyncFnOnce(&Services<'_, World>) -> T) -> T {
    let (target, endpoint) = (target(), endpoint());
    let services = Services {
        schema: SHELTER,
        database: &Client::new(world, &target, TIME),
        s3: &Client::new(world, &endpoint, TIME),
        bucket: "b",
    };
    let done = run_in_turns(work(&services));
    assert_eq!(world.answers_left(), 0, "calls that were not made");
    done
}

fn records(rows: &[&[Value]]) -> Answer {
    answer(200, &json!({ "records": rows }).to_string())
}

#[test]
fn a_backup_looks_at_its_schema_and_reads_the_tables_of_it() {
    let isolation = records(&[&[json!({ "stringValue": "transaction_isolation" }), {
        json!({ "stringValue": "REPEATABLE-READ" })
    }]]);
    let tom = [json!({ "longValue": 1 }), json!({ "stringValue": "Tom" }), json!({"isNull": true})];
    let looks = (0..5).map(|_| records(&[]));
    let reads = [begun(), isolation, numbers(&[1]), records(&[&tom]), records(&[])];
    let written = [answer(200, ""), ended(), answer(200, "")];
    let world = World::new(looks.chain(reads).chain(written));
    let options = BackupOptions { codec: Codec::Null, ..BackupOptions::default() };
    let cats = [SHELTER.table("cats").unwrap()];
    let backup =
        at(&world, async |services| backup::backup(services, &cats, options, |_| ()).await);
    let manifest = backup.unwrap();
    assert_eq!((manifest.tables[0].table.as_str(), manifest.rows()), ("cats", 1));
    assert!(statements(&world)[1].contains("IN ('owners', 'cats')"), "{:?}", statements(&world));
    for sql in statements(&world) {
        assert!(!sql.contains("jobs") && !sql.contains("employees"), "{sql}");
    }

    let verified = |schema| {
        let (world, endpoint) = (World::new([]), endpoint());
        let s3 = Client::new(&world, &endpoint, TIME);
        run_in_turns(backup::verify(schema, &s3, "b", &manifest, |_| ()))
    };
    assert!(is_unknown_table(&verified(OFFICE)));
}

#[test]
fn a_part_of_another_table_is_not_written() {
    let item = |table: &str| PartItem { table: table.into(), part: 0, span: KeyRange::default() };
    let (run, codec) = ("20270115T080000Z-1a2b3c4d", Codec::Null);
    let part =
        at(&World::new([]), async |services| write_part(services, run, codec, &item("jobs")).await);
    assert!(is_unknown_table(&part));
    let nothing = [records(&[]), records(&[])];
    let part = at(&World::new(nothing), async |services| {
        write_part(services, run, codec, &item("cats")).await
    });
    assert_eq!(part.unwrap().content.rows, 0);
}

fn is_unknown_table<T>(result: &Result<T, BackupError>) -> bool {
    matches!(result, Err(BackupError::Damaged { what: Damage::UnknownTable, .. }))
}

fn plan(world: &World, source: &str) -> Result<RestorePlan, RestoreError> {
    let sources = [source.to_owned()];
    let wanted = Wanted { sources: &sources, ..Wanted::default() };
    at(world, async |services| restore::plan(services, &wanted, |_| ()).await)
}

#[test]
fn a_restore_finds_the_files_of_its_schemas_tables() {
    let found = |key: &str| {
        let object = format!("<Key>{key}</Key><Size>9</Size><ETag>\"e\"</ETag>");
        let list = format!("<ListBucketResult><Contents>{object}</Contents></ListBucketResult>");
        [answer(200, &list)]
    };
    let other = plan(&World::new(found("glue/jobs/1.avro")), "glue/");
    assert_eq!(other.unwrap_err(), RestoreError::UnknownTable { key: "glue/jobs/1.avro".into() });
    // The file of a table that is known is read, and is none of Avro's.
    let broken = Response { status: 206, headers: Vec::new(), body: b"no Avro..".to_vec() };
    let rights = texts(&["GRANT ALL PRIVILEGES ON *.* TO `u`@`%`"]);
    let answers = [rights, texts(&[]), Ok(broken)];
    let world = World::new(found("glue/pets/1.avro").into_iter().chain(answers));
    let error = plan(&world, "glue/").unwrap_err().to_string();
    assert!(error.contains("glue/pets/1.avro"), "{error}");
}

#[test]
fn what_restores_left_is_that_of_the_schemas_tables() {
    let left = ["cats__before_", "jobs__before_", "owners__restore_"];
    let names = left.map(|name| format!("{name}{ID_OF_RESTORE}"));
    let names = || texts(&names.each_ref().map(String::as_str));
    let world = World::new([names()]);
    let target = target();
    let client = Client::new(&world, &target, TIME);
    let found = run(restore::leftovers(&client, SHELTER)).unwrap();
    let tables: Vec<_> = found.iter().map(|Leftover { table, .. }| *table).collect();
    assert_eq!(tables, ["cats", "owners"]);

    let looks = [texts(&["GRANT ALL PRIVILEGES ON *.* TO `u`@`%`"]), names(), texts(&[])];
    let renamed = [begun(), updated(0), updated(0), updated(0), ended()];
    let world = World::new(looks.into_iter().chain(renamed));
    let client = Client::new(&world, &target, TIME);
    let undone = run(restore::undo(&client, SHELTER, ID_OF_RESTORE, false, |_| ()));
    assert_eq!(undone.unwrap(), ["cats"]);
}

#[test]
fn migrate_makes_the_schemas_tables_and_the_ledgers() {
    let ledger = ["loads", "objects", "rejects", "ranges", "ledger"];
    let text = |text: &str| json!({ "stringValue": text });
    let lock = records(&[&[text(&"5".repeat(32)), text("a test"), text(""), text("")]]);
    let there = records(&[&[text("rowgate_locks"), text("InnoDB"), text("")]]);
    // No table is there; the locks are made, and the lock is taken.
    let taken = [records(&[]), records(&[]), updated(1), lock, there];
    let made = (0..2 + ledger.len()).map(|_| records(&[]));
    let world = World::new(taken.into_iter().chain(made).chain([updated(1), updated(1)]));
    let target = target();
    let client = Client::new(&world, &target, TIME);
    let mut made = Vec::new();
    let done = |step: MigrationStep<'_>| match step {
        MigrationStep::Made(table) => made.push(table),
        other => panic!("{other:?}"),
    };
    run(migrate::migrate(&client, SHELTER, &[], "a test", done)).unwrap();
    let ledger = ledger.map(|name| format!("rowgate_{name}"));
    assert_eq!(made[..3], ["rowgate_locks", "owners", "cats"]);
    assert_eq!(made[3..], ledger);
    assert_eq!(statements(&world)[5..7], ["CREATE TABLE owners (…)", "CREATE TABLE cats (…)"]);
}

/// The texts of all statements, in order.
fn statements(world: &World) -> Vec<String> {
    let sql = |request: &rowgate_core::Request| {
        let body: Value = serde_json::from_slice(&request.body).ok()?;
        Some(body["sql"].as_str()?.to_owned())
    };
    world.requests().iter().filter_map(sql).collect()
}
