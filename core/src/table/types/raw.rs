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

/// Whether the text is an integer of any size: `-` and digits, nothing else.
pub(super) fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
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
        RawField::Integer(_) | RawField::Number(_) => "a number",
        RawField::Text(_) => "a string",
        RawField::Day(_) => "a date",
        RawField::Cell(_) => "text",
        RawField::Other(name) => name,
    };
    RowErrorKind::WrongType { expected, got }
}

/// Whether a character is there without being seen: blanks of other widths, and marks of none.
fn is_hidden(character: char) -> bool {
    matches!(
        character,
        '\u{a0}' | '\u{ad}' | '\u{2000}'..='\u{200f}' | '\u{202a}'..='\u{202f}' | '\u{2060}'
            | '\u{3000}' | '\u{feff}'
    ) || (character.is_control() && character != '\t')
}
