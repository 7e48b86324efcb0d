//! An object of S3 through the pipeline: which calls are made, and what is written beside it.

use std::time::Duration;

use crate::world::*;
use rowgate_core::{
    LoadError, LoadReport, LoadSettings, ObjectRef, Occasion, Request, Response, SendError, Status,
    load_object,
};
use serde_json::Value;

type Answer = Result<Response, SendError>;

fn settings(load_options: &'static str) -> LoadSettings {
    let lookup = |name: &str| {
        let value = match name {
            "AWS_REGION" => "eu-west-1",
            "DB_CLUSTER_ARN" => "c",
            "DB_SECRET_ARN" => "s",
            "DB_NAME" => "hr",
            "LOAD_OPTIONS" => load_options,
            "OPTIONS_FILES" => "off",
            _ => return None,
        };
        Some(value.to_owned())
    };
    LoadSettings::read(&lookup, OFFICE).unwrap()
}

fn object(key: &str) -> ObjectRef {
    let (bucket, key, e_tag) = ("b".into(), key.into(), Some("tag".into()));
    ObjectRef { bucket, key, e_tag, ..ObjectRef::default() }
}

fn head(length: usize, version: Option<&str>) -> Answer {
    let mut headers = vec![
        ("content-length".to_owned(), length.to_string()),
        ("etag".to_owned(), "\"tag\"".to_owned()),
    ];
    headers.extend(version.map(|version| ("x-amz-version-id".to_owned(), version.to_owned())));
    Ok(Response { status: 200, headers, body: Vec::new() })
}

fn bytes(text: &str) -> Answer {
    Ok(Response { status: 206, headers: Vec::new(), body: text.into() })
}

fn written() -> Answer {
    answer(200, "")
}

/// What the ledger answers to a claim, and to what a load has come to.
fn taken() -> Answer {
    updated(1)
}

/// Begin, the ledger's fence, the rows, commit.
fn stored(rows: u64) -> [Answer; 4] {
    [begun(), updated(1), updated(rows), ended()]
}

fn world(parts: impl IntoIterator<Item = Vec<Answer>>) -> World {
    World::new(parts.into_iter().flatten())
}

fn load(world: &World, object: &ObjectRef) -> Result<LoadReport, LoadError> {
    let time = Duration::from_secs(300);
    let loaded = run_in_turns(load_object(world, &settings(""), object, Occasion::Event, time));
    assert_eq!(world.answers_left(), 0, "calls that were not made");
    loaded
}

fn load_within(
    world: &World,
    settings: &LoadSettings,
    object: &ObjectRef,
    time: Duration,
) -> Result<LoadReport, LoadError> {
    run_in_turns(load_object(world, settings, object, Occasion::Event, time))
}

/// `PUT rejects/…`: method and key of every call of S3, the operation of those of the database.
fn calls(world: &World) -> Vec<String> {
    let name = |request: &Request| {
        let url = request.url.strip_prefix("https://").unwrap();
        let (_, key) = url.split_once('/').unwrap();
        format!("{} {key}", request.method)
    };
    world.requests().iter().map(name).collect()
}

/// The report that was written.
fn last_json(world: &World) -> Value {
    let requests = world.requests();
    let report = requests.iter().rfind(|request| request.url.contains("/reports/")).unwrap();
    serde_json::from_slice(&report.body).unwrap()
}

#[test]
fn a_file_is_read_stored_and_reported() {
    let world = world([
        vec![head(11, None), taken(), bytes("1,Clerk\n2,\n")],
        stored(1).into(),
        vec![written(), written(), taken()],
    ]);
    let report = load(&world, &object("incoming/jobs.csv")).unwrap();
    assert_eq!(
        (report.status, report.counts.stored, report.counts.rejected),
        (Status::Partial, 1, 1)
    );
    assert_eq!(
        calls(&world),
        [
            "HEAD incoming/jobs.csv",
            "POST Execute",
            "GET incoming/jobs.csv",
            "POST BeginTransaction",
            "POST Execute",
            "POST Execute",
            "POST CommitTransaction",
            "PUT rejects/incoming/jobs.csv.tag.csv",
            "PUT reports/incoming/jobs.csv.tag.json",
            "POST Execute",
        ]
    );
    let sent = world.requests();
    let header = |request: &Request, name: &str| {
        request.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.clone())
    };
    assert_eq!(header(&sent[2], "range").as_deref(), Some("bytes=0-10"));
    assert_eq!(header(&sent[2], "if-match").as_deref(), Some("\"tag\""));
    let report = last_json(&world);
    assert_eq!((&report["key"], &report["e_tag"]), (&"incoming/jobs.csv".into(), &"tag".into()));
    assert_eq!(report["rejects"], "rejects/incoming/jobs.csv.tag.csv");
    assert_eq!(report["load_id"].as_str().unwrap().len(), 32);
}

#[test]
fn fewer_bytes_than_were_asked_for_are_no_file() {
    let world = World::new([head(12, None), taken(), bytes("1,Clerk\n2,\n"), written(), taken()]);
    let failed = load(&world, &object("incoming/jobs.csv"));
    assert!(matches!(failed, Err(LoadError::Read(_))), "{failed:?}");
}

