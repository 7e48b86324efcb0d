//! What several types ask of a value as it came.

use alloc::borrow::Cow;

use crate::table::issue::RowErrorKind;
use crate::table::value::RawField;

/// What stands behind a prefix.
pub(super) const fn strip<'t>(text: &'t [u8], prefix: &[u8]) -> Option<&'t [u8]> {
    if text.len() < prefix.len() {
        return None;
    }
    let (start, rest) = text.split_at(prefix.len());
    let mut at = 0;
    while at < prefix.len() {
        if start[at] != prefix[at] {
            return None;
        }
        at += 1;
    }
    Some(rest)
}

/// What stands before and behind the first byte of that kind.
pub(super) const fn split_once(text: &[u8], byte: u8) -> Option<(&[u8], &[u8])> {
    let mut at = 0;
    while at < text.len() {
        if text[at] == byte {
            let (before, rest) = text.split_at(at);
            let (_, behind) = rest.split_at(1);
            return Some((before, behind));
        }
        at += 1;
    }
    None
}

/// A number of at most five digits.
pub(super) const fn number(digits: &[u8]) -> Option<usize> {
    if digits.is_empty() || digits.len() > 5 {
        return None;
    }
    let (mut number, mut at) = (0, 0);
    while at < digits.len() {
        if !digits[at].is_ascii_digit() {
            return None;
        }
        number = number * 10 + (digits[at] - b'0') as usize;
        at += 1;
    }
    Some(number)
}

/// A value that is a text.
pub(super) fn text<'r>(
    field: RawField<'r>,
    expected: &'static str,
) -> Result<Cow<'r, str>, RowErrorKind> {
    match field {
        RawField::Text(text) => Ok(text),
        RawField::Cell(cell) => Ok(Cow::Borrowed(cell)),
        other => Err(wrong_type(expected, &other)),
    }
}

/// How many digits of a second's fraction a type of this keyword has: none, or 1 to 6 in brackets.
pub(super) const fn decimals(name: &[u8], keyword: &[u8]) -> Option<u8> {
    let Some(rest) = strip(name, keyword) else { return None };
    let digits = match rest {
        b"" => return Some(0),
        rest => strip(rest, b"("),
    };
    let Some(digits) = digits else { return None };
    match split_once(digits, b')') {
        Some((digits, b"")) => match number(digits) {
            Some(decimals @ 1..=6) => Some(decimals as u8),
            _ => None,
        },
        _ => None,
    }
}

/// Whether the text is digits, at least one.
pub(super) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// An integer of at most 53 bits, up to which doubles have every one.
pub(super) fn whole(value: f64) -> Result<i64, RowErrorKind> {
    const LIMIT: f64 = 9_007_199_254_740_992.0;
    let integer = value as i64;
    match (-LIMIT..=LIMIT).contains(&value) && integer as f64 == value {
        true => Ok(integer),
        false => Err(RowErrorKind::WrongType { expected: "an integer", got: "another number" }),
    }
}

/// Whether the text is an integer of any size: `-` and digits, nothing else.
pub(super) fn is_integer(text: &str) -> bool {
    is_digits(text.strip_prefix('-').unwrap_or(text))
}

/// Whether the text is an integer with a decimal point and zeros behind it, as spreadsheets and
/// pandas write a column of integers that has gaps.
pub(super) fn is_whole_decimal(text: &str) -> bool {
    let parts = text.split_once('.');
    parts.is_some_and(|(whole, zeros)| {
        is_integer(whole) && !zeros.is_empty() && zeros.bytes().all(|byte| byte == b'0')
    })
}

/// Whether the text is `-`, digits, and perhaps a point with more digits behind it.
pub(super) fn is_plain(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    is_integer(whole) && is_integer(fraction) && !fraction.starts_with('-')
}

/// Says what came where something else is expected.
pub(super) fn wrong_type(expected: &'static str, field: &RawField<'_>) -> RowErrorKind {
    let hidden = match field {
        RawField::Cell(text) => text.chars().find(|character| is_hidden(*character)),
        _ => None,
    };
    if let Some(character) = hidden {
        return RowErrorKind::HiddenCharacter { expected, character };
    }
    let got = match field {
        RawField::Absent => "nothing",
        RawField::Null => "null",
        RawField::Bool(true) => "true",
        RawField::Bool(false) => "false",
        RawField::Number(text) if !is_integer(text) => "a fraction or exponent",
        RawField::Integer(_) | RawField::Number(_) | RawField::Double(_) => "a number",
        RawField::Text(_) => "a string",
        RawField::Day(_) => "a date",
        RawField::Cell(text) => written_number(text).unwrap_or("text"),
        RawField::Document(_) => "a document",
        RawField::Other(name) => name,
    };
    RowErrorKind::WrongType { expected, got }
}

