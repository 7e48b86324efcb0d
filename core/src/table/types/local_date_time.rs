//! DATETIME: a date and a time of some clock, of which the database does not know the zone.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;

use super::answer::Answer;
use super::avro_type::{AvroType, AvroValue};
use super::comparable::Comparable;
use super::definition::{Definition, LONG_SOURCE, Rules};
use super::key_kind::KeyKind;
use super::raw::{decimals, text};
use crate::table::cell_forms::Notation;
use crate::table::date_time::Written;
use crate::table::issue::RowErrorKind;
use crate::table::value::{Cell, RawField};
use crate::table::written_date;

/// A DATETIME.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalDateTime {
    /// The digits of a second's fraction, at most 6.
    decimals: u8,
}

impl LocalDateTime {
    /// The type of this name in `information_schema`: `datetime`, or `datetime(3)`.
    pub(super) const fn of(name: &[u8], format: Option<&[u8]>, _: Option<&[u8]>) -> Option<Self> {
        match (decimals(name, b"datetime"), format) {
            (Some(decimals), None) => Some(Self { decimals }),
            _ => None,
        }
    }
}

impl Definition for LocalDateTime {
    fn expected(self) -> &'static str {
        "a date-time"
    }

    fn sql_name(self) -> String {
        match self.decimals {
            0 => "datetime".to_owned(),
            decimals => format!("datetime({decimals})"),
        }
    }

    fn character_set(self) -> Option<&'static str> {
        None
    }

    /// A value that a table held has no offset: one that has is of another meaning.
    fn parse<'r>(self, field: RawField<'r>, rules: &Rules) -> Result<Cell<'r>, RowErrorKind> {
        let cell = if let RawField::Cell(cell) = field { Some(cell) } else { None };
        let text = text(field, self.expected())?;
        let otherwise = cell.filter(|_| Written::read(&text).is_none());
        let iso = otherwise.and_then(|cell| written_date::date_time(cell, rules.forms.date_order));
        let written = Written::read(iso.as_deref().unwrap_or(&text));
        let written = written.filter(|it| !(rules.stored && it.has_offset()));
        let ahead_at = |moment| rules.time_zone.map_or(0, |zone| zone.ahead_at(moment));
        let canonical = written.and_then(|it| it.local(ahead_at, self.decimals.into()));
        canonical.map(|text| Cell::Text(text.into())).ok_or(RowErrorKind::InvalidLocalDateTime)
    }

    fn reads_as_value(self, cell: &str) -> Option<bool> {
        Some(Written::read(cell).is_some())
    }

    fn notation(self) -> Notation {
        Notation::DateTime
    }

    fn takes_offset(self) -> bool {
        true
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
        KeyKind::DateTime { decimals: self.decimals }
    }

    fn comparable(self) -> Comparable {
        Comparable::DateTime { decimals: self.decimals }
    }

    fn avro(self) -> AvroType {
        AvroType::LocalTimestampMicros
    }

    fn accepts(self, value: AvroValue) -> bool {
        matches!(value, AvroValue::LocalTime | AvroValue::Text)
    }

    fn accepted(self) -> &'static str {
        "local-timestamp or string"
    }
}
