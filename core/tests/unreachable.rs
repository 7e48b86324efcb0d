//! A service that cannot be reached: how long it is tried, and what is said of it.

use std::time::Duration;

use crate::world::*;
use rowgate_core::data_api::{ExecuteStatement, Target};
use rowgate_core::s3::{DeleteObject, S3Endpoint};
use rowgate_core::{Client, Repeat};

const HOUR: Duration = Duration::from_secs(3600);

fn query() -> ExecuteStatement<'static> {
    ExecuteStatement { sql: "SELECT 1", ..ExecuteStatement::default() }
}

fn refused(
    times: usize,
) -> impl Iterator<Item = Result<rowgate_core::Response, rowgate_core::SendError>> {
    (0..times).map(|_| connection_refused())
}

#[test]
fn a_service_that_never_answered_is_given_up_within_seconds_and_named() {
    let (world, target): (World, Target) = (World::new(refused(100)), target());
    let client = Client::new(&world, &target, HOUR);
    let error = run(client.call(&query(), Repeat::Harmless)).unwrap_err().to_string();
    assert!(world.slept() < Duration::from_secs(5), "{:?}", world.slept());
    let tries = 100 - world.answers_left();
    assert_eq!(
        error,
        format!(
            "no answer: http://data-api cannot be reached (it is from DATA_API_ENDPOINT or \
             AWS_REGION), tried {tries} times: connection refused"
        )
    );
    assert!(tries > 3);

    let (world, endpoint): (World, S3Endpoint) = (World::new(refused(100)), endpoint());
    let s3 = Client::new(&world, &endpoint, HOUR);
    let delete = DeleteObject { bucket: "b", key: "a/secret" };
    let error = run(s3.call(&delete, Repeat::Harmless)).unwrap_err().to_string();
    let named = "https://b.s3.eu-west-1.amazonaws.com cannot be reached (it is from \
                 AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL or AWS_REGION)";
    assert!(error.contains(named) && !error.contains("secret"), "{error}");
}

#[test]
fn a_service_that_has_answered_before_is_waited_for() {
    let answers = [updated(0)].into_iter().chain(refused(20)).chain([updated(0)]);
    let (world, target) = (World::new(answers), target());
    let client = Client::new(&world, &target, HOUR);
    assert!(run(client.call(&query(), Repeat::Never)).is_ok());
    assert!(run(client.call(&query(), Repeat::Never)).is_ok());
    assert!(world.slept() > Duration::from_secs(30), "{:?}", world.slept());
}

#[test]
fn a_conflict_at_s3_is_repeated() {
    let conflict = |code: &str| answer(409, &format!("<Error><Code>{code}</Code></Error>"));
    let answers = [
        conflict("ConditionalRequestConflict"),
        conflict("OperationAborted"),
        answer(409, ""),
        answer(204, ""),
    ];
    let (world, endpoint) = (World::new(answers), endpoint());
    let s3 = Client::new(&world, &endpoint, HOUR);
    let delete = DeleteObject { bucket: "b", key: "x" };
    assert!(run(s3.call(&delete, Repeat::Never)).is_ok());
}
