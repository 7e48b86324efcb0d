//! What a transaction survives, and what it takes at a time.

use alloc::format;
use alloc::string::ToString;

use futures_util::future::join;

use crate::aws::data_api::{BeginTransaction, ExecuteStatement, RollbackTransaction};
use crate::aws::host::{CallError, Client, Host, Repeat};
use crate::sql::statement::OnDuplicate;

use super::finding::{Examined, Finding, Subject};
use super::query::ask;
use super::scratch::{count, send};

pub(super) const ONE_CALL: Subject = Subject {
    name: "one_call_at_a_time",
    why: "rowgate never makes two calls of one transaction at once; a retry after a cut might",
    relied_on: false,
};

pub(super) async fn one_call<H: Host>(client: &Client<'_, H>) -> Examined {
    let id = client.call(&BeginTransaction, Repeat::Harmless).await?;
    let call = ExecuteStatement {
        sql: "SELECT SLEEP(1)",
        transaction_id: Some(&id),
        ..ExecuteStatement::default()
    };
    let results = join(ask(client, call), ask(client, call)).await;
    // A transaction that cannot be rolled back now is rolled back by the service in 3 minutes.
    let _ = roll_back(client, &id).await;
    Ok(match results {
        (Ok(_), Ok(_)) => Finding::Bad("two at once: the second waited".into()),
        (Ok(_), Err(error)) | (Err(error), Ok(_)) => match error {
            CallError::Api(error) => Finding::Good(format!(
                "two at once: one is refused with {} (HTTP {})",
                error.error_type, error.status
            )),
            error => Finding::Bad(error.to_string()),
        },
        (Err(error), Err(_)) => Finding::Bad(format!("two at once: neither runs: {error}")),
    })
}

pub(super) const AFTER_ERROR: Subject = Subject {
    name: "transaction_after_an_error",
    why: "a statement that is refused must leave its transaction and the rows before it as they \
          were, and a rollback must take them all",
    relied_on: true,
};

pub(super) async fn after_error<H: Host>(client: &Client<'_, H>) -> Examined {
    let id = client.call(&BeginTransaction, Repeat::Harmless).await?;
    let seen = write_and_fail(client, &id).await;
    let rolled_back = roll_back(client, &id).await;
    if !seen? {
        return Ok(Finding::Bad("the row before the refused statement is gone".into()));
    }
    rolled_back?;
    Ok(match count(client, 100, None).await? {
        true => Finding::Bad("alive after a refused statement, but not rolled back".into()),
        false => Finding::Good("alive after a refused statement, and rolled back whole".into()),
    })
}

/// Whether the transaction still has its first row after a statement that is refused.
async fn write_and_fail<H: Host>(client: &Client<'_, H>, id: &str) -> Result<bool, CallError> {
    send(client, OnDuplicate::Fail, r#"[[100,"first"]]"#, Some(id)).await?;
    // What it answers is the check of the error number.
    let _ = send(client, OnDuplicate::Fail, r#"[[100,"again"]]"#, Some(id)).await;
    count(client, 100, Some(id)).await
}

pub(super) async fn roll_back<H: Host>(client: &Client<'_, H>, id: &str) -> Result<(), CallError> {
    let rollback = RollbackTransaction { transaction_id: id };
    client.closing().call(&rollback, Repeat::Harmless).await
}
