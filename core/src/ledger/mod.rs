//! The ledger: who works at what, how far it is, and what was answered; so that every file and
//! every request with an `Idempotency-Key` has its effect once, whatever happens.
//!
//! Two kinds of write. A **claim** is a call of its own: a row that was only inserted in an open
//! transaction would be invisible to others, and would hold them up. A **fence** opens every
//! transaction that writes rows: an UPDATE that finds exactly one row, or nothing of the
//! transaction lasts. All times are the database's; no clock of a door is compared with another's.

mod claim;
mod fence;
mod file;
mod history;
mod progress;
mod ranges;
mod rejects;
mod request;
#[cfg(feature = "avro")]
mod undone;
mod version;

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use sha2::{Digest, Sha256};

use crate::aws::data_api::{ExecuteStatement, ExecuteStatementOutput, Field};
use crate::aws::host::{CallError, Client, Host, Repeat};
use crate::aws::operation::Retry;
use crate::base::hex::hex;
use crate::base::lookup::{Lookup, SettingsError, invalid};

pub(crate) use claim::Claim;
pub(crate) use fence::{Fence, Lost};
pub(crate) use file::{Attempts, FileClaim, FileToClaim, Part, Progress, find_attempts};
pub(crate) use history::{LISTED_LIMIT, Owner, find_object, list, show};
pub use history::{LoadRecord, count_old_loads, forget_loads, list_loads, show_load};
pub(crate) use progress::{Counts, Position};
pub(crate) use ranges::{Held, PlannedPart};
pub(crate) use rejects::{StoredRejects, reject_parts, write_rejects};
pub(crate) use request::{Answer, RequestClaim, RequestToClaim, Summary, finish_request};
#[cfg(feature = "avro")]
pub(crate) use undone::Undone;
pub(crate) use version::{ClaimError, OLDEST_PROGRAM, VERSION, VERSION_TABLE};

/// The ledger's tables, as `sql/ledger.sql` has them.
pub(crate) static TABLES: &[LedgerTable] = include!(concat!(env!("OUT_DIR"), "/ledger.rs"));

/// One of the ledger's tables.
#[derive(Debug)]
pub(crate) struct LedgerTable {
    pub(crate) name: &'static str,
    /// Its `CREATE TABLE` statement.
    pub(crate) create: &'static str,
}

/// The most bytes of an answer that are stored: a row of a result may have 64 KiB.
pub(crate) const ANSWER_LIMIT: usize = 48 << 10;

/// How long a holder may be silent unless it is told otherwise. Longer than a call to the Data API
/// can take; short enough that the second of S3's retries, three minutes later, finds it over.
const LEASE: Duration = Duration::from_secs(120);

/// Times that a call is made that gave way to another transaction.
const ATTEMPTS: u32 = 3;

/// MySQL's number for a key that exists already.
const DUPLICATE: u16 = 1062;

/// How long a claim lasts without a sign of life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Seconds, as they stand in a statement.
    seconds: String,
    time: Duration,
}

impl Lease {
    /// Reads `LEDGER_LEASE_SECONDS` (120); tests shorten it, also to parts of a second.
    pub fn read(lookup: Lookup<'_>) -> Result<Self, SettingsError> {
        const NAME: &str = "LEDGER_LEASE_SECONDS";
        let Some(text) = lookup(NAME).filter(|text| !text.is_empty()) else {
            return Ok(Self::default());
        };
        let seconds = text.parse().ok().filter(|seconds| (0.001..=86_400.0).contains(seconds));
        let seconds: f64 = seconds.ok_or_else(|| invalid(NAME, "not between 0.001 and 86400"))?;
        let time = Duration::from_secs_f64(seconds);
        Ok(Self { seconds: format!("{seconds:.3}"), time })
    }

    /// One of so many seconds.
    pub(crate) fn of_seconds(seconds: u32) -> Self {
        Self { seconds: seconds.to_string(), time: Duration::from_secs(seconds.into()) }
    }

    /// After how long it is renewed: early enough for a second try.
    pub(crate) fn renewal(&self) -> Duration {
        self.time / 3
    }
}

impl Default for Lease {
    fn default() -> Self {
        Self { seconds: LEASE.as_secs().to_string(), time: LEASE }
    }
}

/// When a lease that is taken or renewed now ends.
const LEASE_END: &str = "UTC_TIMESTAMP(3) + INTERVAL :lease SECOND";

