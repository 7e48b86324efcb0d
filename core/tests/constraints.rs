//! Rows of tables with unique keys, foreign keys and CHECKs: which calls are made, and what is said of rows
//! that are refused.

use std::time::Duration;

use crate::world::*;
use rowgate_core::schema::{
    CheckConstraint, Column, ColumnType, Constraints, ForeignKey, KeyPart, ParentTable, Table,
    UniqueKey,
};
use rowgate_core::{
    BodyItem, Client, IngestOptions, OnDuplicate, OnError, Report, RequestRows, Response,
    SendError, StoreError, Verdict, decode_rows,
};
use serde_json::{Value, json};

type Answer = Result<Response, SendError>;

const INT: ColumnType = ColumnType::known("int", None, None);

const TEXT: ColumnType = ColumnType::known("varchar(80)", None, None);

const BY_EMAIL: UniqueKey =
    UniqueKey { name: "uq_email", parts: &[KeyPart::Column(1)], columns: Some(&[1]) };

static CUSTOMERS: Table = Table {
    constraints: Constraints {
        unique: &[
            BY_EMAIL,
            UniqueKey { name: "uq_code", parts: &[KeyPart::Prefix(3, 4)], columns: None },
        ],
        foreign: &[],
        checks: &[CheckConstraint::of_database("ck_points", "`points` >= 0")],
    },
    ..Table::new(
        "customers",
        &[
            Column { nullable: false, auto_increment: true, ..Column::new("id", INT) },
            Column { nullable: false, ..Column::new("email", TEXT) },
            Column { nullable: false, ..Column::new("name", TEXT) },
            Column::new("code", TEXT),
        ],
    )
};

static STAFF: Table = Table {
    constraints: Constraints {
        unique: &[],
        foreign: &[ForeignKey {
            name: "of_boss",
            columns: &[1],
            parent: ParentTable::here("staff"),
            references: &["id"],
        }],
        checks: &[],
    },
    ..Table::new(
        "staff",
        &[Column { nullable: false, ..Column::new("id", INT) }, Column::new("boss", INT)],
    )
};

fn options(on_duplicate: OnDuplicate) -> IngestOptions {
    let may_lack = on_duplicate == OnDuplicate::Update;
    IngestOptions { on_duplicate, may_lack, on_error: OnError::Skip, ..IngestOptions::default() }
}

fn store(
    world: &World,
    table: &'static Table,
    rows: &Value,
    options: IngestOptions,
) -> Result<Report, StoreError> {
    let mut request = RequestRows::new(OFFICE, options);
    let take = |part: BodyItem<'_>| {
        let BodyItem::Row(table, row) = part else { panic!("{part:?}") };
        request.row(table, row);
        true
    };
    decode_rows(rows.to_string().as_bytes(), table, take).unwrap();
    let target = target();
    let report = run(request.store(&Client::new(world, &target, Duration::from_secs(60))));
    assert_eq!(world.answers_left(), 0, "calls that were not made");
    report
}

/// The codes, each with the index of its row and its column or key.
fn found(report: &Report) -> Vec<(u64, &'static str, String)> {
    let issues = report.issues().listed().iter();
    let issue = |it: &rowgate_core::Issue| {
        (it.index.unwrap(), it.error.kind.code(), it.error.kind.to_string())
    };
    issues.map(issue).collect()
}

fn counts(report: &Report) -> (u64, Option<(u64, u64)>, u64) {
    let table = &report.tables()[0];
    (table.counts.stored, table.written, table.counts.rejected)
}

fn customer(id: u64, name: &str) -> Value {
    json!({"id": id, "email": format!("{name}@x"), "name": name})
}

/// Pairs of row numbers.
fn pairs(all: &[(u64, u64)]) -> Answer {
    let record = |(row, first): &(u64, u64)| json!([{"longValue": row}, {"longValue": first}]);
    let records: Vec<_> = all.iter().map(record).collect();
    answer(200, &json!({ "records": records }).to_string())
}

/// An error in the database's own words.
fn refused(number: u16, words: &str) -> Answer {
    let message = format!("Database error: {words}; Error code: {number}; SQLState: 23000");
    answer(400, &json!({"code": "DatabaseErrorException", "message": message}).to_string())
}

fn sql(world: &World) -> Vec<String> {
    let text = |(operation, call): (String, Value)| match call["sql"].as_str() {
        Some(sql) => sql.chars().take(17).collect(),
        None => operation,
    };
    world.calls().into_iter().map(text).collect()
}

