//! VARCHAR, of which MySQL counts the length in characters.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;

use super::answer::Answer;
use super::avro_type::{AvroType, AvroValue};
use super::character_set::CharacterSet;
use super::comparable::Comparable;
use super::definition::{DEFAULT_SOURCE, Definition, LONG_SOURCE, Rules};
use super::key_kind::KeyKind;
use super::raw::{number, split_once, strip, text};
use crate::table::issue::RowErrorKind;
use crate::table::value::{Cell, RawField};

/// A VARCHAR.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Varchar {
    max_chars: usize,
    character_set: CharacterSet,
}

impl Varchar {
    /// The most bytes that a VARCHAR can have.
    const MOST_BYTES: usize = 65_535;

    /// The type of this name in `information_schema`, and of this collation.
    pub(super) const fn of(
        name: &[u8],
        format: Option<&[u8]>,
        collation: Option<&[u8]>,
    ) -> Option<Self> {
        let (Some(rest), None) = (strip(name, b"varchar("), format) else { return None };
        let Some((digits, b"")) = split_once(rest, b')') else { return None };
        match (number(digits), CharacterSet::of(collation)) {
            (Some(max_chars @ 1..), Some(character_set))
                if max_chars <= Self::MOST_BYTES / character_set.widest() =>
            {
                Some(Self { max_chars, character_set })
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

    fn most_bytes(self) -> u64 {
        4 * self.max_chars as u64
    }

    fn character_set(self) -> Option<&'static str> {
        Some(self.character_set.name())
    }

    fn parse<'r>(self, field: RawField<'r>, _: &Rules) -> Result<Cell<'r>, RowErrorKind> {
        let text = text(field, self.expected())?;
        self.character_set.check(&text)?;
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

    /// Of other character sets the longest value has more bytes in utf8mb4 than a TEXT holds.
    fn source(self) -> &'static str {
        match self.character_set {
            CharacterSet::Utf8mb4 => DEFAULT_SOURCE,
            _ => LONG_SOURCE,
        }
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
