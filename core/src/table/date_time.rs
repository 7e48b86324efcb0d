//! RFC 3339 date and time, brought to one canonical form.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use core::time::Duration;

/// Reads an RFC 3339 date-time and returns it as `YYYY-MM-DDTHH:MM:SSZ`.
///
/// An offset is converted to UTC and a fraction of a second is cut off. A leap second (`:60`) is
/// refused, since the databases that read the column know none; so is what falls outside the
/// years 0000 to 9999 once converted. `T` and `Z` may be lower case and a space may stand for `T`
/// (RFC 3339, section 5.6).
pub(crate) fn canonical(text: &str) -> Option<Cow<'_, str>> {
    let bytes = text.as_bytes();
    let local = local_seconds(bytes)?;
    let zone = after_fraction(&bytes[19..])?;
    if zone == b"Z" && bytes.len() == 20 && bytes[10] == b'T' {
        return Some(Cow::Borrowed(text));
    }
    text_of_seconds(local - offset_minutes(zone)? * 60).map(Cow::Owned)
}

/// The seconds since the Unix epoch of `YYYY-MM-DD`, a blank or `T`, and `HH:MM:SS` in UTC; what stands
/// behind that is not looked at.
fn local_seconds(bytes: &[u8]) -> Option<i64> {
    let days = day(bytes)?;
    let hour = digits(bytes, 11, 2)?;
    let minute = digits(bytes, 14, 2)?;
    let second = digits(bytes, 17, 2)?;
    let is_separated =
        matches!(bytes[10], b'T' | b't' | b' ') && bytes[13] == b':' && bytes[16] == b':';
    let in_range = hour < 24 && minute < 60 && second < 60;
    (is_separated && in_range).then(|| days * 86_400 + hour * 3600 + minute * 60 + second)
}

/// The days since the Unix epoch of `YYYY-MM-DD`, of the years 0000 to 9999; what stands behind that is
/// not looked at.
fn day(bytes: &[u8]) -> Option<i64> {
    let year = digits(bytes, 0, 4)?;
    let month = digits(bytes, 5, 2)?;
    let day = digits(bytes, 8, 2)?;
    let is_separated = bytes[4] == b'-' && bytes[7] == b'-';
    let in_range = (1..=12).contains(&month) && (1..=days_in_month(year, month)).contains(&day);
    (is_separated && in_range).then(|| days_from_epoch(year, month, day))
}

/// The time since the Unix epoch of an RFC 3339 date-time from 1970 on.
pub(crate) fn unix_time(text: &str) -> Option<Duration> {
    let canonical = canonical(text)?;
    let seconds = local_seconds(canonical.as_bytes())?;
    u64::try_from(seconds).ok().map(Duration::from_secs)
}

/// A time since the Unix epoch as `YYYY-MM-DDTHH:MM:SSZ`.
pub(crate) fn text(time: Duration) -> String {
    signed_text(time.as_secs() as i64)
}

/// So many seconds after the Unix epoch, or before it, in the canonical form; `None` outside the
/// years 0000 to 9999.
pub(crate) fn text_of_seconds(seconds: i64) -> Option<String> {
    const YEAR_0: i64 = -62_167_219_200;
    (YEAR_0..YEAR_10000).contains(&seconds).then(|| signed_text(seconds))
}

/// The first second of the year 1, and the first that no text can say.
const YEAR_1: i64 = -62_135_596_800;
const YEAR_10000: i64 = 253_402_300_800;

fn signed_text(seconds: i64) -> String {
    clock_text(seconds, 'T') + "Z"
}

fn clock_text(seconds: i64, separator: char) -> String {
    let date = date_text(seconds.div_euclid(86_400));
    let of_day = seconds.rem_euclid(86_400);
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!("{date}{separator}{hour:02}:{minute:02}:{second:02}")
}

fn date_text(days: i64) -> String {
    let (year, month, day) = civil_from_days(days);
    format!("{year:04}-{month:02}-{day:02}")
}

