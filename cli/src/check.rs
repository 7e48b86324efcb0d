//! `rowgate check`: the checks of a load, or of the gateway, on files, without a database.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use rowgate_core::schema::Schema;
use rowgate_core::{
    BodyItem, CHECKED_KEYS, Fill, IngestOptions, Issue, Issues, JsonError, LoadReport, LoadRules,
    OnError, Report, RequestRows, Status, TableReport, TimeZone, Verdict, counted, decode_tables,
};
use serde::Serialize;

use crate::arguments::{FormatArgs, parse_time_zone};
use crate::dialect::{DialectArgs, typed};
use crate::file_source::{self, FileSource, name_of, table_of};
use crate::terminal::{self, Line, Look, Out};

/// Check files as a load or the gateway would, without a database.
///
/// CSV (.csv), NDJSON (.ndjson, .jsonl), arrays of JSON (.json), Avro (.avro), Excel (.xlsx) and Parquet (.parquet), plain,
/// gzip or zstandard, are read as `rowgate load` reads them, and go to the table that the nearest folder or the file's
/// own name says (incoming/jobs/may.csv, hired_employees.csv). A JSON file may also be an object of tables like the
/// body of POST /insert_data. The status is that of a load into empty tables. The exit code is 0 if
/// every file is complete or empty.
#[derive(Debug, clap::Args)]
pub(crate) struct CheckArgs {
    /// .csv, .ndjson, .jsonl, .json, .avro, .xlsx and .parquet files, with or without .gz or .zst
    #[arg(required = true)]
    files: Vec<PathBuf>,

    /// Table of all the files, whatever they are called
    #[arg(long)]
    table: Option<String>,

    /// Require a value in every column
    #[arg(long)]
    strict: bool,

    /// Zone of date-times without one: UTC, an offset such as +02:00, or a name such as Europe/Berlin
    #[arg(long, value_name = "ZONE", value_parser = parse_time_zone)]
    time_zone: Option<TimeZone>,

    /// What columns get that the file does not have, as a JSON object: @file, @line, @load, @time, or a
    /// constant with = in front
    #[arg(long, value_name = "OBJECT", value_parser = Fill::of)]
    fill: Option<Fill>,

    /// How files are loaded by the prefix of their path, as the setting of the Lambda says it
    #[arg(long, value_name = "JSON", env = "LOAD_OPTIONS", value_parser = parse_rules)]
    load_options: Option<LoadRules>,

    #[command(flatten)]
    form: FormatArgs,

    /// Print how each CSV file is written as options for the command, a query and `LOAD_OPTIONS`
    #[arg(long)]
    explain: bool,

    #[command(flatten)]
    dialect: DialectArgs,
}

fn parse_rules(text: &str) -> Result<LoadRules, String> {
    match text {
        "" => Ok(LoadRules::default()),
        text => LoadRules::read(text).map_err(|error| error.to_string()),
    }
}

