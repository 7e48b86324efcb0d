//! What changes have replaced.

use alloc::string::String;
use alloc::vec::Vec;

/// What a change has replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Undo(pub(super) Vec<Before>);

/// A cell or line before it was changed; `None` where it was as in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Before {
    Cell { row: u32, column: u16, text: Option<String> },
    Line { row: u32, text: Option<String> },
}

impl Before {
    /// The row that was changed.
    pub(super) fn row(&self) -> u32 {
        match self {
            Self::Cell { row, .. } | Self::Line { row, .. } => *row,
        }
    }
}
