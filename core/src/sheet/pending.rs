//! Rows whose answer is not known.

use alloc::string::String;
use alloc::vec::Vec;

/// The rows of the request whose answer is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pending {
    pub(super) rows: Vec<u32>,
    /// The id of the API key with which they were sent: another one's request would be another request.
    pub(super) sender: String,
    /// Whether they may have reached the gate before: then an answer that is a replay is theirs.
    pub(super) is_repeated: bool,
}
