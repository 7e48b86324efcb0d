//! JSON: documents.

use alloc::borrow::{Cow, ToOwned};
use alloc::format;
use alloc::string::String;

use super::answer::Answer;
use super::avro_type::{AvroType, AvroValue};
use super::definition::{Definition, LONG_SOURCE, Rules};
use super::document;
use super::key_kind::KeyKind;
use super::raw::wrong_type;
use crate::table::issue::RowErrorKind;
use crate::table::value::{Cell, RawField};

/// A JSON column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Json;

impl Json {
    /// The type of this name, which MariaDB's LONGTEXT with a check of `json_valid` has as well.
    pub(super) const fn of(name: &[u8], format: Option<&[u8]>, _: Option<&[u8]>) -> Option<Self> {
        match (name, format) {
            (b"json", None) => Some(Self),
            _ => None,
        }
    }
}

impl Definition for Json {
    fn expected(self) -> &'static str {
        "a JSON document"
    }

    fn sql_name(self) -> String {
        "json".to_owned()
    }

    fn most_bytes(self) -> u64 {
        u32::MAX.into()
    }

    fn character_set(self) -> Option<&'static str> {
        None
    }

    /// Where a body is JSON its value is the document, a string included; elsewhere a text is parsed.
    fn parse<'r>(self, field: RawField<'r>, _: &Rules) -> Result<Cell<'r>, RowErrorKind> {
        let text = match field {
            RawField::Document(text) | RawField::Cell(text) => Cow::Borrowed(text),
            RawField::Text(text) => text,
            other => return Err(wrong_type(self.expected(), &other)),
        };
        document::check(&text)?;
        Ok(Cell::Text(text))
    }

    fn takes_document(self) -> bool {
        true
    }

    fn reads_as_value(self, cell: &str) -> Option<bool> {
        Some(document::check(cell).is_ok())
    }

    fn source(self) -> &'static str {
        LONG_SOURCE
    }

    /// MariaDB keeps a JSON column as a text, and stores a bare value's length modulo 65,536.
    fn written(self, source: &str) -> String {
        format!("CONVERT({source} USING utf8mb4)")
    }

    /// MySQL writes a document in a form of its own, which stays as it is when it comes back.
    fn canonical(self, column: &str) -> String {
        format!("CONVERT({column} USING utf8mb4)")
    }

    fn digest(self, column: &str) -> String {
        self.canonical(column)
    }

    /// As a text: MySQL takes 1 and 1.0 for one document.
    fn exact(self, column: &str) -> String {
        format!("CAST(CONVERT({column} USING utf8mb4) AS BINARY)")
    }

    fn answer(self) -> Answer {
        Answer::Text
    }

    fn key_kind(self) -> KeyKind {
        KeyKind::Unfit
    }

    fn avro(self) -> AvroType {
        AvroType::String
    }

    fn accepts(self, value: AvroValue) -> bool {
        value == AvroValue::Text
    }

    fn accepted(self) -> &'static str {
        "string"
    }
}
