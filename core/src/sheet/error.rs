//! Why a file becomes no sheet, or a row no request.

use alloc::string::String;
use core::fmt;

use crate::table::issue::RowError;

/// Why a file is not read, or a change not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SheetError {
    /// The file as a whole is wrong, or something has to be told before it can be read.
    File(RowError),
    /// More rows than a page holds.
    TooManyRows {
        /// The most rows.
        limit: u32,
    },
    /// There is no such row or column.
    NoSuchCell,
    /// The row has been stored, or was sent and its answer is not known.
    Sent,
    /// A row that is no cells is mended as a whole line.
    NotCells,
    /// A saved state that is not one of this file.
    OtherState(String),
}

impl fmt::Display for SheetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(error) => error.kind.fmt(f),
            Self::TooManyRows { limit } => write!(
                f,
                "the file has more than {limit} rows; cut it into smaller files, or load it with \
                 rowgate load"
            ),
            Self::NoSuchCell => f.write_str("there is no such row or column"),
            Self::Sent => f.write_str(
                "the row has been sent; it can be changed again when its answer says that it was not stored",
            ),
            Self::NotCells => f.write_str("the row has no cells of its own; mend the whole line"),
            Self::OtherState(what) => write!(f, "the saved state is of another file: {what}"),
        }
    }
}

impl core::error::Error for SheetError {}
