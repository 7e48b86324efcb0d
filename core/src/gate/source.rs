//! Where the rows of a request come from, and how they are taken in.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::api_key::KeyEntry;
use super::head::Head;
use super::media::{charset, format_of, unsupported_charset};
use super::parameters::bad_parameter;
use super::problem::Problem;
use super::route::Post;
use crate::format::csv::Dialect;
use crate::format::encoding::{Encoding, decoded};
use crate::format::formats::{FORMATS, JSON, LineFormat, RowFormat};
use crate::format::json::{self, BodyItem, JsonError};
use crate::format::row_reader::{GivenLayout, Opening, RowReader};
use crate::ingest::RequestRows;
use crate::table::issue::RowErrorKind;
use crate::table::schema::{Schema, Table};

/// Where the rows of a request come from.
pub(super) enum RowSource {
    JsonTables(Schema),
    JsonRows(&'static Table),
    Lines(LineFormat, &'static Table, GivenLayout),
}

impl Post<'_> {
    pub(super) fn source(
        &self,
        schema: Schema,
        key: &KeyEntry,
        head: &Head,
    ) -> Result<RowSource, Problem> {
        let content_type = head.header("content-type");
        let format = format_of(content_type);
        let source = match self {
            Self::Tables => {
                let json = format.filter(|format| **format == JSON);
                json.map(|_| RowSource::JsonTables(schema)).ok_or_else(|| unsupported(&[&JSON]))
            }
            Self::Table(name) => {
                let table = schema.table(name).ok_or_else(|| no_table(schema, key, name))?;
                allow(key, table.name)?;
                let format = format.ok_or_else(|| unsupported(FORMATS));
                format.map(|format| RowSource::of_table(format, table))
            }
        }?;
        source.with_charset(charset(content_type)?)
    }
}

pub(super) fn no_table(schema: Schema, key: &KeyEntry, name: &str) -> Problem {
    let why = schema.no_table_called(name);
    let status = match &why {
        // The reasons name columns, which are for keys of the table alone.
        RowErrorKind::UnfitTable(unfit) => match allow(key, unfit.table) {
            Ok(()) => 422,
            Err(problem) => return problem,
        },
        _ => 404,
    };
    Problem::new(status, why.code(), why.to_string())
}

fn unsupported(formats: &[&RowFormat]) -> Problem {
    let bodies = formats.iter().filter(|format| format.is_body);
    let types: Vec<_> = bodies.map(|format| format.media_types[0]).collect();
    let accept = types.join(", ");
    let detail = format!("content-type must be one of: {accept}");
    Problem::new(415, "unsupported_media_type", detail).header("accept", accept)
}

pub(super) fn allow(key: &KeyEntry, table: &str) -> Result<(), Problem> {
    if key.allows_name(table) {
        return Ok(());
    }
    let detail = format!("this key is not good for table {table}");
    Err(Problem::new(403, "table_not_allowed", detail))
}

impl RowSource {
    fn of_table(format: &RowFormat, table: &'static Table) -> Self {
        match format.lines {
            Some(lines) => Self::Lines(lines, table, GivenLayout::default()),
            None => Self::JsonRows(table),
        }
    }

    /// The table that all rows are for.
    pub(super) fn table(&self) -> Option<&'static Table> {
        match self {
            Self::JsonTables(_) => None,
            Self::JsonRows(table) | Self::Lines(_, table, _) => Some(table),
        }
    }

    /// The same in an encoding, which JSON never has another one than UTF-8 of.
    fn with_charset(self, charset: Option<Encoding>) -> Result<Self, Problem> {
        match (self, charset) {
            (source, None | Some(Encoding::Utf8)) => Ok(source),
            (Self::Lines(format, table, mut given), Some(encoding)) => {
                // A name that is known is taken.
                _ = given.dialect.set("encoding", &encoding.name());
                Ok(Self::Lines(format, table, given))
            }
            (_, Some(_)) => Err(unsupported_charset("JSON is UTF-8")),
        }
    }

