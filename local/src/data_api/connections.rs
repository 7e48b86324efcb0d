//! Database connections: pooled ones for single calls, kept ones for transactions.

use std::collections::HashMap;
use std::error::Error;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, OptsBuilder, Pool, PoolConstraints, PoolOpts};

use super::database_errors::api_error;
use super::errors::{ApiError, ErrorKind};
use super::limits::{CONNECTION_WAIT, TimeLimits};

/// Ten idle ones are kept. The most is enough for a test with a hundred transactions, and below what
/// a server accepts by default (151).
const POOL: PoolConstraints = PoolConstraints::new(10, 120).expect("10 is less than 120");

/// All connections to the database behind the API.
pub(super) struct Connections {
    pool: Pool,
    options: Opts,
    default_database: String,
    mariadb: bool,
    limits: TimeLimits,
    transactions: Mutex<HashMap<String, Transaction>>,
}

/// A transaction between its calls; during a call its connection is lent out.
struct Transaction {
    connection: Option<Conn>,
    database: String,
    began: Instant,
    used: Instant,
}

impl Transaction {
    fn is_over(&self, now: Instant, limits: &TimeLimits) -> bool {
        let idle = self.connection.is_some() && now - self.used >= limits.transaction_idle;
        idle || now - self.began >= limits.transaction
    }
}

/// Why there is no connection: the last cause says most, and those before it say it again.
fn refused(options: &Opts, error: &dyn Error) -> anyhow::Error {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    let place = format!("{}:{}", options.ip_or_hostname(), options.tcp_port());
    anyhow!("no database lets us in at {place}: {cause}; start its server, or mend its address")
}

impl Connections {
    /// Connects once, so that a wrong address shows at the start.
    pub(super) async fn open(url: &str, limits: TimeLimits, found_rows: bool) -> Result<Self> {
        let options = Opts::from_str(url).map_err(|_| {
            anyhow!(
                "the database's address is not of the form mysql://user:password@host:port/database"
            )
        })?;
        let default_database =
            options.db_name().context("the database's address names no database")?.to_owned();
        // A connection comes back from a reset with the server's character set and with the
        // database that was last used.
        let setup = format!("SET NAMES utf8mb4; USE {}", quoted(&default_database));
        let options: Opts = OptsBuilder::from_opts(options)
            .pool_opts(PoolOpts::default().with_constraints(POOL).with_reset_connection(true))
            .setup(vec![setup])
            .prefer_socket(false)
            .client_found_rows(found_rows)
            .into();

        let connected = Conn::new(options.clone()).await;
        let mut connection = connected.map_err(|error| refused(&options, &error))?;
        let version: Option<String> = connection.query_first("SELECT VERSION()").await?;
        connection.disconnect().await?;
        let mariadb = version.is_some_and(|version| version.contains("MariaDB"));

        let pool = Pool::new(options.clone());
        let transactions = Mutex::default();
        Ok(Self { pool, options, default_database, mariadb, limits, transactions })
    }

    /// The API's error for an error of the driver.
    pub(super) fn error(&self, error: &mysql_async::Error) -> ApiError {
        api_error(error, self.mariadb)
    }

    /// Lends a connection for a call of its own. Nothing of an earlier call is left in its session.
    pub(super) async fn lend(self: &Arc<Self>, database: Option<&str>) -> Result<Lease, ApiError> {
        let connection = self.connection(database).await?;
        Ok(Lease { connection: Some(connection), transaction: None, owner: Arc::clone(self) })
    }

    /// Lends the connection of a transaction; one call at a time has it.
    pub(super) fn lend_transaction(
        self: &Arc<Self>,
        id: &str,
        database: Option<&str>,
    ) -> Result<Lease, ApiError> {
        let mut transactions = self.transactions();
        let found = transactions.get_mut(id);
        let transaction = found
            .filter(|transaction| !transaction.is_over(Instant::now(), &self.limits))
            .ok_or_else(|| ApiError::transaction_not_found(id))?;
        if database.is_some_and(|name| name != transaction.database) {
            let message = "Database name is not the same as transaction database";
            return Err(ApiError::bad_request(message));
        }
        let connection = transaction.connection.take().ok_or_else(|| {
            ApiError::new(ErrorKind::DatabaseError, "Transaction is still running a query")
        })?;
        let transaction = Some(id.to_owned());
        Ok(Lease { connection: Some(connection), transaction, owner: Arc::clone(self) })
    }

    /// Opens a transaction and gives its id.
    ///
    /// Autocommit is off instead of START TRANSACTION: as with JDBC, a statement after an implicit
    /// commit (DDL) or a deadlock is in a transaction again.
    pub(super) async fn begin(&self, database: Option<&str>) -> Result<String, ApiError> {
        let mut connection = self.connection(database).await?;
        let result = connection.query_drop("SET autocommit=0").await;
        result.map_err(|error| self.error(&error))?;

        let id = new_transaction_id()?;
        let now = Instant::now();
        let transaction = Transaction {
            connection: Some(connection),
            database: database.unwrap_or(&self.default_database).to_owned(),
            began: now,
            used: now,
        };
        self.transactions().insert(id.clone(), transaction);
        Ok(id)
    }

