//! Rows that CHECKs refuse: by the core where it is sure, else by the database, with one outcome.

use std::time::Duration;

use crate::world::*;
use rowgate_core::schema::{Schema, Table};
use rowgate_core::{
    BodyItem, Client, IngestOptions, OnDuplicate, OnError, Report, RequestRows, RowFormat, Sheet,
    SheetOptions, Verdict, decode_rows,
};
use serde_json::{Value, json};

/// Orders, with CHECKs of which the core is sure but for `ck_sum`.
fn orders() -> (Schema, &'static Table) {
    let column = |name: &str, of: &str| json!({ "name": name, "column_type": of });
    let needed =
        |name: &str, of: &str| json!({ "name": name, "column_type": of, "nullable": false });
    let check = |name: &str, clause: &str| json!({ "name": name, "clause": clause });
    let mut off = check("ck_off", "`points` > 100");
    off["enforced"] = false.into();
    let text = json!({
        "rowgate_schema": 1,
        "tables": [{
            "name": "orders",
            "columns": [
                needed("id", "int"),
                needed("code", "varchar(9)"),
                column("points", "int"),
                column("day", "date"),
                column("end_day", "date"),
                json!({ "name": "parent", "column_type": "int", "comment": "references=orders.id" }),
            ],
            "primary_key": ["id"],
            "unique_keys": [{ "name": "uq_code", "parts": [{ "column": "code" }] }],
            "checks": [
                check("ck_code", "char_length(`code`) > 1"),
                check("ck_days", "`end_day` >= `day`"),
                check("ck_id", "`id` < 1000"),
                off,
                check("ck_points", "(`points` >= 0)"),
                check("ck_sum", "((`points` + `id`) < 100)"),
            ],
        }],
    });
    let schema = Schema::from_json(&text.to_string()).unwrap();
    (schema, schema.table("orders").unwrap())
}

fn options(on_duplicate: OnDuplicate) -> IngestOptions {
    let may_lack = on_duplicate == OnDuplicate::Update;
    IngestOptions { on_duplicate, may_lack, ..IngestOptions::default() }
}

fn request(
    (schema, table): (Schema, &'static Table),
    rows: &Value,
    options: IngestOptions,
) -> RequestRows {
    let mut request = RequestRows::new(schema, options);
    let take = |part: BodyItem<'_>| {
        let BodyItem::Row(table, row) = part else { panic!("{part:?}") };
        request.row(table, row);
        true
    };
    decode_rows(rows.to_string().as_bytes(), table, take).unwrap();
    request
}

/// Index, column, code and message of each error.
fn found(report: &Report) -> Vec<(u64, Option<String>, &'static str, String)> {
    let issue = |it: &rowgate_core::Issue| {
        let column = it.error.column.as_ref().map(ToString::to_string);
        (it.index.unwrap(), column, it.error.kind.code(), it.error.kind.to_string())
    };
    report.issues().listed().iter().map(issue).collect()
}

fn stored(world: &World, request: RequestRows) -> Report {
    let target = target();
    let report = run(request.store(&Client::new(world, &target, Duration::from_secs(60)))).unwrap();
    assert_eq!(world.answers_left(), 0, "calls that were not made");
    report
}

fn row(id: u64, points: i64) -> Value {
    json!({ "id": id, "code": format!("c{id}"), "points": points })
}

/// The names of the CHECKs that the core finds a row to violate.
fn violated(row: &Value, options: IngestOptions) -> Vec<String> {
    let report = request(orders(), &json!([row]), options).report();
    let name = |(_, _, code, message): (u64, Option<String>, &str, String)| {
        assert_eq!(code, "check_violated", "{message}");
        message.split_once("CHECK ").unwrap().1.split(':').next().unwrap().to_owned()
    };
    found(&report).into_iter().map(name).collect()
}

