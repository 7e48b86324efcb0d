//! A file in memory: read, mended, cut into requests, and what their answers make of it.

use rowgate_core::schema::{Schema, Table};
use rowgate_core::{
    DeliveryStep, Dialect, LoadOptions, NdjsonDecoder, Replacement, RowFilter, RowFormat, Sheet,
    SheetError, SheetOptions, preview, table_alone, table_of_file,
};
use serde_json::{Value, json};

use crate::load::Memory;
use crate::world::run_in_turns;

const EXAMPLE: &str = include_str!("../../sql/schema.json");
const SHOP: &str = include_str!("../../samples/shop/schema.json");

fn table(name: &str) -> &'static Table {
    Schema::from_json(if EXAMPLE.contains(&format!("\"name\": \"{name}\"")) {
        EXAMPLE
    } else {
        SHOP
    })
    .unwrap()
    .table(name)
    .unwrap()
}

fn read(table: &'static Table, text: &str) -> Sheet {
    open(table, text.as_bytes(), SheetOptions::default()).unwrap()
}

fn open(table: &'static Table, bytes: &[u8], options: SheetOptions) -> Result<Sheet, SheetError> {
    let mut sheet =
        Sheet::open(table, RowFormat::of_extension("csv").unwrap(), bytes.to_vec(), options);
    while sheet.check(7)? {}
    Ok(sheet)
}

fn codes(sheet: &Sheet) -> Vec<(u32, String)> {
    let rows = sheet.select(&RowFilter { is_wrong: true, ..RowFilter::default() });
    let row = |row| sheet.row(row).unwrap();
    rows.into_iter()
        .flat_map(|at| row(at).faults.into_iter().map(move |it| (at, it.code)))
        .collect()
}

fn answer(status: u16, errors: &Value) -> (u16, Vec<u8>) {
    let report = json!({"type": "urn:rowgate:problem:invalid_rows", "detail": "no", "errors": errors,
        "tables": {"jobs": {"stored": 2, "kept": 0}}});
    (status, serde_json::to_vec(&report).unwrap())
}

#[test]
fn rows_are_judged_as_those_of_a_request() {
    let sheet = read(table("jobs"), "id,job\n1,Clerk\nx,Cook\n3\n1,Baker\n\n5,\n");
    let counts = sheet.counts();
    assert_eq!((counts.rows, counts.ready, counts.wrong), (5, 1, 4));
    let found =
        [(1, "wrong_type"), (2, "wrong_field_count"), (3, "duplicate_in_batch"), (4, "missing")];
    assert_eq!(codes(&sheet), found.map(|(row, code)| (row, code.to_owned())));
    let row = sheet.row(3).unwrap();
    assert_eq!((row.line, row.cells), (5, vec![Some("1".into()), Some("Baker".into())]));
    assert_eq!(row.faults[0].message, "the row on line 2 has the same key");
    assert_eq!(sheet.row(2).unwrap().text.as_deref(), Some("3"));
    assert_eq!(sheet.row(4).unwrap().line, 7);
    assert_eq!(sheet.row(5), None);
}

