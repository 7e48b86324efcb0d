//! A cell as a field of its column.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};

use calamine::{CellErrorType, DataRef, ExcelDateTime, ExcelDateTimeType, Style};

use super::serial::Serial;
use crate::format::csv::{self, Dialect};
use crate::table::cell_forms::Notation;
use crate::table::record::RawField;
use crate::table::schema::Column;
use crate::table::types::{AvroType, AvroValue, Definition, Rules};

/// What a cell holds.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) enum SheetValue {
    #[default]
    Empty,
    Text(String),
    Number {
        value: f64,
        /// The code of its format, if it has one of its own and is not shown by its digits.
        format: Option<Box<str>>,
    },
    Bool(bool),
    Moment {
        serial: Serial,
        /// The code of its format.
        format: Option<Box<str>>,
    },
    /// A date or time as a text.
    Iso(String),
    /// An error, in words.
    Error(&'static str),
}

impl SheetValue {
    pub(super) fn of(data: DataRef<'_>, style: Option<&Style>) -> Self {
        match data {
            DataRef::Empty => Self::Empty,
            DataRef::Int(value) => Self::number(value as f64, style),
            DataRef::Float(value) => Self::number(value, style),
            DataRef::String(text) => Self::text(text),
            DataRef::SharedString(text) => Self::text(text.to_string()),
            DataRef::Bool(value) => Self::Bool(value),
            DataRef::DateTime(time) => {
                let format = format_code(style).map(Box::from);
                Self::Moment { serial: serial(time), format }
            }
            DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Self::Iso(text),
            DataRef::Error(kind) => Self::Error(error_name(&kind)),
        }
    }

    fn text(text: String) -> Self {
        if text.is_empty() { Self::Empty } else { Self::Text(text) }
    }

    fn number(value: f64, style: Option<&Style>) -> Self {
        let format = format_code(style).filter(|it| !matches!(*it, "General" | "0" | "@" | ""));
        Self::Number { value, format: format.map(Box::from) }
    }

    /// Whether nothing is in it.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Text(text) => text.trim().is_empty(),
            _ => false,
        }
    }

    /// Its text, if it is one.
    #[cfg(feature = "xlsx-write")]
    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Iso(text) => Some(text),
            _ => None,
        }
    }

    /// As a line of CSV has it.
    pub(super) fn to_text(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) | Self::Iso(text) => text.clone(),
            Self::Number { value, .. } => value.to_string(),
            Self::Bool(value) => value.to_string(),
            Self::Moment { serial, .. } => serial.text(),
            Self::Error(name) => (*name).rsplit(' ').next().unwrap_or_default().into(),
        }
    }
}

fn format_code(style: Option<&Style>) -> Option<&str> {
    Some(&*style?.number_format.as_ref()?.format_code)
}

/// calamine keeps for itself from when a number counts: it is compared with one that counts from 1904.
fn serial(time: ExcelDateTime) -> Serial {
    let (days, is_duration) = (time.as_f64(), time.is_duration());
    let kind = if is_duration { ExcelDateTimeType::TimeDelta } else { ExcelDateTimeType::DateTime };
    Serial { days, is_1904: time == ExcelDateTime::new(days, kind, true), is_duration }
}

fn error_name(kind: &CellErrorType) -> &'static str {
    match kind {
        CellErrorType::Div0 => "the error #DIV/0!",
        CellErrorType::NA => "the error #N/A",
        CellErrorType::Name => "the error #NAME?",
        CellErrorType::Null => "the error #NULL!",
        CellErrorType::Num => "the error #NUM!",
        CellErrorType::Ref => "the error #REF!",
        CellErrorType::Value => "the error #VALUE!",
        _ => "the error #ERROR!",
    }
}

/// A field that owns its text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum SheetField {
    /// A text of the sheet, as a cell of CSV.
    Cell(String),
    Integer(i64),
    Number(String),
    Bool(bool),
    Text(String),
    Other(&'static str),
}

impl SheetField {
    pub(super) fn raw<'r>(&'r self, column: &Column, dialect: &Dialect) -> RawField<'r> {
        match self {
            Self::Cell(text) => csv::field_of_text(dialect, column, text),
            Self::Integer(value) => RawField::Integer(*value),
            Self::Number(digits) => RawField::Number(digits),
            Self::Bool(value) => RawField::Bool(*value),
            Self::Text(text) => RawField::Text(text.as_str().into()),
            Self::Other(name) => RawField::Other(name),
        }
    }

    /// The field of a column.
    pub(super) fn of(value: SheetValue, column: &Column) -> Self {
        let of = column.column_type;
        match value {
            SheetValue::Empty => Self::Cell(String::new()),
            SheetValue::Text(text)
                if of.notation() == Notation::Text && !text.trim().is_empty() =>
            {
                Self::Cell(text)
            }
            SheetValue::Text(text) => Self::Cell(text.trim().into()),
            SheetValue::Number { value, format } => number(value, format.is_none(), column),
            SheetValue::Bool(value) => Self::Bool(value),
            SheetValue::Moment { serial, .. } => moment(serial, column),
            SheetValue::Iso(text) => {
                let midnight =
                    text.strip_suffix("T00:00:00").filter(|_| of.avro() == AvroType::Date);
                Self::Text(midnight.unwrap_or(&text).into())
            }
            SheetValue::Error(name) => Self::Other(name),
        }
    }
}

/// The most that Excel keeps of an integer: fifteen digits.
const MOST_INTEGER: f64 = 1e15;

fn number(value: f64, is_plain: bool, column: &Column) -> SheetField {
    let of = column.column_type;
    let is_whole = value % 1.0 == 0.0;
    if of.notation() == Notation::Text && !of.accepts(AvroValue::Integer) {
        // Its zeros in front, its thousands or its currency are in the format alone.
        return match is_whole && is_plain && value.abs() < MOST_INTEGER {
            true => SheetField::Cell((value as i64).to_string()),
            false => SheetField::Other("a number in a format of its own (make the cells texts)"),
        };
    }
    if matches!(of.avro(), AvroType::Double | AvroType::Float) {
        return SheetField::Number(value.to_string());
    }
    if value.abs() >= MOST_INTEGER {
        return SheetField::Other("a number of more than 15 digits, of which Excel keeps 15");
    }
    // A sum such as 0.1 + 0.2 is 0.3 by the digits that Excel keeps.
    let kept = format!("{value:.14e}").parse().unwrap_or(value);
    let exact = whole_or_digits(value);
    let fits = |field: &SheetField| {
        of.parse(field.raw(column, &Dialect::default()), &Rules::default()).is_ok()
    };
    match fits(&exact) {
        true => exact,
        false => Some(whole_or_digits(kept)).filter(fits).unwrap_or(exact),
    }
}

fn whole_or_digits(value: f64) -> SheetField {
    match value % 1.0 == 0.0 {
        true => SheetField::Integer(value as i64),
        false => SheetField::Number(value.to_string()),
    }
}

fn moment(serial: Serial, column: &Column) -> SheetField {
    let of = column.column_type;
    if serial.is_duration && !of.accepts(AvroValue::TimeOfDay) {
        return SheetField::Other("a duration");
    }
    let text = match of.avro() {
        AvroType::Date => serial.date().or_else(|| serial.date_time()),
        AvroType::LocalTimestampMicros | AvroType::TimestampMicros => serial.date_time(),
        _ if of.accepts(AvroValue::TimeOfDay) => serial.time(),
        _ if of.notation() == Notation::Moment => serial.date_time(),
        _ => return SheetField::Other("a date or time"),
    };
    text.map_or(SheetField::Other("a date before March 1900, or none"), SheetField::Text)
}
