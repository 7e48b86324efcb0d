//! What a table can be exported as.

use alloc::boxed::Box;
use alloc::string::String;

#[cfg(feature = "parquet")]
use super::formats::PARQUET;
#[cfg(feature = "xlsx-write")]
use super::formats::XLSX;
use super::formats::{CSV, NDJSON, RowFormat};
#[cfg(feature = "parquet")]
use super::parquet::ParquetTable;
use super::table_writer::{CsvTable, NdjsonTable, TableWriter};
#[cfg(feature = "xlsx-write")]
use super::xlsx::XlsxTable;
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
    /// An Excel workbook of one sheet.
    #[cfg(feature = "xlsx-write")]
    Xlsx,
}

impl ExportFormat {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Csv,
        Self::Ndjson,
        #[cfg(feature = "parquet")]
        Self::Parquet,
        #[cfg(feature = "xlsx-write")]
        Self::Xlsx,
    ];

    /// What it is called.
    pub fn format(self) -> &'static RowFormat {
        match self {
            Self::Csv => &CSV,
            Self::Ndjson => &NDJSON,
            #[cfg(feature = "parquet")]
            Self::Parquet => &PARQUET,
            #[cfg(feature = "xlsx-write")]
            Self::Xlsx => &XLSX,
        }
    }

    /// Whether a file of it has no more rows and no longer texts than a sheet of Excel's.
    pub(crate) fn is_sheet(self) -> bool {
        match self {
            #[cfg(feature = "xlsx-write")]
            Self::Xlsx => true,
            _ => false,
        }
    }

    /// What makes a file of a table's rows, some of which may have empty texts.
    #[cfg_attr(
        not(feature = "xlsx-write"),
        allow(unused_variables, reason = "only a workbook is told beforehand")
    )]
    pub(crate) fn writer(
        self,
        table: &'static Table,
        has_empty_texts: bool,
    ) -> Result<Box<dyn TableWriter>, String> {
        Ok(match self {
            Self::Csv => Box::new(CsvTable::new(table)),
            Self::Ndjson => Box::new(NdjsonTable::new(table)),
            #[cfg(feature = "parquet")]
            Self::Parquet => Box::new(ParquetTable::new(table)?),
            #[cfg(feature = "xlsx-write")]
            Self::Xlsx => Box::new(XlsxTable::new(table, has_empty_texts)?),
        })
    }
}
