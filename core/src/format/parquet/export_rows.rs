//! A file of a snapshot export of AWS's into the rows that its table has held.

use alloc::vec::Vec;
use core::fmt;

use super::plan::ParquetPurpose;
use super::reader::ParquetReader;
use crate::format::row_reader::RowReader;
use crate::table::issue::RowError;
use crate::table::record::{RawRow, Record};
use crate::table::schema::Table;

/// What is wrong with a file of Parquet, or with one of its rows; never holds a row's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParquetFault {
    /// The row, counted from 0; `None` if it is the file.
    pub row: Option<u64>,
    /// Everything that is wrong.
    pub errors: Vec<RowError>,
}

/// Reads one file of a table's rows, in the order of [`ordered`](crate::load): its directory first.
///
/// Every row is as the table held it, so 0 is taken in a column that numbers itself. The first row that does not fit is
/// the end.
#[derive(Debug)]
pub(crate) struct ExportRows {
    table: &'static Table,
    reader: ParquetReader,
}

impl ExportRows {
    pub(crate) fn new(table: &'static Table) -> Self {
        Self { table, reader: ParquetReader::new(table, ParquetPurpose::Export) }
    }

    /// Reads up to the end of the directory; `Ok(false)` if more is needed.
    pub(crate) fn read_header(&mut self, input: &mut &[u8]) -> Result<bool, ParquetFault> {
        let read = self.reader.has_directory(input);
        read.map_err(|error| ParquetFault { row: None, errors: Vec::from([error]) })
    }

    /// The columns that the file does not have; none before the directory.
    pub(crate) fn null_columns(&self) -> Vec<&'static str> {
        self.reader.missing()
    }

    /// The next row; `None` means that `input` is used up.
    pub(crate) fn next_row(
        &mut self,
        input: &mut &[u8],
    ) -> Result<Option<Record<'_>>, ParquetFault> {
        match self.reader.next(input) {
            true => checked(self.table, self.reader.row()).map(Some),
            false => Ok(None),
        }
    }

    /// Fails if the file has ended early.
    pub(crate) fn finish(&mut self) -> Result<(), ParquetFault> {
        match self.reader.end() {
            true => checked(self.table, self.reader.row()).map(drop),
            false => Ok(()),
        }
    }
}

fn checked<'r>(table: &Table, raw: RawRow<'r>) -> Result<Record<'r>, ParquetFault> {
    let row = raw.place.index;
    if !raw.errors.is_empty() {
        return Err(ParquetFault { row, errors: raw.errors });
    }
    Record::parse_stored(table, raw).map_err(|errors| ParquetFault { row, errors })
}

impl fmt::Display for ParquetFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(row) = self.row {
            write!(f, "row {row}: ")?;
        }
        for (index, error) in self.errors.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { "; " })?;
            error.column.iter().try_for_each(|column| write!(f, "{column}: "))?;
            write!(f, "{}", error.kind)?;
        }
        Ok(())
    }
}

impl core::error::Error for ParquetFault {}
