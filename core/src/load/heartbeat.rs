//! Renews a load's lease while it only reads.

use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;

use super::claimed::{self, Claimed};
use super::error::LoadError;
use super::report::milliseconds;
use crate::aws::host::{Client, Host};
use crate::ledger::Lost;

/// When the ledger last heard of a load, and how often it is to hear of it.
pub(super) struct Heartbeat {
    /// Since the Unix epoch.
    last_ms: AtomicU64,
    /// `None` for a load that is not in the ledger.
    every: Option<Duration>,
}

impl Heartbeat {
    /// The claim has just been made, or renewed.
    pub(super) fn start<H: Host>(host: &H, claimed: Option<&Claimed<'_>>) -> Self {
        let every = claimed.map(|claimed| claimed.claim.lease.renewal());
        Self { last_ms: AtomicU64::new(milliseconds(host.now())), every }
    }

    pub(super) fn is_due<H: Host>(&self, host: &H) -> bool {
        let last = Duration::from_millis(self.last_ms.load(Ordering::Relaxed));
        self.every.is_some_and(|every| host.now().saturating_sub(last) >= every)
    }

    /// The ledger hears of it by a call that begins now.
    pub(super) fn note<H: Host>(&self, host: &H) {
        self.last_ms.store(milliseconds(host.now()), Ordering::Relaxed);
    }
}

impl Claimed<'_> {
    /// Renews the lease; `false` if a newer version of the file is there.
    pub(super) async fn renew<H: Host>(&self, client: &Client<'_, H>) -> Result<bool, LoadError> {
        let held = self.claim.hold(client).await.map_err(|error| claimed::failed(&error))?;
        was_held(held.map(drop))
    }
}

/// Whether a file can be gone on with; `false` if a newer version of it is there.
pub(super) fn was_held(held: Result<(), Lost>) -> Result<bool, LoadError> {
    match held {
        Ok(()) => Ok(true),
        Err(Lost::Outdated) => Ok(false),
        Err(Lost::Lease) => Err(LoadError::LeaseLost),
    }
}
