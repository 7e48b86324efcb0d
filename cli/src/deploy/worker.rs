//! The Worker, by Cloudflare's own tool.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value};
use tokio::process::Command;

use super::access_keys::{self, AccessKey};
use super::account::Account;
use super::choices::Stage;
use super::stack::Stack;
use crate::home::Home;
use crate::terminal;

/// The file of `rowgate keys`, in the working folder.
const KEYS: &str = "api-keys.json";

/// The annotation with a version's tag.
const TAG: &str = "workers/tag";

/// The Worker of a stack, to be uploaded.
pub(super) struct Upload<'u> {
    pub(super) home: &'u Home,
    pub(super) account: &'u Account,
    pub(super) stack: &'u Stack,
    pub(super) stage: &'u Stage,
}

impl Upload<'_> {
    /// Uploads the Worker together with its settings, so that it never runs without them.
    ///
    /// The first time it gets an access key of its user, and an API key if the working folder has none.
    /// An access key is deleted only when the Worker is known to hold another one: wrangler may fail when the
    /// Worker is up.
    pub(super) async fn deploy(&self, rotate_key: bool, schema: &Path) -> Result<()> {
        let (account, user) = (self.account, self.stack.output("WorkerUser")?);
        let mut old = access_keys::list(account, user).await?;
        if old.is_empty() && !Path::new(KEYS).is_file() {
            make_api_key(schema).await?;
        }
        // A rotation before has not come to its end, so this one does.
        let is_unfinished = old.len() > 1;
        if is_unfinished {
            let unused = self.unused(&old).await?;
            access_keys::delete(account, user, std::slice::from_ref(&unused)).await?;
            old.retain(|key| *key != unused);
        }
        let key = match old.is_empty() || rotate_key || is_unfinished {
            true => Some(access_keys::make(account, user).await?),
            false => None,
        };
        match (self.upload(schema, key.as_ref()).await, key) {
            (Ok(()), Some(_)) => access_keys::delete(account, user, &old).await,
            // No Worker has worked yet. The key's secret is lost, and the next attempt makes another one.
            (Err(error), Some(key)) if old.is_empty() => {
                access_keys::delete(account, user, &[key.id]).await?;
                Err(error)
            }
            (Err(error), Some(_)) => Err(error.context(
                "the Worker may hold its new access key or the one before, so both stay: run \
                 `rowgate deploy` again, which ends the rotation",
            )),
            (uploaded, None) => uploaded,
        }
    }

    /// Which of two access keys the Worker does not hold. Each version of it is tagged with the key that it
    /// was given.
    async fn unused(&self, keys: &[String]) -> Result<String> {
        let folder = tempfile::Builder::new().prefix("rowgate-worker-").tempdir()?;
        let config = write_config(self.home, folder.path())?;
        let mut command = wrangler(self.home, &config, self.stage)?;
        let output = command.args(["versions", "list", "--json"]).output().await?;
        let versions: Option<Vec<Value>> = serde_json::from_slice(&output.stdout).ok();
        let versions = versions.with_context(|| {
            format!(
                "wrangler does not say which access key the Worker holds, one of {}: run this again",
                keys.join(" and ")
            )
        })?;
        let (oldest, newest) = keys.first().zip(keys.last()).context("no access keys")?;
        let is_held = versions.iter().any(|version| version["annotations"][TAG] == **newest);
        Ok(if is_held { oldest } else { newest }.clone())
    }

    async fn upload(&self, schema: &Path, key: Option<&AccessKey>) -> Result<()> {
        terminal::advise("uploading the Worker");
        fs::copy(schema, self.home.worker_schema())?;
        let folder = tempfile::Builder::new().prefix("rowgate-worker-").tempdir()?;
        let secrets = folder.path().join("secrets.json");
        write_private(&secrets, &settings(self.stack, key)?.to_string())?;
        let config = write_config(self.home, folder.path())?;
        let mut command = wrangler(self.home, &config, self.stage)?;
        command.arg("deploy").arg("--secrets-file").arg(&secrets);
        if let Some(key) = key {
            command.args(["--tag", &key.id]);
        }
        ensure!(
            is_done(command).await?,
            "the Worker is not deployed, wrangler says why above; the stack is"
        );
        Ok(())
    }
}

/// Makes an API key for all tables with `rowgate keys new`, which shows it.
async fn make_api_key(schema: &Path) -> Result<()> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["keys", "new", "--schema"]).arg(schema).stdin(Stdio::null());
    ensure!(
        is_done(command).await?,
        "there is no API key; the stack is deployed, the Worker is not"
    );
    Ok(())
}

/// Runs a command whose output is for people; `false` if it fails.
async fn is_done(mut command: Command) -> Result<bool> {
    command.stdout(Stdio::from(std::io::stderr()));
    let status = command.status().await;
    Ok(status
        .context("the Worker is uploaded by wrangler, which needs Node.js 20 or newer")?
        .success())
}

/// Deletes the Worker.
pub(super) async fn delete(home: &Home, stage: &Stage) -> Result<()> {
    let folder = tempfile::Builder::new().prefix("rowgate-worker-").tempdir()?;
    let config = write_config(home, folder.path())?;
    let mut command = wrangler(home, &config, stage)?;
    command.args(["delete", "--force"]);
    ensure!(
        is_done(command).await?,
        "the Worker is not deleted, wrangler says why above; nothing else is"
    );
    Ok(())
}

fn write_config(home: &Home, folder: &Path) -> Result<PathBuf> {
    let config = folder.join("wrangler.json");
    fs::write(&config, home.worker_config()?.to_string())?;
    Ok(config)
}

fn wrangler(home: &Home, config: &Path, stage: &Stage) -> Result<Command> {
    let mut command = Command::new("node");
    command.arg(home.wrangler()?).arg("--config").arg(config).args(["--env", stage.worker()]);
    command.env("WRANGLER_SEND_METRICS", "false").stdin(Stdio::null());
    Ok(command)
}

/// The Worker's settings, all of which are secrets there: none of them is in a file of Cloudflare's.
fn settings(stack: &Stack, key: Option<&AccessKey>) -> Result<Value> {
    let mut settings = Map::new();
    let mut set = |name: &str, value: &str| settings.insert(name.to_owned(), value.into());
    set("AWS_REGION", stack.output("Region")?);
    set("DB_CLUSTER_ARN", stack.output("ClusterArn")?);
    set("DB_SECRET_ARN", stack.output("WriterSecretArn")?);
    set("DB_NAME", stack.output("DatabaseName")?);
    if let Some(AccessKey { id, secret }) = key {
        set("AWS_ACCESS_KEY_ID", id);
        set("AWS_SECRET_ACCESS_KEY", secret);
    }
    // Without the file a Worker that is there keeps its keys.
    if Path::new(KEYS).is_file() {
        set("API_KEYS", &fs::read_to_string(KEYS)?);
    }
    Ok(Value::Object(settings))
}

/// Creates a file that no other user can read.
fn write_private(path: &Path, text: &str) -> Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    Ok(file.write_all(text.as_bytes())?)
}
