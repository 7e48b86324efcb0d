//! What is wrong with a workbook, in words.

use alloc::format;
use alloc::string::String;

use crate::table::issue::{RowError, RowErrorKind};

/// The error of a sheet that cannot be read behind a row.
pub(super) fn unreadable(name: &str, row: u64) -> RowError {
    refused(format!(
        "sheet {name} cannot be read behind row {row}; open the workbook and save it once more"
    ))
}

/// What is wrong with the file as a whole.
pub(super) fn refused(what: String) -> RowError {
    RowError::row(RowErrorKind::UnreadableFile { what: what.into() })
}

/// Rows between two headers would be ignored as if they were a title.
pub(super) fn two_headers(first: u64, second: u64) -> RowError {
    refused(format!(
        "rows {first} and {second} both name columns; give header=present for the first one, or skip_lines={} for \
         the second",
        second - 1
    ))
}

/// Below another header is another table, whose rows would be stored as this one's.
pub(super) fn changed_header(name: &str, row: u64) -> RowError {
    refused(format!(
        "row {row} of sheet {name} is a header of other columns; put what is below it into a sheet of its own"
    ))
}

/// A reject file whose formulas are marked was saved as a workbook: its apostrophes would be stored.
pub(super) fn marked_formulas() -> RowError {
    refused(
        "the workbook was a CSV file of rejected lines whose formulas are marked (_message_marked); save it as CSV, so \
         that the apostrophes are taken off"
            .into(),
    )
}