    /// Kills the statement that a connection is running; an idle connection does not mind.
    pub(super) async fn kill_statement(&self, connection_id: u32) -> Result<(), ApiError> {
        let kill = async {
            let mut connection = Conn::new(self.options.clone()).await?;
            connection.query_drop(format!("KILL QUERY {connection_id}")).await?;
            connection.disconnect().await
        };
        kill.await.map_err(|error| self.error(&error))
    }

    /// Rolls back what has been idle, or has lasted, for too long.
    pub(super) async fn expire_transactions(&self) {
        let now = Instant::now();
        let over = self.remove_transactions(|transaction| transaction.is_over(now, &self.limits));
        self.roll_back(over).await;
    }

    /// How often to look for transactions that are over: a lent one is checked when it is asked for.
    pub(super) fn expiry_interval(&self) -> Duration {
        let shortest = self.limits.transaction_idle.min(self.limits.transaction);
        (shortest / 10).clamp(Duration::from_millis(10), Duration::from_secs(1))
    }

    /// Rolls back everything and closes the connections.
    pub(super) async fn close(&self) {
        let all = self.remove_transactions(|_| true);
        self.roll_back(all).await;
        let _ = tokio::time::timeout(Duration::from_secs(2), self.pool.clone().disconnect()).await;
    }

    async fn connection(&self, database: Option<&str>) -> Result<Conn, ApiError> {
        let wait = tokio::time::timeout(CONNECTION_WAIT, self.pool.get_conn());
        let connection = wait.await.map_err(|_| {
            ApiError::new(ErrorKind::DatabaseUnavailable, "All database connections are in use")
        })?;
        let mut connection = connection.map_err(|error| self.error(&error))?;

        if let Some(name) = database.filter(|name| *name != self.default_database) {
            let result = connection.query_drop(format!("USE {}", quoted(name))).await;
            result.map_err(|error| self.error(&error))?;
        }
        Ok(connection)
    }

    fn remove_transactions(&self, over: impl Fn(&Transaction) -> bool) -> Vec<Conn> {
        let mut removed = self.transactions().extract_if(|_, it| over(it)).collect::<Vec<_>>();
        removed.iter_mut().filter_map(|(_, it)| it.connection.take()).collect()
    }

    async fn roll_back(&self, connections: Vec<Conn>) {
        for mut connection in connections {
            // If it fails the connection is lost, and the server rolls back by itself.
            let _ = connection.query_drop("ROLLBACK").await;
        }
    }

    /// No code panics while it holds the lock, so a poisoned one is as good as any.
    fn transactions(&self) -> MutexGuard<'_, HashMap<String, Transaction>> {
        self.transactions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection in the hands of one call, which takes it back where it belongs.
pub(super) struct Lease {
    connection: Option<Conn>,
    transaction: Option<String>,
    owner: Arc<Connections>,
}

impl Lease {
    /// The connection, and what explains its errors.
    pub(super) fn parts(&mut self) -> Result<(&Connections, &mut Conn), ApiError> {
        let gone = || ApiError::internal("the connection is gone");
        Ok((&self.owner, self.connection.as_mut().ok_or_else(gone)?))
    }

    pub(super) fn connection_id(&self) -> u32 {
        self.connection.as_ref().map_or(0, Conn::id)
    }

    /// Hands the result of a call on, and ends the transaction if that result says so.
    ///
    /// Rows may still be in flight then; killing the statement stops them.
    pub(super) async fn settle<T>(self, result: Result<T, ApiError>) -> Result<T, ApiError> {
        if let Err(error) = &result
            && error.ends_transaction
        {
            // A server that came back has given the number to someone else.
            if error.kind != ErrorKind::DatabaseUnavailable {
                let _ = self.owner.kill_statement(self.connection_id()).await;
            }
            let _ = self.end("ROLLBACK").await;
        }
        result
    }

    /// Drops the changes so far, and leaves the transaction open.
    pub(super) async fn roll_back(mut self) -> Result<(), ApiError> {
        let (connections, connection) = self.parts()?;
        let result = connection.query_drop("ROLLBACK").await;
        result.map_err(|error| connections.error(&error))
    }

    /// Ends the transaction with COMMIT or ROLLBACK. It is gone even if that fails.
    pub(super) async fn end(mut self, how: &str) -> Result<(), ApiError> {
        let Some(mut connection) = self.connection.take() else { return Ok(()) };
        if let Some(id) = self.transaction.take() {
            self.owner.transactions().remove(&id);
        }
        let result = connection.query_drop(how).await;
        result.map_err(|error| self.owner.error(&error))
    }
}

impl Drop for Lease {
    /// A pooled connection goes back by itself. A transaction's goes back to its transaction, unless
    /// that has timed out meanwhile or this thread is unwinding in the middle of a statement.
    fn drop(&mut self) {
        let Some(id) = self.transaction.take() else { return };
        let mut transactions = self.owner.transactions();
        if std::thread::panicking() {
            transactions.remove(&id);
        } else if let Some(transaction) = transactions.get_mut(&id) {
            transaction.connection = self.connection.take();
            transaction.used = Instant::now();
        }
    }
}

/// An identifier as SQL writes it.
fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// As long as AWS's own (184 characters of base64), so that a column or header that is too short
/// for one shows here.
fn new_transaction_id() -> Result<String, ApiError> {
    let mut bytes = [0; 138];
    getrandom::fill(&mut bytes).map_err(|error| ApiError::internal(error.to_string()))?;
    Ok(BASE64.encode(bytes))
}
