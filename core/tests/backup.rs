//! A backup call by call: one snapshot, the manifest last, and what a fault comes to.

use std::time::Duration;

use crate::world::*;
use rowgate_core::avro::Codec;
use rowgate_core::backup::{
    self, BackupError, BackupOptions, Damage, Manifest, OnObstacle, Services,
};
use rowgate_core::schema::Table;
use rowgate_core::{Client, Response, SendError};
use serde_json::{Value, json};

type Answer = Result<Response, SendError>;

fn jobs() -> [&'static Table; 1] {
    [OFFICE.table("jobs").unwrap()]
}

fn run_backup(world: &World) -> Result<Manifest, BackupError> {
    run_backup_with(world, 1, Duration::from_secs(60))
}

fn run_backup_with(
    world: &World,
    parallel: usize,
    time: Duration,
) -> Result<Manifest, BackupError> {
    let (target, endpoint) = (target(), endpoint());
    let services = Services {
        schema: OFFICE,
        database: &Client::new(world, &target, time),
        s3: &Client::new(world, &endpoint, time),
        bucket: "b",
    };
    let made = run_in_turns(backup::backup(
        &services,
        &jobs(),
        BackupOptions { codec: Codec::Null, parallel, ..BackupOptions::default() },
        |_| (),
    ));
    assert_eq!(world.answers_left(), 0, "calls that were not made");
    made
}

fn page(ids: &[i64]) -> Answer {
    let row = |id: &i64| json!([{ "longValue": id }, { "stringValue": format!("Job {id}") }]);
    let records: Vec<Value> = ids.iter().map(row).collect();
    answer(200, &json!({ "records": records }).to_string())
}

fn listed(keys: &[&str]) -> Answer {
    let object = |key: &&str| {
        format!("<Contents><Key>{key}</Key><Size>1</Size><ETag>\"e\"</ETag></Contents>")
    };
    let objects: String = keys.iter().map(object).collect();
    answer(200, &format!("<ListBucketResult>{objects}</ListBucketResult>"))
}

/// Calls in which a backup looks at the live tables before it reads.
const LOOKS: usize = 5;

/// A world whose tables are not told of, which is in nothing's way, and then answers these.
fn looked(answers: impl IntoIterator<Item = Answer>) -> World {
    World::new((0..LOOKS).map(|_| page(&[])).chain(answers))
}

/// What was asked behind those looks.
fn asked(world: &World) -> Vec<rowgate_core::Request> {
    world.requests().split_off(LOOKS)
}

/// The isolation that a snapshot needs.
fn repeatable() -> Answer {
    isolation("REPEATABLE-READ")
}

fn isolation(level: &str) -> Answer {
    let row = json!([{ "stringValue": "transaction_isolation" }, { "stringValue": level }]);
    answer(200, &json!({ "records": [row] }).to_string())
}

fn written() -> Answer {
    answer(200, "")
}

/// The methods and last parts of all calls.
fn calls(world: &World) -> Vec<String> {
    let name = |request: &rowgate_core::Request| {
        format!("{} {}", request.method, request.url.rsplit('/').next().unwrap())
    };
    asked(world).iter().map(name).collect()
}

#[test]
fn all_is_read_in_one_transaction_and_the_manifest_is_written_last_and_once() {
    let world = looked([
        begun(),
        repeatable(),
        numbers(&[3]),
        page(&[1, 2, 7]),
        page(&[]),
        written(),
        ended(),
        written(),
    ]);
    let manifest = run_backup(&world).unwrap();
    assert_eq!(
        calls(&world),
        [
            "POST BeginTransaction",
            "POST Execute",
            "POST Execute",
            "POST Execute",
            "POST Execute",
            "PUT part-00000.avro",
            "POST RollbackTransaction",
            "PUT manifest.json",
        ]
    );
    let sent = asked(&world);
    for call in &sent[1..5] {
        let body: Value = serde_json::from_slice(&call.body).unwrap();
        assert_eq!(body["transactionId"], "tx-1");
    }
    let second: Value = serde_json::from_slice(&sent[4].body).unwrap();
    assert_eq!(second["parameters"][0]["value"]["stringValue"], "7");
    assert!(sent[7].headers.contains(&("if-none-match".into(), "*".into())));
    assert_eq!(serde_json::from_slice::<Manifest>(&sent[7].body).unwrap(), manifest);

    let [jobs] = manifest.tables.as_slice() else { panic!("{manifest:?}") };
    assert!(manifest.snapshot && manifest.run.starts_with("20270115T080000Z-"));
    assert_eq!((jobs.rows, jobs.parts.len(), jobs.parts[0].rows), (3, 1, 3));
    assert_eq!(jobs.parts[0].bytes as usize, sent[5].body.len());
}

