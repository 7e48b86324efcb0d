//! How a column of the table reads the values of a file's column.

use alloc::string::{String, ToString};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use parquet::basic::{LogicalType, TimeUnit, Type as Physical};
use parquet::schema::types::ColumnDescriptor;

use crate::format::avro::decimal_text;
use crate::table::cell_forms::Notation;
use crate::table::date_time::{local_text, text_of_seconds};
use crate::table::issue::RowErrorKind;
use crate::table::record::RawField;
use crate::table::time::time_text;
use crate::table::types::{AvroType, AvroValue, Definition};

/// What the values of a file's column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ParquetKind {
    Bool,
    Signed,
    Unsigned,
    Float,
    Double,
    Text,
    Bytes,
    /// Bytes that are a number's, the highest first.
    Bits,
    Decimal {
        scale: usize,
    },
    Date,
    /// A time of day, counted in so many a second.
    TimeOfDay(i64),
    /// A moment since the Unix epoch, counted so.
    Moment(i64),
    /// A date and time of no zone.
    LocalTime(i64),
}

/// The most digits that 128 bits hold.
const MOST_DIGITS: i32 = 38;

impl ParquetKind {
    /// The kind of a column, or what it is in words if there is none.
    pub(super) fn of(column: &ColumnDescriptor) -> Result<Self, String> {
        let words = || match column.logical_type_ref() {
            Some(logical) => alloc::format!("{} ({logical:?})", column.physical_type()),
            None => column.physical_type().to_string(),
        };
        if column.max_rep_level() > 0 || column.path().parts().len() > 1 {
            return Err("a list, map or struct".into());
        }
        let is_decimal = column.converted_type() == parquet::basic::ConvertedType::DECIMAL;
        let decimal = || {
            let scale = usize::try_from(column.type_scale()).ok();
            let fits = column.type_precision() <= MOST_DIGITS;
            scale.filter(|_| fits).map(|scale| Self::Decimal { scale }).ok_or_else(words)
        };
        Ok(match (column.physical_type(), column.logical_type_ref()) {
            (_, Some(LogicalType::Decimal(_))) => return decimal(),
            (_, None) if is_decimal => return decimal(),
            (Physical::BOOLEAN, _) => Self::Bool,
            (Physical::FLOAT, _) => Self::Float,
            (Physical::DOUBLE, _) => Self::Double,
            (Physical::INT32, Some(LogicalType::Date)) => Self::Date,
            (_, Some(LogicalType::Time(of))) => Self::TimeOfDay(per_second(&of.unit)),
            (_, Some(LogicalType::Timestamp(of))) if of.is_adjusted_to_u_t_c => {
                Self::Moment(per_second(&of.unit))
            }
            (_, Some(LogicalType::Timestamp(of))) => Self::LocalTime(per_second(&of.unit)),
            (Physical::INT32 | Physical::INT64, Some(LogicalType::Integer(of)))
                if !of.is_signed =>
            {
                Self::Unsigned
            }
            (Physical::INT32 | Physical::INT64, Some(LogicalType::Integer(_)) | None) => {
                return of_converted(column).ok_or_else(words);
            }
            (
                Physical::BYTE_ARRAY,
                Some(LogicalType::String | LogicalType::Enum | LogicalType::Json),
            ) => Self::Text,
            (Physical::BYTE_ARRAY, None) => match column.converted_type() {
                parquet::basic::ConvertedType::NONE => Self::Bytes,
                _ => Self::Text,
            },
            (Physical::FIXED_LEN_BYTE_ARRAY, None) => Self::Bytes,
            _ => return Err(words()),
        })
    }

    /// The same in a snapshot export, which has BIT as bytes, and all times as microseconds of UTC: a DATETIME is as it
    /// was written.
    pub(super) fn exported(self, of: impl Definition) -> Self {
        match self {
            Self::Bytes if of.notation() == Notation::Integer => Self::Bits,
            Self::Moment(unit) if self.needs_zone(of) => Self::LocalTime(unit),
            Self::LocalTime(unit) if self.needs_zone(of) => Self::Moment(unit),
            kind => kind,
        }
    }

