//! `rowgate load`: files into the database, by S3 and the Lambda or straight away.

mod bucket;
mod direct;
mod fetch;
mod reject_file;
mod resume;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rowgate_core::schema::{KeyName, Schema};
use rowgate_core::{Dialect, Fill, LoadOptions, OnDuplicate, OnError, TimeZone, counted};
use serde_json::Value;

use crate::arguments::{FormatArgs, one_of, parse_time_zone};
use crate::dialect::DialectArgs;
use crate::file_source::{self, name_of, table_of};
use crate::signals;
use crate::terminal::{self, Line, Look, Out};

/// Load files and say what became of their rows.
///
/// A file is put under incoming/ in the bucket, where the Lambda takes it, and its report is waited
/// for. With --direct it is loaded from here by the same pipeline, without S3, through the Data API
/// with the settings of `rowgate migrate`. Rejected lines come into a file beside it. CSV,
/// NDJSON, arrays of JSON, Avro, Excel and Parquet, plain, gzip or zstandard; a file goes to the table that the nearest
/// folder or its own name says.
/// The exit code is 1 if a row was rejected.
#[derive(Debug, clap::Args)]
pub(crate) struct LoadArgs {
    /// .csv, .ndjson, .jsonl, .json, .avro, .xlsx and .parquet files, with or without .gz or .zst
    #[arg(required_unless_present = "resume")]
    files: Vec<PathBuf>,

    /// Go on from here with the load of an object that broke off, by its id; needs the settings of
    /// the Lambda
    #[arg(long, value_name = "ID", conflicts_with_all = ["files", "direct"])]
    resume: Option<String>,

    /// Table of all the files, whatever they are called
    #[arg(long)]
    table: Option<String>,

    #[command(flatten)]
    form: FormatArgs,

    /// Bucket that the Lambda watches
    #[arg(long, env = "DATA_BUCKET", required_unless_present_any = ["direct", "resume"])]
    bucket: Option<String>,

    /// Where in the bucket to put the files
    #[arg(long, default_value = "incoming/")]
    prefix: String,

    /// How long to wait for a report, in seconds; 0 only puts the files there
    #[arg(long, value_name = "SECONDS", default_value_t = 900)]
    wait: u64,

    /// Load from here, without S3
    #[arg(long)]
    direct: bool,

    #[command(flatten)]
    options: DirectOptions,
}

/// What `LOAD_OPTIONS` says of files in S3.
#[derive(Debug, clap::Args)]
struct DirectOptions {
    /// What to do with bad rows: skip them, or reject the file
    #[arg(
        long,
        value_name = "ON_ERROR",
        default_value = "skip",
        value_parser = one_of(&[OnError::Skip, OnError::Reject]),
        requires = "direct"
    )]
    on_error: OnError,

    /// What to do with rows whose id the table has
    #[arg(
        long,
        value_name = "ON_DUPLICATE",
        default_value = "update",
        value_parser = one_of(&[OnDuplicate::Update, OnDuplicate::Keep, OnDuplicate::Fail]),
        requires = "direct"
    )]
    on_duplicate: OnDuplicate,

    /// Unique key that says which rows the table has, instead of its primary key
    #[arg(long, value_name = "NAME", value_parser = parse_key, requires = "direct")]
    key: Option<KeyName>,

    /// Require a value in every column
    #[arg(long, requires = "direct")]
    strict: bool,

    /// Require the parents of every row
    #[arg(long, requires = "direct")]
    check_references: bool,

    /// Store nothing if more rows than this are bad
    #[arg(long, value_name = "N", requires = "direct")]
    max_errors: Option<u64>,

    /// Store nothing if a larger part of the rows is bad, 0 to 1
    #[arg(long, value_name = "RATE", value_parser = parse_rate, requires = "direct")]
    max_error_rate: Option<f64>,

    /// Zone of date-times without one: UTC, an offset such as +02:00, or a name such as Europe/Berlin
    #[arg(long, value_name = "ZONE", value_parser = parse_time_zone, requires = "direct")]
    time_zone: Option<TimeZone>,

    /// What columns get that the file does not have, as a JSON object: @file, @line, @load, @time, or a
    /// constant with = in front
    #[arg(long, value_name = "OBJECT", value_parser = Fill::of, requires = "direct")]
    fill: Option<Fill>,

    /// Give at most so many rejected lines back; the others are counted
    #[arg(long, value_name = "N", requires = "direct")]
    max_reject_lines: Option<u64>,

    /// Give at most so many bytes of rejected lines back
    #[arg(long, value_name = "BYTES", requires = "direct")]
    max_reject_bytes: Option<u64>,

    /// Mark cells of rejected lines that a spreadsheet takes for formulas
    #[arg(long, requires = "direct")]
    mark_formulas: bool,

    #[command(flatten)]
    dialect: DialectArgs,
}