#[test]
fn an_empty_table_has_no_parts() {
    let world = looked([begun(), repeatable(), numbers(&[0]), page(&[]), ended(), written()]);
    let manifest = run_backup(&world).unwrap();
    assert_eq!((manifest.tables[0].rows, manifest.tables[0].parts.len()), (0, 0));
    assert_eq!(manifest.tables[0].checksum, "0000000000000000");
}

#[test]
fn a_lost_snapshot_begins_anew_twice_at_most() {
    let lost = || {
        [begun(), repeatable(), numbers(&[3]), error(404, "TransactionNotFoundException"), ended()]
    };
    let whole = [
        begun(),
        repeatable(),
        numbers(&[1]),
        page(&[1]),
        page(&[]),
        written(),
        ended(),
        written(),
    ];
    let world = looked(lost().into_iter().chain(lost()).chain(whole));
    assert_eq!(run_backup(&world).unwrap().tables[0].rows, 1);

    let world = looked(lost().into_iter().chain(lost()).chain(lost()));
    assert!(matches!(run_backup(&world), Err(BackupError::SnapshotLost(_))));
}

#[test]
fn without_every_part_there_is_no_manifest() {
    let refused = || error(403, "AccessDeniedException");
    for (answers, expected) in [
        (vec![begun(), repeatable(), refused(), ended()], "the database could not be read"),
        (
            vec![
                begun(),
                repeatable(),
                numbers(&[2]),
                page(&[1]),
                page(&[]),
                answer(403, ""),
                ended(),
            ],
            "written",
        ),
        (
            vec![begun(), repeatable(), numbers(&[2]), page(&[1]), page(&[]), written(), ended()],
            "1 row read where the database counts 2",
        ),
        (
            vec![begun(), repeatable(), numbers(&[1]), numbers(&[1]), page(&[]), ended()],
            "jobs: a value that its column cannot hold",
        ),
    ] {
        let world = looked(answers);
        let error = run_backup(&world).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert!(!calls(&world).contains(&"PUT manifest.json".to_owned()), "{error}");
    }
}

/// The least and the greatest id.
fn keys(min: i64, max: i64) -> Answer {
    let record: Vec<Value> =
        [min, max].iter().map(|number| json!({ "longValue": number })).collect();
    answer(200, &json!({ "records": [record] }).to_string())
}

#[test]
fn without_the_snapshot_spans_of_ids_are_read_at_the_same_time() {
    // Both are asked before one has answered; in this world in the order of their ids.
    let world = looked([
        numbers(&[4]),
        keys(1, 100),
        page(&[1, 50]),
        page(&[60, 100]),
        written(),
        written(),
        written(),
    ]);
    let manifest = run_backup_with(&world, 2, Duration::from_secs(60)).unwrap();
    assert_eq!(
        calls(&world),
        [
            "POST Execute",
            "POST Execute",
            "POST Execute",
            "POST Execute",
            "PUT part-00000.avro",
            "PUT part-00001.avro",
            "PUT manifest.json",
        ]
    );
    let spans: Vec<Value> = asked(&world)[2..4]
        .iter()
        .map(|call| serde_json::from_slice(&call.body).unwrap())
        .map(|body: Value| {
            assert!(body.get("transactionId").is_none());
            let value = |at: usize| body["parameters"][at]["value"]["stringValue"].clone();
            json!([value(0), value(1)])
        })
        .collect();
    assert_eq!(spans, [json!(["0", "50"]), json!(["50", "100"])]);
    let table = &manifest.tables[0];
    assert!(!manifest.snapshot);
    assert_eq!((table.rows, table.parts.len()), (4, 2));
    assert!(table.parts[0].key.ends_with("part-00000.avro"));
}

#[test]
fn without_the_snapshot_a_page_that_was_not_answered_is_asked_for_again() {
    let world = looked([numbers(&[1]), keys(7, 7), cut(), page(&[7]), written(), written()]);
    let manifest = run_backup_with(&world, 4, Duration::from_secs(60)).unwrap();
    assert_eq!(manifest.tables[0].rows, 1);

    // The file of the other span is written by then; no manifest will list it.
    let answers =
        [numbers(&[2]), keys(1, 2), page(&[1]), error(403, "AccessDeniedException"), written()];
    let world = looked(answers);
    let failed = run_backup_with(&world, 2, Duration::from_secs(60));
    assert!(matches!(failed, Err(BackupError::Database(_))), "{failed:?}");
    assert!(!calls(&world).contains(&"PUT manifest.json".to_owned()));
}

