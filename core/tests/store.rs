//! The calls that a request's rows become, and what their faults come to.

use std::time::Duration;

use crate::world::door::*;
use crate::world::*;
use rowgate_core::data_api::REQUEST_LIMIT;
use rowgate_core::schema::{Column, ColumnType, Table};
use rowgate_core::{
    Client, IngestOptions, OnError, Place, RawField, RawRow, Report, RequestRows, Verdict,
};
use serde_json::{Value, json};

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
    let world = World::new([begun(), updated(15_386), updated(20_000 - 15_386), ended()]);
    let head = head(JOBS, "application/json");
    let response = run(gate.handle(&world, &head, async |_| Ok(text.into())));
    assert_eq!(response.status, 200, "{}", body(&response));
    assert_eq!(body(&response)["tables"]["jobs"]["stored"], 20_000);
    let largest = world.largest_body();
    assert!((4_000_000..REQUEST_LIMIT - 4_096).contains(&largest), "{largest}");
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
    assert!((35..=45).contains(&world.slept().as_secs()), "{:?}", world.slept());
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

const UPDATE: &str = "/tables/jobs/rows?on_duplicate=update";

#[test]
fn of_an_update_s_count_only_0_is_looked_into() {
    for count in [1, 2, 4] {
        let (status, answer) = send_json(&World::new([updated(count)]), UPDATE, &two_jobs());
        assert_eq!((status, &answer["tables"]["jobs"]["stored"]), (200, &json!(2)));
    }
    // Nothing has changed, or a unique key that the schema does not know has stopped it.
    let world = World::new([updated(0), begun(), numbers(&[2]), updated(0), updated(1), ended()]);
    let (status, answer) = send_json(&world, UPDATE, &two_jobs());
    assert_eq!(status, 200);
    assert_eq!(
        answer["tables"]["jobs"],
        json!({"received": 2, "stored": 2, "inserted": 1, "updated": 1, "kept": 0, "rejected": 0,
               "invalid": 0})
    );
    let calls = world.calls();
    assert!(calls[0].1["sql"].as_str().unwrap().contains("information_schema.STATISTICS"));
    assert_eq!(calls[3].1["parameters"][0]["value"]["stringValue"], r#"[[2,"Cook"]]"#);
    assert_eq!(calls[4].1["parameters"][0]["value"]["stringValue"], r#"[[1,"Clerk"]]"#);
    assert!(calls[4].1["sql"].as_str().unwrap().ends_with("AS r"), "a plain INSERT");
    assert_eq!(calls[5].0, "CommitTransaction");
}

#[test]
fn a_row_that_only_another_unique_key_refuses_does_not_exist() {
    // The one call and a look; then in a transaction both, each row by itself, and a look at the
    // one that was refused.
    let answers = |found: &[u64]| {
        World::new([
            database_error(1062),
            numbers(&[]),
            begun(),
            database_error(1062),
            numbers(&[]),
            updated(1),
            database_error(1062),
            numbers(found),
            ended(),
        ])
    };
    let world = answers(&[]);
    let (status, answer) = send_json(&world, JOBS, &two_jobs());
    assert_eq!((status, &answer["type"]), (422, &json!("urn:rowgate:problem:invalid_rows")));
    let error = &answer["errors"][0];
    assert_eq!((&error["index"], &error["code"]), (&json!(1), &json!("database_refused")));
    assert_eq!(error["column"], Value::Null);
    let message = error["message"].as_str().unwrap();
    assert!(
        message.ends_with("another unique key of the table has the value already"),
        "{message}"
    );
    let (_, look) = world.calls().remove(7);
    assert_eq!(look["parameters"][0]["value"]["stringValue"], r#"[[2,"Cook"]]"#);

    // Another client has written the row meanwhile.
    let (status, answer) = send_json(&answers(&[1]), JOBS, &two_jobs());
    assert_eq!((status, &answer["errors"][0]["code"]), (409, &json!("exists")));
    assert_eq!(answer["errors"][0]["column"], "id");
}

fn employee(id: i64, more: &Value) -> Value {
    let mut row = json!({"id": id, "name": "Ann", "datetime": "2021-07-27T16:02:08Z"});
    row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    row
}

/// The columns that a call writes, and its rows.
fn written(call: &Value) -> (&str, &str) {
    let sql = call["sql"].as_str().unwrap();
    let columns = sql.split_once(" (").and_then(|(_, rest)| rest.split_once(") SELECT")).unwrap().0;
    (columns, call["parameters"][0]["value"]["stringValue"].as_str().unwrap())
}

#[test]
fn rows_that_carry_the_same_columns_are_one_call() {
    let world = World::new([updated(1)]);
    let path = "/tables/employees/rows?on_duplicate=update";
    assert_eq!(send_json(&world, path, &json!([employee(1, &json!({"job_id": null}))])).0, 200);
    let call = &world.calls()[0].1;
    assert_eq!(
        written(call),
        ("`id`, `name`, `datetime`, `job_id`", r#"[[1,"Ann","2021-07-27T16:02:08Z",null]]"#)
    );
    assert!(!call["sql"].as_str().unwrap().contains("department_id"));

    let world = World::new([updated(1)]);
    let text = "datetime,id,name\n2021-07-27T16:02:08Z,1,Ann\n";
    assert_eq!(send(&world, &head(path, "text/csv"), text).0, 200);
    assert_eq!(
        written(&world.calls()[0].1),
        ("`id`, `name`, `datetime`", r#"[[1,"Ann","2021-07-27T16:02:08Z"]]"#)
    );
}

#[test]
fn rows_of_several_sets_of_columns_are_one_transaction() {
    let world = World::new([begun(), updated(2), updated(1), ended()]);
    let rows = json!([
        employee(1, &json!({"job_id": 7})),
        employee(2, &json!({})),
        employee(3, &json!({"job_id": null})),
    ]);
    let (status, answer) = send_json(&world, "/tables/employees/rows", &rows);
    assert_eq!((status, &answer["tables"]["employees"]["stored"]), (200, &json!(3)));
    let calls = world.calls();
    let at = "2021-07-27T16:02:08Z";
    assert_eq!(
        written(&calls[1].1),
        (
            "`id`, `name`, `datetime`, `job_id`",
            &*format!(r#"[[1,"Ann","{at}",7],[3,"Ann","{at}",null]]"#)
        )
    );
    assert_eq!(
        written(&calls[2].1),
        ("`id`, `name`, `datetime`", &*format!(r#"[[2,"Ann","{at}"]]"#))
    );
    assert_eq!(calls[3].0, "CommitTransaction");
}

#[test]
fn of_each_set_of_columns_rows_that_exist_are_named_and_kept_ones_counted() {
    let rows = json!([
        employee(1, &json!({"job_id": 7})),
        employee(2, &json!({})),
        employee(3, &json!({"job_id": 8})),
        employee(4, &json!({})),
    ]);
    let path = "/tables/employees/rows?on_error=skip";
    let refused = || database_error(1062);
    let world = World::new([
        begun(),
        refused(),
        numbers(&[2]),
        updated(1),
        refused(),
        numbers(&[1]),
        updated(1),
        ended(),
    ]);
    let (status, answer) = send_json(&world, path, &rows);
    assert_eq!((status, &answer["tables"]["employees"]["stored"]), (207, &json!(2)));
    let named: Vec<_> = answer["errors"].as_array().unwrap().iter().map(|e| &e["index"]).collect();
    assert_eq!(named, [2, 1]);
    // Of rows that lack columns before it the key is found at its own position.
    assert!(world.calls()[2].1["sql"].as_str().unwrap().contains("PATH '$[0]'"));

    let world = World::new([begun(), updated(1), updated(0), ended()]);
    let (status, answer) = send_json(&world, "/tables/employees/rows?on_duplicate=keep", &rows);
    assert_eq!((status, &answer["tables"]["employees"]["kept"]), (200, &json!(3)));

    let world = World::new([numbers(&[1, 2]), numbers(&[1])]);
    let path = "/tables/employees/rows?on_duplicate=keep&dry_run=true&check_references=false";
    let without_parents = json!([rows[1], employee(3, &json!({"job_id": null})), rows[3]]);
    let (status, answer) = send_json(&world, path, &without_parents);
    assert_eq!((status, &answer["tables"]["employees"]["kept"]), (200, &json!(3)));
}

#[test]
fn a_column_that_is_required_is_missing_when_it_does_not_come() {
    let (status, answer) = send_json(&World::new([]), JOBS, &json!([{"id": 1}]));
    assert_eq!((status, &answer["errors"][0]["code"]), (422, &json!("missing")));
    let path = "/tables/employees/rows?strict=true";
    let (_, answer) =
        send_json(&World::new([]), path, &json!([employee(1, &json!({"job_id": 1}))]));
    let error = &answer["errors"][0];
    assert_eq!((&error["column"], &error["code"]), (&json!("department_id"), &json!("missing")));
}

#[test]
fn rows_without_a_value_where_the_table_has_no_default_are_named_at_once() {
    let rows: Value = (1..=50).map(|id| employee(id, &json!({}))).collect();
    let world = World::new([database_error(1364), begun(), database_error(1364), ended()]);
    let (status, answer) = send_json(&world, "/tables/employees/rows", &rows);
    assert_eq!((status, &answer["error_count"]), (422, &json!(50)));
    assert!(answer["errors"][0]["message"].as_str().unwrap().contains("no DEFAULT"), "{answer}");
}

/// A table with five columns that may be absent, and so 32 sets of columns.
fn wide() -> &'static Table {
    let column = |name| Column {
        nullable: name != "id",
        ..Column::new(name, ColumnType::known("smallint unsigned", None, None))
    };
    let columns = ["id", "a", "b", "c", "d", "e"].map(column);
    Box::leak(Box::new(Table::new("wide", Box::leak(Box::new(columns)))))
}

/// Stores a row of each of the first sets of columns.
fn store_sets(world: &World, sets: u64, options: IngestOptions) -> Report {
    let table = wide();
    let mut request = RequestRows::new(OFFICE, options);
    for set in 0..sets {
        let carried = (0..5).map(|bit| match set & (1 << bit) {
            0 => RawField::Absent,
            _ => RawField::Integer(7),
        });
        let fields = [RawField::Integer(set as i64)].into_iter().chain(carried).collect();
        let place = Place { index: Some(set), line: None };
        assert_eq!(request.row(table, RawRow { place, fields, errors: Vec::new() }), []);
    }
    let target = target();
    run(request.store(&Client::new(world, &target, Duration::from_secs(9)))).unwrap()
}

#[test]
fn more_than_16_sets_of_columns_are_refused_without_a_call() {
    let statements = (0..16).map(|_| updated(1));
    let world = World::new([begun()].into_iter().chain(statements).chain([ended()]));
    assert_eq!(store_sets(&world, 16, IngestOptions::default()).verdict(), Verdict::Complete);
    assert_eq!(world.answers_left(), 0);

    for dry_run in [false, true] {
        let options =
            IngestOptions { dry_run, on_error: OnError::Skip, ..IngestOptions::default() };
        let report = store_sets(&World::new([]), 17, options);
        assert_eq!(report.verdict(), Verdict::Invalid);
        let [issue] = report.issues().listed() else { panic!("{report:?}") };
        assert_eq!((issue.index, issue.error.kind.code()), (None, "too_many_shapes"));
        assert!(issue.error.kind.to_string().contains("split the request"));
        assert_eq!((report.tables()[0].counts.stored, report.tables()[0].counts.rejected), (0, 17));
    }
}

#[test]
fn keep_and_update_alone_are_repeated_after_an_unknown_outcome() {
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

    // An update in one statement refuses no row.
    let path = format!("{JOBS}?dry_run=true&on_duplicate=update");
    assert_eq!(send_json(&World::new([]), &path, &two_jobs()).0, 200);
}

#[test]
fn a_dry_run_asks_for_parents_only_where_its_request_would() {
    let rows = json!([{"id": 9, "name": "Ann", "datetime": "2021-07-27T16:02:08Z", "job_id": 1}]);
    let path = "/tables/employees/rows?dry_run=true";
    let world = World::new([numbers(&[])]);
    assert_eq!(send_json(&world, path, &rows).0, 200);
    assert!(world.calls()[0].1["sql"].as_str().unwrap().contains("`employees`"));

    let world = World::new([numbers(&[])]);
    let (status, answer) = send_json(&world, &format!("{path}&check_references=true"), &rows);
    assert_eq!((status, &answer["errors"][0]["code"]), (422, &json!("unknown_reference")));
    assert!(world.calls()[0].1["sql"].as_str().unwrap().contains("`jobs`"));
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
