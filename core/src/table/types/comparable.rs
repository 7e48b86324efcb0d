//! As what a CHECK compares the values of a column.

/// As what a CHECK compares the values of a column, where the core is sure to answer as a database does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparable {
    /// The core cannot be sure of it.
    Never,
    /// Exact numbers: integers and decimals.
    Number,
    /// Days.
    Date,
    /// Date-times without a zone.
    DateTime {
        /// The digits of a second's fraction.
        decimals: u8,
    },
    /// The members of an ENUM, which are equal if their names are.
    Member,
    /// Texts, which are equal by their column's collation.
    Text,
}
