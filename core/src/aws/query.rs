//! A statement by itself, sent again where that does no harm.

use super::data_api::{ExecuteStatement, ExecuteStatementOutput};
use super::host::{CallError, Client, Host, Repeat};

impl<H: Host> Client<'_, H> {
    /// Runs a statement that can be run twice, as a commit of its own; in the transaction of a client that is
    /// [`within`](Self::within) one, and then once, since the first try could still be running in it.
    pub(crate) async fn query(
        &self,
        sql: &str,
        parameters: &[(&str, &str)],
    ) -> Result<ExecuteStatementOutput, CallError> {
        let transaction_id = self.transaction_id();
        let repeat = if transaction_id.is_some() { Repeat::Never } else { Repeat::Harmless };
        self.call(&ExecuteStatement { sql, parameters, transaction_id }, repeat).await
    }
}
