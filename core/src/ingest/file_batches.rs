//! The good rows of a file, put into batches.

use super::options::IngestOptions;
use super::row_batch::RowBatch;
use crate::sql::chunk::Chunk;
use crate::table::record::{Place, Record};
use crate::table::schema::{Schema, Table};

/// Takes the good rows of one file, and gives them away in batches of so many bytes.
#[derive(Debug)]
pub(crate) struct FileBatches {
    schema: Schema,
    options: IngestOptions,
    /// The rows that are not given away yet.
    open: RowBatch,
    /// The most bytes of the rows of one batch.
    limit: usize,
    /// Where an earlier batch's rows were, for the next.
    room: Option<Chunk>,
}

impl FileBatches {
    pub(crate) fn new(
        schema: Schema,
        table: &'static Table,
        options: IngestOptions,
        limit: usize,
    ) -> Self {
        let open = RowBatch::new(schema, table, &options);
        Self { schema, options, open, limit, room: None }
    }

    pub(crate) fn push(&mut self, record: &Record<'_>, place: Place) {
        self.open.push(record, place, self.limit);
    }

    /// The batches that are not full yet have no more bytes than this.
    pub(crate) fn limit(&mut self, bytes: usize) {
        self.limit = self.limit.min(bytes);
    }

    /// Gives the memory of a batch that is stored to the next one.
    pub(crate) fn reuse(&mut self, room: Option<Chunk>) {
        self.room = room;
    }

    /// Whether a batch is full, so that [`Self::take`] gives it.
    pub(crate) fn has_full(&self) -> bool {
        self.open.groups.has_batch()
    }

    /// Takes a full batch's rows away or, with `all`, whatever rows there are.
    pub(crate) fn take(&mut self, all: bool) -> Option<RowBatch> {
        if self.open.groups.rows() == 0 || !(self.has_full() || all) {
            return None;
        }
        let batch = self.open.split_off(self.schema, &self.options);
        let next = self.open.groups.chunks.first_mut();
        if let (Some(full), Some(next)) = (batch.groups.only(), next) {
            next.move_into(self.room.take(), full);
        }
        Some(batch)
    }
}
