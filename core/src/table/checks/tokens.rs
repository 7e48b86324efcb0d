//! The words of a CHECK's clause, as both engines write it into `information_schema`.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

/// A word of a clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ClauseToken<'c> {
    /// A name between backticks, of which two are one.
    Name(&'c str),
    /// A word, in any case.
    Word(&'c str),
    /// Digits, perhaps with a point between them.
    Number(&'c str),
    /// A text between quotes, of which two, or a backslash and one, are one.
    Text(&'c str),
    /// A sign, or two that belong together.
    Sign(&'static str),
}

/// The signs that are known, longer ones first.
const SIGNS: [&str; 11] = ["<=>", "<>", "<=", ">=", "=", "<", ">", "(", ")", ",", "-"];

/// The words of a clause; `None` where one is of another kind.
pub(super) fn tokens(clause: &str) -> Option<Vec<ClauseToken<'_>>> {
    let mut rest = clause.trim_start();
    let mut found = Vec::new();
    while let Some(first) = rest.bytes().next() {
        let (token, behind) = match first {
            b'`' => quoted(&rest[1..], b'`').map(|(name, rest)| (ClauseToken::Name(name), rest))?,
            b'\'' => {
                quoted(&rest[1..], b'\'').map(|(text, rest)| (ClauseToken::Text(text), rest))?
            }
            b'0'..=b'9' => number(rest)?,
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                let (word, rest) = word(rest);
                (ClauseToken::Word(word), rest)
            }
            _ => sign(rest)?,
        };
        found.push(token);
        rest = behind.trim_start();
    }
    Some(found)
}

/// A name or a text, without what its quotes of this kind are written with.
pub(super) fn plain(inner: &str, quote: char) -> Cow<'_, str> {
    if !inner.contains(quote) {
        return inner.into();
    }
    let mut plain = String::new();
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        let is_first = letter == quote || (letter == '\\' && quote == '\'');
        plain.extend(if is_first { letters.next() } else { Some(letter) });
    }
    plain.into()
}

/// What stands before a quote that ends it, and what is behind that. A backslash is only taken before a quote of a
/// text: what others mean depends on the SQL mode.
fn quoted(text: &str, quote: u8) -> Option<(&str, &str)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    loop {
        let next = bytes.get(at + 1);
        match *bytes.get(at)? {
            b'\\' if quote == b'\'' && next == Some(&quote) => at += 2,
            b'\\' if quote == b'\'' => return None,
            byte if byte == quote && next == Some(&quote) => at += 2,
            byte if byte == quote => return Some((&text[..at], &text[at + 1..])),
            _ => at += 1,
        }
    }
}

/// `None` of one with an exponent, or in another base.
fn number(text: &str) -> Option<(ClauseToken<'_>, &str)> {
    let (whole, mut rest) = word(text);
    let mut fraction = "0";
    if let Some(behind) = rest.strip_prefix('.') {
        (fraction, rest) = word(behind);
    }
    let is_plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let digits = &text[..text.len() - rest.len()];
    let is_whole = is_plain(whole) && is_plain(fraction) && !rest.starts_with('.');
    is_whole.then_some((ClauseToken::Number(digits), rest))
}

/// The letters, digits and `_` at the beginning, and what is behind them.
fn word(text: &str) -> (&str, &str) {
    let is_other = |byte: u8| !(byte.is_ascii_alphanumeric() || byte == b'_');
    text.split_at(text.bytes().position(is_other).unwrap_or(text.len()))
}

fn sign(text: &str) -> Option<(ClauseToken<'_>, &str)> {
    SIGNS.into_iter().find_map(|sign| Some((ClauseToken::Sign(sign), text.strip_prefix(sign)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn a_clause_is_words() {
        let (name, word, text) = (ClauseToken::Name, ClauseToken::Word, ClauseToken::Text);
        let (number, sign) = (ClauseToken::Number, ClauseToken::Sign);
        for (clause, expected) in [
            ("(`a` >= 0)", vec![sign("("), name("a"), sign(">="), number("0"), sign(")")]),
            ("`a``b` IS NULL", vec![name("a``b"), word("IS"), word("NULL")]),
            ("`a`<>-0.50", vec![name("a"), sign("<>"), sign("-"), number("0.50")]),
            ("_utf8mb4'it\\'s'", vec![word("_utf8mb4"), text("it\\'s")]),
            ("'it''s'", vec![text("it''s")]),
            ("''", vec![text("")]),
            ("`a` <=> 5", vec![name("a"), sign("<=>"), number("5")]),
            ("", vec![]),
        ] {
            assert_eq!(tokens(clause), Some(expected), "{clause}");
        }
        for (inner, quote, expected) in [
            ("a``b", '`', "a`b"),
            ("it\\'s", '\'', "it's"),
            ("it''s", '\'', "it's"),
            ("\\'\\'", '\'', "''"),
            ("\\'''``", '\'', "''``"),
            ("''", '`', "''"),
            ("ß", '\'', "ß"),
        ] {
            assert_eq!(plain(inner, quote), expected);
        }
    }

    #[test]
    fn what_is_not_known_is_no_word() {
        for clause in [
            "1e3",
            "0x10",
            "1.",
            "5a",
            "1.5.2",
            "'a",
            "`a",
            "'back\\\\slash'",
            "'a\\n'",
            "a + 1",
            "\"a\"",
            "@x",
            "?",
        ] {
            assert_eq!(tokens(clause), None, "{clause}");
        }
    }
}
