//! The bodies of requests and answers, as the service model has them.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::errors::{ApiError, ErrorKind};
use super::fields::{Field, ResultSetOptions};
use super::limits;
use super::metadata::ColumnMetadata;
use super::parameters::SqlParameter;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ExecuteStatementRequest {
    pub(super) resource_arn: Option<String>,
    pub(super) secret_arn: Option<String>,
    pub(super) sql: Option<String>,
    pub(super) database: Option<String>,
    pub(super) schema: Option<String>,
    pub(super) parameters: Option<Vec<SqlParameter>>,
    pub(super) transaction_id: Option<String>,
    pub(super) include_result_metadata: Option<bool>,
    pub(super) continue_after_timeout: Option<bool>,
    pub(super) result_set_options: Option<ResultSetOptions>,
    pub(super) format_records_as: Option<RecordsFormat>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum RecordsFormat {
    #[default]
    None,
    Json,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct BatchExecuteStatementRequest {
    pub(super) resource_arn: Option<String>,
    pub(super) secret_arn: Option<String>,
    pub(super) sql: Option<String>,
    pub(super) database: Option<String>,
    pub(super) schema: Option<String>,
    pub(super) parameter_sets: Option<Vec<Vec<SqlParameter>>>,
    pub(super) transaction_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct BeginTransactionRequest {
    pub(super) resource_arn: Option<String>,
    pub(super) secret_arn: Option<String>,
    pub(super) database: Option<String>,
    pub(super) schema: Option<String>,
}

/// What a request of any operation says about its transaction.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TransactionOfRequest {
    pub(super) transaction_id: Option<String>,
}

/// Of CommitTransaction and of RollbackTransaction.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct EndTransactionRequest {
    pub(super) resource_arn: Option<String>,
    pub(super) secret_arn: Option<String>,
    pub(super) transaction_id: Option<String>,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExecuteStatementResponse {
    pub(super) number_of_records_updated: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) column_metadata: Option<Vec<ColumnMetadata>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) generated_fields: Option<Vec<Field>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) formatted_records: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BatchExecuteStatementResponse {
    pub(super) update_results: Vec<UpdateResult>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UpdateResult {
    pub(super) generated_fields: Vec<Field>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BeginTransactionResponse {
    pub(super) transaction_id: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EndTransactionResponse {
    pub(super) transaction_status: &'static str,
}

/// Reads a request body. A member that AWS does not know is refused, so that a misspelt one shows.
pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|error| {
        let text = error.to_string();
        let kind = if text.starts_with("unknown") {
            ErrorKind::Validation
        } else {
            ErrorKind::Serialization
        };
        ApiError::new(kind, text)
    })
}

/// The statement of a request, which must be there and not too long.
pub(super) fn require_sql(sql: Option<String>) -> Result<String, ApiError> {
    let sql = sql.ok_or_else(|| ApiError::missing("sql"))?;
    check_length("sql", Some(&sql), limits::SQL)?;
    Ok(sql)
}

/// Checks the members that name things.
pub(super) fn check_names(
    database: Option<&String>,
    schema: Option<&String>,
    transaction_id: Option<&String>,
) -> Result<(), ApiError> {
    if schema.is_some() {
        return Err(ApiError::validation("The schema parameter isn't supported"));
    }
    check_length("database", database, limits::DATABASE)?;
    check_length("transactionId", transaction_id, limits::TRANSACTION_ID)
}

fn check_length(member: &str, value: Option<&String>, limit: usize) -> Result<(), ApiError> {
    // Fewer bytes than the limit cannot be more characters.
    match value {
        Some(text) if text.len() > limit && text.chars().count() > limit => {
            Err(ApiError::too_long(member, limit))
        }
        _ => Ok(()),
    }
}
