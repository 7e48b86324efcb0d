//! Records of one table, ready to be written.

use alloc::vec::Vec;

use hashbrown::{HashMap, HashSet};

use super::groups::Groups;
use super::key_rows::KeyRows;
use super::options::IngestOptions;
use super::seen_keys::{CHECKED_KEYS, Key};
use crate::sql::chunk::Chunk;
use crate::table::record::{Place, Record};
use crate::table::row_key::{has_key, row_key};
use crate::table::schema::{Schema, Table};
use crate::table::types::significant_cell;

/// Rows of one table that follow each other, with what they say of their keys and parents.
#[derive(Debug)]
pub(crate) struct RowBatch {
    pub(super) table: &'static Table,
    /// The columns of the key that says which rows the table has already.
    pub(super) key: &'static [usize],
    pub(super) groups: Groups,
    /// The keys of the rows; none where they are the same only byte for byte.
    pub(super) key_rows: KeyRows,
    /// What the rows say of their parents, a member for each column that references one.
    pub(super) references: Vec<RowReferences>,
    /// The keys of the rows with their index, if rows of this table are each other's parents.
    pub(super) own: Option<HashMap<Key, u64>>,
}

/// The rows that name a parent in one column, by its key.
#[derive(Debug)]
pub(super) struct RowReferences {
    /// The position of the column.
    pub(super) column: usize,
    pub(super) parent: &'static Table,
    pub(super) rows: HashMap<Key, Vec<Place>>,
}

impl RowBatch {
    pub(super) fn new(schema: Schema, table: &'static Table, options: &IngestOptions) -> Self {
        let columns = table.columns.iter().enumerate().filter(|_| options.check_references);
        let references = columns.filter_map(|(column, definition)| {
            let parent = schema.table(definition.references?.table)?;
            Some(RowReferences { column, parent, rows: HashMap::new() })
        });
        let refers_to_itself = |reference: &RowReferences| reference.parent.name == table.name;
        let references: Vec<_> = references.collect();
        Self {
            table,
            key: options.key.and_then(|key| key.columns).unwrap_or(table.key),
            own: references.iter().any(refers_to_itself).then(HashMap::new),
            groups: Groups::default(),
            key_rows: KeyRows::default(),
            references,
        }
    }

    /// Adds a row; the rows of one transaction of a file fill at most `limit` bytes, and so do those of
    /// each statement.
    pub(super) fn push(&mut self, record: &Record<'_>, place: Place, limit: usize) {
        for reference in &mut self.references {
            let collation = reference.parent.key_column().collation;
            let value = significant_cell(collation, &record.cells()[reference.column]);
            if let Some(key) = Key::of(&value) {
                reference.rows.entry(key).or_default().push(place);
            }
        }
        let has_key = has_key(self.table, record);
        if let Some(own) = self.own.as_mut().filter(|_| has_key) {
            own.extend(Key::of(&row_key(self.table, record.cells())).zip(place.index));
        }
        if has_key && !self.table.has_exact_key() {
            self.key_rows.push(self.table, record, place, limit);
        }
        let is_new = place.index.is_some_and(|index| index < u64::from(CHECKED_KEYS));
        let key = (has_key && !is_new).then(|| row_key(self.table, record.cells()));
        self.groups.push(record, place, limit, key.as_ref());
    }

    /// Takes the rows that fill a transaction away or, if none do, all; with all that is known of them.
    pub(super) fn split_off(&mut self, schema: Schema, options: &IngestOptions) -> Self {
        let mut first = Self::new(schema, self.table, options);
        first.groups = self.groups.take_batch();

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

    /// How many bytes the rows have become.
    pub(super) fn bytes(&self) -> usize {
        self.groups.chunks.iter().map(|chunk| chunk.json().len()).sum()
    }

    /// The primary and the unique keys of whole columns besides the one that decides.
    pub(super) fn other_keys(
        &self,
    ) -> impl Iterator<Item = (&'static str, &'static [usize])> + use<> {
        let (table, key) = (self.table, self.key);
        let unique = table.constraints.unique.iter();
        let unique = unique.filter_map(|key| Some((key.name, key.columns?)));
        let primary = ("PRIMARY", table.key);
        core::iter::once(primary).chain(unique).filter(move |(_, other)| *other != key)
    }

    /// Whether two rows of a chunk may have one key, though none came twice by its bytes.
    pub(super) fn may_repeat_key(&self, chunk: &Chunk) -> bool {
        let last = chunk.rows().checked_sub(1).and_then(|row| chunk.place(row).index);
        self.key != self.table.key || last.is_none_or(|last| last >= u64::from(CHECKED_KEYS))
    }

    pub(super) fn drop_rows(&mut self, rows: &HashSet<Option<u64>>) {
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
}
