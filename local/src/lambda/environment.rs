//! One execution environment: a process of the function with its own Runtime API.

use std::ffi::OsString;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use axum::body::Bytes;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::sync::{mpsc, oneshot};

use super::invocation::FunctionError;
use super::limits::START;
use super::output;
use super::runtime_api::{Desk, Job};
use crate::http_server::HttpServer;
use crate::identity::secret;
use crate::line_file::LineFile;
use crate::supervised::{Ending, Supervised};

/// What all environments of a function have in common.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<String>,
    pub(super) arn: String,
    /// All variables but the one that tells where the Runtime API is.
    pub(super) variables: Vec<(String, String)>,
    pub(super) timeout: Duration,
    pub(super) log: Option<Arc<LineFile>>,
}

/// The environment; dropping it kills its process.
pub(super) struct Environment {
    process: Supervised,
    desk: Arc<Desk>,
    jobs: mpsc::Sender<Job>,
    timeout: Duration,
    started: Instant,
    was_used: bool,
    // Listens as long as the process may ask.
    _server: HttpServer,
}

/// What has come of one event.
pub(super) enum Run {
    /// The process is ready for the next one.
    Done { result: Result<Bytes, FunctionError>, duration: Duration },
    /// The process is gone or has to go.
    Broken { error: FunctionError, duration: Duration },
    /// The process had ended before it saw the event.
    Unseen,
}

impl Environment {
    pub(super) async fn start(function: &Function) -> Result<Self> {
        let (desk, jobs) = Desk::new(function.timeout, function.arn.clone());
        let secret = secret()?;
        let router = desk.router(&secret);
        let server = HttpServer::start((Ipv4Addr::LOCALHOST, 0).into(), router).await?;
        let api = format!("http://{}/{secret}", server.address());
        let started = Instant::now();
        Ok(Self {
            process: spawn(function, &api)?,
            desk,
            jobs,
            timeout: function.timeout,
            started,
            was_used: false,
            _server: server,
        })
    }

    pub(super) fn is_running(&mut self) -> bool {
        self.process.is_running()
    }

    /// From the start of the process until it asked for its first event.
    pub(super) fn cold_start(&self) -> Option<Duration> {
        Some(self.desk.first_next()?.duration_since(self.started))
    }

    /// Hands an event to the process and waits for what comes of it.
    pub(super) async fn run(&mut self, request_id: &str, payload: Bytes) -> Run {
        let (taken, is_taken) = oneshot::channel();
        let (done, is_done) = oneshot::channel();
        let was_used = std::mem::replace(&mut self.was_used, true);
        let job = Job { request_id: request_id.to_owned(), payload, taken, done };
        if self.jobs.send(job).await.is_err() {
            return Run::Unseen;
        }

        let patience = if was_used { self.timeout } else { START };
        tokio::select! {
            biased;
            Ok(began) = is_taken => self.finish(request_id, began, is_done).await,
            status = self.process.ended() => {
                if was_used { Run::Unseen } else { self.could_not_start(request_id, status.ok()) }
            }
            () = tokio::time::sleep(patience) => timed_out(request_id, patience, patience),
        }
    }

    async fn finish(
        &mut self,
        request_id: &str,
        began: Instant,
        is_done: oneshot::Receiver<Result<Bytes, FunctionError>>,
    ) -> Run {
        let deadline = tokio::time::Instant::from_std(began + self.timeout);
        tokio::select! {
            biased;
            Ok(result) = is_done => Run::Done { result, duration: began.elapsed() },
            status = self.process.ended() => {
                let error = exited(request_id, status.ok());
                Run::Broken { error, duration: began.elapsed() }
            }
            () = tokio::time::sleep_until(deadline) => {
                timed_out(request_id, self.timeout, began.elapsed())
            }
        }
    }

    fn could_not_start(&self, request_id: &str, status: Option<ExitStatus>) -> Run {
        let error = self.desk.init_error().unwrap_or_else(|| exited(request_id, status));
        Run::Broken { error, duration: Duration::ZERO }
    }

    /// Kills the process and waits for its end.
    pub(super) async fn stop(self) {
        let _ = self.process.stop().await;
    }
}

fn spawn(function: &Function, api: &str) -> Result<Supervised> {
    let (output, errors) = match &function.log {
        Some(log) => output::pipe(Arc::clone(log))?,
        None => (Stdio::null(), Stdio::null()),
    };
    let folder = function.program.parent().unwrap_or(Path::new("/"));
    let arguments: Vec<_> = function.arguments.iter().map(OsString::from).collect();
    Supervised::spawn(&function.program, &arguments, Ending::AtOnce, |command| {
        command
            .env_clear()
            .envs(function.variables.iter().map(|(name, value)| (name, value)))
            .env("AWS_LAMBDA_RUNTIME_API", api)
            .current_dir(folder)
            .stdout(output)
            .stderr(errors);
    })
    .context("cannot start an environment")
}

fn exited(request_id: &str, status: Option<ExitStatus>) -> FunctionError {
    let status = match status.and_then(|status| status.code()) {
        // That is how a shell, which the supervisor is, tells of a signal.
        Some(code) if code > 128 => format!("signal: {}", code - 128),
        Some(code) => format!("exit status {code}"),
        None => "exit status unknown".to_owned(),
    };
    let message = format!("RequestId: {request_id} Error: Runtime exited with error: {status}");
    FunctionError::new("Runtime.ExitError", message)
}

fn timed_out(request_id: &str, limit: Duration, duration: Duration) -> Run {
    let time = OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default();
    let seconds = limit.as_secs_f64();
    let message = format!("{time} {request_id} Task timed out after {seconds:.2} seconds");
    Run::Broken { error: FunctionError::new("Sandbox.Timedout", message), duration }
}
