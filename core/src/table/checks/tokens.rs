//! The words of a CHECK's clause, as both engines write it into `information_schema`.

use alloc::string::String;
use alloc::vec::Vec;

/// A word of a clause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ClauseToken {
    /// A name in backticks.
    Name(String),
    /// A word, in lower case.
    Word(String),
    /// Digits, perhaps with a point between them.
    Number(String),
    /// A text in quotes.
    Text(String),
    /// A sign, or two that belong together.
    Sign(&'static str),
}

/// The signs that are known, longer ones first.
const SIGNS: [&str; 11] = ["<=>", "<>", "<=", ">=", "=", "<", ">", "(", ")", ",", "-"];

/// The words of a clause; `None` where one is of another kind.
pub(super) fn tokens(clause: &str) -> Option<Vec<ClauseToken>> {
    let mut rest = clause.trim_start();
    let mut found = Vec::new();
    while let Some(first) = rest.chars().next() {
        let (token, behind) = match first {
            '`' => quoted(rest, '`').map(|(name, rest)| (ClauseToken::Name(name), rest))?,
            '\'' => quoted(rest, '\'').map(|(text, rest)| (ClauseToken::Text(text), rest))?,
            '0'..='9' => number(rest)?,
            'a'..='z' | 'A'..='Z' | '_' => word(rest),
            _ => sign(rest)?,
        };
        found.push(token);
        rest = behind.trim_start();
    }
    Some(found)
}

/// What stands in quotes, of which a doubled one is one; and what is behind. A backslash is only taken before a
/// quote of a text: what others mean depends on the SQL mode.
fn quoted(text: &str, quote: char) -> Option<(String, &str)> {
    let mut letters = text.strip_prefix(quote)?.chars();
    let mut inner = String::new();
    loop {
        match letters.next()? {
            '\\' if quote == '\'' => {
                letters = letters.as_str().strip_prefix('\'')?.chars();
                inner.push('\'');
            }
            letter if letter == quote => match letters.as_str().strip_prefix(quote) {
                Some(rest) => {
                    inner.push(quote);
                    letters = rest.chars();
                }
                None => return Some((inner, letters.as_str())),
            },
            letter => inner.push(letter),
        }
    }
}

/// `None` of one with an exponent, or in another base.
fn number(text: &str) -> Option<(ClauseToken, &str)> {
    let is_other =
        |letter: char| !(letter.is_ascii_alphanumeric() || letter == '.' || letter == '_');
    let (digits, rest) = text.split_at(text.find(is_other).unwrap_or(text.len()));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    (is_plain(whole) && is_plain(fraction)).then(|| (ClauseToken::Number(digits.into()), rest))
}

fn word(text: &str) -> (ClauseToken, &str) {
    let is_other = |letter: char| !(letter.is_ascii_alphanumeric() || letter == '_');
    let (word, rest) = text.split_at(text.find(is_other).unwrap_or(text.len()));
    (ClauseToken::Word(word.to_ascii_lowercase()), rest)
}

fn sign(text: &str) -> Option<(ClauseToken, &str)> {
    SIGNS.into_iter().find_map(|sign| Some((ClauseToken::Sign(sign), text.strip_prefix(sign)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn a_clause_is_words() {
        let name = |text: &str| ClauseToken::Name(text.into());
        let word = |text: &str| ClauseToken::Word(text.into());
        let text = |text: &str| ClauseToken::Text(text.into());
        let number = |text: &str| ClauseToken::Number(text.into());
        let sign = ClauseToken::Sign;
        for (clause, expected) in [
            ("(`a` >= 0)", vec![sign("("), name("a"), sign(">="), number("0"), sign(")")]),
            ("`a``b` IS NULL", vec![name("a`b"), word("is"), word("null")]),
            ("`a`<>-0.50", vec![name("a"), sign("<>"), sign("-"), number("0.50")]),
            ("_utf8mb4'it\\'s'", vec![word("_utf8mb4"), text("it's")]),
            ("'it''s'", vec![text("it's")]),
            ("''", vec![text("")]),
            ("`a` <=> 5", vec![name("a"), sign("<=>"), number("5")]),
            ("", vec![]),
        ] {
            assert_eq!(tokens(clause), Some(expected), "{clause}");
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
