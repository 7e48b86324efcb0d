//! Why a database's tables are not known.

use alloc::string::String;
use core::fmt;

use crate::aws::host::CallError;

/// Why a database's tables are not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IntrospectError {
    /// A call failed.
    Call(CallError),
    /// The answer was none of `information_schema`.
    Unreadable,
    /// There is no such table.
    NoSuchTable(String),
}

impl fmt::Display for IntrospectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(error) => write!(f, "the database's tables are not read: {error}"),
            Self::Unreadable => {
                f.write_str("the database's description of its tables is unreadable")
            }
            Self::NoSuchTable(name) => write!(f, "the database has no table {name}"),
        }
    }
}

impl core::error::Error for IntrospectError {}
