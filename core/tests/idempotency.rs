//! Requests with an `Idempotency-Key`: which calls are made, and what is answered.

use crate::world::door::*;
use crate::world::{self, *};
use rowgate_core::{Head, Response, SendError};
use serde_json::{Value, json};

type Answer = Result<Response, SendError>;

const CLAIM: &str = "INSERT INTO rowgate_loads";
const LOOK: &str = "SELECT status, holder";
const FENCE: &str = "UPDATE rowgate_loads SET status";
const TAKE_OVER: &str = "UPDATE rowgate_loads SET holder";
const RELEASE: &str = "DELETE FROM rowgate_loads";
const ASK: &str = "SELECT status, next_offset";

fn with_key(path: &str, key: &str) -> Head {
    let mut head = head(path, "application/json");
    head.headers.push(("idempotency-key".into(), key.into()));
    head
}

fn respond(world: &World, head: &Head, body: &Value) -> Response {
    let response = run(gate().handle(world, head, async |_| Ok(body.to_string().into())));
    assert_eq!(world.answers_left(), 0, "calls that were not made");
    response
}

/// `Begin`, `Commit`, `Rollback`, and the start of each statement.
fn statements(world: &World) -> Vec<String> {
    let name = |(operation, body): (String, Value)| match body["sql"].as_str() {
        Some(sql) => sql.split_whitespace().take(4).collect::<Vec<_>>().join(" "),
        None => operation.trim_end_matches("Transaction").to_owned(),
    };
    world.calls().into_iter().map(name).collect()
}

fn check_statements(world: &World, expected: &[&str]) {
    let found = statements(world);
    let fits = |(found, expected): (&String, &&str)| found.starts_with(expected);
    let same = found.len() == expected.len() && found.iter().zip(expected).all(fits);
    assert!(same, "{found:?} instead of {expected:?}");
}

fn parameter(world: &World, call: usize, name: &str) -> String {
    let (_, body) = &world.calls()[call];
    let parameters = body["parameters"].as_array().unwrap();
    let found = parameters.iter().find(|it| it["name"] == name).unwrap();
    found["value"]["stringValue"].as_str().unwrap().to_owned()
}

/// The row of an earlier claim, by its fingerprint.
fn row(status: &str, lease_left: u64, fingerprint: &str, answer: Option<(u16, &str)>) -> Answer {
    let text = |text: &str| json!({ "stringValue": text });
    let null = json!({ "isNull": true });
    let record = match answer {
        Some((code, body)) => {
            json!([{ "longValue": code }, text("application/json"), text(body)])
        }
        None => Value::from(vec![null; 3]),
    };
    let mut fields = vec![text(status), text("other-holder"), json!({ "longValue": lease_left })];
    fields.push(text(fingerprint));
    fields.extend(record.as_array().unwrap().clone());
    world::answer(200, &json!({ "records": [fields] }).to_string())
}

fn fingerprint() -> String {
    let world = World::new([updated(1), begun(), updated(1), updated(2), ended()]);
    respond(&world, &with_key(JOBS, "k"), &two_jobs());
    parameter(&world, 0, "fingerprint")
}

#[test]
fn one_table_takes_five_calls_and_none_more_than_one_without_a_key() {
    let world = World::new([updated(1), begun(), updated(1), updated(2), ended()]);
    let response = respond(&world, &with_key(JOBS, "k-1"), &two_jobs());
    assert_eq!(response.status, 200);
    assert_eq!(response.header("idempotent-replayed"), None);
    check_statements(&world, &[CLAIM, "Begin", FENCE, "INSERT INTO `jobs`", "Commit"]);
    // The answer is in the same transaction as the rows, byte for byte.
    assert_eq!(parameter(&world, 2, "answer").as_bytes(), response.body);
    assert_eq!(parameter(&world, 2, "code"), "200");
    assert_eq!(parameter(&world, 2, "type"), "application/json");
    let (_, fence) = &world.calls()[2];
    assert_eq!(fence["transactionId"], "tx-1");
    assert_eq!(parameter(&world, 0, "holder"), parameter(&world, 2, "holder"));

    let world = World::new([updated(2)]);
    respond(&world, &head(JOBS, "application/json"), &two_jobs());
    assert_eq!(world.requests().len(), 1);
}

