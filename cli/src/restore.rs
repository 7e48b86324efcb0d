//! `rowgate restore`: Avro files and snapshot exports back into the tables.

mod drop_old;
mod merge;
mod print;
mod swap;
mod undo;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};
use rowgate_core::schema::Schema;

use drop_old::DropArgs;
use merge::MergeArgs;
use swap::SwapArgs;
use undo::UndoArgs;

/// Bring tables back from files on S3: a backup of rowgate's, Avro of Glue and Spark, or a snapshot export of AWS.
///
/// The rows are written to tables beside the live ones and compared with the files; then all tables
/// are swapped in one statement. The old ones stay, as TABLE__before_ID, until `restore drop-old`,
/// and `restore undo` brings them back. If anything fails before the swap, the live tables are
/// what they were. Stop what writes first: a live table that changes stops the restore; with
/// --force, and in the moment before the swap, the change stays in the old table.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct RestoreArgs {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    swap: SwapArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Bring back the tables that were live before a restore
    Undo(UndoArgs),
    /// Add rows of the tables that a restore, or its undo, has left to the live ones
    Merge(MergeArgs),
    /// Drop the tables that restores have left
    DropOld(DropArgs),
}

pub(crate) async fn run(args: &RestoreArgs, schema: Schema) -> Result<ExitCode> {
    match &args.command {
        None => return swap::run(&args.swap, schema).await,
        Some(Command::Undo(args)) => undo::run(args, schema).await?,
        Some(Command::Merge(args)) => merge::run(args, schema).await?,
        Some(Command::DropOld(args)) => drop_old::run(args, schema).await?,
    }
    Ok(ExitCode::SUCCESS)
}
