//! `rowgate backup list`, `prune` and `clean`: what is in the folder of the backups.

use std::io::Write;
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use rowgate_core::backup::{self, GIVEN_UP_AFTER, LeftOut, Runs, Unfinished};
use rowgate_core::data_api::Target;
use rowgate_core::restore::{self, Leftover, LeftoverKind};
use rowgate_core::s3::Endpoint;
use rowgate_core::{Client, Host};
use rowgate_native::from_environment;

use super::{PATIENCE, PlaceArgs, print};

use crate::signals;
use crate::terminal;

#[derive(Debug, Args)]
pub(super) struct PruneArgs {
    /// How many backups to keep of every table, the newest ones
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    keep: u32,

    /// Delete them; without it, only say which
    #[arg(long)]
    yes: bool,

    #[command(flatten)]
    place: PlaceArgs,
}

#[derive(Debug, Args)]
pub(super) struct CleanArgs {
    /// Remove it; without it, only say what
    #[arg(long)]
    yes: bool,

    #[command(flatten)]
    place: PlaceArgs,
}

pub(super) async fn list(args: &PlaceArgs) -> Result<()> {
    let endpoint = Endpoint::read(&from_environment)?;
    let host = signals::host()?;
    let s3 = Client::new(&host, &endpoint, Duration::MAX).patient(PATIENCE);
    let runs = backup::runs(&s3, args.bucket()?).await?;
    name_left_out(&runs)?;
    runs.backups.iter().try_for_each(|manifest| print(args, manifest))
}

pub(super) async fn prune(args: &PruneArgs) -> Result<()> {
    let endpoint = Endpoint::read(&from_environment)?;
    let host = signals::host()?;
    let s3 = Client::new(&host, &endpoint, Duration::MAX).patient(PATIENCE);
    let bucket = args.place.bucket()?;
    let runs = backup::runs(&s3, bucket).await?;
    name_left_out(&runs)?;
    for old in runs.old(args.keep as usize) {
        let run = &old.run;
        if args.yes {
            let objects = backup::prune(&s3, bucket, old).await?;
            writeln!(terminal::out(), "{run}: {objects} objects deleted")?;
        } else {
            writeln!(terminal::out(), "{run}: would be deleted; --yes does it")?;
        }
    }
    Ok(())
}

pub(super) async fn clean(args: &CleanArgs) -> Result<()> {
    let (target, endpoint) = (Target::read(&from_environment)?, Endpoint::read(&from_environment)?);
    let host = signals::host()?;
    let database = Client::new(&host, &target, Duration::MAX).patient(PATIENCE);
    let s3 = Client::new(&host, &endpoint, Duration::MAX).patient(PATIENCE);
    let bucket = args.place.bucket()?;
    let files = backup::unfinished(&s3, bucket).await?;
    let mut tables = restore::leftovers(&database).await?;
    tables.retain(|left| is_given_up(left, host.now()));
    let kept = split_off_filled(&database, &mut tables).await;
    if args.yes {
        let removed = remove(&s3, bucket, &files, &database, &tables).await;
        removed
            .map_err(|error| signals::told(error, "rowgate backup clean goes on with the rest"))?;
    }
    print_cleaned(args, &files, &tables, &kept)
}

/// A table that stays, and why.
type Kept = (Leftover, String);

/// Takes away those tables that may hold rows which are nowhere else.
async fn split_off_filled<H: Host>(
    database: &Client<'_, H>,
    tables: &mut Vec<Leftover>,
) -> Vec<Kept> {
    let (mut dropped, mut kept) = (Vec::new(), Vec::new());
    for left in tables.drain(..) {
        match restore::rows_only_left(database, &left).await {
            Ok(0) => dropped.push(left),
            Ok(rows) => {
                let why = format!("{rows} rows that {} does not have or has otherwise", left.table);
                kept.push((left, why));
            }
            Err(error) => kept.push((left, error.to_string())),
        }
    }
    *tables = dropped;
    kept
}

async fn remove<H: Host>(
    s3: &Client<'_, H, Endpoint>,
    bucket: &str,
    files: &[Unfinished],
    database: &Client<'_, H>,
    tables: &[Leftover],
) -> Result<()> {
    for run in files {
        backup::clean(s3, bucket, run).await?;
    }
    Ok(restore::drop_leftovers(database, tables).await?)
}

fn name_left_out(runs: &Runs) -> Result<()> {
    let mut errors = terminal::errors();
    let name = |left: &LeftOut| writeln!(errors, "left out: {left}");
    Ok(runs.left_out.iter().chain(&runs.incomplete).try_for_each(name)?)
}

/// Whether a table was filled by a restore that began so long ago that it was surely killed.
fn is_given_up(left: &Leftover, now: Duration) -> bool {
    let is_old = |began: Duration| began.saturating_add(GIVEN_UP_AFTER) < now;
    left.kind == LeftoverKind::Staging && left.began().is_some_and(is_old)
}

fn print_cleaned(
    args: &CleanArgs,
    files: &[Unfinished],
    tables: &[Leftover],
    kept: &[Kept],
) -> Result<()> {
    let out = &mut terminal::out();
    if args.place.json {
        let names: Vec<_> = tables.iter().map(|left| &left.name).collect();
        let kept: Vec<_> = kept.iter().map(|(left, _)| &left.name).collect();
        let found = serde_json::json!({
            "runs": files, "tables": names, "kept": kept, "removed": args.yes,
        });
        writeln!(out, "{found}")?;
        return Ok(());
    }
    let what = if args.yes { "removed" } else { "would be removed; --yes does it" };
    for Unfinished { run, keys, bytes } in files {
        let count = keys.len();
        writeln!(out, "backups/{run}/: no manifest, {count} files of {bytes} bytes: {what}")?;
    }
    for left in tables {
        writeln!(out, "{}: filled by a restore that did not end: {what}", left.name)?;
    }
    for (Leftover { name, id, .. }, why) in kept {
        writeln!(
            out,
            "{name}: stays: {why}; rowgate restore drop-old {id} --yes drops what restore {id} left"
        )?;
    }
    Ok(())
}