#[test]
fn the_same_request_again_gets_the_same_answer() {
    let stored = r#"{"tables": {},  "odd":1}"#;
    let world =
        World::new([database_error(1062), row("complete", 0, &fingerprint(), Some((207, stored)))]);
    let response = respond(&world, &with_key(JOBS, "k"), &two_jobs());
    assert_eq!((response.status, response.body.as_slice()), (207, stored.as_bytes()));
    assert_eq!(response.header("content-type"), Some("application/json"));
    assert_eq!(response.header("idempotent-replayed"), Some("true"));
    assert_eq!(response.header("x-request-id").unwrap().len(), 32);
    check_statements(&world, &[CLAIM, LOOK]);
}

#[test]
fn another_request_with_the_same_key_is_refused() {
    for status in ["running", "complete"] {
        let world = World::new([database_error(1062), row(status, 9, "other", None)]);
        let response = respond(&world, &with_key(JOBS, "k"), &two_jobs());
        assert_eq!(response.status, 422);
        assert_eq!(body(&response)["type"], "urn:rowgate:problem:idempotency_key_reused");
    }
}

#[test]
fn a_request_that_is_being_worked_on_says_so() {
    let world = World::new([database_error(1062), row("running", 9, &fingerprint(), None)]);
    let response = respond(&world, &with_key(JOBS, "k"), &two_jobs());
    assert_eq!((response.status, response.header("retry-after")), (409, Some("2")));
    assert_eq!(body(&response)["type"], "urn:rowgate:problem:in_progress");
}

#[test]
fn a_holder_that_is_silent_for_too_long_loses_the_claim() {
    let look = || row("running", 0, &fingerprint(), None);
    let world = World::new([
        database_error(1062),
        look(),
        updated(1),
        begun(),
        updated(1),
        updated(2),
        ended(),
    ]);
    assert_eq!(respond(&world, &with_key(JOBS, "k"), &two_jobs()).status, 200);
    check_statements(&world, &[CLAIM, LOOK, TAKE_OVER, "Begin", FENCE, "INSERT", "Commit"]);
    assert_eq!(parameter(&world, 2, "former"), "other-holder");

    // Two at the same moment: one takes it.
    let world = World::new([database_error(1062), look(), updated(0), numbers(&[])]);
    assert_eq!(respond(&world, &with_key(JOBS, "k"), &two_jobs()).status, 409);
    check_statements(&world, &[CLAIM, LOOK, TAKE_OVER, "SELECT 1 FROM rowgate_loads"]);
}

#[test]
fn a_claim_that_was_taken_without_an_answer_is_recognised() {
    let look = row("running", 0, &fingerprint(), None);
    let world = World::new([
        database_error(1062),
        look,
        cut(),
        updated(0),
        numbers(&[1]),
        begun(),
        updated(1),
        updated(2),
        ended(),
    ]);
    assert_eq!(respond(&world, &with_key(JOBS, "k"), &two_jobs()).status, 200);
    assert_eq!(parameter(&world, 4, "holder"), parameter(&world, 6, "holder"));
}

