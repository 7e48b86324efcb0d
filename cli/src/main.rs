//! The operator's command for rowgate.

mod advice;
mod arguments;
mod backup;
mod check;
mod deploy;
mod dev;
mod dialect;
mod doctor;
mod export;
mod file_source;
mod home;
mod init;
mod keys;
mod load;
mod loads;
mod migrate;
mod pages;
mod progress;
mod restore;
mod schema;
mod session;
mod settings;
mod signals;
mod status;
mod terminal;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use signals::OnSignal;
use terminal::Manner;

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

    #[command(flatten)]
    manner: Manner,
}

#[derive(Debug, Subcommand)]
enum Command {
    Backup(backup::BackupArgs),
    Check(check::CheckArgs),
    Completions(pages::CompletionsArgs),
    Demo(dev::DemoArgs),
    Deploy(Box<deploy::DeployArgs>),
    Destroy(deploy::DestroyArgs),
    Dev(dev::DevArgs),
    Doctor(doctor::DoctorArgs),
    Export(export::ExportArgs),
    Init(init::InitArgs),
    Keys(keys::KeysArgs),
    /// Serve invocations as the Lambda's `bootstrap`: what `rowgate dev` runs.
    #[command(hide = true)]
    Lambda,
    Load(Box<load::LoadArgs>),
    Loads(loads::LoadsArgs),
    Man(pages::ManArgs),
    Migrate(migrate::MigrateArgs),
    Restore(restore::RestoreArgs),
    Schema(schema::SchemaArgs),
    Status(status::StatusArgs),
}

impl Command {
    /// `None` where the command handles signals itself.
    fn on_signal(&self) -> Option<OnSignal> {
        match self {
            Self::Dev(_) | Self::Demo(_) | Self::Lambda => None,
            Self::Check(_) | Self::Completions(_) | Self::Keys(_) | Self::Man(_) => {
                Some(OnSignal::Exit)
            }
            _ => Some(OnSignal::EndInOrder),
        }
    }
}

/// 0 is success, 1 is bad rows, 2 is anything else that went wrong (clap's own code as well); 130 and
/// 143 are what SIGINT and SIGTERM have kept from success.
#[tokio::main]
async fn main() -> ExitCode {
    match read_and_run().await {
        Ok(ExitCode::SUCCESS) => ExitCode::SUCCESS,
        Ok(code) => signals::exit_code().unwrap_or(code),
        Err(error) => {
            terminal::complain(&advice::with_advice(&error));
            signals::exit_code().unwrap_or(ExitCode::from(2))
        }
    }
}

/// Help and the version need no `rowgate.toml` that can be read.
async fn read_and_run() -> Result<ExitCode> {
    let read = settings::read();
    let matches = settings::fill(Cli::command()).get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    read?;
    cli.manner.clone().take_on();
    run(cli).await
}

async fn run(Cli { command, schema: file, .. }: Cli) -> Result<ExitCode> {
    if let Some(on_signal) = command.on_signal() {
        signals::listen(on_signal)?;
    }
    let schema = || schema::of_file(file.as_deref());
    match command {
        Command::Backup(args) => backup::run(&args, schema()?).await,
        Command::Check(args) => check::run(&args, schema()?).await,
        Command::Completions(args) => {
            pages::complete(&args, Cli::command());
            Ok(ExitCode::SUCCESS)
        }
        Command::Init(args) => init::run(&args).await.map(|()| ExitCode::SUCCESS),
        Command::Man(args) => pages::man(&args, Cli::command()).map(|()| ExitCode::SUCCESS),
        Command::Demo(args) => dev::run_demo(&args, dev_args()?).await.map(|()| ExitCode::SUCCESS),
        Command::Dev(args) => dev::run(args, file.as_deref()).await.map(|()| ExitCode::SUCCESS),
        Command::Deploy(args) => {
            deploy::run(&args, file.as_deref()).await.map(|()| ExitCode::SUCCESS)
        }
        Command::Destroy(args) => deploy::run_destroy(&args).await.map(|()| ExitCode::SUCCESS),
        Command::Export(args) => export::run(&args, schema()?).await.map(|()| ExitCode::SUCCESS),
        Command::Doctor(args) => doctor::run(&args, schema()?).await,
        Command::Lambda => Ok(rowgate_lambda::serve().await),
        Command::Keys(args) => keys::run(&args, schema()?).map(|()| ExitCode::SUCCESS),
        Command::Load(args) => load::run(&args, schema()?).await,
        Command::Loads(args) => loads::run(&args).await,
        Command::Migrate(args) => migrate::run(&args, schema()?).await,
        Command::Restore(args) => restore::run(&args, schema()?).await,
        Command::Status(args) => {
            status::run(&args, schema()?, &schema::text_of_file(file.as_deref())?).await
        }
        Command::Schema(args) => schema::run(&args, file.as_deref()).await,
    }
}

/// The options of `rowgate dev` as they are without any.
fn dev_args() -> Result<dev::DevArgs> {
    match Cli::parse_from(["rowgate", "dev"]).command {
        Command::Dev(args) => Ok(args),
        _ => bail!("not the command that was read"),
    }
}
