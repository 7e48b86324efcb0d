//! `rowgate backup verify`: a backup against its manifest, the live tables, or a restore of it.

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;
use rowgate_core::backup::{self, Manifest, Services};
use rowgate_core::restore::{self, RestoreStep, Wanted};
use rowgate_core::schema::Schema;
use rowgate_core::{Host, counted};
use serde_json::json;

use super::print::print;
use crate::arguments::PlaceArgs;
use crate::progress::{of_rows, show};
use crate::session::{Database, Session};
use crate::terminal::{self, Line, Look};

#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// The run, or `latest`
    run: String,

    /// Compare with the live tables instead, by a checksum that the database computes
    #[arg(long)]
    live: bool,

    /// Restore it into tables beside the live ones, compare them, and drop them again
    #[arg(long, conflicts_with = "live")]
    probe: bool,

    #[command(flatten)]
    place: PlaceArgs,
}

/// The exit code is 1 where the live tables differ; a backup that is damaged is an error.
pub(super) async fn run(args: &VerifyArgs, schema: Schema) -> Result<ExitCode> {
    let session = Session::from_environment();
    let s3 = session.s3()?;
    let bucket = args.place.bucket()?;
    let manifest = backup::manifest(&s3, bucket, &args.run).await?;
    if args.live {
        return compare(&session.database()?, schema, &manifest, args.place.json).await;
    }
    if args.probe {
        let (database, s3) = (&session.database()?, &s3);
        let services = Services { schema, database, s3, bucket };
        return probe(&services, manifest.run, args.place.json).await;
    }
    let bar = of_rows();
    backup::verify(schema, &s3, bucket, &manifest, |progress| show(&bar, progress)).await?;
    bar.finish_and_clear();
    print(&args.place, &manifest)?;
    Ok(ExitCode::SUCCESS)
}

async fn probe<H: Host>(services: &Services<'_, H>, run: String, json: bool) -> Result<ExitCode> {
    let wanted = Wanted { sources: &[run], fire_triggers: true, ..Wanted::default() };
    let plan = restore::plan(services, &wanted, |_| ()).await?;
    let (verifying, writing) = (of_rows(), of_rows());
    let probed = restore::probe(services, &plan, |step, done| match step {
        RestoreStep::Verify => show(&verifying, done),
        RestoreStep::Write | RestoreStep::Wait => show(&writing, done),
    });
    let probed = probed.await?;
    verifying.finish_and_clear();
    writing.finish_and_clear();
    let mut out = terminal::out();
    if json {
        writeln!(out, "{}", serde_json::to_string(&probed)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    for table in probed.tables {
        let (name, rows) = (table.table, counted(table.rows, "row"));
        writeln!(out, "{name}: {rows} written beside the live ones, compared and dropped")?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn compare(
    database: &Database<'_>,
    schema: Schema,
    manifest: &Manifest,
    is_json: bool,
) -> Result<ExitCode> {
    let mut all_same = true;
    for entry in &manifest.tables {
        let Some(table) = schema.table(&entry.table) else {
            bail!("{}: there is no such table", entry.table);
        };
        let live = backup::live(database, table).await?;
        let same = live.rows == entry.rows && live.hex() == entry.checksum;
        all_same &= same;
        let (name, rows) = (table.name, live.rows);
        if is_json {
            let table =
                json!({ "table": name, "rows": rows, "backup_rows": entry.rows, "same": same });
            terminal::out().json(&table)?;
            continue;
        }
        let line = Line::plain(format!(
            "{name}: {}, {} in the backup: ",
            counted(rows, "live row"),
            entry.rows
        ));
        terminal::out().line(&match same {
            true => line.with(Look::Good, "the same"),
            false => line.with(Look::Bad, "not the same"),
        })?;
    }
    Ok(if all_same { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
