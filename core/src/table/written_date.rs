//! Dates as offices write them, brought into the form of ISO 8601.

use alloc::format;
use alloc::string::String;

use super::cell_forms::DateOrder;

/// A cell's date as `YYYY-MM-DD`; `None` if the order does not say how it is to be read.
///
/// Whether it is a day of the calendar is left to the type.
pub(crate) fn date(cell: &str, order: DateOrder) -> Option<String> {
    let (date, rest) = split_date(cell)?;
    rest.is_empty().then(|| date.iso(order)).flatten()
}

/// A cell's date and time as `YYYY-MM-DD HH:MM:SS`, with its decimals and its offset.
///
/// A time without seconds has 0 of them. Hours to 12 have AM or PM behind them.
pub(crate) fn date_time(cell: &str, order: DateOrder) -> Option<String> {
    let (date, rest) = split_date(cell)?;
    let rest = rest.strip_prefix(", ").or(rest.strip_prefix(['T', 't', ' ']))?;
    Some(format!("{} {}", date.iso(order)?, time(rest.trim_start_matches(' '))?))
}

/// The orders in which a date can be meant that does not begin with its year; `None` for any other
/// text. Both are `false` of a date that is none in any order.
pub(crate) fn orders(cell: &str) -> Option<Orders> {
    let (date, rest) = split_date(cell)?;
    if date.begins_with_year() || !(rest.is_empty() || rest.starts_with([' ', ',', 'T'])) {
        return None;
    }
    let [first, second, _] = date.parts.map(|part| part.parse().unwrap_or(0));
    let fits = |day: u32, month: u32| (1..=31).contains(&day) && (1..=12).contains(&month);
    let is_whole = date.parts[2].len() == 4;
    Some(Orders {
        dmy: is_whole && fits(first, second),
        mdy: is_whole && date.separator != '.' && fits(second, first),
    })
}

/// Which orders a date can be read in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Orders {
    pub(crate) dmy: bool,
    pub(crate) mdy: bool,
}

/// Whether a text has the form of a date, whatever its order: three numbers with the same separator.
pub(crate) fn begins_with_year(cell: &str) -> bool {
    split_date(cell).is_some_and(|(date, _)| date.begins_with_year())
}

struct DateParts<'c> {
    parts: [&'c str; 3],
    separator: char,
}

impl DateParts<'_> {
    fn begins_with_year(&self) -> bool {
        self.parts[0].len() == 4
    }

    /// Between points the day is first in every country.
    fn iso(&self, order: DateOrder) -> Option<String> {
        let [first, second, third] = self.parts;
        let (year, month, day) = match order {
            _ if self.begins_with_year() => (first, second, third),
            DateOrder::Dmy => (third, second, first),
            DateOrder::Mdy if self.separator != '.' => (third, first, second),
            DateOrder::Ymd | DateOrder::Mdy => return None,
        };
        let fits = year.len() == 4 && month.len() <= 2 && day.len() <= 2;
        fits.then(|| format!("{year}-{month:0>2}-{day:0>2}"))
    }
}

/// Three numbers with the same separator, and what stands behind them.
fn split_date(cell: &str) -> Option<(DateParts<'_>, &str)> {
    let (first, rest) = digits(cell, 4)?;
    let separator = rest.chars().next().filter(|it| matches!(it, '-' | '/' | '.'))?;
    let (second, rest) = digits(&rest[1..], 2)?;
    let (third, rest) = digits(rest.strip_prefix(separator)?, 4)?;
    Some((DateParts { parts: [first, second, third], separator }, rest))
}

/// Up to so many digits, at least one, and what stands behind them.
fn digits(text: &str, most: usize) -> Option<(&str, &str)> {
    let count = text.bytes().take_while(u8::is_ascii_digit).count();
    (1..=most).contains(&count).then(|| text.split_at(count))
}

/// `HH:MM:SS` with decimals and offset.
fn time(text: &str) -> Option<String> {
    let (hour, rest) = digits(text, 2)?;
    let (minute, rest) = digits(rest.strip_prefix(':')?, 2).filter(|(it, _)| it.len() == 2)?;
    let (second, rest) = match rest.strip_prefix(':') {
        Some(rest) => digits(rest, 2).filter(|(it, _)| it.len() == 2)?,
        None => ("00", rest),
    };
    let decimals = match rest.strip_prefix('.') {
        Some(fraction) => 1 + digits(fraction, 9)?.0.len(),
        None => 0,
    };
    let (fraction, rest) = rest.split_at(decimals);
    let (hour, rest) = half_day(hour, rest)?;
    Some(format!("{hour:0>2}:{minute}:{second}{fraction}{}", offset(rest.trim_start_matches(' '))?))
}

