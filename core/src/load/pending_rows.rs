//! Rows between a file and its batches.

use crate::ingest::{Checker, FileBatches, RowBatch};
use crate::ledger::{Position, StoredRejects};
use crate::sql::chunk::Chunk;

/// Rows between a file and its batches.
pub(super) struct PendingRows {
    pub(super) checker: Checker,
    /// None where the database is not asked.
    pub(super) batches: Option<FileBatches>,
    /// Where the batch that is full ends.
    pub(super) end: Option<Position>,
    /// Where the file ends early: what comes there is given back once all else is in the reject
    /// file, since a quote that is open would swallow it there.
    pub(super) stop: Option<Position>,
    /// Rows that the database did not take from an earlier attempt; they are not sent again.
    pub(super) known: StoredRejects,
    /// The first row that no earlier attempt has dealt with.
    pub(super) first_new: u64,
    /// How many rows of earlier attempts are not read again.
    pub(super) left_out: u64,
}

impl PendingRows {
    /// The batches that are not full yet have no more bytes than this.
    pub(super) fn limit_batches(&mut self, bytes: usize) {
        if let Some(batches) = &mut self.batches {
            batches.limit(bytes);
        }
    }

    /// Takes a full batch's rows away or, at the end of the file, whatever rows there are.
    pub(super) fn take_batch(&mut self, at_end: bool) -> Option<RowBatch> {
        self.batches.as_mut()?.take(at_end)
    }

    /// Gives the memory of a batch that is stored to the next one.
    pub(super) fn reuse(&mut self, room: Option<Chunk>) {
        if let Some(batches) = &mut self.batches {
            batches.reuse(room);
        }
    }
}
