//! A cell of a table into one of a workbook that a load reads as the same, or a refusal.

use alloc::borrow::Cow;
use alloc::string::{String, ToString};

use crate::table::cell_forms::Notation;
use crate::table::date_time::{days_of_date, local_micros};
use crate::table::record::Cell;
use crate::table::schema::Column;
use crate::table::types::{AvroType, Definition};

/// The most digits of a number that Excel keeps.
const MOST_DIGITS: usize = 15;

/// The most units of UTF-16 in a cell.
const MOST_UNITS: usize = 32_767;

/// Days from 1899-12-30 to the Unix epoch, and the first day that all programs count alike.
const EPOCH: i64 = 25_569;
const FIRST_DAY: i64 = 61;

const DAY_MICROS: i64 = 86_400_000_000;

/// A cell of a workbook.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum MadeCell<'c> {
    Blank,
    Number(f64),
    Text(Cow<'c, str>),
    /// A date, as a count of days.
    Day(f64),
    /// A date and time, as a count of days.
    Time(f64),
}

impl<'c> MadeCell<'c> {
    /// The cell of a column; where there are empty texts, NULL is told from them as `\N`.
    pub(super) fn of(
        column: &Column,
        cell: &'c Cell<'_>,
        has_empty_texts: bool,
    ) -> Result<Self, String> {
        let of = column.column_type;
        let is_text = of.notation() == Notation::Text;
        match cell {
            Cell::Null if is_text && has_empty_texts => Ok(Self::Text("\\N".into())),
            Cell::Null => Ok(Self::Blank),
            Cell::Int(value) if digits(&value.to_string()) <= MOST_DIGITS => {
                Ok(Self::Number(*value as f64))
            }
            Cell::Int(value) => Ok(Self::Text(value.to_string().into())),
            Cell::Text(text) if text.is_empty() && is_text && has_empty_texts => Ok(Self::Blank),
            Cell::Text(text) if is_text => carried(text).map(|text| Self::Text(text.into())),
            Cell::Text(text) => Ok(Self::of_value(text, of)),
        }
    }

    fn of_value(text: &'c str, of: impl Definition) -> Self {
        let special = match of.avro() {
            AvroType::Date => day(text).map(Self::Day),
            AvroType::LocalTimestampMicros => time(text).map(Self::Time),
            _ if matches!(of.notation(), Notation::Integer | Notation::Decimal) => {
                number(text).map(Self::Number)
            }
            _ => None,
        };
        special.unwrap_or(Self::Text(text.into()))
    }
}

/// Digits but for the zeros in front; those behind count, so that a scale is never the reason of a loss.
fn digits(number: &str) -> usize {
    let mantissa = number.split(['e', 'E']).next().unwrap_or_default();
    let digits = mantissa.bytes().filter(u8::is_ascii_digit);
    digits.skip_while(|digit| *digit == b'0').count()
}

fn number(text: &str) -> Option<f64> {
    (digits(text) <= MOST_DIGITS).then(|| text.parse().ok()).flatten()
}

fn day(text: &str) -> Option<f64> {
    let day = days_of_date(text)? + EPOCH;
    (day >= FIRST_DAY).then_some(day as f64)
}

/// Excel keeps milliseconds.
fn time(text: &str) -> Option<f64> {
    let micros = local_micros(text)? + EPOCH * DAY_MICROS;
    let is_kept = micros >= FIRST_DAY * DAY_MICROS && micros % 1_000 == 0;
    is_kept.then_some(micros as f64 / DAY_MICROS as f64)
}

/// A text, if a workbook carries it and a load reads it as no other.
fn carried(text: &str) -> Result<&str, String> {
    let is_lost = |letter: char| {
        let is_control = letter < ' ' && !matches!(letter, '\t' | '\n');
        is_control || matches!(letter, '\u{fffe}' | '\u{ffff}')
    };
    match () {
        () if text.encode_utf16().count() > MOST_UNITS => {
            Err("a text of more than 32,767 characters".into())
        }
        () if text == "\\N" => Err("the text \\N, which a load takes for NULL".into()),
        () if text.trim().is_empty() => Err("a text of blanks alone".into()),
        () if text.contains(is_lost) => Err("a control character".into()),
        () if has_escape(text) => {
            Err("a text such as _x0041_, which programs take for a character's number".into())
        }
        () => Ok(text),
    }
}

/// Whether a workbook would have a character in place of `_x`, four digits and `_`.
fn has_escape(text: &str) -> bool {
    let is_escape = |word: &[u8]| {
        word.starts_with(b"_x") && word[6] == b'_' && word[2..6].iter().all(u8::is_ascii_hexdigit)
    };
    text.as_bytes().windows(7).any(is_escape)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_fifteen_digits_are_numbers() {
        for (text, expected) in [
            ("19.90", Some(19.9)),
            ("-0.05", Some(-0.05)),
            ("999999999999999", Some(999_999_999_999_999.0)),
            ("9999999999999999", None),
            ("1234567890123.456", None),
            ("0.000000000000000001", Some(1e-18)),
            ("1e300", Some(1e300)),
        ] {
            assert_eq!(number(text), expected, "{text}");
        }
    }

    #[test]
    fn days_that_programs_count_alike_are_dates() {
        assert_eq!(day("1900-03-01"), Some(61.0));
        assert_eq!(day("1900-02-28"), None);
        assert_eq!(day("2021-07-27"), Some(44_404.0));
        assert_eq!(time("2021-07-27 18:00:00"), Some(44_404.75));
        assert_eq!(time("2021-07-27 18:00:00.000001"), None);
    }

    #[test]
    fn what_a_workbook_does_not_carry_is_refused() {
        for text in
            ["\\N", " ", "\u{1}", "a\r\nb", "_x0041_", &"x".repeat(32_768), &"🏙".repeat(16_384)]
        {
            assert!(carried(text).is_err(), "{}", text.len());
        }
        for text in [
            "=1+1",
            "00042",
            "max_x",
            "_x00g1_",
            " a ",
            "a\nb\t",
            "NULL",
            "#N/A",
            &"x".repeat(32_767),
        ] {
            assert_eq!(carried(text), Ok(text));
        }
    }
}