    /// Whether each value can be one of a column's.
    pub(super) fn fits(self, of: impl Definition) -> bool {
        match self {
            Self::Bool => of.accepts(AvroValue::Boolean),
            Self::Signed | Self::Unsigned | Self::Bits => of.accepts(AvroValue::Integer),
            // A column of decimals takes a number's shortest digits.
            Self::Float | Self::Double => {
                of.accepts(AvroValue::Double) || of.notation() == Notation::Decimal
            }
            Self::Text => of.accepts(AvroValue::Text) || of.accepts(AvroValue::Symbol),
            Self::Bytes => of.accepts(AvroValue::Bytes) || of.accepts(AvroValue::Text),
            Self::Decimal { .. } => of.accepts(AvroValue::Decimal),
            Self::Date => of.accepts(AvroValue::Date),
            Self::TimeOfDay(_) => of.accepts(AvroValue::TimeOfDay),
            Self::Moment(_) => of.accepts(AvroValue::Moment),
            // pandas has dates as times at midnight.
            Self::LocalTime(_) => of.accepts(AvroValue::LocalTime) || of.avro() == AvroType::Date,
        }
    }

    /// Whether values are moments where a column has times of no zone, or the other way round.
    pub(super) fn needs_zone(self, of: impl Definition) -> bool {
        match self {
            Self::Moment(_) => of.accepts(AvroValue::LocalTime),
            Self::LocalTime(_) => of.avro() == AvroType::TimestampMicros,
            _ => false,
        }
    }
}

/// The kind of integers that say what they are in the older way.
fn of_converted(column: &ColumnDescriptor) -> Option<ParquetKind> {
    use parquet::basic::ConvertedType as Older;
    Some(match column.converted_type() {
        Older::DATE => ParquetKind::Date,
        Older::TIME_MILLIS => ParquetKind::TimeOfDay(1_000),
        Older::TIME_MICROS => ParquetKind::TimeOfDay(1_000_000),
        Older::TIMESTAMP_MILLIS => ParquetKind::Moment(1_000),
        Older::TIMESTAMP_MICROS => ParquetKind::Moment(1_000_000),
        Older::UINT_8 | Older::UINT_16 | Older::UINT_32 | Older::UINT_64 => ParquetKind::Unsigned,
        Older::NONE | Older::INT_8 | Older::INT_16 | Older::INT_32 | Older::INT_64 => {
            ParquetKind::Signed
        }
        _ => return None,
    })
}

fn per_second(unit: &TimeUnit) -> i64 {
    match unit {
        TimeUnit::MILLIS => 1_000,
        TimeUnit::MICROS => 1_000_000,
        TimeUnit::NANOS => 1_000_000_000,
    }
}

/// A value as the file has it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ParquetValue {
    Bool(bool),
    Int(i64),
    /// An integer of 32 bits, which may count without a sign.
    Short(i32),
    Float(f32),
    Double(f64),
    Bytes(parquet::data_type::ByteArray),
}

/// A field that owns its text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ParquetField {
    Null,
    Bool(bool),
    Integer(i64),
    Number(String),
    Double(f64),
    Day(i64),
    Text(String),
}

