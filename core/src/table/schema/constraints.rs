//! What the database holds the rows of a table to, beside its columns and its primary key.

use alloc::vec::Vec;
use core::fmt;

use crate::table::checks::CheckConstraint;

/// What MySQL calls each primary key.
pub const PRIMARY: &str = "PRIMARY";

/// A unique key besides the primary one.
#[derive(Debug, PartialEq, Eq)]
pub struct UniqueKey {
    /// Its name.
    pub name: &'static str,
    /// Its parts, in their order.
    pub parts: &'static [KeyPart],
    /// The positions of its columns, if it is made of whole columns alone, of types that rows are looked for
    /// by.
    pub columns: Option<&'static [usize]>,
}

/// One part of a unique key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyPart {
    /// A whole column, by its position in the table.
    Column(usize),
    /// The beginning of a column, so many characters of it.
    Prefix(usize, u32),
    /// An expression, which the database alone computes.
    Expression,
}

/// A foreign key.
#[derive(Debug, PartialEq, Eq)]
pub struct ForeignKey {
    /// Its name.
    pub name: &'static str,
    /// The positions of its columns.
    pub columns: &'static [usize],
    /// The table that it refers to.
    pub parent: ParentTable,
    /// The parent table's columns.
    pub references: &'static [&'static str],
}

impl ForeignKey {
    /// Whether it refers to the table of this name in its own database.
    pub(crate) fn is_to(&self, table: &str) -> bool {
        self.parent.is_here() && self.parent.name == table
    }
}

/// The table that a foreign key refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParentTable {
    /// Its database, where that is not the one of the foreign key's own table.
    pub database: Option<&'static str>,
    /// Its name.
    pub name: &'static str,
}

impl ParentTable {
    /// A table of the foreign key's own database.
    pub const fn here(name: &'static str) -> Self {
        Self { database: None, name }
    }

    /// Whether it is in the foreign key's own database.
    pub(crate) fn is_here(&self) -> bool {
        self.database.is_none()
    }
}

/// For messages.
impl fmt::Display for ParentTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.database {
            None => f.write_str(self.name),
            Some(database) => write!(f, "{} of the database {database}", self.name),
        }
    }
}

/// The constraints of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Constraints {
    /// The unique keys besides the primary one.
    pub unique: &'static [UniqueKey],
    /// The foreign keys.
    pub foreign: &'static [ForeignKey],
    /// The CHECKs that the database enforces.
    pub checks: &'static [CheckConstraint],
}

impl Constraints {
    /// No constraints.
    pub const NONE: Self = Self { unique: &[], foreign: &[], checks: &[] };
}

/// A name by which no rows can be told apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyNameError {
    /// The table has no unique key of this name.
    Unknown {
        /// The names of those that it has.
        keys: Vec<&'static str>,
    },
    /// The key is not of whole columns.
    NotWhole {
        /// Its name.
        key: &'static str,
    },
}

impl fmt::Display for KeyNameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { keys } => {
                write!(f, "key is one of the table's unique keys: {}", keys.join(", "))
            }
            Self::NotWhole { key } => write!(
                f,
                "key {key} is of an expression, of the beginning of a column or of a type by which rows \
                 are not looked for; name a key of whole columns"
            ),
        }
    }
}
