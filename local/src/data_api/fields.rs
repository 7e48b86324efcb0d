//! `Field`, the one shape in which a value travels in either direction.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use mysql_async::consts::{ColumnFlags, ColumnType};
use mysql_async::{Column, Value};
use serde::{Deserialize, Serialize};

use super::errors::{ApiError, ErrorKind};

/// The number under which MySQL keeps the character set `binary`.
pub(super) const BINARY_CHARSET: u16 = 63;

/// A union in the service model: exactly one member, which serde's enums hold by themselves.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Field {
    IsNull(bool),
    BooleanValue(bool),
    LongValue(i64),
    DoubleValue(f64),
    StringValue(String),
    /// Bytes in base64.
    BlobValue(String),
    /// Understood so that it can be refused by name; Aurora MySQL has no arrays.
    ArrayValue(serde_json::Value),
}

impl Field {
    const NULL: Self = Self::IsNull(true);

    /// The plain JSON value for `formatRecordsAs=JSON`.
    pub(super) fn into_json(self) -> serde_json::Value {
        match self {
            Self::IsNull(_) => serde_json::Value::Null,
            Self::BooleanValue(value) => value.into(),
            Self::LongValue(value) => value.into(),
            Self::DoubleValue(value) => value.into(),
            Self::StringValue(text) | Self::BlobValue(text) => text.into(),
            Self::ArrayValue(value) => value,
        }
    }
}

