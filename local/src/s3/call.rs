//! What is known of one call while it goes through the layers.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use super::faults::S3Fault;
use crate::identifiers::random_hex;

/// The call; it travels among the request's extensions.
#[derive(Debug)]
pub(super) struct Call {
    /// As in the header `x-amz-request-id` and in the notification.
    pub(super) request_id: String,
    /// As in `x-amz-id-2`.
    pub(super) host_id: String,
    target: Mutex<Target>,
}

/// What the call turned out to be for, once its signature held.
#[derive(Clone, Debug, Default)]
pub(super) struct Target {
    /// The name of AWS's own model.
    pub(super) operation: Option<String>,
    pub(super) key: Option<String>,
    pub(super) fault: Option<S3Fault>,
}

impl Call {
    pub(super) fn new() -> Self {
        Self {
            request_id: random_hex::<8>().to_uppercase(),
            host_id: random_hex::<28>(),
            target: Mutex::default(),
        }
    }

    /// No code panics while it holds the lock, so a poisoned one is as good as any.
    pub(super) fn target(&self) -> MutexGuard<'_, Target> {
        self.target.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A line of the call log. What objects hold has no place in it.
#[derive(Debug, Serialize)]
pub(super) struct CallLine {
    /// RFC 3339, UTC.
    pub(super) time: String,
    /// `null` where the signature did not hold.
    pub(super) operation: Option<String>,
    pub(super) method: String,
    /// As it came, percent-encoded, with its query.
    pub(super) path: String,
    /// Decoded.
    pub(super) key: Option<String>,
    /// The header of that name.
    pub(super) range: Option<String>,
    /// 0 if the connection was closed without an answer.
    pub(super) status: u16,
    /// The bodies' lengths; `null` if unknown. That of a cut answer is the announced one.
    pub(super) request_bytes: Option<u64>,
    pub(super) response_bytes: Option<u64>,
    /// Until the answer's headers.
    pub(super) micros: u128,
    /// The text of the fault that hit the call.
    pub(super) fault: Option<String>,
}
