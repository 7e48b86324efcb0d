//! The longer texts of what is wrong with a row.

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

/// What MySQL's number says of rows that fit the schema.
pub(super) fn cause(number: u16, alone: bool) -> Option<&'static str> {
    const OTHER_KEY: &str = "another unique key of the table has the value already";
    const NO_DEFAULT: &str = "a column that does not come has no DEFAULT in the table";
    match number {
        1062 if alone => Some(OTHER_KEY),
        1364 => Some(NO_DEFAULT),
        _ => None,
    }
}

/// Says which tables there are, and how a path names one.
pub(super) fn no_table(
    f: &mut fmt::Formatter<'_>,
    tables: &[&str],
    near: Option<&str>,
) -> fmt::Result {
    let what = "neither a folder nor the file's name up to its first dot is a table";
    write!(f, "{what}; the tables are {}", tables.join(", "))?;
    match near {
        Some(near) => write!(f, "; put the file into a folder {near}, or call it {near}.csv"),
        None => f.write_str("; put the file into a folder that is called like its table"),
    }
}
