//! TIME: a time of day, or a length of time of either sign.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;

use super::answer::Answer;
use super::avro_type::{AvroType, AvroValue};
use super::definition::{Definition, LONG_SOURCE, Rules};
use super::key_kind::KeyKind;
use super::raw::{decimals, text};
use crate::table::issue::RowErrorKind;
use crate::table::time::canonical_time;
use crate::table::value::{Cell, RawField};

/// A TIME.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Time {
    /// The digits of a second's fraction, at most 6.
    decimals: u8,
}

impl Time {
    /// The type of this name in `information_schema`: `time`, or `time(3)`.
    pub(super) const fn of(name: &[u8], format: Option<&[u8]>, _: Option<&[u8]>) -> Option<Self> {
        match (decimals(name, b"time"), format) {
            (Some(decimals), None) => Some(Self { decimals }),
            _ => None,
        }
    }

    fn name(self) -> String {
        match self.decimals {
            0 => "time".to_owned(),
            decimals => format!("time({decimals})"),
        }
    }
}

impl Definition for Time {
    fn expected(self) -> &'static str {
        "a time"
    }

    fn sql_name(self) -> String {
        self.name()
    }

    fn character_set(self) -> Option<&'static str> {
        None
    }

    #[inline(never)]
    fn parse<'r>(self, field: RawField<'r>, _: &Rules) -> Result<Cell<'r>, RowErrorKind> {
        let text = text(field, self.expected())?;
        let canonical = canonical_time(&text, self.decimals);
        canonical.map(|text| Cell::Text(text.into())).ok_or(RowErrorKind::InvalidTime)
    }

    fn reads_as_value(self, cell: &str) -> Option<bool> {
        Some(canonical_time(cell, self.decimals).is_some())
    }

    fn source(self) -> &'static str {
        LONG_SOURCE
    }

    fn canonical(self, column: &str) -> String {
        format!("CAST({column} AS CHAR)")
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
        KeyKind::Time { decimals: self.decimals }
    }

    /// A text: Avro's times are those of a day.
    fn avro(self) -> AvroType {
        AvroType::String
    }

    fn accepts(self, value: AvroValue) -> bool {
        matches!(value, AvroValue::Text | AvroValue::TimeOfDay)
    }

    fn accepted(self) -> &'static str {
        "string, time-millis or time-micros"
    }
}
