//! Reads the numbered migrations of `sql/migrations`.

use crate::ddl::{Error, STATEMENT_LIMIT, split};

#[derive(Debug, PartialEq)]
pub(crate) struct Migration {
    pub(crate) number: u32,
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) statements: Vec<String>,
}

/// What is wrong, and in which file.
#[derive(Debug, PartialEq)]
pub(crate) struct FileError {
    pub(crate) file: String,
    pub(crate) error: Error,
}

/// Reads files, given as names and texts; their numbers must be 1, 2, 3 and so on.
pub(crate) fn read(mut files: Vec<(String, String)>) -> Result<Vec<Migration>, FileError> {
    files.sort();
    let mut migrations: Vec<Migration> = Vec::new();
    for (file, text) in files {
        let last = migrations.last();
        match migration(&file, text, last) {
            Ok(migration) => migrations.push(migration),
            Err(error) => return Err(FileError { file, error }),
        }
    }
    Ok(migrations)
}

fn migration(file: &str, text: String, last: Option<&Migration>) -> Result<Migration, Error> {
    let (number, name) = number_and_name(file)
        .ok_or_else(|| error(1, "not named NNNN_name.sql with four digits, a-z, 0-9 and _"))?;
    let expected = last.map_or(1, |last| last.number + 1);
    if number < expected {
        let last = last.map_or("", |last| last.name.as_str());
        return Err(match number {
            0 => error(1, "numbers begin with 0001"),
            _ => error(1, format!("number {number:04} stands twice, also before {last}")),
        });
    }
    if number > expected {
        return Err(error(1, format!("number {expected:04} is missing before this one")));
    }
    Ok(Migration { number, name: name.to_owned(), statements: statements(&text)?, text })
}

fn number_and_name(file: &str) -> Option<(u32, &str)> {
    let (digits, name) = file.strip_suffix(".sql")?.split_once('_')?;
    let digits_only = digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit());
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    let well_formed = digits_only && !name.is_empty() && name.bytes().all(plain);
    if well_formed { Some((digits.parse().ok()?, name)) } else { None }
}

fn statements(text: &str) -> Result<Vec<String>, Error> {
    let sources = split(text)?;
    if sources.is_empty() {
        return Err(error(1, "no statement"));
    }
    for source in &sources {
        if source.text.chars().count() > STATEMENT_LIMIT {
            let message = format!("more than the {STATEMENT_LIMIT} characters that a call takes");
            return Err(error(source.line, message));
        }
    }
    Ok(sources.into_iter().map(|source| source.text).collect())
}

fn error(line: u64, message: impl Into<String>) -> Error {
    Error { line, message: message.into() }
}
