//! `rowgate backup clean`: what killed backups and restores have left, removed.

use std::io::Write;
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use rowgate_core::backup::{self, GIVEN_UP_AFTER, Unfinished};
use rowgate_core::restore::{self, Leftover, LeftoverKind};
use rowgate_core::schema::Schema;
use rowgate_core::{Host, counted};

use crate::arguments::PlaceArgs;
use crate::session::{Database, S3, Session};
use crate::signals;
use crate::terminal;

#[derive(Debug, Args)]
pub(super) struct CleanArgs {
    /// Remove it; without it, only say what
    #[arg(long)]
    yes: bool,

    #[command(flatten)]
    place: PlaceArgs,
}

pub(super) async fn run(args: &CleanArgs, schema: Schema) -> Result<()> {
    let session = Session::from_environment();
    let (database, s3) = (session.database()?, session.s3()?);
    let bucket = args.place.bucket()?;
    let files = backup::unfinished(&s3, bucket).await?;
    let mut tables = restore::leftovers(&database, schema).await?;
    let now = session.host()?.now();
    tables.retain(|left| is_given_up(left, now));
    let kept = split_off_filled(&database, schema, &mut tables).await;
    if args.yes {
        if !tables.is_empty() {
            restore::check_drop(&database).await?;
        }
        let removed = remove(&s3, bucket, &files, &database, &tables).await;
        removed
            .map_err(|error| signals::told(error, "rowgate backup clean goes on with the rest"))?;
    }
    print_cleaned(args, &files, &tables, &kept)
}

/// A table that stays, and why.
type Kept = (Leftover, String);

/// Takes away those tables that may hold rows which are nowhere else.
async fn split_off_filled(
    database: &Database<'_>,
    schema: Schema,
    tables: &mut Vec<Leftover>,
) -> Vec<Kept> {
    let (mut dropped, mut kept) = (Vec::new(), Vec::new());
    for left in tables.drain(..) {
        match restore::rows_only_left(database, schema, &left).await {
            Ok(0) => dropped.push(left),
            Ok(rows) => {
                let why = format!(
                    "{} that {} does not have or has otherwise",
                    counted(rows, "row"),
                    left.table
                );
                kept.push((left, why));
            }
            Err(error) => kept.push((left, error.to_string())),
        }
    }
    *tables = dropped;
    kept
}

async fn remove(
    s3: &S3<'_>,
    bucket: &str,
    files: &[Unfinished],
    database: &Database<'_>,
    tables: &[Leftover],
) -> Result<()> {
    for run in files {
        backup::clean(s3, bucket, run).await?;
    }
    Ok(restore::drop_leftovers(database, tables).await?)
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
        let (files, bytes) = (counted(keys.len(), "file"), counted(*bytes, "byte"));
        writeln!(out, "backups/{run}/: no manifest, {files} of {bytes}: {what}")?;
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
