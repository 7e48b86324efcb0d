//! BOOLEAN, which is TINYINT(1): MySQL knows no truth values, only the integers of TINYINT.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;

use super::answer::Answer;
use super::avro_type::{AvroType, AvroValue};
use super::comparable::Comparable;
use super::definition::{Definition, Rules};
use super::int::Int;
use super::key_kind::KeyKind;
use super::raw::wrong_type;
use crate::table::cell_forms::Notation;
use crate::table::issue::RowErrorKind;
use crate::table::value::{Cell, RawField};

/// A TINYINT(1), whose width says that it is meant as a truth value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Boolean {
    number: Int,
}

impl Boolean {
    const NAME: &'static str = "tinyint(1)";

    /// The type of this name in `information_schema`; `tinyint(1) unsigned` is a plain number.
    pub(super) const fn of(name: &[u8], format: Option<&[u8]>, _: Option<&[u8]>) -> Option<Self> {
        match (name, Int::of(b"tinyint", format, None)) {
            (b"tinyint(1)", Some(number)) => Some(Self { number }),
            _ => None,
        }
    }
}

impl Definition for Boolean {
    fn expected(self) -> &'static str {
        "true, false or an integer"
    }

    fn sql_name(self) -> String {
        Self::NAME.to_owned()
    }

    fn character_set(self) -> Option<&'static str> {
        None
    }

    fn parse<'r>(self, field: RawField<'r>, rules: &Rules) -> Result<Cell<'r>, RowErrorKind> {
        let number = match &field {
            RawField::Bool(value) => RawField::Integer(i64::from(*value)),
            RawField::Cell(cell) => match truth_value(cell) {
                Some(value) => RawField::Integer(i64::from(value)),
                None => field.clone(),
            },
            _ => field.clone(),
        };
        self.number.parse(number, rules).map_err(|error| match error {
            RowErrorKind::WrongType { .. } => wrong_type(self.expected(), &field),
            error => error,
        })
    }

    fn reads_as_value(self, cell: &str) -> Option<bool> {
        Some(truth_value(cell).is_some() || self.number.reads_as_value(cell) == Some(true))
    }

    fn notation(self) -> Notation {
        Notation::Boolean
    }

    /// The service answers TINYINT(1) as a boolean, whatever number it holds; a sum it does not.
    fn canonical(self, column: &str) -> String {
        format!("{column} + 0")
    }

    fn digest(self, column: &str) -> String {
        self.number.digest(column)
    }

    fn exact(self, column: &str) -> String {
        self.number.exact(column)
    }

    fn answer(self) -> Answer {
        self.number.answer()
    }

    fn key_kind(self) -> KeyKind {
        self.number.key_kind()
    }

    fn comparable(self) -> Comparable {
        Comparable::Number
    }

    fn avro(self) -> AvroType {
        self.number.avro()
    }

    fn accepts(self, value: AvroValue) -> bool {
        self.number.accepts(value) || value == AvroValue::Boolean
    }

    fn accepted(self) -> &'static str {
        "boolean, int, long or double"
    }
}

/// `true` or `false`, in any case.
fn truth_value(cell: &str) -> Option<bool> {
    let is = |word: &str| cell.eq_ignore_ascii_case(word);
    if is("true") { Some(true) } else { is("false").then_some(false) }
}
