//! Names in a header that no column has.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// Names in a header that are no columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownNames {
    /// The first of them, each cut to a readable length.
    pub names: Vec<String>,
    /// The column nearest to each, if one is near.
    pub near: Vec<Option<&'static str>>,
    /// The table's columns.
    pub columns: Vec<&'static str>,
}

impl fmt::Display for UnknownNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no column is called ")?;
        for (at, (name, near)) in self.names.iter().zip(&self.near).enumerate() {
            let comma = if at > 0 { ", " } else { "" };
            write!(f, "{comma}{name}")?;
            if let Some(near) = near {
                write!(f, " (did you mean {near}?)")?;
            }
        }
        write!(f, "; the columns are {}", self.columns.join(", "))
    }
}