    /// The same with what the query says of how the body is written, which is for CSV alone.
    pub(super) fn with_dialect(
        self,
        dialect: Option<&Dialect>,
        has_time_zone: bool,
    ) -> Result<Self, Problem> {
        match (self, dialect) {
            (Self::Lines(LineFormat::Csv, table, given), dialect) => {
                let dialect = given.dialect.with(dialect.unwrap_or(&Dialect::default()));
                Ok(Self::Lines(LineFormat::Csv, table, GivenLayout { dialect, has_time_zone }))
            }
            (source, None) => Ok(source),
            (_, Some(dialect)) => {
                let name = dialect.given().next().map_or("header", |(name, _)| name);
                Err(bad_parameter(format!("{name} is for text/csv only")))
            }
        }
    }

    /// Takes the rows of a body in.
    pub(super) fn read(
        &self,
        body: &[u8],
        key: &KeyEntry,
        max_rows: u64,
        rows_in: &mut RequestRows,
    ) -> Result<(), Problem> {
        // A table of its own is in the answer even without rows.
        if let Self::JsonRows(table) | Self::Lines(_, table, _) = self {
            rows_in.table(table);
        }
        let mut refused = None;
        let opened = match self {
            Self::Lines(format, table, given) => {
                let (start, is_whole, is_settled) = (body, true, false);
                let opening = Opening { table, given, is_settled, start, is_whole };
                Some(format.format().open(opening))
            }
            Self::JsonTables(_) | Self::JsonRows(_) => None,
        };
        if let Some(dialect) = opened.as_ref().and_then(|rows| rows.dialect()) {
            rows_in.expect(dialect.forms, dialect.layout());
        }
        let sink = |part: BodyItem<'_>| match take(part, key, max_rows, rows_in) {
            Ok(()) => true,
            Err(problem) => {
                refused = Some(problem);
                false
            }
        };
        let read = match self {
            Self::JsonTables(schema) => json::decode_tables(body, *schema, sink),
            Self::JsonRows(table) => json::decode_rows(body, table, sink),
            Self::Lines(_, table, _) => {
                let Some(mut rows) = opened else { return Ok(()) };
                let text =
                    decoded(rows.encoding(), body, true).map_or(Cow::Borrowed(body), Cow::Owned);
                decode_lines(&text, &mut *rows, table, sink)
            }
        };
        read.map_err(|error| refused.unwrap_or_else(|| Problem::of_json(error)))
    }
}

/// Takes one part of a body in, unless the request as a whole is to be refused.
fn take(
    part: BodyItem<'_>,
    key: &KeyEntry,
    max_rows: u64,
    rows_in: &mut RequestRows,
) -> Result<(), Problem> {
    match part {
        BodyItem::Table(table) => {
            allow(key, table.name)?;
            rows_in.table(table);
        }
        BodyItem::Fault(table, kind) => {
            if let RowErrorKind::UnfitTable(unfit) = &kind {
                allow(key, unfit.table)?;
            }
            rows_in.fault(table, kind);
        }
        BodyItem::Row(table, row) => {
            if rows_in.received() >= max_rows {
                let detail = format!("at most {max_rows} rows in one request");
                return Err(Problem::new(413, "too_many_rows", detail));
            }
            rows_in.row(table, row);
        }
    }
    Ok(())
}

fn decode_lines(
    mut body: &[u8],
    rows: &mut dyn RowReader,
    table: &'static Table,
    mut sink: impl FnMut(BodyItem<'_>) -> bool,
) -> Result<(), JsonError> {
    while rows.next(&mut body) || rows.end() {
        // A body is stored as a whole, so that it is refused before a row of it is.
        let item = match rows.contradiction() {
            Some(kind) => BodyItem::Fault(table.name.into(), kind),
            None => BodyItem::Row(table, rows.row()),
        };
        let is_over = matches!(item, BodyItem::Fault(..));
        go_on(sink(item))?;
        if is_over {
            break;
        }
    }
    Ok(())
}

fn go_on(taken: bool) -> Result<(), JsonError> {
    if taken { Ok(()) } else { Err(JsonError::Stopped) }
}
