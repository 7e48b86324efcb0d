//! The errors of the Data API, as its service model names them, and those that come before it.

use std::fmt;

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::signature::{Refusal, RefusalKind};

/// What AWS calls the error; the caller's decision hangs on it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum ErrorKind {
    AccessDenied,
    BadRequest,
    DatabaseError,
    DatabaseNotFound,
    DatabaseResuming,
    DatabaseUnavailable,
    IncompleteSignature,
    InternalServerError,
    InvalidSignature,
    MethodNotAllowed,
    MissingAuthenticationToken,
    NotFound,
    RequestEntityTooLarge,
    SecretsError,
    Serialization,
    ServiceUnavailable,
    StatementTimeout,
    Throttling,
    TransactionNotFound,
    UnknownOperation,
    UnrecognizedClient,
    UnsupportedResult,
    Validation,
}

impl ErrorKind {
    /// The type as in `x-amzn-ErrorType`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::AccessDenied => "AccessDeniedException",
            Self::BadRequest => "BadRequestException",
            Self::DatabaseError => "DatabaseErrorException",
            Self::DatabaseNotFound => "DatabaseNotFoundException",
            Self::DatabaseResuming => "DatabaseResumingException",
            Self::DatabaseUnavailable => "DatabaseUnavailableException",
            Self::IncompleteSignature => "IncompleteSignatureException",
            Self::InternalServerError => "InternalServerErrorException",
            Self::InvalidSignature => "InvalidSignatureException",
            Self::MethodNotAllowed | Self::UnknownOperation => "UnknownOperationException",
            Self::MissingAuthenticationToken => "MissingAuthenticationTokenException",
            Self::NotFound => "NotFoundException",
            Self::RequestEntityTooLarge => "RequestEntityTooLargeException",
            Self::SecretsError => "SecretsErrorException",
            Self::Serialization => "SerializationException",
            Self::ServiceUnavailable => "ServiceUnavailableError",
            Self::StatementTimeout => "StatementTimeoutException",
            Self::Throttling => "ThrottlingException",
            Self::TransactionNotFound => "TransactionNotFoundException",
            Self::UnrecognizedClient => "UnrecognizedClientException",
            Self::UnsupportedResult => "UnsupportedResultException",
            Self::Validation => "ValidationException",
        }
    }

    /// The HTTP status, from the service model where it has the type.
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::BadRequest
            | Self::DatabaseError
            | Self::DatabaseResuming
            | Self::SecretsError
            | Self::Serialization
            | Self::StatementTimeout
            | Self::Throttling
            | Self::UnsupportedResult
            | Self::Validation => StatusCode::BAD_REQUEST,
            Self::AccessDenied
            | Self::IncompleteSignature
            | Self::InvalidSignature
            | Self::MissingAuthenticationToken
            | Self::UnrecognizedClient => StatusCode::FORBIDDEN,
            Self::DatabaseNotFound
            | Self::NotFound
            | Self::TransactionNotFound
            | Self::UnknownOperation => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::RequestEntityTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::InternalServerError => StatusCode::INTERNAL_SERVER_ERROR,
            Self::ServiceUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::DatabaseUnavailable => StatusCode::GATEWAY_TIMEOUT,
        }
    }
}

/// One refused call.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ApiError {
    pub(super) kind: ErrorKind,
    pub(super) message: String,
    /// With [`ErrorKind::StatementTimeout`]: the connection whose statement was killed.
    pub(super) connection_id: Option<u32>,
    /// Whether the transaction of the call is gone afterwards.
    pub(super) ends_transaction: bool,
}

impl ApiError {
    pub(super) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), connection_id: None, ends_transaction: false }
    }

    pub(super) fn validation(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Validation, message)
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::BadRequest, message)
    }

    pub(super) fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InternalServerError, message)
    }

    /// A required member that is absent, in the words that AWS's framework uses for it.
    pub(super) fn missing(member: &str) -> Self {
        Self::validation(format!(
            "1 validation error detected: Value null at '{member}' failed to satisfy constraint: \
             Member must not be null"
        ))
    }

    /// A member that is too long; AWS would repeat the value, which can be personal data.
    pub(super) fn too_long(member: &str, limit: usize) -> Self {
        Self::validation(format!(
            "1 validation error detected: Value at '{member}' failed to satisfy constraint: \
             Member must have length less than or equal to {limit}"
        ))
    }

    pub(super) fn transaction_not_found(id: &str) -> Self {
        let message = format!("Transaction {id} is not found");
        Self::new(ErrorKind::TransactionNotFound, message)
    }

    /// The response limit. AWS terminates the call, and a transaction does not survive that.
    pub(super) fn response_too_large() -> Self {
        let message = "Database returned more than the allowed response size limit";
        Self { ends_transaction: true, ..Self::bad_request(message) }
    }

    pub(super) fn row_too_large(bytes: usize, limit: usize) -> Self {
        let message = format!("Packet for query is too large ({bytes} > {limit})");
        Self { ends_transaction: true, ..Self::new(ErrorKind::DatabaseError, message) }
    }

    pub(super) fn statement_timeout(connection_id: u32) -> Self {
        let kind = ErrorKind::StatementTimeout;
        let message = "Request timed out";
        Self { connection_id: Some(connection_id), ..Self::new(kind, message) }
    }

    /// The body in restJson1: the type goes into a header, the text into `message`.
    pub(super) fn body(&self) -> Value {
        match self.connection_id {
            Some(id) => json!({"message": self.message, "dbConnectionId": id}),
            None => json!({"message": self.message}),
        }
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let kind = match refusal.kind {
            RefusalKind::IncompleteSignature => ErrorKind::IncompleteSignature,
            RefusalKind::InvalidSignature => ErrorKind::InvalidSignature,
            RefusalKind::MissingAuthenticationToken => ErrorKind::MissingAuthenticationToken,
            RefusalKind::UnrecognizedClient => ErrorKind::UnrecognizedClient,
        };
        Self::new(kind, refusal.message)
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.name(), self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_those_of_the_service_model() {
        let expected = [
            (ErrorKind::AccessDenied, 403),
            (ErrorKind::BadRequest, 400),
            (ErrorKind::DatabaseError, 400),
            (ErrorKind::DatabaseNotFound, 404),
            (ErrorKind::DatabaseResuming, 400),
            (ErrorKind::DatabaseUnavailable, 504),
            (ErrorKind::InternalServerError, 500),
            (ErrorKind::NotFound, 404),
            (ErrorKind::SecretsError, 400),
            (ErrorKind::ServiceUnavailable, 503),
            (ErrorKind::StatementTimeout, 400),
            (ErrorKind::TransactionNotFound, 404),
            (ErrorKind::UnsupportedResult, 400),
        ];
        for (kind, status) in expected {
            assert_eq!(kind.status().as_u16(), status, "{}", kind.name());
        }
    }

    #[test]
    fn a_time_out_names_its_connection() {
        let body = ApiError::statement_timeout(7).body();
        assert_eq!(body, json!({"message": "Request timed out", "dbConnectionId": 7}));
    }
}
