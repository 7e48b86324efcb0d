//! The sizes and times at which Lambda gives up.
//!
//! Source: "Lambda quotas" in the Lambda Developer Guide.

use std::time::Duration;

/// What a caller who waits may send, in bytes.
pub(super) const REQUEST: usize = 6 * 1024 * 1024;

/// What a caller who does not wait may send, in bytes.
pub(super) const EVENT: usize = 1024 * 1024;

/// What a function may answer, in bytes: 6 MB and a little, as AWS's own message says.
pub(super) const RESPONSE: usize = 6_291_556;

/// The names and values of a function's own variables, in bytes.
pub(super) const VARIABLES: usize = 4 * 1024;

/// How long a process may take until it asks for its first event.
///
/// AWS would start it a second time, within the function's time-out; here that is one failure.
pub(super) const START: Duration = Duration::from_secs(10);
