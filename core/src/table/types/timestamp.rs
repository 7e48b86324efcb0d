//! TIMESTAMP: a moment, which the database shows by the clock of the session's time zone.

use alloc::borrow::{Cow, ToOwned};
use alloc::format;
use alloc::string::String;

use super::answer::Answer;
use super::avro_type::{AvroType, AvroValue};
use super::definition::{Definition, LONG_SOURCE, Rules};
use super::key_kind::KeyKind;
use super::raw::{decimals, text};
use crate::table::cell_forms::Notation;
use crate::table::date_time::{Written, utc_clock};
use crate::table::issue::RowErrorKind;
use crate::table::value::{Cell, RawField};
use crate::table::written_date;

/// The last second of a TIMESTAMP, 2038-01-19T03:14:07Z; the first is the one behind the Unix epoch.
const LAST: i64 = i32::MAX as i64;

/// A TIMESTAMP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timestamp {
    /// The digits of a second's fraction, at most 6.
    decimals: u8,
}

impl Timestamp {
    /// The type of this name in `information_schema`: `timestamp`, or `timestamp(3)`.
    pub(super) const fn of(name: &[u8], format: Option<&[u8]>, _: Option<&[u8]>) -> Option<Self> {
        match (decimals(name, b"timestamp"), format) {
            (Some(decimals), None) => Some(Self { decimals }),
            _ => None,
        }
    }

    /// `YYYY-MM-DD HH:MM:SS[.f]Z` in UTC; further digits of the fraction are cut off.
    fn canonical_of(self, seconds: i64, fraction: &str) -> Option<String> {
        let point = if self.decimals > 0 { "." } else { "" };
        let decimals = usize::from(self.decimals);
        let is_one = (1..=LAST).contains(&seconds);
        is_one.then(|| format!("{}{point}{fraction:0<decimals$.decimals$}Z", utc_clock(seconds)))
    }
}

impl Definition for Timestamp {
    fn expected(self) -> &'static str {
        "a date-time with an offset"
    }

    fn sql_name(self) -> String {
        match self.decimals {
            0 => "timestamp".to_owned(),
            decimals => format!("timestamp({decimals})"),
        }
    }

    fn character_set(self) -> Option<&'static str> {
        None
    }

    #[inline(never)]
    fn parse<'r>(self, field: RawField<'r>, rules: &Rules) -> Result<Cell<'r>, RowErrorKind> {
        let text = match field {
            RawField::Cell(cell) if Written::read(cell).is_none() => {
                let iso = written_date::date_time(cell, rules.forms.date_order);
                iso.map_or(Cow::Borrowed(cell), Cow::Owned)
            }
            field => text(field, self.expected())?,
        };
        let written = Written::read(&text).ok_or(RowErrorKind::InvalidDateTime)?;
        let zone = rules.time_zone.filter(|_| !written.has_offset());
        let ahead = zone.map(|zone| zone.ahead_of(written.shown())).transpose()?;
        let (seconds, fraction) = written.moment(ahead).ok_or(RowErrorKind::NoOffset)?;
        let canonical = self.canonical_of(seconds, fraction);
        canonical.map(|text| Cell::Text(text.into())).ok_or(RowErrorKind::BeyondTimestamp)
    }

    fn reads_as_value(self, cell: &str) -> Option<bool> {
        Some(Written::read(cell).is_some())
    }

    fn notation(self) -> Notation {
        Notation::Moment
    }

    fn source(self) -> &'static str {
        LONG_SOURCE
    }

    /// What the clock of UTC shows: the statement says that the session's is that of UTC.
    fn written(self, source: &str) -> String {
        format!("TRIM(TRAILING 'Z' FROM {source})")
    }

    fn is_by_the_clock(self) -> bool {
        true
    }

    /// Seconds since the Unix epoch: they are the same in every session's time zone, and in the hour that
    /// a clock shows twice.
    fn canonical(self, column: &str) -> String {
        format!("CAST(UNIX_TIMESTAMP({column}) AS CHAR)")
    }

    fn read<'a>(self, answer: Cow<'a, str>) -> Option<Cow<'a, str>> {
        let (seconds, fraction) = answer.split_once('.').unwrap_or((&answer, ""));
        self.canonical_of(seconds.parse().ok()?, fraction).map(Cow::Owned)
    }

    fn digest(self, column: &str) -> String {
        self.canonical(column)
    }

    fn digested<'a>(self, canonical: &'a str) -> Cow<'a, str> {
        let moment = Written::read(canonical).and_then(|written| written.moment(None));
        let (seconds, fraction) = moment.unwrap_or_default();
        let point = if fraction.is_empty() { "" } else { "." };
        Cow::Owned(format!("{seconds}{point}{fraction}"))
    }

    fn exact(self, column: &str) -> String {
        self.canonical(column)
    }

    fn answer(self) -> Answer {
        Answer::Text
    }

    fn key_kind(self) -> KeyKind {
        KeyKind::Unfit
    }

    fn avro(self) -> AvroType {
        AvroType::TimestampMicros
    }

    fn accepts(self, value: AvroValue) -> bool {
        matches!(value, AvroValue::Moment | AvroValue::Text)
    }

    fn accepted(self) -> &'static str {
        "timestamp or string"
    }
}