impl ParquetField {
    pub(super) fn raw(&self) -> RawField<'_> {
        match self {
            Self::Null => RawField::Null,
            Self::Bool(value) => RawField::Bool(*value),
            Self::Integer(value) => RawField::Integer(*value),
            Self::Number(digits) => RawField::Number(digits),
            Self::Double(value) => RawField::Double(*value),
            Self::Day(days) => RawField::Day(*days),
            Self::Text(text) => RawField::Text(text.as_str().into()),
        }
    }

    /// A value of a column that it fits.
    pub(super) fn of(
        value: ParquetValue,
        kind: ParquetKind,
        of: impl Definition,
    ) -> Result<Self, RowErrorKind> {
        match (kind, value) {
            (_, ParquetValue::Bool(value)) => Ok(Self::Bool(value)),
            (ParquetKind::Unsigned, ParquetValue::Short(value)) => {
                Ok(Self::Integer(i64::from(value as u32)))
            }
            (ParquetKind::Unsigned, ParquetValue::Int(value)) => Ok(match value {
                0.. => Self::Integer(value),
                _ => Self::Number((value as u64).to_string()),
            }),
            (ParquetKind::Decimal { scale }, value) => decimal(&value, scale),
            (_, ParquetValue::Float(value)) => Ok(match of.accepts(AvroValue::Float) {
                true => Self::Double(value.into()),
                false => number(value.into(), value.to_string(), of),
            }),
            (_, ParquetValue::Double(value)) => Ok(number(value, value.to_string(), of)),
            (kind, ParquetValue::Short(value)) => Self::of_count(value.into(), kind, of),
            (kind, ParquetValue::Int(value)) => Self::of_count(value, kind, of),
            (ParquetKind::Bits, ParquetValue::Bytes(bytes)) => bits(bytes.data()),
            (ParquetKind::Bytes, ParquetValue::Bytes(bytes)) if of.accepts(AvroValue::Bytes) => {
                Ok(Self::Text(STANDARD.encode(bytes.data())))
            }
            (_, ParquetValue::Bytes(bytes)) => match core::str::from_utf8(bytes.data()) {
                Ok(text) => Ok(Self::Text(text.to_string())),
                Err(_) => Err(RowErrorKind::InvalidUtf8),
            },
        }
    }

    fn of_count(count: i64, kind: ParquetKind, of: impl Definition) -> Result<Self, RowErrorKind> {
        Ok(match kind {
            ParquetKind::Date => Self::Day(count),
            ParquetKind::TimeOfDay(unit) => {
                Self::Text(time_text(count, unit).ok_or(RowErrorKind::InvalidTime)?)
            }
            ParquetKind::Moment(unit) if of.avro() == AvroType::String => {
                let text = text_of_seconds(count.div_euclid(unit));
                Self::Text(text.ok_or(RowErrorKind::InvalidDateTime)?)
            }
            ParquetKind::Moment(unit) => {
                let text = local_text(count, unit).ok_or(RowErrorKind::InvalidDateTime)?;
                Self::Text(text + "Z")
            }
            ParquetKind::LocalTime(unit)
                if of.avro() == AvroType::Date && count.rem_euclid(unit * 86_400) == 0 =>
            {
                Self::Day(count.div_euclid(unit * 86_400))
            }
            ParquetKind::LocalTime(unit) => {
                Self::Text(local_text(count, unit).ok_or(RowErrorKind::InvalidLocalDateTime)?)
            }
            _ => Self::Integer(count),
        })
    }
}

fn number(value: f64, digits: String, of: impl Definition) -> ParquetField {
    match of.accepts(AvroValue::Double) {
        true => ParquetField::Double(value),
        false => ParquetField::Number(digits),
    }
}

fn bits(bytes: &[u8]) -> Result<ParquetField, RowErrorKind> {
    let too_many = RowErrorKind::WrongType { expected: "at most 64 bits", got: "more of them" };
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let (mut number, bytes) = ([0; 8], &bytes[zeros..]);
    let start = number.len().checked_sub(bytes.len()).ok_or(too_many)?;
    number[start..].copy_from_slice(bytes);
    Ok(ParquetField::Number(u64::from_be_bytes(number).to_string()))
}

fn decimal(value: &ParquetValue, scale: usize) -> Result<ParquetField, RowErrorKind> {
    let text = match value {
        ParquetValue::Short(value) => decimal_text(&value.to_be_bytes(), scale),
        ParquetValue::Int(value) => decimal_text(&value.to_be_bytes(), scale),
        ParquetValue::Bytes(bytes) => decimal_text(bytes.data(), scale),
        _ => None,
    };
    let too_long =
        RowErrorKind::WrongType { expected: "a decimal of 38 digits", got: "a longer one" };
    text.map(ParquetField::Text).ok_or(too_long)
}
