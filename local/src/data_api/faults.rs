//! What the Data API does on a bad day.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, Error, Result};

use super::errors::{ApiError, ErrorKind};
use super::operation::Operation;
use crate::faults::{FaultOf, number};

/// InnoDB's deadlock, which takes the whole transaction back.
pub(super) const DEADLOCK: u16 = 1213;
const LOCK_WAIT: u16 = 1205;
const NO_COLUMN: u16 = 1054;
const NO_TABLE: u16 = 1146;

/// One fault of the Data API, and the calls that it hits.
///
/// As a text it is `OPERATION:KIND[=VALUE][:skip=N][:times=M]`, for example
/// `commit:cut-after:times=1`. OPERATION is `execute`, `batch`, `begin`, `commit`, `rollback` or
/// `any`; the kinds are those of [`FaultKind`].
pub type Fault = FaultOf<Operation, FaultKind>;

/// What happens to a call. Only [`Latency`](Self::Latency), [`Late`](Self::Late),
/// [`Interrupt`](Self::Interrupt), [`InterruptAfter`](Self::InterruptAfter) and
/// [`CutAfter`](Self::CutAfter) let it run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum FaultKind {
    /// `latency=MILLISECONDS`: the call waits before it is run.
    Latency(Duration),
    /// `late=MILLISECONDS`: the call is run, and its answer waits.
    Late(Duration),
    /// `interrupt=PID`: this process gets SIGINT, and a moment later the call is run.
    Interrupt(u32),
    /// `interrupt-after=PID`: the call is run, this process gets SIGINT, and a moment later the answer.
    InterruptAfter(u32),
    /// `resuming`: 400 DatabaseResumingException, from a cluster that had paused itself.
    Resuming,
    /// `throttled`: 400 ThrottlingException.
    Throttled,
    /// `internal`: 500 InternalServerErrorException.
    Internal,
    /// `unavailable`: 503 ServiceUnavailableError.
    Unavailable,
    /// `database-unavailable`: 504 DatabaseUnavailableException.
    DatabaseUnavailable,
    /// `time-out`: 400 StatementTimeoutException, at once.
    TimeOut,
    /// `access-denied`: 403 AccessDeniedException.
    AccessDenied,
    /// `cut-before`: the connection is closed without an answer.
    CutBefore,
    /// `cut-after`: the call is run, a commit too, then the connection is closed without an answer.
    CutAfter,
    /// `database-error=NUMBER`: 400 DatabaseErrorException with this number of MySQL's. 1213 rolls
    /// the transaction back, as InnoDB does, and leaves it open.
    DatabaseError(u16),
}

