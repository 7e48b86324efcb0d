//! The Worker, by Cloudflare's own tool.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail, ensure};
use rowgate_core::account::{FormCall, Iam};
use serde_json::{Map, Value};
use tokio::process::Command;

use super::account::Account;
use super::choices::Stage;
use super::stack::Stack;
use crate::home::Home;
use crate::terminal;

/// The file of `rowgate keys`, in the working folder.
const KEYS: &str = "api-keys.json";

/// An access key of the Worker's user.
struct AccessKey {
    id: String,
    secret: String,
}

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
    pub(super) async fn deploy(&self, rotate_key: bool, schema: &Path) -> Result<()> {
        let (account, user) = (self.account, self.stack.output("WorkerUser")?);
        let old = access_keys(account, user).await?;
        if old.is_empty() && !Path::new(KEYS).is_file() {
            make_api_key(schema).await?;
        }
        let key = match old.is_empty() || rotate_key {
            true => Some(make_access_key(account, user).await?),
            false => None,
        };
        let uploaded = self.upload(schema, key.as_ref()).await;
        match (&uploaded, &key) {
            // Its secret is lost, and the next attempt makes another one.
            (Err(_), Some(key)) => {
                delete_access_keys(account, user, std::slice::from_ref(&key.id)).await?;
            }
            (Ok(()), Some(_)) => delete_access_keys(account, user, &old).await?,
            _ => {}
        }
        uploaded
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

/// The ids of the user's access keys.
pub(super) async fn access_keys(account: &Account, user: &str) -> Result<Vec<String>> {
    let answer = account.ask(of("ListAccessKeys", user)).await?;
    let rows = answer.rows("AccessKeyMetadata", ["AccessKeyId"]);
    Ok(rows.into_iter().map(|[id]| id).collect())
}

async fn make_access_key(account: &Account, user: &str) -> Result<AccessKey> {
    let answer = account.do_once(of("CreateAccessKey", user)).await;
    let answer = answer.context("making the Worker's access key")?;
    match (answer.text("AccessKeyId"), answer.text("SecretAccessKey")) {
        (Some(id), Some(secret)) => Ok(AccessKey { id, secret }),
        _ => bail!("IAM has answered without an access key"),
    }
}

pub(super) async fn delete_access_keys(
    account: &Account,
    user: &str,
    keys: &[String],
) -> Result<()> {
    for key in keys {
        account.ask(of("DeleteAccessKey", user).with("AccessKeyId", key)).await?;
    }
    Ok(())
}

fn of(action: &'static str, user: &str) -> FormCall<Iam> {
    FormCall::new(action).with("UserName", user)
}
