//! Cuts SQL text into its statements, each with its line.

use sqlparser::dialect::MySqlDialect;
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};

/// What is wrong, and on which line of the file (from 1).
#[derive(Debug, PartialEq)]
pub(crate) struct Error {
    pub(crate) line: u64,
    pub(crate) message: String,
}

/// One statement as it stands in the file, without its semicolon.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) text: String,
    /// Where it begins.
    pub(crate) line: u64,
}

/// Cuts the file at its semicolons; comments before a statement fall away.
pub(crate) fn split(sql: &str) -> Result<Vec<Source>, Error> {
    let tokens = Tokenizer::new(&MySqlDialect {}, sql)
        .tokenize_with_location()
        .map_err(|e| Error { line: e.location.line, message: e.message })?;

    let mut statements = Vec::new();
    let mut start: Option<&TokenWithSpan> = None;
    for token in &tokens {
        match &token.token {
            Token::Whitespace(_) => {}
            Token::SemiColon => {
                if let Some(first) = start.take() {
                    statements.push(source(sql, first, token));
                }
            }
            _ => start = start.or(Some(token)),
        }
    }
    match start {
        None => Ok(statements),
        Some(token) => Err(Error {
            line: token.span.start.line,
            message: "a statement without its semicolon".into(),
        }),
    }
}

fn source(sql: &str, first: &TokenWithSpan, semicolon: &TokenWithSpan) -> Source {
    let (start, end) = (first.span.start, semicolon.span.start);
    let text = &sql[offset(sql, start.line, start.column)..offset(sql, end.line, end.column)];
    Source { text: text.trim_end().to_owned(), line: start.line }
}

/// The byte at a line and column, both from 1 and counted in characters.
fn offset(sql: &str, line: u64, column: u64) -> usize {
    let before: usize = sql.split_inclusive('\n').take(line as usize - 1).map(str::len).sum();
    let within = sql[before..].chars().take(column as usize - 1).map(char::len_utf8);
    before + within.sum::<usize>()
}
