//! SQL text per table and purpose, and the one parameter that carries the rows.
//!
//! Rows go out as one JSON array of arrays that `JSON_TABLE` unfolds: 59 bytes a row on the wire
//! where a parameter object per cell takes 262. Its columns are all TEXT, so that the strict
//! target column and not a silent cast decides; utf8mb4 is named, since a server whose default is
//! latin1 would lose characters; and the core alone checks values, since the databases coerce
//! (`1.7` into an INT becomes 2).

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use crate::data_api;
use crate::record::{Cell, Record};
use crate::schema::Table;

/// The parameter that carries the rows.
pub const ROWS: &str = "rows";

/// The most bytes that [`Chunk`] fills of a request; the rest is for SQL, ARNs and headers.
pub const CHUNK_LIMIT: usize = data_api::REQUEST_LIMIT - (16 << 10);

/// Inserts every row of [`ROWS`]; a key that exists already fails the whole statement.
pub fn insert(table: &Table) -> String {
    let columns = list(table, |name| format!("`{name}`"));
    let values = list(table, |name| format!("r.`{name}`"));
    let source = rows_source(table);
    format!("INSERT INTO `{}` ({columns}) SELECT {values} FROM {source}", table.name)
}

/// The rows as a derived table named `r`.
fn rows_source(table: &Table) -> String {
    let mut position = 0;
    let columns = list(table, |name| {
        position += 1;
        format!("`{name}` TEXT CHARACTER SET utf8mb4 PATH '$[{}]'", position - 1)
    });
    format!("JSON_TABLE(CONVERT(:{ROWS} USING utf8mb4), '$[*]' COLUMNS({columns})) AS r")
}

fn list(table: &Table, item: impl FnMut(&str) -> String) -> String {
    table.columns.iter().map(|column| column.name).map(item).collect::<Vec<_>>().join(", ")
}

/// Rows of one table as the JSON text that one statement takes.
#[derive(Debug, Default)]
pub struct Chunk {
    json: String,
    rows: u64,
    /// Bytes of `json` once it stands as a string inside the request's own JSON.
    escaped_bytes: usize,
}

impl Chunk {
    /// Adds a row, or answers `false` if the statement's request would grow too large.
    ///
    /// The first row always fits: its columns hold 64 KiB at the most.
    pub fn push(&mut self, record: &Record<'_>) -> bool {
        let before = self.json.len();
        self.json.push(if self.rows == 0 { '[' } else { ',' });
        write_row(&mut self.json, record);

        let row = &self.json.as_bytes()[before..];
        let escaped = row.len() + memchr::memchr2_iter(b'"', b'\\', row).count();
        if self.rows > 0 && self.escaped_bytes + escaped >= CHUNK_LIMIT {
            self.json.truncate(before);
            return false;
        }
        self.escaped_bytes += escaped;
        self.rows += 1;
        true
    }

    /// How many rows it holds.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The value of the parameter [`ROWS`].
    pub fn into_json(mut self) -> String {
        self.json.push_str(if self.rows == 0 { "[]" } else { "]" });
        self.json
    }
}

fn write_row(json: &mut String, record: &Record<'_>) {
    json.push('[');
    for (position, cell) in record.cells().iter().enumerate() {
        if position > 0 {
            json.push(',');
        }
        match cell {
            Cell::Null => json.push_str("null"),
            Cell::Int(value) => json.push_str(itoa::Buffer::new().format(*value)),
            Cell::Text(text) => write_string(json, text),
        }
    }
    json.push(']');
}

/// A JSON string; RFC 8259 wants quotes, backslashes and control characters escaped.
fn write_string(json: &mut String, text: &str) {
    json.push('"');
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= b' ' && byte != b'"' && byte != b'\\' {
            continue;
        }
        json.push_str(&text[plain..at]);
        plain = at + 1;
        match byte {
            b'"' => json.push_str("\\\""),
            b'\\' => json.push_str("\\\\"),
            // Writing to a String cannot fail.
            _ => _ = write!(json, "\\u{byte:04x}"),
        }
    }
    json.push_str(&text[plain..]);
    json.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Place, RawField, RawRow};
    use crate::schema::table;
    use alloc::borrow::Cow;
    use alloc::vec;
    use proptest::prelude::*;

    fn job(id: i64, name: &str) -> Record<'_> {
        let fields = vec![RawField::Integer(id), RawField::Text(Cow::Borrowed(name))];
        let place = Place { index: Some(0), line: None };
        let row = RawRow { place, fields, errors: Vec::new() };
        Record::parse(table("jobs").unwrap(), row, false).unwrap()
    }

    #[test]
    fn the_insert_names_every_column_and_holds_no_value() {
        assert_eq!(
            insert(table("jobs").unwrap()),
            "INSERT INTO `jobs` (`id`, `job_name`) SELECT r.`id`, r.`job_name` \
             FROM JSON_TABLE(CONVERT(:rows USING utf8mb4), '$[*]' COLUMNS(\
             `id` TEXT CHARACTER SET utf8mb4 PATH '$[0]', \
             `job_name` TEXT CHARACTER SET utf8mb4 PATH '$[1]')) AS r"
        );
    }

    #[test]
    fn a_chunk_is_one_array_of_arrays() {
        let mut chunk = Chunk::default();
        assert!(chunk.push(&job(1, "a")));
        assert!(chunk.push(&job(2, "b\"\\\n\u{0}é😀")));
        assert_eq!(chunk.rows(), 2);
        assert_eq!(chunk.into_json(), r#"[[1,"a"],[2,"b\"\\\u000a\u0000é😀"]]"#);
        assert_eq!(Chunk::default().into_json(), "[]");
    }

    #[test]
    fn a_full_chunk_takes_no_more_and_fits_its_request() {
        let name = "\"\\".repeat(127);
        let mut chunk = Chunk::default();
        let mut id = 1;
        while chunk.push(&job(id, &name)) {
            id += 1;
        }
        assert_eq!(chunk.rows(), id as u64 - 1);
        let json = chunk.into_json();
        assert!(json.ends_with("]]"));
        let request = serde_json::to_string(&json).unwrap().len();
        assert!(request <= CHUNK_LIMIT + 2, "{request}");
        assert!(request > CHUNK_LIMIT - 2_000, "{request}");
    }

    proptest! {
        #[test]
        fn what_goes_in_is_what_json_reads(names in proptest::collection::vec(any::<String>(), 1..5)) {
            let names: Vec<String> =
                names.iter().map(|name| name.chars().take(255).collect()).collect();
            let mut chunk = Chunk::default();
            for (id, name) in names.iter().enumerate() {
                prop_assert!(chunk.push(&job(id as i64 + 1, name)));
            }
            let json: Vec<(i64, String)> = serde_json::from_str(&chunk.into_json()).unwrap();
            let read: Vec<_> = json.into_iter().map(|(_, name)| name).collect();
            prop_assert_eq!(read, names);
        }
    }
}
