//! The RDS Data API over HTTP in front of a MySQL or MariaDB server.

mod call_log;
mod connections;
mod database_errors;
mod errors;
mod fields;
mod limits;
mod messages;
mod metadata;
mod operations;
mod parameters;
mod records;
mod server;
mod signature;
mod sql;
mod statement;

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub use limits::TimeLimits;

use call_log::CallLog;
use connections::Connections;
use operations::Service;
use server::Server;
use signature::Verifier;

/// The region that a local Data API answers for unless told otherwise.
pub const REGION: &str = "us-east-1";
/// The cluster that a local Data API knows unless told otherwise.
pub const CLUSTER_ARN: &str = "arn:aws:rds:us-east-1:123456789012:cluster:rowgate-local";
/// The secret that a local Data API knows unless told otherwise.
pub const SECRET_ARN: &str =
    "arn:aws:secretsmanager:us-east-1:123456789012:secret:rowgate-local-AbCdEf";
/// The access key that a local Data API accepts unless told otherwise.
pub const ACCESS_KEY_ID: &str = "rowgate-local";
/// The secret that belongs to [`ACCESS_KEY_ID`]. It guards nothing but a database on loopback.
pub const SECRET_ACCESS_KEY: &str = "rowgate-local-secret";

/// How long calls in flight may take to end when the server stops.
const STOP_LIMIT: Duration = Duration::from_secs(2);

/// What [`DataApi::start`] is told.
#[derive(Clone)]
pub struct DataApiOptions {
    /// Where to listen; port 0 is a free one.
    pub address: SocketAddr,
    /// `mysql://user:password@host:port/database`. Calls that name no database get this one, as if
    /// the secret held it.
    pub database_url: String,
    /// The region that signatures must be for.
    pub region: String,
    /// The only `resourceArn` that is known.
    pub cluster_arn: String,
    /// The only `secretArn` that is known.
    pub secret_arn: String,
    /// The only access key that is known.
    pub access_key_id: String,
    /// The secret that signatures are made with.
    pub secret_access_key: String,
    /// What `X-Amz-Security-Token` must hold if a request carries one; requests need not.
    pub session_token: Option<String>,
    /// A file that one line of JSON is appended to for each call.
    pub call_log: Option<PathBuf>,
    /// When calls and transactions time out.
    pub time_limits: TimeLimits,
}

impl DataApiOptions {
    /// The local defaults in front of a database.
    pub fn new(database_url: impl Into<String>) -> Self {
        Self {
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            database_url: database_url.into(),
            region: REGION.into(),
            cluster_arn: CLUSTER_ARN.into(),
            secret_arn: SECRET_ARN.into(),
            access_key_id: ACCESS_KEY_ID.into(),
            secret_access_key: SECRET_ACCESS_KEY.into(),
            session_token: None,
            call_log: None,
            time_limits: TimeLimits::default(),
        }
    }
}

impl fmt::Debug for DataApiOptions {
    /// Leaves out the secrets, among them the database's address, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataApiOptions")
            .field("address", &self.address)
            .field("region", &self.region)
            .field("cluster_arn", &self.cluster_arn)
            .field("secret_arn", &self.secret_arn)
            .field("access_key_id", &self.access_key_id)
            .field("call_log", &self.call_log)
            .field("time_limits", &self.time_limits)
            .finish_non_exhaustive()
    }
}

/// A running Data API; dropping it ends it, without waiting for calls in flight.
pub struct DataApi {
    endpoint: String,
    connections: Arc<Connections>,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<()>,
    expiry: JoinHandle<()>,
}

impl DataApi {
    /// Connects to the database and begins to listen.
    ///
    /// Fails when the database does not answer, when the address is taken, or when the call log
    /// cannot be opened.
    pub async fn start(options: DataApiOptions) -> Result<Self> {
        let connections = Connections::open(&options.database_url, options.time_limits).await?;
        let connections = Arc::new(connections);
        let call_log = options.call_log.as_deref().map(CallLog::open).transpose()?;

        let listener = TcpListener::bind(options.address).await;
        let listener = listener.with_context(|| format!("cannot listen on {}", options.address))?;
        let endpoint = format!("http://{}", listener.local_addr()?);

        let verifier = Verifier {
            region: options.region,
            access_key_id: options.access_key_id,
            secret_access_key: options.secret_access_key,
            session_token: options.session_token,
        };
        let service = Service {
            cluster_arn: options.cluster_arn,
            secret_arn: options.secret_arn,
            connections: Arc::clone(&connections),
            limits: options.time_limits,
        };
        let server = Arc::new(Server { verifier, service, call_log });
        let (stop, stopped) = oneshot::channel();
        Ok(Self {
            endpoint,
            expiry: tokio::spawn(expire(Arc::clone(&connections))),
            connections,
            stop: Some(stop),
            server: tokio::spawn(listen(listener, server, stopped)),
        })
    }

    /// The address for `DATA_API_ENDPOINT`: `http://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Lets calls in flight end, for two seconds at most, and rolls back every open transaction.
    pub async fn stop(mut self) {
        drop(self.stop.take());
        let _ = tokio::time::timeout(STOP_LIMIT, &mut self.server).await;
        self.connections.close().await;
    }
}

impl fmt::Debug for DataApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataApi").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

impl Drop for DataApi {
    fn drop(&mut self) {
        self.server.abort();
        self.expiry.abort();
    }
}

async fn listen(listener: TcpListener, server: Arc<Server>, stopped: oneshot::Receiver<()>) {
    let router = Router::new().fallback(server::serve).with_state(server);
    let listener = listener.tap_io(|stream| {
        // Small answers go out at once; if that cannot be had they are only slower.
        let _ = stream.set_nodelay(true);
    });
    let stopped = async {
        let _ = stopped.await;
    };
    let _ = axum::serve(listener, router).with_graceful_shutdown(stopped).await;
}

async fn expire(connections: Arc<Connections>) {
    let mut ticks = tokio::time::interval(connections.expiry_interval());
    loop {
        ticks.tick().await;
        connections.expire_transactions().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let options = DataApiOptions {
            secret_access_key: "hidden-key".into(),
            session_token: Some("hidden-token".into()),
            ..DataApiOptions::new("mysql://root:hidden-password@127.0.0.1/rowgate")
        };
        let text = format!("{options:?}");
        assert!(text.contains("us-east-1") && !text.contains("hidden"), "{text}");
    }
}
