//! A change of tables that databases have already.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use sha2::{Digest, Sha256};

use crate::base::hex::hex;
use crate::ledger::MIGRATIONS;
use crate::sql::statements::{SqlTextError, sql_statements};

/// The most characters of a statement that the Data API takes.
const STATEMENT_LIMIT: usize = 65_536;

/// The migrations of the ledger's own tables, those of `sql/ledger`, in order.
pub static LEDGER_MIGRATIONS: &[Migration] = &of_ledger();

const fn of_ledger() -> [Migration; MIGRATIONS.len()] {
    let mut migrations = [Migration { number: 0, name: "", text: "" }; MIGRATIONS.len()];
    let mut at = 0;
    while at < migrations.len() {
        let (name, text) = MIGRATIONS[at];
        migrations[at] = Migration { number: at as u32 + 1, name, text };
        at += 1;
    }
    migrations
}

/// A change of tables that databases have already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migration {
    /// Its place in the order, from 1.
    pub number: u32,
    /// What it is called: a-z, 0-9 and `_`.
    pub name: &'static str,
    /// The whole file.
    pub text: &'static str,
}

/// What is wrong with a migration's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationFileError {
    /// The file's name.
    pub file: String,
    /// What is wrong, and on which line.
    pub error: SqlTextError,
}

impl fmt::Display for MigrationFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.error.line, self.error.message)
    }
}

impl core::error::Error for MigrationFileError {}

impl Migration {
    /// Reads files, given as names and texts, in order; their numbers must be 1, 2, 3 and so on.
    ///
    /// Their texts stay in memory for the life of the process, which reads them once.
    ///
    /// # Errors
    ///
    /// Where a file is not named `NNNN_name.sql`, a number is missing or appears twice, or a text has no
    /// statement or is none of SQL.
    pub fn read_all(mut files: Vec<(String, String)>) -> Result<Vec<Self>, MigrationFileError> {
        files.sort();
        let mut migrations: Vec<Self> = Vec::new();
        for (file, text) in files {
            match Self::read(&file, &text, migrations.last()) {
                Ok(migration) => migrations.push(migration),
                Err(error) => return Err(MigrationFileError { file, error }),
            }
        }
        Ok(migrations)
    }

    fn read(file: &str, text: &str, last: Option<&Self>) -> Result<Self, SqlTextError> {
        let (number, name) = number_and_name(file)
            .ok_or_else(|| error(1, "not named NNNN_name.sql with four digits, a-z, 0-9 and _"))?;
        let expected = last.map_or(1, |last| last.number + 1);
        if number < expected {
            let last = last.map_or("", |last| last.name);
            return Err(match number {
                0 => error(1, "numbers begin with 0001"),
                _ => error(1, &format!("number {number:04} appears twice, also before {last}")),
            });
        }
        if number > expected {
            return Err(error(1, &format!("number {expected:04} is missing before this one")));
        }
        check_statements(text)?;
        Ok(Self { number, name: name.to_owned().leak(), text: text.to_owned().leak() })
    }

    /// Its statements, without their semicolons.
    pub fn statements(&self) -> Vec<&'static str> {
        let statements = sql_statements(self.text).unwrap_or_default();
        statements.into_iter().map(|statement| statement.text).collect()
    }

    /// SHA-256 of the file, in hexadecimal.
    pub fn sha256(&self) -> String {
        hex(&Sha256::digest(self.text))
    }
}

/// Shows the file's name without its ending: `0001_name`.
impl fmt::Display for Migration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}_{}", self.number, self.name)
    }
}

fn number_and_name(file: &str) -> Option<(u32, &str)> {
    let (digits, name) = file.strip_suffix(".sql")?.split_once('_')?;
    let digits_only = digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit());
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    let well_formed = digits_only && !name.is_empty() && name.bytes().all(plain);
    if well_formed { Some((digits.parse().ok()?, name)) } else { None }
}

