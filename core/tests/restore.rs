//! A restore call by call: a swap whose answer is lost, and time that is over.
#![cfg(feature = "avro")]
#![allow(clippy::unwrap_used)]

#[allow(dead_code, reason = "other tests use the rest")]
mod world;

use std::time::Duration;

use rowgate_core::avro::{AvroWriter, Codec};
use rowgate_core::backup::{PartFile, Place};
use rowgate_core::restore::{self, Mode, Plan, RestoreError, Restored, TablePlan};
use rowgate_core::schema::table;
use rowgate_core::{Cell, Checksum, Client, Response, SendError};
use serde_json::{Value, json};
use world::*;

const ID: &str = "20270115_080000_1a2b";
const BEFORE: &str = "jobs__before_20270115_080000_1a2b";
const STAGING: &str = "jobs__restore_20270115_080000_1a2b";

type Answer = Result<Response, SendError>;

fn tables(names: &[&str]) -> Answer {
    let records: Vec<Value> = names.iter().map(|name| json!([{ "stringValue": name }])).collect();
    answer(200, &json!({ "records": records }).to_string())
}

fn undo(world: &World) -> Result<Vec<&'static str>, RestoreError> {
    let target = target();
    let client = Client::new(world, &target, Duration::from_secs(600));
    let undone = run(restore::undo(&client, ID));
    assert_eq!(world.answers_left(), 0, "calls that were not made");
    undone
}

fn statements(world: &World) -> Vec<String> {
    world.calls().iter().map(|(_, body)| body["sql"].as_str().unwrap().to_owned()).collect()
}

/// Before the swap, and after it.
fn two_states() -> (Answer, Answer) {
    (tables(&["jobs", BEFORE]), tables(&["jobs", STAGING]))
}

#[test]
fn all_tables_are_swapped_in_one_statement() {
    let both = tables(&["jobs", "employees", BEFORE, "employees__before_20270115_080000_1a2b"]);
    let world = World::new([both, updated(0)]);
    assert_eq!(undo(&world).unwrap(), ["employees", "jobs"]);
    assert_eq!(
        statements(&world)[1],
        "RENAME TABLE \
         `employees` TO `employees__restore_20270115_080000_1a2b`, \
         `employees__before_20270115_080000_1a2b` TO `employees`, \
         `jobs` TO `jobs__restore_20270115_080000_1a2b`, \
         `jobs__before_20270115_080000_1a2b` TO `jobs`"
    );
}

#[test]
fn a_swap_without_an_answer_is_looked_for() {
    let (before, after) = two_states();
    let world = World::new([before, cut(), after]);
    assert_eq!(undo(&world).unwrap(), ["jobs"]);
    assert_eq!(statements(&world).len(), 3);
}

#[test]
fn a_swap_that_was_not_heard_is_sent_again() {
    let (before, _) = two_states();
    let world = World::new([before.clone(), cut(), before, updated(0)]);
    assert_eq!(undo(&world).unwrap(), ["jobs"]);
    let sent = statements(&world);
    assert_eq!(sent[1], sent[3]);
}

#[test]
fn a_swap_that_happens_while_it_is_sent_again_is_found() {
    let (before, after) = two_states();
    let no_such_table = database_error(1146);
    let world = World::new([before.clone(), cut(), before, no_such_table, after]);
    assert_eq!(undo(&world).unwrap(), ["jobs"]);
}

#[test]
fn a_swap_is_given_up_once_the_service_must_have_ended_it() {
    let (before, _) = two_states();
    let mut answers = vec![before.clone(), cut()];
    for look in 0..14 {
        answers.push(before.clone());
        if look < 2 {
            answers.push(cut());
        }
    }
    let world = World::new(answers);
    assert!(matches!(undo(&world), Err(RestoreError::NotSwapped(_))));
    assert!(world.slept() > Duration::from_secs(45), "{:?}", world.slept());
}

