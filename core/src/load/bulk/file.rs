//! A file that is loaded in parts.

use serde::{Deserialize, Serialize};

use super::super::object_ref::ObjectRef;
use super::plan::Cut;

/// A file that is loaded in parts, as each step receives it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkFile {
    /// The version that is loaded.
    #[serde(flatten)]
    pub object: ObjectRef,
    /// Bytes.
    pub size: u64,
    /// Bytes of each range, the last one aside.
    pub range_bytes: u64,
    /// Whether its first record is a header.
    pub has_header: bool,
}

impl BulkFile {
    pub(super) fn cut(&self) -> Cut {
        Cut { size: self.size, range: self.range_bytes, has_header: self.has_header }
    }
}
