//! Excel's numbers as dates and times.
//!
//! A date is a count of days, and a time a part of one. Excel keeps times to the millisecond, so that a number
//! is rounded to that. It counts a 29 February 1900 that never was, and other programs do not count the days
//! before it as Excel does: these dates are refused.

use alloc::format;
use alloc::string::String;

use crate::table::date_time::{date_of_days, local_text};

/// Days from 1899-12-30, where Excel counts from after February 1900, and from 1904-01-01 to the Unix epoch.
const FROM_1900: i64 = 25_569;
const FROM_1904: i64 = 24_107;

/// The first day that is the same in all programs: 1 March 1900.
const FIRST_DAY: i64 = 61;

const DAY: i64 = 86_400_000;

/// A count of days and what is behind the point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Serial {
    pub(super) days: f64,
    pub(super) is_1904: bool,
    /// Whether the cell shows hours beyond 24.
    pub(super) is_duration: bool,
}

impl Serial {
    /// The number in a workbook that counts from 1900.
    #[cfg(feature = "xlsx-write")]
    pub(super) fn days_from_1900(self) -> f64 {
        let is_later = self.is_1904 && !self.is_duration;
        if is_later { self.days + (FROM_1900 - FROM_1904) as f64 } else { self.days }
    }

    /// Milliseconds since day 0.
    fn milliseconds(self) -> Option<i64> {
        let milliseconds = self.days * DAY as f64;
        // Beyond the year 9999 nothing is a date.
        (milliseconds.abs() < 4e14).then(|| round(milliseconds))
    }

    /// The date, as `YYYY-MM-DD`, if it has no time.
    pub(super) fn date(self) -> Option<String> {
        let milliseconds = self.milliseconds()?;
        if milliseconds.rem_euclid(DAY) != 0 {
            return None;
        }
        date_of_days(self.unix_day(milliseconds.div_euclid(DAY))?)
    }

    /// The date and time, as `YYYY-MM-DD HH:MM:SS.fff`.
    pub(super) fn date_time(self) -> Option<String> {
        let milliseconds = self.milliseconds()?;
        let day = self.unix_day(milliseconds.div_euclid(DAY))?;
        local_text(day * DAY + milliseconds.rem_euclid(DAY), 1_000)
    }

    /// The time, as `H:MM:SS.fff`, if it is of no day or is a duration.
    pub(super) fn time(self) -> Option<String> {
        let milliseconds = self.milliseconds()?;
        if !self.is_duration && !(0..DAY).contains(&milliseconds) {
            return None;
        }
        let sign = if milliseconds < 0 { "-" } else { "" };
        let milliseconds = milliseconds.abs();
        let (seconds, fraction) = (milliseconds / 1_000, milliseconds % 1_000);
        let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        Some(format!("{sign}{hour:02}:{minute:02}:{second:02}.{fraction:03}"))
    }

    /// As a text that says the most: a reject file has it.
    pub(super) fn text(self) -> String {
        let text = if self.is_duration { self.time() } else { None };
        let text = text.or_else(|| self.date()).or_else(|| self.date_time());
        text.or_else(|| self.time()).unwrap_or_else(|| format!("{}", self.days))
    }

    fn unix_day(self, day: i64) -> Option<i64> {
        match self.is_1904 {
            true if day >= 0 => Some(day - FROM_1904),
            false if day >= FIRST_DAY => Some(day - FROM_1900),
            _ => None,
        }
    }
}

/// The nearest integer.
fn round(value: f64) -> i64 {
    // The rounding of `f64` is in the standard library alone, which this feature has.
    std::primitive::f64::round(value) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn serial(days: f64, is_1904: bool) -> Serial {
        Serial { days, is_1904, is_duration: false }
    }

    #[test]
    fn dates_are_what_excel_means() {
        for (days, is_1904, expected) in [
            (61.0, false, Some("1900-03-01")),
            (60.0, false, None),
            (1.0, false, None),
            (0.0, false, None),
            (-1.0, false, None),
            (25_569.0, false, Some("1970-01-01")),
            (44_404.0, false, Some("2021-07-27")),
            (2_958_465.0, false, Some("9999-12-31")),
            (2_958_466.0, false, None),
            (1e300, false, None),
            (f64::NAN, false, None),
            (0.0, true, Some("1904-01-01")),
            (42_942.0, true, Some("2021-07-27")),
            (44_404.5, false, None),
        ] {
            assert_eq!(serial(days, is_1904).date().as_deref(), expected, "{days}");
        }
    }

    #[test]
    fn times_are_of_milliseconds() {
        for (days, expected) in [
            (44_404.668_148_148_15, Some("2021-07-27 16:02:08.000")),
            (44_404.668_148_148_14, Some("2021-07-27 16:02:08.000")),
            (44_404.999_999_999_99, Some("2021-07-28 00:00:00.000")),
            (44_404.668_151_041_67, Some("2021-07-27 16:02:08.250")),
            (60.5, None),
        ] {
            assert_eq!(serial(days, false).date_time().as_deref(), expected, "{days}");
        }
        assert_eq!(serial(0.75, false).time().as_deref(), Some("18:00:00.000"));
        assert_eq!(serial(1.0, false).time(), None);
        let duration = Serial { is_duration: true, ..serial(1.5, false) };
        assert_eq!(duration.time().as_deref(), Some("36:00:00.000"));
        let duration = Serial { is_duration: true, ..serial(-0.5, false) };
        assert_eq!(duration.time().as_deref(), Some("-12:00:00.000"));
    }
}
