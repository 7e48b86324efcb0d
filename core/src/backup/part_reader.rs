//! What the two kinds of stored files are behind: Avro, and Parquet of a snapshot export.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::pin::Pin;

use futures_util::stream::Stream;

use super::damage::Damage;
use crate::aws::source::{Piece, Source};
use crate::format::avro::{AvroReader, ExtraFields};
#[cfg(feature = "parquet")]
use crate::format::formats::PARQUET;
use crate::format::formats::{AVRO, RowFormat};
#[cfg(feature = "parquet")]
use crate::format::parquet::ExportRows;
use crate::load::ordered;
use crate::table::record::Record;
use crate::table::schema::Table;

/// How a file's rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum PartForm {
    /// As Avro, by rowgate or another program.
    #[default]
    Avro,
    /// As Parquet, by a snapshot export of RDS or Aurora.
    #[cfg(feature = "parquet")]
    Export,
}

impl PartForm {
    fn format(self) -> &'static RowFormat {
        match self {
            Self::Avro => &AVRO,
            #[cfg(feature = "parquet")]
            Self::Export => &PARQUET,
        }
    }

    /// The bytes of a file in the order in which they are read.
    pub(crate) fn pieces<S: Source>(
        self,
        source: &S,
    ) -> Pin<Box<impl Stream<Item = Piece> + use<'_, S>>> {
        ordered(source, self.format(), 0)
    }
}

/// Reads one stored file.
#[derive(Debug)]
pub(crate) enum PartReader {
    Avro(AvroReader),
    #[cfg(feature = "parquet")]
    Export(ExportRows),
}

impl PartReader {
    pub(crate) fn new(table: &'static Table, form: PartForm) -> Self {
        match form {
            PartForm::Avro => Self::Avro(AvroReader::new(table, ExtraFields::Refuse)),
            #[cfg(feature = "parquet")]
            PartForm::Export => Self::Export(ExportRows::new(table)),
        }
    }

    /// Reads up to the end of the header; `Ok(false)` if more is needed.
    pub(crate) fn read_header(&mut self, input: &mut &[u8]) -> Result<bool, Damage> {
        match self {
            Self::Avro(reader) => reader.read_header(input).map_err(Damage::Avro),
            #[cfg(feature = "parquet")]
            Self::Export(reader) => reader.read_header(input).map_err(Damage::Parquet),
        }
    }

    /// The columns that the file has no field for; none before the header.
    pub(crate) fn null_columns(&self) -> Vec<&'static str> {
        match self {
            Self::Avro(reader) => reader.null_columns(),
            #[cfg(feature = "parquet")]
            Self::Export(reader) => reader.null_columns(),
        }
    }

    /// The next row; `None` means that `input` is used up.
    pub(crate) fn next_row(&mut self, input: &mut &[u8]) -> Result<Option<Record<'_>>, Damage> {
        match self {
            Self::Avro(reader) => reader.next_row(input).map_err(Damage::Avro),
            #[cfg(feature = "parquet")]
            Self::Export(reader) => reader.next_row(input).map_err(Damage::Parquet),
        }
    }

    /// Fails if the file has ended early.
    pub(crate) fn finish(&mut self) -> Result<(), Damage> {
        match self {
            Self::Avro(reader) => reader.finish().map_err(Damage::Avro),
            #[cfg(feature = "parquet")]
            Self::Export(reader) => reader.finish().map_err(Damage::Parquet),
        }
    }
}
