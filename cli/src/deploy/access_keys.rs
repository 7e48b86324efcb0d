//! The access keys of the Worker's user. A user can have two.

use anyhow::{Context, Result, bail};
use rowgate_core::account::{FormCall, Iam};

use super::account::Account;

/// An access key of the Worker's user.
pub(super) struct AccessKey {
    pub(super) id: String,
    pub(super) secret: String,
}

/// The ids of the user's access keys, the oldest first.
pub(super) async fn list(account: &Account, user: &str) -> Result<Vec<String>> {
    let answer = account.ask(of("ListAccessKeys", user)).await?;
    let mut rows = answer.rows("AccessKeyMetadata", ["CreateDate", "AccessKeyId"]);
    rows.sort_by(|[one, _], [other, _]| one.cmp(other));
    Ok(rows.into_iter().map(|[_, id]| id).collect())
}

pub(super) async fn make(account: &Account, user: &str) -> Result<AccessKey> {
    let answer = account.do_once(of("CreateAccessKey", user)).await;
    let answer = answer.context("making the Worker's access key")?;
    match (answer.text("AccessKeyId"), answer.text("SecretAccessKey")) {
        (Some(id), Some(secret)) => Ok(AccessKey { id, secret }),
        _ => bail!("IAM has answered without an access key"),
    }
}

pub(super) async fn delete(account: &Account, user: &str, keys: &[String]) -> Result<()> {
    for key in keys {
        account.ask(of("DeleteAccessKey", user).with("AccessKeyId", key)).await?;
    }
    Ok(())
}

fn of(action: &'static str, user: &str) -> FormCall<Iam> {
    FormCall::new(action).with("UserName", user)
}
