//! Why a text is no description of tables.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde::Deserialize;

use super::description::{Description, FORM, IndexDescription, TableDescription};

/// Why a text is no description of tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DescriptionError {
    /// It is not JSON of the form.
    Form(String),
    /// It is of another version.
    Version(u64),
    /// Two tables, or two columns of a table, have one name; or a key names a column that is not there.
    Contradiction {
        /// The table.
        table: String,
        /// What it contradicts itself in.
        what: String,
    },
}

impl fmt::Display for DescriptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form(what) => write!(f, "not the JSON of `rowgate schema pull`: {what}"),
            Self::Version(found) => write!(
                f,
                "rowgate_schema is {found}, and this rowgate reads {FORM}: make the file anew with \
                 `rowgate schema pull`, or install the rowgate that wrote it"
            ),
            Self::Contradiction { table, what } => write!(f, "table {table}: {what}"),
        }
    }
}

impl core::error::Error for DescriptionError {}

/// The version by itself, so that a file of another one is told from a broken one.
#[derive(Deserialize)]
struct Version {
    rowgate_schema: u64,
}

impl Description {
    /// Reads the JSON form.
    ///
    /// # Errors
    ///
    /// Where it is not of the form, is of another version, or contradicts itself.
    pub fn from_json(json: &str) -> Result<Self, DescriptionError> {
        let json = json.strip_prefix('\u{feff}').unwrap_or(json);
        let description =
            serde_json::from_str::<Self>(json).map_err(|error| unread(json, &error))?;
        if description.rowgate_schema != FORM {
            return Err(DescriptionError::Version(description.rowgate_schema.into()));
        }
        description.check()?;
        Ok(description)
    }

    fn check(&self) -> Result<(), DescriptionError> {
        if let Some(twice) = repeated(self.tables.iter().map(|table| table.name.as_str())) {
            return Err(contradiction(twice, "it appears twice".into()));
        }
        self.tables.iter().try_for_each(check_table)
    }
}

/// Why a text is not read. The version is looked for by itself only here: a start reads the text once.
#[cold]
#[inline(never)]
fn unread(json: &str, error: &serde_json::Error) -> DescriptionError {
    match serde_json::from_str(json) {
        Ok(Version { rowgate_schema }) if rowgate_schema != u64::from(FORM) => {
            DescriptionError::Version(rowgate_schema)
        }
        _ => DescriptionError::Form(error.to_string()),
    }
}

fn check_table(table: &TableDescription) -> Result<(), DescriptionError> {
    if table.columns.is_empty() {
        return Err(contradiction(&table.name, "it has no columns".into()));
    }
    if let Some(twice) = repeated(table.columns.iter().map(|column| column.name.as_str())) {
        return Err(contradiction(&table.name, alloc::format!("column {twice} appears twice")));
    }
    let of_indexes = table.unique_keys.iter().chain(&table.indexes).flat_map(columns);
    let of_foreign_keys = table.foreign_keys.iter().flat_map(|key| &key.columns);
    let mut named = of_indexes.chain(of_foreign_keys).chain(&table.primary_key);
    let is_missing =
        |name: &&String| !table.columns.iter().any(|column| column.name.eq_ignore_ascii_case(name));
    match named.find(is_missing) {
        Some(name) => {
            let what = alloc::format!("a key names the column {name}, which is not there");
            Err(contradiction(&table.name, what))
        }
        None => Ok(()),
    }
}

fn columns(index: &IndexDescription) -> impl Iterator<Item = &String> {
    index.parts.iter().filter_map(|part| part.column.as_ref())
}

fn repeated<'n>(names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let names: Vec<_> = names.collect();
    let mut seen = [false; HASHES];
    let mut is_seen = |name: &str| core::mem::replace(&mut seen[hash(name)], true);
    let is_before = |(at, name): &(usize, &&str)| is_seen(name) && names[..*at].contains(*name);
    names.iter().enumerate().find(is_before).map(|(_, name)| *name)
}

const HASHES: usize = 1_024;

/// Names with different hashes need not be compared.
fn hash(name: &str) -> usize {
    name.bytes().fold(0, |hash, byte| (hash * 31 + usize::from(byte)) % HASHES)
}

#[cold]
#[inline(never)]
fn contradiction(table: &str, what: String) -> DescriptionError {
    DescriptionError::Contradiction { table: table.into(), what }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(json: &str) -> String {
        Description::from_json(json).unwrap_err().to_string()
    }

    #[test]
    fn what_is_no_description_is_refused_with_what_is_wrong() {
        let table = |rest: &str| {
            alloc::format!(
                r#"{{"rowgate_schema":1,"tables":[{{"name":"t","columns":[{{"name":"a","column_type":"int"}}]{rest}}}]}}"#
            )
        };
        let twice = r#"{"rowgate_schema":1,"tables":[{"name":"t","columns":[{"name":"a","column_type":"int"},{"name":"a","column_type":"int"}]}]}"#;
        for (json, what) in [
            ("", "EOF"),
            ("[]", "not the JSON of `rowgate schema pull`"),
            (r#"{"rowgate_schema":2,"pages":[]}"#, "rowgate_schema is 2, and this rowgate reads 1"),
            (r#"{"rowgate_schema":1}"#, "missing field `tables`"),
            (r#"{"rowgate_schema":1,"tables":[{"name":"t","columns":[]}]}"#, "it has no columns"),
            (twice, "table t: column a appears twice"),
            (&table(r#","primary_key":["b"]"#), "table t: a key names the column b"),
            (&table(r#","unique_keys":[{"name":"u","parts":[{"column":"b"}]}]"#), "the column b"),
            (&table(r#","primery_key":["a"]"#), "unknown field `primery_key`"),
        ] {
            assert!(error(json).contains(what), "{json}: {}", error(json));
        }
        assert!(Description::from_json(&table("")).is_ok());
        assert!(Description::from_json(&alloc::format!("\u{feff}{}", table(""))).is_ok());
    }
}
