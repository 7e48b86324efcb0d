//! `rowgate loads`: what was loaded, by which key and when.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use clap::Subcommand;
use rowgate_core::{
    Client, Counts, Host, LoadRecord, count_old_loads, counted, forget_loads, list_loads,
    loads_beginning, show_load,
};
use serde_json::json;

use crate::arguments::FormatArgs;
use crate::session::{Database, Session};
use crate::terminal::{self, Columns, Line, Look};

/// A paused Aurora cluster takes half a minute to resume.
const TIME: Duration = Duration::from_secs(120);

/// How many letters of an id are shown in a list for people: two among a million are hardly the same.
const SHORT: usize = 10;

/// The length of an id.
const WHOLE: usize = 32;

/// How many ids a beginning is compared with: more than one is too many.
const NAMED: u32 = 5;

/// Show what was loaded: files, and requests with an Idempotency-Key.
///
/// Goes through the Data API with the settings of `rowgate migrate`.
#[derive(Debug, clap::Args)]
pub(crate) struct LoadsArgs {
    #[command(subcommand)]
    command: Option<LoadsCommand>,

    #[command(flatten)]
    form: FormatArgs,
}

#[derive(Debug, Subcommand)]
enum LoadsCommand {
    /// List the newest loads, which is what `rowgate loads` alone does
    List {
        /// How many, at most 400
        #[arg(long, value_name = "N", default_value_t = 50)]
        limit: u32,
    },
    /// Show one load, with the report or the answer that is stored
    Show {
        /// The load's id, or so much of its beginning that no other has
        id: String,
    },
    /// Forget loads that ended long ago: one of them that is sent again is done again
    Prune {
        /// How many days they must be over
        #[arg(long, value_name = "DAYS")]
        older_than: u32,

        /// Do it; without this their number is printed
        #[arg(long)]
        yes: bool,
    },
}

