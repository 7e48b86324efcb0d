//! Rows by the columns that they carry: a chunk, and so a statement, for each set of columns.
//!
//! Rows come in the order of their request or file and are put into batches, each a run of rows
//! that follow each other. Chunks are written in their order, so that of rows with the same key the
//! last one must never be in an earlier chunk than another: where that would be, a batch ends.

use alloc::vec::Vec;
use core::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashMap};

use super::seen_keys::KeyCell;
use crate::sql::chunk::Chunk;
use crate::table::record::{Cell, ColumnSet, Place, Record};

/// The most sets of columns that the rows of a batch carry, and those of a table in a request.
pub(super) const SETS_LIMIT: usize = 16;

/// The chunks of one table's rows, in the order in which they are written.
#[derive(Debug, Default)]
pub(super) struct Groups {
    pub(super) chunks: Vec<Chunk>,
    /// The first chunk of the open batch, which still takes rows.
    open: usize,
    /// Of the open batch, if its rows may repeat keys and carry several sets of columns.
    order: Option<KeyOrder>,
}

impl Groups {
    /// Adds a row; the chunks of a batch fill at most `limit` bytes together. The key says that an
    /// earlier row may have it, too.
    pub(super) fn push(
        &mut self,
        record: &Record<'_>,
        place: Place,
        limit: usize,
        key: Option<&Cell<'_>>,
    ) {
        if !self.push_open(record, place, limit, key) {
            self.close(record.columns(), key.is_some());
            // The first row of a batch always fits.
            self.push_open(record, place, limit, key);
        }
    }

    fn push_open(
        &mut self,
        record: &Record<'_>,
        place: Place,
        limit: usize,
        key: Option<&Cell<'_>>,
    ) -> bool {
        let batch = &self.chunks[self.open..];
        let known = batch.iter().position(|chunk| chunk.columns() == record.columns());
        let group = known.unwrap_or(batch.len());
        if group == SETS_LIMIT || !key.is_none_or(|key| self.keeps_order(key, group)) {
            return false;
        }
        if known.is_none() {
            self.chunks.push(Chunk::new(limit));
        }
        let filled = self.filled_beside(group);
        let fits = self.chunks[self.open + group].push_beside(record, place, filled);
        if !fits && known.is_none() {
            self.chunks.pop();
        }
        fits
    }

    /// Whether a row may go to a group of the open batch without being written before an earlier
    /// row of its key.
    fn keeps_order(&mut self, key: &Cell<'_>, group: usize) -> bool {
        match &mut self.order {
            Some(order) => order.take(key, group),
            // One statement takes its rows in their order.
            None => group == 0 && self.chunks.len() <= self.open + 1,
        }
    }

    fn filled_beside(&self, group: usize) -> usize {
        let batch = self.chunks[self.open..].iter().enumerate();
        batch
            .filter(|(other, chunk)| *other != group && chunk.rows() > 0)
            .map(|(_, chunk)| chunk.filled())
            .sum()
    }

    /// Ends the open batch; the next one begins with a row of these columns.
    fn close(&mut self, next: &ColumnSet, may_repeat: bool) {
        let is_mixed = self.chunks[self.open..].iter().any(|chunk| chunk.columns() != next);
        // Files whose rows carry the same columns need no memory for this.
        self.order = (may_repeat && is_mixed).then(KeyOrder::default);
        self.open = self.chunks.len();
    }

    /// Whether a batch has ended.
    pub(super) fn has_batch(&self) -> bool {
        self.open > 0
    }

    /// Takes the chunks of the batches that have ended away or, if none has, all.
    pub(super) fn take_batch(&mut self) -> Self {
        let end = if self.has_batch() { self.open } else { self.chunks.len() };
        self.open = 0;
        Self { chunks: self.chunks.drain(..end).collect(), ..Self::default() }
    }

    /// Cuts chunks of more than `limit` bytes; their rows stay in their order.
    pub(super) fn cut(&mut self, limit: usize) {
        if self.chunks.iter().any(|chunk| chunk.filled() > limit) {
            self.chunks = self.chunks.drain(..).flat_map(|chunk| chunk.cut(limit)).collect();
        }
    }

    /// The only chunk, if there are not several.
    pub(super) fn only(&self) -> Option<&Chunk> {
        self.chunks.first().filter(|_| self.chunks.len() == 1)
    }

    /// The same, to be kept.
    pub(super) fn into_only(mut self) -> Option<Chunk> {
        self.only()?;
        self.chunks.pop()
    }

