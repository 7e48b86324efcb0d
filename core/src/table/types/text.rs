//! TINYTEXT to LONGTEXT, of which MySQL counts the length in bytes.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;

use super::answer::Answer;
use super::avro_type::{AvroType, AvroValue};
use super::character_set::CharacterSet;
use super::comparable::Comparable;
use super::definition::{Definition, LONG_SOURCE, Rules};
use super::key_kind::KeyKind;
use super::raw::text;
use crate::table::issue::RowErrorKind;
use crate::table::value::{Cell, RawField};

/// A text type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text {
    name: &'static str,
    /// In its own character set.
    max_bytes: usize,
    character_set: CharacterSet,
}

impl Text {
    /// The type of this name in `information_schema`, and of this collation.
    pub(super) const fn of(
        name: &[u8],
        format: Option<&[u8]>,
        collation: Option<&[u8]>,
    ) -> Option<Self> {
        let (name, max_bytes) = match name {
            b"tinytext" => ("tinytext", 255),
            b"text" => ("text", 65_535),
            b"mediumtext" => ("mediumtext", 16_777_215),
            b"longtext" => ("longtext", 4_294_967_295),
            _ => return None,
        };
        match (CharacterSet::of(collation), format) {
            (Some(character_set), None) => Some(Self { name, max_bytes, character_set }),
            _ => None,
        }
    }
}

impl Definition for Text {
    fn expected(self) -> &'static str {
        "a string"
    }

    fn sql_name(self) -> String {
        self.name.to_owned()
    }

    fn most_bytes(self) -> u64 {
        // A byte of latin1 may have three of UTF-8.
        3 * self.max_bytes as u64
    }

    fn character_set(self) -> Option<&'static str> {
        Some(self.character_set.name())
    }

    fn parse<'r>(self, field: RawField<'r>, _: &Rules) -> Result<Cell<'r>, RowErrorKind> {
        let text = text(field, self.expected())?;
        self.character_set.check(&text)?;
        // In no character set a text has more bytes than here.
        if text.len() > self.max_bytes {
            let got = self.character_set.bytes(&text);
            if got > self.max_bytes {
                return Err(RowErrorKind::TooManyBytes { limit: self.max_bytes, got });
            }
        }
        Ok(Cell::Text(text))
    }

    fn reads_as_value(self, _: &str) -> Option<bool> {
        None
    }

    fn source(self) -> &'static str {
        LONG_SOURCE
    }

    /// MariaDB stores a bare value's length modulo 65,536; that of a function it stores as it is.
    fn written(self, source: &str) -> String {
        format!("CONVERT({source} USING utf8mb4)")
    }

    fn canonical(self, column: &str) -> String {
        column.to_owned()
    }

    fn digest(self, column: &str) -> String {
        format!("CONVERT({column} USING utf8mb4)")
    }

    fn exact(self, column: &str) -> String {
        format!("CAST({column} AS BINARY)")
    }

    fn answer(self) -> Answer {
        Answer::Text
    }

    fn key_kind(self) -> KeyKind {
        KeyKind::Text
    }

    fn comparable(self) -> Comparable {
        Comparable::Text
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