fn check_statements(text: &str) -> Result<(), SqlTextError> {
    let statements = sql_statements(text)?;
    if statements.is_empty() {
        return Err(error(1, "no statement"));
    }
    let is_long = |text: &str| text.chars().count() > STATEMENT_LIMIT;
    match statements.iter().find(|statement| is_long(statement.text)) {
        Some(long) => {
            let message = format!("more than the {STATEMENT_LIMIT} characters that a call takes");
            Err(error(long.line, &message))
        }
        None => Ok(()),
    }
}

fn error(line: usize, message: &str) -> SqlTextError {
    SqlTextError { line, message: message.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(files: &[(&str, &str)]) -> Result<Vec<Migration>, MigrationFileError> {
        let files = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        Migration::read_all(files.collect())
    }

    #[test]
    fn the_ledger_s_migrations_are_of_the_form() {
        for migration in LEDGER_MIGRATIONS {
            let before = LEDGER_MIGRATIONS.iter().rfind(|it| it.number < migration.number);
            let file = format!("{migration}.sql");
            assert_eq!(Migration::read(&file, migration.text, before), Ok(*migration));
        }
    }

    #[test]
    fn files_are_read_in_order_and_cut_into_statements() {
        let first =
            "-- é first\nALTER TABLE jobs ADD x VARCHAR(9) COMMENT 'a;b';\n\nDROP TABLE y ;";
        let read = read(&[("0002_b.sql", "SELECT 1;"), ("0001_a_1.sql", first)]).unwrap();
        assert_eq!((read[0].number, read[0].name, read[0].text), (1, "a_1", first));
        let statements = ["ALTER TABLE jobs ADD x VARCHAR(9) COMMENT 'a;b'", "DROP TABLE y"];
        assert_eq!(read[0].statements(), statements);
        assert_eq!((read[1].number, read[1].name), (2, "b"));
        assert_eq!(Migration::read_all(Vec::new()), Ok(Vec::new()));
    }

    #[test]
    fn files_of_another_form_are_refused_with_their_line() {
        let long = format!("\nSELECT '{}';", "x".repeat(65_536));
        for (files, file, line, message) in [
            (vec![("0002_b.sql", "SELECT 1;")], "0002_b.sql", 1, "0001 is missing"),
            (vec![("0001_a.sql", "A;"), ("0003_c.sql", "C;")], "0003_c.sql", 1, "0002 is missing"),
            (vec![("0001_a.sql", "A;"), ("0001_b.sql", "B;")], "0001_b.sql", 1, "appears twice"),
            (vec![("0000_a.sql", "A;")], "0000_a.sql", 1, "begin with 0001"),
            (vec![("1_a.sql", "A;")], "1_a.sql", 1, "NNNN_name.sql"),
            (vec![("0001_A.sql", "A;")], "0001_A.sql", 1, "NNNN_name.sql"),
            (vec![("0001_.sql", "A;")], "0001_.sql", 1, "NNNN_name.sql"),
            (vec![("notes.txt", "A;")], "notes.txt", 1, "NNNN_name.sql"),
            (vec![("0001_a.sql", "")], "0001_a.sql", 1, "no statement"),
            (vec![("0001_a.sql", "-- later\n;\n")], "0001_a.sql", 1, "no statement"),
            (vec![("0001_a.sql", "A;\n\nB")], "0001_a.sql", 3, "without its semicolon"),
            (vec![("0001_a.sql", "A;\nB 'x;")], "0001_a.sql", 2, "unterminated"),
            (vec![("0001_a.sql", long.as_str())], "0001_a.sql", 2, "65536 characters"),
        ] {
            let error = read(&files).unwrap_err();
            assert_eq!((error.file.as_str(), error.error.line), (file, line), "{error}");
            assert!(error.to_string().contains(message), "{error}");
        }
    }

    use alloc::string::ToString;
    use alloc::vec;
}
