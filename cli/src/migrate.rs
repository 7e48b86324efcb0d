//! `rowgate migrate`: the tables that the database does not have yet.

use std::io::Write;
use std::time::Duration;

use anyhow::{Context, Result};
use rowgate_core::data_api::Target;
use rowgate_core::schema::Table;
use rowgate_core::{Client, Host};
use rowgate_native::{NativeHost, from_environment};

/// A paused Aurora cluster takes half a minute to resume.
const TIME: Duration = Duration::from_secs(120);

/// Make the tables that the database does not have yet.
///
/// Goes through the Data API with AWS_REGION, DB_CLUSTER_ARN, DB_SECRET_ARN, DB_NAME and the AWS
/// credentials of the environment. Safe to repeat: a table that exists is left as it is.
#[derive(Debug, clap::Args)]
pub(crate) struct MigrateArgs {}

pub(crate) async fn run(_args: &MigrateArgs) -> Result<()> {
    let target = Target::read(&from_environment)?;
    let made = apply(&NativeHost::from_environment()?, &target).await?;

    let mut out = std::io::stdout();
    for table in &made {
        writeln!(out, "made table {}", table.name)?;
    }
    if made.is_empty() {
        writeln!(out, "nothing to do: every table exists")?;
    }
    Ok(())
}

/// Makes the missing tables and returns them.
pub(crate) async fn apply(host: &impl Host, target: &Target) -> Result<Vec<&'static Table>> {
    let client = Client::new(host, target, TIME);
    rowgate_core::migrate(&client).await.context("could not make the tables")
}
