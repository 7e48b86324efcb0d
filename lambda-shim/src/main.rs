//! The Lambda's `bootstrap`.

// As in the library.
#![recursion_limit = "256"]

use std::process::ExitCode;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    rowgate_lambda::serve().await
}