#[test]
fn what_is_not_certain_is_asked_and_then_read() {
    let text = b"id;email;name;city;birthday\n1;a@b.de;K\xf6hn;Bonn;03.04.1990\n2;c@d.de;Z;Ulm;05.06.1991\n";
    let sheet = open(table("customers"), text, SheetOptions::default()).unwrap();
    let layout: Vec<_> = sheet.layout().into_iter().map(|(name, _)| name).collect();
    assert_eq!(layout, ["delimiter", "encoding", "date_order"]);
    assert_eq!(sheet.row(0).unwrap().cells[2].as_deref(), Some("Köhn"));
    let slashes = "id,email,name,city,birthday\n1,a@b.de,K,Bonn,03/04/1990\n";
    let Err(SheetError::File(error)) =
        open(table("customers"), slashes.as_bytes(), SheetOptions::default())
    else {
        panic!("certain");
    };
    assert_eq!(error.kind.code(), "unclear_layout");
    let mut dialect = Dialect::default();
    dialect.set("date_order", "mdy").unwrap();
    let told = SheetOptions { dialect, ..SheetOptions::default() };
    let mut sheet = open(table("customers"), slashes.as_bytes(), told).unwrap();
    let body = sheet.deliver("key", 10, 1000).unwrap().unwrap().body;
    assert!(body.contains(r#""birthday":"1990-03-04""#), "{body}");
}

#[test]
fn a_mended_cell_is_judged_at_once_and_so_are_the_rows_with_its_key() {
    let mut sheet = read(table("jobs"), "id,job\n1,a\n1,b\n1,c\n2,\n");
    assert_eq!(codes(&sheet).len(), 3);
    assert_eq!(sheet.set_cell(3, 1, " Cook ").unwrap().good, 1);
    assert_eq!(sheet.set_cell(0, 0, "7").unwrap().good, 1);
    // The second row has the key for itself now, and the third one waits for that.
    assert_eq!(codes(&sheet), [(2, "duplicate_in_batch".to_owned())]);
    sheet.set_cell(2, 0, "nine").unwrap();
    assert_eq!(codes(&sheet), [(2, "wrong_type".to_owned())]);
    assert_eq!(sheet.row(3).unwrap().changed, [1]);
    for _ in 0..3 {
        assert!(sheet.undo());
    }
    assert!(!sheet.undo());
    assert_eq!(codes(&sheet).len(), 3);
    assert_eq!(sheet.set_cell(9, 0, ""), Err(SheetError::NoSuchCell));
    assert_eq!(sheet.set_cell(0, 9, ""), Err(SheetError::NoSuchCell));
}

#[test]
fn a_line_that_is_no_cells_is_written_anew() {
    let mut sheet = read(table("jobs"), "id,job\n1,a,b\n2,c\n");
    assert_eq!(sheet.set_cell(0, 0, "1"), Err(SheetError::NotCells));
    assert_eq!(sheet.set_line(1, "x"), Err(SheetError::NoSuchCell));
    assert_eq!(sheet.set_line(0, "1,\"a,b\"").unwrap().good, 1);
    assert_eq!(sheet.row(0).unwrap().cells[1].as_deref(), Some("a,b"));
    sheet.set_cell(0, 1, "d").unwrap();
    // Taken back it is no cells again, though a line of a wrong record may look like a row.
    let mut cut = read(table("jobs"), "id,job\n1,\"a\n2,\"b\n3,c\n");
    assert_eq!(codes(&cut).len(), 2);
    assert_eq!((cut.line_of(1), cut.row(1).unwrap().cells.len()), (3, 0));
    cut.set_line(1, "2,b").unwrap();
    assert_eq!(codes(&cut).len(), 1);
    assert!(cut.undo());
    assert_eq!(codes(&cut).len(), 2);
    assert_eq!(cut.deliver("key", 10, 1000).unwrap().unwrap().rows, [2]);
    let body = sheet.deliver("key", 10, 1000).unwrap().unwrap();
    assert_eq!(body.body, "{\"id\":1,\"job_name\":\"d\"}\n{\"id\":2,\"job_name\":\"c\"}\n");
}

#[test]
fn one_fix_mends_all_rows_with_a_fault() {
    let mut sheet = read(table("jobs"), "id,job\n1,NN\n2,\n3,\nx,NN\n");
    let missing = RowFilter { code: Some("missing".into()), ..RowFilter::default() };
    let mended = sheet.set_cells(&missing, 1, "none");
    assert_eq!((mended.changed, mended.good), (2, 2));
    let find = Replacement { find: "NN".into(), put: "Cook".into(), is_whole: true, column: None };
    assert_eq!(sheet.replace(&RowFilter::default(), &find).changed, 2);
    assert_eq!(sheet.row(3).unwrap().cells[1].as_deref(), Some("Cook"));
    let counts = sheet.fault_counts();
    assert_eq!((counts.len(), counts[0].rows, &*counts[0].samples[0]), (1, 1, "x"));
    assert!(sheet.undo());
    assert_eq!(sheet.row(0).unwrap().cells[1].as_deref(), Some("NN"));
}

/// Every value of the shop's files, and of every type, is read back by the gate as what was checked.
#[test]
fn a_body_is_read_back_as_what_was_checked() {
    for name in ["customers", "orders", "order_lines", "products", "payments"] {
        let path = format!("{}/../samples/shop/{name}.csv", env!("CARGO_MANIFEST_DIR"));
        let bytes = std::fs::read(path).unwrap();
        let mut sheet = open(table(name), &bytes, SheetOptions::default()).unwrap();
        let ready = sheet.counts().ready;
        let body = sheet.deliver("key", usize::MAX, usize::MAX).unwrap().unwrap();
        assert_eq!(body.rows.len() as u32, ready, "{name}");
        let mut again = Sheet::open(
            table(name),
            RowFormat::of_extension("ndjson").unwrap(),
            body.body.clone().into_bytes(),
            SheetOptions::default(),
        );
        while again.check(1000).unwrap() {}
        assert_eq!(again.counts().wrong, 0, "{name}");
        let second = again.deliver("key", usize::MAX, usize::MAX).unwrap().unwrap();
        assert_eq!(second.body, body.body, "{name}");
        let mut decoder = NdjsonDecoder::new(table(name));
        let mut rest = body.body.as_bytes();
        let mut rows = 0;
        while decoder.next_row(&mut rest).is_some() {
            rows += 1;
        }
        assert_eq!(rows, ready);
    }
}

#[test]
fn a_request_has_one_key_however_often_it_is_made() {
    let text = "id,job\n1,a\n2,b\n3,c\n";
    let mut sheet = read(table("jobs"), text);
    let first = sheet.deliver("me", 2, 1000).unwrap().unwrap();
    assert_eq!(first.rows, [0, 1]);
    // No answer came: the same is sent again, and its rows cannot be changed.
    assert_eq!(sheet.settle(0, false, b""), DeliveryStep::Again);
    assert_eq!(sheet.settle(503, false, b"{}"), DeliveryStep::Again);
    assert_eq!(sheet.set_cell(0, 1, "z"), Err(SheetError::Sent));
    assert!(sheet.deliver("another", 2, 1000).is_err());
    let saved = sheet.saved();
    let mut reloaded = read(table("jobs"), text);
    reloaded.go_on(&saved).unwrap();
    assert_eq!(reloaded.deliver("me", 100, 5).unwrap().unwrap(), first);
    let (status, body) = answer(200, &json!([]));
    assert_eq!(reloaded.settle(status, false, &body), DeliveryStep::Stored { stored: 2, kept: 0 });
    assert_eq!((reloaded.counts().done, reloaded.counts().ready), (2, 1));
    assert_eq!(reloaded.set_cell(0, 1, "z"), Err(SheetError::Sent));
    reloaded.set_cell(2, 1, "later").unwrap();
    let last = reloaded.deliver("me", 2, 1000).unwrap().unwrap();
    assert_eq!((last.rows.as_slice(), last.key != first.key), ([2].as_slice(), true));
    // What was sent is not taken back.
    assert!(reloaded.undo());
    assert_eq!(reloaded.row(2).unwrap().cells[1].as_deref(), Some("later"));
}

#[test]
fn rows_that_a_file_has_twice_are_requests_of_their_own() {
    // The database numbers them.
    let mut sheet = read(table("jobs"), "job\nClerk\nClerk\n");
    let first = sheet.deliver("me", 1, 1000).unwrap().unwrap();
    let (status, body) = answer(200, &json!([]));
    assert!(matches!(sheet.settle(status, false, &body), DeliveryStep::Stored { .. }));
    let second = sheet.deliver("me", 1, 1000).unwrap().unwrap();
    assert_eq!((&second.body, second.key == first.key), (&first.body, false));
}

#[test]
fn rows_that_an_earlier_sending_has_stored_are_not_taken_for_stored_again() {
    let mut sheet = read(table("jobs"), "id,job\n1,a\n2,b\n3,c\n");
    let first = sheet.deliver("me", 2, 1000).unwrap().unwrap();
    let (status, body) = answer(200, &json!([]));
    assert_eq!(sheet.settle(status, true, &body), DeliveryStep::SentBefore);
    assert_eq!(sheet.counts().done, 0);
    sheet.send_anew("another sending");
    let again = sheet.deliver("me", 2, 1000).unwrap().unwrap();
    assert_eq!((&again.body, again.key == first.key), (&first.body, false));
    // An answer that was lost comes as a replay, and is that of these rows.
    assert_eq!(sheet.settle(0, false, b""), DeliveryStep::Again);
    assert_eq!(sheet.settle(status, true, &body), DeliveryStep::Stored { stored: 2, kept: 0 });
    sheet.deliver("me", 2, 1000).unwrap().unwrap();
    sheet.take_as_done();
    assert_eq!((sheet.counts().done, sheet.counts().ready), (3, 0));
}

#[test]
fn rows_that_the_database_refuses_are_named_and_the_others_go_on() {
    let mut sheet = read(table("jobs"), "id,job\n1,a\n2,b\n3,c\n");
    sheet.deliver("me", 10, 1000).unwrap().unwrap();
    let errors = json!([{"table": "jobs", "index": 1, "line": 2, "column": "id", "code": "exists", "message": "is there"}]);
    let (status, body) = answer(409, &errors);
    assert_eq!(sheet.settle(status, false, &body), DeliveryStep::Refused { rows: 1 });
    assert_eq!(codes(&sheet), [(1, "exists".to_owned())]);
    assert_eq!(sheet.deliver("me", 10, 1000).unwrap().unwrap().rows, [0, 2]);
    let (status, body) = answer(200, &json!([]));
    sheet.settle(status, false, &body);
    assert_eq!(sheet.deliver("me", 10, 1000), Ok(None));
    sheet.set_cell(1, 0, "20").unwrap();
    assert_eq!(sheet.deliver("me", 10, 1000).unwrap().unwrap().rows, [1]);
}

/// The gate answers a refusal again for as long as it knows the key, also after the missing rows were loaded.
#[test]
fn refused_rows_go_again_in_requests_of_their_own_whose_keys_come_again_with_the_file() {
    let errors = json!([{"table": "jobs", "index": 1, "column": "id", "code": "no_parent", "message": "no"}]);
    let (_, refusal) = answer(422, &errors);
    let keys = |refused_times: usize, reload: bool| {
        let mut sheet = read(table("jobs"), "id,job\n1,a\n2,b\n");
        let mut keys = Vec::new();
        for _ in 0..refused_times {
            keys.push(sheet.deliver("me", 10, 1000).unwrap().unwrap().key);
            assert_eq!(sheet.settle(422, true, &refusal), DeliveryStep::Refused { rows: 1 });
            assert_eq!((sheet.counts().refused, sheet.counts().wrong), (1, 1));
            sheet.forgive();
            if reload {
                let saved = sheet.saved();
                sheet = read(table("jobs"), "id,job\n1,a\n2,b\n");
                sheet.go_on(&saved).unwrap();
            }
        }
        keys.push(sheet.deliver("me", 10, 1000).unwrap().unwrap().key);
        keys
    };
    let first = keys(2, false);
    assert_eq!(first.iter().collect::<std::collections::BTreeSet<_>>().len(), 3);
    // The same file on another day has the same keys, so that what is stored is known.
    assert_eq!(first, keys(2, true));
    // A dry run refuses no request.
    let mut sheet = read(table("jobs"), "id,job\n1,a\n2,b\n");
    sheet.take_probe(&[0, 1], 207, &refusal).unwrap();
    sheet.forgive();
    assert_eq!(sheet.deliver("me", 10, 1000).unwrap().unwrap().key, first[0]);
}

#[test]
fn rows_that_were_sent_with_another_choice_ask_and_can_be_sent_or_changed() {
    let mut sheet = read(table("jobs"), "id,job\n1,a\n");
    let first = sheet.deliver("me", 10, 1000).unwrap().unwrap();
    let reused = br#"{"type":"urn:rowgate:problem:idempotency_key_reused","detail":"no"}"#;
    assert_eq!(sheet.settle(422, false, reused), DeliveryStep::SentOtherwise);
    assert_eq!((sheet.counts().pending, sheet.counts().ready), (0, 1));
    assert_eq!(sheet.deliver("me", 10, 1000).unwrap().unwrap().key, first.key);
    sheet.settle(422, false, reused);
    sheet.send_anew("another sending");
    assert!(sheet.deliver("me", 10, 1000).unwrap().unwrap().key != first.key);
}

#[test]
fn an_answer_that_names_no_row_stops_and_one_that_is_too_large_is_cut() {
    let mut sheet = read(table("jobs"), "id,job\n1,a\n2,b\n");
    sheet.deliver("me", 10, 1000).unwrap().unwrap();
    for (status, step) in [(401, "stop"), (422, "stop"), (500, "stop"), (413, "smaller")] {
        let (_, body) = answer(status, &json!([]));
        let found = match sheet.settle(status, false, &body) {
            DeliveryStep::Stop { message, .. } if message == "no" => "stop",
            DeliveryStep::Smaller => "smaller",
            other => panic!("{other:?}"),
        };
        assert_eq!(found, step, "{status}");
    }
    assert_eq!(sheet.deliver("me", 1, 1000).unwrap().unwrap().rows, [0]);
    let busy = br#"{"type":"urn:rowgate:problem:in_progress","detail":"wait"}"#;
    assert_eq!(sheet.settle(409, false, busy), DeliveryStep::Again);
}

#[test]
fn a_dry_run_names_rows_and_stores_none() {
    let mut sheet = read(table("jobs"), "id,job\n1,a\nx,b\n3,c\n");
    let probe = sheet.probe(0, 10, 1000).unwrap();
    assert_eq!(probe.rows, [0, 2]);
    let errors = json!([{"table": "jobs", "index": 1, "column": "id", "code": "exists", "message": "is there"}]);
    let (status, body) = answer(207, &errors);
    assert_eq!(sheet.take_probe(&probe.rows, status, &body).unwrap().stored, 2);
    assert_eq!(codes(&sheet)[1], (2, "exists".to_owned()));
    sheet.forgive();
    assert_eq!(sheet.counts().ready, 2);
    assert!(matches!(
        sheet.take_probe(&[0], 401, br#"{"detail":"no"}"#),
        Err(DeliveryStep::Stop { .. })
    ));
    assert_eq!(sheet.take_probe(&[0], 0, b""), Err(DeliveryStep::Again));
}

/// The database holds no row to a CHECK that it has already and leaves as it is.
#[test]
fn rows_that_break_a_check_are_held_back_unless_those_that_are_there_are_kept() {
    let text = b"id,sku,title,price\n1,a,A,-1\n2,b,B,-2\n3,c,C,3\n";
    let with = |keeps| {
        open(table("products"), text, SheetOptions { keeps, ..SheetOptions::default() }).unwrap()
    };
    let held_back = with(false);
    assert_eq!(codes(&held_back), [0, 1].map(|row| (row, "check_violated".to_owned())));

    let mut kept = with(true);
    kept.go_on(&held_back.saved()).unwrap();
    assert_eq!(kept.deliver("me", 10, 1000).unwrap().unwrap().rows, [0, 1, 2]);
    // The table does not have the second row.
    let errors = json!([{"table": "products", "index": 1, "column": null, "code": "check_violated", "message": "no"}]);
    let (status, body) = answer(422, &errors);
    assert_eq!(kept.settle(status, false, &body), DeliveryStep::Refused { rows: 1 });
    assert_eq!(kept.deliver("me", 10, 1000).unwrap().unwrap().rows, [0, 2]);
    kept.settle(200, false, b"{}");

    // What is done is done, and no row is wrong twice, by whatever rules the file is read again.
    for keeps in [false, true] {
        let mut again = with(keeps);
        again.go_on(&kept.saved()).unwrap();
        let counts = again.counts();
        assert_eq!((counts.done, counts.wrong, counts.ready), (2, 1, 0), "{keeps}");
        assert_eq!(codes(&again), [(1, "check_violated".to_owned())], "{keeps}");
        again.set_cell(1, 4, "2").unwrap();
        assert_eq!(again.deliver("me", 10, 1000).unwrap().unwrap().rows, [1], "{keeps}");
    }
}

#[test]
fn what_was_saved_of_another_file_is_refused() {
    let saved = read(table("jobs"), "id,job\n1,a\n").saved();
    let mut other = read(table("jobs"), "id,job\n1,a\n2,b\n");
    assert!(matches!(other.go_on(&saved), Err(SheetError::OtherState(_))));
    assert!(matches!(other.go_on("{}"), Err(SheetError::OtherState(_))));
}

#[test]
fn the_wrong_rows_come_as_a_file_that_is_taken_back() {
    let text = "id;job\r\n1;\"a;b\"\r\nx;c\r\n3;d;e\r\n4;\r\n";
    let mut sheet = read(table("jobs"), text);
    sheet.set_cell(3, 1, "").unwrap();
    let leftover = sheet.leftover();
    assert!(
        leftover.text.starts_with("\u{feff}_line;_column;_code;_message;id;job_name\r\n"),
        "{}",
        leftover.text
    );
    assert_eq!(leftover.rows, 3);
    let again = read(table("jobs"), &leftover.text);
    let found: Vec<_> = codes(&again).into_iter().map(|(_, code)| code).collect();
    assert_eq!(found, ["wrong_type", "wrong_field_count", "missing"]);
    assert_eq!(Sheet::template(table("jobs"), ','), "\u{feff}id,job_name\r\n");
}

#[test]
fn a_file_of_other_names_is_shown_before_it_is_read() {
    let text = "Nummer;Beruf\n1;Köchin\n2;Bäcker\n";
    let Err(SheetError::File(error)) =
        open(table("jobs"), text.as_bytes(), SheetOptions::default())
    else {
        panic!("read");
    };
    assert!(matches!(error.kind.code(), "unknown_column" | "no_header"), "{}", error.kind);
    let shown = preview(text.as_bytes(), &Dialect::default());
    assert_eq!(shown.delimiter, ";");
    assert_eq!(shown.lines, [["Nummer", "Beruf"], ["1", "Köchin"], ["2", "Bäcker"]]);
    assert_eq!(preview(b"", &Dialect::default()).lines.len(), 0);
    let latin = preview(b"a,\xfcber\n", &Dialect::default());
    assert_eq!(latin.lines, [["a", "über"]]);
}

#[test]
fn a_table_is_read_without_its_parents() {
    let schema: Value = serde_json::from_str(EXAMPLE).unwrap();
    let employees = &schema["tables"].as_array().unwrap()[1];
    let alone = json!({"rowgate_schema": 1, "tables": [employees]}).to_string();
    assert_eq!(table_alone(&alone).unwrap().name, "employees");
    assert!(table_alone("{}").is_err());
    let tables = || {
        vec![
            ("employees".to_owned(), vec!["hired_employees".to_owned()]),
            ("jobs".to_owned(), vec![]),
        ]
    };
    assert_eq!(table_of_file(tables(), "Hired_Employees (1).csv"), Some("employees"));
    assert_eq!(table_of_file(tables(), "cats.csv"), None);
}

#[test]
fn rows_far_apart_are_read_and_changed() {
    let mut text = String::from("id,job\n");
    (0..5_000).for_each(|row| text.push_str(&format!("{row},\"job\n{row}\"\n")));
    let mut sheet = read(table("jobs"), &text);
    // 0 is no id: the database would renumber it.
    assert_eq!(codes(&sheet), [(0, "out_of_range".to_owned())]);
    for row in [4_999, 17, 2_500, 0] {
        assert_eq!(sheet.row(row).unwrap().cells[1].as_deref(), Some(&*format!("job\n{row}")));
        assert_eq!(sheet.line_of(row), u64::from(row) * 2 + 2);
    }
    sheet.set_cell(4_999, 1, "last").unwrap();
    let rows = sheet.deliver("me", usize::MAX, usize::MAX).unwrap().unwrap();
    assert_eq!(rows.rows.len(), 4_999);
    assert!(rows.body.ends_with("{\"id\":4999,\"job_name\":\"last\"}\n"));
}

/// A file as the two see it: what is wrong row by row, or why it is not read at all.
type Outcome = Result<Vec<(u64, Option<String>, String)>, String>;

fn by_check(schema: Schema, table: &str, bytes: &[u8]) -> Outcome {
    let memory = Memory { bytes: bytes.into(), broken: None };
    let path = format!("{table}/file.csv");
    let report = run_in_turns(rowgate_core::check(schema, &memory, &path, &LoadOptions::default()));
    let report = serde_json::to_value(&report).unwrap();
    let errors = report["errors"].as_array().unwrap();
    let text = |value: &Value| value.as_str().map(ToOwned::to_owned);
    let is_refused = |error: &&Value| error["index"].is_null();
    match errors.iter().find(is_refused) {
        Some(refusal) => Err(text(&refusal["code"]).unwrap()),
        None => Ok(errors
            .iter()
            .map(|it| {
                (it["line"].as_u64().unwrap(), text(&it["column"]), text(&it["code"]).unwrap())
            })
            .collect()),
    }
}

fn by_sheet(table: &'static Table, bytes: &[u8]) -> Outcome {
    let options = SheetOptions { may_lack: true, ..SheetOptions::default() };
    let sheet = open(table, bytes, options).map_err(|error| match error {
        SheetError::File(error) => error.kind.code().to_owned(),
        other => panic!("{other}"),
    })?;
    let wrong = sheet.select(&RowFilter { is_wrong: true, ..RowFilter::default() });
    let rows = wrong.into_iter().filter_map(|row| sheet.row(row));
    let faults = rows.flat_map(|row| {
        let line = row.line;
        row.faults.into_iter().map(move |fault| (line, fault.column, fault.code))
    });
    Ok(faults.take(100).collect())
}

/// The corpus of files: page and `rowgate check` find the same, but for packed files, which the browser unpacks.
#[test]
fn the_page_finds_what_a_check_finds() {
    let corpus = format!("{}/../tests/corpus", env!("CARGO_MANIFEST_DIR"));
    let expected = std::fs::read_to_string(format!("{corpus}/expected.json")).unwrap();
    let expected: serde_json::Map<String, Value> = serde_json::from_str(&expected).unwrap();
    let (hr, shop) = (Schema::from_json(EXAMPLE).unwrap(), Schema::from_json(SHOP).unwrap());
    let (mut same, mut others) = (0, Vec::new());
    for (name, entry) in &expected {
        let (Some(table), Ok(bytes)) =
            (entry["table"].as_str(), std::fs::read(format!("{corpus}/files/{name}")))
        else {
            continue;
        };
        if bytes.starts_with(b"\x1f\x8b") {
            continue;
        }
        let schema = if hr.table(table).is_some() { hr } else { shop };
        let Some(found) = schema.table(table) else { continue };
        let (check, sheet) = (by_check(schema, table, &bytes), by_sheet(found, &bytes));
        match check == sheet {
            true => same += 1,
            false => others.push(format!("{name}: check {check:?}, page {sheet:?}")),
        }
    }
    assert!(same > 300, "{same}");
    assert_eq!(others, Vec::<String>::new());
}
