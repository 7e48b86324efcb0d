//! How a value of a schema is read, or skipped.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use apache_avro::Schema;
use apache_avro::schema::{DecimalSchema, InnerDecimalSchema, UuidSchema};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::datum::{Cursor, Fault};
use super::decimal;
use crate::table::date_time::{local_text, text_of_seconds};
use crate::table::issue::RowErrorKind;
use crate::table::record::RawField;
use crate::table::time::time_text;
use crate::table::types::{AvroType, AvroValue, Definition};

/// How values of one schema are laid out.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Null,
    Boolean,
    Integer,
    /// Of an integer only whole ones: pandas makes doubles of integers with gaps.
    Double,
    Float,
    /// A text, also in bytes where one is wanted.
    Text,
    Bytes,
    /// Always so many bytes.
    Fixed(usize),
    /// One of these names, by its number.
    Symbol(Vec<String>),
    /// A time of day, counted in so many a second.
    TimeOfDay(i64),
    /// Digits, so many of them behind the point; in bytes, or in always so many.
    Decimal {
        scale: usize,
        size: Option<usize>,
    },
    /// Days since the Unix epoch.
    Date,
    /// A moment since the Unix epoch, counted in so many a second; read in whole seconds.
    Moment(i64),
    /// The same, read with its fraction of a second.
    ExactMoment(i64),
    /// A date and time of no zone, counted in so many a second.
    LocalTime(i64),
    /// A number for the branch, then a value of it.
    Union(Vec<Self>),

    // What no column takes, and is only ever skipped:
    /// Bytes that mean something else.
    OtherBytes,
    /// So many bytes that mean something else.
    OtherFixed(usize),
    Array(Box<Self>),
    Map(Box<Self>),
    Record(Vec<Self>),
}

impl Shape {
    /// The shape of a schema, or `None` if it refers to a type that is described elsewhere.
    pub(super) fn of(schema: &Schema) -> Option<Self> {
        Some(match schema {
            Schema::Null => Self::Null,
            Schema::Boolean => Self::Boolean,
            Schema::Int | Schema::Long => Self::Integer,
            Schema::String | Schema::Uuid(UuidSchema::String) => Self::Text,
            Schema::Bytes => Self::Bytes,
            Schema::Date => Self::Date,
            Schema::TimestampMillis => Self::Moment(1_000),
            Schema::TimestampMicros => Self::Moment(1_000_000),
            Schema::TimestampNanos => Self::Moment(1_000_000_000),
            Schema::LocalTimestampMillis => Self::LocalTime(1_000),
            Schema::LocalTimestampMicros => Self::LocalTime(1_000_000),
            Schema::LocalTimestampNanos => Self::LocalTime(1_000_000_000),
            Schema::Union(union) => Self::Union(all(union.variants())?),

            Schema::Enum(names) => Self::Symbol(names.symbols.clone()),
            Schema::TimeMillis => Self::TimeOfDay(1_000),
            Schema::TimeMicros => Self::TimeOfDay(1_000_000),
            Schema::Float => Self::Float,
            Schema::Double => Self::Double,
            Schema::BigDecimal | Schema::Uuid(UuidSchema::Bytes) => Self::OtherBytes,
            Schema::Fixed(fixed) => Self::Fixed(fixed.size),
            Schema::Duration(fixed) | Schema::Uuid(UuidSchema::Fixed(fixed)) => {
                Self::OtherFixed(fixed.size)
            }
            Schema::Decimal(decimal) => Self::of_decimal(decimal),
            Schema::Array(array) => Self::Array(Box::new(Self::of(&array.items)?)),
            Schema::Map(map) => Self::Map(Box::new(Self::of(&map.types)?)),
            Schema::Record(record) => {
                Self::Record(all(record.fields.iter().map(|field| &field.schema))?)
            }
            Schema::Ref { .. } => return None,
        })
    }

    /// One of more digits than 128 bits hold is only ever skipped.
    fn of_decimal(schema: &DecimalSchema) -> Self {
        let scale = schema.scale;
        match (&schema.inner, schema.precision <= decimal::MOST_DIGITS) {
            (InnerDecimalSchema::Bytes, true) => Self::Decimal { scale, size: None },
            (InnerDecimalSchema::Bytes, false) => Self::OtherBytes,
            (InnerDecimalSchema::Fixed(fixed), true) => {
                Self::Decimal { scale, size: Some(fixed.size) }
            }
            (InnerDecimalSchema::Fixed(fixed), false) => Self::OtherFixed(fixed.size),
        }
    }