#[test]
fn a_version_is_pinned_and_names_the_report() {
    let world = world([
        vec![head(8, Some("v1")), taken(), bytes("1,Clerk\n")],
        stored(1).into(),
        vec![written(), taken()],
    ]);
    load(&world, &object("jobs.csv")).unwrap();
    let calls = calls(&world);
    assert_eq!(calls[2], "GET jobs.csv?versionId=v1");
    assert_eq!(calls[7], "PUT reports/jobs.csv.v1.json");
}

#[test]
fn what_is_gone_is_reported_as_that() {
    for status in [404, 412] {
        let world = World::new([answer(status, ""), written()]);
        let report = load(&world, &object("incoming/jobs.csv")).unwrap();
        assert_eq!(report.status, Status::Gone);
        assert_eq!(last_json(&world)["errors"][0]["code"], "object_gone");
    }
    // And while it is read.
    let world = World::new([head(8, None), taken(), answer(412, ""), written(), taken()]);
    assert_eq!(load(&world, &object("jobs.csv")).unwrap().status, Status::Gone);
}

#[test]
fn rowgates_own_objects_and_marks_of_folders_are_left_alone() {
    for key in
        ["reports/jobs.csv", "rejects/incoming/jobs.csv.x.csv", "backups/r/jobs.csv", "jobs/"]
    {
        let world = World::new([]);
        assert_eq!(load(&world, &object(key)).unwrap().status, Status::Ignored, "{key}");
    }
}

#[test]
fn keys_that_no_request_can_have_are_refused() {
    for key in ["incoming/../jobs.csv", "./jobs.csv", "incoming/jobs/..", "incoming/./jobs/x.csv"] {
        let world = World::new([written()]);
        let report = load(&world, &object(key)).unwrap();
        assert_eq!((report.status, report.counts.received), (Status::Rejected, 0), "{key}");
        let report = last_json(&world);
        assert_eq!((&report["key"], &report["errors"][0]["index"]), (&key.into(), &Value::Null));
        assert_eq!(report["errors"][0]["code"], "unreadable_key");
        let [call] = calls(&world).try_into().unwrap();
        assert!(is_safe(call.strip_prefix("PUT ").unwrap()), "{call}");
    }
}

/// Whether a request can be made for a key, and goes to no other one.
fn is_safe(key: &str) -> bool {
    !key.split('/').any(|segment| [".", ".."].contains(&segment))
}

#[test]
fn a_version_cannot_lead_a_report_elsewhere() {
    for version in ["/../../incoming/jobs/x", "a/./b"] {
        let object = ObjectRef { version_id: Some(version.into()), ..object("incoming/jobs.csv") };
        let key = object.report_key();
        assert!(is_safe(&key), "{key}");
        assert!(key.starts_with("reports/") && key.ends_with(".json"), "{key}");
    }
}

#[test]
fn empty_marks_of_spark_and_hadoop_are_left_alone() {
    for key in ["incoming/jobs/_SUCCESS", "incoming/jobs_$folder$", "incoming/jobs/.keep"] {
        let world = World::new([head(0, None)]);
        assert_eq!(load(&world, &object(key)).unwrap().status, Status::Ignored, "{key}");
    }
    // With content it is a file under a wrong name.
    let world = World::new([head(8, None), written()]);
    let report = load(&world, &object("incoming/jobs/_SUCCESS")).unwrap();
    assert_eq!(report.status, Status::Rejected);
}

#[test]
fn a_file_of_no_table_is_told_which_tables_there_are() {
    for (key, advice) in [
        ("incoming/jobs-2026-01.csv", "into a folder jobs, or call it jobs.csv"),
        ("incoming/Jobs (1).csv", "into a folder jobs, or call it jobs.csv"),
        ("incoming/cats.csv", "into a folder that is called like its table"),
    ] {
        let world = World::new([head(8, None), written()]);
        assert_eq!(load(&world, &object(key)).unwrap().status, Status::Rejected, "{key}");
        let error = &last_json(&world)["errors"][0];
        let message = error["message"].as_str().unwrap();
        assert_eq!(error["code"], "unknown_table");
        assert!(message.contains("the tables are departments, jobs, employees"), "{message}");
        assert!(message.contains(advice), "{message}");
    }
}

#[test]
fn a_report_of_a_very_long_key_has_a_digest_for_a_name() {
    let key = format!("incoming/jobs/{}.csv", "x".repeat(1000));
    let world = world([
        vec![head(8, None), taken(), bytes("1,Clerk\n")],
        stored(1).into(),
        vec![written(), taken()],
    ]);
    load(&world, &object(&key)).unwrap();
    let name = calls(&world).into_iter().rfind(|call| call.starts_with("PUT")).unwrap();
    let digest = name.strip_prefix("PUT reports/").unwrap().strip_suffix(".tag.json").unwrap();
    assert_eq!(digest.len(), 64);
    assert_eq!(last_json(&world)["key"], key.as_str());
}

#[test]
fn a_load_that_failed_says_so_in_its_report_and_is_to_be_delivered_again() {
    let world = World::new([
        head(8, None),
        taken(),
        bytes("1,Clerk\n"),
        begun(),
        updated(1),
        error(403, "AccessDeniedException"),
        ended(),
        written(),
        taken(),
    ]);
    let failed = load(&world, &object("jobs.csv"));
    assert!(matches!(failed, Err(LoadError::Store(_))), "{failed:?}");
    let report = last_json(&world);
    assert_eq!(
        (&report["status"], &report["tables"]["jobs"]["stored"]),
        (&"failed".into(), &0.into())
    );
    assert!(report["failure"].as_str().unwrap().contains("AccessDenied"));
}

