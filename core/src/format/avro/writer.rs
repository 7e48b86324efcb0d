//! Rows into a file's bytes, which are there to take as soon as a block is full.

use alloc::string::String;
use alloc::vec::Vec;
use core::{fmt, mem};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::codec::Codec;
use super::datum::{MAGIC, put_bytes, put_long};
use super::decimal;
use super::error::WriteError;
use super::schema::schema;
use crate::base::hex::hex;
use crate::table::date_time::{days_of_date, local_micros};
use crate::table::record::Cell;
use crate::table::schema::{Column, Table};
use crate::table::types::{AvroType, Definition};

/// How many bytes of rows make a block, before it is packed.
pub const BLOCK_BYTES: usize = 64 << 10;

/// The most bytes of a row: a block is read if it has 64 MiB at most.
const ROW_LIMIT: usize = 48 << 20;

/// After so many bytes a backup begins a new part: one that a restore can take on its own, and
/// that costs little to write again.
pub const PART_BYTES: u64 = 128 << 20;

/// Writes one file of one table's rows.
///
/// Holds one block and what was not taken yet. The same rows, codec and sync marker always
/// give the same bytes.
pub struct AvroWriter {
    table: &'static Table,
    codec: Codec,
    sync: [u8; 16],
    /// The rows of the open block, and their number.
    block: Vec<u8>,
    block_rows: i64,
    /// Whole blocks, and before them the header, that were not taken yet.
    ready: Vec<u8>,
    rows: u64,
    bytes: u64,
    digest: Sha256,
}

/// What a whole file has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartSummary {
    /// Its rows.
    pub rows: u64,
    /// Its length.
    pub bytes: u64,
    /// SHA-256 of it, in hexadecimal.
    pub sha256: String,
}

impl AvroWriter {
    /// A writer of one file.
    ///
    /// The sync marker ends every block, so that a reader can find one; random bytes are what no
    /// row has in it by chance.
    pub fn new(table: &'static Table, codec: Codec, sync: [u8; 16]) -> Self {
        let mut writer = Self {
            table,
            codec,
            sync,
            block: Vec::with_capacity(BLOCK_BYTES + BLOCK_BYTES / 8),
            block_rows: 0,
            ready: Vec::new(),
            rows: 0,
            bytes: 0,
            digest: Sha256::new(),
        };
        writer.put_header();
        writer
    }

    fn put_header(&mut self) {
        let metadata =
            [("avro.schema", schema(self.table)), ("avro.codec", self.codec.name().into())];
        let mut header = MAGIC.to_vec();
        put_long(&mut header, metadata.len() as i64);
        for (key, value) in &metadata {
            put_bytes(&mut header, key.as_bytes());
            put_bytes(&mut header, value.as_bytes());
        }
        put_long(&mut header, 0);
        header.extend_from_slice(&self.sync);
        self.put_ready(&header);
    }

