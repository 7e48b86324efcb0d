//! `rowgate destroy`: the Worker and the stack taken away.

use anyhow::{Result, bail, ensure};
use rowgate_core::account::{FormCall, Rds};

use super::access_keys;
use super::account::Account;
use super::choices::Stage;
use super::stack::Stack;
use super::{answer, worker};
use crate::home::Home;
use crate::terminal;

/// Take away what rowgate deploy has made: the Worker and the stack.
///
/// The bucket with its files and backups stays, and a snapshot of a cluster of the stack's own. A protected
/// cluster is not deleted: the command that releases it is printed.
#[derive(Debug, clap::Args)]
pub(crate) struct DestroyArgs {
    /// Which deployment
    #[arg(long, default_value = "production")]
    stage: Stage,

    /// The stack's name, instead of being asked for it
    #[arg(long, value_name = "STACK")]
    yes: Option<String>,
}

pub(crate) async fn run(args: &DestroyArgs) -> Result<()> {
    let folder = tempfile::Builder::new().prefix("rowgate-destroy-").tempdir()?;
    let home = Home::find(folder.path())?;
    let account = Account::from_environment()?;
    let stack = Stack::look(&account, args.stage.stack()).await?;
    ensure!(stack.status.is_some(), "there is no stack {} in {}", stack.name, account.region());
    confirm(args, &stack.name)?;
    refuse_if_protected(&account, &stack).await?;

    worker::delete(&home, &args.stage).await?;
    // A user who has keys cannot be deleted.
    if let Some(user) = stack.outputs.get("WorkerUser") {
        let keys = access_keys::list(&account, user).await?;
        access_keys::delete(&account, user, &keys).await?;
    }
    terminal::advise(&format!("deleting the stack {}", stack.name));
    stack.delete(&account).await?;
    let left = stack.outputs.get("Bucket").map(|bucket| format!("; the bucket {bucket} stays"));
    terminal::advise(&format!("gone: the Worker and the stack{}", left.unwrap_or_default()));
    Ok(())
}

fn confirm(args: &DestroyArgs, name: &str) -> Result<()> {
    let typed = match &args.yes {
        Some(name) => name.clone(),
        None => answer(&format!("the stack {name} and its Worker will go. Its name to go on:"))?,
    };
    ensure!(typed == name, "nothing is done: the stack is called {name}");
    Ok(())
}

async fn refuse_if_protected(account: &Account, stack: &Stack) -> Result<()> {
    if !stack.outputs.contains_key("RootSecretArn") {
        return Ok(());
    }
    let cluster = stack.output("ClusterArn")?;
    let call = FormCall::<Rds>::new("DescribeDBClusters").with("DBClusterIdentifier", cluster);
    let answer = account.ask(call).await?;
    if answer.text("DeletionProtection").as_deref() == Some("true") {
        bail!(
            "the cluster is protected; nothing is done. To let it go:\n\
             aws rds modify-db-cluster --db-cluster-identifier {cluster} --no-deletion-protection"
        );
    }
    Ok(())
}
