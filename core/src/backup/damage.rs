//! What is wrong with a part of a backup.

use core::fmt;

use crate::format::avro::AvroError;
#[cfg(feature = "parquet")]
use crate::format::parquet::ParquetFault;

/// What is wrong with a part.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Damage {
    /// It is not there.
    Missing,
    /// It has another size.
    Size,
    /// It has another SHA-256.
    Hash,
    /// It has another number of rows.
    Rows,
    /// The rows of its table are others than those that were backed up.
    Checksum,
    /// The manifest has another number of rows, or no checksum, of it than of its files.
    Manifest,
    /// It cannot be read as Avro.
    Avro(AvroError),
    /// It cannot be read as Parquet.
    #[cfg(feature = "parquet")]
    Parquet(ParquetFault),
    /// Its table is none of this build.
    UnknownTable,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("the file is missing"),
            Self::Size => f.write_str("the file has another size than the manifest says"),
            Self::Hash => f.write_str("the file has another SHA-256 than the manifest says"),
            Self::Rows => f.write_str("the file has another number of rows than the manifest says"),
            Self::Checksum => f.write_str("the rows are not those that were backed up"),
            Self::Manifest => f.write_str("the manifest contradicts itself on its rows"),
            Self::Avro(error) => error.fmt(f),
            #[cfg(feature = "parquet")]
            Self::Parquet(error) => error.fmt(f),
            Self::UnknownTable => f.write_str("there is no such table"),
        }
    }
}
