//! A row of a file that is no text, as a reject file of NDJSON gives it back.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::format::json::is_json;
use crate::table::date_time::date_of_days;
use crate::table::record::{RawField, RawRow};
use crate::table::schema::Table;
use crate::table::types::Definition;

/// A row as one line of JSON, as a reject file gives it back: its fields by their columns' names.
pub(crate) fn row_text(table: &Table, row: &RawRow<'_>) -> Vec<u8> {
    let mut text = String::from("{");
    for (column, field) in table.columns.iter().zip(&row.fields) {
        let Some(value) = field_text(field, column.column_type.takes_document()) else { continue };
        let comma = if text.len() > 1 { "," } else { "" };
        let name = serde_json::Value::from(column.name);
        text.push_str(&alloc::format!("{comma}{name}:{value}"));
    }
    text.push('}');
    text.into_bytes()
}

/// A field as JSON; `None` of one that the row does not carry.
fn field_text(field: &RawField<'_>, takes_documents: bool) -> Option<String> {
    Some(match field {
        RawField::Absent => return None,
        RawField::Null => "null".into(),
        RawField::Bool(value) => value.to_string(),
        RawField::Integer(value) => value.to_string(),
        RawField::Number(digits) => (*digits).into(),
        RawField::Double(value) => match serde_json::Number::from_f64(*value) {
            Some(number) => number.to_string(),
            None => serde_json::Value::from(value.to_string()).to_string(),
        },
        RawField::Day(days) => {
            let text = date_of_days(*days).unwrap_or_else(|| days.to_string());
            serde_json::Value::from(text).to_string()
        }
        // A text in a column of documents is one.
        RawField::Text(text) if takes_documents && is_json(text.as_bytes()) => text.to_string(),
        RawField::Cell(text) if takes_documents && is_json(text.as_bytes()) => text.to_string(),
        RawField::Text(text) => serde_json::Value::from(&**text).to_string(),
        RawField::Cell(text) => serde_json::Value::from(*text).to_string(),
        RawField::Document(text) => (*text).into(),
        RawField::Other(name) => serde_json::Value::from(*name).to_string(),
    })
}
