//! BIT: up to 64 bits, as the number that they are.

use alloc::borrow::{Cow, ToOwned};
use alloc::format;
use alloc::string::{String, ToString};

use super::answer::Answer;
use super::avro_type::{AvroType, AvroValue};
use super::bigint_unsigned::BigintUnsigned;
use super::definition::{Definition, LONG_SOURCE, Rules};
use super::key_kind::KeyKind;
use super::raw::{number, split_once, strip};
use crate::table::cell_forms::Notation;
use crate::table::issue::RowErrorKind;
use crate::table::value::{Cell, RawField};

/// A BIT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bit {
    /// How many bits, at most 64.
    bits: u8,
    number: BigintUnsigned,
}

impl Bit {
    /// The type of this name in `information_schema`: `bit(8)`.
    pub(super) const fn of(name: &[u8], format: Option<&[u8]>, _: Option<&[u8]>) -> Option<Self> {
        let (Some(rest), Some(number_type)) =
            (strip(name, b"bit("), BigintUnsigned::of(b"bigint unsigned", format, None))
        else {
            return None;
        };
        let Some((digits, b"")) = split_once(rest, b')') else { return None };
        match number(digits) {
            Some(bits @ 1..=64) => Some(Self { bits: bits as u8, number: number_type }),
            _ => None,
        }
    }

    const fn greatest(self) -> u64 {
        u64::MAX >> (64 - self.bits)
    }
}

impl Definition for Bit {
    fn expected(self) -> &'static str {
        self.number.expected()
    }

    fn sql_name(self) -> String {
        format!("bit({})", self.bits)
    }

    fn character_set(self) -> Option<&'static str> {
        None
    }

    /// One bit is what many programs have for true and false.
    #[inline(never)]
    fn parse<'r>(self, field: RawField<'r>, rules: &Rules) -> Result<Cell<'r>, RowErrorKind> {
        let field = match field {
            RawField::Bool(value) if self.bits == 1 => RawField::Integer(value.into()),
            field => field,
        };
        let beyond = || {
            let max = self.greatest();
            RowErrorKind::OutOfRange { min: 0, max, not_zero: rules.not_zero }
        };
        match self.number.parse(field, rules) {
            Ok(Cell::Text(digits)) if digits.parse().is_ok_and(|it: u64| it <= self.greatest()) => {
                Ok(Cell::Text(Cow::Owned(digits.to_string())))
            }
            Ok(_) | Err(RowErrorKind::OutOfRange { .. }) => Err(beyond()),
            Err(error) => Err(error),
        }
    }

    fn reads_as_value(self, cell: &str) -> Option<bool> {
        self.number.reads_as_value(cell)
    }

    fn notation(self) -> Notation {
        Notation::Integer
    }

    fn source(self) -> &'static str {
        LONG_SOURCE
    }

    /// The databases would store the digits' own bytes, and MySQL takes no bare parameter for more than
    /// 2^63 - 1.
    fn written(self, source: &str) -> String {
        format!("CAST(CONVERT({source} USING utf8mb4) AS UNSIGNED)")
    }

    /// As a number, and that as a text: the service has no integers of more than 63 bits.
    fn canonical(self, column: &str) -> String {
        format!("CAST({column} + 0 AS CHAR)")
    }

    fn digest(self, column: &str) -> String {
        self.canonical(column)
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

    fn avro(self) -> AvroType {
        self.number.avro()
    }

    fn accepts(self, value: AvroValue) -> bool {
        self.number.accepts(value) || (self.bits == 1 && value == AvroValue::Boolean)
    }

    fn accepted(self) -> &'static str {
        match self.bits {
            1 => "boolean, int, long, double, decimal or string",
            _ => self.number.accepted(),
        }
    }
}
