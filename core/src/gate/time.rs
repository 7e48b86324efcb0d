//! How long a gate works on one request.

use core::time::Duration;

use crate::aws::data_api::Target;
use crate::aws::host::{Client, ENDED_AFTER, Host};

/// How long the calls of a request may take: the door says it, since platforms differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestTime {
    /// How long one call is repeated that was not run.
    patience: Duration,
    /// When the last call is begun.
    last_call: Duration,
    /// Whether a call in flight is given up soon after that.
    is_limited: bool,
}

impl RequestTime {
    /// For a door that its client waits at. A call that was not run is repeated for `patience`, no call
    /// is begun after `last_call`, and one in flight is waited for, however late it began: the Data API
    /// takes 45 seconds for it at most.
    pub const fn waiting(patience: Duration, last_call: Duration) -> Self {
        Self { patience, last_call, is_limited: false }
    }

    /// For a door that is closed at a time: calls are begun until 4.5 seconds ([`ENDED_AFTER`]) before
    /// that. One in flight is then given up, and what was begun is rolled back.
    pub const fn within(time: Duration) -> Self {
        let last_call = time.saturating_sub(ENDED_AFTER);
        Self { patience: last_call, last_call, is_limited: true }
    }

    pub(super) fn client<'h, H: Host>(self, host: &'h H, target: &'h Target) -> Client<'h, H> {
        let client = Client::new(host, target, self.last_call).patient(self.patience);
        if self.is_limited { client.ending() } else { client }
    }
}
