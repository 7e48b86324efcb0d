//! The whole way of a request, from its head to the calls of the Data API and the answer.
#![allow(clippy::unwrap_used)]

mod world;

use std::cell::Cell;

use rowgate_core::data_api::REQUEST_LIMIT;
use rowgate_core::{BodyError, Gate, Head, RateLimit, Response, Settings};
use serde_json::{Value, json};
use world::*;

const JOBS: &str = "/tables/jobs/rows";

fn gate_with(setting: &dyn Fn(&str) -> Option<String>) -> Gate {
    let lookup = |name: &str| {
        setting(name).or_else(|| {
            Some(match name {
                "AWS_REGION" => "eu-west-1".into(),
                "DB_CLUSTER_ARN" => "arn:aws:rds:eu-west-1:1:cluster:c".into(),
                "DB_SECRET_ARN" => "arn:aws:secretsmanager:eu-west-1:1:secret:s".into(),
                "DB_NAME" => "hr".into(),
                "API_KEYS" => format!("[{}]", key(1).entry()),
                _ => return None,
            })
        })
    };
    Gate::new(Settings::read(&lookup).unwrap())
}

fn gate() -> Gate {
    gate_with(&|_| None)
}

fn head(path_and_query: &str, content_type: &str) -> Head {
    let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
    Head {
        method: "POST".into(),
        path: path.into(),
        query: query.into(),
        headers: vec![
            ("content-type".into(), content_type.into()),
            ("x-api-key".into(), key(1).expose().into()),
        ],
    }
}

fn body(response: &Response) -> Value {
    serde_json::from_slice(&response.body).unwrap()
}

fn send(world: &World, head: &Head, text: &str) -> (u16, Value) {
    let response = run(gate().handle(world, head, async |_| Ok(text.into())));
    assert_eq!(world.answers_left(), 0, "calls that were not made");
    assert_eq!(response.header("x-request-id").unwrap().len(), 32);
    let value = body(&response);
    let media_type = response.header("content-type").unwrap();
    if response.status < 300 {
        assert_eq!(media_type, "application/json");
    } else {
        assert_eq!(media_type, "application/problem+json");
        assert_eq!(value["status"], response.status);
        assert!(value["type"].as_str().unwrap().starts_with("urn:rowgate:problem:"));
        assert!(!value["detail"].as_str().unwrap().is_empty());
    }
    (response.status, value)
}

fn send_json(world: &World, path: &str, rows: &Value) -> (u16, Value) {
    send(world, &head(path, "application/json"), &rows.to_string())
}

fn two_jobs() -> Value {
    json!([{"id": 1, "job": "Clerk"}, {"id": 2, "job": "Cook"}])
}

fn all_tables() -> Value {
    json!({
        "employees": [{"id": 9, "name": "Ann", "datetime": "2021-07-27T16:02:08Z", "job_id": 1}],
        "departments": [{"id": 3, "department_name": "Sales"}],
        "jobs": two_jobs(),
    })
}