#[test]
fn core_and_database_refuse_a_row_in_the_same_words() {
    let rows = json!([row(1, -5)]);
    let by_core = request(orders(), &rows, options(OnDuplicate::Fail));
    let by_core = stored(&World::new([]), by_core);
    let words = "Database error: Check constraint 'ck_points' is violated.; Error code: 3819";
    let body = json!({ "code": "DatabaseErrorException", "message": words }).to_string();
    let refused = || answer(400, &body);
    let world = World::new([refused(), begun(), refused(), ended()]);
    // Of rows that are kept where the table has them the core knows nothing.
    let by_database = stored(&world, request(orders(), &rows, options(OnDuplicate::Keep)));
    let message = "the row does not fulfil CHECK ck_points: (`points` >= 0)".to_owned();
    assert_eq!(found(&by_core), [(0, None, "check_violated", message)]);
    assert_eq!(found(&by_core), found(&by_database));
    assert_eq!(by_core.verdict(), by_database.verdict());
    assert_eq!(by_core.tables()[0].counts, by_database.tables()[0].counts);
}

#[test]
fn a_dry_run_says_so_too() {
    let dry_run = IngestOptions { dry_run: true, ..options(OnDuplicate::Fail) };
    let report = stored(&World::new([]), request(orders(), &json!([row(1, -5)]), dry_run));
    assert_eq!((report.verdict(), found(&report)[0].2), (Verdict::Invalid, "check_violated"));
}

#[test]
fn a_row_is_held_to_what_it_carries_and_what_is_stored_of_it() {
    let fail = options(OnDuplicate::Fail);
    let update = options(OnDuplicate::Update);
    let (_, table) = orders();
    let by_code = IngestOptions { key: table.key_called("uq_code").unwrap(), ..update };
    let good = json!({ "id": 1, "code": "ab", "points": 0, "day": "2024-01-01", "end_day": null });
    let late = json!({ "id": 1, "code": "ab", "day": "2024-01-02", "end_day": "2024-01-01" });
    let partial = json!({ "id": 1, "code": "ab", "end_day": "2024-01-01" });
    let sum = json!({ "id": 99, "code": "ab", "points": 99 });
    let all = json!({ "id": 1000, "code": "a", "points": -1 });
    for (what, row, options, expected) in [
        ("good", &good, fail, &[][..]),
        ("of two columns", &late, fail, &["ck_days"]),
        ("one of two columns", &partial, fail, &[]),
        ("the database's", &sum, fail, &[]),
        ("several", &all, fail, &["ck_code", "ck_id", "ck_points"]),
        (
            "its own key is what it was looked for by",
            &all,
            update,
            &["ck_code", "ck_id", "ck_points"],
        ),
        // An old row keeps its key, whose text may differ, and its primary key.
        ("another key", &all, by_code, &["ck_points"]),
        ("an old row is kept as it is", &all, options(OnDuplicate::Keep), &[]),
    ] {
        assert_eq!(violated(row, options), expected, "{what}");
    }
}

#[test]
fn a_refused_row_has_a_key_and_is_no_parent() {
    let skip = IngestOptions {
        on_error: OnError::Skip,
        check_references: true,
        ..options(OnDuplicate::Fail)
    };
    let child = json!({ "id": 3, "code": "c3", "parent": 1 });
    let rows = json!([row(1, -5), row(1, 5), row(2, 5), child]);
    // No parent is in the table; the one good row is stored.
    let world = World::new([numbers(&[]), updated(1)]);
    let report = stored(&world, request(orders(), &rows, skip));
    let codes: Vec<_> =
        found(&report).into_iter().map(|(index, _, code, _)| (index, code)).collect();
    assert_eq!(codes, [(0, "check_violated"), (1, "duplicate_in_batch"), (3, "unknown_reference")]);
    assert_eq!(report.tables()[0].counts.stored, 1);
}

#[test]
fn a_row_of_the_page_is_good_once_it_is_mended() {
    let text = b"id,code,points\n1,c1,-5\n2,c,5\n3,c3,5\n".to_vec();
    let csv = RowFormat::of_extension("csv").unwrap();
    let mut sheet = Sheet::open(orders().1, csv, text, SheetOptions::default());
    while sheet.check(7).unwrap() {}
    let faults = sheet.row(0).unwrap().faults;
    let found = (faults[0].column.as_deref(), faults[0].code.as_str());
    assert_eq!((faults.len(), found), (1, (None, "check_violated")), "{faults:?}");
    assert!(faults[0].message.contains("CHECK ck_points: (`points` >= 0)"), "{faults:?}");
    assert_eq!((sheet.counts().ready, sheet.counts().wrong), (1, 2));
    let mended = sheet.set_cell(0, 2, "7").unwrap();
    assert_eq!((mended.good, sheet.counts().wrong), (1, 1));
}
