//! A file's bytes, in pieces of any size, into checked rows.

use alloc::vec::Vec;

use super::codec::Codec;
use super::container::{Container, ContainerHeader, Section};
use super::datum::Cursor;
use super::error::{AvroError, AvroErrorKind};
use super::plan::{ExtraFields, ReadPlan, readable};
use crate::table::record::{Place, RawRow, Record};
use crate::table::schema::Table;

/// Reads one file of one table's rows, whoever wrote it.
///
/// A field fills the column whose name or alias is its own name or one of its aliases; the
/// record's name does not matter. A column that the file lacks is NULL, or the file is refused.
/// `int` and `long` fill integers, `string` texts, and `string`, `date` and `timestamp` (not
/// `local-timestamp`, which is no moment) date-times; each may stand in a union with `null`, in
/// any order. A row is checked as any other, but what a table has held is taken as it is: 0 in a
/// column that numbers itself, and a text of any form in a date-time.
///
/// Holds one block, packed and unpacked, of at most [`BLOCK_LIMIT`](super::BLOCK_LIMIT) bytes each.
#[derive(Debug)]
pub struct AvroReader {
    table: &'static Table,
    extra: ExtraFields,
    container: Container,
    /// What the header says, once it is there.
    file: Option<(ReadPlan, Codec)>,
    /// The open block, unpacked, and how much of it has been read.
    block: Vec<u8>,
    position: usize,
    rows_left: u64,
    next_row: u64,
    /// How many blocks have come whole.
    blocks: u64,
    /// Why nothing more can be read.
    failed: Option<AvroError>,
}

impl AvroReader {
    /// A reader of one file.
    pub fn new(table: &'static Table, extra: ExtraFields) -> Self {
        Self {
            table,
            extra,
            container: Container::default(),
            file: None,
            block: Vec::new(),
            position: 0,
            rows_left: 0,
            next_row: 0,
            blocks: 0,
            failed: None,
        }
    }

    /// Reads up to the end of the header, if that is in `input`; `false` if more is needed.
    ///
    /// The rows can be read after that, or not at all.
    pub fn read_header(&mut self, input: &mut &[u8]) -> Result<bool, AvroError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        if self.file.is_none() {
            self.advance(input).map_err(|error| self.fail(error))?;
        }
        Ok(self.file.is_some())
    }

    /// The columns that the file has no field for and that are NULL in every row; none before the
    /// header.
    pub fn null_columns(&self) -> Vec<&'static str> {
        self.file.as_ref().map(|(plan, _)| plan.null_columns()).unwrap_or_default()
    }

    /// Reads up to the end of the next row and moves `input` behind what that took.
    ///
    /// `None` means that `input` is used up: give the next piece, or call [`Self::finish`]. After
    /// an error of a [row](AvroErrorKind::Row) the next one can be read; any other error is the
    /// file's end, and comes back from every later call.
    pub fn next_row(&mut self, input: &mut &[u8]) -> Result<Option<Record<'_>>, AvroError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        while self.rows_left == 0 {
            match self.advance(input) {
                Ok(true) => {}
                Ok(false) => return Ok(None),
                Err(error) => return Err(self.fail(error)),
            }
        }
        self.row().map(Some)
    }

    /// Answers whether the file is whole; to be called when [`Self::next_row`] has used up all of
    /// it.
    pub fn finish(&mut self) -> Result<(), AvroError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let whole = self.check_block_end().and_then(|()| {
            self.container.finish().map_err(|kind| AvroError { block: self.next_block(), kind })
        });
        whole.map_err(|error| self.fail(error))
    }

    /// How many rows have been read, good or bad.
    pub fn rows(&self) -> u64 {
        self.next_row
    }

    fn fail(&mut self, error: AvroError) -> AvroError {
        self.failed = Some(error.clone());
        error
    }

    /// Reads up to the end of the next section; `false` if `input` is used up.
    fn advance(&mut self, input: &mut &[u8]) -> Result<bool, AvroError> {
        self.check_block_end()?;
        let section = self.container.next_section(input);
        match section.map_err(|kind| AvroError { block: self.next_block(), kind })? {
            None => return Ok(false),
            Some(Section::ContainerHeader(header)) => {
                let file = self.open(&header).map_err(|kind| AvroError { block: None, kind })?;
                self.file = Some(file);
            }
            Some(Section::Block { rows, packed }) => {
                self.blocks += 1;
                self.open_block(rows, packed).map_err(|kind| self.in_open_block(kind))?;
            }
        }
        Ok(true)
    }

    fn open(&self, header: &ContainerHeader) -> Result<(ReadPlan, Codec), AvroErrorKind> {
        let unknown = || AvroErrorKind::UnknownCodec { name: readable(&header.codec) };
        let codec = Codec::named(&header.codec).ok_or_else(unknown)?;
        Ok((ReadPlan::new(self.table, &header.schema, self.extra)?, codec))
    }

    fn open_block(&mut self, rows: u64, packed: Vec<u8>) -> Result<(), AvroErrorKind> {
        // No block stands before the header.
        let Some((_, codec)) = &self.file else { return Err(AvroErrorKind::BrokenHeader) };
        // Nothing packed is nothing, whatever the codec would make of it.
        self.block = if rows == 0 && packed.is_empty() { packed } else { codec.unpack(packed)? };
        self.position = 0;
        self.rows_left = rows;
        Ok(())
    }

    fn check_block_end(&self) -> Result<(), AvroError> {
        match self.block.len() - self.position {
            0 => Ok(()),
            bytes => Err(self.in_open_block(AvroErrorKind::BytesLeft { bytes })),
        }
    }

    fn row(&mut self) -> Result<Record<'_>, AvroError> {
        let row = self.next_row;
        self.rows_left -= 1;
        self.next_row += 1;

        let block = self.blocks.checked_sub(1);
        let Some((plan, _)) = &self.file else {
            return Err(AvroError { block, kind: AvroErrorKind::BrokenHeader });
        };
        let mut cursor = Cursor::new(&self.block[self.position..]);
        let (fields, errors) = plan.read(&mut cursor).map_err(|field| {
            let kind = AvroErrorKind::BrokenRow { row, field: field.into() };
            self.failed.insert(AvroError { block, kind }).clone()
        })?;
        self.position = self.block.len() - cursor.left();

        let bad = |errors| AvroError { block, kind: AvroErrorKind::Row { row, errors } };
        if !errors.is_empty() {
            return Err(bad(errors));
        }
        let place = Place { index: Some(row), line: None };
        let row = RawRow { place, fields, errors };
        Record::parse_stored(self.table, row).map_err(bad)
    }

    fn in_open_block(&self, kind: AvroErrorKind) -> AvroError {
        AvroError { block: self.blocks.checked_sub(1), kind }
    }

    /// The block that comes next; `None` while that is the header.
    fn next_block(&self) -> Option<u64> {
        self.file.is_some().then_some(self.blocks)
    }
}