impl DirectOptions {
    fn read(&self) -> Result<LoadOptions> {
        let default = LoadOptions::default();
        Ok(LoadOptions {
            on_error: self.on_error,
            on_duplicate: self.on_duplicate,
            key: self.key,
            strict: self.strict,
            check_references: self.check_references,
            max_errors: self.max_errors,
            max_error_rate: self.max_error_rate,
            dialect: self.dialect.read()?,
            max_reject_lines: self.max_reject_lines.unwrap_or(default.max_reject_lines),
            max_reject_bytes: self.max_reject_bytes.unwrap_or(default.max_reject_bytes),
            mark_formulas: self.mark_formulas,
            time_zone: self.time_zone,
            fill: self.fill.clone().unwrap_or_default(),
            ..default
        })
    }
}

fn parse_key(text: &str) -> Result<KeyName, String> {
    KeyName::of(text).ok_or_else(|| "the name of a key".to_owned())
}

fn parse_rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok().filter(|rate| (0.0..=1.0).contains(rate));
    rate.ok_or_else(|| "a number from 0 to 1".to_owned())
}

/// The members of a report that name files, and what is in them.
const REJECTED: [(&str, &str); 2] = [
    ("rejects", "the rejected lines"),
    ("undecoded", "the lines with bytes that are no character"),
];

