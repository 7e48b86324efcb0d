//! rowgate as an AWS Lambda: one program for files, queues, API Gateway and operations.
//!
//! `event` turns what Lambda delivers into a typed request, `handler` calls the core with it, and
//! `answer` is what goes back. There is no rule of rowgate's in here.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod answer;
mod backup;
mod bulk_load;
mod bulk_tables;
mod door;
mod event;
mod failure;
mod handler;
mod load;
mod metrics;
mod migrate;
mod restore;

use std::process::ExitCode;

use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::value::RawValue;
use tracing::{Level, error};

use door::Door;
use load::Invocation;

/// Two workers: reading a file's next bytes goes on while its rows are on their way.
#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    write_log();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error!(%error, "ended");
            eprintln!("rowgate: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), lambda_runtime::Error> {
    let door = &Door::open()?;
    let handle = |event: LambdaEvent<Box<RawValue>>| {
        handler::handle(door, event.payload, Invocation::of(&event.context))
    };
    lambda_runtime::run(service_fn(handle)).await
}

/// One JSON object a line on stdout, which Lambda takes to CloudWatch; `span.requestId` is the
/// invocation's.
///
/// Never below INFO: at TRACE the runtime writes whole events.
fn write_log() {
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        .with_max_level(Level::INFO)
        .init();
}