    /// Whether each value can be one of the column's.
    pub(super) fn fits(&self, of: impl Definition) -> bool {
        match self {
            Self::Null => true,
            Self::Union(branches) => branches.iter().all(|branch| branch.fits(of)),
            Self::Boolean => of.accepts(AvroValue::Boolean),
            Self::Integer => of.accepts(AvroValue::Integer),
            Self::Double => of.accepts(AvroValue::Double),
            Self::Float => of.accepts(AvroValue::Float),
            Self::Text => of.accepts(AvroValue::Text),
            // Avro takes bytes for a text where one is wanted.
            Self::Bytes => of.accepts(AvroValue::Bytes) || of.accepts(AvroValue::Text),
            Self::Fixed(_) => of.accepts(AvroValue::Bytes),
            Self::Symbol(_) => of.accepts(AvroValue::Symbol),
            Self::TimeOfDay(_) => of.accepts(AvroValue::TimeOfDay),
            Self::Decimal { .. } => of.accepts(AvroValue::Decimal),
            Self::Date => of.accepts(AvroValue::Date),
            Self::LocalTime(_) => of.accepts(AvroValue::LocalTime),
            Self::Moment(_) | Self::ExactMoment(_) => of.accepts(AvroValue::Moment),
            _ => false,
        }
    }

    /// The shape as a column takes it that it fits: bytes are a text where the column takes no bytes, and a
    /// moment has a fraction where the column has moments.
    pub(super) fn for_column(self, of: impl Definition) -> Self {
        match self {
            Self::Bytes if !of.accepts(AvroValue::Bytes) => Self::Text,
            Self::Moment(unit)
                if of.avro() == AvroType::TimestampMicros || !of.accepts(AvroValue::Moment) =>
            {
                Self::ExactMoment(unit)
            }
            Self::Union(branches) => {
                Self::Union(branches.into_iter().map(|branch| branch.for_column(of)).collect())
            }
            other => other,
        }
    }

    /// Whether values are moments where a column has times of no zone, or the other way round.
    pub(super) fn needs_zone(&self, of: impl Definition) -> bool {
        match self {
            Self::Moment(_) | Self::ExactMoment(_) => {
                of.accepts(AvroValue::LocalTime) && !of.accepts(AvroValue::Moment)
            }
            Self::LocalTime(_) => {
                of.avro() == AvroType::TimestampMicros && !of.accepts(AvroValue::LocalTime)
            }
            Self::Union(branches) => {
                branches.iter().any(|branch| branch.needs_zone(of))
                    && branches.iter().all(|branch| branch.fits(of) || branch.needs_zone(of))
            }
            _ => false,
        }
    }

