//! A cluster that wakes up, and one that answers late: how long each door waits, and what it answers.

use std::time::Duration;

use crate::world::door::*;
use crate::world::*;
use rowgate_core::{RequestTime, Response, SendError};
use serde_json::Value;

/// What API Gateway's function has.
const LIMITED: Duration = Duration::from_millis(26_500);

fn resuming(times: usize) -> impl Iterator<Item = Result<Response, SendError>> {
    (0..times).map(|_| error(400, "DatabaseResumingException"))
}

fn respond(world: &World, time: RequestTime, path: &str, rows: &Value) -> Response {
    let head = head(path, "application/json");
    let gate = gate_within(time, &|_| None);
    run(gate.handle(world, &head, async |_| Ok(rows.to_string().into())))
}

#[test]
fn a_waiting_door_stores_the_rows_once_the_cluster_is_awake() {
    let world = World::new(resuming(16).chain([updated(2)]));
    assert_eq!(respond(&world, WAITING, JOBS, &two_jobs()).status, 200);
    assert!(world.slept() > Duration::from_secs(35), "{:?}", world.slept());

    let answers = resuming(16).chain([begun(), updated(1), updated(2), updated(1), ended()]);
    let world = World::new(answers).slow(Duration::from_millis(400));
    assert_eq!(respond(&world, WAITING, "/insert_data", &all_tables()).status, 200);
    assert!(world.slept() > Duration::from_secs(40), "{:?}", world.slept());
}

#[test]
fn a_cluster_that_stays_asleep_is_given_up() {
    for (time, least, most) in [(WAITING, 40, 45), (RequestTime::within(LIMITED), 18, 22)] {
        let world = World::new(resuming(100));
        let answer = respond(&world, time, JOBS, &two_jobs());
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("5")));
        assert!((least..=most).contains(&world.slept().as_secs()), "{:?}", world.slept());
    }
}

#[test]
fn a_waiting_door_waits_for_the_call_that_it_began_last() {
    let world = World::new([updated(2)]).slow(Duration::from_secs(59));
    assert_eq!(respond(&world, WAITING, JOBS, &two_jobs()).status, 200);
    // The second call of this one is not begun any more, and neither is the commit.
    let world = World::new([begun(), updated(1), ended()]).slow(Duration::from_secs(44));
    assert_eq!(respond(&world, WAITING, "/insert_data", &all_tables()).status, 503);
    assert_eq!(world.operations(), ["BeginTransaction", "Execute", "RollbackTransaction"]);
}

#[test]
fn a_limited_door_answers_in_time_whatever_is_in_flight() {
    // A statement that is its own commit may have stored its rows.
    let world = World::new([]).hanging();
    assert_eq!(respond(&world, RequestTime::within(LIMITED), JOBS, &two_jobs()).status, 504);
    assert!(world.slept() <= LIMITED, "{:?}", world.slept());

    // What is not committed is not stored, even if the rollback is not answered either.
    for answers in [vec![], vec![begun()], vec![begun(), updated(1)]] {
        let world = World::new(answers).hanging();
        let answer = respond(&world, RequestTime::within(LIMITED), "/insert_data", &all_tables());
        assert_eq!(answer.status, 503);
        assert!(world.slept() <= LIMITED, "{:?}", world.slept());
        assert!(!world.operations().contains(&"CommitTransaction".to_owned()));
    }
    let world = World::new([begun(), updated(1), updated(2), updated(1)]).hanging();
    let answer = respond(&world, RequestTime::within(LIMITED), "/insert_data", &all_tables());
    assert_eq!(answer.status, 504);
    assert!(world.slept() <= LIMITED, "{:?}", world.slept());
}
