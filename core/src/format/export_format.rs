//! What a table can be exported as.

use alloc::boxed::Box;
use alloc::string::String;

#[cfg(feature = "parquet")]
use super::formats::PARQUET;
use super::formats::{CSV, NDJSON, RowFormat};
#[cfg(feature = "parquet")]
use super::parquet::ParquetTable;
use super::table_writer::{CsvTable, NdjsonTable, TableWriter};
use crate::table::schema::Table;

/// What a table can be exported as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExportFormat {
    /// CSV with a header.
    Csv,
    /// One JSON object a line.
    Ndjson,
    /// Parquet, packed with snappy.
    #[cfg(feature = "parquet")]
    Parquet,
}

impl ExportFormat {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Csv,
        Self::Ndjson,
        #[cfg(feature = "parquet")]
        Self::Parquet,
    ];

    /// What it is called.
    pub fn format(self) -> &'static RowFormat {
        match self {
            Self::Csv => &CSV,
            Self::Ndjson => &NDJSON,
            #[cfg(feature = "parquet")]
            Self::Parquet => &PARQUET,
        }
    }

    pub(crate) fn writer(self, table: &'static Table) -> Result<Box<dyn TableWriter>, String> {
        Ok(match self {
            Self::Csv => Box::new(CsvTable::new(table)),
            Self::Ndjson => Box::new(NdjsonTable::new(table)),
            #[cfg(feature = "parquet")]
            Self::Parquet => Box::new(ParquetTable::new(table)?),
        })
    }
}