/// A date and time as a text has it: RFC 3339, or the same without an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Written<'t> {
    /// Since the Unix epoch, if its clock shows UTC.
    seconds: i64,
    /// The digits of the second's fraction.
    fraction: &'t str,
    /// How far its clock is ahead of UTC, in seconds.
    offset: Option<i64>,
}

impl<'t> Written<'t> {
    pub(crate) fn read(text: &'t str) -> Option<Self> {
        let seconds = local_seconds(text.as_bytes())?;
        let rest = text.get(19..)?;
        let zone = after_fraction(rest.as_bytes())?;
        let offset = match zone {
            b"" => None,
            zone => Some(offset_minutes(zone)? * 60),
        };
        let fraction = rest[..rest.len() - zone.len()].trim_start_matches('.');
        Some(Self { seconds, fraction, offset })
    }

    pub(crate) fn has_offset(self) -> bool {
        self.offset.is_some()
    }

    /// What its clock shows, counted as if that were UTC.
    pub(crate) fn shown(self) -> i64 {
        self.seconds
    }

    /// The canonical text of a time without an offset, whose clocks are so many seconds ahead of UTC.
    pub(crate) fn utc(self, ahead: i64) -> Option<String> {
        text_of_seconds(self.seconds - ahead)
    }

    /// What clocks show then, by how far they are ahead of UTC at a second since the Unix epoch, as
    /// `YYYY-MM-DD HH:MM:SS` with so many decimals; further ones are cut off. Without an offset it is the time as
    /// it is written. `None` outside the years 0001 to 9999.
    pub(crate) fn local(self, ahead_at: impl Fn(i64) -> i64, decimals: usize) -> Option<String> {
        let moment = self.offset.map(|offset| self.seconds - offset);
        let seconds = moment.map_or(self.seconds, |moment| moment + ahead_at(moment));
        let point = if decimals > 0 { "." } else { "" };
        let fraction = format!("{point}{:0<decimals$.decimals$}", self.fraction);
        is_storable(seconds).then(|| clock_text(seconds, ' ') + &fraction)
    }

    /// The seconds since the Unix epoch, and the digits of a fraction behind them. A time without an offset is
    /// one of clocks that are so many seconds ahead of UTC; where that is not known either it is no moment.
    pub(crate) fn moment(self, ahead: Option<i64>) -> Option<(i64, &'t str)> {
        let offset = self.offset.or(ahead)?;
        Some((self.seconds - offset, self.fraction))
    }
}

/// A second since the Unix epoch in UTC, as `YYYY-MM-DD HH:MM:SS`.
pub(crate) fn utc_clock(seconds: i64) -> String {
    clock_text(seconds, ' ')
}

/// The microseconds since the Unix epoch of a date-time without an offset.
#[cfg(feature = "avro")]
pub(crate) fn local_micros(text: &str) -> Option<i64> {
    let written = Written::read(text).filter(|it| !it.has_offset() && it.fraction.len() <= 6)?;
    let micros: i64 = format!("{:0<6}", written.fraction).parse().ok()?;
    Some(written.seconds * 1_000_000 + micros)
}

/// A date and time of no zone, counted in so many a second since the Unix epoch, as a text with all its
/// decimals; `None` outside the years 0001 to 9999.
#[cfg(feature = "avro")]
pub(crate) fn local_text(count: i64, per_second: i64) -> Option<String> {
    let (seconds, fraction) = (count.div_euclid(per_second), count.rem_euclid(per_second));
    let width = per_second.ilog10() as usize;
    is_storable(seconds).then(|| format!("{}.{fraction:0width$}", clock_text(seconds, ' ')))
}

/// The days since the Unix epoch of a date `YYYY-MM-DD` of the years 0001 to 9999.
pub(crate) fn days_of_date(text: &str) -> Option<i64> {
    let days = day(text.as_bytes()).filter(|_| text.len() == 10)?;
    is_storable(days * 86_400).then_some(days)
}