/// The hour of 24, and what stands behind AM or PM.
fn half_day<'t>(hour: &str, rest: &'t str) -> Option<(String, &'t str)> {
    let word = rest.trim_start_matches([' ', '\u{a0}', '\u{202f}']);
    let half =
        word.get(..2).filter(|it| it.eq_ignore_ascii_case("am") || it.eq_ignore_ascii_case("pm"));
    let Some(half) = half else { return Some((hour.into(), rest)) };
    let number: u32 = hour.parse().ok().filter(|hour| (1..=12).contains(hour))?;
    let afternoon = if half.eq_ignore_ascii_case("pm") { 12 } else { 0 };
    Some((format!("{}", number % 12 + afternoon), &word[2..]))
}

/// An offset as RFC 3339 has it; empty where there is none.
fn offset(text: &str) -> Option<String> {
    match text.as_bytes() {
        [] => Some(String::new()),
        b"Z" | b"z" | b"UTC" => Some("Z".into()),
        [b'+' | b'-', _, _] => Some(format!("{text}:00")),
        [b'+' | b'-', _, _, _, _] if text.is_ascii() => {
            Some(format!("{}:{}", &text[..3], &text[3..]))
        }
        [b'+' | b'-', _, _, b':', _, _] => Some(text.into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use DateOrder::{Dmy, Mdy, Ymd};
    use proptest::prelude::*;

    #[test]
    fn a_date_is_read_in_its_order_only() {
        for (cell, order, iso) in [
            ("27.07.2021", Dmy, Some("2021-07-27")),
            ("7/4/2021", Dmy, Some("2021-04-07")),
            ("7/4/2021", Mdy, Some("2021-07-04")),
            ("7-4-2021", Mdy, Some("2021-07-04")),
            ("7.4.2021", Mdy, None),
            ("7/4/2021", Ymd, None),
            ("2021/7/4", Ymd, Some("2021-07-04")),
            ("2021.07.04", Dmy, Some("2021-07-04")),
            ("7/4/21", Dmy, None),
            ("7/4-2021", Dmy, None),
            ("20210704", Dmy, None),
            ("27.07.2021 16:02", Dmy, None),
            ("27. Juli 2021", Dmy, None),
            ("1/2/3/2021", Dmy, None),
            ("", Dmy, None),
        ] {
            assert_eq!(date(cell, order).as_deref(), iso, "{cell}");
        }
    }

    #[test]
    fn a_time_is_read_with_its_offset_and_half_of_the_day() {
        for (cell, order, iso) in [
            ("27.07.2021 16:02", Dmy, Some("2021-07-27 16:02:00")),
            ("27.07.2021, 16:02:08", Dmy, Some("2021-07-27 16:02:08")),
            ("7/27/2021 12:00 AM", Mdy, Some("2021-07-27 00:00:00")),
            ("7/27/2021 12:00:01 pm", Mdy, Some("2021-07-27 12:00:01")),
            ("7/27/2021 4:02 PM", Mdy, Some("2021-07-27 16:02:00")),
            ("7/27/2021 13:02 PM", Mdy, None),
            ("2021-07-27 16:02:08+00", Ymd, Some("2021-07-27 16:02:08+00:00")),
            ("2021-07-27T16:02:08.25+0200", Ymd, Some("2021-07-27 16:02:08.25+02:00")),
            ("2021-07-27 16:02:08 UTC", Ymd, Some("2021-07-27 16:02:08Z")),
            ("2021-07-27 16:2:08", Ymd, None),
            ("2021-07-27 16:02:08 CEST", Ymd, None),
            ("2021-07-27", Ymd, None),
            ("2021-07-27 ", Ymd, None),
        ] {
            assert_eq!(date_time(cell, order).as_deref(), iso, "{cell}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in ".*", tail in ".*") {
            let with_date = format!("27.07.2021 16:02{tail}");
            for text in [&text, &with_date] {
                let _ = (date(text, Dmy), date_time(text, Mdy), orders(text));
            }
        }
    }
}
