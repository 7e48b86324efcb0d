//! How a request's rows are to be stored, by its query.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::parameters::{bad_parameter, parameters};
use super::problem::Problem;
use crate::format::csv::Dialect;
use crate::ingest::{IngestOptions, OnError};
use crate::sql::statement::OnDuplicate;
use crate::table::fill::{Fill, FilledColumns};
use crate::table::schema::{Table, UniqueKey};
use crate::table::time_zone::TimeZone;

/// The parameters besides those of a [`Dialect`].
const OWN: [&str; 10] = [
    "on_error",
    "on_duplicate",
    "key",
    "strict",
    "check_references",
    "dry_run",
    "time_zone",
    "fill",
    "count",
    "return",
];

const ON_ERROR: [(&str, OnError); 2] = [("reject", OnError::Reject), ("skip", OnError::Skip)];

const ON_DUPLICATE: [(&str, OnDuplicate); 3] =
    [("fail", OnDuplicate::Fail), ("keep", OnDuplicate::Keep), ("update", OnDuplicate::Update)];

/// What a query says.
#[derive(Debug, Default)]
pub(super) struct Options {
    pub(super) ingest: IngestOptions,
    /// `None` unless it is spoken of.
    pub(super) dialect: Option<Dialect>,
    pub(super) filled: FilledColumns,
}

/// Reads the query of a route that takes rows.
///
/// `table` is the one that all rows are for, if the route says one.
pub(super) fn options(query: &str, table: Option<&'static Table>) -> Result<Options, Problem> {
    let (mut options, mut dialect) = (IngestOptions::default(), None);
    let mut fill = Fill::default();
    // No body is a workbook.
    let of_body = Dialect::NAMES.into_iter().filter(|name| *name != "sheet");
    let known: Vec<_> = OWN.into_iter().chain(of_body).collect();
    for (name, value) in parameters(query, &known)? {
        match &*name {
            "on_error" => options.on_error = one_of(&name, &value, &ON_ERROR)?,
            "on_duplicate" => options.on_duplicate = one_of(&name, &value, &ON_DUPLICATE)?,
            "strict" => options.strict = flag(&name, &value)?,
            "check_references" => options.check_references = flag(&name, &value)?,
            "time_zone" => options.time_zone = Some(time_zone(&value)?),
            "fill" => fill = constants(&value)?,
            "key" => options.key = key(table, &value)?,
            "count" => options.exact_counts = one_of(&name, &value, &[("exact", true)])?,
            "return" => options.return_ids = one_of(&name, &value, &[("ids", true)])?,
            "dry_run" => options.dry_run = flag(&name, &value)?,
            name => {
                let dialect = dialect.get_or_insert_with(Dialect::default);
                dialect.set(name, &value).map_err(bad_parameter)?;
            }
        }
    }
    options.may_lack = options.on_duplicate == OnDuplicate::Update;
    let filled = filled(&fill, table, options.time_zone)?;
    Ok(Options { ingest: options, dialect, filled })
}

/// What columns get that no row of the body has: only files have a name, a load and a time.
fn constants(value: &str) -> Result<Fill, Problem> {
    let fill = Fill::of(value).map_err(bad_parameter)?;
    match fill.is_constant() {
        true => Ok(fill),
        false => Err(bad_parameter(
            "fill gives the columns of a body constants only, such as =EU".into(),
        )),
    }
}

fn filled(
    fill: &Fill,
    table: Option<&'static Table>,
    time_zone: Option<TimeZone>,
) -> Result<FilledColumns, Problem> {
    let Some(table) = table.filter(|_| !fill.is_empty()) else {
        return match fill.is_empty() {
            true => Ok(FilledColumns::default()),
            false => Err(bad_parameter("fill is for the rows of one table".into())),
        };
    };
    fill.of_table(table, time_zone).map_err(|error| {
        let column = error.column.unwrap_or_default();
        bad_parameter(format!("fill, column {column}: {}", error.kind))
    })
}

/// The unique key of this name; `None` of the primary key.
fn key(table: Option<&'static Table>, name: &str) -> Result<Option<&'static UniqueKey>, Problem> {
    let Some(table) = table else {
        return Err(bad_parameter("key is for the rows of one table".into()));
    };
    table.key_called(name).map_err(|error| bad_parameter(error.to_string()))
}

/// A plus sign that is not written as `%2B` is a blank in a query.
fn time_zone(value: &str) -> Result<TimeZone, Problem> {
    let zone = TimeZone::of(&value.replacen(' ', "+", 1));
    zone.ok_or_else(|| bad_parameter(format!("time_zone is {}", TimeZone::FORMS)))
}

fn flag(name: &str, value: &str) -> Result<bool, Problem> {
    one_of(name, value, &[("true", true), ("false", false)])
}

fn one_of<T: Copy>(name: &str, value: &str, known: &[(&str, T)]) -> Result<T, Problem> {
    let found = known.iter().find(|(text, _)| *text == value);
    found.map(|(_, meaning)| *meaning).ok_or_else(|| {
        let texts: Vec<_> = known.iter().map(|(text, _)| *text).collect();
        bad_parameter(format!("{name} is one of: {}", texts.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_zone_may_have_a_plain_plus_sign() {
        let read = |query| options(query, None).ok().and_then(|options| options.ingest.time_zone);
        for query in ["time_zone=+02:00", "time_zone=%2B02:00"] {
            assert_eq!(read(query), TimeZone::of("+02:00"), "{query}");
        }
        assert_eq!(read("time_zone=-09:30"), TimeZone::of("-09:30"));
        assert_eq!(read("time_zone=UTC"), TimeZone::of("UTC"));
        for query in ["time_zone=", "time_zone=Europe/Berlinn", "time_zone=2"] {
            assert!(options(query, None).is_err(), "{query}");
        }
    }
}