#[test]
fn one_table_is_one_call() {
    let world = World::new([updated(2)]);
    let (status, answer) = send_json(&world, JOBS, &two_jobs());
    assert_eq!(status, 200);
    assert_eq!(
        answer,
        json!({
            "tables": {"jobs": {"received": 2, "stored": 2, "kept": 0, "rejected": 0, "invalid": 0}},
            "error_count": 0,
            "errors": [],
        })
    );
    let (operation, call) = world.calls().remove(0);
    assert_eq!(operation, "Execute");
    assert!(call["sql"].as_str().unwrap().starts_with("INSERT INTO `jobs`"));
    assert_eq!(call["parameters"][0]["value"]["stringValue"], r#"[[1,"Clerk"],[2,"Cook"]]"#);
    assert!(call.get("transactionId").is_none());
}

#[test]
fn several_tables_are_one_transaction_parents_first() {
    let world = World::new([begun(), updated(1), updated(2), updated(1), ended()]);
    let (status, answer) = send_json(&world, "/insert_data", &all_tables());
    assert_eq!(status, 200, "{answer}");
    let calls = world.calls();
    let operations: Vec<_> = calls.iter().map(|(operation, _)| operation.as_str()).collect();
    let expected = ["BeginTransaction", "Execute", "Execute", "Execute", "CommitTransaction"];
    assert_eq!(operations, expected);
    for (call, table) in calls[1..4].iter().zip(["departments", "jobs", "employees"]) {
        assert!(call.1["sql"].as_str().unwrap().starts_with(&format!("INSERT INTO `{table}`")));
        assert_eq!(call.1["transactionId"], "tx-1");
    }
    assert_eq!(calls[4].1["transactionId"], "tx-1");
}

#[test]
fn more_rows_than_one_request_holds_are_one_transaction() {
    let name = "x".repeat(255);
    let rows: Vec<_> = (1..=20_000).map(|id| json!({"id": id, "job_name": name})).collect();
    let text = Value::from(rows).to_string();
    let gate = gate_with(&|name| name.starts_with("MAX_").then(|| "9999999".into()));
    let world = World::new([begun(), updated(15_630), updated(20_000 - 15_630), ended()]);
    let head = head(JOBS, "application/json");
    let response = run(gate.handle(&world, &head, async |_| Ok(text.into())));
    assert_eq!(response.status, 200, "{}", body(&response));
    assert_eq!(body(&response)["tables"]["jobs"]["stored"], 20_000);
    let largest = world.largest_body();
    assert!((4_000_000..REQUEST_LIMIT - 4_096).contains(&largest), "{largest}");
}

#[test]
fn csv_is_read_by_the_same_rules() {
    let world = World::new([updated(1)]);
    let csv = "id,job\n1,Clerk\n2,\n";
    let (status, answer) = send(&world, &head(&format!("{JOBS}?on_error=skip"), "text/csv"), csv);
    assert_eq!(status, 207);
    assert_eq!(
        answer,
        json!({
            "tables": {"jobs": {"received": 2, "stored": 1, "kept": 0, "rejected": 1, "invalid": 1}},
            "error_count": 1,
            "errors": [{
                "table": "jobs", "index": 1, "line": 3, "column": "job_name",
                "code": "missing", "message": "a value is required",
            }],
        })
    );
}

#[test]
fn one_bad_row_and_nothing_is_stored() {
    let world = World::new([]);
    let rows = json!([{"id": 1, "job": "Clerk"}, {"id": "2"}]);
    let (status, answer) = send_json(&world, JOBS, &rows);
    assert_eq!(status, 422);
    assert_eq!(
        answer["tables"]["jobs"],
        json!({"received": 2, "stored": 0, "kept": 0, "rejected": 2, "invalid": 1})
    );
    assert_eq!(answer["error_count"], 2);
    let codes: Vec<_> = answer["errors"].as_array().unwrap().iter().map(|e| &e["code"]).collect();
    assert_eq!(codes, ["wrong_type", "missing"]);
    assert!(answer["errors"][0].get("line").is_none());
}

#[test]
fn skip_with_nothing_good_is_a_refusal() {
    let rows = json!([{"id": 1}, {"id": 2}]);
    let (status, answer) = send_json(&World::new([]), &format!("{JOBS}?on_error=skip"), &rows);
    assert_eq!((status, &answer["tables"]["jobs"]["rejected"]), (422, &json!(2)));
}

#[test]
fn no_rows_are_no_call() {
    for (path, rows) in [
        (JOBS, json!([])),
        ("/insert_data", json!({})),
        ("/insert_data", json!({"jobs": [], "departments": []})),
    ] {
        let (status, answer) = send_json(&World::new([]), path, &rows);
        assert_eq!((status, &answer["error_count"]), (200, &json!(0)), "{path}");
    }
}

#[test]
fn the_list_of_errors_is_capped_and_the_count_is_not() {
    let rows: Vec<_> = (0..300).map(|_| json!({"id": 0, "job": null})).collect();
    let (status, answer) = send_json(&World::new([]), JOBS, &rows.into());
    assert_eq!((status, &answer["error_count"]), (422, &json!(600)));
    assert_eq!(answer["errors"].as_array().unwrap().len(), 100);
}

#[test]
fn a_repeated_key_names_the_first_row() {
    let rows = json!([{"id": 7, "job": ""}, {"id": 8, "job": "b"}, {"id": 7, "job": "c"}]);
    let (_, answer) = send_json(&World::new([]), JOBS, &rows);
    assert_eq!(answer["error_count"], 1);
    let error = &answer["errors"][0];
    assert_eq!((&error["index"], &error["code"]), (&json!(2), &json!("duplicate_in_batch")));
    assert!(error["message"].as_str().unwrap().contains("index 0"));
}

#[test]
fn strict_requires_every_column() {
    let rows = json!([{"id": 7, "job": ""}]);
    let (status, answer) = send_json(&World::new([]), &format!("{JOBS}?strict=true"), &rows);
    assert_eq!((status, &answer["errors"][0]["code"]), (422, &json!("missing")));
    let world = World::new([updated(1)]);
    assert_eq!(send_json(&world, &format!("{JOBS}?strict=false"), &rows).0, 200);
}

#[test]
fn what_no_row_is_to_blame_for_refuses_the_request_even_with_skip() {
    let good = json!([{"id": 1, "job": "a"}]);
    for (rows, code) in [
        (json!({"cats": [], "jobs": good}), "unknown_table"),
        (json!({"departments": 7, "jobs": good}), "wrong_type"),
    ] {
        let (status, answer) = send_json(&World::new([]), "/insert_data?on_error=skip", &rows);
        assert_eq!(status, 422, "{rows}");
        assert_eq!(answer["errors"][0]["index"], Value::Null);
        assert_eq!(answer["errors"][0]["code"], code);
        assert_eq!(answer["tables"]["jobs"]["stored"], 0);
    }
    let path = format!("{JOBS}?on_error=skip");
    let twice = head("/insert_data?on_error=skip", "application/json");
    let (status, answer) =
        send(&World::new([]), &twice, r#"{"jobs":[{"id":1,"job":"a"}],"jobs":[]}"#);
    assert_eq!((status, &answer["errors"][0]["code"]), (422, &json!("duplicate_table")));
    let (status, answer) = send(&World::new([]), &head(&path, "text/csv"), "id,title\n1,a\n");
    assert_eq!((status, &answer["errors"][0]["code"]), (422, &json!("unknown_column")));
}

#[test]
fn requests_that_are_no_rows_are_told_so() {
    let world = || World::new([]);
    let json = |path: &str| head(path, "application/json");
    for (head, body, status, name) in [
        (json(JOBS), "[{", 400, "not_json"),
        (json(JOBS), "{}", 400, "wrong_shape"),
        (json("/insert_data"), "[]", 400, "wrong_shape"),
        (json("/insert_data?on_error=maybe"), "{}", 400, "bad_parameter"),
        (json("/insert_data?strict=yes"), "{}", 400, "bad_parameter"),
        (json("/insert_data?on_duplicate=replace"), "{}", 400, "bad_parameter"),
        (json("/insert_data?on_dupicate=keep"), "{}", 400, "bad_parameter"),
        (json("/tables/cats/rows"), "[]", 404, "unknown_table"),
        (json("/"), "{}", 404, "unknown_route"),
        (json("/insert_data/x"), "{}", 404, "unknown_route"),
        (head(JOBS, "application/x-www-form-urlencoded"), "1,a", 415, "unsupported_media_type"),
        (head("/insert_data", "text/csv"), "1,a", 415, "unsupported_media_type"),
    ] {
        let (found, answer) = send(&world(), &head, body);
        assert_eq!(found, status, "{head:?} {answer}");
        assert_eq!(answer["type"], format!("urn:rowgate:problem:{name}"), "{head:?}");
    }
}

#[test]
fn media_types_may_have_parameters_and_any_case() {
    let world = World::new([updated(1)]);
    let head = head(JOBS, "Text/CSV; charset=utf-8");
    assert_eq!(send(&world, &head, "1,Clerk\n").0, 200);
}

#[test]
fn without_a_valid_key_the_body_is_never_read() {
    let reads = Cell::new(0);
    let gate = gate();
    let try_key = |header: Option<&str>, path: &str| {
        let mut head = head(path, "application/json");
        head.headers.retain(|(name, _)| name != "x-api-key");
        head.headers.extend(header.map(|key| ("x-api-key".into(), key.into())));
        let read = async |_| {
            reads.set(reads.get() + 1);
            Ok(b"[]".to_vec())
        };
        run(gate.handle(&World::new([]), &head, read)).status
    };
    assert_eq!(try_key(None, JOBS), 401);
    assert_eq!(try_key(Some(""), JOBS), 401);
    assert_eq!(try_key(Some(key(2).expose()), JOBS), 401);
    // Whether a table exists is nobody's business without a key.
    assert_eq!(try_key(None, "/tables/cats/rows"), 401);
    assert_eq!(reads.get(), 0);
    assert_eq!(try_key(Some(key(1).expose()), JOBS), 200);
    assert_eq!(reads.get(), 1);
}

#[test]
fn a_key_writes_only_its_tables() {
    let keys = key(1).entry().replace("\"*\"", "\"jobs\"");
    let gate = gate_with(&|name| (name == "API_KEYS").then(|| format!("[{keys}]")));
    let status = |world: &World, path: &str, text: &str| {
        let head = head(path, "application/json");
        run(gate.handle(world, &head, async |_| Ok(text.into()))).status
    };
    assert_eq!(status(&World::new([]), "/tables/employees/rows", "[]"), 403);
    let both = r#"{"jobs":[{"id":1,"job":"a"}],"employees":[]}"#;
    assert_eq!(status(&World::new([]), "/insert_data", both), 403);
    assert_eq!(status(&World::new([updated(1)]), JOBS, r#"[{"id":1,"job":"a"}]"#), 200);
}

#[test]
fn limits_are_told_with_their_number() {
    let gate = gate_with(&|name| match name {
        "MAX_ROWS" => Some("2".into()),
        "MAX_BYTES" => Some("100".into()),
        _ => None,
    });
    let asked = Cell::new(0);
    let send = |head: &Head, text: &str| {
        let read = async |limit| {
            asked.set(limit);
            if text.len() > limit { Err(BodyError::TooLarge) } else { Ok(text.into()) }
        };
        let response = run(gate.handle(&World::new([]), head, read));
        (response.status, body(&response)["detail"].as_str().unwrap().to_owned())
    };
    let json = head(JOBS, "application/json");
    let (status, detail) = send(&json, "[{},{},{}]");
    assert_eq!((status, detail.as_str()), (413, "at most 2 rows in one request"));
    let (status, detail) = send(&json, &" ".repeat(101));
    assert_eq!((status, detail.as_str()), (413, "at most 100 bytes in one request"));
    assert_eq!(asked.take(), 100);

    let mut announced = json.clone();
    announced.headers.push(("content-length".into(), "101".into()));
    assert_eq!(send(&announced, "[]").0, 413);
    assert_eq!(asked.get(), 0, "a body announced as too large is not read");

    let broken = run(gate.handle(&World::new([]), &json, async |_| Err(BodyError::Broken)));
    assert_eq!(broken.status, 400);
}

#[test]
fn health_needs_no_key_and_no_database() {
    let head = Head { method: "GET".into(), path: "/health".into(), ..Head::default() };
    let response = run(gate().handle(&World::new([]), &head, async |_| panic!("body read")));
    assert_eq!((response.status, &body(&response)["status"]), (200, &json!("ok")));
}

#[test]
fn the_wrong_method_is_told_the_right_one() {
    let head = Head { method: "GET".into(), path: JOBS.into(), ..Head::default() };
    let response = run(gate().handle(&World::new([]), &head, async |_| panic!("body read")));
    assert_eq!((response.status, response.header("allow")), (405, Some("POST")));
}

#[test]
fn a_database_that_is_waking_up_is_waited_for() {
    let resuming = || error(400, "DatabaseResumingException");
    let world = World::new([resuming(), resuming(), connection_refused(), updated(2)]);
    assert_eq!(send_json(&world, JOBS, &two_jobs()).0, 200);
    assert!(world.slept().as_millis() >= 350, "{:?}", world.slept());
}

#[test]
fn a_database_that_stays_away_is_503_within_the_deadline() {
    let world = World::new((0..40).map(|_| error(400, "ThrottlingException")));
    let head = head(JOBS, "application/json");
    let response = run(gate().handle(&world, &head, async |_| Ok(two_jobs().to_string().into())));
    assert_eq!((response.status, response.header("retry-after")), (503, Some("5")));
    assert!(world.slept().as_secs() <= 25 && world.slept().as_secs() >= 15, "{:?}", world.slept());
}

#[test]
fn a_write_of_unknown_outcome_is_never_repeated() {
    for unknown in [
        error(500, "InternalServerErrorException"),
        error(504, ""),
        cut(),
        error(400, "StatementTimeoutException"),
        answer(200, "<html>"),
    ] {
        let world = World::new([unknown]);
        let (status, answer) = send_json(&world, JOBS, &two_jobs());
        assert_eq!(status, 504, "{answer}");
        assert_eq!(answer["type"], "urn:rowgate:problem:outcome_unknown");
    }
    let world = World::new([begun(), updated(1), updated(2), updated(1), cut(), ended()]);
    assert_eq!(send_json(&world, "/insert_data", &all_tables()).0, 504);
    assert_eq!(world.operations()[4..], ["CommitTransaction", "RollbackTransaction"]);
}

#[test]
fn a_fault_before_the_commit_stores_nothing_and_rolls_back() {
    let failing = || [begun(), updated(1), cut(), ended()];
    let world = World::new(failing().into_iter().chain(failing()).chain(failing()));
    assert_eq!(send_json(&world, "/insert_data", &all_tables()).0, 503);
    assert_eq!(world.operations()[11], "RollbackTransaction");

    // A rollback is repeated; if it fails for good, the service does it after 3 idle minutes.
    let world = World::new([begun(), database_error(1146), cut(), cut(), cut()]);
    let (status, answer) = send_json(&world, "/insert_data", &all_tables());
    assert_eq!(status, 500);
    let shown = answer.to_string();
    assert!(shown.contains("1146") && !shown.contains("Ann"), "{shown}");

    let world = World::new([
        cut(),
        error(503, "ServiceUnavailableError"),
        begun(),
        updated(1),
        updated(2),
        updated(1),
        ended(),
    ]);
    assert_eq!(send_json(&world, "/insert_data", &all_tables()).0, 200);
}

#[test]
fn a_deadlock_repeats_the_whole_transaction_three_times() {
    let world = World::new([
        begun(),
        updated(1),
        database_error(1213),
        ended(),
        begun(),
        updated(1),
        updated(2),
        updated(1),
        ended(),
    ]);
    assert_eq!(send_json(&world, "/insert_data", &all_tables()).0, 200);

    let world = World::new([database_error(1205), database_error(1213), database_error(1213)]);
    assert_eq!(send_json(&world, JOBS, &two_jobs()).0, 503);
}

#[test]
fn rows_that_exist_are_a_conflict_and_named() {
    let world = World::new([database_error(1062), numbers(&[2])]);
    let (status, answer) = send_json(&world, JOBS, &two_jobs());
    assert_eq!((status, &answer["type"]), (409, &json!("urn:rowgate:problem:exists")));
    let error = &answer["errors"][0];
    assert_eq!((&error["index"], &error["code"]), (&json!(1), &json!("exists")));
    assert_eq!(error["column"], "id");
    assert_eq!(
        answer["tables"]["jobs"],
        json!({"received": 2, "stored": 0, "kept": 0, "rejected": 2, "invalid": 1})
    );
}

#[test]
fn with_skip_the_rows_that_do_not_exist_are_stored() {
    let world = World::new([database_error(1062), numbers(&[1]), updated(1)]);
    let (status, answer) = send_json(&world, &format!("{JOBS}?on_error=skip"), &two_jobs());
    assert_eq!((status, &answer["tables"]["jobs"]["stored"]), (207, &json!(1)));
    let (_, last) = world.calls().remove(2);
    assert_eq!(last["parameters"][0]["value"]["stringValue"], r#"[[2,"Cook"]]"#);

    let world = World::new([database_error(1062), numbers(&[1, 2])]);
    let (status, _) = send_json(&world, &format!("{JOBS}?on_error=skip"), &two_jobs());
    assert_eq!(status, 409, "with nothing left to store");
}

#[test]
fn more_existing_rows_than_one_answer_holds_are_asked_for_in_pages() {
    let rows: Vec<_> = (1..=20_003).map(|id| json!({"id": id, "job": "a"})).collect();
    let first: Vec<_> = (2..=20_001).collect();
    let world = World::new([database_error(1062), numbers(&first), numbers(&[20_003]), updated(2)]);
    let gate = gate_with(&|name| name.starts_with("MAX_").then(|| "9999999".into()));
    let head = head(&format!("{JOBS}?on_error=skip"), "application/json");
    let text = Value::from(rows).to_string();
    let answer = body(&run(gate.handle(&world, &head, async |_| Ok(text.into()))));
    assert_eq!(
        (&answer["error_count"], &answer["tables"]["jobs"]["stored"]),
        (&json!(20_001), &json!(2))
    );
    assert_eq!(world.calls()[2].1["parameters"][1]["value"]["stringValue"], "20001");
}

#[test]
fn in_a_transaction_every_table_is_looked_through_before_it_is_rolled_back() {
    let world = World::new([
        begun(),
        database_error(1062),
        numbers(&[1]),
        numbers(&[2]),
        numbers(&[]),
        ended(),
    ]);
    let (status, answer) = send_json(&world, "/insert_data", &all_tables());
    assert_eq!(status, 409);
    let named: Vec<_> = answer["errors"].as_array().unwrap().iter().map(|e| &e["table"]).collect();
    assert_eq!(named, ["departments", "jobs"]);
    assert_eq!(world.operations()[5], "RollbackTransaction");
}

#[test]
fn keep_counts_what_was_there() {
    let world = World::new([updated(1)]);
    let (status, answer) = send_json(&world, &format!("{JOBS}?on_duplicate=keep"), &two_jobs());
    assert_eq!(status, 200);
    assert_eq!(
        answer["tables"]["jobs"],
        json!({"received": 2, "stored": 1, "kept": 1, "rejected": 0, "invalid": 0})
    );
    assert!(world.calls()[0].1["sql"].as_str().unwrap().contains("WHERE NOT EXISTS"));
    let world = World::new([updated(3)]);
    assert_eq!(send_json(&world, &format!("{JOBS}?on_duplicate=keep"), &two_jobs()).0, 500);

    // Another client writes the same key between our look and our write.
    let world = World::new([database_error(1062), updated(1)]);
    assert_eq!(send_json(&world, &format!("{JOBS}?on_duplicate=keep"), &two_jobs()).0, 200);
}

#[test]
fn the_count_of_an_update_is_never_read() {
    for count in [0, 2, 4] {
        let world = World::new([updated(count)]);
        let (status, answer) =
            send_json(&world, &format!("{JOBS}?on_duplicate=update"), &two_jobs());
        assert_eq!((status, &answer["tables"]["jobs"]["stored"]), (200, &json!(2)));
    }
}

#[test]
fn keep_and_update_alone_are_repeated_when_nobody_knows() {
    for on_duplicate in ["keep", "update"] {
        let path = format!("{JOBS}?on_duplicate={on_duplicate}");
        let world = World::new([cut(), error(500, "InternalServerErrorException"), updated(2)]);
        assert_eq!(send_json(&world, &path, &two_jobs()).0, 200);
        let world = World::new([cut(), cut(), cut()]);
        assert_eq!(send_json(&world, &path, &two_jobs()).0, 504);
    }
}

#[test]
fn a_row_that_the_database_refuses_is_found_by_halving() {
    let rows: Vec<_> = (1..=4).map(|id| json!({"id": id, "job": "a"})).collect();
    // The one call, then in a transaction: all, 1-2, 3-4 (refused), 3 (refused), 4.
    let answers = || {
        World::new([
            database_error(1406),
            begun(),
            database_error(1406),
            updated(2),
            database_error(1406),
            database_error(1406),
            updated(1),
            ended(),
        ])
    };
    let world = answers();
    let (status, answer) =
        send_json(&world, &format!("{JOBS}?on_error=skip"), &rows.clone().into());
    assert_eq!((status, &answer["tables"]["jobs"]["stored"]), (207, &json!(3)), "{answer}");
    let error = &answer["errors"][0];
    assert_eq!((&error["index"], &error["code"]), (&json!(2), &json!("database_refused")));
    assert!(error["message"].as_str().unwrap().contains("MySQL error 1406"));
    assert_eq!(world.operations()[7], "CommitTransaction");

    let world = answers();
    assert_eq!(send_json(&world, JOBS, &rows.into()).0, 422);
    assert_eq!(world.operations()[7], "RollbackTransaction");
}

#[test]
fn halving_ends_after_40_calls() {
    let rows: Vec<_> = (1..=1000).map(|id| json!({"id": id, "job": "a"})).collect();
    let refused = (0..40).map(|_| database_error(1406));
    let world = World::new(
        [database_error(1406), begun(), database_error(1406)]
            .into_iter()
            .chain(refused)
            .chain([ended()]),
    );
    let (status, answer) = send_json(&world, &format!("{JOBS}?on_error=skip"), &rows.into());
    assert_eq!((status, &answer["error_count"]), (422, &json!(1000)));
    assert!(answer.to_string().contains("refused rows around this one"));
}

#[test]
fn a_statement_that_is_wrong_itself_is_no_row_s_fault() {
    for number in [1146, 1142, 1064, 1054] {
        let (status, answer) = send_json(&World::new([database_error(number)]), JOBS, &two_jobs());
        assert_eq!(
            (status, &answer["type"]),
            (500, &json!("urn:rowgate:problem:database_refused"))
        );
    }
}

#[test]
fn references_are_looked_up_once_for_each_parent() {
    let employee = |id: i64, department: Value, job: Value| {
        json!({"id": id, "name": "Ann", "datetime": "2021-07-27T16:02:08Z",
               "department_id": department, "job_id": job})
    };
    let rows = json!([
        employee(1, json!(5), json!(9)),
        employee(2, json!(5), Value::Null),
        employee(3, Value::Null, json!(9)),
    ]);
    let path = "/tables/employees/rows?check_references=true&on_error=skip";
    // Which parent is asked for first is not fixed; 5 exists and so does 9.
    let world = World::new([numbers(&[1]), numbers(&[1]), updated(3)]);
    assert_eq!(send_json(&world, path, &rows).0, 200);

    let world = World::new([numbers(&[]), numbers(&[])]);
    let (status, answer) = send_json(&world, path, &rows);
    assert_eq!((status, &answer["error_count"]), (422, &json!(4)));
    let first = &answer["errors"][0];
    assert_eq!((&first["index"], &first["code"]), (&json!(0), &json!("unknown_reference")));
    assert_eq!(answer["tables"]["employees"]["invalid"], 3);
}

#[test]
fn parents_that_come_along_need_not_exist_unless_they_are_rejected() {
    let body = |department: Value| {
        json!({
            "departments": [{"id": 3, "department": department}],
            "employees": [{"id": 1, "name": "Ann", "datetime": "2021-07-27T16:02:08Z",
                           "department_id": 3}],
        })
    };
    let path = "/insert_data?check_references=true&on_error=skip";
    let both = |world: &World, department: Value| send_json(world, path, &body(department));
    let none = || (0..1).map(|_| numbers(&[]));
    let world = World::new(none().chain([begun(), updated(1), updated(1), ended()]));
    assert_eq!(both(&world, json!("Sales")).0, 200);
    let (status, answer) = both(&World::new(none()), Value::Null);
    assert_eq!((status, &answer["error_count"]), (422, &json!(2)), "{answer}");
}

#[test]
fn a_dry_run_looks_and_never_writes() {
    let world = World::new([numbers(&[2])]);
    let (status, answer) =
        send_json(&world, &format!("{JOBS}?dry_run=true&on_error=skip"), &two_jobs());
    assert_eq!((status, &answer["dry_run"]), (207, &json!(true)));
    assert_eq!(answer["tables"]["jobs"]["stored"], 1);
    assert!(world.calls()[0].1["sql"].as_str().unwrap().starts_with("SELECT"));

    let world = World::new([numbers(&[2])]);
    let (status, answer) = send_json(&world, &format!("{JOBS}?dry_run=true"), &two_jobs());
    assert_eq!((status, &answer["dry_run"]), (409, &json!(true)));

    let world = World::new([numbers(&[2])]);
    let path = format!("{JOBS}?dry_run=true&on_duplicate=keep");
    let (status, answer) = send_json(&world, &path, &two_jobs());
    assert_eq!((status, &answer["tables"]["jobs"]["kept"]), (200, &json!(1)));

    let path = format!("{JOBS}?dry_run=true&on_duplicate=update");
    assert_eq!(send_json(&World::new([]), &path, &two_jobs()).0, 200);
}

#[test]
fn ndjson_is_read_line_by_line() {
    let world = World::new([updated(1)]);
    let head = head(&format!("{JOBS}?on_error=skip"), "application/x-ndjson");
    let (status, answer) = send(&world, &head, "{\"id\":1,\"job\":\"a\"}\n\n{\"id\":2\n");
    assert_eq!((status, &answer["tables"]["jobs"]["stored"]), (207, &json!(1)));
    let error = &answer["errors"][0];
    assert_eq!((&error["index"], &error["line"]), (&json!(1), &json!(3)));
    assert_eq!(error["code"], "invalid_json");
}

#[test]
fn requests_are_counted_by_address_before_the_key_and_by_key_after_it() {
    let mut head = head(JOBS, "application/json");
    head.headers.push(("cf-connecting-ip".into(), "203.0.113.7".into()));
    let status = |world: &World| {
        let response = run(gate().handle(world, &head, async |_| Ok(b"[]".to_vec())));
        assert!(response.status == 200 || response.header("retry-after") == Some("10"));
        response.status
    };
    let world = World::new([]);
    assert_eq!(status(&world), 200);
    assert_eq!(world.admitted(), ["Address 203.0.113.7", &format!("Key {}", key(1).id())]);

    let world = World::new([]).limited(RateLimit::Address);
    assert_eq!(status(&world), 429);
    assert_eq!(world.admitted(), ["Address 203.0.113.7"]);
    assert_eq!(status(&World::new([]).limited(RateLimit::Key)), 429);
}

#[test]
fn bytes_in_flight_are_bounded_and_given_back() {
    let gate = gate();
    let mut announced = head(JOBS, "application/json");
    announced.headers.push(("content-length".into(), "4194304".into()));
    let world = World::new([]);
    // Eight requests of 4 MiB each, whose bodies never come.
    let mut waiting: Vec<_> = (0..8)
        .map(|_| Box::pin(gate.handle(&world, &announced, async |_| std::future::pending().await)))
        .collect();
    assert!(waiting.iter_mut().all(|request| !is_ready(request)));

    let one_more =
        || run(gate.handle(&world, &head(JOBS, "application/json"), async |_| Ok(b"[]".to_vec())));
    let refused = one_more();
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("5")));
    assert_eq!(body(&refused)["type"], "urn:rowgate:problem:busy");
    waiting.pop();
    assert_eq!(one_more().status, 200);
    assert_eq!(one_more().status, 200);
}

#[test]
fn deep_health_asks_the_database_and_wants_a_key() {
    let mut health = Head {
        method: "GET".into(),
        path: "/health".into(),
        query: "deep".into(),
        headers: Vec::new(),
    };
    let status = |world: &World, head: &Head| {
        run(gate().handle(world, head, async |_| panic!("body read"))).status
    };
    assert_eq!(status(&World::new([]), &health), 401);
    health.headers.push(("x-api-key".into(), key(1).expose().into()));
    assert_eq!(status(&World::new([numbers(&[1])]), &health), 200);
    assert_eq!(status(&World::new([error(403, "AccessDeniedException")]), &health), 503);
}

#[test]
fn another_count_than_was_sent_is_never_a_success() {
    assert_eq!(send_json(&World::new([updated(1)]), JOBS, &two_jobs()).0, 500);
    let world = World::new([begun(), updated(1), updated(0), ended()]);
    assert_eq!(send_json(&world, "/insert_data", &all_tables()).0, 500);
    assert_eq!(world.operations()[3..], ["RollbackTransaction"]);
}

#[test]
fn a_refusal_by_aws_is_not_repeated() {
    let world = World::new([error(403, "AccessDeniedException")]);
    let (status, answer) = send_json(&world, JOBS, &two_jobs());
    assert_eq!(status, 500);
    assert!(answer["detail"].as_str().unwrap().contains("AccessDeniedException"));
}