    /// Whether no value is anything but null.
    pub(super) fn is_null(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Union(branches) => branches.iter().all(Self::is_null),
            _ => false,
        }
    }

    /// Reads a value that is to fit a column; inside, what is wrong with the value alone.
    pub(super) fn read<'a>(
        &self,
        cursor: &mut Cursor<'a>,
    ) -> Result<Result<RawField<'a>, RowErrorKind>, Fault> {
        Ok(match self {
            Self::Null => Ok(RawField::Null),
            Self::Boolean => Ok(RawField::Bool(cursor.boolean()?)),
            Self::Integer => Ok(RawField::Integer(cursor.long()?)),
            Self::Double => Ok(RawField::Double(cursor.double()?)),
            Self::Float => Ok(RawField::Double(cursor.float()?.into())),
            Self::Bytes => Ok(RawField::Text(STANDARD.encode(cursor.bytes()?).into())),
            Self::Fixed(size) => Ok(RawField::Text(STANDARD.encode(cursor.take(*size)?).into())),
            Self::Symbol(symbols) => {
                let place = usize::try_from(cursor.long()?).map_err(|_| Fault::Wrong)?;
                let symbol = symbols.get(place).ok_or(Fault::Wrong)?;
                Ok(RawField::Text(Cow::Owned(symbol.clone())))
            }
            Self::TimeOfDay(unit) => match time_text(cursor.long()?, *unit) {
                Some(text) => Ok(RawField::Text(text.into())),
                None => Err(RowErrorKind::InvalidTime),
            },
            Self::Text => match core::str::from_utf8(cursor.bytes()?) {
                Ok(text) => Ok(RawField::Text(text.into())),
                Err(_) => Err(RowErrorKind::InvalidUtf8),
            },
            // A whole one is an integer, whatever its scale.
            Self::Decimal { scale, size } => {
                let text = decimal::to_text(digits(*size, cursor)?, *scale);
                let text = text.map(decimal::shortest);
                text.map(|text| RawField::Text(text.into())).ok_or(TOO_LONG_DECIMAL)
            }
            Self::Date => Ok(RawField::Day(cursor.long()?)),
            // In the form that a column has it, without its fraction of a second.
            Self::Moment(unit) => match text_of_seconds(cursor.long()?.div_euclid(*unit)) {
                Some(text) => Ok(RawField::Text(text.into())),
                None => Err(RowErrorKind::InvalidDateTime),
            },
            Self::ExactMoment(unit) => match local_text(cursor.long()?, *unit) {
                Some(text) => Ok(RawField::Text((text + "Z").into())),
                None => Err(RowErrorKind::InvalidDateTime),
            },
            Self::LocalTime(unit) => match local_text(cursor.long()?, *unit) {
                Some(text) => Ok(RawField::Text(text.into())),
                None => Err(RowErrorKind::InvalidLocalDateTime),
            },
            Self::Union(branches) => branch(branches, cursor)?.read(cursor)?,
            // A shape that does not fit its column has been refused before any row.
            _ => return Err(Fault::Wrong),
        })
    }

    /// Skips a value.
    pub(super) fn skip(&self, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        match self {
            Self::Null => Ok(()),
            Self::Integer
            | Self::Date
            | Self::Moment(_)
            | Self::ExactMoment(_)
            | Self::LocalTime(_)
            | Self::TimeOfDay(_)
            | Self::Symbol(_) => cursor.long().map(drop),
            Self::Text | Self::Bytes | Self::OtherBytes => cursor.bytes().map(drop),
            Self::Boolean => cursor.boolean().map(drop),
            Self::Decimal { size, .. } => digits(*size, cursor).map(drop),
            Self::Double => cursor.double().map(drop),
            Self::Float => cursor.float().map(drop),
            Self::Fixed(size) | Self::OtherFixed(size) => cursor.take(*size).map(drop),
            Self::Union(branches) => branch(branches, cursor)?.skip(cursor),
            Self::Array(items) => cursor.items(|cursor| items.skip(cursor)),
            Self::Map(values) => cursor.items(|cursor| {
                cursor.bytes()?;
                values.skip(cursor)
            }),
            Self::Record(fields) => fields.iter().try_for_each(|field| field.skip(cursor)),
        }
    }
}

/// Of a decimal that has more digits than its schema allows.
const TOO_LONG_DECIMAL: RowErrorKind =
    RowErrorKind::WrongType { expected: "a decimal of at most 38 digits", got: "a longer one" };

/// The bytes of a decimal.
fn digits<'a>(size: Option<usize>, cursor: &mut Cursor<'a>) -> Result<&'a [u8], Fault> {
    match size {
        Some(size) => cursor.take(size),
        None => cursor.bytes(),
    }
}

fn all<'s>(schemas: impl IntoIterator<Item = &'s Schema>) -> Option<Vec<Shape>> {
    schemas.into_iter().map(Shape::of).collect()
}

