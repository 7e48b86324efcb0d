//! Whether a file begins with a header.

use serde::{Deserialize, Serialize};

/// Whether a CSV file begins with a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Header {
    /// The first line tells: names of columns are a header, a value of a column is a row, and any
    /// other line refuses the file.
    #[default]
    Detect,
    /// The first line is a header; the file is refused if one of its names is no column's.
    Present,
    /// The first line is a row; all rows are read by position.
    Absent,
}