pub(crate) async fn run(args: &LoadArgs, schema: Schema) -> Result<ExitCode> {
    let mut all_good = true;
    if let Some(load_id) = &args.resume {
        let report = resume::load(schema, load_id).await?;
        all_good &= print(&args.form, Path::new(load_id), Some(&report))?;
    }
    for (number, path) in args.files.iter().enumerate() {
        let good = load_and_print(args, schema, path).await;
        let others = &args.files[number + 1..];
        all_good &= good.map_err(|error| signals::told(error, &how_to_go_on(args, others)))?;
    }
    Ok(if all_good { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

async fn load_and_print(args: &LoadArgs, schema: Schema, path: &Path) -> Result<bool> {
    let report = load(args, schema, path).await.with_context(|| path.display().to_string())?;
    print(&args.form, path, report.as_ref())
}

/// What is to be done after an interruption, which `others` have not been begun before.
fn how_to_go_on(args: &LoadArgs, others: &[PathBuf]) -> String {
    let again = match args.options.on_duplicate {
        _ if !args.direct => "see what is in the bucket before it is loaded again",
        OnDuplicate::Fail => {
            "load it again with --on-duplicate keep, which leaves the stored rows as they are"
        }
        _ => {
            "load it again: rows that are stored are not stored twice, but for those without an id"
        }
    };
    let names: Vec<_> = others.iter().map(|path| path.display().to_string()).collect();
    match names.is_empty() {
        true => again.to_owned(),
        false => format!("{again}; not begun: {}", names.join(", ")),
    }
}

/// The file's report, or `None` if it is not waited for.
async fn load(args: &LoadArgs, schema: Schema, path: &Path) -> Result<Option<Value>> {
    let file = file_source::open(path)?;
    let table = table_of(schema, path, args.table.as_deref())?;
    let name = name_of(path)?;
    match &args.bucket {
        Some(bucket) if !args.direct => {
            if args.options.dialect.read()? != Dialect::default() {
                bail!(
                    "how files in the bucket are written is told by LOAD_OPTIONS of the Lambda, or load with --direct"
                );
            }
            let key = format!("{}{}/{name}", args.prefix, table.name);
            let wait = Duration::from_secs(args.wait);
            bucket::load(bucket, &key, (path, file), wait).await
        }
        _ => {
            let name = format!("{}/{name}", table.name);
            direct::load(schema, path, file, &name, args.options.read()?).await.map(Some)
        }
    }
}

/// Prints a report and answers whether every row is good.
fn print(form: &FormatArgs, path: &Path, report: Option<&Value>) -> Result<bool> {
    let mut out = terminal::out();
    let path = path.display();
    let Some(report) = report else {
        writeln!(out, "{path}: in the bucket")?;
        return Ok(true);
    };
    match form.is_json() {
        true => writeln!(out, "{report}")?,
        false => print_text(&mut out, &path.to_string(), report)?,
    }
    match &report["failure"] {
        Value::String(failure) => bail!("{path}: {failure}"),
        _ => Ok(match report["status"].as_str() {
            Some("complete" | "empty") => true,
            // As the first load of it was.
            Some("duplicate") => is_all_good(report),
            _ => false,
        }),
    }
}

fn is_all_good(report: &Value) -> bool {
    let mut tables = report["tables"].as_object().into_iter().flatten();
    tables.all(|(_, counts)| counts["rejected"] == 0)
}

fn print_text(out: &mut Out, path: &str, report: &Value) -> Result<()> {
    let status = text(&report["status"]);
    if let Some(layout) = layout(report) {
        writeln!(out, "{path}: read with {layout}")?;
    }
    for (table, counts) in report["tables"].as_object().into_iter().flatten() {
        let [received, stored, kept, rejected] =
            ["received", "stored", "kept", "rejected"].map(|name| &counts[name]);
        let received = counted(received.as_u64().unwrap_or_default(), "row");
        let counts = format!("{received}: {stored} stored, {kept} kept, {rejected} rejected");
        let counts = format!(": {table}: {counts} (");
        out.line(&Line::of(Look::Heading, path).plainly(counts).status(&status).plainly(")"))?;
    }
    if report["tables"].as_object().is_none_or(|tables| tables.is_empty()) {
        out.line(&Line::of(Look::Heading, path).plainly(": ").status(&status))?;
    }
    let errors = report["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    for error in errors {
        out.line(&error_line(path, report, error))?;
    }
    let unlisted = report["error_count"].as_u64().unwrap_or_default() - errors.len() as u64;
    if unlisted > 0 {
        writeln!(out, "{path}: and {unlisted} more errors")?;
    }
    for (kind, lines) in REJECTED {
        let fetched = report["fetched"][kind].as_str();
        if let Some(place) = fetched.or(report[kind].as_str()) {
            writeln!(out, "{path}: {lines} are in {place}")?;
        }
    }
    if let Some(line) = report["rejects_full_at_line"].as_u64() {
        let count = &report["rejects_left_out"];
        writeln!(
            out,
            "{path}: the reject files are full: {count} rejected lines are in none, the first is line {line}"
        )?;
    }
    Ok(())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// `jobs.csv:17: job_name: missing: a value is required`.
fn error_line(path: &str, report: &Value, error: &Value) -> Line {
    let line = error["line"].as_u64().map_or_else(|| " ".to_owned(), |line| format!("{line}: "));
    let column = error["column"].as_str().map_or_else(String::new, |name| {
        match report["sheet_columns"][name].as_str() {
            Some(letters) => format!("column {letters} ({name}): "),
            None => format!("{name}: "),
        }
    });
    let said = format!(": {}", text(&error["message"]));
    let place = Line::of(Look::Aside, format!("{path}:{line}")).plainly(column);
    place.with(Look::Bad, text(&error["code"])).plainly(said)
}

/// The layout that was found, as options in the order of the documents.
fn layout(report: &Value) -> Option<String> {
    let layout = report["layout"].as_object().filter(|layout| !layout.is_empty())?;
    let option = |name: &&str| match layout.get(*name)? {
        Value::String(text) => Some(format!("{name}={text}")),
        other => Some(format!("{name}={other}")),
    };
    Some(Dialect::NAMES.iter().filter_map(option).collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::{Cli, Command};

    #[test]
    fn without_options_a_file_is_loaded_as_the_core_loads_one() {
        let Command::Load(args) =
            Cli::parse_from(["rowgate", "load", "--direct", "jobs.csv"]).command
        else {
            panic!("another command was read");
        };
        assert_eq!(args.options.read().expect("options"), LoadOptions::default());
    }
}