#[test]
fn a_row_that_no_answer_holds_is_named_by_its_table_and_column() {
    // The files that were begun are taken back.
    for (bytes, is_named) in [(70_000, true), (60_000, false)] {
        let refused = error(400, "DatabaseErrorException");
        let answers = [numbers(&[1]), keys(7, 7), refused, numbers(&[bytes])];
        let world = looked(answers.into_iter().chain(is_named.then(|| listed(&[]))));
        let failed = run_backup_with(&world, 4, Duration::from_secs(60)).unwrap_err();
        match is_named {
            true => assert!(failed.to_string().contains("and job_name has up to 70000 bytes")),
            false => assert!(matches!(failed, BackupError::Database(_)), "{failed:?}"),
        }
        assert!(!calls(&world).contains(&"PUT manifest.json".to_owned()));
    }
}

#[test]
fn when_the_time_is_over_nothing_more_is_read() {
    // Of calls that each take a second there is time for these, and to end the transaction.
    let second = Duration::from_secs(1);
    let time = |calls: usize| Duration::from_secs((LOOKS + calls) as u64);
    let world = looked([begun(), repeatable(), numbers(&[3]), ended(), listed(&[])]).slow(second);
    assert_eq!(run_backup_with(&world, 1, time(3)), Err(BackupError::OutOfTime));
    let world = looked([numbers(&[3]), keys(1, 3), listed(&[])]).slow(second);
    assert_eq!(run_backup_with(&world, 8, time(2)), Err(BackupError::OutOfTime));
    // No call is begun when there is no time for it.
    let world = looked([begun(), repeatable(), ended(), listed(&[])]).slow(second);
    assert_eq!(run_backup_with(&world, 1, time(2)), Err(BackupError::OutOfTime));
}

#[test]
fn an_interrupted_backup_takes_its_files_back() {
    // The page is in flight, with the file of its span written; behind it no other call is begun.
    let files = ["backups/r/jobs/part-00000.avro", "backups/r/jobs/part-00001.avro"];
    let answers = [begun(), repeatable(), numbers(&[3]), page(&[1, 2, 3]), ended()];
    for (deleted, left) in [(answer(204, ""), 0), (error(403, "AccessDenied"), 1)] {
        let taken_back = [listed(&files), answer(204, ""), deleted];
        let world = looked(answers.clone().into_iter().chain(taken_back));
        let world = world.interrupted_after(LOOKS + 4);
        let Err(BackupError::Interrupted { left: found }) = run_backup(&world) else {
            panic!("it was not interrupted");
        };
        assert_eq!(found, files[..left]);
    }
    assert!(
        BackupError::Interrupted { left: vec!["a".into()] }.to_string().contains("1 of its files")
    );
}

#[test]
fn a_page_that_would_be_too_wide_is_asked_for_in_a_smaller_piece() {
    // 64 rows, then as many as eight times that, which would not fit, then 64 again.
    let first: Vec<i64> = (1..=64).collect();
    let world = looked([
        begun(),
        repeatable(),
        numbers(&[66]),
        page(&first),
        page(&[]),
        page(&[65, 66]),
        page(&[]),
        written(),
        ended(),
        written(),
    ]);
    assert_eq!(run_backup(&world).unwrap().tables[0].rows, 66);
    let sql = |call: usize| -> String {
        let body: Value = serde_json::from_slice(&asked(&world)[call].body).unwrap();
        body["sql"].as_str().unwrap().to_owned()
    };
    let whole = |sql: String| sql.contains("LIMIT 512") && !sql.contains("OVER");
    let cut = |sql: String| sql.contains("LIMIT 64)") && sql.contains("OVER");
    assert!(cut(sql(3)) && whole(sql(4)) && cut(sql(5)) && cut(sql(6)));
}

#[test]
fn without_repeatable_reads_there_is_no_snapshot() {
    for level in ["READ-COMMITTED", "READ-UNCOMMITTED", "SERIALIZABLE"] {
        let world = looked([begun(), isolation(level), ended()]);
        assert_eq!(run_backup(&world), Err(BackupError::NoSnapshot { level: level.into() }));
    }
    let world = looked([begun(), page(&[]), ended()]);
    assert_eq!(run_backup(&world), Err(BackupError::Undescribed));
}

/// Tables, columns, constraints, references and triggers as the database describes them.
fn described(columns: &[[&str; 9]], triggers: &[[&str; 3]]) -> Vec<Answer> {
    let texts = |row: &[&str]| row.iter().map(|text| json!({ "stringValue": text })).collect();
    let answer = |rows: Vec<Vec<Value>>| answer(200, &json!({ "records": rows }).to_string());
    vec![
        answer(vec![texts(&["jobs", "InnoDB", ""])]),
        answer(columns.iter().map(|row| texts(row)).collect()),
        page(&[]),
        answer(triggers.iter().map(|row| texts(row)).collect()),
        page(&[]),
    ]
}