fn branch<'s>(branches: &'s [Shape], cursor: &mut Cursor<'_>) -> Result<&'s Shape, Fault> {
    let index = usize::try_from(cursor.long()?).map_err(|_| Fault::Wrong)?;
    branches.get(index).ok_or(Fault::Wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(json: &str) -> Option<Shape> {
        Shape::of(&Schema::parse_str(json).unwrap())
    }

    #[test]
    fn only_what_means_the_same_fits() {
        use crate::table::schema::ColumnType;

        let text = ColumnType::known("varchar(20)", None, None);
        let date_time = ColumnType::known("varchar(20)", Some("date-time"), None);
        let boolean = ColumnType::known("tinyint(1)", None, None);
        let columns = [ColumnType::known("int", None, None), text, date_time, boolean];
        let local = ColumnType::known("datetime(3)", None, None);
        for (logical, fits) in [
            ("local-timestamp-millis", true),
            ("local-timestamp-micros", true),
            ("local-timestamp-nanos", true),
            ("timestamp-micros", false),
            ("timestamp-millis", false),
        ] {
            let json = alloc::format!(r#"{{"type":"long","logicalType":"{logical}"}}"#);
            assert_eq!(shape(&json).unwrap().fits(local), fits, "{logical}");
        }
        assert!(!shape(r#"{"type":"int","logicalType":"date"}"#).unwrap().fits(local));
        let decimal = ColumnType::known("decimal(10,2)", None, None);
        for json in [
            r#""int""#,
            r#""long""#,
            r#""string""#,
            r#"{"type":"bytes","logicalType":"decimal","precision":38}"#,
            r#"{"type":"fixed","name":"f","size":9,"logicalType":"decimal","precision":20,"scale":2}"#,
        ] {
            assert!(shape(json).unwrap().fits(decimal), "{json}");
        }
        for json in [
            r#""double""#,
            r#""float""#,
            r#""boolean""#,
            r#"{"type":"bytes","logicalType":"decimal","precision":39}"#,
            r#"{"type":"fixed","name":"f","size":9}"#,
        ] {
            assert!(!shape(json).unwrap().fits(decimal), "{json}");
        }
        for (json, expected) in [
            (r#""int""#, [true, false, false, true]),
            (r#""long""#, [true, false, false, true]),
            (r#""string""#, [false, true, true, false]),
            (r#""null""#, [true, true, true, true]),
            (r#"["int","null"]"#, [true, false, false, true]),
            (r#"["null","string"]"#, [false, true, true, false]),
            (r#"["null","int","long"]"#, [true, false, false, true]),
            (r#"["int","string"]"#, [false, false, false, false]),
            (r#"{"type":"long","logicalType":"timestamp-millis"}"#, [false, false, true, false]),
            (r#"{"type":"long","logicalType":"timestamp-micros"}"#, [false, false, true, false]),
            (
                r#"{"type":"long","logicalType":"local-timestamp-micros"}"#,
                [false, false, false, false],
            ),
            (r#"{"type":"int","logicalType":"date"}"#, [false, false, true, false]),
            (r#"{"type":"int","logicalType":"time-millis"}"#, [false, false, false, false]),
            (r#"{"type":"int","logicalType":"unheard-of"}"#, [true, false, false, true]),
            (r#""bytes""#, [false, true, true, false]),
            (
                r#"{"type":"bytes","logicalType":"decimal","precision":9}"#,
                [false, false, false, false],
            ),
            (r#""double""#, [true, false, false, true]),
            (r#"["null","double"]"#, [true, false, false, true]),
            (r#""float""#, [false, false, false, false]),
            (r#""boolean""#, [false, false, false, true]),
            (r#"{"type":"enum","name":"e","symbols":["a"]}"#, [false, false, false, false]),
            (r#"{"type":"fixed","name":"f","size":3}"#, [false, false, false, false]),
            (r#"{"type":"array","items":"int"}"#, [false, false, false, false]),
        ] {
            let shape = shape(json).unwrap();
            assert_eq!(columns.map(|column| shape.fits(column)), expected, "{json}");
        }
    }

    #[test]
    fn moments_are_stored_in_one_form() {
        let text = |count| {
            let mut bytes = Vec::new();
            crate::format::avro::datum::put_long(&mut bytes, count);
            match Shape::Moment(1_000).read(&mut Cursor::new(&bytes)).unwrap() {
                Ok(RawField::Text(text)) => Some(text.into_owned()),
                other => {
                    assert_eq!(other, Err(RowErrorKind::InvalidDateTime));
                    None
                }
            }
        };
        assert_eq!(text(1_627_401_728_999).as_deref(), Some("2021-07-27T16:02:08Z"));
        assert_eq!(text(-1).as_deref(), Some("1969-12-31T23:59:59Z"));
        assert_eq!((text(i64::MIN), text(i64::MAX)), (None, None));
    }
}