#[test]
fn a_report_that_cannot_be_written_fails_the_load() {
    let world = world([
        vec![head(8, None), taken(), bytes("1,Clerk\n")],
        stored(1).into(),
        vec![answer(403, ""), taken()],
    ]);
    assert!(matches!(load(&world, &object("jobs.csv")), Err(LoadError::Write(_))));
}

#[test]
fn s3_is_asked_again_while_it_says_slow_down() {
    let slow = || answer(503, "<Error><Code>SlowDown</Code></Error>");
    let world = world([
        vec![slow(), head(8, None), taken(), cut(), slow(), bytes("1,Clerk\n")],
        stored(1).into(),
        vec![slow(), written(), taken()],
    ]);
    assert_eq!(load(&world, &object("jobs.csv")).unwrap().status, Status::Complete);
    assert!(world.slept() > Duration::from_millis(200));
}

#[test]
fn a_load_stops_when_its_time_is_over() {
    let name = "x".repeat(255);
    let text: String = (1..12_001).map(|id| format!("{id},{name}\n")).collect();
    let mut answers = vec![head(text.len(), None), taken()];
    answers.extend(
        text.as_bytes().chunks(1 << 20).map(|piece| bytes(std::str::from_utf8(piece).unwrap())),
    );
    answers.truncate(5);
    // The first batch meets a database that is waking up until the time is over.
    answers.extend((0..6).map(|_| error(400, "DatabaseResumingException")));
    answers.extend([written(), taken()]);
    let world = World::new(answers);
    let time = Duration::from_secs(2);
    let loaded = load_within(&world, &settings(""), &object("jobs.csv"), time);
    assert!(loaded.is_err());
    assert_eq!(last_json(&world)["status"], "failed");
}

