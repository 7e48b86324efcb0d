//! A file's bytes, in pieces of any size, into checked rows.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::codec::Codec;
use super::container::{Container, ContainerHeader, Section};
use super::datum::Cursor;
use super::error::{AvroError, AvroErrorKind};
use super::plan::{ExtraFields, Purpose, ReadPlan, readable};
use crate::format::row_reader::GivenLayout;
use crate::table::record::{Place, RawRow, Record};
use crate::table::schema::Table;

/// What the rows of a file are read for.
#[derive(Debug, Clone)]
pub(super) enum ReadPurpose {
    /// To be again what a table has held.
    Stored(ExtraFields),
    /// To be loaded, as this says.
    Load(Arc<GivenLayout>),
}

/// Reads one file of one table's rows, of any program.
///
/// A field fills the column whose name or alias is its own name or one of its aliases; the
/// record's name does not matter. A column that the file lacks is NULL, or the file is refused.
/// `int` and `long` fill integers, `string` texts, and `string`, `date` and `timestamp` (not
/// `local-timestamp`, which is no moment) date-times; each may be in a union with `null`, in
/// any order. A row is checked as any other, but what a table has held is taken as it is: 0 in a
/// column that numbers itself, and a text of any form in a date-time.
///
/// Holds one block, packed and unpacked, of at most [`BLOCK_LIMIT`](super::BLOCK_LIMIT) bytes each.
#[derive(Debug)]
pub struct AvroReader {
    table: &'static Table,
    purpose: ReadPurpose,
    container: Container,
    /// What the header says, once it is there.
    file: Option<Arc<(ReadPlan, Codec)>>,
    /// The open block, unpacked, and how much of it has been read.
    block: Vec<u8>,
    position: usize,
    /// Where the row begins that was read last.
    row_start: usize,
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
        Self::of_purpose(table, ReadPurpose::Stored(extra))
    }

    pub(super) fn of_purpose(table: &'static Table, purpose: ReadPurpose) -> Self {
        Self {
            table,
            purpose,
            container: Container::default(),
            file: None,
            block: Vec::new(),
            position: 0,
            row_start: 0,
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
        self.file.as_ref().map(|file| file.0.null_columns()).unwrap_or_default()
    }

    /// Reads up to the end of the next row and moves `input` behind what that took.
    ///
    /// `None` means that `input` is used up: give the next piece, or call [`Self::finish`]. After
    /// an error of a [row](AvroErrorKind::Row) the next one can be read; any other error is the
    /// file's end, and comes back from every later call.
    pub fn next_row(&mut self, input: &mut &[u8]) -> Result<Option<Record<'_>>, AvroError> {
        if !self.has_row(input)? {
            return Ok(None);
        }
        let (table, block) = (self.table, self.blocks.checked_sub(1));
        let raw = self.raw_row()?;
        let row = raw.place.index.unwrap_or_default();
        let bad = |errors| AvroError { block, kind: AvroErrorKind::Row { row, errors } };
        if !raw.errors.is_empty() {
            return Err(bad(raw.errors));
        }
        Record::parse_stored(table, raw).map(Some).map_err(bad)
    }

    /// Reads up to the start of the next row, for [`Self::raw_row`] to give; `false` if `input` is used up.
    pub(super) fn has_row(&mut self, input: &mut &[u8]) -> Result<bool, AvroError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        while self.rows_left == 0 {
            match self.advance(input) {
                Ok(true) => {}
                Ok(false) => return Ok(false),
                Err(error) => return Err(self.fail(error)),
            }
        }
        Ok(true)
    }

    /// The row that was read last, once more.
    pub(super) fn last_row(&self) -> Option<RawRow<'_>> {
        let (plan, _) = &**self.file.as_ref()?;
        let mut cursor = Cursor::new(&self.block[self.row_start..]);
        let (fields, errors) = plan.read(&mut cursor).ok()?;
        let place = Place { index: self.next_row.checked_sub(1), line: None };
        Some(RawRow { place, fields, errors })
    }

    /// A reader that goes on from the start of the section that is being read, and how many bytes that is
    /// back.
    pub(super) fn at_section_start(&self) -> (u64, Self) {
        let (back, container) = self.container.at_section_start();
        let Self { table, next_row, blocks, .. } = *self;
        let (file, failed) = (self.file.clone(), self.failed.clone());
        let fresh = Self::of_purpose(table, self.purpose.clone());
        (back, Self { container, file, next_row, blocks, failed, ..fresh })
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
                self.file = Some(Arc::new(file));
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
        let purpose = match &self.purpose {
            ReadPurpose::Stored(extra) => Purpose::Stored(*extra),
            ReadPurpose::Load(given) => Purpose::Load(given),
        };
        Ok((ReadPlan::new(self.table, &header.schema, purpose)?, codec))
    }

    fn open_block(&mut self, rows: u64, packed: Vec<u8>) -> Result<(), AvroErrorKind> {
        // No block stands before the header.
        let Some(file) = &self.file else { return Err(AvroErrorKind::BrokenHeader) };
        // Nothing packed is nothing, whatever the codec would make of it.
        self.block = if rows == 0 && packed.is_empty() { packed } else { file.1.unpack(packed)? };
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

    /// The row that [`Self::has_row`] has found, not checked yet.
    pub(super) fn raw_row(&mut self) -> Result<RawRow<'_>, AvroError> {
        let row = self.next_row;
        self.rows_left -= 1;
        self.next_row += 1;

        let block = self.blocks.checked_sub(1);
        let Some(file) = &self.file else {
            return Err(AvroError { block, kind: AvroErrorKind::BrokenHeader });
        };
        let (plan, _) = &**file;
        self.row_start = self.position;
        let mut cursor = Cursor::new(&self.block[self.position..]);
        let (fields, errors) = plan.read(&mut cursor).map_err(|field| {
            let kind = AvroErrorKind::BrokenRow { row, field: field.into() };
            self.failed.insert(AvroError { block, kind }).clone()
        })?;
        self.position = self.block.len() - cursor.left();
        let place = Place { index: Some(row), line: None };
        Ok(RawRow { place, fields, errors })
    }

    fn in_open_block(&self, kind: AvroErrorKind) -> AvroError {
        AvroError { block: self.blocks.checked_sub(1), kind }
    }

    /// The block that comes next; `None` while that is the header.
    fn next_block(&self) -> Option<u64> {
        self.file.is_some().then_some(self.blocks)
    }
}
