//! What a transaction writes into the ledger beside its rows.

use super::error::StoreError;
use super::report::Report;
use crate::aws::host::{Client, Host};
use crate::ledger::{Claim, Fence, Lost, Position, StoredResponse};
use crate::table::counts::Counts;

/// The row of the ledger that a transaction moves on.
#[derive(Debug)]
pub(crate) enum LedgerEntry<'e> {
    /// A request's, which gets its answer.
    Request {
        claim: &'e Claim,
        /// What a report becomes.
        answer: fn(&Report) -> StoredResponse,
    },
    /// A file's, which moves from one place to another.
    File {
        claim: &'e Claim,
        from: Position,
        to: Position,
        /// The counts without these rows.
        before: Counts,
        /// Whether the rows are only checked.
        checks: bool,
    },
}

impl LedgerEntry<'_> {
    pub(crate) fn is_file(&self) -> bool {
        matches!(self, Self::File { .. })
    }

    pub(super) fn fence(&self) -> Fence<'_> {
        match *self {
            Self::Request { claim, .. } => Fence::Request { claim },
            Self::File { claim, from, to, .. } => Fence::File { claim, from, to },
        }
    }

    /// Renews a file's lease, where its rows are tried once more.
    pub(super) async fn renew<H: Host>(&self, client: &Client<'_, H>) -> Result<(), StoreError> {
        let Self::File { claim, .. } = self else { return Ok(()) };
        let held = claim.hold(client).await.map_err(|error| StoreError::before_commit(&error))?;
        held.map(drop).map_err(|lost| match lost {
            Lost::Outdated => StoreError::Outdated,
            Lost::Lease => StoreError::LeaseLost,
        })
    }

    /// Whether the transaction was committed; `None` if that is unknown.
    pub(super) async fn is_committed<H: Host>(&self, client: &Client<'_, H>) -> Option<bool> {
        self.fence().is_committed(client).await.ok()
    }

    /// Why the transaction could not be opened.
    pub(super) async fn lost<H: Host>(&self, client: &Client<'_, H>) -> StoreError {
        match self.fence().lost(client).await {
            Ok(Lost::Outdated) => StoreError::Outdated,
            // If it cannot be told, the next attempt at the file finds it.
            Ok(Lost::Lease) | Err(_) => StoreError::LeaseLost,
        }
    }
}
