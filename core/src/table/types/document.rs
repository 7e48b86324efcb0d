//! What a JSON document must hold to, so that a database keeps it as it was sent.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use hashbrown::HashSet;
use serde::de::IgnoredAny;

use super::decimal::significant;
use super::float::shortest;
use super::nearest::{DOUBLE, nearest};
use crate::table::issue::RowErrorKind;

/// How deep MySQL takes arrays and objects in each other.
const DEEPEST: usize = 100;

/// Fails where a text is no JSON, or a database would keep another document.
pub(super) fn check(text: &str) -> Result<(), RowErrorKind> {
    // The grammar first: what follows rests on it.
    serde_json::from_str::<IgnoredAny>(text).map_err(|_| RowErrorKind::InvalidDocument)?;
    DocumentWalk { rest: text, open: Vec::new() }.all()
}

/// A walk through a text that is JSON by its grammar.
struct DocumentWalk<'t> {
    rest: &'t str,
    /// The names of each object that is open; none of an array.
    open: Vec<Option<HashSet<Cow<'t, str>>>>,
}

impl<'t> DocumentWalk<'t> {
    fn all(mut self) -> Result<(), RowErrorKind> {
        while let Some(first) = self.rest.bytes().next() {
            match first {
                b'{' => self.enter(Some(HashSet::new()))?,
                b'[' => self.enter(None)?,
                b'}' | b']' => {
                    self.open.pop();
                    self.skip(1);
                }
                b'"' => self.string()?,
                b'-' | b'0'..=b'9' => self.number()?,
                _ => {
                    self.skip(1);
                }
            }
        }
        Ok(())
    }

    fn skip(&mut self, bytes: usize) -> &'t str {
        let (token, rest) = self.rest.split_at(bytes);
        self.rest = rest;
        token
    }

    fn enter(&mut self, names: Option<HashSet<Cow<'t, str>>>) -> Result<(), RowErrorKind> {
        if self.open.len() == DEEPEST {
            return Err(RowErrorKind::TooDeep { limit: DEEPEST });
        }
        self.open.push(names);
        self.skip(1);
        Ok(())
    }

    /// A string; one with a colon behind it is a name, which an object has once.
    fn string(&mut self) -> Result<(), RowErrorKind> {
        let token = self.skip(length_of_string(self.rest));
        let text = text_of(token)?;
        let is_name = self.rest.trim_ascii_start().starts_with(':');
        match self.open.last_mut() {
            Some(Some(names)) if is_name => match names.insert(text) {
                true => Ok(()),
                false => Err(RowErrorKind::RepeatedMember),
            },
            _ => Ok(()),
        }
    }

    fn number(&mut self) -> Result<(), RowErrorKind> {
        let end = self.rest.find(|it: char| !matches!(it, '0'..='9' | '+' | '-' | '.' | 'e' | 'E'));
        let token = self.skip(end.unwrap_or(self.rest.len()));
        if is_kept(token) { Ok(()) } else { Err(RowErrorKind::NumberNotKept) }
    }
}

/// How many bytes a string has, with its quotes.
fn length_of_string(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 1;
    while let Some(found) = memchr::memchr2(b'"', b'\\', &bytes[at..]) {
        at += found + 1;
        if bytes[at - 1] == b'"' {
            return at;
        }
        at += 1;
    }
    bytes.len()
}

/// What a string says.
fn text_of(token: &str) -> Result<Cow<'_, str>, RowErrorKind> {
    if token.contains('\\') {
        let text = serde_json::from_str(token).map_err(|_| RowErrorKind::LoneSurrogate)?;
        return Ok(Cow::Owned(text));
    }
    Ok(Cow::Borrowed(&token[1..token.len() - 1]))
}

/// Whether a database keeps a number's value: an integer of 64 bits, or what a double is the nearest of.
fn is_kept(token: &str) -> bool {
    if token.parse::<i64>().is_ok() || token.parse::<u64>().is_ok() {
        return true;
    }
    let is_integer = !token.contains(['.', 'e', 'E']);
    let value = nearest(token, DOUBLE);
    if is_integer || !value.is_finite() {
        return false;
    }
    let ((_, digits, point), (_, kept, place)) =
        (significant(token), significant(&shortest(value)));
    digits == kept && (digits.is_empty() || point == place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use proptest::prelude::*;

    #[test]
    fn what_a_database_would_change_is_refused() {
        for (text, expected) in [
            ("{}", Ok(())),
            (" [1, -0, 1e2, 1.50, 0.1, \"a\", null, true] ", Ok(())),
            ("18446744073709551615", Ok(())),
            ("-9223372036854775808", Ok(())),
            (r#"{"a":{"a":[{"a":"a"}]},"b":"a"}"#, Ok(())),
            (r#""\ud83d\ude00 \" \\ \u0041""#, Ok(())),
            (r#"["a:","b" , "a:"]"#, Ok(())),
            ("1e308", Ok(())),
            ("0e999", Ok(())),
            ("18446744073709551616", Err("too_precise")),
            ("-9223372036854775809", Err("too_precise")),
            ("0.12345678901234567890", Err("too_precise")),
            ("12345678901234567890.5", Err("too_precise")),
            ("1e400", Err("too_precise")),
            ("1e-400", Err("too_precise")),
            (r#"{"a":1,"a":1}"#, Err("duplicate_column")),
            (r#"{"a":1,"\u0061" : 2}"#, Err("duplicate_column")),
            (r#"{"a":"\ud83d"}"#, Err("invalid_json")),
            ("", Err("invalid_json")),
            ("{a:1}", Err("invalid_json")),
            ("[1,]", Err("invalid_json")),
            ("abc", Err("invalid_json")),
            ("1 2", Err("invalid_json")),
        ] {
            assert_eq!(check(text).map_err(|error| error.code()), expected, "{text}");
        }
        let deep = |depth| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(check(&deep(100)), Ok(()));
        assert_eq!(check(&deep(101)), Err(RowErrorKind::TooDeep { limit: 100 }));
    }

    proptest! {
        #[test]
        fn never_panics(text in "[\\[\\]{}\":,\\\\u0-9eE.+\\- a-z]{0,40}") {
            let _ = check(&text);
        }
    }
}
