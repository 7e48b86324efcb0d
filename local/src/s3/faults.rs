//! What S3 does on a bad day.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Error, Result, bail};
use s3s::{S3Error, s3_error};

use super::operation::S3Operation;
use crate::faults::{FaultOf, number};

/// One fault of S3, and the calls that it hits.
///
/// As a text it is `OPERATION:KIND[=VALUE][:skip=N][:times=M]`, for example `get:cut:times=1`.
/// OPERATION is one of [`S3Operation`] or `any`; the kinds are those of [`S3FaultKind`].
pub type S3Fault = FaultOf<S3Operation, S3FaultKind>;

/// What happens to a call. Only [`Latency`](Self::Latency), [`Late`](Self::Late),
/// [`Interrupt`](Self::Interrupt), [`InterruptAfter`](Self::InterruptAfter) and [`Cut`](Self::Cut)
/// let it run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum S3FaultKind {
    /// `slow-down`: 503 SlowDown.
    SlowDown,
    /// `internal`: 500 InternalError.
    Internal,
    /// `cut`: the call is run, then the connection is closed after the headers and half of the
    /// body; without any answer where that has no body, as after a PUT.
    Cut,
    /// `latency=MILLISECONDS`: the call waits before it is run.
    Latency(Duration),
    /// `late=MILLISECONDS`: the call is run, and its answer waits.
    Late(Duration),
    /// `interrupt=PID`: this process gets SIGINT, and a moment later the call is run.
    Interrupt(u32),
    /// `interrupt-after=PID`: the call is run, this process gets SIGINT, and a moment later the answer.
    InterruptAfter(u32),
}

impl S3FaultKind {
    /// The answer that a call gets; `None` is for the kinds that have none of their own.
    pub(super) fn error(self) -> Option<S3Error> {
        match self {
            Self::SlowDown => Some(s3_error!(SlowDown, "Please reduce your request rate.")),
            Self::Internal => Some(s3_error!(
                InternalError,
                "We encountered an internal error. Please try again."
            )),
            Self::Cut | Self::Latency(_) | Self::Late(_) => None,
            Self::Interrupt(_) | Self::InterruptAfter(_) => None,
        }
    }
}

impl FromStr for S3FaultKind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.split_once('=') {
            Some(("latency", value)) => Ok(Self::Latency(Duration::from_millis(number(value)?))),
            Some(("late", value)) => Ok(Self::Late(Duration::from_millis(number(value)?))),
            Some(("interrupt", value)) => Ok(Self::Interrupt(number(value)?)),
            Some(("interrupt-after", value)) => Ok(Self::InterruptAfter(number(value)?)),
            None if text == "slow-down" => Ok(Self::SlowDown),
            None if text == "internal" => Ok(Self::Internal),
            None if text == "cut" => Ok(Self::Cut),
            _ => bail!("unknown kind {text:?}"),
        }
    }
}

impl fmt::Display for S3FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SlowDown => f.write_str("slow-down"),
            Self::Internal => f.write_str("internal"),
            Self::Cut => f.write_str("cut"),
            Self::Latency(time) => write!(f, "latency={}", time.as_millis()),
            Self::Late(time) => write!(f, "late={}", time.as_millis()),
            Self::Interrupt(pid) => write!(f, "interrupt={pid}"),
            Self::InterruptAfter(pid) => write!(f, "interrupt-after={pid}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_reads_and_writes_the_same() {
        for text in [
            "get:cut:times=1",
            "put:slow-down:skip=2:times=1",
            "head:internal",
            "list:latency=250",
            "put:late=250",
            "get:interrupt=7:times=1",
            "any:interrupt-after=7:skip=3",
            "multipart:slow-down",
            "delete:internal",
            "any:cut",
        ] {
            assert_eq!(text.parse::<S3Fault>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, part) in [
            ("copy:internal", "unknown operation \"copy\""),
            ("get", "unknown kind \"\""),
            ("get:cut=1", "unknown kind \"cut=1\""),
            ("get:latency=soon", "\"soon\" is not a number"),
        ] {
            let error = text.parse::<S3Fault>().unwrap_err().to_string();
            assert!(error.contains(part) && error.contains("OPERATION:KIND"), "{error}");
        }
    }
}
