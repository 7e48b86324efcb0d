//! What can be wrong with a file, or with a row for one: data first, text only in `Display`.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::base::counted::counted;
use crate::table::issue::RowError;

/// What is wrong with a file, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AvroError {
    /// The block, counted from 0; `None` if it is the header.
    pub block: Option<u64>,
    /// What is wrong.
    pub kind: AvroErrorKind,
}

/// Everything that can be wrong with a file; never holds a row's value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AvroErrorKind {
    /// Rows end before their block does.
    BytesLeft {
        /// How many bytes are behind the block's last row.
        bytes: usize,
    },
    /// A block that has, or unpacks to, more than a reader holds.
    BlockTooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// A block whose count of rows or bytes is no count.
    BrokenBlock,
    /// A header that is not what every Avro file has.
    BrokenHeader,
    /// A block in which a row cannot be read.
    BrokenRow {
        /// The row, counted from 0 through the whole file.
        row: u64,
        /// The field that cannot be read, as the file names it.
        field: String,
    },
    /// A header larger than a reader holds.
    HeaderTooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// A column that takes no NULL and that no field is for.
    MissingColumn {
        /// The column.
        column: &'static str,
    },
    /// A field of moments where the column has times of no zone, or the other way round.
    NeedsTimeZone {
        /// The field, as the file names it.
        field: String,
    },
    /// Not an Avro file.
    NotAvro,
    /// A row that does not fit the table; the rows after it can be read.
    Row {
        /// The row, counted from 0 through the whole file.
        row: u64,
        /// Everything that is wrong with it.
        errors: Vec<RowError>,
    },
    /// A schema that is not of a record, or no schema at all.
    SchemaNotUnderstood,
    /// The file ends inside of its header or of a block.
    Truncated,
    /// Two fields for one column.
    TwoFields {
        /// The column.
        column: &'static str,
    },
    /// Blocks that are packed in a way that this build does not know.
    UnknownCodec {
        /// What the file says.
        name: String,
    },
    /// A field that is no column of the table.
    UnknownField {
        /// The field, as the file names it.
        name: String,
    },
    /// Fields of a file to be loaded that are no columns of the table.
    UnknownFields {
        /// Which, and the columns that there are.
        error: Box<RowError>,
    },
    /// A block that its codec cannot unpack.
    Unpackable {
        /// The codec.
        codec: &'static str,
    },
    /// A block whose checksum is of other bytes.
    WrongChecksum,
    /// A block that does not end with the file's own sync marker.
    WrongSync,
    /// A field whose values cannot be what its column takes, or cannot be read at all.
    WrongType {
        /// The field, as the file names it.
        field: String,
        /// The Avro types that its column takes.
        expected: &'static str,
        /// The field's type, as the file has it.
        got: String,
    },
}

impl fmt::Display for AvroError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.block {
            None => write!(f, "header: {}", self.kind),
            Some(block) => write!(f, "block {block}: {}", self.kind),
        }
    }
}

impl core::error::Error for AvroError {}

impl fmt::Display for AvroErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BytesLeft { bytes } => {
                write!(f, "{} left behind the last row", counted(*bytes, "byte"))
            }
            Self::BlockTooLarge { limit } => write!(
                f,
                "has more than {limit} bytes; write the rows again in smaller blocks, or in several files"
            ),
            Self::BrokenBlock => f.write_str("not a count of rows and bytes"),
            Self::BrokenHeader => f.write_str("cannot be read"),
            Self::BrokenRow { row, field } => {
                write!(f, "row {row} cannot be read from field {field} on")
            }
            Self::HeaderTooLarge { limit } => write!(f, "has more than {limit} bytes"),
            Self::MissingColumn { column } => write!(f, "no field for column {column}"),
            Self::NeedsTimeZone { field } => write!(
                f,
                "field {field} and its column differ in whether their times are of a zone; give time_zone"
            ),
            Self::NotAvro => f.write_str("not an Avro file"),
            Self::Row { row, errors } => write_row(f, *row, errors),
            Self::SchemaNotUnderstood => f.write_str("the schema is not of a record"),
            Self::Truncated => f.write_str("the file ends here"),
            Self::TwoFields { column } => write!(f, "two fields for column {column}"),
            Self::UnknownCodec { name } => write!(f, "codec {name} is not understood"),
            Self::UnknownField { name } => write!(f, "field {name} is no column of the table"),
            Self::UnknownFields { error } => error.kind.fmt(f),
            Self::Unpackable { codec } => write!(f, "{codec} cannot unpack it"),
            Self::WrongChecksum => f.write_str("the checksum is wrong"),
            Self::WrongSync => f.write_str("the sync marker at the end is wrong"),
            Self::WrongType { field, expected, got } => {
                write!(f, "field {field} has type {got} where {expected} is expected")
            }
        }
    }
}

fn write_row(f: &mut fmt::Formatter<'_>, row: u64, errors: &[RowError]) -> fmt::Result {
    write!(f, "row {row}")?;
    for (index, error) in errors.iter().enumerate() {
        f.write_str(if index == 0 { ": " } else { "; " })?;
        if let Some(column) = &error.column {
            write!(f, "{column}: ")?;
        }
        write!(f, "{}", error.kind)?;
    }
    Ok(())
}

/// Why a row cannot be written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum WriteError {
    /// A cell that is not what its column holds: the live table is not the schema's.
    Cell {
        /// The column.
        column: &'static str,
        /// The column's Avro type.
        expected: &'static str,
        /// The cell's.
        got: &'static str,
    },
    /// Too few or too many cells.
    CellCount {
        /// How many the table has.
        expected: usize,
        /// How many came.
        got: usize,
    },
    /// The codec has given up; the file cannot be finished.
    NotPacked,
    /// A row larger than any that a table holds.
    RowTooLong {
        /// The limit in bytes.
        limit: usize,
    },
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cell { column, expected, got } => {
                write!(f, "column {column}: {got} where {expected} is expected")
            }
            Self::CellCount { expected, got } => {
                write!(f, "{got} cells where {expected} are expected")
            }
            Self::NotPacked => f.write_str("a block cannot be packed"),
            Self::RowTooLong { limit } => write!(f, "the row has more than {limit} bytes"),
        }
    }
}

impl core::error::Error for WriteError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::issue::RowErrorKind;
    use alloc::string::ToString;
    use alloc::vec;

    #[test]
    fn an_error_says_where_it_is() {
        let error = AvroError { block: None, kind: AvroErrorKind::NotAvro };
        assert_eq!(error.to_string(), "header: not an Avro file");

        let errors = vec![
            RowError::column("id", RowErrorKind::Missing),
            RowError::column("name", RowErrorKind::TooLong { limit: 5, got: 6 }),
        ];
        let error = AvroError { block: Some(2), kind: AvroErrorKind::Row { row: 7, errors } };
        assert_eq!(
            error.to_string(),
            "block 2: row 7: id: a value is required; name: 6 characters; at most 5 fit"
        );
    }
}
