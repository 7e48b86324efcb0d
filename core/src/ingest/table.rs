//! The rows of one table.

use alloc::vec::Vec;

use hashbrown::{HashMap, HashSet};

use super::groups::Groups;
use super::key_rows::KeyRows;
use super::numbered::Ids;
use super::offsets;
use super::options::IngestOptions;
use super::report::TableReport;
use super::seen_keys::{CHECKED_KEYS, Key, SeenKeys};
use crate::sql::statement::OnDuplicate;
use crate::table::counts::Counts;
use crate::table::issue::{RowError, RowErrorKind};
use crate::table::record::{ColumnSet, Place, Record};
use crate::table::row_key::row_key;
use crate::table::schema::{Schema, Table};
use crate::table::types::significant_cell;

#[derive(Debug)]
pub(super) struct TableIntake {
    pub(super) table: &'static Table,
    /// The columns of the key that says which rows the table has already.
    pub(super) key: &'static [usize],
    pub(super) groups: Groups,
    /// The keys of the good rows among the first [`CHECKED_KEYS`].
    pub(super) keys: SeenKeys,
    /// The keys of the kept rows; none where they are the same only byte for byte.
    pub(super) key_rows: KeyRows,
    /// What the good rows say of their parents, a member for each column that references one.
    pub(super) references: Vec<ReferenceIntake>,
    /// The columns whose values may come with an offset from UTC or without.
    pub(super) with_offsets: Vec<usize>,
    /// The keys of the kept rows with their index, if rows of this table are each other's parents.
    pub(super) own: Option<HashMap<Key, u64>>,
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
    /// Good rows that lack a column which a new row needs.
    pub(super) lacking: u64,
    /// The ids that the database gave.
    pub(super) ids: Ids,
}

#[derive(Debug)]
pub(super) struct ReferenceIntake {
    /// The position of the column.
    pub(super) column: usize,
    pub(super) parent: &'static Table,
    pub(super) rows: HashMap<Key, Vec<Place>>,
}

impl TableIntake {
    pub(super) fn new(schema: Schema, table: &'static Table, options: &IngestOptions) -> Self {
        let columns = table.columns.iter().enumerate().filter(|_| options.check_references);
        let references = columns.filter_map(|(column, definition)| {
            let parent = schema.table(definition.references?.table)?;
            Some(ReferenceIntake { column, parent, rows: HashMap::new() })
        });
        let refers_to_itself = |reference: &ReferenceIntake| reference.parent.name == table.name;
        let references: Vec<_> = references.collect();
        Self {
            table,
            key: options.key.and_then(|key| key.columns).unwrap_or(table.key),
            own: references.iter().any(refers_to_itself).then(HashMap::new),
            groups: Groups::default(),
            keys: SeenKeys::default(),
            key_rows: KeyRows::default(),
            references,
            with_offsets: offsets::columns(table),
            received: 0,
            invalid: 0,
            existing: 0,
            conflicts: 0,
            kept: 0,
            updated: 0,
            is_uncounted: false,
            is_looked_at: false,
            lacking: 0,
            ids: Ids::default(),
        }
    }

    /// Has its rows looked for before they are written.
    pub(super) fn look_from_now_on(&mut self) {
        self.is_looked_at = true;
        self.is_uncounted &= self.groups.chunks.iter().filter(|chunk| chunk.rows() > 0).count() > 1;
    }

    /// Forgets what an earlier write of the same rows came to.
    pub(super) fn begin_write(&mut self) {
        (self.kept, self.updated, self.is_uncounted) = (0, 0, false);
        self.ids = Ids::default();
    }

    /// Fails if an earlier good row, among the first [`CHECKED_KEYS`], has the same key.
    pub(super) fn claim_key(
        &mut self,
        record: &Record<'_>,
        place: Place,
    ) -> Result<(), Vec<RowError>> {
        if !self.has_key(record) {
            return Ok(());
        }
        let index = place.index.and_then(|index| u32::try_from(index).ok());
        let Some(index) = index.filter(|index| *index < CHECKED_KEYS) else { return Ok(()) };
        self.keys.claim(&row_key(self.table, record.cells()), index).map_err(|first| {
            let kind = RowErrorKind::DuplicateInBatch { first: first.into() };
            alloc::vec![RowError::key(self.table.key_name(), kind)]
        })
    }

