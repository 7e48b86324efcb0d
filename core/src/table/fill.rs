//! What columns get that no file has: a constant, or what is known of the load.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::date_time;
use super::issue::{RowError, RowErrorKind};
use super::record::{RawField, RawRow};
use super::schema::{Column, Table};
use super::time_zone::TimeZone;
use super::types::{Definition, Rules};
use crate::base::distinct::DistinctTexts;

/// What columns get that no file has, by their names.
///
/// As JSON it is an object: `{"source": "@file", "line": "@line", "load": "@load", "loaded_at": "@time",
/// "region": "=EU"}`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>", into = "BTreeMap<String, String>")]
pub struct Fill(BTreeMap<String, Filling>);

/// What one column gets.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Filling {
    Constant(String),
    /// The file's key or path.
    File,
    /// The line on which the row begins.
    Line,
    /// The load's id.
    Load,
    /// When the load's first attempt began.
    Time,
}

/// What is known of a load before its first row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LoadFacts<'f> {
    /// The file's key or path.
    pub(crate) file: &'f str,
    pub(crate) load_id: &'f str,
    /// Since the Unix epoch.
    pub(crate) time: Duration,
}

const NAMES: [(&str, Filling); 4] = [
    ("@file", Filling::File),
    ("@line", Filling::Line),
    ("@load", Filling::Load),
    ("@time", Filling::Time),
];

impl Filling {
    fn of(text: &str) -> Option<Self> {
        let known = NAMES.iter().find(|(name, _)| *name == text);
        let constant = || text.strip_prefix('=').map(|text| Self::Constant(text.into()));
        known.map(|(_, filling)| filling.clone()).or_else(constant)
    }

    fn text(&self) -> String {
        match self {
            Self::Constant(text) => format!("={text}"),
            other => {
                let known = NAMES.iter().find(|(_, filling)| filling == other);
                known.map(|(name, _)| (*name).to_string()).unwrap_or_default()
            }
        }
    }
}

impl TryFrom<BTreeMap<String, String>> for Fill {
    type Error = String;

    fn try_from(texts: BTreeMap<String, String>) -> Result<Self, String> {
        let filling = |(column, text): (String, String)| match Filling::of(&text) {
            Some(filling) => Ok((column, filling)),
            None => Err(format!(
                "fill gives {column} neither @file, @line, @load, @time nor a constant, which has = in front"
            )),
        };
        texts.into_iter().map(filling).collect::<Result<_, _>>().map(Self)
    }
}

impl From<Fill> for BTreeMap<String, String> {
    fn from(fill: Fill) -> Self {
        fill.0.into_iter().map(|(column, filling)| (column, filling.text())).collect()
    }
}

impl Fill {
    /// Reads an object in JSON. The error says what it may be.
    pub fn of(text: &str) -> Result<Self, String> {
        let wrong = "fill is a JSON object of the table's columns and what they get";
        let DistinctTexts(texts) =
            serde_json::from_str(text).map_err(|error| format!("{wrong}: {error}"))?;
        texts.try_into()
    }

    /// Whether no column is named.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether each column gets a constant, so that no file is needed.
    pub(crate) fn is_constant(&self) -> bool {
        self.0.values().all(|filling| matches!(filling, Filling::Constant(_)))
    }

    /// The same with what is known of a load as constants: an attempt that goes on fills in the same.
    pub(crate) fn resolved(&self, facts: &LoadFacts<'_>) -> Self {
        let constant = |filling: &Filling| match filling {
            Filling::File => Filling::Constant(facts.file.into()),
            Filling::Load => Filling::Constant(facts.load_id.into()),
            Filling::Time => Filling::Constant(date_time::text(facts.time)),
            Filling::Line | Filling::Constant(_) => filling.clone(),
        };
        let fillings = self.0.iter();
        Self(fillings.map(|(column, filling)| (column.clone(), constant(filling))).collect())
    }

    /// The same for the columns of a table. Fails with the first name that is no column, or the first value
    /// that its column does not take.
    pub(crate) fn of_table(
        &self,
        table: &'static Table,
        time_zone: Option<TimeZone>,
    ) -> Result<FilledColumns, RowError> {
        let filled = |(name, filling): (&String, &Filling)| {
            let position = table.column_index(name).ok_or_else(|| {
                RowError::given_column(name, invalid(RowErrorKind::UnknownColumn))
            })?;
            let column = &table.columns[position];
            let value = FilledValue::of(column, filling, time_zone)
                .map_err(|kind| RowError::column(column.name, invalid(kind)))?;
            Ok((position, value))
        };
        self.0.iter().map(filled).collect::<Result<_, _>>().map(FilledColumns)
    }
}

