//! A checksum of a table's content, the same in SQL and here.
//!
//! Of each row, column by column in the schema's order: `N;` for NULL, else `<octets>:<text>;`, the
//! text in UTF-8. Of that the first 64 bits of SHA-256, and of all rows the exclusive or, so that
//! their order does not matter. Beside it stands the count: two equal rows would cancel out.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::num::ParseIntError;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::base::sql_text::quoted;
use crate::table::record::Cell;
use crate::table::schema::Table;
use crate::table::types::Definition;

/// The content of some rows, in any order.
///
/// As JSON `{"rows": 2, "checksum": "00c0ffee00c0ffee"}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(into = "ChecksumText", try_from = "ChecksumText")]
pub struct Checksum {
    /// How many rows.
    pub rows: u64,
    /// The exclusive or of their digests.
    pub digest: u64,
}

#[derive(Serialize, Deserialize)]
struct ChecksumText {
    rows: u64,
    checksum: String,
}

impl From<Checksum> for ChecksumText {
    fn from(checksum: Checksum) -> Self {
        Self { rows: checksum.rows, checksum: checksum.hex() }
    }
}

impl TryFrom<ChecksumText> for Checksum {
    type Error = ParseIntError;

    fn try_from(ChecksumText { rows, checksum }: ChecksumText) -> Result<Self, ParseIntError> {
        Ok(Self { rows, digest: u64::from_str_radix(&checksum, 16)? })
    }
}

impl Checksum {
    /// Takes in one row: its values, one per column in the table's order.
    pub fn add(&mut self, table: &Table, cells: &[Cell<'_>]) {
        // As one piece: the hash is slower with many small ones.
        let mut row = Vec::with_capacity(256);
        for (cell, column) in cells.iter().zip(table.columns) {
            match cell {
                Cell::Null => row.extend_from_slice(b"N;"),
                Cell::Int(value) => add_text(&mut row, itoa::Buffer::new().format(*value)),
                Cell::Text(text) => add_text(&mut row, &column.column_type.digested(text)),
            }
        }
        let [a, b, c, d, e, f, g, h, ..]: [u8; 32] = Sha256::digest(&row).into();
        self.digest ^= u64::from_be_bytes([a, b, c, d, e, f, g, h]);
        self.rows += 1;
    }

    /// Takes in other rows.
    pub fn merge(&mut self, other: Self) {
        self.rows += other.rows;
        self.digest ^= other.digest;
    }

    /// The digest in hexadecimal.
    pub fn hex(&self) -> String {
        format!("{:016x}", self.digest)
    }
}

fn add_text(row: &mut Vec<u8>, text: &str) {
    row.extend_from_slice(itoa::Buffer::new().format(text.len()).as_bytes());
    row.push(b':');
    row.extend_from_slice(text.as_bytes());
    row.push(b';');
}

/// The digest of a row as an expression of SQL, which BIT_XOR takes.
pub(crate) fn row_digest(table: &Table) -> String {
    let columns = table.columns.iter().map(|column| {
        let text = column.column_type.digest(&quoted(column.name));
        format!("IFNULL(CONCAT(OCTET_LENGTH({text}), ':', {text}, ';'), 'N;')")
    });
    let row = columns.collect::<Vec<_>>().join(", ");
    format!("CAST(CONV(LEFT(SHA2(CONCAT({row}), 256), 16), 16, 10) AS UNSIGNED)")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::schema::table;
    use alloc::borrow::Cow;

    fn text(text: &str) -> Cell<'_> {
        Cell::Text(Cow::Borrowed(text))
    }

    fn of(rows: &[&[Cell<'_>]]) -> Checksum {
        let mut checksum = Checksum::default();
        let table = table("employees").unwrap();
        rows.iter().for_each(|row| checksum.add(table, row));
        checksum
    }

    #[test]
    fn it_is_sha_256_of_what_is_written() {
        // printf '1:7;3:\303\251a;N;' | sha256sum
        let one = of(&[&[Cell::Int(7), text("éa"), Cell::Null]]);
        let digest = Sha256::digest("1:7;3:éa;N;".as_bytes());
        let first: Vec<_> = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        assert_eq!((one.rows, one.hex()), (1, first.concat()));
    }

    #[test]
    fn the_order_of_rows_does_not_matter_and_that_of_cells_does() {
        let (a, b) = ([Cell::Int(1), text("2")], [Cell::Int(2), text("1")]);
        assert_eq!(of(&[&a, &b]), of(&[&b, &a]));
        assert_ne!(of(&[&a]), of(&[&b]));
        let mut merged = of(&[&a]);
        merged.merge(of(&[&b]));
        assert_eq!(merged, of(&[&a, &b]));
    }

    #[test]
    fn cells_do_not_run_into_each_other() {
        assert_ne!(of(&[&[text("a;"), text("")]]), of(&[&[text("a"), text(";")]]));
        assert_ne!(of(&[&[text("N;")]]), of(&[&[Cell::Null]]));
        assert_ne!(of(&[&[text("")]]), of(&[&[Cell::Null]]));
    }
}
