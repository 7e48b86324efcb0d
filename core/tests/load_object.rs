//! An object of S3 through the pipeline: which calls are made, and what is written beside it.
#![allow(clippy::unwrap_used)]

#[allow(dead_code, reason = "other tests use the rest")]
mod world;

use std::time::Duration;

use rowgate_core::{
    LoadError, LoadReport, LoadSettings, ObjectRef, Request, Response, SendError, Status,
    load_object,
};
use serde_json::Value;
use world::*;

type Answer = Result<Response, SendError>;

fn settings(load_options: &'static str) -> LoadSettings {
    let lookup = |name: &str| {
        let value = match name {
            "AWS_REGION" => "eu-west-1",
            "DB_CLUSTER_ARN" => "c",
            "DB_SECRET_ARN" => "s",
            "DB_NAME" => "hr",
            "LOAD_OPTIONS" => load_options,
            _ => return None,
        };
        Some(value.to_owned())
    };
    LoadSettings::read(&lookup).unwrap()
}

fn object(key: &str) -> ObjectRef {
    ObjectRef { bucket: "b".into(), key: key.into(), version_id: None, e_tag: Some("tag".into()) }
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

fn load(world: &World, object: &ObjectRef) -> Result<LoadReport, LoadError> {
    let time = Duration::from_secs(300);
    let loaded = run_in_turns(load_object(world, &settings(""), object, time));
    assert_eq!(world.answers_left(), 0, "calls that were not made");
    loaded
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

fn last_json(world: &World) -> Value {
    serde_json::from_slice(&world.requests().last().unwrap().body).unwrap()
}

#[test]
fn a_file_is_read_stored_and_reported() {
    let world =
        World::new([head(11, None), bytes("1,Clerk\n2,\n"), updated(1), written(), written()]);
    let report = load(&world, &object("incoming/jobs.csv")).unwrap();
    assert_eq!((report.status, report.stored, report.rejected), (Status::Partial, 1, 1));
    assert_eq!(
        calls(&world),
        [
            "HEAD incoming/jobs.csv",
            "GET incoming/jobs.csv",
            "POST Execute",
            "PUT rejects/incoming/jobs.csv.tag.csv",
            "PUT reports/incoming/jobs.csv.tag.json",
        ]
    );
    let sent = world.requests();
    let header = |request: &Request, name: &str| {
        request.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.clone())
    };
    assert_eq!(header(&sent[1], "range").as_deref(), Some("bytes=0-10"));
    assert_eq!(header(&sent[1], "if-match").as_deref(), Some("\"tag\""));
    let report = last_json(&world);
    assert_eq!((&report["key"], &report["e_tag"]), (&"incoming/jobs.csv".into(), &"tag".into()));
    assert_eq!(report["rejects"], "rejects/incoming/jobs.csv.tag.csv");
    assert_eq!(report["load_id"].as_str().unwrap().len(), 32);
}

#[test]
fn fewer_bytes_than_were_asked_for_are_no_file() {
    let world = World::new([head(12, None), bytes("1,Clerk\n2,\n"), written()]);
    let failed = load(&world, &object("incoming/jobs.csv"));
    assert!(matches!(failed, Err(LoadError::Read(_))), "{failed:?}");
}

#[test]
fn a_version_is_pinned_and_names_the_report() {
    let world = World::new([head(8, Some("v1")), bytes("1,Clerk\n"), updated(1), written()]);
    load(&world, &object("jobs.csv")).unwrap();
    let calls = calls(&world);
    assert_eq!(calls[1], "GET jobs.csv?versionId=v1");
    assert_eq!(calls[3], "PUT reports/jobs.csv.v1.json");
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
    let world = World::new([head(8, None), answer(412, ""), written()]);
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
    for key in ["incoming/../jobs.csv", "./jobs.csv"] {
        let error = load(&World::new([]), &object(key)).unwrap_err();
        assert!(matches!(error, LoadError::Read(_)), "{key}");
    }
}

#[test]
fn a_report_of_a_very_long_key_has_a_digest_for_a_name() {
    let key = format!("incoming/jobs/{}.csv", "x".repeat(1000));
    let world = World::new([head(8, None), bytes("1,Clerk\n"), updated(1), written()]);
    load(&world, &object(&key)).unwrap();
    let name = calls(&world).pop().unwrap();
    let digest = name.strip_prefix("PUT reports/").unwrap().strip_suffix(".tag.json").unwrap();
    assert_eq!(digest.len(), 64);
    assert_eq!(last_json(&world)["key"], key.as_str());
}

#[test]
fn a_load_that_failed_says_so_in_its_report_and_is_to_be_delivered_again() {
    let world = World::new([
        head(8, None),
        bytes("1,Clerk\n"),
        error(403, "AccessDeniedException"),
        written(),
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
    let world = World::new([head(8, None), bytes("1,Clerk\n"), updated(1), answer(403, "")]);
    assert!(matches!(load(&world, &object("jobs.csv")), Err(LoadError::Write(_))));
}

#[test]
fn s3_is_asked_again_while_it_says_slow_down() {
    let slow = || answer(503, "<Error><Code>SlowDown</Code></Error>");
    let world = World::new([
        slow(),
        head(8, None),
        cut(),
        slow(),
        bytes("1,Clerk\n"),
        updated(1),
        slow(),
        written(),
    ]);
    assert_eq!(load(&world, &object("jobs.csv")).unwrap().status, Status::Complete);
    assert!(world.slept() > Duration::from_millis(200));
}

#[test]
fn a_load_stops_when_its_time_is_over() {
    let name = "x".repeat(255);
    let text: String = (1..12_001).map(|id| format!("{id},{name}\n")).collect();
    let mut answers = vec![head(text.len(), None)];
    answers.extend(
        text.as_bytes().chunks(1 << 20).map(|piece| bytes(std::str::from_utf8(piece).unwrap())),
    );
    answers.truncate(4);
    // The first batch meets a database that is waking up until the time is over.
    answers.extend((0..6).map(|_| error(400, "DatabaseResumingException")));
    answers.push(written());
    let world = World::new(answers);
    let time = Duration::from_secs(2);
    let loaded = run_in_turns(load_object(&world, &settings(""), &object("jobs.csv"), time));
    assert!(loaded.is_err());
    assert_eq!(last_json(&world)["status"], "failed");
}

#[test]
fn options_go_by_the_keys_prefix() {
    let world = World::new([head(2, None), bytes("1,"), written(), written()]);
    let settings = settings(r#"{"incoming/": {"max_errors": 0}}"#);
    let time = Duration::from_secs(300);
    let object = object("incoming/jobs.csv");
    let load = load_object(&world, &settings, &object, time);
    assert_eq!(run_in_turns(load).unwrap().status, Status::Rejected);
    assert_eq!(last_json(&world)["settings"]["max_errors"], 0);
}
