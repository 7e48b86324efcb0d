//! How far a file has been read.

use crate::format::lines::LineDecoder;

/// How far a file has been read.
#[derive(Debug)]
pub(super) struct ReadSoFar {
    pub(super) decoder: LineDecoder,
    pub(super) position: usize,
    pub(super) broken_bytes: usize,
}
