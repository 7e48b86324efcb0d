//! rowgate as an AWS Lambda: one program for files, queues, API Gateway and operations.
//!
//! `event` turns what Lambda delivers into typed requests; `records`, `http` and `operations` call the
//! core with them; `answer` is what goes back. There is no rule of rowgate's in here.

#![cfg_attr(test, allow(clippy::unwrap_used))]
// An invocation's future holds those of the core's pipelines, each within the one before.
#![recursion_limit = "256"]

mod answer;
mod app;
mod event;
mod failure;
mod handler;
mod http;
mod invocation;
mod loads;
mod log;
mod metrics;
mod operations;
mod records;
mod tables;

use std::process::ExitCode;
use std::time::Duration;

use lambda_runtime::{LambdaEvent, service_fn};
use rowgate_native::Interruption;
use serde_json::value::RawValue;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Mutex;
use tracing::error;

use app::App;
use invocation::Invocation;

/// How long an answer may take to the runtime once an interrupted invocation has ended.
const ANSWER: Duration = Duration::from_millis(200);

/// Serves invocations until the runtime ends the process; the settings are those of the environment.
///
/// It needs a runtime of tokio with two workers: reading a file's next bytes goes on while its rows are in
/// flight.
pub async fn serve() -> ExitCode {
    log::begin();
    match run().await {
        Ok(code) => code,
        Err(error) => {
            error!(%error, "ended");
            eprintln!("rowgate: {}", rowgate_core::printable(&error.to_string()));
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<ExitCode, lambda_runtime::Error> {
    let terminate = signal(SignalKind::terminate())?;
    let (interruption, at_work) = (Interruption::default(), Mutex::new(()));
    let app = &App::from_environment(&interruption).await?;
    let handle = async |event: LambdaEvent<Box<RawValue>>| {
        let _guard = at_work.lock().await;
        handler::handle(app, event.payload, Invocation::of(&event.context)).await
    };
    tokio::select! {
        ended = lambda_runtime::run(service_fn(handle)) => ended.map(|()| ExitCode::SUCCESS),
        code = terminated(terminate, &interruption, &at_work) => Ok(code),
    }
}

/// Waits for SIGTERM, which AWS sends where an extension is registered, and then for the end of the
/// invocation that is at work: it takes back what it began.
async fn terminated(
    mut terminate: Signal,
    interruption: &Interruption,
    at_work: &Mutex<()>,
) -> ExitCode {
    terminate.recv().await;
    interruption.interrupt();
    if at_work.try_lock().is_err() {
        let _guard = at_work.lock().await;
        tokio::time::sleep(ANSWER).await;
    }
    ExitCode::from(143)
}