/// `resultSetOptions` of a request.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ResultSetOptions {
    #[serde(default)]
    decimal_return_type: DecimalReturnType,
    #[serde(default)]
    long_return_type: LongReturnType,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum DecimalReturnType {
    #[default]
    String,
    DoubleOrLong,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum LongReturnType {
    #[default]
    Long,
    String,
}

/// Reads the values of one result column.
#[derive(Clone, Copy, Debug)]
pub(super) struct ColumnReader {
    kind: Kind,
    column_type: ColumnType,
    /// Digits after the second's point, or after a decimal's.
    decimals: u8,
    options: ResultSetOptions,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Boolean,
    Bit,
    Long,
    Double,
    Decimal,
    Blob,
    Text,
}

impl ColumnReader {
    /// Picks the mapping for a column; a type outside AWS's list is refused.
    ///
    /// Source: "Data API operations", the table of supported Aurora MySQL types. YEAR, SET and
    /// geometry are not in it.
    pub(super) fn new(column: &Column, options: ResultSetOptions) -> Result<Self, ApiError> {
        use ColumnType::*;
        let binary = column.character_set() == BINARY_CHARSET;
        let kind = match column.column_type() {
            _ if column.flags().contains(ColumnFlags::SET_FLAG) => return Err(unsupported("SET")),
            MYSQL_TYPE_YEAR => return Err(unsupported("YEAR")),
            MYSQL_TYPE_GEOMETRY => return Err(unsupported("GEOMETRY")),
            MYSQL_TYPE_VECTOR => return Err(unsupported("VECTOR")),
            MYSQL_TYPE_BIT => Kind::Bit,
            _ if is_boolean(column) => Kind::Boolean,
            MYSQL_TYPE_TINY | MYSQL_TYPE_SHORT | MYSQL_TYPE_INT24 | MYSQL_TYPE_LONG
            | MYSQL_TYPE_LONGLONG => Kind::Long,
            MYSQL_TYPE_FLOAT | MYSQL_TYPE_DOUBLE => Kind::Double,
            MYSQL_TYPE_DECIMAL | MYSQL_TYPE_NEWDECIMAL => Kind::Decimal,
            MYSQL_TYPE_TINY_BLOB
            | MYSQL_TYPE_BLOB
            | MYSQL_TYPE_MEDIUM_BLOB
            | MYSQL_TYPE_LONG_BLOB
            | MYSQL_TYPE_STRING
            | MYSQL_TYPE_VAR_STRING
            | MYSQL_TYPE_VARCHAR
                if binary =>
            {
                Kind::Blob
            }
            _ => Kind::Text,
        };
        let column_type = column.column_type();
        Ok(Self { kind, column_type, decimals: column.decimals(), options })
    }

    /// Converts one value, whether it came by the text or by the binary protocol.
    pub(super) fn read(&self, value: Value) -> Result<Field, ApiError> {
        if value == Value::NULL {
            return Ok(Field::NULL);
        }
        match self.kind {
            Kind::Boolean => Ok(Field::BooleanValue(self.text(value) != "0")),
            Kind::Bit => Ok(Field::BooleanValue(bytes(value).iter().any(|byte| *byte != 0))),
            Kind::Long => self.read_long(value),
            Kind::Double => parse_double(&self.text(value)),
            Kind::Decimal => self.read_decimal(value),
            Kind::Blob => Ok(Field::BlobValue(BASE64.encode(bytes(value)))),
            Kind::Text => Ok(Field::StringValue(self.text(value))),
        }
    }

    fn read_long(&self, value: Value) -> Result<Field, ApiError> {
        // By far the most frequent, and the way by its text takes five times as long.
        if let (&Value::Int(value), LongReturnType::Long) = (&value, self.options.long_return_type)
        {
            return Ok(Field::LongValue(value));
        }
        let text = self.text(value);
        match self.options.long_return_type {
            LongReturnType::String => Ok(Field::StringValue(text)),
            LongReturnType::Long => parse_long(&text),
        }
    }

    fn read_decimal(&self, value: Value) -> Result<Field, ApiError> {
        let text = self.text(value);
        match self.options.decimal_return_type {
            DecimalReturnType::String => Ok(Field::StringValue(text)),
            DecimalReturnType::DoubleOrLong if self.decimals == 0 => parse_long(&text),
            DecimalReturnType::DoubleOrLong => parse_double(&text),
        }
    }

    /// The value as the text protocol would write it.
    fn text(&self, value: Value) -> String {
        match value {
            Value::NULL => String::new(),
            Value::Bytes(bytes) => String::from_utf8(bytes)
                .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
            Value::Int(value) => value.to_string(),
            Value::UInt(value) => value.to_string(),
            // Shortest text that gives the same value: 1.1 stays 1.1 instead of 1.10000002384.
            Value::Float(value) => value.to_string(),
            Value::Double(value) => value.to_string(),
            Value::Date(year, month, day, hour, minute, second, micros) => {
                let date = format!("{year:04}-{month:02}-{day:02}");
                if self.column_type == ColumnType::MYSQL_TYPE_DATE {
                    return date;
                }
                let fraction = self.fraction(micros);
                format!("{date} {hour:02}:{minute:02}:{second:02}{fraction}")
            }
            Value::Time(negative, days, hours, minute, second, micros) => {
                let sign = if negative { "-" } else { "" };
                let hours = days * 24 + u32::from(hours);
                format!("{sign}{hours:02}:{minute:02}:{second:02}{}", self.fraction(micros))
            }
        }
    }

    fn fraction(&self, micros: u32) -> String {
        match usize::from(self.decimals) {
            0 => String::new(),
            digits @ 1..=6 => format!(".{:.digits$}", format!("{micros:06}")),
            // 31 and 39 stand for "not fixed".
            _ if micros == 0 => String::new(),
            _ => format!(".{micros:06}"),
        }
    }
}

/// BOOL is TINYINT(1); nothing else tells them apart.
pub(super) fn is_boolean(column: &Column) -> bool {
    column.column_type() == ColumnType::MYSQL_TYPE_TINY
        && column.column_length() == 1
        && !column.flags().contains(ColumnFlags::UNSIGNED_FLAG)
}

fn unsupported(name: &str) -> ApiError {
    let message = format!("The result contains the unsupported data type {name}.");
    ApiError::new(ErrorKind::UnsupportedResult, message)
}

/// A long has 64 bits with a sign; BIGINT UNSIGNED can pass that, and cutting it would lie.
fn parse_long(text: &str) -> Result<Field, ApiError> {
    text.parse().map(Field::LongValue).map_err(|_| {
        let message = "Value is outside of valid range for type java.lang.Long; \
                       Error code: 0; SQLState: S1009";
        ApiError::new(ErrorKind::DatabaseError, message)
    })
}

fn parse_double(text: &str) -> Result<Field, ApiError> {
    text.parse()
        .map(Field::DoubleValue)
        .map_err(|_| ApiError::internal("the database sent a number that is none"))
}

fn bytes(value: Value) -> Vec<u8> {
    match value {
        Value::Bytes(bytes) => bytes,
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(column: &Column) -> ColumnReader {
        ColumnReader::new(column, ResultSetOptions::default()).unwrap()
    }

    fn text(value: &str) -> Value {
        Value::Bytes(value.into())
    }

    #[test]
    fn both_protocols_give_the_same_field() {
        let cases = [
            (ColumnType::MYSQL_TYPE_LONG, 0, Value::Int(-7), "-7", Field::LongValue(-7)),
            (ColumnType::MYSQL_TYPE_FLOAT, 31, Value::Float(1.1), "1.1", Field::DoubleValue(1.1)),
            (
                ColumnType::MYSQL_TYPE_DATETIME,
                3,
                Value::Date(2021, 7, 27, 16, 2, 8, 120_000),
                "2021-07-27 16:02:08.120",
                Field::StringValue("2021-07-27 16:02:08.120".into()),
            ),
            (
                ColumnType::MYSQL_TYPE_TIME,
                0,
                Value::Time(true, 1, 2, 3, 4, 0),
                "-26:03:04",
                Field::StringValue("-26:03:04".into()),
            ),
        ];
        for (kind, decimals, binary, by_text, field) in cases {
            let reader = reader(&Column::new(kind).with_decimals(decimals));
            assert_eq!(reader.read(binary).unwrap(), field);
            assert_eq!(reader.read(text(by_text)).unwrap(), field);
        }
    }

    #[test]
    fn a_date_has_no_time() {
        let reader = reader(&Column::new(ColumnType::MYSQL_TYPE_DATE));
        let field = Field::StringValue("2021-07-27".into());
        assert_eq!(reader.read(Value::Date(2021, 7, 27, 0, 0, 0, 0)).unwrap(), field);
        assert_eq!(reader.read(text("2021-07-27")).unwrap(), field);
    }

    #[test]
    fn a_long_that_does_not_fit_is_an_error() {
        let reader = reader(&Column::new(ColumnType::MYSQL_TYPE_LONGLONG));
        assert!(reader.read(Value::UInt(u64::MAX)).is_err());
    }

    #[test]
    fn types_outside_the_list_are_refused() {
        let year = Column::new(ColumnType::MYSQL_TYPE_YEAR);
        let error = ColumnReader::new(&year, ResultSetOptions::default()).unwrap_err();
        assert_eq!(error.kind, ErrorKind::UnsupportedResult);
    }
}