pub(crate) async fn run(args: &CheckArgs, schema: Schema) -> Result<ExitCode> {
    let mut out = terminal::out();
    let mut all_good = true;
    for path in &args.files {
        let checked =
            check(args, schema, path).await.with_context(|| path.display().to_string())?;
        all_good &= matches!(checked.status, Status::Complete | Status::Empty);
        match args.form.is_json() {
            true => print_json(&mut out, path, &checked)?,
            false => print_text(&mut out, path, &checked, args.explain)?,
        }
    }
    Ok(if all_good { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// What is to be said of a file.
struct Checked {
    status: Status,
    /// The options that say again how a CSV file is written.
    layout: Vec<(&'static str, String)>,
    /// The columns of a workbook's sheet as Excel names them.
    sheet_columns: Vec<(&'static str, String)>,
    tables: Vec<TableReport>,
    /// Good rows that lack a column which a new row needs.
    missing_if_new: u64,
    issues: Issues,
}

async fn check(args: &CheckArgs, schema: Schema, path: &Path) -> Result<Checked> {
    let file = file_source::open(path)?;
    let extension = path.extension().and_then(|extension| extension.to_str());
    let is_json = extension.is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    match is_json && !begins_array(&file)? {
        true => check_body(args, schema, file),
        false => check_rows(args, schema, path, file).await,
    }
}

/// Whether a file's first character, blanks aside, opens an array.
fn begins_array(file: &File) -> Result<bool> {
    let mut start = [0; 4096];
    let length = file.read_at(&mut start, 0)?;
    let text = start[..length].strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&start[..length]);
    Ok(text.trim_ascii_start().first() == Some(&b'['))
}

async fn check_rows(args: &CheckArgs, schema: Schema, path: &Path, file: File) -> Result<Checked> {
    let table = table_of(schema, path, args.table.as_deref())?;
    let name = format!("{}/{}", table.name, name_of(path)?);
    let key = path.strip_prefix(".").unwrap_or(path).to_string_lossy();
    let rules = args.load_options.clone().unwrap_or_default();
    let mut options = rules.options(&key);
    options.strict |= args.strict;
    options.dialect = options.dialect.with(&args.dialect.read()?);
    options.time_zone = args.time_zone.or(options.time_zone);
    options.fill = args.fill.clone().unwrap_or(options.fill);

    let source = FileSource::new(file)?;
    let report = rowgate_core::check(schema, &source, &name, &options).await;
    source.finish();
    match report.failure {
        Some(failure) => Err(failure.into()),
        None => Ok(Checked::of_load(report)),
    }
}

/// A JSON file that is no array is read whole: it is the body of one request, or meant to be.
fn check_body(args: &CheckArgs, schema: Schema, mut file: File) -> Result<Checked> {
    if args.fill.is_some() {
        bail!("--fill is for the rows of one table");
    }
    let (strict, time_zone) = (args.strict, args.time_zone);
    let options =
        IngestOptions { on_error: OnError::Skip, strict, time_zone, ..IngestOptions::default() };
    let mut rows = RequestRows::new(schema, options);
    let mut body = Vec::new();
    file.read_to_end(&mut body)?;
    let take = |part: BodyItem<'_>| {
        match part {
            BodyItem::Table(table) => rows.table(table),
            BodyItem::Row(table, row) => rows.check_row(table, row),
            BodyItem::Fault(table, kind) => rows.fault(table, kind),
        }
        true
    };
    match decode_tables(&body, schema, take) {
        Err(JsonError::Syntax { line, column }) => {
            bail!("no valid JSON at line {line}, column {column}")
        }
        Err(JsonError::Utf8 { line, column }) => {
            bail!("not UTF-8 at line {line}, column {column}; save the file as UTF-8")
        }
        Err(JsonError::Shape { expected }) => bail!("not {expected}"),
        Err(JsonError::Stopped) | Ok(()) => Ok(Checked::of_body(&rows.report())),
    }
}

impl Checked {
    fn of_load(report: LoadReport) -> Self {
        let tables = report.table_report().into_iter().collect();
        let missing_if_new = report.missing_if_new;
        let LoadReport { status, layout, sheet_columns, issues, .. } = report;
        Self { status, layout, sheet_columns, tables, missing_if_new, issues }
    }

    fn of_body(report: &Report) -> Self {
        let has_rows = report.tables().iter().any(|table| table.counts.received > 0);
        let status = match report.verdict() {
            Verdict::Complete if !has_rows => Status::Empty,
            Verdict::Complete => Status::Complete,
            Verdict::Partial => Status::Partial,
            Verdict::Invalid | Verdict::Conflict => Status::Rejected,
        };
        let (tables, issues) = (report.tables().to_vec(), report.issues().clone());
        let (layout, sheet_columns) = (Vec::new(), Vec::new());
        Self { status, layout, sheet_columns, tables, missing_if_new: 0, issues }
    }
}

fn print_layout(out: &mut impl Write, path: &str, layout: &[(&str, String)]) -> Result<()> {
    let json: BTreeMap<_, _> = layout.iter().map(|(name, text)| (name, text)).collect();
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(layout).finish();
    writeln!(out, "{path}: options of the command: {}", typed(layout))?;
    writeln!(out, "{path}: query: {query}")?;
    writeln!(out, "{path}: LOAD_OPTIONS: {}", serde_json::json!({ "incoming/": json }))?;
    Ok(())
}

fn print_text(out: &mut Out, path: &Path, checked: &Checked, explains: bool) -> Result<()> {
    let path = path.display().to_string();
    let Checked { status, layout, sheet_columns, tables, missing_if_new, issues } = checked;
    if !layout.is_empty() {
        let options: Vec<_> = layout.iter().map(|(name, text)| format!("{name}={text}")).collect();
        writeln!(out, "{path}: read with {}", options.join(" "))?;
    }
    match (explains, layout.is_empty()) {
        (true, false) => print_layout(out, &path, layout)?,
        (true, true) => writeln!(out, "{path}: no option is needed or found")?,
        (false, _) => {}
    }
    for table in tables {
        let good = table.counts.received - table.invalid;
        let (name, received, invalid) = (table.table, table.counts.received, table.invalid);
        let rows = counted(received, "row");
        let counts = format!("{name}: {rows}, {good} good, {invalid} bad (");
        out.line(
            &Line::of(Look::Heading, &path)
                .plainly(": ")
                .plainly(counts)
                .status(status)
                .plainly(")"),
        )?;
        if received > u64::from(CHECKED_KEYS) {
            writeln!(out, "{path}: repeated ids looked for in the first {CHECKED_KEYS} rows")?;
        }
    }
    if tables.is_empty() {
        out.line(&Line::of(Look::Heading, &path).plainly(": ").status(status))?;
    }
    if *missing_if_new > 0 {
        writeln!(
            out,
            "{path}: {missing_if_new} of the good rows lack a column that a new row needs: they update \
             rows that the table has, and are rejected where it has none (missing)"
        )?;
    }
    for issue in issues.listed() {
        out.line(&issue_line(&path, issue, sheet_columns))?;
    }
    let unlisted = issues.count() - issues.listed().len() as u64;
    if unlisted > 0 {
        writeln!(out, "{path}: and {unlisted} more errors")?;
    }
    Ok(())
}

/// `17: name: missing: a value is required`, with the row's index where there are no lines.
fn issue_line(path: &str, issue: &Issue, sheet_columns: &[(&'static str, String)]) -> Line {
    let Issue { table, index, line, error } = issue;
    let place = match (line, index) {
        (Some(line), _) => format!("{path}:{line}: "),
        (None, Some(index)) => format!("{path}: {table}[{index}]: "),
        (None, None) => format!("{path}: {table}: "),
    };
    let column = error.column.as_ref().map_or_else(String::new, |column| {
        match sheet_columns.iter().find(|(name, _)| name == column) {
            Some((_, letters)) => format!("column {letters} ({column}): "),
            None => format!("{column}: "),
        }
    });
    let (code, text) = (error.kind.code(), format!(": {}", error.kind));
    Line::of(Look::Aside, place).plainly(column).with(Look::Bad, code).plainly(text)
}

fn print_json(out: &mut impl Write, path: &Path, checked: &Checked) -> Result<()> {
    #[derive(Serialize)]
    struct Line<'l> {
        file: String,
        status: Status,
        layout: BTreeMap<&'static str, &'l str>,
        tables: BTreeMap<&'static str, &'l TableReport>,
        missing_if_new: u64,
        error_count: u64,
        errors: &'l [Issue],
    }
    let line = Line {
        file: path.display().to_string(),
        status: checked.status,
        layout: checked.layout.iter().map(|(name, text)| (*name, text.as_str())).collect(),
        tables: checked.tables.iter().map(|table| (table.table, table)).collect(),
        missing_if_new: checked.missing_if_new,
        error_count: checked.issues.count(),
        errors: checked.issues.listed(),
    };
    writeln!(out, "{}", serde_json::to_string(&line)?)?;
    Ok(())
}
