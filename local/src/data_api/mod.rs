//! The RDS Data API over HTTP in front of a MySQL or MariaDB server.

mod call_log;
mod connections;
mod database_errors;
mod error_form;
mod errors;
mod faults;
mod fields;
mod limits;
mod messages;
mod metadata;
mod operation;
mod operations;
mod parameter_limit;
mod parameters;
mod records;
mod server;
mod sql;
mod statement;

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use axum::Router;
use axum::routing::post;
use tokio::task::JoinHandle;

pub use error_form::ErrorForm;
pub use faults::{Fault, FaultKind};
pub use limits::TimeLimits;
pub use operation::Operation;

use connections::Connections;
use operations::Service;
use parameter_limit::ParameterLimit;
use server::Server;

use crate::faults::Faults;
use crate::http_server::HttpServer;
use crate::identity::{Identity, REGION};
use crate::line_file::LineFile;
use crate::signature::Verifier;

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
    /// Whose calls are answered, and for what.
    pub identity: Identity,
    /// What `X-Amz-Security-Token` must hold if a request carries one; requests need not.
    pub session_token: Option<String>,
    /// A file that one line of JSON is appended to for each call.
    pub call_log: Option<PathBuf>,
    /// When calls and transactions time out.
    pub time_limits: TimeLimits,
    /// Whether an update counts the rows it found instead of those it changed (CLIENT_FOUND_ROWS),
    /// which is not documented for Aurora.
    pub found_rows: bool,
    /// How the messages of the database's errors are written; AWS documents no form.
    pub error_form: ErrorForm,
    /// Whether a row of a result may have more than 64 KB: AWS's documents do not agree on it.
    pub large_rows: bool,
    /// The most bytes of one parameter, beside the limit of a whole request: AWS documents none.
    pub largest_parameter: Option<usize>,
    /// What goes wrong on purpose; [`DataApi::set_faults`] and `POST /_rowgate/faults` change it.
    pub faults: Vec<Fault>,
}

impl DataApiOptions {
    /// The local defaults in front of a database.
    pub fn new(database_url: impl Into<String>, identity: Identity) -> Self {
        Self {
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            database_url: database_url.into(),
            region: REGION.into(),
            identity,
            session_token: None,
            call_log: None,
            time_limits: TimeLimits::default(),
            found_rows: false,
            error_form: ErrorForm::default(),
            large_rows: false,
            largest_parameter: None,
            faults: Vec::new(),
        }
    }
}

impl fmt::Debug for DataApiOptions {
    /// Leaves out the secrets, among them the database's address, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataApiOptions")
            .field("address", &self.address)
            .field("region", &self.region)
            .field("identity", &self.identity)
            .field("call_log", &self.call_log)
            .field("time_limits", &self.time_limits)
            .field("found_rows", &self.found_rows)
            .field("error_form", &self.error_form)
            .field("large_rows", &self.large_rows)
            .field("largest_parameter", &self.largest_parameter)
            .field("faults", &self.faults)
            .finish_non_exhaustive()
    }
}

/// A running Data API; dropping it ends it, without waiting for calls in flight.
pub struct DataApi {
    endpoint: String,
    faults: Arc<Faults<Operation, FaultKind>>,
    connections: Arc<Connections>,
    server: HttpServer,
    expiry: JoinHandle<()>,
}

impl DataApi {
    /// Connects to the database and begins to listen.
    ///
    /// Fails when the database does not answer, when the address is taken, or when the call log
    /// cannot be opened.
    pub async fn start(options: DataApiOptions) -> Result<Self> {
        let (url, limits) = (&options.database_url, options.time_limits);
        let connections = Connections::open(url, limits, options.found_rows).await?;
        let connections = Arc::new(connections);
        let call_log = options.call_log.as_deref().map(LineFile::open).transpose()?;

        let verifier = Verifier {
            service: "rds-data",
            region: options.region,
            access_key_id: options.identity.access_key_id.clone(),
            secret_access_key: options.identity.secret_access_key.clone(),
            session_token: options.session_token,
        };
        let service = Service {
            cluster_arn: options.identity.cluster_arn.clone(),
            secret_arn: options.identity.secret_arn.clone(),
            connections: Arc::clone(&connections),
            limits,
            large_rows: options.large_rows,
            parameter_limit: ParameterLimit::new(options.largest_parameter),
        };
        let faults = Arc::new(Faults::new(options.faults));
        let error_form = options.error_form;
        let (identity, faults_here) = (options.identity, Arc::clone(&faults));
        let server =
            Server { verifier, service, identity, error_form, faults: faults_here, call_log };
        let server = HttpServer::start(options.address, router(server)).await?;
        Ok(Self {
            endpoint: format!("http://{}", server.address()),
            faults,
            expiry: tokio::spawn(expire(Arc::clone(&connections))),
            connections,
            server,
        })
    }

    /// The address for `DATA_API_ENDPOINT`: `http://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Takes the faults that are in force from now on; none ends them all.
    ///
    /// `POST /_rowgate/faults` on the same port does it over HTTP: a JSON array of their texts, as
    /// in `["commit:cut-after:times=1"]`, unsigned, with [`CONTROL_HEADER`](crate::CONTROL_HEADER).
    pub fn set_faults(&self, faults: Vec<Fault>) {
        self.faults.replace(faults);
    }

    /// Lets calls in flight end, for two seconds at most, and rolls back every open transaction.
    pub async fn stop(mut self) {
        self.server.stop().await;
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
        self.expiry.abort();
    }
}

fn router(server: Server) -> Router {
    Router::new()
        .route("/_rowgate/faults", post(server::set_faults))
        .fallback(server::serve)
        .with_state(Arc::new(server))
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
        let identity = Identity {
            secret_access_key: "hidden-key".into(),
            control_secret: "hidden-secret".into(),
            ..Identity::new().unwrap()
        };
        let options = DataApiOptions {
            session_token: Some("hidden-token".into()),
            ..DataApiOptions::new("mysql://root:hidden-password@127.0.0.1/rowgate", identity)
        };
        let text = format!("{options:?}");
        assert!(text.contains("us-east-1") && !text.contains("hidden"), "{text}");
    }
}
