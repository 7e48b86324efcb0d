//! What a look at a file's start has shown.

use alloc::vec::Vec;

use super::super::dialect::Dialect;
use crate::table::issue::{RowError, RowErrorKind};
use crate::table::layout_question::LayoutQuestion;

/// What the start of a file shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LayoutFound {
    /// How it is written.
    Certain(Dialect),
    /// It has to be told, and that decides.
    Ask(Vec<LayoutQuestion>),
    /// No option makes it right.
    Refused(RowErrorKind),
}

impl LayoutFound {
    /// The error of a file that cannot be read as it is.
    pub(crate) fn into_dialect(self) -> Result<Dialect, RowError> {
        match self {
            Self::Certain(dialect) => Ok(dialect),
            Self::Ask(questions) => Err(RowError::row(RowErrorKind::UnclearLayout { questions })),
            Self::Refused(kind) => Err(RowError::row(kind)),
        }
    }
}
