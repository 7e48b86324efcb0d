//! The rows of one file into chunks.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::mem;

use futures_util::stream::{Stream, StreamExt};

use super::large::is_large;
use crate::aws::source::Piece;
use crate::backup::{BackupError, Damage, PartFile, PartReader};
use crate::sql::chunk::Chunk;
use crate::table::record::{Cell, Place, Record};
use crate::table::schema::Table;

/// The most bytes of rows in one statement.
pub(super) const CHUNK_BYTES: usize = 2_500_000;

/// Rows that are not written as the others are.
#[derive(Debug, Default)]
pub(super) struct Aside {
    /// The row whose key 0 the database would replace by a number of its own.
    pub(super) zero: Option<Vec<Cell<'static>>>,
    /// A row that is more than one call takes; the next one comes once it is written.
    pub(super) large: Option<Vec<Cell<'static>>>,
}

/// Reads one file.
pub(super) struct FileRows<'f, S> {
    table: &'static Table,
    file: &'f PartFile,
    pieces: S,
    /// The piece that is being read, and how much of it has been.
    piece: Vec<u8>,
    at: usize,
    reader: PartReader,
    /// Rows so far, and those of the files before.
    rows: u64,
    before: u64,
}

impl<'f, S: Stream<Item = Piece> + Unpin> FileRows<'f, S> {
    pub(super) fn new(table: &'static Table, file: &'f PartFile, pieces: S) -> Self {
        let reader = PartReader::new(table, file.form);
        Self { table, file, pieces, piece: Vec::new(), at: 0, reader, rows: 0, before: 0 }
    }

    /// The same behind so many rows of other files.
    pub(super) fn behind(self, before: u64) -> Self {
        Self { before, ..self }
    }

    /// How many rows have come, with those of the files before.
    pub(super) fn count(&self) -> u64 {
        self.before + self.rows
    }

    /// Fills a chunk and answers it once it is full, or a row has come that is more than one call takes, with the next
    /// one begun; `None` at the file's end. Such a row is set aside, and so is the row with number 0.
    pub(super) async fn fill(
        &mut self,
        chunk: &mut Chunk,
        aside: &mut Aside,
    ) -> Result<Option<Chunk>, BackupError> {
        loop {
            if let Some(full) = self.fill_from_piece(chunk, aside)? {
                return Ok(Some(full));
            }
            match self.pieces.next().await {
                Some(piece) => {
                    self.piece = piece.map_err(|error| self.file.unreadable(error))?;
                    self.at = 0;
                }
                None => {
                    let whole = self.reader.finish();
                    whole.map_err(|what| self.file.damaged(what))?;
                    return self.check_rows().map(|()| None);
                }
            }
        }
    }

    fn check_rows(&self) -> Result<(), BackupError> {
        match &self.file.manifest {
            Some(manifest) if manifest.rows != self.rows => Err(self.file.damaged(Damage::Rows)),
            _ => Ok(()),
        }
    }

    fn fill_from_piece(
        &mut self,
        chunk: &mut Chunk,
        aside: &mut Aside,
    ) -> Result<Option<Chunk>, BackupError> {
        let mut bytes = &self.piece[self.at..];
        let mut full = None;
        while full.is_none() {
            let row = self.reader.next_row(&mut bytes);
            let Some(row) = row.map_err(|what| self.file.damaged(what))? else {
                break;
            };
            let place = Place { index: Some(self.before + self.rows), line: None };
            self.rows += 1;
            if is_zero(self.table, &row) {
                aside.zero = Some(row.cells().iter().map(owned).collect());
            } else if is_large(row.cells()) {
                aside.large = Some(row.cells().iter().map(owned).collect());
                full = Some(mem::replace(chunk, Chunk::new(CHUNK_BYTES)));
            } else if !chunk.push(&row, place) {
                full = Some(mem::replace(chunk, Chunk::new(CHUNK_BYTES)));
                chunk.push(&row, place);
            }
        }
        self.at = self.piece.len() - bytes.len();
        Ok(full)
    }
}

fn is_zero(table: &Table, row: &Record<'_>) -> bool {
    table.is_numbered() && row.cells()[table.first_key()].is_zero()
}

fn owned(cell: &Cell<'_>) -> Cell<'static> {
    match cell {
        Cell::Null => Cell::Null,
        Cell::Int(value) => Cell::Int(*value),
        Cell::Text(text) => Cell::Text(Cow::Owned(text.clone().into_owned())),
    }
}
