//! The swap of a restore, call by call, where its answer is lost.
#![cfg(feature = "avro")]
#![allow(clippy::unwrap_used)]

#[allow(dead_code, reason = "other tests use the rest")]
mod world;

use std::time::Duration;

use rowgate_core::data_api::Target;
use rowgate_core::restore::{self, RestoreError};
use rowgate_core::{Client, Response, SendError};
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
    let target = Target {
        endpoint: "http://data-api".into(),
        resource_arn: "c".into(),
        secret_arn: "s".into(),
        database: "hr".into(),
    };
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
