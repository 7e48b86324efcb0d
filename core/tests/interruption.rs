//! A process that is told to end: which calls are begun, and which are waited for.

use std::time::Duration;

use crate::world::*;
use rowgate_core::data_api::{ExecuteStatement, Target};
use rowgate_core::{CallError, Client, ENDED_AFTER, Repeat, Upload};

const HOUR: Duration = Duration::from_secs(3600);

fn query() -> ExecuteStatement<'static> {
    ExecuteStatement { sql: "SELECT 1", ..ExecuteStatement::default() }
}

#[test]
fn the_call_in_flight_is_answered_and_no_other_is_begun() {
    let (world, target): (World, Target) =
        (World::new([updated(1)]).interrupted_after(1), target());
    let client = Client::new(&world, &target, HOUR);
    assert!(!client.is_out_of_time());
    assert!(run(client.call(&query(), Repeat::Never)).is_ok());
    assert_eq!(run(client.call(&query(), Repeat::Harmless)), Err(CallError::Interrupted));
    assert!(client.is_out_of_time() && client.time_left().is_zero());
}

#[test]
fn what_it_is_answered_is_not_hidden_and_nothing_is_repeated() {
    for (answered, words) in
        [(cut(), "connection reset"), (error(400, "ThrottlingException"), "Throttling")]
    {
        let (world, target) = (World::new([answered]).interrupted_after(1), target());
        let client = Client::new(&world, &target, HOUR);
        let error = run(client.call(&query(), Repeat::Harmless)).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
        assert_eq!(world.slept(), Duration::ZERO);
    }
}

#[test]
fn a_pause_ends_with_it() {
    let (world, target) = (World::new([]).interrupted_after(0), target());
    assert!(!run(Client::new(&world, &target, HOUR).pause(HOUR)));
    assert_eq!(world.slept(), Duration::ZERO);
    let world = World::new([]);
    assert!(run(Client::new(&world, &target, HOUR).pause(Duration::from_secs(5))));
    assert_eq!(world.slept(), Duration::from_secs(5));
}

#[test]
fn calls_that_take_back_are_begun_and_given_up_after_a_moment() {
    let answers =
        [updated(1)].into_iter().chain((0..100).map(|_| error(400, "ThrottlingException")));
    let (world, target) = (World::new(answers).interrupted_after(0), target());
    let client = Client::new(&world, &target, HOUR);
    let closing = client.closing();
    assert!(run(closing.call(&query(), Repeat::Harmless)).is_ok());
    assert!(run(closing.call(&query(), Repeat::Harmless)).is_err());
    let slept = world.slept();
    assert!((10..=20).contains(&slept.as_secs()), "{slept:?}");
}

#[test]
fn what_ends_the_work_has_a_moment_when_the_time_is_over() {
    let answers = (0..100).map(|_| error(400, "ThrottlingException"));
    let (world, target) = (World::new(answers), target());
    let client = Client::new(&world, &target, Duration::ZERO).ending();
    assert!(run(client.closing().call(&query(), Repeat::Harmless)).is_err());
    assert!(world.slept() <= ENDED_AFTER && world.answers_left() < 95, "{:?}", world.slept());
    // Anything else is not begun.
    let left = world.answers_left();
    assert_eq!(run(client.call(&query(), Repeat::Harmless)), Err(CallError::OutOfTime));
    assert_eq!(world.answers_left(), left);
}

#[test]
fn an_upload_is_given_up() {
    let begun = "<InitiateMultipartUploadResult><UploadId>u</UploadId>\
                 </InitiateMultipartUploadResult>";
    let world = World::new([answer(200, begun), answer(204, "")]).interrupted_after(1);
    let endpoint = endpoint();
    let s3 = Client::new(&world, &endpoint, HOUR);
    let mut upload = Upload::new(&s3, "b", "k", "text/csv");
    assert_eq!(run(upload.write("rows".into())), Err(CallError::Interrupted));
    run(upload.abandon());
    let requests = world.requests();
    assert_eq!((requests[1].method, requests.len()), ("DELETE", 2));
}
