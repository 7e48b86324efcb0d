//! CHAR, which MySQL fills up with blanks, and gives back without those at its end.

use alloc::borrow::{Cow, ToOwned};
use alloc::format;
use alloc::string::String;

use super::answer::Answer;
use super::avro_type::{AvroType, AvroValue};
use super::character_set::CharacterSet;
use super::comparable::Comparable;
use super::definition::{Definition, LONG_SOURCE, Rules};
use super::key_kind::KeyKind;
use super::raw::{number, split_once, strip, text};
use crate::table::issue::RowErrorKind;
use crate::table::value::{Cell, RawField};

/// A CHAR.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Char {
    max_chars: usize,
    character_set: CharacterSet,
}

impl Char {
    /// The type of this name in `information_schema`, and of this collation.
    pub(super) const fn of(
        name: &[u8],
        format: Option<&[u8]>,
        collation: Option<&[u8]>,
    ) -> Option<Self> {
        let (Some(rest), None) = (strip(name, b"char("), format) else { return None };
        let Some((max_chars, b"")) = split_once(rest, b')') else { return None };
        match (number(max_chars), CharacterSet::of(collation)) {
            (Some(max_chars @ 1..=255), Some(character_set)) => {
                Some(Self { max_chars, character_set })
            }
            _ => None,
        }
    }
}

impl Definition for Char {
    fn expected(self) -> &'static str {
        "a string"
    }

    fn sql_name(self) -> String {
        format!("char({})", self.max_chars)
    }

    fn most_bytes(self) -> u64 {
        4 * self.max_chars as u64
    }

    fn character_set(self) -> Option<&'static str> {
        Some(self.character_set.name())
    }

    fn parse<'r>(self, field: RawField<'r>, _: &Rules) -> Result<Cell<'r>, RowErrorKind> {
        let text = without_blanks(text(field, self.expected())?);
        self.character_set.check(&text)?;
        let got = text.chars().count();
        match got > self.max_chars {
            true => Err(RowErrorKind::TooLong { limit: self.max_chars, got }),
            false => Ok(Cell::Text(text)),
        }
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

/// A text without the blanks at its end.
fn without_blanks(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_end_matches(' ')),
        Cow::Owned(mut text) => {
            text.truncate(text.trim_end_matches(' ').len());
            Cow::Owned(text)
        }
    }
}
