//! The rows of one table while they are written, and what has become of them.

use alloc::vec::Vec;

use hashbrown::HashSet;

use super::numbered::Ids;
use super::options::IngestOptions;
use super::report::TableReport;
use super::row_batch::RowBatch;
use super::seen_keys::{Key, SeenKeys};
use crate::sql::statement::OnDuplicate;
use crate::table::counts::Counts;

/// The rows of one table while they are written, and what has become of them.
#[derive(Debug)]
pub(super) struct TableWrite {
    pub(super) batch: RowBatch,
    /// The keys of a request's rows, for others to name them as their parents.
    pub(super) keys: SeenKeys,
    /// The indexes of a request's rows that a CHECK refused: no row's parents.
    pub(super) violating: Vec<u64>,
    pub(super) received: u64,
    pub(super) invalid: u64,
    /// Of the invalid rows, those whose key the table has already.
    pub(super) existing: u64,
    /// Of the invalid rows, those that another unique key alone speaks against.
    pub(super) conflicts: u64,
    /// Rows that an [`OnDuplicate::Keep`] left as they are.
    pub(super) kept: u64,
    /// Rows that were written over.
    pub(super) updated: u64,
    /// Whether rows were written of which it is not known whether they are new.
    pub(super) is_uncounted: bool,
    /// Whether rows that the table has are looked for before they are written.
    pub(super) is_looked_at: bool,
    /// The ids that the database gave.
    pub(super) ids: Ids,
}

impl TableWrite {
    /// Rows of which nothing is written yet.
    pub(super) fn of(batch: RowBatch) -> Self {
        Self {
            received: batch.groups.rows() as u64,
            batch,
            keys: SeenKeys::default(),
            violating: Vec::new(),
            invalid: 0,
            existing: 0,
            conflicts: 0,
            kept: 0,
            updated: 0,
            is_uncounted: false,
            is_looked_at: false,
            ids: Ids::default(),
        }
    }

    /// Has its rows looked for before they are written.
    pub(super) fn look_from_now_on(&mut self) {
        self.is_looked_at = true;
        let chunks = self.batch.groups.chunks.iter();
        self.is_uncounted &= chunks.filter(|chunk| chunk.rows() > 0).count() > 1;
    }

    /// Forgets what an earlier write of the same rows came to.
    pub(super) fn begin_write(&mut self) {
        (self.kept, self.updated, self.is_uncounted) = (0, 0, false);
        self.ids = Ids::default();
    }

    /// Whether a row with this key came along, for others to name it as their parent.
    pub(super) fn came_along(&self, key: &Key) -> bool {
        let own = self.batch.own.as_ref();
        own.map_or_else(|| self.keys.contains(key), |own| own.contains_key(key))
    }

    /// Forgets rows that are not written.
    pub(super) fn drop_rows(&mut self, rows: &HashSet<Option<u64>>) {
        self.forget_keys(rows.iter().flatten().copied());
        self.batch.drop_rows(rows);
    }

    /// Forgets the keys of rows that a CHECK refused.
    pub(super) fn forget_violating(&mut self) {
        let violating = core::mem::take(&mut self.violating);
        self.forget_keys(violating.into_iter());
    }

    fn forget_keys(&mut self, rows: impl Iterator<Item = u64>) {
        for index in rows.filter_map(|index| u32::try_from(index).ok()) {
            self.keys.remove(index);
        }
    }

    pub(super) fn report(&self, refused: bool, options: &IngestOptions) -> TableReport {
        let kept = if refused { 0 } else { self.kept };
        let stored = if refused { 0 } else { self.received - self.invalid - kept };
        let updated = if refused { 0 } else { self.updated };
        let is_counted = match options.on_duplicate {
            OnDuplicate::Update => !self.is_uncounted,
            OnDuplicate::Fail | OnDuplicate::Keep => options.exact_counts,
        };
        let ids = || if refused { Vec::new() } else { self.ids.runs() };
        TableReport {
            table: self.batch.table.name,
            counts: Counts::good(stored, kept) + Counts::rejected(self.received - stored - kept),
            invalid: self.invalid,
            written: is_counted.then(|| (stored.saturating_sub(updated), updated)),
            ids: (options.return_ids && !options.dry_run).then(ids),
            conflicts: self.conflicts,
        }
    }
}
