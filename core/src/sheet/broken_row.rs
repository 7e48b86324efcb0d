//! A row that is no cells.

use alloc::string::String;
use alloc::vec::Vec;

use crate::table::issue::RowError;

/// A row that is no cells. It is never read again by itself: a line of a wrong record may look like a row.
#[derive(Debug)]
pub(super) struct BrokenRow {
    /// The line on which it begins.
    pub(super) line: u64,
    /// Its text; empty where there is too much of such text.
    pub(super) text: String,
    /// What is wrong with it.
    pub(super) errors: Vec<RowError>,
}
