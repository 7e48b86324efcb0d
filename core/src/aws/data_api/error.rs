//! Errors that the service answers.

use alloc::borrow::ToOwned;
use alloc::string::String;
use core::fmt;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{database_code, size};
use crate::aws::http::Response;
use crate::aws::operation::{Retry, ServiceError};

pub(crate) fn parse<T: DeserializeOwned>(response: &Response) -> Result<T, Error> {
    if response.status != 200 {
        return Err(Error::from_response(response));
    }
    // As one text: to check each string of an answer by itself takes longer.
    let text = core::str::from_utf8(&response.body).ok();
    text.and_then(|text| serde_json::from_str(text).ok()).ok_or_else(|| Error {
        status: response.status,
        error_type: "UnreadableAnswer".to_owned(),
        database_code: None,
        refused_by: None,
        request_id: response.header("x-amzn-requestid").map(ToOwned::to_owned),
        connection_failure: None,
        too_large: false,
    })
}

/// An error that the service answered.
///
/// Its message is not kept: a database puts cells' values into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The HTTP status.
    pub status: u16,
    /// The error shape's name, such as `DatabaseErrorException`.
    pub error_type: String,
    /// MySQL's error number, if the database refused the statement.
    pub database_code: Option<u16>,
    /// What the database says that a row was refused by, in lower case; only to be compared with names that
    /// are known, never to be shown.
    refused_by: Option<String>,
    /// The service's id of the request, for AWS support.
    pub request_id: Option<String>,
    /// What the message says about the call, if the connection to the database failed.
    connection_failure: Option<Retry>,
    /// Whether the call was refused because it carried too much.
    too_large: bool,
}

/// MySQL's numbers for a statement or a value that is longer than `max_allowed_packet`.
const PACKET_NUMBERS: [u16; 2] = [1153, 1301];

/// What the body of an error has.
#[derive(Deserialize, Default)]
struct ErrorBody {
    #[serde(default)]
    code: Option<String>,
    #[serde(default, rename = "__type")]
    shape: Option<String>,
    #[serde(default, alias = "Message", alias = "errorMessage")]
    message: Option<String>,
}

impl ErrorBody {
    fn of(response: &Response) -> Self {
        serde_json::from_slice(&response.body).unwrap_or_default()
    }
}

/// The text of an error, in which a database puts cells' values: for errors that rowgate has provoked
/// on rows of its own.
pub(crate) fn error_text(response: &Response) -> String {
    ErrorBody::of(response).message.unwrap_or_default()
}

impl Error {
    fn from_response(response: &Response) -> Self {
        let ErrorBody { code, shape, message } = ErrorBody::of(response);
        let message = message.unwrap_or_default();
        let named = response.header("x-amzn-errortype").map(ToOwned::to_owned);
        let named = named.or(code).or(shape).unwrap_or_default();
        let error_type = shape_name(&named).to_owned();
        let is_database_error = error_type == "DatabaseErrorException";
        let database_code = database_code::find(&message);
        let says_too_large = response.status == 400
            && size::says_too_large(&database_code::words(&message), is_database_error);
        Self {
            status: response.status,
            too_large: response.status == 413
                || says_too_large
                || database_code.is_some_and(|number| PACKET_NUMBERS.contains(&number)),
            error_type,
            database_code,
            refused_by: database_code
                .and_then(|number| database_code::refused_by(number, &message)),
            request_id: response.header("x-amzn-requestid").map(ToOwned::to_owned),
            connection_failure: database_code::connection_failure(&message, is_database_error)
                // Of a failure of its own the service does not know what became of the call.
                .filter(|retry| response.status < 500 || *retry != Retry::NotRun),
        }
    }

    /// Whether the call was refused for its size: it was not run, and a smaller one may be.
    pub(crate) fn is_too_large(&self) -> bool {
        self.too_large
    }

    /// Whether the database says that this key, constraint or column of a table has refused a row.
    pub(crate) fn is_refused_by(&self, table: &str, name: &str) -> bool {
        let Some(found) = &self.refused_by else { return false };
        let bare = |prefix: &str| found.get(prefix.len()..)?.strip_prefix('.');
        let is_table = found.get(..table.len()).is_some_and(|it| it.eq_ignore_ascii_case(table));
        let bare = bare(table).filter(|_| is_table);
        let is_name = |it: &str| it.eq_ignore_ascii_case(name);
        is_name(found) || bare.is_some_and(is_name) || is_name(&found.replace("``", "`"))
    }

    /// Whether the statement took longer than the service waits, which ends it. A commit of its own may
    /// have come before that.
    pub(crate) fn is_time_out(&self) -> bool {
        self.error_type == "StatementTimeoutException"
    }
}

/// Strips what restJson1 allows around a shape's name: `namespace#Name:http://…`.
fn shape_name(text: &str) -> &str {
    let text = text.split(':').next().unwrap_or_default();
    text.rsplit('#').next().unwrap_or_default().trim()
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (HTTP {})", self.error_type, self.status)?;
        if let Some(code) = self.database_code {
            write!(f, ", MySQL error {code}")?;
        }
        if let Some(id) = &self.request_id {
            write!(f, ", request {id}")?;
        }
        Ok(())
    }
}

impl ServiceError for Error {
    /// A paused cluster answers `DatabaseResumingException` with status 400, which no SDK repeats
    /// by itself. MySQL 1213 is a deadlock, 1205 a lock wait that timed out, 1412 a table that was
    /// altered since the transaction began, 1290, 1792 and 1836 an instance that was the writer before a
    /// failover, 1040 and 1203 too many connections, 2002 and 2003 none, 1053 a server that ends, 2006
    /// and 2013 a lost connection.
    fn retry(&self) -> Retry {
        match self.error_type.as_str() {
            "DatabaseResumingException" => Retry::NotRun,
            name if name.contains("Throttl") || name == "TooManyRequestsException" => Retry::NotRun,
            "TransactionNotFoundException" | "NotFoundException" => Retry::Transaction,
            "StatementTimeoutException" => Retry::OutcomeUnknown,
            _ => self
                .connection_failure
                .or_else(|| self.retry_by_number())
                .unwrap_or_else(|| self.retry_by_status()),
        }
    }
}

impl Error {
    fn retry_by_number(&self) -> Option<Retry> {
        match self.database_code? {
            1205 | 1213 | 1290 | 1412 | 1792 | 1836 => Some(Retry::Transaction),
            1040 | 1203 | 2002 | 2003 => Some(Retry::NotRun),
            1053 | 2006 | 2013 => Some(Retry::OutcomeUnknown),
            _ => None,
        }
    }

    fn retry_by_status(&self) -> Retry {
        match self.status {
            429 => Retry::NotRun,
            // An answer that is not readable may belong to a call that was run.
            200 | 500.. => Retry::OutcomeUnknown,
            _ => Retry::Never,
        }
    }
}

impl core::error::Error for Error {}
