//! One value of a row: as it came, and once it fits its column.

use alloc::borrow::Cow;

/// One value as it came, before it is checked.
#[derive(Debug, Clone, PartialEq)]
pub enum RawField<'r> {
    /// The row does not carry the column: a JSON member, or a column of a CSV header, that is not
    /// there.
    Absent,
    /// JSON null.
    Null,
    /// JSON true or false.
    Bool(bool),
    /// A JSON integer of at most 64 bits.
    Integer(i64),
    /// Any other JSON number, with the digits that it was sent with.
    Number(&'r str),
    /// An Avro float or double.
    Double(f64),
    /// A JSON string.
    Text(Cow<'r, str>),
    /// An Avro date: days since 1970-01-01.
    Day(i64),
    /// A CSV cell, trimmed; an empty one is NULL.
    Cell(&'r str),
    /// A value of JSON for a column of documents, as it was written; never null.
    Document(&'r str),
    /// Any other JSON value, by the name of its type.
    Other(&'static str),
}

/// One value that fits its column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell<'r> {
    /// SQL NULL.
    Null,
    /// An integer within the column's range.
    Int(i64),
    /// The canonical text of any other value.
    Text(Cow<'r, str>),
}

impl Cell<'_> {
    /// Whether it is the integer 0.
    #[cfg(feature = "avro")]
    pub(crate) fn is_zero(&self) -> bool {
        match self {
            Self::Null => false,
            Self::Int(value) => *value == 0,
            Self::Text(text) => text == "0",
        }
    }
}

impl<'r> From<&'r Cell<'_>> for RawField<'r> {
    fn from(cell: &'r Cell<'_>) -> Self {
        match cell {
            Cell::Null => Self::Null,
            Cell::Int(value) => Self::Integer(*value),
            Cell::Text(text) => Self::Text(Cow::Borrowed(text)),
        }
    }
}
