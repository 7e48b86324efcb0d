//! Statements of the checks, and the values of their results.

use alloc::string::String;
use alloc::vec::Vec;

use crate::aws::data_api::{ExecuteStatement, ExecuteStatementOutput, Field};
use crate::aws::host::{CallError, Client, Host, Repeat};

/// Runs a statement that may be run twice.
pub(super) async fn ask<H: Host>(
    client: &Client<'_, H>,
    call: ExecuteStatement<'_>,
) -> Result<ExecuteStatementOutput, CallError> {
    client.call(&call, Repeat::Harmless).await
}

/// The first row of a query without parameters, as texts; NULL and what is no text are empty.
pub(super) async fn first_row<H: Host>(
    client: &Client<'_, H>,
    sql: &str,
) -> Result<Vec<String>, CallError> {
    let records = client.query(sql, &[]).await?.records;
    Ok(records.first().into_iter().flatten().map(text).collect())
}

/// The only value of a query without parameters.
pub(super) async fn value<H: Host>(client: &Client<'_, H>, sql: &str) -> Result<String, CallError> {
    Ok(first_row(client, sql).await?.into_iter().next().unwrap_or_default())
}

/// A value as a text; empty where it is none.
pub(super) fn text(field: &Field) -> String {
    field.text().unwrap_or_default()
}
