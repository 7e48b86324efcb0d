//! The options that several commands have.

use anyhow::{Context, Result};
use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use rowgate_core::TimeZone;
use rowgate_core::schema::{Schema, Table};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// How to print an outcome, as it was said before there was `--json`.
#[derive(Debug, clap::Args)]
pub(crate) struct FormatArgs {
    #[arg(from_global)]
    json: bool,

    #[arg(long, value_enum, hide = true, global = true)]
    format: Option<Format>,
}

/// What `--format` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

impl FormatArgs {
    pub(crate) fn is_json(&self) -> bool {
        self.json || self.format == Some(Format::Json)
    }
}

/// Where backups are, and how to print them.
#[derive(Debug, clap::Args)]
pub(crate) struct PlaceArgs {
    /// Bucket of the backups
    #[arg(long, env = "DATA_BUCKET")]
    bucket: Option<String>,

    /// Print JSON
    #[arg(from_global)]
    pub(crate) json: bool,
}

impl PlaceArgs {
    /// The bucket, which must be named.
    pub(crate) fn bucket(&self) -> Result<&str> {
        self.bucket.as_deref().context("which bucket? --bucket or DATA_BUCKET")
    }
}

/// Reads one of these values by the name that the core gives it in JSON.
pub(crate) fn one_of<T>(values: &[T]) -> impl TypedValueParser<Value = T> + use<T>
where
    T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static,
{
    let names = PossibleValuesParser::new(values.iter().filter_map(name));
    names.try_map(|name| serde_json::from_value(Value::String(name)))
}

/// Reads a zone of date-times.
pub(crate) fn parse_time_zone(text: &str) -> Result<TimeZone, String> {
    TimeZone::of(text).ok_or_else(|| format!("a time zone is {}", TimeZone::FORMS))
}

/// A value's name in JSON, if it is a text there.
fn name(value: &impl Serialize) -> Option<String> {
    Some(serde_json::to_value(value).ok()?.as_str()?.to_owned())
}

/// The table that the option `--table` names.
pub(crate) fn table_named(schema: Schema, name: &str) -> Result<&'static Table> {
    schema.table(name).with_context(|| match schema.why_not(name) {
        Some(unfit) => format!("--table {name} is not served: {unfit}"),
        None => format!("--table {name}: the tables are {}", schema.names().join(", ")),
    })
}

/// The tables that the option `--table` names, in the order of the schema: parents first.
pub(crate) fn tables_named(schema: Schema, names: &[String]) -> Result<Vec<&'static Table>> {
    let named = names.iter().map(|name| table_named(schema, name));
    let named = named.collect::<Result<Vec<_>>>()?;
    Ok(schema.tables().iter().filter(|table| named.contains(table)).collect())
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use clap::Command;
    use rowgate_core::restore::Mode;
    use rowgate_core::{Header, OnDuplicate, OnError};

    use super::*;

    fn each_is_read_by_its_name<T>(values: &[T], names: &[&str])
    where
        T: Serialize + DeserializeOwned + Clone + PartialEq + Send + Sync + 'static,
    {
        let parser = one_of(values);
        let read = |name: &str| parser.parse_ref(&Command::new("c"), None, OsStr::new(name)).ok();
        let read_all: Option<Vec<T>> = names.iter().map(|name| read(name)).collect();
        assert!(read_all.as_deref() == Some(values), "{names:?}");
        assert!(read("s3cret").is_none() && read(&names[0].to_uppercase()).is_none());
        let shown: Option<Vec<_>> = parser.possible_values().map(Iterator::collect);
        let shown: Vec<_> = shown.iter().flatten().map(|value| value.get_name()).collect();
        assert_eq!(shown, names);
    }

    #[test]
    fn values_have_the_core_s_own_names() {
        each_is_read_by_its_name(&[OnError::Skip, OnError::Reject], &["skip", "reject"]);
        let on_duplicate = [OnDuplicate::Update, OnDuplicate::Keep, OnDuplicate::Fail];
        each_is_read_by_its_name(&on_duplicate, &["update", "keep", "fail"]);
        let header = [Header::Detect, Header::Present, Header::Absent];
        each_is_read_by_its_name(&header, &["detect", "present", "absent"]);
        each_is_read_by_its_name(&[Mode::Replace, Mode::Merge], &["replace", "merge"]);
    }
}