#[test]
fn a_request_is_not_claimed_in_an_older_ledger() {
    for answers in [vec![database_error(1146)], vec![updated(0), ledger_version(1, 1)]] {
        let world = World::new(answers);
        let response = respond(&world, &with_key(JOBS, "k"), &two_jobs());
        assert_eq!((response.status, world.answers_left()), (500, 0));
        let detail = body(&response)["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains("run `rowgate migrate`"), "{detail}");
    }
}

#[test]
fn a_holder_that_lost_its_claim_stores_nothing() {
    let world = World::new([updated(1), begun(), updated(0), ended()]);
    let response = respond(&world, &with_key(JOBS, "k"), &two_jobs());
    assert_eq!((response.status, response.header("retry-after")), (409, Some("2")));
    check_statements(&world, &[CLAIM, "Begin", FENCE, "Rollback"]);
}

#[test]
fn a_refusal_by_the_rows_alone_is_stored_too() {
    let world = World::new([updated(1), updated(1)]);
    let response = respond(&world, &with_key(JOBS, "k"), &json!([{"id": 0, "job": "a"}]));
    assert_eq!(response.status, 422);
    check_statements(&world, &[CLAIM, FENCE]);
    assert_eq!(parameter(&world, 1, "answer").as_bytes(), response.body);
    assert_eq!(parameter(&world, 1, "type"), "application/problem+json");
    assert_eq!(parameter(&world, 1, "status"), "rejected");
}

#[test]
fn a_conflict_is_stored_after_its_transaction_was_rolled_back() {
    let world = World::new([
        updated(1),
        begun(),
        updated(1),
        database_error(1062),
        numbers(&[2]),
        ended(),
        updated(1),
    ]);
    let response = respond(&world, &with_key(JOBS, "k"), &two_jobs());
    assert_eq!(response.status, 409);
    let tried = "INSERT INTO `jobs`";
    check_statements(&world, &[CLAIM, "Begin", FENCE, tried, "SELECT r.n", "Rollback", FENCE]);
    assert_eq!(parameter(&world, 6, "answer").as_bytes(), response.body);
    assert_eq!(parameter(&world, 6, "status"), "conflict");
}

#[test]
fn counts_that_an_update_learns_are_in_the_stored_answer() {
    let world = World::new([
        updated(1),
        begun(),
        updated(1),
        updated(0),
        numbers(&[2]),
        updated(1),
        updated(1),
        updated(1),
        ended(),
    ]);
    let path = format!("{JOBS}?on_duplicate=update");
    let response = respond(&world, &with_key(&path, "k"), &two_jobs());
    assert_eq!(response.status, 200);
    let (tried, look, update) = ("INSERT INTO `jobs`", "SELECT r.n", "UPDATE JSON_TABLE");
    check_statements(&world, &[CLAIM, "Begin", FENCE, tried, look, update, tried, FENCE, "Commit"]);
    assert_eq!(parameter(&world, 7, "answer").as_bytes(), response.body);
    let jobs = &body(&response)["tables"]["jobs"];
    assert_eq!((&jobs["inserted"], &jobs["updated"]), (&1.into(), &1.into()));
}

#[test]
fn an_answer_that_came_out_otherwise_is_written_over_before_the_commit() {
    let world = World::new([
        updated(1),
        begun(),
        updated(1),
        database_error(1062),
        numbers(&[2]),
        updated(1),
        updated(1),
        ended(),
    ]);
    let path = format!("{JOBS}?on_error=skip");
    let response = respond(&world, &with_key(&path, "k"), &two_jobs());
    assert_eq!(response.status, 207);
    let tried = "INSERT INTO `jobs`";
    check_statements(&world, &[CLAIM, "Begin", FENCE, tried, "SELECT r.n", tried, FENCE, "Commit"]);
    assert_eq!(parameter(&world, 2, "code"), "200");
    assert_eq!(parameter(&world, 6, "answer").as_bytes(), response.body);
}

#[test]
fn after_a_failure_the_claim_is_given_back() {
    let world = World::new([
        updated(1),
        begun(),
        updated(1),
        error(403, "AccessDeniedException"),
        ended(),
        updated(1),
    ]);
    assert_eq!(respond(&world, &with_key(JOBS, "k"), &two_jobs()).status, 500);
    check_statements(&world, &[CLAIM, "Begin", FENCE, "INSERT", "Rollback", RELEASE]);
}

fn state(status: &str) -> Answer {
    let row = json!([{ "stringValue": status }, { "longValue": 0 }]);
    world::answer(200, &json!({ "records": [row] }).to_string())
}

#[test]
fn after_a_commit_without_an_answer_the_ledger_is_asked() {
    let gone = || error(404, "TransactionNotFoundException");
    let before = || [updated(1), begun(), updated(1), updated(2), cut()];
    let start = [CLAIM, "Begin", FENCE, "INSERT", "Commit", "Rollback", ASK];

    let world = World::new(before().into_iter().chain([gone(), state("complete")]));
    assert_eq!(respond(&world, &with_key(JOBS, "k"), &two_jobs()).status, 200);
    check_statements(&world, &start);

    // It was not committed, so all of it is done once more.
    let again = [begun(), updated(1), updated(2), ended()];
    let world = World::new(before().into_iter().chain([ended(), state("running")]).chain(again));
    assert_eq!(respond(&world, &with_key(JOBS, "k"), &two_jobs()).status, 200);
    check_statements(&world, &[&start[..], &start[1..5]].concat());

    // It cannot be told: the claim stays, and is asked about when its lease is over.
    let world = World::new(before().into_iter().chain((0..6).map(|_| cut())));
    assert_eq!(respond(&world, &with_key(JOBS, "k"), &two_jobs()).status, 504);
}

#[test]
fn a_claim_without_an_answer_is_found_to_be_its_own() {
    let world = World::new([cut(), database_error(1062)]);
    let holder = "5".repeat(32);
    let mine = row("running", 9, &fingerprint(), None).unwrap();
    let text = String::from_utf8(mine.body).unwrap().replace("other-holder", &holder);
    let answers = [cut(), database_error(1062), world::answer(200, &text)];
    let done = [begun(), updated(1), updated(2), ended()];
    drop(world);
    let world = World::new(answers.into_iter().chain(done));
    assert_eq!(respond(&world, &with_key(JOBS, "k"), &two_jobs()).status, 200);
}

#[test]
fn invalid_keys_are_refused_before_anything_is_read() {
    for key in ["", "  ", "ü", "a\tb", &"x".repeat(256)] {
        let head = with_key(JOBS, key);
        let response = run(gate().handle(&World::new([]), &head, async |_| panic!("was read")));
        assert_eq!(response.status, 400, "{key:?}");
        assert_eq!(body(&response)["type"], "urn:rowgate:problem:bad_idempotency_key");
    }
}

#[test]
fn a_dry_run_claims_nothing() {
    let world = World::new([numbers(&[])]);
    let path = format!("{JOBS}?dry_run=true");
    assert_eq!(respond(&world, &with_key(&path, "k"), &two_jobs()).status, 200);
    check_statements(&world, &["SELECT r.n"]);
}

#[test]
fn a_request_that_cannot_be_read_claims_nothing() {
    let head = with_key(JOBS, "k");
    let response = run(gate().handle(&World::new([]), &head, async |_| Ok(b"[{".to_vec())));
    assert_eq!(response.status, 400);
}

#[test]
fn keys_belong_to_the_api_key_also_behind_api_gateway() {
    let load_id = |api_key: &str, entry: &str| {
        let world = World::new([updated(1), begun(), updated(1), updated(2), ended()]);
        let setting = |name: &str| {
            (name == "API_KEYS").then(|| format!(r#"[{{"id":"{entry}","tables":["*"]}}]"#))
        };
        let gate = gate_with(&setting);
        let body = Ok(two_jobs().to_string().into());
        let head = with_key(JOBS, "k");
        let response = run(gate.handle_admitted(&world, &head, api_key, body));
        assert_eq!(response.status, 200);
        assert_eq!(parameter(&world, 0, "door"), "gateway");
        (parameter(&world, 0, "load_id"), parameter(&world, 0, "key_id"))
    };
    let (first, owner) = load_id("a", "gateway:*");
    assert_eq!(owner, "gateway:a");
    assert_ne!(first, load_id("b", "gateway:*").0);
    assert_eq!(first, load_id("a", "gateway:a").0);
}

#[test]
fn an_answer_lists_no_more_than_can_be_stored() {
    let world = World::new([updated(1), updated(1)]);
    let name = "\u{1}".repeat(64);
    let rows: Vec<_> = (0..100).map(|id| json!({"id": id + 1, "job": "a", &name: 1})).collect();
    let response = respond(&world, &with_key(JOBS, "k"), &rows.into());
    assert!(response.body.len() <= 48 << 10);
    assert_eq!(body(&response)["error_count"], 100);
    assert_eq!(parameter(&world, 1, "answer").as_bytes(), response.body);
}
