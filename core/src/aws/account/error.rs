//! Errors that an account's services answer.

use alloc::borrow::ToOwned;
use alloc::string::String;
use core::fmt;

use serde_json::Value;

use super::answer::FormAnswer;
use crate::aws::http::Response;
use crate::aws::operation::{Retry, ServiceError};

/// An error that one of an account's services answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The HTTP status.
    pub status: u16,
    /// The service's code, such as `ValidationError`; empty if the answer has none.
    pub code: String,
    /// What the service says of it: names of resources and rights.
    pub message: String,
}

impl Error {
    /// Of an answer in XML.
    pub(super) fn of_xml(response: Response) -> Self {
        let status = response.status;
        let answer = FormAnswer::new(response.body);
        let text = |name| answer.text(name).unwrap_or_default();
        Self { status, code: text("Code"), message: text("Message") }
    }

    /// Of an answer in JSON.
    pub(super) fn of_json(response: &Response) -> Self {
        let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        let named = body["__type"].as_str().or(response.header("x-amzn-errortype"));
        let code = named.unwrap_or_default().rsplit('#').next().unwrap_or_default();
        let code = code.split(':').next().unwrap_or_default().to_owned();
        let message = body["message"].as_str().or(body["Message"].as_str()).unwrap_or_default();
        Self { status: response.status, code, message: message.to_owned() }
    }

    /// An answer that is a success by its status and none by its content.
    pub(super) fn unreadable(status: u16) -> Self {
        Self { status, code: "UnreadableAnswer".to_owned(), message: String::new() }
    }

    /// Whether the caller has no right to this call.
    pub fn is_denied(&self) -> bool {
        matches!(
            self.code.as_str(),
            "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation"
        )
    }
}

impl ServiceError for Error {
    fn retry(&self) -> Retry {
        match self.code.as_str() {
            "Throttling" | "ThrottlingException" | "RequestLimitExceeded" => Retry::NotRun,
            _ if matches!(self.status, 429 | 503) => Retry::NotRun,
            _ if self.status >= 500 => Retry::OutcomeUnknown,
            _ => Retry::Never,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = if self.code.is_empty() { "AWS error" } else { &self.code };
        write!(f, "{code} (HTTP {})", self.status)?;
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        Ok(())
    }
}

impl core::error::Error for Error {}
