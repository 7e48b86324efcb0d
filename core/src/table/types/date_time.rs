//! A VARCHAR with `format=date-time`: RFC 3339 in, `YYYY-MM-DDTHH:MM:SSZ` stored.

use alloc::borrow::Cow;
use alloc::string::String;

use super::answer::Answer;
use super::avro_type::{AvroType, AvroValue};
use super::definition::{Definition, Rules};
use super::key_kind::KeyKind;
use super::raw::text;
use super::varchar::Varchar;
use crate::table::cell_forms::Notation;
use crate::table::date_time::{Written, canonical, text_of_seconds};
use crate::table::issue::RowErrorKind;
use crate::table::value::{Cell, RawField};
use crate::table::written_date;

/// A date-time as a text; what the database makes of it is what it makes of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateTime {
    text: Varchar,
}

impl DateTime {
    /// The length of `2021-07-27T16:02:08Z`.
    const CHARS: usize = 20;

    /// The type of this name in `information_schema`, with what the column's COMMENT says.
    pub(super) const fn of(
        name: &[u8],
        format: Option<&[u8]>,
        collation: Option<&[u8]>,
    ) -> Option<Self> {
        match (Varchar::of(name, None, collation), format) {
            (Some(text), Some(b"date-time")) if text.max_chars() >= Self::CHARS => {
                Some(Self { text })
            }
            _ => None,
        }
    }
}

/// A cell in another form than RFC 3339's, or without the offset that `time_zone` then gives.
fn moment_of_cell(cell: &str, rules: &Rules) -> Result<String, RowErrorKind> {
    let invalid = RowErrorKind::InvalidDateTime;
    let text = written_date::date_time(cell, rules.forms.date_order).ok_or(invalid.clone())?;
    if let Some(moment) = canonical(&text) {
        return Ok(moment.into_owned());
    }
    let written = Written::read(&text).filter(|it| !it.has_offset()).ok_or(invalid.clone())?;
    let zone = rules.time_zone.ok_or(invalid.clone())?;
    written.utc(zone.ahead_of(written.shown())?).ok_or(invalid)
}

impl Definition for DateTime {
    fn expected(self) -> &'static str {
        self.text.expected()
    }

    fn sql_name(self) -> String {
        self.text.sql_name()
    }

    fn most_bytes(self) -> u64 {
        self.text.most_bytes()
    }

    fn character_set(self) -> Option<&'static str> {
        self.text.character_set()
    }

    fn parse<'r>(self, field: RawField<'r>, rules: &Rules) -> Result<Cell<'r>, RowErrorKind> {
        if let RawField::Day(days) = field {
            let text = days.checked_mul(86_400).and_then(text_of_seconds);
            return text.map(|it| Cell::Text(it.into())).ok_or(RowErrorKind::InvalidDateTime);
        }
        let cell = if let RawField::Cell(cell) = field { Some(cell) } else { None };
        let text = text(field, self.expected())?;
        if rules.stored {
            return Ok(Cell::Text(text));
        }
        let canonical = match text {
            Cow::Borrowed(text) => canonical(text),
            Cow::Owned(text) => canonical(&text).map(|text| Cow::Owned(text.into_owned())),
        };
        match (canonical, cell) {
            (Some(canonical), _) => Ok(Cell::Text(canonical)),
            (None, Some(cell)) => moment_of_cell(cell, rules).map(|text| Cell::Text(text.into())),
            (None, None) => Err(RowErrorKind::InvalidDateTime),
        }
    }

    fn reads_as_value(self, cell: &str) -> Option<bool> {
        Some(canonical(cell).is_some())
    }

    fn notation(self) -> Notation {
        Notation::Moment
    }

    fn canonical(self, column: &str) -> String {
        self.text.canonical(column)
    }

    fn digest(self, column: &str) -> String {
        self.text.digest(column)
    }

    fn exact(self, column: &str) -> String {
        self.text.exact(column)
    }

    fn answer(self) -> Answer {
        self.text.answer()
    }

    fn key_kind(self) -> KeyKind {
        self.text.key_kind()
    }

    fn avro(self) -> AvroType {
        self.text.avro()
    }

    fn accepts(self, value: AvroValue) -> bool {
        self.text.accepts(value) || matches!(value, AvroValue::Date | AvroValue::Moment)
    }

    fn accepted(self) -> &'static str {
        "string, date or timestamp"
    }
}
