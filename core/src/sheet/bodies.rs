//! Good rows as the bodies of requests.
//!
//! A body is NDJSON of canonical values. Each value is written in the first form that the gate reads back as
//! the same value, so that what was checked is what is stored.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use sha2::{Digest, Sha256};

use super::fault::CellFault;
use super::state::Sheet;
use crate::base::hex::hex;
use crate::base::json_string::write_string;
use crate::table::record::{RawField, RawRow, Record};
use crate::table::schema::Column;
use crate::table::types::{Definition, Rules};
use crate::table::value::Cell;

/// The rows of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestBody {
    /// The rows, in the order of the body.
    pub rows: Vec<u32>,
    /// Them, as NDJSON.
    pub body: String,
    /// A digest of table, first row and body: the same rows at the same place have the same, until one of them is
    /// refused.
    pub key: String,
}

/// How many digits of a digest make an `Idempotency-Key`.
const KEY_DIGITS: usize = 40;

impl Sheet {
    /// The body of the first good rows from a row on; at most so many rows and bytes, and at least one row.
    /// The rows that cannot be written come with it.
    pub(super) fn body_from(
        &self,
        from: u32,
        most_rows: usize,
        most_bytes: usize,
    ) -> (RequestBody, Vec<(u32, CellFault)>) {
        let ready = (from..self.len()).filter(|row| self.is_ready(*row));
        let rows: Vec<u32> = ready.take(most_rows.max(1)).collect();
        self.body_of(&rows, most_bytes)
    }

    /// The body of these rows, up to so many bytes.
    pub(super) fn body_of(
        &self,
        rows: &[u32],
        most_bytes: usize,
    ) -> (RequestBody, Vec<(u32, CellFault)>) {
        let (mut body, mut taken, mut unwritten) = (String::new(), Vec::new(), Vec::new());
        let mut is_full = false;
        self.each_row(rows, |row, raw| {
            let before = body.len();
            if is_full {
                return;
            }
            match self.write_row(raw, &mut body) {
                Err(fault) => {
                    body.truncate(before);
                    unwritten.push((row, fault));
                }
                Ok(()) if body.len() > most_bytes && !taken.is_empty() => {
                    body.truncate(before);
                    is_full = true;
                }
                Ok(()) => taken.push(row),
            }
        });
        let first = taken.first().copied().unwrap_or_default();
        let refusals = taken.iter().filter_map(|row| self.refusals.get(row)).max();
        let sending = match refusals {
            None => self.sending.clone(),
            Some(times) => format!("{}/{times}", self.sending),
        };
        let key = digest(self.table.name, &sending, first, &body);
        (RequestBody { rows: taken, body, key }, unwritten)
    }

    fn write_row(&self, raw: RawRow<'_>, body: &mut String) -> Result<(), CellFault> {
        let Ok(record) = Record::parse_by(self.table, raw, self.rules.entry) else {
            return Err(unwritten(None));
        };
        body.push('{');
        let cells = self.table.columns.iter().zip(record.cells()).enumerate();
        let mut separator = "";
        for (_, (column, cell)) in cells.filter(|(at, _)| record.columns().has(*at)) {
            body.push_str(separator);
            write_string(body, column.name);
            body.push(':');
            write_value(column, cell, body).ok_or_else(|| unwritten(Some(column.name)))?;
            separator = ",";
        }
        body.push_str("}\n");
        Ok(())
    }
}

fn unwritten(column: Option<&str>) -> CellFault {
    CellFault {
        column: column.map(Into::into),
        code: "not_sent".into(),
        message: "this value cannot be sent so that it arrives unchanged; load the file with rowgate load"
            .into(),
    }
}

/// Writes a canonical value in the first form that is read as the same.
fn write_value(column: &Column, cell: &Cell<'_>, body: &mut String) -> Option<()> {
    let is_same = |field: RawField<'_>| {
        column.column_type.parse(field, &Rules::default()).is_ok_and(|read| read == *cell)
    };
    let text = match cell {
        Cell::Null => {
            body.push_str("null");
            return Some(());
        }
        Cell::Int(value) if is_same(RawField::Integer(*value)) => {
            body.push_str(itoa::Buffer::new().format(*value));
            return Some(());
        }
        Cell::Int(value) => format!("{value}"),
        Cell::Text(text) => text.as_ref().into(),
    };
    let text = &*text;
    let moment = format!("{text}Z");
    if column.column_type.takes_document() {
        // JSON's null is no document but NULL.
        let is_sent = text != "null" && is_same(RawField::Document(text));
        return is_sent.then(|| body.push_str(text));
    }
    if is_same(RawField::Text(text.into())) {
        write_string(body, text);
    } else if is_same(RawField::Text((&*moment).into())) {
        write_string(body, &moment);
    } else if is_number(text) && is_same(number(text)) {
        _ = write!(body, "{text}");
    } else {
        return None;
    }
    Some(())
}

/// As the decoder of JSON gives it.
fn number(text: &str) -> RawField<'_> {
    text.parse().map_or(RawField::Number(text), RawField::Integer)
}

fn is_number(text: &str) -> bool {
    serde_json::from_str::<serde_json::Number>(text).is_ok()
}

/// A file may have the same rows in two places, and both are sent.
fn digest(table: &str, sending: &str, first_row: u32, body: &str) -> String {
    let mut digest = Sha256::new();
    for text in [table, sending] {
        digest.update((text.len() as u64).to_be_bytes());
        digest.update(text.as_bytes());
    }
    digest.update(first_row.to_be_bytes());
    digest.update(body.as_bytes());
    let mut key = hex(&digest.finalize());
    key.truncate(KEY_DIGITS);
    format!("page-{key}")
}
