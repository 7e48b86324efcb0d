//! What every claim has in common: a row, its holder, and the holder's lease.

use alloc::string::String;
use core::time::Duration;

use super::lease::Lease;
use super::statement::{Statement, number, text};
use crate::aws::data_api::Field;
use crate::aws::host::{CallError, Client, Host};

/// A row of the ledger, and the right to write to it until the lease is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) load_id: String,
    pub(super) holder: String,
    pub(crate) lease: Lease,
    /// The object's hash and the version's sequencer, which is empty where no event has brought it.
    pub(super) object: Option<(String, String)>,
}

impl Claim {
    /// A statement that is about this row as long as it is this holder's.
    pub(super) fn statement(&self, sql: impl Into<alloc::borrow::Cow<'static, str>>) -> Statement {
        Statement::new(sql).with("load_id", &self.load_id).with("holder", &self.holder)
    }

    /// Gives it back, as if it had never been made.
    pub(crate) async fn release<H: Host>(&self, client: &Client<'_, H>) -> Result<(), CallError> {
        let sql = "DELETE FROM rowgate_loads \
                   WHERE load_id = :load_id AND holder = :holder AND status = 'running'";
        self.statement(sql).run(client).await.map(drop)
    }
}

/// The ledger row of an earlier claim.
#[derive(Debug)]
pub(crate) struct Look {
    pub(super) status: String,
    pub(super) holder: String,
    /// What is left of the holder's lease.
    pub(super) lease_left: Duration,
}

impl Look {
    /// The columns that [`Self::of`] reads.
    pub(super) const COLUMNS: &str = "status, holder, \
        GREATEST(TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(3), lease_until), 0)";

    pub(super) fn of([status, holder, lease_left]: [&Field; 3]) -> Self {
        let lease_left = Duration::from_micros(number(lease_left));
        Self { status: text(status), holder: text(holder), lease_left }
    }

    pub(super) fn is_running(&self) -> bool {
        self.status == "running"
    }
}