/// Whether S3 has told of no newer version of the object.
///
/// The object's row is locked, at every isolation level: a newer version's own claim waits for the
/// transaction's end. So nothing in its condition may leave the row out, and an object without a row
/// is not current: there would be nothing to lock.
const IS_CURRENT: &str = "(:sequencer = '' OR (SELECT o.sequencer FROM rowgate_objects AS o \
    WHERE o.object_hash = :object LOCK IN SHARE MODE) <= :sequencer)";

/// One statement with its values.
#[derive(Debug)]
pub(crate) struct Statement {
    sql: Cow<'static, str>,
    parameters: Vec<(&'static str, String)>,
}

impl Statement {
    fn new(sql: impl Into<Cow<'static, str>>) -> Self {
        Self { sql: sql.into(), parameters: Vec::new() }
    }

    #[allow(clippy::needless_pass_by_value, reason = "takes numbers and references alike")]
    fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.parameters.push((name, value.to_string()));
        self
    }

    /// Runs it in a transaction, which is what is repeated if need be.
    pub(crate) async fn run_in<H: Host>(
        &self,
        client: &Client<'_, H>,
        transaction_id: &str,
    ) -> Result<ExecuteStatementOutput, CallError> {
        self.call(client, Some(transaction_id), Repeat::Never).await
    }

    /// Runs it by itself; running it twice must do no harm.
    async fn run<H: Host>(
        &self,
        client: &Client<'_, H>,
    ) -> Result<ExecuteStatementOutput, CallError> {
        let mut attempt = 1;
        loop {
            match self.call(client, None, Repeat::Harmless).await {
                Err(error) if error.retry() == Retry::Transaction && attempt < ATTEMPTS => {
                    attempt += 1;
                }
                result => return result,
            }
        }
    }

    async fn call<H: Host>(
        &self,
        client: &Client<'_, H>,
        transaction_id: Option<&str>,
        repeat: Repeat,
    ) -> Result<ExecuteStatementOutput, CallError> {
        let parameters: Vec<_> =
            self.parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let call = ExecuteStatement { sql: &self.sql, parameters: &parameters, transaction_id };
        client.call(&call, repeat).await
    }
}

/// Whether the row was there already.
fn is_duplicate(error: &CallError) -> bool {
    matches!(error, CallError::Api(error) if error.database_code == Some(DUPLICATE))
}

/// Parts that cannot run into each other, as 64 hexadecimal digits.
fn digest(parts: &[&[u8]]) -> String {
    let mut sha = Sha256::new();
    for part in parts {
        sha.update((part.len() as u64).to_be_bytes());
        sha.update(part);
    }
    hex(&sha.finalize())
}

/// The id of a load: of what is claimed, so that the primary key is the lock.
fn load_id(parts: &[&[u8]]) -> String {
    let mut id = digest(parts);
    id.truncate(32);
    id
}

/// The holder that all steps of an execution are.
pub(crate) fn holder_of(execution: &str) -> String {
    load_id(&[b"execution", execution.as_bytes()])
}

/// A name for one attempt, which no other attempt has.
fn new_holder<H: Host>(host: &H) -> String {
    format!("{:016x}{:016x}", host.random(), host.random())
}

fn text(field: &Field) -> String {
    match field {
        Field::String(text) => text.clone(),
        Field::Long(number) => number.to_string(),
        Field::Boolean(yes) => u8::from(*yes).to_string(),
        Field::Null(_) | Field::Double(_) | Field::Blob(_) => String::new(),
    }
}

fn number(field: &Field) -> u64 {
    text(field).parse().unwrap_or_default()
}

/// The values of a result's only row, if it has one of so many columns.
fn only_row<const N: usize>(output: ExecuteStatementOutput) -> Option<[Field; N]> {
    output.records.into_iter().next()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::borrow::ToOwned;

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(digest(&[b"ab", b"c"]), digest(&[b"a", b"bc"]));
        assert_eq!(load_id(&[b"a"]).len(), 32);
    }

    #[test]
    fn a_lease_is_read() {
        let read = |text: &str| Lease::read(&|_| Some(text.to_owned())).map(|it| it.seconds);
        assert_eq!(read(""), Ok("120".to_owned()));
        assert_eq!(read("0.5"), Ok("0.500".to_owned()));
        for text in ["0", "-1", "NaN", "inf", "soon", "1e9"] {
            assert!(read(text).unwrap_err().to_string().contains("LEDGER_LEASE_SECONDS"), "{text}");
        }
    }

    #[test]
    fn every_table_of_the_ledger_is_known() {
        let names: Vec<_> = TABLES.iter().map(|table| table.name).collect();
        assert_eq!(
            names,
            [
                "rowgate_loads",
                "rowgate_objects",
                "rowgate_rejects",
                "rowgate_ranges",
                "rowgate_ledger"
            ]
        );
    }
}
