//! YEAR: the years from 1901 to 2155.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;

use super::answer::Answer;
use super::avro_type::{AvroType, AvroValue};
use super::definition::{Definition, Rules};
use super::key_kind::KeyKind;
use super::raw::{is_integer, whole, wrong_type};
use crate::table::cell_forms::Notation;
use crate::table::issue::RowErrorKind;
use crate::table::value::{Cell, RawField};

/// A YEAR.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Year;

impl Year {
    const FIRST: i64 = 1901;
    const LAST: i64 = 2155;

    /// The type of this name in `information_schema`, without a display width.
    pub(super) const fn of(name: &[u8], format: Option<&[u8]>, _: Option<&[u8]>) -> Option<Self> {
        match (name, format) {
            (b"year", None) => Some(Self),
            _ => None,
        }
    }
}

impl Definition for Year {
    fn expected(self) -> &'static str {
        "a year"
    }

    fn sql_name(self) -> String {
        "year".to_owned()
    }

    fn character_set(self) -> Option<&'static str> {
        None
    }

    /// Four digits only: the databases take 0 for 2000 and 70 for 1970. A table may hold the year 0.
    #[inline(never)]
    fn parse<'r>(self, field: RawField<'r>, rules: &Rules) -> Result<Cell<'r>, RowErrorKind> {
        let beyond = RowErrorKind::OutOfRange {
            min: Self::FIRST,
            max: Self::LAST.cast_unsigned(),
            not_zero: false,
        };
        let year = match &field {
            RawField::Integer(year) => *year,
            RawField::Double(year) => whole(*year)?,
            RawField::Number(digits) if is_integer(digits) => return Err(beyond),
            RawField::Cell(cell) if is_integer(rules.forms.integer(cell)) => {
                rules.forms.integer(cell).parse().map_err(|_| beyond.clone())?
            }
            other => return Err(wrong_type(self.expected(), other)),
        };
        let is_one = (Self::FIRST..=Self::LAST).contains(&year) || (rules.stored && year == 0);
        if is_one { Ok(Cell::Int(year)) } else { Err(beyond) }
    }

    fn reads_as_value(self, cell: &str) -> Option<bool> {
        Some(is_integer(cell))
    }

    fn notation(self) -> Notation {
        Notation::Integer
    }

    /// The year 0 has four zeros: one would be 2000.
    fn written(self, source: &str) -> String {
        format!("LPAD({source}, 4, '0')")
    }

    fn canonical(self, column: &str) -> String {
        format!("{column} + 0")
    }

    fn digest(self, column: &str) -> String {
        self.canonical(column)
    }

    fn exact(self, column: &str) -> String {
        column.to_owned()
    }

    fn answer(self) -> Answer {
        Answer::Long { digits: 4 }
    }

    fn key_kind(self) -> KeyKind {
        KeyKind::Integer { most: Self::LAST }
    }

    fn avro(self) -> AvroType {
        AvroType::Int
    }

    fn accepts(self, value: AvroValue) -> bool {
        matches!(value, AvroValue::Integer | AvroValue::Double)
    }

    fn accepted(self) -> &'static str {
        "int, long or double"
    }
}
