//! What is wrong with a cell or a row.

use alloc::string::String;

use serde::{Deserialize, Serialize};

/// What is wrong with one cell, or with its row as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellFault {
    /// The column; `None` where the row as a whole is wrong.
    pub column: Option<String>,
    /// The stable code.
    pub code: String,
    /// What is wrong, in words.
    pub message: String,
}
