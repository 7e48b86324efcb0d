//! The lock that one migration at a time holds.

use alloc::format;
use alloc::string::String;
use core::fmt;
use core::time::Duration;

use super::ids::new_holder;
use super::lease::Lease;
use super::statement::{LEASE_END, Statement, only_row, text};
use crate::aws::data_api::{ExecuteStatementOutput, Field};
use crate::aws::host::{CallError, Client, Host};

/// The table of locks, which `rowgate migrate` makes before it takes one.
pub(crate) const LOCKS: &str = "rowgate_locks";

/// How long it lasts without a sign of life: longer than a call is repeated, and waited for.
const LEASE_SECONDS: u32 = 240;

/// How old a lease is at least when it is renewed.
const RENEWAL: Duration = Duration::from_secs(30);

/// Nothing changes where the lock is held. What is assigned last decides for those before it.
const TAKE: &str = "INSERT INTO rowgate_locks (name, holder, held_by, since, lease_until) \
    VALUES ('migrate', :holder, :by, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3) + INTERVAL :lease SECOND) \
    ON DUPLICATE KEY UPDATE \
    holder = IF(lease_until < UTC_TIMESTAMP(3), :holder, holder), \
    held_by = IF(lease_until < UTC_TIMESTAMP(3), :by, held_by), \
    since = IF(lease_until < UTC_TIMESTAMP(3), UTC_TIMESTAMP(3), since), \
    lease_until = IF(lease_until < UTC_TIMESTAMP(3), UTC_TIMESTAMP(3) + INTERVAL :lease SECOND, \
    lease_until)";

const READ: &str = "SELECT holder, held_by, CAST(since AS CHAR(19)), CAST(lease_until AS CHAR(19)) \
    FROM rowgate_locks WHERE name = 'migrate'";

const OF_HOLDER: &str = "WHERE name = 'migrate' AND holder = :holder";

/// Who holds a lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockHolder {
    /// The name that it gave.
    pub held_by: String,
    /// Since when, in UTC, as `2027-01-15 08:00:00`.
    pub since: String,
    /// When it ends unless it is renewed.
    pub lease_until: String,
}

impl fmt::Display for LockHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { held_by, since, lease_until } = self;
        write!(f, "{held_by}, since {since} UTC, until {lease_until} UTC unless it goes on")
    }
}

/// Why a lock is not held.
#[derive(Debug)]
pub(crate) enum NotLocked {
    Call(CallError),
    /// By another one.
    Held(LockHolder),
    /// It was, but another one has taken it since its lease ended.
    Lost,
}

impl From<CallError> for NotLocked {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

/// The lock, while it is held.
#[derive(Debug)]
pub(crate) struct MigrationLock {
    holder: String,
    lease: Lease,
    /// By the host's clock.
    renewed: Duration,
}

impl MigrationLock {
    /// Takes the lock in the name of `by`, unless another one's lease has not ended.
    pub(crate) async fn take<H: Host>(client: &Client<'_, H>, by: &str) -> Result<Self, NotLocked> {
        let (holder, lease) = (new_holder(client.host()), Lease::of_seconds(LEASE_SECONDS));
        let renewed = client.host().now();
        let by: String = by.chars().take(255).collect();
        let take = Statement::new(TAKE).with("holder", &holder).with("by", by);
        take.with("lease", &lease.seconds).run(client).await?;
        match only_row(Statement::new(READ).run(client).await?) {
            Some([its, _, _, _]) if text(&its) == holder => Ok(Self { holder, lease, renewed }),
            Some([_, by, since, until]) => Err(NotLocked::Held(held(&by, &since, &until))),
            // Its holder has released it in between.
            None => Err(NotLocked::Lost),
        }
    }

    /// Makes it last, where it was not renewed for half a minute.
    pub(crate) async fn renew<H: Host>(&mut self, client: &Client<'_, H>) -> Result<(), NotLocked> {
        let now = client.host().now();
        if now.saturating_sub(self.renewed) < RENEWAL {
            return Ok(());
        }
        // A row that stays as it is counts as none: the end moves with each millisecond.
        let renew = format!("UPDATE rowgate_locks SET lease_until = {LEASE_END} {OF_HOLDER}");
        let renew = Statement::new(renew).with("lease", &self.lease.seconds);
        let done = renew.with("holder", &self.holder).run(client).await?;
        if is_none(&done) {
            return Err(NotLocked::Lost);
        }
        self.renewed = now;
        Ok(())
    }

    /// Gives it back. Where that fails it ends by its lease.
    pub(crate) async fn release<H: Host>(self, client: &Client<'_, H>) {
        let delete = format!("DELETE FROM rowgate_locks {OF_HOLDER}");
        let delete = Statement::new(delete).with("holder", &self.holder);
        let _ = delete.run(&client.closing()).await;
    }
}

fn is_none(output: &ExecuteStatementOutput) -> bool {
    output.number_of_records_updated == 0
}

fn held(by: &Field, since: &Field, until: &Field) -> LockHolder {
    LockHolder { held_by: text(by), since: text(since), lease_until: text(until) }
}
