//! Rows that are one key by the collation of a text: which calls are made, and what is named.

use crate::world::door::*;
use crate::world::*;
use rowgate_core::schema::{Column, ColumnType, Schema, Table};
use rowgate_core::{Gate, Response, SendError, Settings};
use serde_json::{Value, json};

const COLLATION: Option<&str> = Some("utf8mb4_unicode_ci");

const CODE: Column = Column {
    nullable: false,
    collation: COLLATION,
    ..Column::new("code", ColumnType::known("varchar(8)", None, COLLATION))
};

const NUMBER: Column = Column {
    nullable: false,
    auto_increment: true,
    ..Column::new("number", ColumnType::known("int", None, None))
};

const SCHEMA: Schema = Schema::new(&[
    Table::new("codes", &[CODE]),
    Table { key: &[1, 0], ..Table::new("numbered", &[NUMBER, CODE]) },
]);

type Answer = Result<Response, SendError>;

/// Posts rows, of which the good ones are stored; what is wrong with the others.
fn named(world: &World, table: &str, rows: &Value, way: &str) -> Vec<(u64, String, String)> {
    let lookup = |name: &str| {
        Some(match name {
            "API_KEYS" => format!("[{}]", key(1).entry()),
            "AWS_REGION" => "eu-west-1".into(),
            "DB_CLUSTER_ARN" | "DB_SECRET_ARN" | "DB_NAME" => "name".into(),
            _ => return None,
        })
    };
    let gate = Gate::new(Settings::read(&lookup, SCHEMA).unwrap(), WAITING);
    let path = format!("/tables/{table}/rows?on_error=skip&on_duplicate={way}");
    let head = head(&path, "application/json");
    let response = run(gate.handle(world, &head, async |_| Ok(rows.to_string().into())));
    assert_eq!(world.answers_left(), 0, "calls that were not made");
    let answer = body(&response);
    assert!(answer["errors"].is_array(), "{answer}");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let error =
        |it: &Value| (it["index"].as_u64().unwrap(), text(&it["column"]), text(&it["code"]));
    answer["errors"].as_array().unwrap().iter().map(error).collect()
}

fn duplicate(index: u64, column: &str) -> (u64, String, String) {
    (index, column.into(), "duplicate_in_batch".into())
}

fn pairs(pairs: &[(i64, i64)]) -> Answer {
    let rows = pairs.iter().map(|(row, first)| json!([{"longValue": row}, {"longValue": first}]));
    answer(
        200,
        &json!({"records": rows.collect::<Vec<_>>(), "numberOfRecordsUpdated": 0}).to_string(),
    )
}

#[test]
fn an_update_and_a_keep_ask_first_and_leave_the_later_row_out() {
    let rows = json!([{"code": "a"}, {"code": "b"}, {"code": "A"}]);
    for way in ["update", "keep"] {
        let world = World::new([pairs(&[(3, 1)]), updated(2)]);
        assert_eq!(named(&world, "codes", &rows, way), [duplicate(2, "code")]);
        let calls = world.calls();
        let sql = calls[0].1["sql"].as_str().unwrap();
        assert!(
            sql.contains("PARTITION BY CONVERT(r.k0 USING utf8mb4) COLLATE utf8mb4_unicode_ci")
        );
        assert_eq!(calls[1].1["parameters"][0]["value"]["stringValue"], r#"[["a"],["b"]]"#);
    }
}

#[test]
fn a_single_row_needs_no_such_call() {
    let world = World::new([updated(1)]);
    assert_eq!(named(&world, "codes", &json!([{"code": "a"}]), "update"), []);
}

#[test]
fn fail_asks_when_the_database_has_refused_the_rows() {
    let rows = json!([{"code": "a"}, {"code": "A"}]);
    assert_eq!(named(&World::new([updated(2)]), "codes", &rows, "fail"), []);

    let world = World::new([database_error(1062), pairs(&[(2, 1)]), pairs(&[]), updated(1)]);
    assert_eq!(named(&world, "codes", &rows, "fail"), [duplicate(1, "code")]);
}

#[test]
fn rows_that_the_database_numbers_are_no_duplicates() {
    let row = |number: Value| json!({"number": number, "code": "a"});
    let rows = json!([{"code": "a"}, {"code": "a"}, row(json!(7)), row(json!(7))]);
    let world = World::new([begun(), updated(2), updated(1), ended()]);
    assert_eq!(named(&world, "numbered", &rows, "fail"), [duplicate(3, "code, number")]);
}
