//! What the gate makes of a request: route, key, limits, body, answer.

use std::cell::Cell;

use crate::world::door::*;
use crate::world::*;
use rowgate_core::{BodyError, Head, RateLimit, unconfigured};
use serde_json::{Value, json};

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
    // Without a key it is not said whether a table exists.
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
fn a_door_without_settings_says_no_more_than_that() {
    let response = unconfigured();
    assert_eq!(
        (response.status, response.header("content-type")),
        (500, Some("application/problem+json"))
    );
    assert_eq!(response.header("cache-control"), Some("no-store"));
    assert_eq!(body(&response)["type"], "urn:rowgate:problem:unconfigured");
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
    assert_eq!((response.status, response.header("allow")), (405, Some("POST, OPTIONS")));
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
fn bytes_in_flight_are_bounded_for_each_key_and_given_back() {
    let keys = format!("[{},{}]", key(1).entry(), key(2).entry());
    let gate = gate_with(&|name| (name == "API_KEYS").then(|| keys.clone()));
    let of_key = |number| {
        let mut head = head(JOBS, "application/json");
        head.headers[1].1 = key(number).expose().into();
        head
    };
    let mut announced = of_key(1);
    announced.headers.push(("content-length".into(), "4194304".into()));
    let world = World::new([]).sleeping();
    // Two requests of 4 MiB each, whose bodies never come: half of what is read at a time.
    let mut waiting: Vec<_> = (0..2)
        .map(|_| Box::pin(gate.handle(&world, &announced, async |_| std::future::pending().await)))
        .collect();
    assert!(waiting.iter_mut().all(|request| !is_ready(request)));

    let send = |head: Head| {
        let world = World::new([]);
        run(gate.handle(&world, &head, async |_| Ok(b"[]".to_vec())))
    };
    let refused = send(of_key(1));
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("5")));
    assert_eq!(body(&refused)["type"], "urn:rowgate:problem:busy");
    let other = send(of_key(2));
    assert_eq!(other.status, 200, "{}", body(&other));
    waiting.pop();
    assert_eq!(send(of_key(1)).status, 200);
}

#[test]
fn a_body_that_comes_too_slowly_is_given_up() {
    for (length, seconds) in [("10", 10), ("4194304", 42), ("", 42)] {
        let mut slow = head(JOBS, "application/json");
        slow.headers.push(("content-length".into(), length.into()));
        let world = World::new([]);
        let answer = run(gate().handle(&world, &slow, async |_| std::future::pending().await));
        assert_eq!(answer.status, 408);
        assert_eq!(body(&answer)["type"], "urn:rowgate:problem:body_too_slow");
        assert_eq!(world.slept().as_secs(), seconds);
    }
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
fn a_key_that_api_gateway_has_checked_opens_its_tables() {
    let keys = r#"[{"id":"gateway:k1","tables":["jobs"]}]"#;
    let gate = gate_with(&|name| (name == "API_KEYS").then(|| keys.into()));
    let world = World::new([updated(2)]);
    let mut request = head(JOBS, "application/json");
    request.headers.retain(|(name, _)| name != "x-api-key");
    let rows = two_jobs().to_string().into_bytes();
    let send = |head: &Head, id: &str, body| run(gate.handle_admitted(&world, head, id, body));

    assert_eq!(send(&request, "k1", Ok(rows.clone())).status, 200);
    assert_eq!(send(&request, "k2", Ok(rows.clone())).status, 403);
    let others = head("/tables/departments/rows", "application/json");
    assert_eq!(send(&others, "k1", Ok(rows)).status, 403);
    assert_eq!(send(&request, "k1", Ok(vec![b' '; 5 << 20])).status, 413);
    assert_eq!(send(&request, "k1", Err(BodyError::Broken)).status, 400);
    // AWS counts requests itself.
    assert_eq!(world.admitted(), [""; 0]);
}

#[test]
fn a_key_sees_its_tables_and_no_others() {
    let (status, answer) = get(&World::new([]), "/tables");
    assert_eq!(status, 200);
    let names: Vec<_> = answer["tables"].as_array().unwrap().iter().map(|it| &it["name"]).collect();
    assert!(names.contains(&&json!("jobs")), "{answer}");
    assert_eq!(answer["limits"]["rows"], json!(10_000));
    let (status, answer) = get(&World::new([]), "/schema/cats.json");
    assert_eq!((status, &answer["type"]), (404, &json!("urn:rowgate:problem:unknown_table")));
    assert_eq!(get(&World::new([]), "/tables?x=1").0, 400);
}

#[test]
fn openapi_has_tables_for_a_key_and_routes_for_all() {
    let (status, answer) = get(&World::new([]), "/openapi.json");
    assert_eq!((status, &answer["openapi"]), (200, &json!("3.1.0")));
    let rows =
        &answer["paths"]["/tables/jobs/rows"]["post"]["requestBody"]["content"]["application/json"];
    assert_eq!(rows["schema"]["items"]["$ref"], "#/components/schemas/row-jobs");
    assert!(rows["example"][0].get("id").is_some());
    assert_eq!(answer["components"]["schemas"]["row-jobs"]["required"], json!(["job_name"]));
    let none = Head { headers: Vec::new(), ..head("/openapi.json", "") };
    let (status, answer) = send(&World::new([]), &Head { method: "GET".into(), ..none }, "");
    assert_eq!(status, 200);
    assert!(answer["paths"].get("/tables/{table}/rows").is_some());
    assert!(!answer.to_string().contains("jobs"));
}

#[test]
fn a_load_whose_id_is_no_ascii_is_not_looked_for() {
    let world = World::new([]);
    let (status, answer) = get(&world, "/loads/z%F1%8B%A7%9A");
    assert_eq!((status, &answer["type"]), (404, &json!("urn:rowgate:problem:unknown_load")));
    assert!(world.requests().is_empty());
}

#[test]
fn files_of_other_tables_are_not_in_what_a_key_sees() {
    let of = |tables: &[&str]| {
        let mut entry: Value = serde_json::from_str(&key(1).entry()).unwrap();
        entry["tables"] = json!(tables);
        entry.to_string()
    };
    let asked = |entry: String, path: &str| {
        let gate = gate_with(&|name| (name == "API_KEYS").then(|| format!("[{entry}]")));
        let world = World::new([numbers(&[]), numbers(&[])]);
        let head = Head { method: "GET".into(), ..head(path, "") };
        run(gate.handle(&world, &head, async |_| panic!("body read")));
        world.calls().into_iter().map(|(_, call)| call.to_string()).collect::<Vec<_>>()
    };
    for path in ["/loads?files=true", "/loads/x"] {
        let calls = asked(of(&["jobs", "departments"]), path);
        assert!(calls[0].contains("key_id = :key_id") && !calls[0].contains("door = 's3'"));
        assert!(
            calls[1].contains("AND door = 's3' AND JSON_CONTAINS(:tables, JSON_QUOTE(table_name))")
        );
        assert!(calls[1].contains(r#"[\"jobs\",\"departments\"]"#), "{}", calls[1]);
        let calls = asked(of(&["*"]), path);
        assert!(calls[1].contains("AND door = 's3'") && !calls[1].contains("JSON_CONTAINS"));
    }
    assert_eq!(asked(of(&["*"]), "/loads?files=false").len(), 1);
    assert_eq!(asked(of(&["*"]), "/loads").len(), 1);
}

fn get(world: &World, path: &str) -> (u16, Value) {
    send(world, &Head { method: "GET".into(), ..head(path, "") }, "")
}
