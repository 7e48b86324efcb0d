//! `rowgate migrate`: the database's tables brought to the schema, and compared with it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rowgate_core::data_api::Target;
use rowgate_core::migrate::{self, Drift, Migration, MigrationStep, Users};
use rowgate_core::schema::Schema;
use rowgate_core::{Client, Host};
use rowgate_native::{from_environment, read_migrations};
use serde_json::json;

use crate::session::Session;
use crate::signals;
use crate::terminal;

/// A paused Aurora cluster takes half a minute to resume.
const TIME: Duration = Duration::from_secs(120);

/// Run pending migrations, make missing tables, and compare the live tables with the schema.
///
/// Goes through the Data API with AWS_REGION, DB_CLUSTER_ARN, DB_SECRET_ARN, DB_NAME and the AWS
/// credentials of the environment; the secret must be of a user with DDL. Safe to repeat. Every
/// difference between the live tables and the schema is listed, nothing is done about it, and the
/// exit code is 1. To compare them, the schema's tables are made in a database of their own, and dropped
/// again. While another program migrates, this one ends with exit code 2 and says which.
#[derive(Debug, clap::Args)]
pub(crate) struct MigrateArgs {
    /// Only compare; the database's tables stay as they are
    #[arg(long)]
    check: bool,

    /// Also make the database users rowgate_writer and rowgate_admin, with the passwords in
    /// ROWGATE_WRITER_PASSWORD and ROWGATE_ADMIN_PASSWORD, and give them their rights
    #[arg(long, conflicts_with = "check")]
    users: bool,

    /// Only record this migration as run: one that failed and was finished by hand
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["check", "users"])]
    record: Option<u32>,

    /// The folder of the numbered migrations [default: sql/migrations, if it is there]
    #[arg(long, value_name = "FOLDER", env = "ROWGATE_MIGRATIONS")]
    migrations: Option<PathBuf>,

    #[arg(from_global)]
    json: bool,
}

/// Where migrations are if no folder is named.
pub(crate) const MIGRATIONS: &str = "sql/migrations";

pub(crate) async fn run(args: &MigrateArgs, schema: Schema) -> Result<ExitCode> {
    // Before anything is changed.
    let users = args.users.then(|| Users::read(&from_environment)).transpose()?;
    let migrations = migrations_in(args.migrations.as_deref())?;
    let session = Session::from_environment();
    let client = session.database_within(TIME)?;

    if args.check {
        let drift = migrate::check(&client, schema, &migrations, &by()).await?;
        return report(args.json, &drift, &[], "the tables are as expected");
    }
    if let Some(number) = args.record {
        let recorded = migrate::record(&client, schema, &migrations, number).await?;
        let what = if recorded { "recorded" } else { "is recorded already:" };
        if args.json {
            terminal::out().json(&json!({ "migration": number, "recorded": recorded }))?;
            return Ok(ExitCode::SUCCESS);
        }
        writeln!(terminal::out(), "{what} migration {number:04}")?;
        return Ok(ExitCode::SUCCESS);
    }

    let became = "what is said above is done; rowgate migrate goes on with the rest";
    let mut steps = bring_up(&client, schema, &migrations, args.json)
        .await
        .map_err(|error| signals::told(error, became))?;
    if let Some(users) = users {
        let granted = migrate::grant(&client, schema, &users).await;
        for grant in granted.map_err(|error| signals::told(error, became))? {
            say(&mut steps, grant.to_string(), args.json)?;
        }
    }
    let fine = if steps.is_empty() { "nothing to do: every table exists" } else { "" };
    report(args.json, &migrate::compare(&client, schema, &by()).await?, &steps, fine)
}

/// Who holds the lock, for another one that wants it.
fn by() -> String {
    let user = from_environment("USER").map(|user| format!(" of {user}")).unwrap_or_default();
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = if host.is_empty() { host } else { format!(" on {}", host.trim()) };
    format!("rowgate migrate, process {}{user}{host}", std::process::id())
}

/// Brings a database up as `rowgate migrate` does, without comparing it afterwards.
pub(crate) async fn apply(host: &impl Host, target: &Target, schema: Schema) -> Result<()> {
    let client = Client::new(host, target, TIME);
    let migrations = migrations_in(None)?;
    let result = migrate::migrate(&client, schema, &migrations, &by(), |_| ()).await;
    result.context("could not make the tables")
}

/// The migrations of the folder that is named, which must be there, or of the one that may be.
fn migrations_in(named: Option<&Path>) -> Result<Vec<Migration>> {
    if let Some(folder) = named {
        ensure!(folder.is_dir(), "there is no folder {}", folder.display());
    }
    Ok(read_migrations(named.unwrap_or(Path::new(MIGRATIONS)))?)
}

/// Says each step when it is done, unless it is said in JSON at the end, and returns them.
async fn bring_up(
    client: &Client<'_, impl Host>,
    schema: Schema,
    migrations: &[Migration],
    is_json: bool,
) -> Result<Vec<String>> {
    let mut steps = Vec::new();
    let mut printed = Ok(());
    migrate::migrate(client, schema, migrations, &by(), |step| {
        let written = say(&mut steps, text_of(step), is_json);
        if printed.is_ok() {
            printed = written;
        }
    })
    .await?;
    printed?;
    Ok(steps)
}

fn text_of(step: MigrationStep<'_>) -> String {
    match step {
        MigrationStep::Included(migration) => format!("included migration {migration}"),
        MigrationStep::Ran(migration) => format!("ran migration {migration}"),
        MigrationStep::Made(table) => format!("made table {table}"),
        MigrationStep::Ledger(migration) => format!("ran ledger migration {migration}"),
    }
}

fn say(steps: &mut Vec<String>, step: String, is_json: bool) -> std::io::Result<()> {
    if !is_json {
        writeln!(terminal::out(), "{step}")?;
    }
    steps.push(step);
    Ok(())
}

fn report(is_json: bool, drift: &Drift, steps: &[String], fine: &str) -> Result<ExitCode> {
    let mut out = terminal::out();
    let differences = &drift.differences;
    if is_json {
        let less = drift.less.as_ref().map(ToString::to_string);
        out.json(&json!({ "steps": steps, "differences": differences, "less_compared": less }))?;
        return Ok(if differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) });
    }
    if let Some(less) = &drift.less {
        terminal::complain(&less.to_string());
    }
    for difference in differences {
        writeln!(out, "{difference}")?;
    }
    match differences.len() {
        0 if fine.is_empty() => {}
        0 => writeln!(out, "{fine}")?,
        1 => terminal::complain("1 difference between the database and the schema"),
        count => {
            terminal::complain(&format!("{count} differences between the database and the schema"));
        }
    }
    Ok(if differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
