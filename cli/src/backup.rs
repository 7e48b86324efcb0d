//! `rowgate backup`: the tables out to Avro files on S3, and what there is of them.

mod clean;
mod list;
mod make;
mod print;
mod prune;
mod verify;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};
use rowgate_core::schema::Schema;

use crate::arguments::PlaceArgs;
use clean::CleanArgs;
use make::MakeArgs;
pub(crate) use print::age;
use prune::PruneArgs;
use verify::VerifyArgs;

/// Back the tables up to Avro files on S3, all in one snapshot.
///
/// Writes backups/RUN/TABLE/part-00000.avro and, last, backups/RUN/manifest.json; a run without a
/// manifest is no backup. Rows that are written meanwhile are not in it, unless --parallel gives
/// the snapshot up.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct BackupArgs {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    make: MakeArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the backups, the newest last
    List(PlaceArgs),
    /// Read every byte and row of a backup, and compare with its manifest
    Verify(VerifyArgs),
    /// Delete old backups
    Prune(PruneArgs),
    /// Remove what killed backups and restores have left: files without a manifest, staging tables
    Clean(CleanArgs),
}

pub(crate) async fn run(args: &BackupArgs, schema: Schema) -> Result<ExitCode> {
    match &args.command {
        None => make::run(&args.make, schema).await?,
        Some(Command::List(args)) => list::run(args).await?,
        Some(Command::Verify(args)) => return verify::run(args, schema).await,
        Some(Command::Prune(args)) => prune::run(args).await?,
        Some(Command::Clean(args)) => clean::run(args, schema).await?,
    }
    Ok(ExitCode::SUCCESS)
}