fn sent(world: &World, call: usize) -> Value {
    world.calls()[call].1["parameters"][0]["value"]["stringValue"].clone()
}

#[test]
fn an_update_looks_updates_and_inserts() {
    let world = World::new([begun(), numbers(&[2]), updated(1), updated(1), ended()]);
    let rows = json!([customer(1, "a"), customer(2, "b")]);
    let report = store(&world, &CUSTOMERS, &rows, options(OnDuplicate::Update)).unwrap();
    assert_eq!(counts(&report), (2, Some((1, 1)), 0));
    assert_eq!(
        sql(&world),
        [
            "BeginTransaction",
            "SELECT r.n FROM J",
            "UPDATE JSON_TABLE",
            "INSERT INTO `cust",
            "CommitTransaction"
        ]
    );
    assert_eq!(sent(&world, 2), r#"[[2,"b@x","b"]]"#);
    assert_eq!(sent(&world, 3), r#"[[1,"a@x","a"]]"#);
}

#[test]
fn a_new_row_that_lacks_a_column_is_missing_it() {
    let world = World::new([begun(), numbers(&[1]), updated(1), ended()]);
    let rows = json!([{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]);
    let report = store(&world, &CUSTOMERS, &rows, options(OnDuplicate::Update)).unwrap();
    assert_eq!(counts(&report), (1, Some((0, 1)), 1));
    assert_eq!(found(&report), [(1, "missing", "a value is required".into())]);
    assert_eq!(report.issues().listed()[0].error.column.as_deref(), Some("email"));

    let dry = IngestOptions { dry_run: true, ..options(OnDuplicate::Update) };
    let world = World::new([numbers(&[1])]);
    let report = store(&world, &CUSTOMERS, &rows, dry).unwrap();
    assert_eq!(counts(&report), (1, Some((0, 1)), 1));
    // Without an update there is nothing that such a row could mean.
    let fail = options(OnDuplicate::Fail);
    let report = store(&World::new([]), &CUSTOMERS, &rows, fail).unwrap();
    assert_eq!(report.verdict(), Verdict::Invalid);
}

#[test]
fn a_row_that_came_meanwhile_is_updated() {
    let world = World::new([
        begun(),
        numbers(&[]),
        database_error(1062),
        numbers(&[1]),
        numbers(&[1]),
        updated(1),
        ended(),
    ]);
    let rows = json!([customer(1, "a")]);
    let report = store(&world, &CUSTOMERS, &rows, options(OnDuplicate::Update)).unwrap();
    assert_eq!(counts(&report), (1, Some((0, 1)), 0));
}

#[test]
fn a_deadlock_begins_the_update_anew() {
    let world = World::new([
        begun(),
        numbers(&[1]),
        database_error(1213),
        ended(),
        begun(),
        numbers(&[1]),
        updated(1),
        ended(),
    ]);
    let rows = json!([customer(1, "a")]);
    let report = store(&world, &CUSTOMERS, &rows, options(OnDuplicate::Update)).unwrap();
    assert_eq!(counts(&report), (1, Some((0, 1)), 0));
}

#[test]
fn rows_with_another_row_s_value_are_named_with_the_key() {
    // The second has the value of a row of the table, the fourth that of the third.
    let conflicts = || [numbers(&[2]), pairs(&[(4, 3)])];
    let rows = json!([customer(1, "a"), customer(2, "b"), customer(3, "c"), customer(4, "c")]);
    let expected = [
        (
            1,
            "conflict",
            "another row of the table has the same value in unique key uq_email".into(),
        ),
        (3, "conflict", "the row at index 2 has the same value in unique key uq_email".into()),
    ];
    for (on_duplicate, before, after) in [
        (OnDuplicate::Fail, vec![database_error(1062), numbers(&[])], vec![updated(2)]),
        (OnDuplicate::Keep, vec![database_error(1062), numbers(&[])], vec![updated(2)]),
        (
            OnDuplicate::Update,
            vec![begun(), numbers(&[]), database_error(1062), numbers(&[])],
            vec![updated(2), ended()],
        ),
    ] {
        let world = World::new(before.into_iter().chain(conflicts()).chain(after));
        let report = store(&world, &CUSTOMERS, &rows, options(on_duplicate)).unwrap();
        assert_eq!((found(&report), counts(&report).0), (expected.to_vec(), 2), "{on_duplicate:?}");
    }
}

#[test]
fn a_conflict_stores_nothing_and_is_told_from_wrong_rows() {
    let world = World::new([database_error(1062), numbers(&[]), numbers(&[1]), pairs(&[])]);
    let reject = IngestOptions { on_error: OnError::Reject, ..options(OnDuplicate::Fail) };
    let report = store(&world, &CUSTOMERS, &json!([customer(1, "a")]), reject).unwrap();
    assert_eq!((report.verdict(), report.tables()[0].conflicts), (Verdict::Conflict, 1));
}

#[test]
fn what_no_query_finds_is_named_by_the_database_s_words() {
    let rows = json!([customer(1, "a"), customer(2, "b")]);
    for (number, words, code, message) in [
        (1062, "Duplicate entry 'x' for key 'customers.uq_code'", "conflict", "unique key uq_code"),
        (3819, "Check constraint 'ck_points' is violated.", "check_violated", "CHECK ck_points"),
        (4025, "CONSTRAINT `ck_points` failed for `d`.`customers`", "check_violated", "ck_points"),
        (1048, "Column 'name' cannot be null", "missing", "a value is required"),
        (3819, "Check constraint 'other' is violated.", "database_refused", "MySQL error 3819"),
    ] {
        let looks = match number {
            1062 => vec![numbers(&[]), numbers(&[]), pairs(&[])],
            _ => vec![],
        };
        let existing = if number == 1062 { vec![numbers(&[])] } else { vec![] };
        let again = refused(number, words);
        let halves = [updated(1), refused(number, words)];
        let answers = [refused(number, words)].into_iter().chain(looks).chain([begun(), again]);
        let looks = match number {
            1062 => vec![numbers(&[]), numbers(&[]), pairs(&[])],
            _ => vec![],
        };
        let answers = answers.chain(looks).chain(halves).chain(existing).chain([ended()]);
        let report =
            store(&World::new(answers), &CUSTOMERS, &rows, options(OnDuplicate::Fail)).unwrap();
        let found = found(&report);
        assert_eq!((found.len(), found[0].0, found[0].1), (1, 1, code), "{words}");
        assert!(found[0].2.contains(message), "{found:?}");
    }
}

#[test]
fn rows_by_a_key_that_is_named() {
    let by_email = IngestOptions { key: Some(&BY_EMAIL), ..options(OnDuplicate::Update) };
    // Duplicates by the key, then the look.
    let world =
        World::new([begun(), pairs(&[(3, 1)]), numbers(&[2]), updated(1), updated(1), ended()]);
    let row = |email: &str| json!({"email": email, "name": "n"});
    let rows = json!([row("a@x"), row("b@x"), row("A@x")]);
    let report = store(&world, &CUSTOMERS, &rows, by_email).unwrap();
    let message = "the row at index 0 has this key".to_string();
    assert_eq!(found(&report), [(2, "duplicate_in_batch", message)]);
    assert_eq!(counts(&report), (2, Some((1, 1)), 1));
    let update = world.calls()[3].1["sql"].as_str().unwrap().to_owned();
    assert!(
        update.contains("ON e.`email` = CONVERT(r.c1 USING utf8mb4) SET e.`name` = r.c2"),
        "{update}"
    );
}

#[test]
fn a_row_without_its_id_is_inserted_once() {
    let rows = json!([{"email": "a@x", "name": "a"}]);
    for on_duplicate in [OnDuplicate::Fail, OnDuplicate::Keep, OnDuplicate::Update] {
        let world = World::new([updated(1)]);
        let report = store(&world, &CUSTOMERS, &rows, options(on_duplicate)).unwrap();
        assert_eq!(counts(&report).0, 1);
        assert!(sql(&world)[0].starts_with("INSERT INTO"));
        // Whatever is said of duplicates, a repetition would be another row.
        let unknown = store(&World::new([cut()]), &CUSTOMERS, &rows, options(on_duplicate));
        assert!(matches!(unknown, Err(StoreError::OutcomeUnknown(_))), "{unknown:?}");
    }
}

#[test]
fn ids_are_asked_for_in_the_transaction_of_their_rows() {
    let ids = |first: u64| {
        let record = json!([{"longValue": first}, {"longValue": 1}]);
        answer(200, &json!({ "records": [record] }).to_string())
    };
    let world = World::new([begun(), updated(2), ids(70), updated(1), ended()]);
    let row = |name: &str| json!({"email": format!("{name}@x"), "name": name});
    let rows = json!([row("a"), customer(9, "b"), row("c")]);
    let wanted = IngestOptions { return_ids: true, ..options(OnDuplicate::Fail) };
    let report = store(&world, &CUSTOMERS, &rows, wanted).unwrap();
    assert_eq!(report.tables()[0].ids.as_deref(), Some(&[[0, 70, 1], [2, 71, 1]][..]));
    let calls = world.calls();
    assert!(calls[1].1["sql"].as_str().unwrap().ends_with("VALUES (:p0, :p1), (:p2, :p3)"));
    assert_eq!(calls[2].1["transactionId"], "tx-1");

    // A transaction that broke has given its ids away.
    let answers = [begun(), updated(1), database_error(1213), ended()];
    let again = [begun(), updated(1), ids(80), ended()];
    let world = World::new(answers.into_iter().chain(again));
    let report = store(&world, &CUSTOMERS, &json!([row("a")]), wanted).unwrap();
    assert_eq!(report.tables()[0].ids.as_deref(), Some(&[[0, 80, 1]][..]));
}

#[test]
fn ids_in_too_many_places_are_refused_without_a_call() {
    let rows = |count: u64| -> Value {
        let row = |at: u64| match at % 2 {
            0 => json!({"email": format!("e{at}"), "name": "n"}),
            _ => customer(at, "n"),
        };
        (0..count).map(row).collect()
    };
    let wanted = IngestOptions { return_ids: true, ..options(OnDuplicate::Fail) };
    let report = store(&World::new([]), &CUSTOMERS, &rows(2_002), wanted).unwrap();
    let [issue] = report.issues().listed() else { panic!("{report:?}") };
    assert_eq!((issue.index, issue.error.kind.code()), (None, "mixed_ids"));
    assert_eq!(report.verdict(), Verdict::Invalid);
    // Where no ids are wanted there is no limit.
    let world = World::new([begun(), updated(1_001), updated(1_001), ended()]);
    let plain = options(OnDuplicate::Fail);
    assert_eq!(counts(&store(&world, &CUSTOMERS, &rows(2_002), plain).unwrap()).0, 2_002);
}

#[test]
fn a_tree_is_written_parents_first() {
    let rows = json!([{"id": 1, "boss": 2}, {"id": 2, "boss": 3}, {"id": 3}, {"id": 4, "boss": 1}]);
    let world = World::new([begun(), updated(1), updated(3), ended()]);
    let report = store(&world, &STAFF, &rows, options(OnDuplicate::Fail)).unwrap();
    assert_eq!(counts(&report).0, 4);
    assert_eq!((sent(&world, 1), sent(&world, 2)), ("[[3]]".into(), "[[2,3],[1,2],[4,1]]".into()));

    let circle = json!([{"id": 1, "boss": 2}, {"id": 2, "boss": 1}, {"id": 3, "boss": 3}]);
    let world = World::new([updated(1)]);
    let report = store(&world, &STAFF, &circle, options(OnDuplicate::Fail)).unwrap();
    let codes: Vec<_> = found(&report).into_iter().map(|(index, code, _)| (index, code)).collect();
    assert_eq!(codes, [(0, "reference_cycle"), (1, "reference_cycle")]);
    assert_eq!(sent(&world, 0), "[[3,3]]");
}

#[test]
fn rows_without_a_parent_are_named_with_the_foreign_key() {
    let rows = json!([{"id": 1, "boss": 9}, {"id": 2, "boss": 1}, {"id": 3, "boss": null}]);
    // The second refers to the first, which goes; then it is an orphan itself.
    let world = World::new([
        database_error(1452),
        numbers(&[1, 2]),
        database_error(1452),
        numbers(&[1]),
        updated(1),
    ]);
    let report = store(&world, &STAFF, &rows, options(OnDuplicate::Fail)).unwrap();
    let message = "table staff has no such row, which FOREIGN KEY of_boss asks for";
    let expected = [0, 1].map(|index| (index, "unknown_reference", message.into()));
    assert_eq!((found(&report), counts(&report).0), (expected.to_vec(), 1));
    assert_eq!(report.issues().listed()[0].error.column.as_deref(), Some("boss"));
}
