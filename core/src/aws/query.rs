//! A statement by itself, sent again where that does no harm.

use super::data_api::{ExecuteStatement, ExecuteStatementOutput};
use super::host::{CallError, Client, Host, Repeat};

impl<H: Host> Client<'_, H> {
    /// Runs a statement that can be run twice, as a commit of its own.
    pub(crate) async fn query(
        &self,
        sql: &str,
        parameters: &[(&str, &str)],
    ) -> Result<ExecuteStatementOutput, CallError> {
        let call = ExecuteStatement { sql, parameters, transaction_id: None };
        self.call(&call, Repeat::Harmless).await
    }
}
