//! Errors that S3 answers.

use alloc::borrow::ToOwned;
use alloc::string::String;
use core::fmt;

use crate::aws::http::Response;
use crate::aws::operation::{Retry, ServiceError};
use crate::aws::xml;

/// An error that S3 answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The HTTP status.
    pub status: u16,
    /// S3's code, such as `NoSuchKey`; empty where the answer has no body, as for HEAD.
    pub code: String,
    /// The service's id of the request, for AWS support.
    pub request_id: Option<String>,
}

impl Error {
    /// Whether there is no such object, version or bucket.
    pub fn is_not_found(&self) -> bool {
        self.status == 404
    }

    /// Whether a condition, If-Match or If-None-Match, does not hold.
    pub fn is_precondition_failed(&self) -> bool {
        self.status == 412
    }

    /// Whether the range that was asked for begins behind the object's last byte.
    pub fn is_beyond_the_end(&self) -> bool {
        self.status == 416
    }

    pub(super) fn from_response(response: &Response) -> Self {
        let code = xml::read(&response.body, |root| xml::text(root, "Code"));
        let request_id = response.header("x-amz-request-id").map(ToOwned::to_owned);
        Self { status: response.status, code: code.unwrap_or_default(), request_id }
    }

    /// An answer that is a success by its status and none by its content.
    pub(super) fn unreadable(response: &Response) -> Self {
        Self { code: "UnreadableAnswer".to_owned(), ..Self::from_response(response) }
    }
}

impl ServiceError for Error {
    /// By S3's list of error responses: 409 is a conflict with another call at the same time, 503 is SlowDown or ServiceUnavailable, and CompleteMultipartUpload
    /// can fail with an error document behind status 200.
    fn retry(&self) -> Retry {
        match self.code.as_str() {
            "SlowDown" | "ServiceUnavailable" => Retry::NotRun,
            "ConditionalRequestConflict" | "OperationAborted" => Retry::NotRun,
            "RequestTimeout" | "InternalError" => Retry::OutcomeUnknown,
            // Another account has the name: no conflict that passes.
            "BucketAlreadyExists" => Retry::Never,
            _ if matches!(self.status, 409 | 429 | 503) => Retry::NotRun,
            _ if self.status >= 500 || self.status == 200 => Retry::OutcomeUnknown,
            _ => Retry::Never,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = if self.code.is_empty() { "S3 error" } else { &self.code };
        write!(f, "{code} (HTTP {})", self.status)?;
        if let Some(id) = &self.request_id {
            write!(f, ", request {id}")?;
        }
        Ok(())
    }
}

impl core::error::Error for Error {}
