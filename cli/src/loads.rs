//! `rowgate loads`: what was loaded, by which key and when.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Subcommand;
use rowgate_core::{Counts, LoadRecord, count_old_loads, forget_loads, list_loads, show_load};

use crate::arguments::Format;
use crate::session::{Database, Session};
use crate::terminal;

/// A paused Aurora cluster takes half a minute to resume.
const TIME: Duration = Duration::from_secs(120);

/// Show what was loaded: files, and requests with an Idempotency-Key.
///
/// Goes through the Data API with the settings of `rowgate migrate`.
#[derive(Debug, clap::Args)]
pub(crate) struct LoadsArgs {
    #[command(subcommand)]
    command: Option<LoadsCommand>,

    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text, global = true)]
    format: Format,
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
        /// The load's id
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
    match args.command.as_ref().unwrap_or(&LoadsCommand::List { limit: 50 }) {
        LoadsCommand::List { limit } => list(&client, args.format, *limit).await?,
        LoadsCommand::Show { id } => show(&client, args.format, id).await?,
        LoadsCommand::Prune { older_than, yes } => prune(&client, *older_than, *yes).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(client: &Database<'_>, format: Format, limit: u32) -> Result<()> {
    let loads = list_loads(client, limit).await?;
    let mut out = terminal::out();
    if matches!(format, Format::Json) {
        writeln!(out, "{}", serde_json::to_string(&loads)?)?;
        return Ok(());
    }
    for load in &loads {
        writeln!(out, "{}", line(load))?;
    }
    Ok(())
}

/// One load in one line: when, which, how it ended, its counts, what it was.
fn line(load: &LoadRecord) -> String {
    let LoadRecord { started, load_id, status, tables, counts, .. } = load;
    let Counts { received, stored, kept, rejected } = counts;
    let what = match load.bucket.as_str() {
        "" => format!("{} {}", load.key_id, load.idempotency_key),
        bucket => format!("s3://{bucket}/{}", load.key),
    };
    let counts = format!("{received} rows: {stored} stored, {kept} kept, {rejected} rejected");
    let codes = if load.error_codes.is_empty() { "" } else { " " };
    format!("{started} {load_id} {status:<10} {tables} {counts}{codes}{} {what}", load.error_codes)
}

async fn show(client: &Database<'_>, format: Format, id: &str) -> Result<()> {
    let load = show_load(client, id).await?.context("there is no such load")?;
    let text = match format {
        Format::Json => serde_json::to_string(&load)?,
        Format::Text => serde_json::to_string_pretty(&load)?,
    };
    let mut out = terminal::out();
    for line in text.lines() {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

async fn prune(client: &Database<'_>, days: u32, yes: bool) -> Result<()> {
    let text = match yes {
        true => format!("forgot {} loads", forget_loads(client, days).await?),
        false => {
            let count = count_old_loads(client, days).await?;
            format!("{count} loads would be forgotten; --yes does it")
        }
    };
    writeln!(terminal::out(), "{text}")?;
    Ok(())
}
