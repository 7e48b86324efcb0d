//! SQL text cut into its statements, each with its line.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// One statement of a text, without its semicolon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SqlStatement<'t> {
    /// The statement.
    pub text: &'t str,
    /// The line on which it begins, counted from 1.
    pub line: usize,
}

/// What is wrong with a text of SQL, and on which line, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlTextError {
    /// The line.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for SqlTextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl core::error::Error for SqlTextError {}

/// Cuts a text at its semicolons; comments before a statement fall away.
///
/// Knows MySQL's quotes and comments, and nothing else of it: a statement with semicolons within, such as
/// a trigger's, is cut, too.
///
/// # Errors
///
/// Where a quote or a comment is not closed, or the last statement has no semicolon.
pub fn sql_statements(text: &str) -> Result<Vec<SqlStatement<'_>>, SqlTextError> {
    let mut statements = Vec::new();
    let mut start = None;
    let mut at = 0;
    while at < text.len() {
        let token = token(&text[at..]);
        let Some(length) = token.length else {
            return Err(error(text, at, token.kind.unterminated()));
        };
        match token.kind {
            TokenKind::Blank => {}
            TokenKind::Semicolon => {
                if let Some(start) = start.take() {
                    statements.push(statement(text, start, at));
                }
            }
            TokenKind::Quoted | TokenKind::Comment | TokenKind::Other => start = start.or(Some(at)),
        }
        at += length;
    }
    match start {
        None => Ok(statements),
        Some(start) => Err(error(text, start, "a statement without its semicolon")),
    }
}

fn statement(text: &str, start: usize, end: usize) -> SqlStatement<'_> {
    SqlStatement { text: text[start..end].trim_end(), line: line(text, start) }
}

fn error(text: &str, at: usize, message: &str) -> SqlTextError {
    SqlTextError { line: line(text, at), message: message.into() }
}

/// The line of a byte, counted from 1.
fn line(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

struct Token {
    kind: TokenKind,
    /// In bytes; `None` of what has no end.
    length: Option<usize>,
}

enum TokenKind {
    /// White space, or a comment that says nothing to the database.
    Blank,
    Semicolon,
    Quoted,
    /// A comment that the database reads: `/*! … */`.
    Comment,
    Other,
}

impl TokenKind {
    fn unterminated(&self) -> &'static str {
        match self {
            Self::Quoted => "an unterminated quote",
            _ => "an unterminated comment",
        }
    }
}

/// The token at the start of a text that is not empty.
fn token(text: &str) -> Token {
    let token = |kind, length| Token { kind, length };
    let rest_of_line = || Some(text.find('\n').map_or(text.len(), |end| end + 1));
    let first = text.chars().next().unwrap_or_default();
    match first {
        ';' => token(TokenKind::Semicolon, Some(1)),
        '\'' | '"' | '`' => token(TokenKind::Quoted, quoted(text, first)),
        '#' => token(TokenKind::Blank, rest_of_line()),
        '-' if is_line_comment(text) => token(TokenKind::Blank, rest_of_line()),
        '/' if text.starts_with("/*") => {
            let is_read = text.starts_with("/*!") || text.starts_with("/*M!");
            let end = text[2..].find("*/").map(|end| end + 4);
            token(if is_read { TokenKind::Comment } else { TokenKind::Blank }, end)
        }
        first if first.is_whitespace() || first == '\u{feff}' => {
            token(TokenKind::Blank, Some(first.len_utf8()))
        }
        first => token(TokenKind::Other, Some(first.len_utf8())),
    }
}

/// `--` begins a comment only before white space or the end.
fn is_line_comment(text: &str) -> bool {
    let behind = text.strip_prefix("--").map(|rest| rest.chars().next());
    behind.is_some_and(|next| next.is_none_or(char::is_whitespace))
}

/// The length of a quoted text; a doubled quote is none, and neither is one behind a backslash.
fn quoted(text: &str, quote: char) -> Option<usize> {
    let mut letters = text.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        if letter == '\\' && quote != '`' {
            letters.next();
        } else if letter == quote && letters.next_if(|(_, next)| *next == quote).is_none() {
            return Some(at + 1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn texts(text: &str) -> Vec<&str> {
        sql_statements(text).unwrap().into_iter().map(|it| it.text).collect()
    }

    #[test]
    fn a_semicolon_ends_a_statement_outside_of_quotes_and_comments() {
        for (text, expected) in [
            ("A;B ;\n", vec!["A", "B"]),
            ("-- a;b\nA;", vec!["A"]),
            ("# a;b\nA;", vec!["A"]),
            ("/* ; */ A /* ; */;", vec!["A /* ; */"]),
            ("/*!40101 SET x */;", vec!["/*!40101 SET x */"]),
            ("A 'x;''y;' \";\" `;``;`;", vec!["A 'x;''y;' \";\" `;``;`"]),
            (r"A 'x\';'; B;", vec![r"A 'x\';'", "B"]),
            (r"A `x\`; B;", vec![r"A `x\`", "B"]),
            ("A 1--2;", vec!["A 1--2"]),
            ("\u{feff}A é 'ü;';;", vec!["A é 'ü;'"]),
            ("", vec![]),
            ("-- end", vec![]),
            (" ;; ", vec![]),
        ] {
            assert_eq!(texts(text), expected, "{text}");
        }
    }

    #[test]
    fn each_statement_and_error_has_its_line() {
        let lines: Vec<_> = sql_statements("\nA\n;\n-- é\n  B;").unwrap();
        assert_eq!(lines.iter().map(|it| it.line).collect::<Vec<_>>(), [2, 5]);
        for (text, line, message) in [
            ("A;\n\nB", 3, "a statement without its semicolon"),
            ("A;\nB 'x;", 2, "an unterminated quote"),
            ("A;\n/* B;", 2, "an unterminated comment"),
        ] {
            let error = sql_statements(text).unwrap_err();
            assert_eq!((error.line, error.message.as_str()), (line, message));
        }
    }
}
