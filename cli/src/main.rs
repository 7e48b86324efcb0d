//! The operator's command for rowgate.

mod backup;
mod check;
mod dev;
mod doctor;
mod file_source;
mod keys;
mod load;
mod loads;
mod migrate;
mod progress;
mod restore;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Rows from people and files, checked, into an Aurora MySQL database.
#[derive(Debug, Parser)]
#[command(name = "rowgate", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Backup(backup::BackupArgs),
    Check(check::CheckArgs),
    Dev(dev::DevArgs),
    Doctor(doctor::DoctorArgs),
    Keys(keys::KeysArgs),
    Load(load::LoadArgs),
    Loads(loads::LoadsArgs),
    Migrate(migrate::MigrateArgs),
    Restore(restore::RestoreArgs),
}

/// 0 is success, 1 is bad rows, 2 is anything else that went wrong (clap's own code as well).
#[tokio::main]
async fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Backup(args) => backup::run(&args).await,
        Command::Check(args) => check::run(&args).await,
        Command::Dev(args) => dev::run(args).await.map(|()| ExitCode::SUCCESS),
        Command::Doctor(args) => doctor::run(&args).await,
        Command::Keys(args) => keys::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Load(args) => load::run(&args).await,
        Command::Loads(args) => loads::run(&args).await,
        Command::Migrate(args) => migrate::run(&args).await,
        Command::Restore(args) => restore::run(&args).await,
    };
    result.unwrap_or_else(|error| {
        eprintln!("rowgate: {error:#}");
        ExitCode::from(2)
    })
}