/// What a text is that people read as a number.
fn written_number(text: &str) -> Option<&'static str> {
    let bare = text.trim_matches([' ', '€', '$', '£', '¥', '%']);
    let digits = bare.strip_prefix(['-', '+']).unwrap_or(bare);
    let mark = digits.chars().find(|character| !character.is_ascii_digit());
    let got = match mark {
        None if !is_digits(digits) => return None,
        None => "a number with a plus sign",
        Some(mark) if is_grouped(digits, mark) => "a number with marks of thousands",
        Some('.') if is_decimal(digits, '.') => "a number with a decimal point",
        Some(',') if is_decimal(digits, ',') => "a number with a decimal comma",
        Some(_) => return None,
    };
    Some(if bare == text { got } else { "a number with a sign beside it" })
}

/// Whether digits have one mark.
fn is_decimal(digits: &str, mark: char) -> bool {
    let parts = digits.split_once(mark);
    parts.is_some_and(|(whole, rest)| is_digits(whole) && is_digits(rest))
}

/// Whether this mark is behind each three digits, perhaps with a mark of decimals and more digits behind them.
fn is_grouped(digits: &str, mark: char) -> bool {
    let decimals = digits.rfind(|other| other != mark && matches!(other, '.' | ','));
    let (whole, fraction) = digits.split_at(decimals.unwrap_or(digits.len()));
    let mut groups = whole.split(mark);
    let is_first = |group: &str| is_digits(group) && group.len() <= 3 && !group.starts_with('0');
    let first = groups.next().is_some_and(is_first);
    matches!(mark, '.' | ',' | ' ' | '\'' | '’')
        && first
        && groups.all(|group| is_digits(group) && group.len() == 3)
        && (fraction.is_empty() || is_digits(&fraction[1..]))
}

/// Whether a character is there without being seen: blanks of other widths, and marks of none.
fn is_hidden(character: char) -> bool {
    matches!(
        character,
        '\u{a0}' | '\u{ad}' | '\u{2000}'..='\u{200f}' | '\u{202a}'..='\u{202f}' | '\u{2060}'
            | '\u{3000}' | '\u{feff}'
    ) || (character.is_control() && character != '\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_people_write_them_are_named() {
        let [thousands, beside] =
            ["a number with marks of thousands", "a number with a sign beside it"];
        for (text, got) in [
            ("1.234,50", Some(thousands)),
            ("1,234.50", Some(thousands)),
            ("-12.345.678", Some(thousands)),
            ("1'234.5", Some(thousands)),
            ("1’234’567", Some(thousands)),
            ("12 345", Some(thousands)),
            ("1,125", Some(thousands)),
            ("19,90", Some("a number with a decimal comma")),
            ("0,1234", Some("a number with a decimal comma")),
            ("0,450", Some("a number with a decimal comma")),
            ("1234,125", Some("a number with a decimal comma")),
            ("5.5", Some("a number with a decimal point")),
            ("+5", Some("a number with a plus sign")),
            ("12,50 €", Some(beside)),
            ("$1,234.50", Some(beside)),
            ("12 %", Some(beside)),
            ("", None),
            ("-", None),
            ("€", None),
            ("A-1", None),
            ("5 kg", None),
            ("10:30", None),
            ("1,2,3", None),
            ("1234.567.890", None),
            ("2021.07.27", None),
            ("27.07.2021", None),
            ("1.234,5,6", None),
            ("1.234,", None),
            (".5", None),
            ("1..234", None),
            ("1234-567", None),
            ("zwölf", None),
        ] {
            assert_eq!(written_number(text), got, "{text}");
        }
    }

    #[test]
    fn a_double_is_an_integer_if_it_is_whole() {
        let limit = 9_007_199_254_740_992.0;
        for (value, integer) in [
            (0.0, Some(0)),
            (-0.0, Some(0)),
            (-7.0, Some(-7)),
            (limit, Some(1 << 53)),
            (limit + 2.0, None),
            (0.5, None),
            (1e300, None),
            (f64::NAN, None),
            (f64::INFINITY, None),
        ] {
            assert_eq!(whole(value).ok(), integer, "{value}");
        }
    }
}