    /// Adds a row: one cell per column, in the table's order.
    ///
    /// On error the row is not in the file, and the file is as good as before.
    pub fn push(&mut self, cells: &[Cell<'_>]) -> Result<(), WriteError> {
        let before = self.block.len();
        self.put_row(cells).inspect_err(|_| self.block.truncate(before))?;
        self.block_rows += 1;
        self.rows += 1;
        if self.block.len() >= BLOCK_BYTES { self.end_block() } else { Ok(()) }
    }

    fn put_row(&mut self, cells: &[Cell<'_>]) -> Result<(), WriteError> {
        let columns = self.table.columns;
        if cells.len() != columns.len() {
            return Err(WriteError::CellCount { expected: columns.len(), got: cells.len() });
        }
        let before = self.block.len();
        for (column, cell) in columns.iter().zip(cells) {
            put_cell(&mut self.block, column, cell)?;
        }
        if self.block.len() - before > ROW_LIMIT {
            return Err(WriteError::RowTooLong { limit: ROW_LIMIT });
        }
        Ok(())
    }

    fn end_block(&mut self) -> Result<(), WriteError> {
        let block =
            mem::replace(&mut self.block, Vec::with_capacity(BLOCK_BYTES + BLOCK_BYTES / 8));
        let packed = self.codec.pack(block).ok_or(WriteError::NotPacked)?;
        let mut framed = Vec::with_capacity(packed.len() + 40);
        put_long(&mut framed, self.block_rows);
        put_bytes(&mut framed, &packed);
        framed.extend_from_slice(&self.sync);
        self.block_rows = 0;
        self.put_ready(&framed);
        Ok(())
    }

    fn put_ready(&mut self, bytes: &[u8]) {
        self.digest.update(bytes);
        self.bytes += bytes.len() as u64;
        self.ready.extend_from_slice(bytes);
    }

    /// The file's bytes so far, taken or not; the open block is not among them.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The rows so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The bytes that have become ready since the last call, in order; the first begin with the
    /// header.
    pub fn take(&mut self) -> Vec<u8> {
        mem::take(&mut self.ready)
    }

    /// Ends the file: its last bytes, and what it is as a whole.
    pub fn finish(mut self) -> Result<(Vec<u8>, PartSummary), WriteError> {
        if self.block_rows > 0 {
            self.end_block()?;
        }
        let sha256 = hex(&self.digest.finalize());
        Ok((self.ready, PartSummary { rows: self.rows, bytes: self.bytes, sha256 }))
    }
}

impl fmt::Debug for AvroWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AvroWriter")
            .field("table", &self.table.name)
            .field("codec", &self.codec)
            .field("rows", &self.rows)
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}

fn put_cell(block: &mut Vec<u8>, column: &Column, cell: &Cell<'_>) -> Result<(), WriteError> {
    let avro = column.column_type.avro();
    let wrong = |got| WriteError::Cell { column: column.name, expected: avro.name(), got };
    if column.nullable {
        // Which branch of the union `["null", T]` it is.
        put_long(block, i64::from(*cell != Cell::Null));
    }
    match (cell, avro) {
        (Cell::Null, _) if column.nullable => {}
        (Cell::Null, _) => return Err(wrong("null")),
        (Cell::Int(value), AvroType::Int) if i32::try_from(*value).is_err() => {
            return Err(wrong("long"));
        }
        (Cell::Int(value), AvroType::Int | AvroType::Long) => put_long(block, *value),
        (Cell::Int(_), _) => return Err(wrong("long")),
        (Cell::Text(text), AvroType::String) => put_bytes(block, text.as_bytes()),
        (Cell::Text(text), AvroType::Float) => {
            let value: f64 = text.parse().map_err(|_| wrong("another text"))?;
            block.extend_from_slice(&(value as f32).to_le_bytes());
        }
        (Cell::Text(text), AvroType::Double) => {
            let value: f64 = text.parse().map_err(|_| wrong("another text"))?;
            block.extend_from_slice(&value.to_le_bytes());
        }
        (Cell::Text(text), AvroType::Bytes) => {
            let bytes = STANDARD.decode(&**text).map_err(|_| wrong("another text"))?;
            put_bytes(block, &bytes);
        }
        (Cell::Text(text), AvroType::Date) => {
            put_long(block, days_of_date(text).ok_or_else(|| wrong("another text"))?);
        }
        (Cell::Text(text), AvroType::LocalTimestampMicros) => {
            put_long(block, local_micros(text).ok_or_else(|| wrong("another text"))?);
        }
        (Cell::Text(text), AvroType::TimestampMicros) => {
            let micros = text.strip_suffix('Z').and_then(local_micros);
            put_long(block, micros.ok_or_else(|| wrong("another text"))?);
        }
        (Cell::Text(text), AvroType::Decimal { scale, .. }) => {
            let bytes = decimal::to_bytes(text, scale.into());
            put_bytes(block, &bytes.ok_or_else(|| wrong("another text"))?);
        }
        (Cell::Text(_), _) => return Err(wrong("string")),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::schema::{ColumnType, table};

    const SYNC: [u8; 16] = *b"0123456789abcdef";

    fn jobs() -> AvroWriter {
        AvroWriter::new(table("jobs").unwrap(), Codec::Null, SYNC)
    }

    fn text(text: &str) -> Cell<'_> {
        Cell::Text(text.into())
    }

    #[test]
    fn a_file_byte_by_byte() {
        let mut writer = jobs();
        let header = writer.take();
        assert!(header.starts_with(b"Obj\x01\x04\x16avro.schema"));
        assert!(header.ends_with(b"\x14avro.codec\x08null\x000123456789abcdef"));
        writer.push(&[Cell::Int(-1), text("é")]).unwrap();
        writer.push(&[Cell::Int(64), text("")]).unwrap();
        assert_eq!((writer.take(), writer.rows()), (Vec::new(), 2));

        let (end, summary) = writer.finish().unwrap();
        assert_eq!(end, b"\x04\x0e\x01\x04\xc3\xa9\x80\x01\x000123456789abcdef");
        assert_eq!((summary.rows, summary.bytes), (2, (header.len() + end.len()) as u64));
        assert_eq!(summary.sha256, hex(&Sha256::digest([header, end].concat())));
    }

    #[test]
    fn a_block_is_ready_once_it_is_full() {
        let mut writer = jobs();
        let header = writer.take().len() as u64;
        let name = "x".repeat(250);
        while writer.bytes() == header {
            writer.push(&[Cell::Int(1), text(&name)]).unwrap();
        }
        assert_eq!(writer.rows(), (BLOCK_BYTES as u64).div_ceil(253));
        assert_eq!(writer.take().len() as u64, writer.bytes() - header);
        assert!(writer.finish().unwrap().0.is_empty());
    }

    #[test]
    fn a_row_that_does_not_fit_is_not_in_the_file() {
        let mut writer = jobs();
        let long = Cell::Text("x".repeat(ROW_LIMIT).into());
        let cell = |column, expected, got| Err(WriteError::Cell { column, expected, got });
        for (cells, expected) in [
            (&[Cell::Null, text("a")][..], cell("id", "int", "null")),
            (&[text("1"), text("a")], cell("id", "int", "string")),
            (&[Cell::Int(1 << 31), text("a")], cell("id", "int", "long")),
            (&[Cell::Int(1), Cell::Int(1)], cell("job_name", "string", "long")),
            (&[Cell::Int(1)], Err(WriteError::CellCount { expected: 2, got: 1 })),
            (&[Cell::Int(1), long], Err(WriteError::RowTooLong { limit: ROW_LIMIT })),
        ] {
            assert_eq!(writer.push(cells), expected);
        }
        assert_eq!(writer.rows(), 0);
        assert_eq!(writer.finish().unwrap().0, jobs().take());
    }

    #[test]
    fn a_null_is_the_first_branch() {
        let column = |nullable| Column {
            nullable,
            ..Column::new("n", ColumnType::known("bigint", None, None))
        };
        let put = |nullable, cell| {
            let mut bytes = Vec::new();
            put_cell(&mut bytes, &column(nullable), &cell).map(|()| bytes)
        };
        assert_eq!(put(true, Cell::Null).unwrap(), [0]);
        assert_eq!(put(true, Cell::Int(1)).unwrap(), [2, 2]);
        assert_eq!(put(false, Cell::Int(1)).unwrap(), [2]);
        assert_eq!(put(false, Cell::Int(i64::MIN)).unwrap().len(), 10);
    }
}
