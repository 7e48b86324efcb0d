//! DATE: a day of the calendar.

use alloc::borrow::{Cow, ToOwned};
use alloc::format;
use alloc::string::String;

use super::answer::Answer;
use super::avro_type::{AvroType, AvroValue};
use super::comparable::Comparable;
use super::definition::{Definition, LONG_SOURCE, Rules};
use super::key_kind::KeyKind;
use super::raw::text;
use crate::table::cell_forms::Notation;
use crate::table::date_time::{date_of_days, days_of_date};
use crate::table::issue::RowErrorKind;
use crate::table::value::{Cell, RawField};
use crate::table::written_date;

/// A DATE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Date;

impl Date {
    const NAME: &'static str = "date";

    /// The type of this name in `information_schema`.
    pub(super) const fn of(name: &[u8], format: Option<&[u8]>, _: Option<&[u8]>) -> Option<Self> {
        match (name, format) {
            (b"date", None) => Some(Self),
            _ => None,
        }
    }
}

impl Definition for Date {
    fn expected(self) -> &'static str {
        "a date"
    }

    fn sql_name(self) -> String {
        Self::NAME.to_owned()
    }

    fn character_set(self) -> Option<&'static str> {
        None
    }

    fn parse<'r>(self, field: RawField<'r>, rules: &Rules) -> Result<Cell<'r>, RowErrorKind> {
        let date = match field {
            RawField::Day(days) => date_of_days(days).map(Cow::Owned),
            RawField::Cell(cell) if days_of_date(cell).is_none() => {
                let date = written_date::date(cell, rules.forms.date_order);
                date.filter(|date| days_of_date(date).is_some()).map(Cow::Owned)
            }
            field => {
                let text = text(field, self.expected())?;
                days_of_date(&text).map(|_| text)
            }
        };
        date.map(Cell::Text).ok_or(RowErrorKind::InvalidDate)
    }

    fn reads_as_value(self, cell: &str) -> Option<bool> {
        Some(days_of_date(cell).is_some())
    }

    fn notation(self) -> Notation {
        Notation::Date
    }

    fn source(self) -> &'static str {
        LONG_SOURCE
    }

    fn canonical(self, column: &str) -> String {
        format!("CAST({column} AS CHAR)")
    }

    /// Digits are the same in every character set.
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
        KeyKind::Date
    }

    fn comparable(self) -> Comparable {
        Comparable::Date
    }

    fn avro(self) -> AvroType {
        AvroType::Date
    }

    fn accepts(self, value: AvroValue) -> bool {
        matches!(value, AvroValue::Date | AvroValue::Text)
    }

    fn accepted(self) -> &'static str {
        "date or string"
    }
}