/// Whether a text is a number as JSON has them.
fn is_number(text: &str) -> bool {
    let is_json = serde_json::from_str::<&RawValue>(text).is_ok();
    is_json && text.starts_with(|first: char| first == '-' || first.is_ascii_digit())
}

fn invalid(kind: RowErrorKind) -> RowErrorKind {
    RowErrorKind::InvalidFill(Box::new(kind))
}

/// The columns of a table that get something which no file has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct FilledColumns(Vec<(usize, FilledValue)>);

/// What one of them gets, as the kind of value in JSON that its type takes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum FilledValue {
    Text(String),
    Integer(i64),
    Number(String),
    Bool(bool),
    Line { is_text: bool },
}

impl FilledValue {
    fn of(
        column: &Column,
        filling: &Filling,
        time_zone: Option<TimeZone>,
    ) -> Result<Self, RowErrorKind> {
        let takes = |field: RawField<'_>| {
            column.column_type.parse(field, &Rules { time_zone, ..Rules::default() }).map(|_| ())
        };
        let text = match filling {
            Filling::Constant(text) => text.as_str(),
            _ => {
                let is_text = takes(RawField::Integer(1)).is_err();
                return takes(Self::Line { is_text }.field(Some(1)))
                    .map(|()| Self::Line { is_text });
            }
        };
        let as_text = Self::Text(text.into());
        let refused = match takes(as_text.field(None)) {
            Ok(()) => return Ok(as_text),
            Err(refused) => refused,
        };
        let others = [
            text.parse().ok().map(Self::Integer),
            is_number(text).then(|| Self::Number(text.into())),
            text.parse().ok().map(Self::Bool),
        ];
        let mut others = others.into_iter().flatten();
        let taken = others.find_map(|other| match takes(other.field(None)) {
            Ok(()) => Some(Ok(other)),
            Err(RowErrorKind::WrongType { .. }) => None,
            // Of the right kind, and beyond what the column takes.
            Err(kind) => Some(Err(kind)),
        });
        taken.unwrap_or(Err(refused))
    }

    fn field(&self, line: Option<u64>) -> RawField<'_> {
        match self {
            Self::Text(text) => RawField::Text(Cow::Borrowed(text)),
            Self::Integer(value) => RawField::Integer(*value),
            Self::Number(text) => RawField::Number(text),
            Self::Bool(value) => RawField::Bool(*value),
            Self::Line { is_text } => match (line, is_text) {
                (None, _) => RawField::Null,
                (Some(line), true) => RawField::Text(Cow::Owned(line.to_string())),
                (Some(line), false) => RawField::Integer(i64::try_from(line).unwrap_or(i64::MAX)),
            },
        }
    }
}

