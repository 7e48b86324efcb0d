//! How far a file has been read.

use alloc::boxed::Box;

use crate::format::row_reader::RowReader;

/// How far a file has been read.
#[derive(Debug)]
pub(super) struct ReadSoFar {
    pub(super) reader: Box<dyn RowReader>,
    pub(super) position: usize,
    pub(super) broken_bytes: usize,
}