    /// The index of the first row.
    pub(super) fn first_index(&self) -> Option<u64> {
        self.chunks.first()?.place(0).index
    }

    /// How many rows there are.
    pub(super) fn rows(&self) -> usize {
        self.chunks.iter().map(Chunk::rows).sum()
    }

    /// Whether the rows carry more than [`SETS_LIMIT`] sets of columns.
    pub(super) fn has_too_many_sets(&self) -> bool {
        let mut sets: Vec<&ColumnSet> = Vec::new();
        for columns in self.chunks.iter().map(Chunk::columns) {
            if !sets.contains(&columns) {
                sets.push(columns);
            }
            if sets.len() > SETS_LIMIT {
                return true;
            }
        }
        false
    }
}

/// The last group of a batch in which each key is.
///
/// Keys are known by their hashes: two keys with the same one only end a batch early.
#[derive(Debug, Default)]
struct KeyOrder {
    groups: HashMap<u64, u8>,
    hasher: DefaultHashBuilder,
}

impl KeyOrder {
    /// Takes note of a row; `false` if an earlier row of its key is in a later group.
    fn take(&mut self, key: &Cell<'_>, group: usize) -> bool {
        let hash = self.hasher.hash_one(KeyCell::of(key));
        // There are no more than 16 groups.
        let group = group as u8;
        let last = self.groups.entry(hash).or_insert(group);
        let keeps_order = *last <= group;
        *last = group.max(*last);
        keeps_order
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::json::{BodyItem, decode_rows};
    use crate::table::schema::{Column, ColumnType, Table};
    use alloc::collections::BTreeMap;
    use alloc::format;
    use alloc::string::{String, ToString};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    const fn column(name: &'static str, nullable: bool) -> Column {
        Column { nullable, ..Column::new(name, ColumnType::known("smallint", None, None)) }
    }

    /// With 32 sets of columns.
    static WIDE: Table = Table {
        key: &[1],
        ..Table::new(
            "wide",
            &[
                column("a", true),
                column("id", false),
                column("b", true),
                column("c", true),
                column("d", true),
                column("e", true),
            ],
        )
    };

    const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];

    /// What the model's table has where a row brought nothing.
    const DEFAULT: Option<i64> = Some(7777);

    /// The rows of the model's table by their key.
    type Stored = BTreeMap<i64, BTreeMap<String, Option<i64>>>;

    /// What an update does with one row: columns that do not come keep what they have.
    fn update(stored: &mut Stored, values: impl Iterator<Item = (String, Option<i64>)>) {
        let values: BTreeMap<_, _> = values.collect();
        let key = values["id"].unwrap();
        let new = || NAMES.iter().map(|name| ((*name).into(), DEFAULT)).collect();
        stored.entry(key).or_insert_with(new).extend(values);
    }

    /// What a chunk's statement writes.
    fn write(stored: &mut Stored, chunk: &Chunk) {
        let rows: Vec<Vec<Option<i64>>> = serde_json::from_str(chunk.json()).unwrap();
        for row in rows {
            let names = chunk.columns().of(&WIDE).map(|column| column.name.into());
            update(stored, names.zip(row));
        }
    }

    /// Puts rows into batches, which are taken as soon as they are full; from the row `repeats` on
    /// keys may come again.
    fn batches(body: &Value, limit: usize, repeats: u64) -> Vec<Groups> {
        let mut groups = Groups::default();
        let mut batches = Vec::new();
        decode_rows(body.to_string().as_bytes(), &WIDE, |part| {
            let BodyItem::Row(_, row) = part else { panic!("{part:?}") };
            let place = row.place;
            let record = Record::parse(&WIDE, row, false).unwrap();
            let key =
                Some(&record.cells()[WIDE.first_key()]).filter(|_| place.index >= Some(repeats));
            groups.push(&record, place, limit, key);
            if groups.has_batch() {
                batches.push(groups.take_batch());
            }
            true
        })
        .unwrap();
        batches.push(groups.take_batch());
        batches
    }

    fn indexes(batch: &Groups) -> Vec<u64> {
        let places = |chunk: &Chunk| {
            (0..chunk.rows()).map(|row| chunk.place(row).index.unwrap()).collect::<Vec<_>>()
        };
        let mut indexes: Vec<_> = batch.chunks.iter().flat_map(places).collect();
        indexes.sort_unstable();
        indexes
    }

