//! Faults on demand: what AWS does on a bad day, to the very call that a test has in mind.

use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Error, Result, anyhow, bail, ensure};

use super::errors::{ApiError, ErrorKind};
use super::operation::Operation;

/// InnoDB's deadlock, which takes the whole transaction back.
pub(super) const DEADLOCK: u16 = 1213;
const LOCK_WAIT: u16 = 1205;

/// One fault, and the calls that it hits.
///
/// As a text it is `OPERATION:KIND[=VALUE][:skip=N][:times=M]`, for example
/// `commit:cut-after:times=1`. OPERATION is `execute`, `batch`, `begin`, `commit`, `rollback` or
/// `any`; the kinds are those of [`FaultKind`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fault {
    /// The calls that it is for; `None` is all of them.
    pub operation: Option<Operation>,
    /// What happens to them.
    pub kind: FaultKind,
    /// How many of them pass unharmed first.
    pub skip: u32,
    /// How many of them it hits after those; `None` is all.
    pub times: Option<u32>,
}

/// What happens to a call. Only [`Latency`](Self::Latency) and [`CutAfter`](Self::CutAfter) let it
/// run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum FaultKind {
    /// `latency=MILLISECONDS`: the call waits before it is run.
    Latency(Duration),
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
            Self::Latency(_) | Self::CutBefore | Self::CutAfter => return None,
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
        _ => ("A fault on demand", "HY000"),
    };
    format!("{text}; Error code: {number}; SQLState: {state}")
}

impl FromStr for Fault {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        // One text, not a chain: command lines show the outermost error only.
        parse(text).map_err(|error| {
            anyhow!("{text:?} is not OPERATION:KIND[=VALUE][:skip=N][:times=M]: {error}")
        })
    }
}

fn parse(text: &str) -> Result<Fault> {
    let mut parts = text.split(':');
    let operation = parts.next().unwrap_or_default();
    let operation = match Operation::from_short_name(operation) {
        None if operation != "any" => bail!("unknown operation {operation:?}"),
        found => found,
    };
    let kind = parts.next().unwrap_or_default().parse()?;

    let mut fault = Fault { operation, kind, skip: 0, times: None };
    for part in parts {
        match part.split_once('=') {
            Some(("skip", value)) => fault.skip = number(value)?,
            Some(("times", value)) => fault.times = Some(number(value)?),
            _ => bail!("unknown part {part:?}"),
        }
    }
    ensure!(fault.times != Some(0), "times=0 would hit nothing");
    Ok(fault)
}

impl FromStr for FaultKind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.split_once('=') {
            Some(("latency", value)) => Ok(Self::Latency(Duration::from_millis(number(value)?))),
            Some(("database-error", value)) => Ok(Self::DatabaseError(number(value)?)),
            _ => {
                let found = Self::WORDS.into_iter().find(|(word, _)| *word == text);
                let (_, kind) = found.with_context(|| format!("unknown kind {text:?}"))?;
                Ok(kind)
            }
        }
    }
}

fn number<T: FromStr>(text: &str) -> Result<T> {
    text.parse().ok().with_context(|| format!("{text:?} is not a number that fits here"))
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operation = self.operation.map_or("any", Operation::short_name);
        write!(f, "{operation}:{}", self.kind)?;
        if self.skip > 0 {
            write!(f, ":skip={}", self.skip)?;
        }
        match self.times {
            Some(times) => write!(f, ":times={times}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latency(time) => write!(f, "latency={}", time.as_millis()),
            Self::DatabaseError(number) => write!(f, "database-error={number}"),
            other => {
                let found = Self::WORDS.iter().find(|(_, kind)| kind == other);
                f.write_str(found.map_or("", |(word, _)| word))
            }
        }
    }
}

/// The faults that are in force. At most one hits a call: the first that is due.
///
/// A call that one hits is not seen by those behind it, so that a list reads like a script.
#[derive(Debug, Default)]
pub(super) struct Faults(Mutex<Vec<Armed>>);

#[derive(Debug)]
struct Armed {
    fault: Fault,
    skip: u32,
    times: Option<u32>,
}

impl Faults {
    pub(super) fn new(faults: Vec<Fault>) -> Self {
        let all = Self::default();
        all.replace(faults);
        all
    }

    /// Forgets the faults so far, and how often they have hit.
    pub(super) fn replace(&self, faults: Vec<Fault>) {
        let arm = |fault: Fault| Armed { skip: fault.skip, times: fault.times, fault };
        *self.armed() = faults.into_iter().map(arm).collect();
    }

    /// Counts a call, and gives the fault that hits it.
    pub(super) fn strike(&self, operation: Operation) -> Option<Fault> {
        let mut armed = self.armed();
        let due = armed.iter_mut().find_map(|it| it.hits(operation).then_some(&it.fault));
        due.cloned()
    }

    /// No code panics while it holds the lock, so a poisoned one is as good as any.
    fn armed(&self) -> MutexGuard<'_, Vec<Armed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Armed {
    fn hits(&mut self, operation: Operation) -> bool {
        if self.times == Some(0) || self.fault.operation.is_some_and(|it| it != operation) {
            return false;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        self.times = self.times.map(|times| times - 1);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_reads_and_writes_the_same() {
        for text in [
            "any:latency=250",
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

    #[test]
    fn skips_hits_and_is_spent() {
        use Operation::{BeginTransaction as BEGIN, CommitTransaction as COMMIT};

        let texts = ["commit:internal:skip=1:times=2", "any:throttled:skip=1"];
        let faults = Faults::new(texts.map(|text| text.parse().unwrap()).into());
        let hit = |operation| faults.strike(operation).map(|fault| fault.kind);
        // The first passes both, the second and third are not seen by the second fault.
        assert_eq!([hit(COMMIT), hit(COMMIT), hit(COMMIT)], {
            [None, Some(FaultKind::Internal), Some(FaultKind::Internal)]
        });
        assert_eq!([hit(COMMIT), hit(BEGIN)], [Some(FaultKind::Throttled); 2]);
        faults.replace(Vec::new());
        assert_eq!(hit(COMMIT), None);
    }
}
