//! One statement of the ledger with its values, and the values of its result.

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::aws::data_api::{ExecuteStatement, ExecuteStatementOutput, Field};
use crate::aws::host::{CallError, Client, Host, Repeat};
use crate::aws::operation::Retry;

/// Times that a call is made that gave way to another transaction.
pub(super) const ATTEMPTS: u32 = 3;

/// MySQL's number for a key that exists already.
const DUPLICATE: u16 = 1062;

/// When a lease that is taken or renewed now ends.
pub(super) const LEASE_END: &str = "UTC_TIMESTAMP(3) + INTERVAL :lease SECOND";

/// Whether S3 has told of no newer version of the object.
///
/// The object's row is locked, at every isolation level: a newer version's own claim waits for the
/// transaction's end. So nothing in its condition may leave the row out, and an object without a row
/// is not current: there would be nothing to lock.
pub(super) const IS_CURRENT: &str = "(:sequencer = '' OR (SELECT o.sequencer FROM rowgate_objects AS o \
    WHERE o.object_hash = :object LOCK IN SHARE MODE) <= :sequencer)";

/// One statement with its values.
#[derive(Debug)]
pub(crate) struct Statement {
    pub(super) sql: Cow<'static, str>,
    pub(super) parameters: Vec<(&'static str, String)>,
}

impl Statement {
    pub(super) fn new(sql: impl Into<Cow<'static, str>>) -> Self {
        Self { sql: sql.into(), parameters: Vec::new() }
    }

    #[allow(clippy::needless_pass_by_value, reason = "takes numbers and references alike")]
    pub(super) fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.parameters.push((name, value.to_string()));
        self
    }

    /// Runs it in a transaction, which is what is repeated if need be.
    pub(crate) async fn run_in<H: Host>(
        &self,
        client: &Client<'_, H>,
        transaction_id: &str,
    ) -> Result<ExecuteStatementOutput, CallError> {
        let (sql, parameters) = (&self.sql, &self.parameters());
        let transaction_id = Some(transaction_id);
        client.call(&ExecuteStatement { sql, parameters, transaction_id }, Repeat::Never).await
    }

    /// Runs it by itself; running it twice must do no harm.
    pub(super) async fn run<H: Host>(
        &self,
        client: &Client<'_, H>,
    ) -> Result<ExecuteStatementOutput, CallError> {
        let mut attempt = 1;
        loop {
            match client.query(&self.sql, &self.parameters()).await {
                Err(error) if error.retry() == Retry::Transaction && attempt < ATTEMPTS => {
                    attempt += 1;
                }
                result => return result,
            }
        }
    }

    fn parameters(&self) -> Vec<(&str, &str)> {
        self.parameters.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }
}

/// Whether the row was there already.
pub(super) fn is_duplicate(error: &CallError) -> bool {
    matches!(error, CallError::Api(error) if error.database_code == Some(DUPLICATE))
}

pub(super) fn text(field: &Field) -> String {
    field.text().unwrap_or_default()
}

pub(super) fn number(field: &Field) -> u64 {
    text(field).parse().unwrap_or_default()
}

/// The values of a result's only row, if it has one of so many columns.
pub(super) fn only_row<const N: usize>(output: ExecuteStatementOutput) -> Option<[Field; N]> {
    output.records.into_iter().next()?.try_into().ok()
}
