//! The Runtime API, by which a function's process asks for events and answers them.
//!
//! Source: "Using the Lambda runtime API for custom runtimes" in the Lambda Developer Guide. Each
//! process has a server of its own, so that it needs no name.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::json;
use time::OffsetDateTime;
use tokio::sync::{mpsc, oneshot};

use super::invocation::FunctionError;
use super::limits::RESPONSE;
use crate::identifiers::random_hex;

/// An event for a process.
pub(super) struct Job {
    pub(super) request_id: String,
    pub(super) payload: Bytes,
    /// Told when the process takes it.
    pub(super) taken: oneshot::Sender<Instant>,
    /// Told what came of it.
    pub(super) done: oneshot::Sender<Result<Bytes, FunctionError>>,
}

/// What one process and its environment share.
pub(super) struct Desk {
    jobs: tokio::sync::Mutex<mpsc::Receiver<Job>>,
    timeout: Duration,
    function_arn: String,
    progress: Mutex<Progress>,
}

#[derive(Default)]
struct Progress {
    first_next: Option<Instant>,
    init_error: Option<FunctionError>,
    current: Option<(String, oneshot::Sender<Result<Bytes, FunctionError>>)>,
}

impl Desk {
    /// The other end takes one job at a time.
    pub(super) fn new(timeout: Duration, function_arn: String) -> (Arc<Self>, mpsc::Sender<Job>) {
        let (sender, jobs) = mpsc::channel(1);
        let jobs = tokio::sync::Mutex::new(jobs);
        (Arc::new(Self { jobs, timeout, function_arn, progress: Mutex::default() }), sender)
    }

    /// The routes below a secret that the process alone is told: AWS's own API needs none, since no
    /// other program runs where it listens.
    pub(super) fn router(self: &Arc<Self>, secret: &str) -> Router {
        let routes = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(respond))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(fail))
            .route("/2018-06-01/runtime/init/error", post(fail_to_start))
            .layer(DefaultBodyLimit::disable())
            .with_state(Arc::clone(self));
        Router::new().nest(&format!("/{secret}"), routes)
    }

    /// When the process asked for the first time.
    pub(super) fn first_next(&self) -> Option<Instant> {
        self.progress().first_next
    }

    /// Why the process could not start, if it said so.
    pub(super) fn init_error(&self) -> Option<FunctionError> {
        self.progress().init_error.clone()
    }

    fn finish(&self, id: &str, result: Result<Bytes, FunctionError>) -> bool {
        let mut progress = self.progress();
        let Some((_, done)) = progress.current.take_if(|(current, _)| current == id) else {
            return false;
        };
        let _ = done.send(result);
        true
    }

    /// No code panics while it holds the lock, so a poisoned one is as good as any.
    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits for an event, as long as it takes.
async fn next(State(desk): State<Arc<Desk>>) -> Response {
    desk.progress().first_next.get_or_insert_with(Instant::now);
    let job = desk.jobs.lock().await.recv().await;
    let Some(job) = job else { return StatusCode::GONE.into_response() };

    let headers = [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", job.request_id.clone()),
        ("lambda-runtime-deadline-ms", milliseconds_in(desk.timeout).to_string()),
        ("lambda-runtime-invoked-function-arn", desk.function_arn.clone()),
        ("lambda-runtime-trace-id", new_trace_id()),
    ];
    desk.progress().current = Some((job.request_id, job.done));
    let _ = job.taken.send(Instant::now());
    (headers, job.payload).into_response()
}

async fn respond(State(desk): State<Arc<Desk>>, Path(id): Path<String>, body: Bytes) -> Response {
    if body.len() > RESPONSE {
        let message = format!(
            "Response payload size exceeded maximum allowed payload size ({RESPONSE} bytes)."
        );
        let error = FunctionError::new("Function.ResponseSizeTooLarge", &message);
        desk.finish(&id, Err(error));
        return refuse(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", &message);
    }
    accept(desk.finish(&id, Ok(body)))
}

async fn fail(State(desk): State<Arc<Desk>>, Path(id): Path<String>, body: Bytes) -> Response {
    accept(desk.finish(&id, Err(FunctionError { body })))
}

async fn fail_to_start(State(desk): State<Arc<Desk>>, body: Bytes) -> Response {
    desk.progress().init_error = Some(FunctionError { body });
    accept(true)
}

fn accept(is_known: bool) -> Response {
    if is_known {
        return (StatusCode::ACCEPTED, json!({"status": "OK"}).to_string()).into_response();
    }
    refuse(StatusCode::BAD_REQUEST, "InvalidRequestID", "Invalid request ID")
}

fn refuse(status: StatusCode, error_type: &str, message: &str) -> Response {
    let body = json!({"errorType": error_type, "errorMessage": message});
    (status, body.to_string()).into_response()
}

/// The time on the clock after a while, in milliseconds since 1970.
fn milliseconds_in(time: Duration) -> i128 {
    let then = OffsetDateTime::now_utc() + time;
    then.unix_timestamp_nanos() / 1_000_000
}

/// In the form of X-Ray, which samples none of them.
fn new_trace_id() -> String {
    let seconds = OffsetDateTime::now_utc().unix_timestamp();
    let (root, parent) = (random_hex::<12>(), random_hex::<8>());
    format!("Root=1-{seconds:08x}-{root};Parent={parent};Sampled=0")
}
