//! The Avro types that columns are written with, and read from.

/// An Avro type that rowgate writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AvroType {
    /// An integer of 32 bits.
    Int,
    /// An integer of 64 bits.
    Long,
    /// A text.
    String,
}

impl AvroType {
    /// Its name in a schema.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Long => "long",
            Self::String => "string",
        }
    }
}

/// What a value of a file is, whoever wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AvroValue {
    /// `boolean`.
    Boolean,
    /// `int` or `long`.
    Integer,
    /// `double`; of an integer only whole ones, since pandas makes doubles of integers with gaps.
    Double,
    /// `string`, or `bytes` that are UTF-8.
    Text,
    /// `date` or a `timestamp`: a moment of UTC.
    Moment,
}