impl FilledColumns {
    /// The names of the columns.
    pub(crate) fn names<'t>(
        &self,
        table: &'t Table,
    ) -> impl Iterator<Item = &'static str> + use<'_, 't> {
        self.0.iter().map(|(position, _)| table.columns[*position].name)
    }

    /// Gives a row what it does not have; a column that it has all the same is an error of the row.
    pub(crate) fn put<'r>(&'r self, table: &Table, row: &mut RawRow<'r>) {
        if row.fields.is_empty() {
            return;
        }
        for (position, value) in &self.0 {
            match &mut row.fields[*position] {
                field @ RawField::Absent => *field = value.field(row.place.line),
                _ => {
                    let name = table.columns[*position].name;
                    row.errors.push(RowError::column(name, RowErrorKind::FilledColumn));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::record::{Place, Record};
    use crate::table::schema::ColumnType;
    use alloc::vec;

    const TYPES: [&str; 14] = [
        "int",
        "bigint unsigned",
        "decimal(6,2)",
        "double",
        "tinyint(1)",
        "date",
        "datetime",
        "timestamp",
        "varchar(40)",
        "text",
        "json",
        "bit(8)",
        "year",
        "time",
    ];

    fn table() -> &'static Table {
        let column = |(at, of): (usize, &&'static str)| {
            let name: &'static str = Box::leak(format!("c{at}").into_boxed_str());
            Column::new(name, ColumnType::known(of, None, None))
        };
        let columns: Vec<_> = TYPES.iter().enumerate().map(column).collect();
        Box::leak(Box::new(Table::new("t", Box::leak(columns.into_boxed_slice()))))
    }

    fn filled(of: &str, text: &str) -> Result<String, String> {
        let at = TYPES.iter().position(|it| *it == of).unwrap();
        let fill = Fill::of(&serde_json::json!({ format!("c{at}"): text }).to_string())?;
        let facts =
            LoadFacts { file: "in/a.csv", load_id: "7f", time: Duration::from_secs(86_400) };
        let fill = fill.resolved(&facts);
        let told = |error: &RowError| error.kind.to_string();
        let columns =
            fill.of_table(table(), TimeZone::of("+01:00")).map_err(|error| told(&error))?;
        let mut fields = vec![RawField::Absent; TYPES.len()];
        if at != 0 {
            fields[0] = RawField::Integer(1);
        }
        let place = Place { index: Some(0), line: Some(12) };
        let mut row = RawRow { place, fields, errors: Vec::new() };
        columns.put(table(), &mut row);
        let record =
            Record::parse_in(table(), row, false, TimeZone::of("+01:00"), Default::default());
        record.map(|record| format!("{:?}", record.cells()[at])).map_err(|errors| told(&errors[0]))
    }

    #[test]
    fn a_column_gets_what_its_type_takes() {
        for (of, text, expected) in [
            ("int", "=5", "Int(5)"),
            ("int", "@line", "Int(12)"),
            ("bigint unsigned", "=18446744073709551615", "Text(\"18446744073709551615\")"),
            ("decimal(6,2)", "=1.5", "Text(\"1.50\")"),
            ("double", "=1.5", "Text(\"1.5\")"),
            ("tinyint(1)", "=true", "Int(1)"),
            ("date", "=2021-07-27", "Text(\"2021-07-27\")"),
            ("datetime", "@time", "Text(\"1970-01-02 01:00:00\")"),
            ("timestamp", "@time", "Text(\"1970-01-02 00:00:00Z\")"),
            ("varchar(40)", "@time", "Text(\"1970-01-02T00:00:00Z\")"),
            ("varchar(40)", "@file", "Text(\"in/a.csv\")"),
            ("varchar(40)", "@line", "Text(\"12\")"),
            ("varchar(40)", "=@file", "Text(\"@file\")"),
            ("varchar(40)", "==", "Text(\"=\")"),
            ("varchar(40)", "=", "Text(\"\")"),
            ("text", "@load", "Text(\"7f\")"),
            ("bit(8)", "=255", "Text(\"255\")"),
            ("year", "=2021", "Int(2021)"),
            ("time", "=12:00:00", "Text(\"12:00:00\")"),
        ] {
            assert_eq!(filled(of, text).as_deref(), Ok(expected), "{of} {text}");
        }
        assert!(filled("json", "={\"a\":1}").is_ok());
    }

    #[test]
    fn what_does_not_fit_is_told() {
        for (of, text, word) in [
            ("int", "=5.5", "integer"),
            ("int", "=99999999999", "2147483647"),
            ("int", "=", "integer"),
            ("int", "@file", "integer"),
            ("date", "=27.07.2021", "not a day"),
            ("decimal(6,2)", "=1.555", "2"),
            ("varchar(40)", "@fil", "neither @file, @line, @load, @time nor a constant"),
            ("varchar(40)", "EU", "which has = in front"),
        ] {
            let told = filled(of, text).unwrap_err();
            assert!(told.contains(word), "{of} {text}: {told}");
        }
        for (text, word) in [
            ("[]", "a JSON object"),
            ("{\"a\":5}", "a JSON object"),
            ("{\"a\":\"=\",\"a\":\"=\"}", "a is there twice"),
            ("a:@file", "a JSON object"),
        ] {
            let told = Fill::of(text).unwrap_err();
            assert!(told.contains(word), "{told}");
        }
        let unknown = Fill::of("{\"x\":\"=1\"}").unwrap().of_table(table(), None).unwrap_err();
        assert_eq!((unknown.column.as_deref(), unknown.kind.code()), (Some("x"), "invalid_fill"));
    }

    #[test]
    fn what_is_read_is_written_again() {
        let text = r#"{"a":"@file","b":"@line","c":"@load","d":"@time","e":"=x"}"#;
        let fill = Fill::of(text).unwrap();
        assert_eq!(serde_json::to_string(&fill).unwrap(), text);
        assert_eq!(serde_json::from_str::<Fill>(text).unwrap(), fill);
        assert!(!fill.is_constant() && Fill::default().is_constant());
    }

    #[test]
    fn a_column_that_the_file_has_is_an_error_of_its_row() {
        let fill = Fill::of("{\"c8\":\"=x\"}").unwrap().of_table(table(), None).unwrap();
        for (field, is_error) in
            [(RawField::Absent, false), (RawField::Null, true), (RawField::Cell(""), true)]
        {
            let mut fields = vec![RawField::Absent; TYPES.len()];
            fields[8] = field;
            let mut row =
                RawRow { place: Place { index: Some(0), line: None }, fields, errors: Vec::new() };
            fill.put(table(), &mut row);
            assert_eq!(row.errors.len() == 1, is_error);
        }
    }
}