#[test]
fn where_nobody_can_look_nobody_knows() {
    let (before, _) = two_states();
    let world = World::new([before, cut(), error(403, "AccessDeniedException")]);
    let error = undo(&world).unwrap_err();
    assert_eq!(error, RestoreError::SwapUnknown { id: ID.into() });
    assert!(error.to_string().contains(ID), "{error}");
}

#[test]
fn a_swap_that_is_refused_is_not_looked_for() {
    let (before, _) = two_states();
    let world = World::new([before, database_error(1142)]);
    assert!(matches!(undo(&world), Err(RestoreError::NotSwapped(_))));
}

#[test]
fn what_is_not_there_is_not_brought_back() {
    let world = World::new([tables(&["jobs", STAGING])]);
    assert_eq!(undo(&world).unwrap_err(), RestoreError::NoSuchRestore { id: ID.into() });
}

/// A file of one job, as a plan has it.
fn file() -> (Vec<u8>, Plan) {
    let jobs = table("jobs").unwrap();
    let mut writer = AvroWriter::new(jobs, Codec::Null, [7; 16]);
    let row = [Cell::Int(1), Cell::Text("Cook".into())];
    writer.push(&row).unwrap();
    let bytes = writer.finish().unwrap().0;
    let mut content = Checksum::default();
    content.add(&row);
    let file = PartFile {
        key: "jobs.avro".into(),
        e_tag: "e".into(),
        bytes: bytes.len() as u64,
        manifest: None,
    };
    let table = TablePlan {
        table: jobs,
        files: vec![file],
        content,
        live: Checksum::default(),
        is_missing: false,
        null_columns: Vec::new(),
    };
    let plan = Plan {
        id: ID.into(),
        run: None,
        snapshot: None,
        mode: Mode::Replace,
        tables: vec![table],
        obstacles: Vec::new(),
        leftovers: Vec::new(),
    };
    (bytes, plan)
}

/// The pause before a range is asked for again uses the database's time up.
fn restore_for(time: Duration, world: &World, plan: &Plan) -> Result<Restored, RestoreError> {
    let (target, endpoint) = (target(), endpoint());
    let place = Place {
        database: &Client::new(world, &target, time),
        s3: &Client::new(world, &endpoint, Duration::from_secs(60)),
        bucket: "b",
    };
    let restored = run_in_turns(restore::restore(&place, plan, false, |_, _| ()));
    assert_eq!(world.answers_left(), 0, "calls that were not made");
    restored
}

#[test]
fn a_restore_that_is_out_of_time_drops_what_it_has_made() {
    let (bytes, plan) = file();
    let created =
        json!([[{ "stringValue": "jobs" }, { "stringValue": "CREATE TABLE `jobs` (…)" }]]);
    let world = World::new([
        answer(200, &json!({ "records": created }).to_string()),
        updated(0),
        answer(503, ""),
        Ok(Response { status: 206, headers: Vec::new(), body: bytes }),
        updated(0),
    ]);
    let error = restore_for(Duration::from_millis(40), &world, &plan).unwrap_err();
    assert_eq!(error, RestoreError::OutOfTime);
    let sent: Vec<Value> = world
        .requests()
        .iter()
        .filter_map(|request| serde_json::from_slice(&request.body).ok())
        .collect();
    let sent: Vec<_> = sent.iter().map(|body| body["sql"].as_str().unwrap()).collect();
    assert_eq!(sent[1], format!("CREATE TABLE IF NOT EXISTS `{STAGING}` (…)"));
    assert_eq!(sent[2..], [format!("DROP TABLE IF EXISTS `{STAGING}`")]);
}

#[test]
fn a_restore_without_any_time_makes_no_call() {
    let (_, plan) = file();
    let world = World::new([]);
    let error = restore_for(Duration::ZERO, &world, &plan).unwrap_err();
    assert_eq!(error, RestoreError::OutOfTime);
}
