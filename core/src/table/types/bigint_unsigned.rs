//! BIGINT UNSIGNED, whose greatest values pass a signed integer of 64 bits: its digits, as a text.

use alloc::borrow::{Cow, ToOwned};
use alloc::format;
use alloc::string::{String, ToString};

use super::answer::Answer;
use super::avro_type::{AvroType, AvroValue};
use super::comparable::Comparable;
use super::definition::{Definition, LONG_SOURCE, Rules};
use super::key_kind::KeyKind;
use super::raw::{is_integer, is_whole_decimal, whole, wrong_type};
use crate::table::cell_forms::Notation;
use crate::table::issue::RowErrorKind;
use crate::table::value::{Cell, RawField};

/// BIGINT UNSIGNED.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BigintUnsigned;

impl BigintUnsigned {
    const NAME: &'static str = "bigint unsigned";

    /// The digits of the greatest value.
    const DIGITS: u8 = 20;

    /// The type of this name in `information_schema`, without a display width.
    pub(super) const fn of(name: &[u8], format: Option<&[u8]>, _: Option<&[u8]>) -> Option<Self> {
        match (name, format) {
            (b"bigint unsigned", None) => Some(Self),
            _ => None,
        }
    }
}

impl Definition for BigintUnsigned {
    fn expected(self) -> &'static str {
        "an integer"
    }

    fn sql_name(self) -> String {
        Self::NAME.to_owned()
    }

    fn character_set(self) -> Option<&'static str> {
        None
    }

    /// A string is taken, too: JavaScript's numbers end at 53 bits.
    fn parse<'r>(self, field: RawField<'r>, rules: &Rules) -> Result<Cell<'r>, RowErrorKind> {
        let field = match field {
            RawField::Cell(cell) => RawField::Cell(rules.forms.integer(cell)),
            field => field,
        };
        let digits = match &field {
            RawField::Integer(value) => Cow::Owned(value.to_string()),
            RawField::Double(value) => Cow::Owned(whole(*value)?.to_string()),
            RawField::Number(digits) | RawField::Cell(digits) => Cow::Borrowed(*digits),
            RawField::Text(text) => Cow::Borrowed(&**text),
            other => return Err(wrong_type(self.expected(), other)),
        };
        if !is_integer(&digits) {
            return Err(match field {
                RawField::Cell(cell) if is_whole_decimal(cell) => RowErrorKind::DecimalInteger,
                field => wrong_type(self.expected(), &field),
            });
        }
        // Of more than 128 bits, or more zeros than a number needs, which is no less wrong.
        let value = digits.parse::<i128>().ok().and_then(|value| u64::try_from(value).ok());
        match value {
            Some(value) if !(rules.not_zero && value == 0) => {
                Ok(Cell::Text(Cow::Owned(value.to_string())))
            }
            _ => Err(RowErrorKind::OutOfRange { min: 0, max: u64::MAX, not_zero: rules.not_zero }),
        }
    }

    fn reads_as_value(self, cell: &str) -> Option<bool> {
        Some(is_integer(cell))
    }

    fn notation(self) -> Notation {
        Notation::Integer
    }

    fn source(self) -> &'static str {
        LONG_SOURCE
    }

    /// As a text: the service has no integers of more than 63 bits.
    fn canonical(self, column: &str) -> String {
        format!("CAST({column} AS CHAR)")
    }

    /// Digits are the same in every character set.
    fn digest(self, column: &str) -> String {
        column.to_owned()
    }

    fn exact(self, column: &str) -> String {
        column.to_owned()
    }

    fn answer(self) -> Answer {
        Answer::Text
    }

    fn key_kind(self) -> KeyKind {
        KeyKind::Unsigned
    }

    fn comparable(self) -> Comparable {
        Comparable::Unsigned
    }

    fn avro(self) -> AvroType {
        AvroType::Decimal { precision: Self::DIGITS, scale: 0 }
    }

    fn accepts(self, value: AvroValue) -> bool {
        use AvroValue::{Decimal, Double, Integer, Text};
        matches!(value, Integer | Double | Decimal | Text)
    }

    fn accepted(self) -> &'static str {
        "int, long, double, decimal or string"
    }
}
