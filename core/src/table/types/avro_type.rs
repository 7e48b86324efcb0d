//! The Avro types that columns are written with, and read from.

use alloc::format;
use alloc::string::String;

/// An Avro type that rowgate writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AvroType {
    /// An integer of 32 bits.
    Int,
    /// An integer of 64 bits.
    Long,
    /// A number of 32 bits with a floating point.
    Float,
    /// A number of 64 bits with a floating point.
    Double,
    /// A text.
    String,
    /// Bytes.
    Bytes,
    /// A day, in days since 1970-01-01.
    Date,
    /// A date and time of no zone, in microseconds since 1970-01-01.
    LocalTimestampMicros,
    /// A moment, in microseconds since 1970-01-01T00:00:00Z.
    TimestampMicros,
    /// A number with so many digits, at most 38, and so many of them behind the point.
    Decimal {
        /// All digits.
        precision: u8,
        /// Those behind the point.
        scale: u8,
    },
}

impl AvroType {
    /// Its name in a message.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Long => "long",
            Self::Float => "float",
            Self::Double => "double",
            Self::String => "string",
            Self::Bytes => "bytes",
            Self::Date => "date",
            Self::LocalTimestampMicros => "local-timestamp-micros",
            Self::TimestampMicros => "timestamp-micros",
            Self::Decimal { .. } => "decimal",
        }
    }

    /// The type that its bytes are laid out as.
    pub(crate) fn primitive(self) -> &'static str {
        match self {
            Self::Date => "int",
            Self::LocalTimestampMicros | Self::TimestampMicros => "long",
            Self::Decimal { .. } => "bytes",
            _ => self.name(),
        }
    }

    /// What a schema says of it besides: members of its object, each behind a comma.
    pub(crate) fn logical(self) -> Option<String> {
        match self {
            Self::Int | Self::Long | Self::Float | Self::Double | Self::String | Self::Bytes => {
                None
            }
            Self::LocalTimestampMicros => Some(r#""logicalType":"local-timestamp-micros""#.into()),
            Self::TimestampMicros => Some(r#""logicalType":"timestamp-micros""#.into()),
            Self::Date => Some(r#""logicalType":"date""#.into()),
            Self::Decimal { precision, scale } => {
                Some(format!(r#""logicalType":"decimal","precision":{precision},"scale":{scale}"#))
            }
        }
    }
}

/// A value of a file of any program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AvroValue {
    /// `boolean`.
    Boolean,
    /// `int` or `long`.
    Integer,
    /// `float`.
    Float,
    /// `double`; of an integer only whole ones, since pandas makes doubles of integers with gaps.
    Double,
    /// `string`, or `bytes` that are UTF-8.
    Text,
    /// `bytes` or `fixed`.
    Bytes,
    /// A name of an `enum`.
    Symbol,
    /// `time-millis` or `time-micros`.
    TimeOfDay,
    /// `decimal` of at most 38 digits.
    Decimal,
    /// `date`.
    Date,
    /// A `local-timestamp`: a date and time of no zone.
    LocalTime,
    /// A `timestamp`: a moment of UTC.
    Moment,
}
