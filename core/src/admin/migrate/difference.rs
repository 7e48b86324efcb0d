//! One thing in which a live table is not as expected.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// The property of what a table has besides columns and its primary key.
pub(super) const CONSTRAINT: &str = "constraint or trigger";

/// How a side is shown that has nothing.
pub(super) const NONE: &str = "none";

/// One thing in which a live table is not as expected.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// The table.
    pub table: &'static str,
    /// The column, unless it concerns the table as a whole.
    pub column: Option<String>,
    /// What it is about: `type`, `null`, `collation` and so on.
    pub property: &'static str,
    /// What the schema says.
    pub expected: String,
    /// What is there.
    pub found: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.table)?;
        if let Some(column) = &self.column {
            write!(f, ".{column}")?;
        }
        write!(f, ": {}: expected {}, found {}", self.property, self.expected, self.found)
    }
}

/// Takes the differences of one table.
pub(super) struct TableDrift<'d> {
    pub(super) table: &'static str,
    pub(super) differences: &'d mut Vec<Difference>,
}

impl TableDrift<'_> {
    pub(super) fn add(
        &mut self,
        column: Option<&str>,
        property: &'static str,
        expected: &str,
        found: &str,
    ) {
        self.differences.push(Difference {
            table: self.table,
            column: column.map(ToOwned::to_owned),
            property,
            expected: expected.to_owned(),
            found: found.to_owned(),
        });
    }

    pub(super) fn same(
        &mut self,
        column: Option<&str>,
        property: &'static str,
        expected: &str,
        found: &str,
    ) {
        if expected != found {
            self.add(column, property, expected, found);
        }
    }
}

/// A text with its quotes and line ends shown.
pub(super) fn shown(text: &str) -> String {
    format!("{text:?}")
}
