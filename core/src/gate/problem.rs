//! Answers as JSON; those that say no as problem documents.

use alloc::borrow::{Cow, ToOwned};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use serde::Serialize;

use crate::aws::http::Response;
use crate::format::json::JsonError;
use crate::ingest::{Report, StoreError};

/// How long a client should wait when something is not available.
const RETRY_AFTER_SECONDS: &str = "5";

/// An answer that says no, by RFC 9457.
#[derive(Debug)]
pub(super) struct Problem {
    status: u16,
    /// The last part of the problem's type.
    name: &'static str,
    detail: Cow<'static, str>,
    headers: Vec<(String, String)>,
    /// Whether the database has the request's table otherwise than it was believed.
    pub(super) is_of_changed_tables: bool,
}

impl Problem {
    pub(super) fn new(
        status: u16,
        name: &'static str,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        let (detail, headers) = (detail.into(), Vec::new());
        Self { status, name, detail, headers, is_of_changed_tables: false }
    }

    pub(super) fn unavailable(name: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(503, name, detail).header("retry-after", RETRY_AFTER_SECONDS)
    }

    pub(super) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// That a request may come again, since the tables are then looked at anew.
    pub(super) fn tables_changed() -> Self {
        let detail = "nothing was stored: the table has changed; try again";
        Self::unavailable("tables_changed", detail)
    }

    /// Whether the request's table is listed, but not served.
    pub(super) fn is_of_unfit_table(&self) -> bool {
        self.name == "unfit_table"
    }

    pub(super) fn response(self) -> Response {
        problem_response(&self, None)
    }

    pub(super) fn of_json(error: JsonError) -> Self {
        match error {
            JsonError::Utf8 { line, column } => {
                let place = format!("line {line}, column {column}");
                Self::new(
                    400,
                    "invalid_utf8",
                    format!("the body is not UTF-8 at {place}; send UTF-8"),
                )
            }
            JsonError::Syntax { line, column } => {
                Self::new(400, "not_json", format!("no valid JSON at line {line}, column {column}"))
            }
            JsonError::Shape { expected } => {
                Self::new(400, "wrong_shape", format!("the body must be {expected}"))
            }
            // The sink only stops with a problem of its own.
            JsonError::Stopped => Self::new(500, "internal", "reading stopped"),
        }
    }

    pub(super) fn of_store(error: &StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) | StoreError::OutOfTime | StoreError::Interrupted(_) => {
                Self::unavailable("database_unavailable", "nothing was stored; try again")
            }
            StoreError::OutcomeUnknown(_) => Self::new(
                504,
                "outcome_unknown",
                "the database gave no clear answer: all of the rows are stored, or none",
            ),
            StoreError::Refused(cause) => {
                Self::new(500, "database_refused", format!("nothing was stored: {cause}"))
            }
            StoreError::TablesChanged(cause) => Self {
                is_of_changed_tables: true,
                ..Self::new(500, "database_refused", format!("nothing was stored: {cause}"))
            },
            StoreError::LeaseLost | StoreError::Outdated => {
                Self::unavailable("lease_lost", "nothing was stored; try again")
            }
            StoreError::TooLarge { .. } => Self::new(413, "row_too_large", error.to_string()),
            StoreError::WrongCount { .. } => Self::new(500, "wrong_count", error.to_string()),
        }
    }
}

pub(super) fn too_many_bytes(limit: usize) -> Problem {
    Problem::new(413, "too_many_bytes", format!("at most {limit} bytes in one request"))
}

pub(super) fn too_slow(time: Duration) -> Problem {
    let detail = format!("the body took longer than {} seconds", time.as_secs());
    Problem::new(408, "body_too_slow", detail)
}

pub(super) fn problem_response(problem: &Problem, report: Option<&Report>) -> Response {
    #[derive(Serialize)]
    struct Document<'p> {
        r#type: String,
        title: &'static str,
        status: u16,
        detail: &'p str,
        #[serde(flatten)]
        report: Option<&'p Report>,
    }
    let document = Document {
        r#type: format!("urn:rowgate:problem:{}", problem.name),
        title: title(problem.status),
        status: problem.status,
        detail: &problem.detail,
        report,
    };
    let mut response = json_response(problem.status, &document);
    response.headers[0].1 = "application/problem+json".to_owned();
    response.headers.extend(problem.headers.iter().cloned());
    response
}

/// The status's name in RFC 9110.
fn title(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Internal Server Error",
    }
}

pub(super) fn json_response(status: u16, body: &impl Serialize) -> Response {
    Response {
        status,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        // Maps with string keys and numbers always serialize.
        body: serde_json::to_vec(body).unwrap_or_default(),
    }
}
