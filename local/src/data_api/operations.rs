//! The five operations, from a verified body to an answer's body.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use mysql_async::Value;
use serde::Serialize;
use tokio::time::timeout;

use super::call_log::{Call, verb};
use super::connections::{Connections, Lease};
use super::errors::{ApiError, ErrorKind};
use super::limits::{self, TimeLimits};
use super::messages::{
    BatchExecuteStatementRequest, BatchExecuteStatementResponse, BeginTransactionRequest,
    BeginTransactionResponse, EndTransactionRequest, EndTransactionResponse,
    ExecuteStatementRequest, TransactionOfRequest, check_names, parse, require_sql,
};
use super::operation::Operation;
use super::parameter_limit::ParameterLimit;
use super::parameters::bind;
use super::records::ResultShape;
use super::sql::Sql;
use super::statement;

/// How long to wait for a killed statement before killing again.
const KILL_INTERVAL: Duration = Duration::from_millis(100);

/// The cluster that the operations work on.
pub(super) struct Service {
    pub(super) cluster_arn: String,
    pub(super) secret_arn: String,
    pub(super) connections: Arc<Connections>,
    pub(super) limits: TimeLimits,
    /// Whether a row may have more than [`limits::ROW`] bytes.
    pub(super) large_rows: bool,
    pub(super) parameter_limit: ParameterLimit,
}

impl Service {
    /// Runs an operation, noting in `call` what the log will say about it.
    pub(super) async fn run(
        &self,
        operation: Operation,
        body: &[u8],
        call: &mut Call,
    ) -> Result<Vec<u8>, ApiError> {
        match operation {
            Operation::ExecuteStatement => self.execute(parse(body)?, call).await,
            Operation::BatchExecuteStatement => self.batch_execute(parse(body)?, call).await,
            Operation::BeginTransaction => self.begin(parse(body)?, call).await,
            Operation::CommitTransaction => {
                self.end(parse(body)?, call, "COMMIT", "Transaction Committed").await
            }
            Operation::RollbackTransaction => {
                self.end(parse(body)?, call, "ROLLBACK", "Rollback Complete").await
            }
            Operation::ExecuteSql => Err(ApiError::bad_request(
                "ExecuteSql isn't supported for this cluster. Use BatchExecuteStatement or \
                 ExecuteStatement.",
            )),
        }
    }

    /// Rolls back the transaction that a body names, if any; it stays open.
    pub(super) async fn roll_back_victim(&self, body: &[u8]) -> Result<(), ApiError> {
        let request = serde_json::from_slice::<TransactionOfRequest>(body);
        let Some(id) = request.ok().and_then(|it| it.transaction_id) else { return Ok(()) };
        self.connections.lend_transaction(&id, None)?.roll_back().await
    }

    async fn execute(
        &self,
        request: ExecuteStatementRequest,
        call: &mut Call,
    ) -> Result<Vec<u8>, ApiError> {
        call.transaction_id.clone_from(&request.transaction_id);
        call.verb = verb(request.sql.as_deref());
        call.parameter_sets = usize::from(request.parameters.is_some());
        self.check_arns(request.resource_arn.as_deref(), request.secret_arn.as_deref())?;
        let (database, id) = (&request.database, &request.transaction_id);
        check_names(database.as_ref(), request.schema.as_ref(), id.as_ref())?;

        let sql = Sql::parse(&require_sql(request.sql)?)?;
        let parameters = request.parameters.unwrap_or_default();
        self.parameter_limit.check(&parameters)?;
        let values = bind(&sql.names, &parameters)?;
        let shape = ResultShape {
            options: request.result_set_options.unwrap_or_default(),
            format: request.format_records_as.unwrap_or_default(),
            metadata: request.include_result_metadata.unwrap_or(false),
            large_rows: self.large_rows,
        };
        let go_on = request.continue_after_timeout.unwrap_or(false);
        if go_on && id.is_some() {
            return Err(ApiError::bad_request(
                "continueAfterTimeout is not supported together with transactionId.",
            ));
        }

        let lease = self.lend(id.as_deref(), database.as_deref()).await?;
        let connection_id = lease.connection_id();
        let work = execute_on(lease, sql, values, shape);
        let (body, records, updated) = self.within_time(connection_id, go_on, work).await?;
        (call.records, call.updated) = (records, updated);
        Ok(body)
    }

    async fn batch_execute(
        &self,
        request: BatchExecuteStatementRequest,
        call: &mut Call,
    ) -> Result<Vec<u8>, ApiError> {
        call.transaction_id.clone_from(&request.transaction_id);
        call.verb = verb(request.sql.as_deref());
        call.parameter_sets = request.parameter_sets.as_ref().map_or(0, Vec::len);
        self.check_arns(request.resource_arn.as_deref(), request.secret_arn.as_deref())?;
        let (database, id) = (&request.database, &request.transaction_id);
        check_names(database.as_ref(), request.schema.as_ref(), id.as_ref())?;

        let sql = Sql::parse(&require_sql(request.sql)?)?;
        if sql.terminated {
            return Err(ApiError::validation(
                "A batch statement doesn't end with a semicolon (;).",
            ));
        }
        let sets = request.parameter_sets.filter(|sets| !sets.is_empty()).ok_or_else(|| {
            ApiError::validation(
                "A batch needs at least one parameter set, an empty one for SQL without parameters.",
            )
        })?;

        sets.iter().try_for_each(|set| self.parameter_limit.check(set))?;
        let values = sets.iter().map(|set| bind(&sql.names, set)).collect::<Result<_, _>>()?;

        let lease = self.lend(id.as_deref(), database.as_deref()).await?;
        let connection_id = lease.connection_id();
        let work = execute_batch_on(lease, sql, values);
        let (body, updated) = self.within_time(connection_id, false, work).await?;
        call.updated = updated;
        Ok(body)
    }

