//! VARCHAR, of which MySQL counts the length in characters.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;

use super::answer::Answer;
use super::avro_type::{AvroType, AvroValue};
use super::definition::{Definition, Rules};
use super::key_kind::KeyKind;
use super::raw::{number, text};
use crate::table::issue::RowErrorKind;
use crate::table::value::{Cell, RawField};

/// A VARCHAR of utf8mb4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Varchar {
    max_chars: usize,
}

impl Varchar {
    /// The greatest length that a VARCHAR of utf8mb4 can have.
    const LONGEST: usize = 16_383;

    /// The type of this name in `information_schema`.
    pub(super) const fn of(name: &[u8], format: Option<&[u8]>, _: Option<&[u8]>) -> Option<Self> {
        match (name, format) {
            ([b'v', b'a', b'r', b'c', b'h', b'a', b'r', b'(', digits @ .., b')'], None) => {
                match number(digits) {
                    Some(max_chars @ 1..=Self::LONGEST) => Some(Self { max_chars }),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The most Unicode scalar values that it takes.
    pub(super) const fn max_chars(self) -> usize {
        self.max_chars
    }
}

impl Definition for Varchar {
    fn expected(self) -> &'static str {
        "a string"
    }

    fn sql_name(self) -> String {
        format!("varchar({})", self.max_chars)
    }

    fn character_set(self) -> Option<&'static str> {
        Some("utf8mb4")
    }

    fn parse<'r>(self, field: RawField<'r>, _: Rules) -> Result<Cell<'r>, RowErrorKind> {
        let text = text(field, self.expected())?;
        // A text never has more characters than bytes, so most need no counting.
        if text.len() > self.max_chars {
            let got = text.chars().count();
            if got > self.max_chars {
                return Err(RowErrorKind::TooLong { limit: self.max_chars, got });
            }
        }
        Ok(Cell::Text(text))
    }

    fn reads_as_value(self, _: &str) -> Option<bool> {
        None
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
