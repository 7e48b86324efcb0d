//! `rowgate check`: the gateway's checks on files, without a database.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use rowgate_core::schema::{self, Table};
use rowgate_core::{
    CHECKED_KEYS, Intake, JsonError, LineDecoder, LineFormat, OnError, Options, Outcome, Part,
    Report, Verdict, decode_rows, decode_tables,
};

use crate::progress;

/// How much of a file is read at a time.
const PIECE: usize = 1 << 18;

pub(crate) const NO_TABLE: &str = "neither a folder nor the name says which table; use --table";

/// Check files as the gateway would, without a database.
///
/// A file goes to the table that the nearest folder or its own name says
/// (incoming/jobs/may.csv, hired_employees.csv). A JSON file is an array of rows, or an object of
/// tables like the body of POST /insert_data. The exit code is 1 if a row is bad.
#[derive(Debug, clap::Args)]
pub(crate) struct CheckArgs {
    /// CSV (.csv), NDJSON (.ndjson, .jsonl) and JSON (.json) files
    #[arg(required = true)]
    files: Vec<PathBuf>,

    /// Table of all the files, whatever they are called
    #[arg(long, value_parser = parse_table)]
    table: Option<&'static Table>,

    /// Require a value in every column
    #[arg(long)]
    strict: bool,

    /// How to print the outcome
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people: counts, then one line for each error
    Text,
    /// For programs: one JSON object a file
    Json,
}

pub(crate) fn parse_table(name: &str) -> Result<&'static Table, String> {
    schema::table(name).ok_or_else(|| {
        let names: Vec<_> = schema::TABLES.iter().map(|table| table.name).collect();
        format!("the tables are {}", names.join(", "))
    })
}

pub(crate) fn run(args: &CheckArgs) -> Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    let mut all_good = true;
    for path in &args.files {
        let report = check(args, path).with_context(|| path.display().to_string())?;
        all_good &= report.verdict() == Verdict::Complete;
        match args.format {
            Format::Text => print_text(&mut out, path, &report)?,
            Format::Json => print_json(&mut out, path, &report)?,
        }
    }
    Ok(if all_good { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn check(args: &CheckArgs, path: &Path) -> Result<Report> {
    let options = Options { on_error: OnError::Skip, strict: args.strict, ..Options::default() };
    let mut intake = Intake::check_only(options);
    let table = args.table.or_else(|| schema::table_of_file(&path.to_string_lossy()));
    match (path.extension().and_then(|extension| extension.to_str()), table) {
        (Some("json"), table) => check_json(path, table, &mut intake)?,
        (extension, table) => {
            let format = match extension {
                Some("csv") => LineFormat::Csv,
                Some("ndjson" | "jsonl") => LineFormat::Ndjson,
                _ => bail!("not a .csv, .ndjson, .jsonl or .json file"),
            };
            check_lines(path, format, table.context(NO_TABLE)?, &mut intake)?;
        }
    }
    Ok(intake.report())
}

fn check_lines(
    path: &Path,
    format: LineFormat,
    table: &'static Table,
    intake: &mut Intake,
) -> Result<()> {
    let mut file = File::open(path)?;
    let progress = progress::bar(file.metadata()?.len());
    let mut decoder = LineDecoder::new(format, table);
    let mut piece = vec![0; PIECE];

    intake.table(table);
    loop {
        let length = file.read(&mut piece)?;
        if length == 0 {
            break;
        }
        let mut bytes = &piece[..length];
        while let Some(row) = decoder.next_row(&mut bytes) {
            intake.row(table, row);
        }
        progress::advance(&progress, length as u64);
    }
    while let Some(row) = decoder.finish() {
        intake.row(table, row);
    }
    progress.finish_and_clear();
    Ok(())
}

/// A JSON file is read whole: it is the body of one request, or meant to be.
fn check_json(path: &Path, table: Option<&'static Table>, intake: &mut Intake) -> Result<()> {
    let body = std::fs::read(path)?;
    let take = |part: Part<'_>| {
        match part {
            Part::Table(table) => intake.table(table),
            Part::Row(table, row) => {
                intake.row(table, row);
            }
            Part::Fault(table, kind) => intake.fault(table, kind),
        }
        true
    };
    let is_array = body.trim_ascii_start().first() == Some(&b'[');
    let read = match table {
        Some(table) if is_array => decode_rows(&body, table, take),
        None if is_array => bail!(NO_TABLE),
        _ => decode_tables(&body, take),
    };
    read.or_else(|error| match error {
        JsonError::Utf8 { line, column } => {
            bail!("not UTF-8 at line {line}, column {column}; save the file as UTF-8")
        }
        JsonError::Syntax { line, column } => {
            bail!("no valid JSON at line {line}, column {column}")
        }
        JsonError::Shape { expected } => bail!("not {expected}"),
        JsonError::Stopped => Ok(()),
    })
}

fn print_text(out: &mut impl Write, path: &Path, report: &Report) -> Result<()> {
    let path = path.display();
    for table in report.tables() {
        let good = table.received - table.invalid;
        let (name, received, invalid) = (table.table, table.received, table.invalid);
        writeln!(out, "{path}: {name}: {received} rows, {good} good, {invalid} bad")?;
        if received > u64::from(CHECKED_KEYS) {
            writeln!(out, "{path}: repeated ids looked for in the first {CHECKED_KEYS} rows")?;
        }
    }
    let outcomes = report.outcomes();
    for outcome in outcomes.listed() {
        writeln!(out, "{path}:{}", OutcomeText(outcome))?;
    }
    let unlisted = outcomes.count() - outcomes.listed().len() as u64;
    if unlisted > 0 {
        writeln!(out, "{path}: and {unlisted} more errors")?;
    }
    Ok(())
}

/// `17: name: missing: a value is required`, with the row's index where there are no lines.
struct OutcomeText<'o>(&'o Outcome);

impl std::fmt::Display for OutcomeText<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Outcome { table, index, line, error } = self.0;
        match (line, index) {
            (Some(line), _) => write!(f, "{line}: ")?,
            (None, Some(index)) => write!(f, " {table}[{index}]: ")?,
            (None, None) => write!(f, " {table}: ")?,
        }
        if let Some(column) = &error.column {
            write!(f, "{column}: ")?;
        }
        write!(f, "{}: {}", error.kind.code(), error.kind)
    }
}

fn print_json(out: &mut impl Write, path: &Path, report: &Report) -> Result<()> {
    #[derive(serde::Serialize)]
    struct Line<'l> {
        file: String,
        #[serde(flatten)]
        report: &'l Report,
    }
    serde_json::to_writer(&mut *out, &Line { file: path.display().to_string(), report })?;
    writeln!(out)?;
    Ok(())
}