const ID: [&str; 9] = ["jobs", "id", "int", "NO", "PRI", "NULL", "auto_increment", "", ""];
const NAME: [&str; 9] =
    ["jobs", "job_name", "varchar(255)", "NO", "", "NULL", "", "utf8mb4_bin", ""];
const NOTES: [&str; 9] = ["jobs", "notes", "text", "YES", "", "NULL", "", "utf8mb4_bin", ""];

fn whole() -> Vec<Answer> {
    vec![begun(), repeatable(), numbers(&[1]), page(&[1]), page(&[]), written(), ended(), written()]
}

fn run_with(on_obstacle: OnObstacle, world: &World) -> Result<Manifest, BackupError> {
    let (target, endpoint) = (target(), endpoint());
    let time = Duration::from_secs(60);
    let services = Services {
        schema: OFFICE,
        database: &Client::new(world, &target, time),
        s3: &Client::new(world, &endpoint, time),
        bucket: "b",
    };
    let options = BackupOptions { codec: Codec::Null, on_obstacle, ..BackupOptions::default() };
    let made = run_in_turns(backup::backup(&services, &jobs(), options, |_| ()));
    assert_eq!(world.answers_left(), 0, "calls that were not made");
    made
}

#[test]
fn what_a_restore_would_refuse_is_said_before_anything_is_read() {
    let obstacles = ["jobs.notes: column: expected none, found text".to_owned()];
    let look = || described(&[ID, NAME, NOTES], &[]);
    for on_obstacle in [OnObstacle::Refuse, OnObstacle::Skip] {
        // There is no other table that it could back up.
        let refused = run_with(on_obstacle, &World::new(look()));
        assert_eq!(refused, Err(BackupError::Unfit { obstacles: obstacles.to_vec() }));
    }
    let world = World::new(look().into_iter().chain(whole()));
    let manifest = run_with(OnObstacle::Accept, &world).unwrap();
    assert_eq!((manifest.obstacles, manifest.tables.len()), (obstacles.to_vec(), 1));

    let trigger = described(&[ID, NAME], &[["jobs", "TRIGGER", "audit"]]);
    for fits in [trigger, described(&[ID, NAME], &[])] {
        let world = World::new(fits.into_iter().chain(whole()));
        assert_eq!(run_with(OnObstacle::Refuse, &world).unwrap().obstacles, [] as [String; 0]);
    }
}

#[test]
fn a_key_of_another_order_is_refused_whatever_is_accepted() {
    let mut no_key = ID;
    no_key[4] = "";
    let mut other_key = NAME;
    other_key[4] = "PRI";
    for columns in [[no_key, NAME], [ID, other_key]] {
        for on_obstacle in [OnObstacle::Refuse, OnObstacle::Accept] {
            let refused = run_with(on_obstacle, &World::new(described(&columns, &[])));
            assert!(matches!(refused, Err(BackupError::Unfit { .. })), "{refused:?}");
        }
    }
}

/// What a range of the live table holds, as the database computes it.
fn content(rows: u64, digest: &str) -> Answer {
    let row = json!([{ "longValue": rows }, { "stringValue": digest }, { "stringValue": "9" }]);
    answer(200, &json!({ "records": [row] }).to_string())
}

#[test]
fn a_checksum_that_takes_too_long_is_asked_for_fewer_rows() {
    let slow = || error(400, "StatementTimeoutException");
    let digests = ["00000000000000f0", "000000000000000f"];
    let answers = [content(125_000, digests[0]), content(7, digests[1])];
    // The client sends it three times by itself.
    let world = World::new((0..3).map(|_| slow()).chain(answers));
    let target = target();
    let client = Client::new(&world, &target, Duration::from_secs(600));
    let found = run(backup::live(&client, &OFFICE.tables()[1])).unwrap();
    assert_eq!((found.rows, found.digest, world.answers_left()), (125_007, 0xff, 0));
    let limits: Vec<_> = world.calls().iter().map(|(_, body)| limit_of(body)).collect();
    assert_eq!(limits, ["1000000", "1000000", "1000000", "125000", "125000"]);
}

/// How many rows a statement asks for at the most.
fn limit_of(body: &Value) -> String {
    let sql = body["sql"].as_str().unwrap();
    sql.rsplit("LIMIT ").next().unwrap().chars().take_while(char::is_ascii_digit).collect()
}