#[test]
fn options_go_by_the_keys_prefix() {
    let world = World::new([head(2, None), taken(), bytes("1,"), written(), written(), taken()]);
    let settings = settings(r#"{"incoming/": {"max_errors": 0}}"#);
    let time = Duration::from_secs(300);
    let object = object("incoming/jobs.csv");
    let loaded = load_within(&world, &settings, &object, time);
    assert_eq!(loaded.unwrap().status, Status::Rejected);
    assert_eq!(last_json(&world)["settings"]["max_errors"], 0);
}

/// Calls that each take a second, with ten seconds for them: the last ones end what was begun.
#[test]
fn no_call_is_begun_after_the_deadline() {
    let refused = || database_error(1406);
    let world = World::new([
        head(32, None),
        taken(),
        bytes("1,a\n2,b\n3,c\n4,d\n5,e\n6,f\n7,g\n8,h\n"),
        begun(),
        updated(1),
        // The rows, then halves of them.
        refused(),
        refused(),
        refused(),
        refused(),
        refused(),
        ended(),
        written(),
        taken(),
    ])
    .slow(Duration::from_secs(1));
    let time = Duration::from_secs(10);
    let loaded = load_within(&world, &settings(""), &object("jobs.csv"), time);
    assert_eq!((loaded.unwrap_err(), world.answers_left()), (LoadError::OutOfTime, 0));
    let last = ["POST RollbackTransaction", "PUT reports/jobs.csv.tag.json", "POST Execute"];
    assert_eq!(calls(&world)[10..], last);
    assert_eq!(last_json(&world)["status"], "unfinished");
}

#[test]
fn without_time_nothing_is_called_but_the_report_written() {
    let world = World::new([written()]);
    let loaded = load_within(&world, &settings(""), &object("jobs.csv"), Duration::ZERO);
    assert!(loaded.is_err());
    assert_eq!(calls(&world), ["PUT reports/jobs.csv.tag.json"]);
}

/// Each range of the file takes 50 seconds, and the lease 120.
#[test]
fn a_lease_is_renewed_while_a_file_is_only_read() {
    let name = "x".repeat(255);
    let text: String =
        (1..=12_000).map(|id| format!("{id},{name}\n")).chain(["x,y\n".into()]).collect();
    let pieces: Vec<_> = text.as_bytes().chunks(1 << 20).collect();
    assert_eq!(pieces.len(), 3);
    let piece = |at: usize| bytes(std::str::from_utf8(pieces[at]).unwrap());
    // The place in the file, whose UPDATE finds its row; at its end only the lease is renewed.
    let kept = || updated(1);
    let held =
        || answer(200, r#"{"records":[[{"stringValue":""},{"stringValue":""},{"longValue":9}]]}"#);
    let world = world([
        vec![head(text.len(), None), taken()],
        vec![piece(0), kept(), piece(1), kept(), piece(2), kept(), taken(), held()],
        vec![written(), written(), taken()],
    ])
    .slow(Duration::from_secs(50));
    let settings = settings(r#"{"": {"max_errors": 0}}"#);
    let loaded = load_within(&world, &settings, &object("jobs.csv"), Duration::from_secs(3_000));
    assert_eq!(world.answers_left(), 0, "{:?}", calls(&world));
    let loaded = loaded.unwrap();
    assert_eq!(
        (loaded.status, loaded.counts.received, loaded.counts.rejected),
        (Status::Rejected, 12_001, 12_001)
    );
}

/// With the keys of so many rows behind it a checking pass needs none of them again.
#[test]
fn a_checking_pass_goes_on_where_it_was() {
    let text = "id,job\n1,a\n2,\n3,c\n4,d\n5,\n6,f\n";
    let (row, received) = (500_000, 500_000);
    let left =
        Earlier { offset: 17, line: 5, row, is_decided: 0, received, rejected: 1, ..EARLIER };
    let begin = || {
        let claim = earlier(&left).into_iter().chain([taken()]);
        [vec![head(text.len(), None)], claim.collect(), vec![bytes(text), bytes(&text[17..])]]
    };
    let load = |world: &World, options: &'static str| {
        let time = Duration::from_secs(300);
        let loaded = load_within(world, &settings(options), &object("jobs.csv"), time);
        assert_eq!(world.answers_left(), 0, "calls that were not made: {:?}", calls(world));
        loaded.unwrap()
    };

    // It is refused: the rejected lines of the earlier attempt are read for its file. The rows that
    // the database would not take are in the ledger.
    let none = || answer(200, r#"{"records":[]}"#);
    let end = vec![bytes(text), none(), written(), written(), taken(), taken()];
    let world = world(begin().into_iter().chain([end]));
    let refused = load(&world, r#"{"": {"max_errors": 1}}"#);
    assert_eq!(
        (refused.status, refused.counts.received, refused.invalid),
        (Status::Rejected, 6, 2)
    );
    let requests = world.requests();
    let rejects = requests.iter().find(|it| it.url.contains("/rejects/")).unwrap();
    let rejects = String::from_utf8(rejects.body.to_vec()).unwrap();
    assert!(rejects.contains("\n3,job_name") && rejects.contains("\n6,job_name"), "{rejects}");

    // It is not: its place is the file's start again, and what it has told the ledger is forgotten.
    let end = vec![taken(), taken(), bytes(text)];
    let world = self::world(begin().into_iter().chain([
        end,
        stored(4).into(),
        vec![written(), written(), taken()],
    ]));
    let loaded = load(&world, r#"{"": {"max_errors": 2}}"#);
    assert_eq!(
        (loaded.status, loaded.counts.stored, loaded.counts.rejected),
        (Status::Partial, 4, 2)
    );
    let decided = world
        .requests()
        .into_iter()
        .find(|it| String::from_utf8_lossy(&it.body).contains("SET is_decided = 1, next_offset"));
    assert!(decided.is_some());
}

/// Settings with a state machine for every file.
fn with_machine() -> LoadSettings {
    let mut settings = settings("");
    settings.bulk.state_machine_arn = Some("arn:machine".into());
    settings.bulk.bytes = 0;
    settings
}

/// What the ledger knows of earlier attempts.
fn attempts(is_running: u64, count: u64, sequencer: &str) -> Answer {
    let row = serde_json::json!([[
        { "longValue": is_running }, { "longValue": count }, { "stringValue": sequencer },
    ]]);
    answer(200, &serde_json::json!({ "records": row }).to_string())
}

/// The name and the input of each execution that was to be started.
fn starts(world: &World) -> Vec<(String, Value)> {
    let requests = world.requests();
    let starts = requests.iter().filter(|request| request.url.contains("://states."));
    let read = |request: &Request| {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let input = serde_json::from_str(body["input"].as_str().unwrap()).unwrap();
        (body["name"].as_str().unwrap().to_owned(), input)
    };
    starts.map(read).collect()
}

fn start(occasion: Occasion, sequencer: Option<&str>, answers: Vec<Answer>) -> (Status, World) {
    let world = World::new([vec![head(8, None)], answers].concat());
    let object = ObjectRef { sequencer: sequencer.map(Into::into), ..object("jobs.csv") };
    let time = Duration::from_secs(60);
    let loaded = run_in_turns(load_object(&world, &with_machine(), &object, occasion, time));
    assert_eq!(world.answers_left(), 0);
    (loaded.unwrap().status, world)
}

fn name_was_used() -> Answer {
    answer(400, r#"{"__type":"ExecutionAlreadyExists"}"#)
}

#[test]
fn an_event_starts_one_execution_however_often_it_comes() {
    for answered in [answer(200, "{}"), name_was_used()] {
        let (status, world) = start(Occasion::Event, Some("0055"), vec![answered]);
        assert_eq!(status, Status::Started);
        assert!(starts(&world)[0].0.ends_with("-0055"));
    }
}

#[test]
fn a_start_by_hand_starts_an_execution_if_none_runs() {
    use Occasion::Hand;
    // The load is known, and so is its sequencer.
    let known = || attempts(0, 3, "0055");
    let (status, world) = start(Hand, None, vec![known(), answer(200, "{}")]);
    assert_eq!(status, Status::Started);
    let (name, input) = &starts(&world)[0];
    assert!(name.ends_with("-by-hand-3"), "{name}");
    assert_eq!(input["object"]["sequencer"], "0055");

    // With an execution of that name, which has ended.
    let answers = vec![known(), name_was_used(), answer(200, "{}")];
    let (status, world) = start(Hand, Some("0055"), answers);
    assert_eq!(status, Status::Started);
    assert!(starts(&world)[1].0.ends_with("-by-hand-3-1800000000"));

    let (status, world) = start(Hand, Some("0055"), vec![attempts(1, 3, "0055")]);
    assert_eq!((status, starts(&world).len()), (Status::AlreadyRunning, 0));

    let nothing = answer(200, r#"{"records":[]}"#);
    let (status, world) = start(Hand, None, vec![nothing, answer(200, "{}")]);
    assert_eq!(status, Status::Started);
    assert!(starts(&world)[0].0.ends_with("-by-hand-0"));
}

/// The version that rowgate's own ledger has.
const VERSION: u64 = rowgate_core::migrate::LEDGER_MIGRATIONS.len() as u64;

#[test]
fn a_file_is_not_claimed_in_a_ledger_of_another_version() {
    let none = || answer(200, r#"{"records":[]}"#);
    for (answers, word) in [
        (vec![updated(0), ledger_version(VERSION - 1, 1)], "run `rowgate migrate`"),
        (vec![updated(0), none()], "run `rowgate migrate`"),
        (vec![database_error(1146)], "run `rowgate migrate`"),
        (vec![database_error(1054)], "run `rowgate migrate`"),
        (vec![database_error(1142)], "run `rowgate migrate --users`"),
        (vec![updated(0), ledger_version(99, 99)], "install the newer rowgate"),
    ] {
        let world = world([vec![head(8, None)], answers, vec![written()]]);
        let failed = load(&world, &object("jobs.csv")).unwrap_err().to_string();
        assert!(failed.contains(word), "{failed}");
    }
}

/// What an earlier claim has left: status, what is left of its lease, place, counts.
struct Earlier {
    status: &'static str,
    lease_left: u64,
    sequencer: &'static str,
    offset: u64,
    line: u64,
    row: u64,
    is_decided: u64,
    received: u64,
    stored: u64,
    rejected: u64,
    read_as: &'static str,
    report: &'static str,
}

const EARLIER: Earlier = Earlier {
    status: "unfinished",
    lease_left: 0,
    sequencer: "",
    offset: 0,
    line: 1,
    row: 0,
    is_decided: 1,
    received: 0,
    stored: 0,
    rejected: 0,
    read_as: "",
    report: "",
};

fn earlier(it: &Earlier) -> [Answer; 2] {
    let text = |text: &str| serde_json::json!({ "stringValue": text });
    let number = |number: u64| serde_json::json!({ "longValue": number });
    let record = [
        text(it.status),
        text("other-holder"),
        number(it.lease_left),
        text(it.sequencer),
        number(it.is_decided),
        number(it.offset),
        number(it.line),
        number(it.row),
        number(it.received),
        number(it.stored),
        number(0),
        number(it.rejected),
        text(""),
        text(it.read_as),
        text(it.report),
        number(0),
        number(0),
    ];
    let row = serde_json::json!({ "records": [record] }).to_string();
    [database_error(1062), answer(200, &row)]
}

/// The rows that were sent, as JSON.
fn sent_rows(world: &World) -> Vec<String> {
    let calls = world.requests().into_iter().filter(|it| it.url.ends_with("/Execute"));
    let body = |it: Request| serde_json::from_slice::<Value>(&it.body).unwrap();
    let rows = |body: Value| {
        let rows = body["parameters"].as_array()?.iter().find(|it| it["name"] == "rows")?;
        Some(rows["value"]["stringValue"].as_str()?.to_owned())
    };
    calls.map(body).filter_map(rows).collect()
}

#[test]
fn an_attempt_goes_on_where_the_one_before_has_committed() {
    let text = "id,job\n1,a\n2,\n3,c\n4,d\n5,\n6,f\n";
    // Up to the third row; the second was bad, and the first the database did not take.
    let left = Earlier { offset: 17, line: 5, row: 3, stored: 1, rejected: 2, ..EARLIER };
    let parts = serde_json::json!({ "records": [[
        { "longValue": 0 },
        { "stringValue": r#"[0,1,[["exists",null,"id"]]]"# },
    ]] });
    let world = world([
        vec![head(text.len(), None)],
        earlier(&left).into(),
        vec![taken(), bytes(text), answer(200, &parts.to_string())],
        stored(2).into(),
        vec![written(), written(), taken(), taken()],
    ]);
    let report = load(&world, &object("jobs.csv")).unwrap();
    assert_eq!(sent_rows(&world), [r#"[[4,"d"],[6,"f"]]"#]);
    assert_eq!((report.status, report.counts.received), (Status::Partial, 6));
    assert_eq!((report.counts.stored, report.counts.kept, report.counts.rejected), (3, 0, 3));
    let named: Vec<_> = report.issues.listed().iter().map(|it| it.line).collect();
    assert_eq!(named, [Some(2), Some(3), Some(6)]);
    let requests = world.requests();
    let rejects = requests.iter().find(|it| it.url.contains("/rejects/")).unwrap();
    let lines = String::from_utf8(rejects.body.to_vec()).unwrap();
    let lines: Vec<_> = lines.lines().map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(lines, ["\u{feff}_line", "2", "3", "6"]);
}

/// The columns with which a load of jobs began; `job` had so many characters.
fn began_with(characters: u32) -> String {
    let id = serde_json::json!({ "name": "id", "definition": "int NOT NULL AUTO_INCREMENT PRIMARY KEY",
        "takes": "an integer; ", "required": true });
    let name = serde_json::json!({ "name": "job_name", "required": true,
        "definition": format!("varchar({characters}) NOT NULL"), "takes": "a string; job" });
    serde_json::json!({ "fingerprint": characters.to_string(), "columns": [id, name] }).to_string()
}

#[test]
fn rows_that_were_read_by_other_columns_are_not_read_on() {
    let read_as: &'static str = began_with(9).leak();
    for (text, offset) in [("id,job\n1,a\n2,b\n", 11), ("1,a\n2,b\n", 4)] {
        let left = Earlier { offset, line: 2, row: 1, stored: 1, read_as, ..EARLIER };
        let world = world([
            vec![head(text.len(), None)],
            earlier(&left).into(),
            vec![taken(), bytes(text), written(), taken()],
        ]);
        let error = load(&world, &object("jobs.csv")).unwrap_err().to_string();
        for word in ["they were id int NOT NULL", "job_name varchar(9) NOT NULL; they are id int"] {
            assert!(error.contains(word), "{error}");
        }
        let calls = calls(&world);
        assert!(calls.iter().any(|call| call.starts_with("PUT reports/")), "{calls:?}");
        assert_eq!(sent_rows(&world), [""; 0]);
    }
}

#[test]
fn a_load_of_which_no_row_was_read_goes_by_the_columns_of_today() {
    let narrow: &'static str = began_with(9).leak();
    let text = "1,a\n";
    let left = Earlier { read_as: narrow, ..EARLIER };
    let world = world([
        vec![head(text.len(), None)],
        earlier(&left).into(),
        vec![taken(), bytes(text)],
        stored(1).into(),
        vec![written(), taken()],
    ]);
    assert_eq!(load(&world, &object("jobs.csv")).unwrap().status, Status::Complete);
    let takes = world
        .requests()
        .into_iter()
        .find(|it| String::from_utf8_lossy(&it.body).contains("attempts + 1"));
    let body = String::from_utf8(takes.unwrap().body.to_vec()).unwrap();
    assert!(
        body.contains("varchar(255) NOT NULL")
            && body.contains(r#""name":"reads_anew","value":{"stringValue":"1"}"#),
        "{body}"
    );
}

/// The columns of today's jobs, as a claim keeps them, with a layout.
fn read_by(layout: &Value) -> &'static str {
    let begun = vec![head(4, None), taken(), bytes("1,a\n")];
    let world = world([begun, stored(1).into(), vec![written(), taken()]]);
    load(&world, &object("jobs.csv")).unwrap();
    let claim: Value = serde_json::from_slice(&world.requests()[1].body).unwrap();
    let mut parameters = claim["parameters"].as_array().unwrap().iter();
    let kept = parameters.find(|it| it["name"] == "read_as").unwrap();
    let kept = kept["value"]["stringValue"].as_str().unwrap();
    let mut columns: Value = serde_json::from_str(kept).unwrap();
    columns["layout"] = layout.clone();
    columns.to_string().leak()
}

#[test]
fn a_layout_that_was_found_is_in_the_ledger_before_a_row_is_stored() {
    let text = "id;job\n1;a\n";
    let world = world([
        vec![head(text.len(), None)],
        vec![taken(), bytes(text), bytes(text), taken()],
        stored(1).into(),
        vec![written(), taken()],
    ]);
    assert_eq!(load(&world, &object("jobs.csv")).unwrap().status, Status::Complete);
    let bodies =
        world.requests().into_iter().map(|it| String::from_utf8_lossy(&it.body).into_owned());
    let bodies: Vec<_> = bodies.collect();
    let kept = bodies.iter().position(|it| it.contains(r#"\"layout\":{\"delimiter\":\";\"}"#));
    let rows = bodies.iter().position(|it| it.contains(r#"[[1,\"a\"]]"#));
    assert!(kept.is_some() && kept < rows, "{bodies:#?}");
}

#[test]
fn a_file_is_read_on_by_the_layout_with_which_it_began_or_not_at_all() {
    let text = "id;job\n1;a\n2;b\n";
    for (layout, goes_on) in [
        (serde_json::json!({ "delimiter": ";" }), true),
        // An older program's row does not say it.
        (Value::Null, true),
        (serde_json::json!({}), false),
        (serde_json::json!({ "delimiter": ";", "encoding": "windows-1252" }), false),
    ] {
        let read_as = read_by(&layout);
        let left = Earlier { offset: 11, line: 3, row: 1, stored: 1, read_as, ..EARLIER };
        let world = world([
            vec![head(text.len(), None)],
            earlier(&left).into(),
            vec![taken(), bytes(text)],
            if goes_on { stored(1).into() } else { vec![] },
            vec![written(), taken()],
        ]);
        let report = load(&world, &object("jobs.csv"));
        if goes_on {
            assert_eq!(report.unwrap().status, Status::Complete, "{layout}");
            continue;
        }
        let error = report.unwrap_err().to_string();
        assert!(error.contains(r#"its start now shows {"delimiter":";"}"#), "{error}");
        assert_eq!(sent_rows(&world), [""; 0]);
    }
}

#[test]
fn past_the_keys_that_are_compared_a_plain_file_is_read_from_there() {
    goes_on_past_the_keys(',', "");
    // By the layout that the first attempt has found.
    goes_on_past_the_keys(';', read_by(&serde_json::json!({ "delimiter": ";" })));
}

fn goes_on_past_the_keys(delimiter: char, read_as: &'static str) {
    const DONE: u64 = 500_000;
    let line = |id: u64| format!("{id}{delimiter}a\n");
    let mut text = format!("id{delimiter}job\n");
    text.extend((1..=DONE).map(line));
    let offset = text.len();
    text.push_str(&format!("500001{delimiter}b\n500002{delimiter}\n"));
    let left = Earlier {
        offset: offset as u64,
        line: DONE + 2,
        row: DONE,
        stored: DONE,
        read_as,
        ..EARLIER
    };
    let world = world([
        vec![head(text.len(), None)],
        earlier(&left).into(),
        // The header is in the first piece.
        vec![taken(), bytes(&text[..1 << 20])],
        vec![bytes(&text[offset..])],
        stored(1).into(),
        vec![written(), written(), taken()],
    ]);
    let report = load(&world, &object("jobs.csv")).unwrap();
    assert_eq!(sent_rows(&world), [r#"[[500001,"b"]]"#]);
    assert_eq!(
        (report.counts.received, report.counts.stored, report.counts.rejected),
        (DONE + 2, DONE + 1, 1)
    );
    let issue = &report.issues.listed()[0];
    assert_eq!((issue.index, issue.line), (Some(DONE + 1), Some(DONE + 3)));
}

#[test]
fn what_was_loaded_is_not_loaded_again() {
    let report = r#"{"status":"partial","tables":{"jobs":{"received":3,"stored":2,"kept":0,
        "rejected":1,"invalid":1}},"rejects":"rejects/x"}"#;
    let done = Earlier { status: "partial", report, sequencer: "01", ..EARLIER };
    let world = world([vec![head(8, None)], earlier(&done).into()]);
    let found = load(&world, &object("jobs.csv")).unwrap();
    assert_eq!(
        (found.status, found.counts.received, found.counts.rejected),
        (Status::Duplicate, 3, 1)
    );
    assert_eq!(found.rejects.as_deref(), Some("rejects/x"));
    assert!(!calls(&world).iter().any(|call| call.starts_with("PUT")));
}

#[test]
fn what_was_put_again_is_not_loaded_again_either_and_its_report_says_so() {
    let report = r#"{"status":"complete","tables":{}}"#;
    let done = Earlier { status: "complete", report, sequencer: "01", ..EARLIER };
    let world = world([vec![head(8, None), taken()], earlier(&done).into(), vec![written()]]);
    let object = ObjectRef { sequencer: Some("02".into()), ..object("jobs.csv") };
    assert_eq!(load(&world, &object).unwrap().status, Status::Duplicate);
    assert_eq!(last_json(&world)["status"], "duplicate");
}

#[test]
fn an_older_version_is_left_alone() {
    let world = World::new([
        head(8, None),
        taken(),
        updated(0),
        ledger_version(VERSION, VERSION),
        updated(1),
        written(),
    ]);
    let object = ObjectRef { sequencer: Some("01".into()), ..object("jobs.csv") };
    assert_eq!(load(&world, &object).unwrap().status, Status::Stale);
    assert_eq!(last_json(&world)["status"], "stale");
}

#[test]
fn the_holder_is_waited_for_once() {
    let running = Earlier { status: "running", lease_left: 30_000_000, ..EARLIER };
    let both = [earlier(&running), earlier(&running)].concat();
    let world = world([vec![head(8, None)], both]);
    assert_eq!(load(&world, &object("jobs.csv")).unwrap_err(), LoadError::Running);
    assert!(world.slept() >= Duration::from_secs(30));

    // No longer than there is time for.
    let world = self::world([vec![head(8, None)], earlier(&running).into()]);
    let time = Duration::from_secs(29);
    let loaded = load_within(&world, &settings(""), &object("jobs.csv"), time);
    assert_eq!((loaded.unwrap_err(), world.answers_left()), (LoadError::Running, 0));
    assert_eq!(world.slept(), Duration::ZERO);
}

#[test]
fn a_load_that_is_overtaken_stops_and_says_why() {
    let outdated = |yes: u64| numbers(&[yes]);
    let start = || vec![head(8, None), taken(), taken(), bytes("1,Clerk\n"), begun(), updated(0)];
    let object = ObjectRef { sequencer: Some("01".into()), ..object("jobs.csv") };
    let world = world([start(), vec![ended(), outdated(1), written(), taken()]]);
    assert_eq!(load(&world, &object).unwrap().status, Status::Superseded);
    assert_eq!(last_json(&world)["status"], "superseded");
    assert_eq!(last_json(&world)["tables"]["jobs"]["stored"], 0);

    // The load that has taken its place writes the report.
    let world = self::world([start(), vec![ended(), outdated(0)]]);
    assert_eq!(load(&world, &object).unwrap_err(), LoadError::LeaseLost);
    assert!(!calls(&world).iter().any(|call| call.starts_with("PUT")));
}

#[test]
fn without_a_ledger_nothing_is_loaded_and_no_report_is_written_over() {
    let world = World::new([head(8, None), database_error(1146), answer(412, "")]);
    let failed = load(&world, &object("jobs.csv"));
    assert!(matches!(failed, Err(LoadError::Store(_))), "{failed:?}");
    let requests = world.requests();
    let put = requests.last().unwrap();
    assert!(put.headers.contains(&("if-none-match".into(), "*".into())));
}

/// Loads `incoming/jobs/a.csv` with these answers to the looks for `_options.json`, and the rest.
fn with_folders(
    load_options: &'static str,
    looks: Vec<Answer>,
    rest: Vec<Answer>,
) -> (Result<LoadReport, LoadError>, World) {
    let mut settings = settings(load_options);
    settings.has_options_files = true;
    let world = World::new([vec![head(11, None)], looks, rest].concat());
    let time = Duration::from_secs(300);
    let loaded = load_within(&world, &settings, &object("incoming/jobs/a.csv"), time);
    assert_eq!(world.answers_left(), 0, "calls that were not made");
    (loaded, world)
}

fn not_there() -> Answer {
    answer(404, "<Error><Code>NoSuchKey</Code></Error>")
}

#[test]
fn the_nearest_folder_s_options_count_over_the_settings() {
    let rest = |text: &str| {
        [vec![taken(), bytes(text)], stored(1).into(), vec![written(), taken()]].concat()
    };
    let options = r#"{"incoming/": {"on_duplicate": "keep", "strict": true}}"#;
    let folder = bytes("\u{feff}{\"delimiter\": \";\", \"strict\": false}");
    let (loaded, world) = with_folders(options, vec![folder], rest("id;job\n1;a\n"));
    assert_eq!(loaded.unwrap().status, Status::Complete);
    assert_eq!(calls(&world)[1], "GET incoming/jobs/_options.json");
    let report = last_json(&world);
    assert_eq!(report["settings"]["options_file"], "incoming/jobs/_options.json");
    assert_eq!(report["settings"]["on_duplicate"], "keep");
    assert_eq!(report["settings"]["strict"], false);
    // The ledger has them, for an attempt that goes on.
    let claim = String::from_utf8_lossy(&world.requests()[2].body).into_owned();
    assert!(claim.contains("incoming/jobs/_options.json"), "{claim}");

    let looks = vec![not_there(), bytes("{\"header\": {\"Nr\": \"id\"}}")];
    let (loaded, world) = with_folders("", looks, rest("Nr,job\n1,a\n"));
    assert_eq!(loaded.unwrap().status, Status::Complete);
    assert_eq!(last_json(&world)["settings"]["options_file"], "incoming/_options.json");

    let (loaded, world) = with_folders("", vec![not_there(), not_there()], rest("id,job\n1,a\n"));
    assert_eq!(loaded.unwrap().status, Status::Complete);
    assert_eq!(last_json(&world)["settings"].get("options_file"), None);
}

#[test]
fn invalid_options_of_a_folder_end_the_load_as_failed() {
    let large = format!("{{\"fill\": {{\"job_name\": \"={}\"}}}}", "x".repeat(65_536));
    for (text, word) in [
        ("", "EOF"),
        ("{", "EOF"),
        ("[]", "no JSON object"),
        ("{\"delimeter\": \";\"}", "delimeter"),
        ("{\"delimiter\": \":\"}", "delimiter is one of"),
        ("{\"strict\": true, \"strict\": false}", "strict is there twice"),
        ("{\"max_error_rate\": 7}", "between 0 and 1"),
        ("{\"header\": {\"a\": \"id\", \"A\": \"job\"}}", "twice"),
        (&large, "more than 65536 bytes"),
    ] {
        let look = if text.is_empty() { answer(416, "") } else { bytes(text) };
        let (loaded, world) = with_folders("", vec![look], vec![written()]);
        let error = loaded.unwrap_err().to_string();
        let start = "incoming/jobs/_options.json: ";
        assert!(error.starts_with(start) && error.contains(word), "{error}");
        let report = last_json(&world);
        assert_eq!(report["status"], "failed");
        assert!(report.to_string().contains(word), "{report}");
    }
    let denied = answer(403, "<Error><Code>AccessDenied</Code></Error>");
    let (loaded, world) = with_folders("", vec![denied], vec![written()]);
    assert!(loaded.unwrap_err().to_string().contains("_options.json: "));
    assert_eq!(last_json(&world)["status"], "failed");
}

#[test]
fn the_options_of_a_folder_are_no_file_to_load() {
    let world = World::default();
    let report = load(&world, &object("incoming/jobs/_options.json")).unwrap();
    assert_eq!(report.status, Status::Ignored);
}

#[test]
fn a_look_for_options_is_turned_off_by_its_setting() {
    let read = |value: &'static str| {
        let lookup = |name: &str| match name {
            "OPTIONS_FILES" => Some(value.to_owned()),
            "AWS_REGION" | "DB_CLUSTER_ARN" | "DB_SECRET_ARN" | "DB_NAME" => Some("x".into()),
            _ => None,
        };
        LoadSettings::read(&lookup, OFFICE).map(|settings| settings.has_options_files)
    };
    assert_eq!((read("off").unwrap(), read("on").unwrap(), read("").unwrap()), (false, true, true));
    assert!(read("no").unwrap_err().to_string().contains("OPTIONS_FILES"));
}