/// So many days after the Unix epoch, or before it, as `YYYY-MM-DD`; `None` outside the years 0001 to
/// 9999.
pub(crate) fn date_of_days(days: i64) -> Option<String> {
    days.checked_mul(86_400).filter(|seconds| is_storable(*seconds)).map(|_| date_text(days))
}

/// Whether a second is of the years that a database keeps as a date or time.
fn is_storable(seconds: i64) -> bool {
    (YEAR_1..YEAR_10000).contains(&seconds)
}

fn digits(bytes: &[u8], start: usize, count: usize) -> Option<i64> {
    let digits = bytes.get(start..start + count)?;
    digits.iter().try_fold(0, |number, byte| {
        byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0'))
    })
}

/// What follows an optional `.` and at least one digit.
fn after_fraction(bytes: &[u8]) -> Option<&[u8]> {
    let Some(fraction) = bytes.strip_prefix(b".") else { return Some(bytes) };
    let is_other = |byte: &u8| !byte.is_ascii_digit();
    let end = fraction.iter().position(is_other).unwrap_or(fraction.len());
    (end > 0).then(|| &fraction[end..])
}

pub(super) fn offset_minutes(zone: &[u8]) -> Option<i64> {
    let sign = match zone {
        b"Z" | b"z" => return Some(0),
        [b'+', _, _, b':', _, _] => 1,
        [b'-', _, _, b':', _, _] => -1,
        _ => return None,
    };
    let (hours, minutes) = (digits(zone, 1, 2)?, digits(zone, 4, 2)?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

fn days_in_month(year: i64, month: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

// Both conversions count years from 1 March, so that the leap day is a year's last, and eras of
// 400 years, which all have 146,097 days.

fn days_from_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::{Written, canonical};
    use alloc::string::ToString;
    use proptest::prelude::*;
    use time::OffsetDateTime;
    use time::format_description::well_known::Rfc3339;

    #[test]
    fn canonical_text_is_kept_as_it_is() {
        let text = "2021-07-27T16:02:08Z";
        assert_eq!(canonical(text).as_deref(), Some(text));
    }

    #[test]
    fn offsets_become_utc_and_fractions_go() {
        for (text, expected) in [
            ("2021-07-27T16:02:08+02:00", "2021-07-27T14:02:08Z"),
            ("2021-01-01T00:30:00+01:00", "2020-12-31T23:30:00Z"),
            ("2020-02-28T23:59:59-00:01", "2020-02-29T00:00:59Z"),
            ("2024-08-05T18:18:26.527050Z", "2024-08-05T18:18:26Z"),
            ("2024-08-05t18:18:26.9-23:59", "2024-08-06T18:17:26Z"),
            ("2024-08-05 18:18:26z", "2024-08-05T18:18:26Z"),
            ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z"),
        ] {
            assert_eq!(canonical(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_rfc_3339_does_not_allow_is_refused() {
        for text in [
            "",
            "2021-07-27",
            "2021-07-27T16:02:08",
            "2021-07-27T16:02Z",
            "2021-02-29T00:00:00Z",
            "1900-02-29T00:00:00Z",
            "2021-13-01T00:00:00Z",
            "2021-00-01T00:00:00Z",
            "2021-04-31T00:00:00Z",
            "2021-07-27T24:00:00Z",
            "2021-07-27T16:60:00Z",
            "2016-12-31T23:59:60Z",
            "2021-07-27T16:02:08.Z",
            "2021-07-27T16:02:08.5",
            "2021-07-27T16:02:08+0200",
            "2021-07-27T16:02:08+24:00",
            "2021-07-27T16:02:08+02:60",
            "2021/07/27T16:02:08Z",
            "2021-07-27T16:02:08ZZ",
            "02021-07-27T16:02:08Z",
            "２021-07-27T16:02:08Z",
            "0000-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01",
        ] {
            assert_eq!(canonical(text), None, "{text}");
        }
    }

    #[test]
    fn dates_are_real_days_of_the_years_that_a_database_keeps() {
        for (text, days) in [
            ("1970-01-01", Some(0)),
            ("0001-01-01", Some(-719_162)),
            ("9999-12-31", Some(2_932_896)),
            ("2024-02-29", Some(19_782)),
            ("2023-02-29", None),
            ("0000-12-31", None),
            ("0000-00-00", None),
            ("2021-1-01", None),
            ("20210101", None),
            ("2021-01-01 ", None),
            ("2021-01-01T00:00:00", None),
            ("2021/01/01", None),
            ("-001-01-01", None),
            ("", None),
        ] {
            assert_eq!(super::days_of_date(text), days, "{text}");
            assert_eq!(days.and_then(super::date_of_days).as_deref(), days.map(|_| text));
        }
        let outside = [-719_163, 2_932_897, i64::MIN, i64::MAX];
        assert_eq!(outside.map(super::date_of_days), [None, None, None, None]);
    }

    #[test]
    fn unix_times() {
        let seconds = |text| super::unix_time(text).map(|time| time.as_secs());
        assert_eq!(seconds("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(seconds("2027-01-15T10:00:00+02:00"), Some(1_800_000_000));
        assert_eq!(seconds("1969-12-31T23:59:59Z"), None);
    }

    proptest! {
        /// The `time` crate reads the same instant in what we read and in what we wrote.
        #[test]
        fn agrees_with_the_time_crate(
            seconds in -62_135_596_800_i64..253_402_300_799,
            offset in -1439..=1439_i32,
            nanos in 0..1_000_000_000_u32,
        ) {
            let zone = time::UtcOffset::from_whole_seconds(offset * 60).unwrap();
            let moment = OffsetDateTime::from_unix_timestamp(seconds).unwrap()
                .replace_nanosecond(nanos).unwrap();
            let local = moment.checked_to_offset(zone).filter(|local| (0..=9999).contains(&local.year()));
            prop_assume!(local.is_some());
            let text = local.unwrap().format(&Rfc3339).unwrap();
            let whole = moment.replace_nanosecond(0).unwrap().format(&Rfc3339).unwrap();
            prop_assert_eq!(canonical(&text).map(|found| found.to_string()), Some(whole));
        }

        /// What a clock shows is the same instant in every zone, and stays itself without an offset.
        #[test]
        fn a_local_time_is_read_as_it_is_shown(
            seconds in -62_135_000_000_i64..253_402_000_000,
            micros in 0..1_000_000_i64,
            offset in -1439..=1439_i64,
        ) {
            let text = super::local_text(seconds * 1_000_000 + micros, 1_000_000).unwrap();
            let local = Written::read(&text).unwrap();
            prop_assert_eq!(local.local(|_| 7, 6).unwrap(), text.clone());
            prop_assert_eq!(super::local_micros(&text), Some(seconds * 1_000_000 + micros));
            let zone: alloc::string::String = {
                let sign = if offset < 0 { '-' } else { '+' };
                alloc::format!("{sign}{:02}:{:02}", offset.abs() / 60, offset.abs() % 60)
            };
            let with_offset = alloc::format!("{text}{zone}");
            let read = Written::read(&with_offset).unwrap();
            prop_assert_eq!(read.local(|_| offset * 60, 6).unwrap(), text);
            let utc = read.local(|_| 0, 0).unwrap();
            let expected = canonical(&with_offset).unwrap();
            prop_assert_eq!(utc.replace(' ', "T") + "Z", expected.as_ref());
        }

        #[test]
        fn never_panics(text in ".*", tail in ".*") {
            let _ = (canonical(&text), Written::read(&text));
            let _ = Written::read(&alloc::format!("2021-07-27 16:02:08{tail}"));
        }
    }
}
