//! `GET /openapi.json`: the routes by OpenAPI 3.1, and for a key its tables.

use alloc::format;
use alloc::string::String;
use alloc::vec;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::api_key::KeyEntry;
use super::tables::of_key;
use crate::aws::http::Response;
use crate::base::json_string::write_string;
use crate::table::example::example_row;
use crate::table::schema::{Column, Schema, Table};
use crate::table::types::{Definition, Rules};
use crate::table::value::RawField;

/// Everything but the tables, which stand where a member begins with `@`.
const ROUTES: &str = include_str!("openapi.json");

/// Texts of which one is a value of most types that are texts in JSON.
const TEXTS: [&str; 7] =
    ["A", "2026-01-31T12:00:00Z", "2026-01-31", "12:00:00", "1.5", "QQ==", "{}"];

/// All but what RFC 3986 calls unreserved.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The description; without a key the routes alone.
pub(super) fn openapi(schema: Schema, key: Option<&KeyEntry>) -> Response {
    let (mut paths, mut rows) = (String::new(), String::new());
    for table in key.into_iter().flat_map(|key| of_key(schema, key)) {
        let separator = if paths.is_empty() { "" } else { "," };
        paths.push_str(separator);
        rows.push_str(separator);
        write_paths(&mut paths, table);
        write_row_schema(&mut rows, table);
    }
    if key.is_none() {
        paths.push_str(ANY_TABLE);
    }
    let rows = if rows.is_empty() { r#""Row":{"type":"object"}"#.into() } else { rows };
    let document = ROUTES
        .replace("@version", env!("CARGO_PKG_VERSION"))
        .replace(r#""@tables": 0"#, &paths)
        .replace(r#""@rows": 0"#, &rows);
    Response {
        status: 200,
        headers: vec![("content-type".into(), "application/json".into())],
        body: document.into_bytes(),
    }
}

/// The routes of a table, for clients without a key.
const ANY_TABLE: &str = r##""/schema/{table}.json":{"get":{"operationId":"schema","summary":"One table in the form of a schema.json","parameters":[{"name":"table","in":"path","required":true,"schema":{"type":"string"}}],"responses":{"200":{"description":"The table","content":{"application/json":{"schema":{"type":"object"}}}},"default":{"$ref":"#/components/responses/Problem"}}}},"/tables/{table}/rows":{"post":{"operationId":"rows","summary":"Store rows of one table, all or none","parameters":[{"name":"table","in":"path","required":true,"schema":{"type":"string"}},{"$ref":"#/components/parameters/IdempotencyKey"},{"$ref":"#/components/parameters/OnError"},{"$ref":"#/components/parameters/OnDuplicate"},{"$ref":"#/components/parameters/DryRun"},{"$ref":"#/components/parameters/Strict"}],"requestBody":{"required":true,"content":{"application/json":{"schema":{"type":"array","items":{"type":"object"}}},"application/x-ndjson":{"schema":{"type":"string"}},"text/csv":{"schema":{"type":"string"}}}},"responses":{"200":{"$ref":"#/components/responses/Stored"},"207":{"$ref":"#/components/responses/Stored"},"default":{"$ref":"#/components/responses/Problem"}}}}"##;

/// The routes of one table.
fn write_paths(paths: &mut String, table: &Table) {
    let (segment, name) = (utf8_percent_encode(table.name, ENCODED), quoted(table.name));
    let row = quoted(&format!("#/components/schemas/{}", schema_name(table)));
    let example = example_row(table);
    let one = format!(
        r##""/schema/{segment}.json":{{"get":{{"tags":[{name}],"summary":"The table in the form of a schema.json","responses":{{"200":{{"description":"The table","content":{{"application/json":{{"schema":{{"type":"object"}}}}}}}},"default":{{"$ref":"#/components/responses/Problem"}}}}}}}},"/tables/{segment}/rows":{{"post":{{"tags":[{name}],"summary":"Store rows of the table, all or none","parameters":[{{"$ref":"#/components/parameters/IdempotencyKey"}},{{"$ref":"#/components/parameters/OnError"}},{{"$ref":"#/components/parameters/OnDuplicate"}},{{"$ref":"#/components/parameters/DryRun"}},{{"$ref":"#/components/parameters/Strict"}}],"requestBody":{{"required":true,"content":{{"application/json":{{"schema":{{"type":"array","items":{{"$ref":{row}}}}},"example":[{example}]}},"application/x-ndjson":{{"schema":{{"type":"string"}}}},"text/csv":{{"schema":{{"type":"string"}}}}}}}},"responses":{{"200":{{"$ref":"#/components/responses/Stored"}},"207":{{"$ref":"#/components/responses/Stored"}},"default":{{"$ref":"#/components/responses/Problem"}}}}}}}}"##
    );
    paths.push_str(&one);
}

/// The JSON Schema of a table's rows.
fn write_row_schema(rows: &mut String, table: &Table) {
    rows.push_str(&quoted(&schema_name(table)));
    rows.push_str(r#":{"type":"object","properties":{"#);
    for (at, column) in table.columns.iter().enumerate() {
        rows.push_str(if at > 0 { "," } else { "" });
        write_column(rows, column);
    }
    rows.push_str(r#"},"required":["#);
    let needed = table.columns.iter().filter(|column| column.is_required());
    for (at, column) in needed.enumerate() {
        rows.push_str(if at > 0 { "," } else { "" });
        write_string(rows, column.name);
    }
    rows.push_str("]}");
}

/// A column by the JSON values that its type takes.
fn write_column(rows: &mut String, column: &Column) {
    let of = column.column_type;
    write_string(rows, column.name);
    rows.push_str(r#":{"description":"#);
    write_string(rows, &of.sql_name());
    if !of.takes_document() {
        let takes = |field| of.parse(field, &Rules::default()).is_ok();
        let is_integer = takes(RawField::Integer(1));
        let is_text = TEXTS.iter().any(|text| takes(RawField::Text((*text).into())));
        let types = [
            ("integer", is_integer),
            ("number", takes(RawField::Number("1.5"))),
            ("boolean", takes(RawField::Bool(true))),
            ("string", is_text || !is_integer),
            ("null", column.nullable),
        ];
        rows.push_str(r#","type":["#);
        let mut separator = "";
        for (name, _) in types.iter().filter(|(_, is_taken)| *is_taken) {
            rows.push_str(separator);
            write_string(rows, name);
            separator = ",";
        }
        rows.push(']');
    }
    rows.push('}');
}

/// A name that a reference can have: letters, digits, points, `-` and `_`.
fn schema_name(table: &Table) -> String {
    let name = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
    format!("row-{}", table.name.chars().map(name).collect::<String>())
}

fn quoted(text: &str) -> String {
    let mut json = String::new();
    write_string(&mut json, text);
    json
}
