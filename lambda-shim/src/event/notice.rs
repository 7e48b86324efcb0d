//! What a record of an event says.

use rowgate_core::ObjectRef;

use super::error::EventError;

/// One record of an event, or why it cannot be read; the others can.
pub(crate) type Record = Result<Notice, EventError>;

/// What a record says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Notice {
    /// An object was written.
    Written(ObjectRef),
    /// Something else happened, by its name at S3.
    Other(String),
}
