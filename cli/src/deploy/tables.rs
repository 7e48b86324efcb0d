//! The database's tables, brought to the schema after the stack is there.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tokio::process::Command;

use super::account::Account;
use super::stack::Stack;
use crate::terminal;

/// Runs `rowgate migrate` on the stack's database. A cluster of the stack's own has a root user, who makes the
/// other two; on another cluster they are there.
pub(super) async fn migrate(account: &Account, stack: &Stack, schema: &Path) -> Result<()> {
    terminal::advise("bringing the tables up to date");
    let root = stack.outputs.get("RootSecretArn");
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("migrate").arg("--schema").arg(schema);
    command.stdin(Stdio::null()).stdout(Stdio::from(std::io::stderr()));
    command
        .env("AWS_REGION", account.region())
        .env("DB_CLUSTER_ARN", stack.output("ClusterArn")?)
        .env("DB_NAME", stack.output("DatabaseName")?);
    match root {
        Some(root) => {
            let writer = password(account, stack.output("WriterSecretArn")?).await?;
            let admin = password(account, stack.output("AdminSecretArn")?).await?;
            command.arg("--users").env("DB_SECRET_ARN", root);
            command.env("ROWGATE_WRITER_PASSWORD", writer).env("ROWGATE_ADMIN_PASSWORD", admin);
        }
        None => {
            command.env("DB_SECRET_ARN", stack.output("AdminSecretArn")?);
        }
    }
    let ended = command.status().await.context("starting rowgate migrate")?;
    ensure!(
        ended.success(),
        "the tables are not as the schema says; the stack {} is deployed, the Worker is not",
        stack.name
    );
    Ok(())
}

async fn password(account: &Account, secret_arn: &str) -> Result<String> {
    let secret = account.secret(secret_arn).await.context("reading a database user's secret")?;
    let secret: Value = serde_json::from_str(&secret).unwrap_or_default();
    let password = secret["password"].as_str();
    Ok(password.with_context(|| format!("the secret {secret_arn} has no password"))?.to_owned())
}