    /// Whether a row carries its whole key: the database numbers one that does not.
    fn has_key(&self, record: &Record<'_>) -> bool {
        self.table.key.iter().all(|position| record.columns().has(*position))
    }

    /// Takes note of a good row that lacks what a new row needs.
    pub(super) fn note_lacking(&mut self, record: &Record<'_>) {
        if *record.columns() == ColumnSet::ALL {
            return;
        }
        let columns = self.table.columns.iter().enumerate();
        let mut lacking = columns.filter(|(at, it)| it.is_required() && !record.columns().has(*at));
        self.lacking += u64::from(lacking.next().is_some());
    }

    pub(super) fn keep(&mut self, record: &Record<'_>, place: Place, chunk_limit: usize) {
        for reference in &mut self.references {
            let collation = reference.parent.key_column().collation;
            let value = significant_cell(collation, &record.cells()[reference.column]);
            if let Some(key) = Key::of(&value) {
                reference.rows.entry(key).or_default().push(place);
            }
        }
        let has_key = self.has_key(record);
        if let Some(own) = self.own.as_mut().filter(|_| has_key) {
            own.extend(Key::of(&row_key(self.table, record.cells())).zip(place.index));
        }
        if has_key && !self.table.has_exact_key() {
            self.key_rows.push(self.table, record, place, chunk_limit);
        }
        let is_new = place.index.is_some_and(|index| index < u64::from(CHECKED_KEYS));
        let key = (has_key && !is_new).then(|| row_key(self.table, record.cells()));
        self.groups.push(record, place, chunk_limit, key.as_ref());
    }

    /// Takes a batch away, with all that is known of its rows.
    pub(super) fn split_off(&mut self, schema: Schema, options: &IngestOptions) -> Self {
        let mut first = Self::new(schema, self.table, options);
        first.groups = self.groups.take_batch();
        first.received = first.groups.rows() as u64;

        let next = self.groups.first_index().unwrap_or(u64::MAX);
        for (taken, kept) in first.references.iter_mut().zip(&mut self.references) {
            taken.rows = core::mem::take(&mut kept.rows);
            for (key, places) in &mut taken.rows {
                let later: Vec<_> =
                    places.extract_if(.., |place| place.index >= Some(next)).collect();
                if !later.is_empty() {
                    kept.rows.insert(key.clone(), later);
                }
            }
        }
        first.key_rows = self.key_rows.split_off(next);
        if let Some(own) = &mut self.own {
            first.own = Some(own.extract_if(|_, index| *index < next).collect());
        }
        first
    }

    /// Whether a row with this key came along, for others to name it as their parent.
    pub(super) fn came_along(&self, key: &Key) -> bool {
        self.own.as_ref().map_or_else(|| self.keys.contains(key), |own| own.contains_key(key))
    }

    pub(super) fn drop_rows(&mut self, rows: &HashSet<Option<u64>>) {
        for index in rows.iter().flatten().filter_map(|index| u32::try_from(*index).ok()) {
            self.keys.remove(index);
        }
        if let Some(own) = &mut self.own {
            own.retain(|_, index| !rows.contains(&Some(*index)));
        }
        self.key_rows.drop_rows(rows);
        for reference in &mut self.references {
            for places in reference.rows.values_mut() {
                places.retain(|place| !rows.contains(&place.index));
            }
        }
        for chunk in &mut self.groups.chunks {
            *chunk = chunk.filter(|_, place| !rows.contains(&place.index));
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
            table: self.table.name,
            counts: Counts::good(stored, kept) + Counts::rejected(self.received - stored - kept),
            invalid: self.invalid,
            written: is_counted.then(|| (stored.saturating_sub(updated), updated)),
            ids: (options.return_ids && !options.dry_run).then(ids),
            conflicts: self.conflicts,
        }
    }
}
