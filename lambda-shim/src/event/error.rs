//! Why an event cannot be read.

use std::error::Error;
use std::fmt;

/// Why an event cannot be read. No error holds a member's value, but for names that AWS gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EventError {
    /// Not an event that rowgate takes; its shape.
    Unknown(String),
    /// One that it takes, but not in the documented form; what is wrong.
    Bad(String),
}

impl fmt::Display for EventError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(shape) => write!(f, "unknown event: {shape}"),
            Self::Bad(problem) => write!(f, "bad event: {problem}"),
        }
    }
}

impl Error for EventError {}