    /// A row with the columns of a bit set.
    fn row(id: u64, bits: u64) -> Value {
        let carried = NAMES.iter().enumerate().filter(|(bit, _)| bits & (1 << bit) != 0);
        let mut row: serde_json::Map<_, _> =
            carried.map(|(_, name)| ((*name).into(), json!(id))).collect();
        row.insert("id".into(), json!(id));
        row.into()
    }

    #[test]
    fn a_batch_ends_where_a_17th_set_comes() {
        let rows: Value = (0..40).map(|index| row(index, index % 32)).collect();
        let batches = batches(&rows, 10_000, u64::MAX);
        let sizes: Vec<_> =
            batches.iter().map(|batch| (batch.chunks.len(), batch.rows())).collect();
        assert_eq!(sizes, [(16, 16), (16, 16), (8, 8)]);
        assert!(batches.iter().all(|batch| !batch.has_too_many_sets()));

        let mut request = Groups::default();
        request.chunks.extend(batches.into_iter().flat_map(|batch| batch.chunks));
        assert!(request.has_too_many_sets());
    }

    #[test]
    fn rows_of_one_set_need_no_memory_for_the_order_of_keys() {
        let rows: Value = (0..100).map(|_| row(1, 5)).collect();
        let batches = batches(&rows, 10_000, 0);
        assert_eq!((batches.len(), batches[0].rows()), (1, 100));
        assert!(batches[0].order.is_none());
    }

    #[test]
    fn rows_of_several_sets_share_a_batch_though_keys_may_come_again() {
        let rows: Value = (0..100).map(|index| row(index, index % 2)).collect();
        let sizes: Vec<_> = batches(&rows, 10_000, 0).iter().map(Groups::rows).collect();
        // The first batch ends where the second set comes.
        assert_eq!(sizes, [1, 99]);
    }

    #[test]
    fn a_batch_ends_before_a_row_would_be_written_before_an_earlier_one_of_its_key() {
        // The last row is of the first group, and its key of the second.
        let rows = json!([row(1, 0), row(1, 1), row(2, 1), row(2, 2), row(2, 1)]);
        let sizes: Vec<_> = batches(&rows, 10_000, 0).iter().map(Groups::rows).collect();
        assert_eq!(sizes, [1, 3, 1]);
    }

    #[test]
    fn the_chunks_of_a_batch_fill_its_limit_together() {
        let rows: Value = (100..900).map(|index| row(index, index % 4)).collect();
        let batches = batches(&rows, 1_000, u64::MAX);
        for batch in &batches[..batches.len() - 1] {
            let filled: usize = batch.chunks.iter().map(Chunk::filled).sum();
            assert!((900..=1_000).contains(&filled), "{filled}");
            assert_eq!(batch.chunks.len(), 4);
        }
    }

    proptest! {
        #[test]
        fn statements_write_what_the_rows_say_one_after_the_other(
            rows in proptest::collection::vec(
                (0..6_i64, proptest::array::uniform5(proptest::option::of(
                    proptest::option::of(0..9_i64)
                ))),
                0..80,
            ),
            limit in 20..400_usize,
            unique in 0..6_u64,
        ) {
            // Keys are new up to there, as those are that a checker has compared.
            let key = |index: u64, key: i64| if index < unique { -1 - index as i64 } else { key };
            let mut expected = Stored::new();
            let mut body = Vec::new();
            for (index, (id, values)) in (0..).zip(&rows) {
                let named = NAMES.iter().zip(values);
                let carried = named.filter_map(|(name, value)| Some(((*name).into(), (*value)?)));
                let values: BTreeMap<String, Option<i64>> =
                    carried.chain([("id".into(), Some(key(index, *id)))]).collect();
                body.push(json!(values));
                update(&mut expected, values.into_iter());
            }
            let mut stored = Stored::new();
            let mut seen = Vec::new();
            for batch in batches(&Value::from(body), limit, unique) {
                prop_assert!(!batch.has_too_many_sets());
                let filled: usize = batch.chunks.iter().map(Chunk::filled).sum();
                prop_assert!(filled <= limit || batch.rows() == 1, "{}", filled);
                seen.extend(indexes(&batch));
                batch.chunks.iter().for_each(|chunk| write(&mut stored, chunk));
            }
            prop_assert_eq!(seen, (0..rows.len() as u64).collect::<Vec<_>>());
            prop_assert_eq!(stored, expected, "{}", format!("{rows:?}"));
        }
    }
}