#[test]
fn rows_that_are_missing_of_a_quiet_table_are_an_error_without_a_snapshot_too() {
    // Counted, keys, two pages, counted again, and what the table holds twice.
    let run = |again: u64, one: Answer, other: Answer| {
        let read = [numbers(&[3]), keys(1, 2), page(&[1]), page(&[2]), written(), written()];
        let looks = [numbers(&[again]), one, other];
        let manifest = if again == 3 { vec![] } else { vec![written()] };
        let world = looked(read.into_iter().chain(looks).chain(manifest));
        run_backup_with(&world, 2, Duration::from_secs(60))
    };
    let wrong = run(3, content(3, "AB"), content(3, "AB"));
    assert_eq!(wrong, Err(BackupError::WrongCount { table: "jobs", counted: 3, read: 2 }));
    // The table is written to: there is no saying how many there were.
    assert!(run(4, content(4, "AB"), content(4, "AB")).is_ok());
}

#[test]
fn many_rows_are_counted_range_by_range() {
    let counted = |rows: u64, last: &str| {
        let row = json!([{ "longValue": rows }, { "stringValue": last }]);
        answer(200, &json!({ "records": [row] }).to_string())
    };
    let world = looked([
        begun(),
        repeatable(),
        counted(1_000_000, "77"),
        counted(5, "99"),
        page(&[]),
        ended(),
    ]);
    let (table, counted) = ("jobs", 1_000_005);
    assert_eq!(run_backup(&world), Err(BackupError::WrongCount { table, counted, read: 0 }));
    let second: Value = serde_json::from_slice(&asked(&world)[3].body).unwrap();
    assert_eq!(second["parameters"][0]["value"]["stringValue"], "77");
}

#[test]
fn a_damaged_part_is_named() {
    let world = looked([
        begun(),
        repeatable(),
        numbers(&[2]),
        page(&[1, 2]),
        page(&[]),
        written(),
        ended(),
        written(),
    ]);
    let manifest = run_backup(&world).unwrap();
    let part = asked(&world)[5].body.to_vec();
    let head = |length: usize| {
        let headers = vec![
            ("content-length".to_owned(), length.to_string()),
            ("etag".to_owned(), "\"e\"".to_owned()),
        ];
        Ok(Response { status: 200, headers, body: Vec::new() })
    };
    let get = |body: Vec<u8>| Ok(Response { status: 206, headers: Vec::new(), body });
    let verify = |manifest: &Manifest, answers: Vec<Answer>| {
        let (world, endpoint) = (World::new(answers), endpoint());
        let s3 = Client::new(&world, &endpoint, Duration::from_secs(60));
        let verified = run_in_turns(backup::verify(OFFICE, &s3, "b", manifest, |_| ()));
        verified.map_err(|error| match error {
            BackupError::Damaged { what, .. } => what,
            other => panic!("{other}"),
        })
    };

    let size = part.len();
    assert_eq!(verify(&manifest, vec![head(size), get(part.clone())]), Ok(()));
    assert_eq!(verify(&manifest, vec![answer(404, "")]), Err(Damage::Missing));
    assert_eq!(verify(&manifest, vec![head(size - 1)]), Err(Damage::Size));

    // The last letter of the last name, before the sync marker.
    let mut other = part.clone();
    other[size - 17] ^= 1;
    assert_eq!(verify(&manifest, vec![head(size), get(other)]), Err(Damage::Hash));
    let mut broken = part.clone();
    broken[size - 1] ^= 1;
    let avro = verify(&manifest, vec![head(size), get(broken)]).unwrap_err();
    assert!(matches!(&avro, Damage::Avro(error) if error.block == Some(0)), "{avro}");

    let mut claims_more = manifest.clone();
    claims_more.tables[0].parts[0].rows = 3;
    let answers = vec![head(size), get(part.clone())];
    assert_eq!(verify(&claims_more, answers), Err(Damage::Rows));
    let mut other_rows = manifest;
    other_rows.tables[0].checksum = "0000000000000000".into();
    assert_eq!(verify(&other_rows, vec![head(size), get(part)]), Err(Damage::Checksum));
}

#[test]
fn a_run_is_named_by_nothing_that_leads_elsewhere() {
    let (world, endpoint) = (World::new([]), endpoint());
    let s3 = Client::new(&world, &endpoint, Duration::from_secs(60));
    for run in ["", "../incoming", "a/b", "é"] {
        let found = run_in_turns(backup::manifest(&s3, "b", run));
        assert!(matches!(found, Err(BackupError::NoManifest { .. })), "{run}");
    }
}