pub(crate) async fn run(args: &LoadsArgs) -> Result<ExitCode> {
    let session = Session::from_environment();
    let client = session.database_within(TIME)?;
    let is_json = args.form.is_json();
    match args.command.as_ref().unwrap_or(&LoadsCommand::List { limit: 50 }) {
        LoadsCommand::List { limit } => list(&client, is_json, *limit).await?,
        LoadsCommand::Show { id } => show(&client, is_json, id).await?,
        LoadsCommand::Prune { older_than, yes } => {
            prune(&client, is_json, *older_than, *yes).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(client: &Database<'_>, is_json: bool, limit: u32) -> Result<()> {
    let loads = list_loads(client, limit).await?;
    let mut out = terminal::out();
    match is_json {
        true => out.json(&loads)?,
        false if terminal::is_for_people() => out.columns(&columns(&loads))?,
        false => loads.iter().try_for_each(|load| writeln!(out, "{}", line(load)))?,
    }
    Ok(())
}

/// One load in one line: when, which, how it ended, its counts, what it was.
fn line(load: &LoadRecord) -> String {
    let LoadRecord { started, load_id, status, tables, counts, .. } = load;
    let Counts { received, stored, kept, rejected } = counts;
    let counts =
        format!("{}: {stored} stored, {kept} kept, {rejected} rejected", counted(*received, "row"));
    let codes = if load.error_codes.is_empty() { "" } else { " " };
    let (what, errors) = (what(load), &load.error_codes);
    format!("{started} {load_id} {status:<10} {tables} {counts}{codes}{errors} {what}")
}

/// What a load was: a file of a bucket, or a request by its key.
pub(crate) fn what(load: &LoadRecord) -> String {
    match load.bucket.as_str() {
        "" => format!("{} {}", load.key_id, load.idempotency_key),
        bucket => format!("s3://{bucket}/{}", load.key),
    }
}

/// The loads for a person, with as much of each id as `show` needs.
pub(crate) fn columns(loads: &[LoadRecord]) -> Columns {
    let headings =
        ["started", "id", "status", "tables", ">rows", ">stored", ">kept", ">rejected", "what"];
    let mut columns = Columns::new(&headings);
    for load in loads {
        let Counts { received, stored, kept, rejected } = load.counts;
        let bad = if rejected > 0 { Look::Bad } else { Look::Plain };
        let codes = match codes(load).as_str() {
            "" => String::new(),
            codes => format!(" ({codes})"),
        };
        columns.push(vec![
            Line::of(Look::Aside, &load.started),
            Line::plain(load.load_id.get(..SHORT).unwrap_or(&load.load_id)),
            Line::default().status(&load.status),
            Line::plain(&load.tables),
            Line::plain(received),
            Line::plain(stored),
            Line::plain(kept),
            Line::of(bad, rejected),
            Line::plain(what(load)).with(Look::Aside, codes),
        ]);
    }
    columns
}

/// What was wrong, with the number of rows where that is known.
fn codes(load: &LoadRecord) -> String {
    match load.rejected_by_code.as_ref().and_then(|counts| counts.as_object()) {
        Some(counts) => counts
            .iter()
            .map(|(code, rows)| format!("{code}: {rows}"))
            .collect::<Vec<_>>()
            .join(", "),
        None => load.error_codes.clone(),
    }
}

async fn show(client: &Database<'_>, is_json: bool, id: &str) -> Result<()> {
    let id = whole_id(client, id).await?;
    let load = show_load(client, &id).await?.context("there is no such load")?;
    let text = match is_json {
        true => serde_json::to_string(&load)?,
        false => serde_json::to_string_pretty(&load)?,
    };
    let mut out = terminal::out();
    for line in text.lines() {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// The id of the one load that begins so.
pub(crate) async fn whole_id<H: Host>(client: &Client<'_, H>, beginning: &str) -> Result<String> {
    ensure!(!beginning.is_empty(), "a load's id is expected");
    if beginning.len() >= WHOLE {
        return Ok(beginning.to_owned());
    }
    let mut ids = loads_beginning(client, beginning, NAMED).await?;
    match ids.len() {
        0 => bail!("there is no such load: no id begins with {beginning}"),
        1 => Ok(ids.remove(0)),
        _ => bail!("several ids begin with {beginning}: {}", ids.join(", ")),
    }
}

async fn prune(client: &Database<'_>, is_json: bool, days: u32, yes: bool) -> Result<()> {
    let count = match yes {
        true => forget_loads(client, days).await?,
        false => count_old_loads(client, days).await?,
    };
    let mut out = terminal::out();
    match (is_json, yes) {
        (true, _) => out.json(&json!({ "loads": count, "forgotten": yes }))?,
        (_, true) => writeln!(out, "forgot {}", counted(count, "load"))?,
        (_, false) => {
            writeln!(out, "{} would be forgotten; --yes does it", counted(count, "load"))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(error_codes: &str, rejected_by_code: Option<serde_json::Value>) -> LoadRecord {
        LoadRecord {
            load_id: String::new(),
            status: String::new(),
            door: String::new(),
            key_id: String::new(),
            idempotency_key: String::new(),
            bucket: String::new(),
            key: String::new(),
            version_id: String::new(),
            e_tag: String::new(),
            tables: String::new(),
            counts: Counts::default(),
            error_codes: error_codes.into(),
            rejected_by_code,
            attempts: 1,
            started: String::new(),
            ended: String::new(),
            answer: None,
        }
    }

    #[test]
    fn what_was_wrong_has_its_number_where_that_is_known() {
        let counted = load("exists,missing", Some(json!({ "exists": 2, "missing": 31 })));
        assert_eq!(codes(&counted), "exists: 2, missing: 31");
        assert_eq!(codes(&load("exists,missing", None)), "exists,missing");
        assert_eq!(codes(&load("", Some(json!({})))), "");
    }
}
