//! A host that runs a Lambda function's real binary as AWS does.

mod api;
mod environment;
mod invocation;
mod limits;
mod output;
mod pool;
mod runtime_api;
mod service;
mod variables;

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use axum::body::Bytes;
use serde_json::Value;
use tokio::sync::mpsc::UnboundedReceiver;

pub use invocation::{FunctionError, Invocation, LostEvent};

use crate::http_server::HttpServer;
use crate::identity::{Identity, REGION};
use crate::line_file::LineFile;
use crate::signature::Verifier;
use api::Api;
use environment::Function;
use pool::Pool;
use service::Service;
use variables::variables;

/// What [`LambdaHost::start`] is told.
#[derive(Clone)]
pub struct LambdaOptions {
    /// Whose calls are answered, and what the function signs with.
    pub identity: Identity,
    /// The function's executable, `bootstrap`.
    pub program: PathBuf,
    /// What it is started with; AWS gives none.
    pub arguments: Vec<String>,
    /// The function's name.
    pub name: String,
    /// The function's own variables, 4 KB at most; beside AWS's it finds no others.
    pub environment: Vec<(String, String)>,
    /// How long an invocation may run before its process is killed.
    pub timeout: Duration,
    /// What the function is told about its memory; it is not enforced.
    pub memory_mb: u32,
    /// A file that what the function prints is appended to, and a `REPORT` line of AWS's for each
    /// invocation.
    pub log: Option<PathBuf>,
    /// How long a failed event waits before each of its further attempts.
    pub retry_delays: Vec<Duration>,
    /// How many processes may run at a time. More invocations wait, where AWS would refuse synchronous
    /// ones.
    pub concurrency: usize,
    /// Where Lambda's API listens; port 0 is a free one.
    pub address: SocketAddr,
}

impl LambdaOptions {
    /// AWS's times, 512 MB and 4 processes for a program.
    pub fn new(program: impl Into<PathBuf>, identity: Identity) -> Self {
        Self {
            identity,
            program: program.into(),
            arguments: Vec::new(),
            name: "rowgate".into(),
            environment: Vec::new(),
            timeout: Duration::from_secs(900),
            memory_mb: 512,
            log: None,
            retry_delays: vec![Duration::from_secs(60), Duration::from_secs(120)],
            concurrency: 4,
            address: (Ipv4Addr::LOCALHOST, 0).into(),
        }
    }
}

impl fmt::Debug for LambdaOptions {
    /// Leaves out the variables' values, which may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.environment.iter().map(|(name, _)| name).collect::<Vec<_>>();
        f.debug_struct("LambdaOptions")
            .field("program", &self.program)
            .field("arguments", &self.arguments)
            .field("name", &self.name)
            .field("environment", &names)
            .field("timeout", &self.timeout)
            .field("memory_mb", &self.memory_mb)
            .field("log", &self.log)
            .field("retry_delays", &self.retry_delays)
            .field("concurrency", &self.concurrency)
            .field("address", &self.address)
            .finish()
    }
}

/// A running host of one function; dropping it kills the function's processes.
pub struct LambdaHost {
    arn: String,
    endpoint: String,
    service: Arc<Service>,
    server: HttpServer,
}

impl LambdaHost {
    /// Begins to listen; the function's processes are started when they are needed.
    ///
    /// Fails when the program is not there, when its variables are over 4 KB, when the log cannot
    /// be opened, or when the address is taken.
    pub async fn start(options: LambdaOptions) -> Result<Self> {
        let program = options.program.canonicalize();
        let program = program
            .with_context(|| format!("there is no program {}", options.program.display()))?;
        let size = options.environment.iter().map(|(name, value)| name.len() + value.len());
        ensure!(
            size.sum::<usize>() <= limits::VARIABLES,
            "a function's variables take 4 KB at most"
        );

        let identity = &options.identity;
        let arn = format!("arn:aws:lambda:{REGION}:{}:function:{}", identity.account, options.name);
        let own = &options.environment;
        let function = Function {
            variables: variables(identity, &options.name, options.memory_mb, &program, own),
            program,
            arguments: options.arguments,
            arn: arn.clone(),
            timeout: options.timeout,
            log: options.log.as_deref().map(LineFile::open).transpose()?.map(Arc::new),
        };
        let pool = Pool::new(function, options.memory_mb, options.concurrency.max(1));
        let service = Arc::new(Service::new(pool, options.retry_delays));
        let api = Api {
            service: Arc::clone(&service),
            verifier: verifier(identity),
            name: options.name,
            arn: arn.clone(),
        };
        let server = HttpServer::start(options.address, api.router()).await?;
        Ok(Self { arn, endpoint: format!("http://{}", server.address()), service, server })
    }

    /// The address of Lambda's API, for `AWS_ENDPOINT_URL_LAMBDA`: `http://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The function's name in full.
    pub fn arn(&self) -> &str {
        &self.arn
    }

    /// Runs the function and waits for its answer; its own failure is in the [`Invocation`].
    ///
    /// It runs to its end even if the caller has gone. Fails when no process can be started, when
    /// the payload is over 6 MB, or when the host is stopped meanwhile.
    pub async fn invoke(&self, payload: impl Into<Bytes>) -> Result<Invocation> {
        self.service.invoke(payload.into()).await
    }

    /// Queues an event and gives its request id; it is repeated when the function fails.
    ///
    /// Must be called inside of a Tokio runtime. Fails when the payload is over 1 MB.
    pub fn invoke_async(&self, payload: impl Into<Bytes>) -> Result<String> {
        self.service.invoke_async(payload.into())
    }

    /// Queues every event that comes, as from [`S3Options::notifications`](crate::S3Options).
    ///
    /// Must be called inside of a Tokio runtime. Events over 1 MB are dropped.
    pub fn listen(&self, mut events: UnboundedReceiver<Value>) {
        let service = Arc::clone(&self.service);
        tokio::spawn(async move {
            while let Some(event) = events.recv().await {
                let _ = service.invoke_async(event.to_string().into());
            }
        });
    }

    /// Waits until no event is queued, running, or waiting for its next attempt.
    pub async fn idle(&self) {
        self.service.idle().await;
    }

    /// The events that failed at every attempt, the earliest first.
    pub fn failures(&self) -> Vec<LostEvent> {
        self.service.failures()
    }

    /// How long the last process that was started took until it asked for its first event.
    pub fn cold_start(&self) -> Option<Duration> {
        self.service.cold_start()
    }

    /// Kills the function's processes, whatever they are at; queued events are lost.
    pub async fn stop(mut self) {
        self.service.stop().await;
        self.server.stop().await;
    }
}

impl fmt::Debug for LambdaHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LambdaHost")
            .field("arn", &self.arn)
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

impl Drop for LambdaHost {
    fn drop(&mut self) {
        self.service.abandon();
    }
}

fn verifier(identity: &Identity) -> Verifier {
    Verifier {
        service: "lambda",
        region: REGION.into(),
        access_key_id: identity.access_key_id.clone(),
        secret_access_key: identity.secret_access_key.clone(),
        session_token: None,
    }
}