    async fn begin(
        &self,
        request: BeginTransactionRequest,
        call: &mut Call,
    ) -> Result<Vec<u8>, ApiError> {
        self.check_arns(request.resource_arn.as_deref(), request.secret_arn.as_deref())?;
        check_names(request.database.as_ref(), request.schema.as_ref(), None)?;
        let transaction_id = self.connections.begin(request.database.as_deref()).await?;
        call.transaction_id = Some(transaction_id.clone());
        to_json(&BeginTransactionResponse { transaction_id })
    }

    async fn end(
        &self,
        request: EndTransactionRequest,
        call: &mut Call,
        how: &str,
        transaction_status: &'static str,
    ) -> Result<Vec<u8>, ApiError> {
        call.transaction_id.clone_from(&request.transaction_id);
        self.check_arns(request.resource_arn.as_deref(), request.secret_arn.as_deref())?;
        check_names(None, None, request.transaction_id.as_ref())?;
        let id = request.transaction_id.ok_or_else(|| ApiError::missing("transactionId"))?;

        // These two operations have a shape of their own for an id that is not there.
        let lease = self.connections.lend_transaction(&id, None).map_err(|error| {
            let gone = error.kind == ErrorKind::TransactionNotFound;
            ApiError { kind: if gone { ErrorKind::NotFound } else { error.kind }, ..error }
        })?;
        lease.end(how).await?;
        to_json(&EndTransactionResponse { transaction_status })
    }

    /// Compares in exact case, as AWS does.
    fn check_arns(&self, cluster: Option<&str>, secret: Option<&str>) -> Result<(), ApiError> {
        let cluster = cluster.ok_or_else(|| ApiError::missing("resourceArn"))?;
        let secret = secret.ok_or_else(|| ApiError::missing("secretArn"))?;
        if cluster != self.cluster_arn {
            let message = format!("The DB cluster {cluster} isn't found.");
            return Err(ApiError::new(ErrorKind::DatabaseNotFound, message));
        }
        if secret != self.secret_arn {
            let message = format!("The secret {secret} isn't found.");
            return Err(ApiError::new(ErrorKind::SecretsError, message));
        }
        Ok(())
    }

    async fn lend(&self, id: Option<&str>, database: Option<&str>) -> Result<Lease, ApiError> {
        match id {
            Some(id) => self.connections.lend_transaction(id, database),
            None => self.connections.lend(database).await,
        }
    }

    /// Waits for `work` on a lent connection, at most for the statement time limit.
    ///
    /// The work is a task of its own, which has the connection until it is done: with `go_on` it
    /// outlives the answer, otherwise its statement is killed on the server and it ends by that.
    async fn within_time<T: Send + 'static>(
        &self,
        connection_id: u32,
        go_on: bool,
        work: impl Future<Output = Result<T, ApiError>> + Send + 'static,
    ) -> Result<T, ApiError> {
        let mut task = tokio::spawn(work);
        if let Ok(done) = timeout(self.limits.statement, &mut task).await {
            return done.unwrap_or_else(|error| Err(ApiError::internal(error.to_string())));
        }
        while !go_on && !task.is_finished() {
            // Repeated, because a kill that comes between two statements of a call hits nothing.
            let _ = self.connections.kill_statement(connection_id).await;
            let _ = timeout(KILL_INTERVAL, &mut task).await;
        }
        Err(ApiError::statement_timeout(connection_id))
    }
}

async fn execute_on(
    mut lease: Lease,
    sql: Sql,
    values: Vec<Value>,
    shape: ResultShape,
) -> Result<(Vec<u8>, u64, u64), ApiError> {
    let work = async |lease: &mut Lease| {
        let (connections, connection) = lease.parts()?;
        let outcome = statement::execute(connections, connection, &sql, values, shape).await?;
        let response = &outcome.response;
        let body = with_records(to_json(response)?, outcome.records_json.as_deref());
        let body = match response.formatted_records {
            // Their own limit was checked row by row.
            Some(_) => body,
            None => limited(body)?,
        };
        Ok((body, outcome.records, response.number_of_records_updated))
    };
    let result = work(&mut lease).await;
    lease.settle(result).await
}

async fn execute_batch_on(
    mut lease: Lease,
    sql: Sql,
    sets: Vec<Vec<Value>>,
) -> Result<(Vec<u8>, u64), ApiError> {
    let work = async |lease: &mut Lease| {
        let (connections, connection) = lease.parts()?;
        let (update_results, updated) =
            statement::execute_batch(connections, connection, &sql, sets).await?;
        Ok((limited(to_json(&BatchExecuteStatementResponse { update_results })?)?, updated))
    };
    let result = work(&mut lease).await;
    lease.settle(result).await
}

fn to_json(response: &impl Serialize) -> Result<Vec<u8>, ApiError> {
    serde_json::to_vec(response).map_err(|error| ApiError::internal(error.to_string()))
}

/// An answer with `records` as its last member.
fn with_records(mut body: Vec<u8>, records: Option<&str>) -> Vec<u8> {
    let Some(records) = records else { return body };
    body.pop();
    body.extend_from_slice(b",\"records\":");
    body.extend_from_slice(records.as_bytes());
    body.push(b'}');
    body
}

/// An answer that is too long is known as such only now, when its statement has run.
fn limited(body: Vec<u8>) -> Result<Vec<u8>, ApiError> {
    if body.len() > limits::RESPONSE { Err(ApiError::response_too_large()) } else { Ok(body) }
}
