//! A table's rows into a file that a load takes back: CSV, NDJSON or Parquet.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::mem;

use super::csv;
use crate::table::cell_forms::Notation;
use crate::table::record::Cell;
use crate::table::schema::{Column, Table};
use crate::table::types::Definition;

/// Makes a file's bytes of rows.
pub(crate) trait TableWriter {
    /// Adds a row, whose cells are in the table's order and canonical.
    fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), String>;

    /// The bytes that are ready.
    fn take(&mut self) -> Vec<u8>;

    /// The last bytes, when no row is left.
    fn finish(self: Box<Self>) -> Result<Vec<u8>, String>;

    /// Options without which a load would read something else.
    fn options(&self) -> Vec<(&'static str, &'static str)> {
        Vec::new()
    }
}

/// Texts are quoted, so that no reader takes one for NULL, for a number or for a formula's start by itself;
/// NULL is `\N`.
pub(super) struct CsvTable {
    bytes: Vec<u8>,
    has_empty_text: bool,
    has_blanks: bool,
}

impl CsvTable {
    pub(super) fn new(table: &Table) -> Self {
        let mut writer = Self { bytes: Vec::new(), has_empty_text: false, has_blanks: false };
        for (at, column) in table.columns.iter().enumerate() {
            writer.delimit(at);
            writer.quote(column.name);
        }
        writer.bytes.push(b'\n');
        writer
    }

    fn delimit(&mut self, at: usize) {
        if at > 0 {
            self.bytes.push(b',');
        }
    }

    fn quote(&mut self, text: &str) {
        let mut rest = text.as_bytes();
        self.bytes.push(b'"');
        loop {
            let start = self.bytes.len();
            // Each byte may become two.
            self.bytes.resize(start + 2 * rest.len() + 2, 0);
            let (result, read, written) =
                csv_core::quote(rest, &mut self.bytes[start..], b'"', b'\\', true);
            self.bytes.truncate(start + written);
            rest = &rest[read..];
            if result == csv_core::WriteResult::InputEmpty {
                break;
            }
        }
        self.bytes.push(b'"');
    }
}

impl TableWriter for CsvTable {
    fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), String> {
        for (at, cell) in cells.iter().enumerate() {
            self.delimit(at);
            match cell {
                Cell::Null => self.bytes.extend_from_slice(b"\\N"),
                Cell::Int(value) => {
                    self.bytes.extend_from_slice(itoa::Buffer::new().format(*value).as_bytes());
                }
                Cell::Text(text) => {
                    self.has_empty_text |= text.is_empty();
                    self.has_blanks |= csv::trim(text).len() < text.len();
                    self.quote(text);
                }
            }
        }
        self.bytes.push(b'\n');
        Ok(())
    }

    fn take(&mut self) -> Vec<u8> {
        mem::take(&mut self.bytes)
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>, String> {
        Ok(self.bytes)
    }

    fn options(&self) -> Vec<(&'static str, &'static str)> {
        let empty = self.has_empty_text.then_some(("empty", "text"));
        let blanks = self.has_blanks.then_some(("blanks", "keep"));
        empty.into_iter().chain(blanks).collect()
    }
}

pub(super) struct NdjsonTable {
    table: &'static Table,
    bytes: Vec<u8>,
}

impl NdjsonTable {
    pub(super) fn new(table: &'static Table) -> Self {
        Self { table, bytes: Vec::new() }
    }
}

impl TableWriter for NdjsonTable {
    fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), String> {
        for (at, (column, cell)) in self.table.columns.iter().zip(cells).enumerate() {
            self.bytes.extend_from_slice(if at == 0 { b"{" } else { b"," });
            json_text(&mut self.bytes, column.name)?;
            self.bytes.push(b':');
            json_cell(&mut self.bytes, column, cell)?;
        }
        self.bytes.extend_from_slice(b"}\n");
        Ok(())
    }

    fn take(&mut self) -> Vec<u8> {
        mem::take(&mut self.bytes)
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>, String> {
        Ok(self.bytes)
    }
}

/// Numbers and documents stand as they are, all else as texts.
fn json_cell(bytes: &mut Vec<u8>, column: &Column, cell: &Cell<'_>) -> Result<(), String> {
    let of = column.column_type;
    let is_bare =
        matches!(of.notation(), Notation::Integer | Notation::Boolean | Notation::Decimal);
    match cell {
        Cell::Null => bytes.extend_from_slice(b"null"),
        Cell::Int(value) => bytes.extend_from_slice(itoa::Buffer::new().format(*value).as_bytes()),
        Cell::Text(text) if is_bare || of.takes_document() => {
            bytes.extend_from_slice(text.as_bytes());
        }
        Cell::Text(text) => json_text(bytes, text)?,
    }
    Ok(())
}

fn json_text(bytes: &mut Vec<u8>, text: &str) -> Result<(), String> {
    serde_json::to_writer(bytes, text).map_err(|error| alloc::format!("{error}"))
}