impl FaultKind {
    /// The kinds that are a word without a value.
    const WORDS: [(&'static str, Self); 9] = [
        ("resuming", Self::Resuming),
        ("throttled", Self::Throttled),
        ("internal", Self::Internal),
        ("unavailable", Self::Unavailable),
        ("database-unavailable", Self::DatabaseUnavailable),
        ("time-out", Self::TimeOut),
        ("access-denied", Self::AccessDenied),
        ("cut-before", Self::CutBefore),
        ("cut-after", Self::CutAfter),
    ];

    /// The answer that a call gets; `None` is for the kinds that have none of their own.
    pub(super) fn error(self, operation: Operation) -> Option<ApiError> {
        let (kind, message) = match self {
            Self::Latency(_) | Self::Late(_) | Self::CutBefore | Self::CutAfter => return None,
            Self::Interrupt(_) | Self::InterruptAfter(_) => return None,
            // Nothing has run, so no connection has a number to give.
            Self::TimeOut => return Some(ApiError::statement_timeout(0)),
            Self::Resuming => (
                ErrorKind::DatabaseResuming,
                "The Aurora DB instance is resuming after being auto-paused. Please wait a few \
                 seconds and try again"
                    .into(),
            ),
            Self::Throttled => (ErrorKind::Throttling, "Rate exceeded".into()),
            Self::Internal => (ErrorKind::InternalServerError, "Internal error".into()),
            Self::Unavailable => (ErrorKind::ServiceUnavailable, "Service unavailable".into()),
            Self::DatabaseUnavailable => (
                ErrorKind::DatabaseUnavailable,
                "The writer instance in the DB cluster isn't available".into(),
            ),
            Self::AccessDenied => (ErrorKind::AccessDenied, access_denied(operation)),
            Self::DatabaseError(number) => (ErrorKind::DatabaseError, database_error(number)),
        };
        Some(ApiError::new(kind, message))
    }
}

fn access_denied(operation: Operation) -> String {
    let action = operation.name();
    format!(
        "User: arn:aws:iam::123456789012:user/rowgate-local is not authorized to perform: \
         rds-data:{action} because no identity-based policy allows the rds-data:{action} action"
    )
}

/// Source of the words: dev.mysql.com "Server Error Message Reference".
fn database_error(number: u16) -> String {
    let (text, state) = match number {
        DEADLOCK => ("Deadlock found when trying to get lock; try restarting transaction", "40001"),
        LOCK_WAIT => ("Lock wait timeout exceeded; try restarting transaction", "HY000"),
        NO_COLUMN => ("Unknown column 'fault' in 'field list'", "42S22"),
        NO_TABLE => ("Table 'rowgate.fault' doesn't exist", "42S02"),
        _ => ("A fault on demand", "HY000"),
    };
    format!("{text}; Error code: {number}; SQLState: {state}")
}

impl FromStr for FaultKind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.split_once('=') {
            Some(("latency", value)) => Ok(Self::Latency(Duration::from_millis(number(value)?))),
            Some(("late", value)) => Ok(Self::Late(Duration::from_millis(number(value)?))),
            Some(("interrupt", value)) => Ok(Self::Interrupt(number(value)?)),
            Some(("interrupt-after", value)) => Ok(Self::InterruptAfter(number(value)?)),
            Some(("database-error", value)) => Ok(Self::DatabaseError(number(value)?)),
            _ => {
                let found = Self::WORDS.into_iter().find(|(word, _)| *word == text);
                let (_, kind) = found.with_context(|| format!("unknown kind {text:?}"))?;
                Ok(kind)
            }
        }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latency(time) => write!(f, "latency={}", time.as_millis()),
            Self::Late(time) => write!(f, "late={}", time.as_millis()),
            Self::Interrupt(pid) => write!(f, "interrupt={pid}"),
            Self::InterruptAfter(pid) => write!(f, "interrupt-after={pid}"),
            Self::DatabaseError(number) => write!(f, "database-error={number}"),
            other => {
                let found = Self::WORDS.iter().find(|(_, kind)| kind == other);
                f.write_str(found.map_or("", |(word, _)| word))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_reads_and_writes_the_same() {
        for text in [
            "any:latency=250",
            "commit:late=250",
            "begin:interrupt=7:times=1",
            "any:interrupt-after=7:skip=3",
            "execute:resuming:times=2",
            "batch:throttled:skip=1",
            "begin:internal",
            "commit:unavailable",
            "rollback:database-unavailable",
            "any:time-out",
            "any:access-denied",
            "any:cut-before",
            "commit:cut-after:skip=3:times=1",
            "execute:database-error=1213",
        ] {
            assert_eq!(text.parse::<Fault>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, part) in [
            ("", "unknown operation \"\""),
            ("delete:internal", "unknown operation \"delete\""),
            ("any", "unknown kind \"\""),
            ("any:latency", "unknown kind \"latency\""),
            ("any:latency=-1", "\"-1\" is not a number"),
            ("any:internal=1", "unknown kind \"internal=1\""),
            ("any:database-error=65536", "\"65536\" is not a number"),
            ("any:internal:often", "unknown part \"often\""),
            ("any:internal:times=0", "times=0"),
        ] {
            let error = text.parse::<Fault>().unwrap_err().to_string();
            assert!(error.contains(part) && error.contains("OPERATION:KIND"), "{error}");
        }
    }
}
