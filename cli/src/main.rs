//! The operator's command for rowgate.

mod arguments;
mod backup;
mod check;
mod dev;
mod dialect;
mod doctor;
mod export;
mod file_source;
mod keys;
mod load;
mod loads;
mod migrate;
mod progress;
mod restore;
mod schema;
mod session;
mod signals;
mod terminal;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use signals::OnSignal;

/// The version, the commit, and the form of schema.json that this program reads and writes.
const VERSION: &str =
    concat!(env!("CARGO_PKG_VERSION"), " (", env!("ROWGATE_COMMIT"), ", schema format 1)");

/// Rows from people and files, checked, into an Aurora MySQL database.
#[derive(Debug, Parser)]
#[command(name = "rowgate", version = VERSION)]
struct Cli {
    #[command(subcommand)]
    command: Command,

    /// The tables: a schema.json, as `rowgate schema pull` writes it [default: schema.json in the
    /// working folder if it is there, else the example's departments, jobs and employees]
    #[arg(long, global = true, value_name = "FILE", env = "ROWGATE_SCHEMA")]
    schema: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Backup(backup::BackupArgs),
    Check(check::CheckArgs),
    Dev(dev::DevArgs),
    Doctor(doctor::DoctorArgs),
    Export(export::ExportArgs),
    Keys(keys::KeysArgs),
    /// Serve invocations as the Lambda's `bootstrap`: what `rowgate dev` runs.
    #[command(hide = true)]
    Lambda,
    Load(Box<load::LoadArgs>),
    Loads(loads::LoadsArgs),
    Migrate(migrate::MigrateArgs),
    Restore(restore::RestoreArgs),
    Schema(schema::SchemaArgs),
}

impl Command {
    /// `None` where the command handles signals itself.
    fn on_signal(&self) -> Option<OnSignal> {
        match self {
            Self::Dev(_) | Self::Lambda => None,
            Self::Check(_) | Self::Keys(_) => Some(OnSignal::Exit),
            _ => Some(OnSignal::EndInOrder),
        }
    }
}

/// 0 is success, 1 is bad rows, 2 is anything else that went wrong (clap's own code as well); 130 and
/// 143 are what SIGINT and SIGTERM have kept from success.
#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(ExitCode::SUCCESS) => ExitCode::SUCCESS,
        Ok(code) => signals::exit_code().unwrap_or(code),
        Err(error) => {
            terminal::complain(&format!("{error:#}"));
            signals::exit_code().unwrap_or(ExitCode::from(2))
        }
    }
}

async fn run(Cli { command, schema: file }: Cli) -> Result<ExitCode> {
    if let Some(on_signal) = command.on_signal() {
        signals::listen(on_signal)?;
    }
    let schema = || schema::of_file(file.as_deref());
    match command {
        Command::Backup(args) => backup::run(&args, schema()?).await,
        Command::Check(args) => check::run(&args, schema()?).await,
        Command::Dev(args) => dev::run(args, file.as_deref()).await.map(|()| ExitCode::SUCCESS),
        Command::Export(args) => export::run(&args, schema()?).await.map(|()| ExitCode::SUCCESS),
        Command::Doctor(args) => doctor::run(&args, schema()?).await,
        Command::Lambda => Ok(rowgate_lambda::serve().await),
        Command::Keys(args) => keys::run(&args, schema()?).map(|()| ExitCode::SUCCESS),
        Command::Load(args) => load::run(&args, schema()?).await,
        Command::Loads(args) => loads::run(&args).await,
        Command::Migrate(args) => migrate::run(&args, schema()?).await,
        Command::Restore(args) => restore::run(&args, schema()?).await,
        Command::Schema(args) => schema::run(&args, file.as_deref()).await,
    }
}
