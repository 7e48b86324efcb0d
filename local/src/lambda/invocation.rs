//! What an invocation comes to.

use std::fmt;
use std::time::Duration;

use axum::body::Bytes;
use serde_json::{Value, json};

/// One invocation that has ended, well or not.
#[derive(Clone)]
pub struct Invocation {
    /// As in the header `Lambda-Runtime-Aws-Request-Id`; a retry keeps it.
    pub request_id: String,
    /// The function's answer, or what went wrong inside of it.
    pub result: Result<Bytes, FunctionError>,
    /// From the moment the function took the event.
    pub duration: Duration,
    /// How long its environment took to start, if it was started for this invocation.
    pub cold_start: Option<Duration>,
}

/// A function's failure: an error that it reported, its crash, or its time-out.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FunctionError {
    /// JSON as AWS answers it, with `errorType` and `errorMessage`.
    pub body: Bytes,
}

/// An event that failed as often as it may.
#[derive(Clone)]
pub struct LostEvent {
    /// The same at each attempt.
    pub request_id: String,
    /// What the function was given.
    pub payload: Bytes,
    /// The last failure.
    pub error: FunctionError,
    /// How often the function was run.
    pub attempts: usize,
}

impl FunctionError {
    pub(super) fn new(error_type: &str, message: impl fmt::Display) -> Self {
        let body = json!({"errorType": error_type, "errorMessage": message.to_string()});
        Self { body: body.to_string().into() }
    }

    /// The member `errorType`; empty if there is none.
    pub fn error_type(&self) -> String {
        self.member("errorType")
    }

    /// The member `errorMessage`; empty if there is none.
    pub fn message(&self) -> String {
        self.member("errorMessage")
    }

    fn member(&self, name: &str) -> String {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        body[name].as_str().unwrap_or_default().to_owned()
    }
}

impl fmt::Debug for Invocation {
    /// Leaves out the answer, which may hold values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invocation")
            .field("request_id", &self.request_id)
            .field("result", &self.result.as_ref().map(Bytes::len))
            .field("duration", &self.duration)
            .field("cold_start", &self.cold_start)
            .finish()
    }
}

impl fmt::Debug for LostEvent {
    /// Leaves out the payload, which may hold values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LostEvent")
            .field("request_id", &self.request_id)
            .field("error", &self.error)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}
