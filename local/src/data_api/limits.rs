//! The sizes and times at which the Data API gives up.
//!
//! Sources: "Amazon RDS Data API limitations", "Troubleshooting" and "Timeouts" in the Aurora User
//! Guide; the service model for the length of `sql`.

use std::time::Duration;

/// A whole request, headers included, in bytes.
pub(super) const REQUEST: usize = 4 * 1024 * 1024;

/// A response body, in bytes.
pub(super) const RESPONSE: usize = 1024 * 1024;

/// The JSON text of `formatRecordsAs=JSON`, in bytes; it takes the place of [`RESPONSE`].
pub(super) const FORMATTED_RECORDS: usize = 10 * 1024 * 1024;

/// One row of a result set, in bytes.
pub(super) const ROW: usize = 64 * 1024;

/// The text of a statement, in characters.
pub(super) const SQL: usize = 65_536;

/// The lengths of names in a request, in characters.
pub(super) const TRANSACTION_ID: usize = 192;
pub(super) const DATABASE: usize = 64;

/// How long a call waits for a free connection.
pub(super) const CONNECTION_WAIT: Duration = Duration::from_secs(10);

/// The times of the Data API; tests shorten them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TimeLimits {
    /// How long a call may run before its statement is killed.
    pub statement: Duration,
    /// How long a transaction may lie idle before it is rolled back.
    pub transaction_idle: Duration,
    /// How long a transaction may last in all.
    pub transaction: Duration,
}

impl Default for TimeLimits {
    /// AWS's own: 45 seconds, 3 minutes, 24 hours.
    fn default() -> Self {
        Self {
            statement: Duration::from_secs(45),
            transaction_idle: Duration::from_secs(3 * 60),
            transaction: Duration::from_secs(24 * 60 * 60),
        }
    }
}
