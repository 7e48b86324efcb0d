//! The keys of rows, as statements take them that only compare keys.

use alloc::vec::Vec;

use hashbrown::HashSet;

use crate::sql::chunk::Chunk;
use crate::table::record::{Place, Record};
use crate::table::schema::Table;

/// The keys of a table's good rows, in their order, where only the database knows which are the same.
#[derive(Debug, Default)]
pub(super) struct KeyRows(Vec<Chunk>);

impl KeyRows {
    /// Takes a row's key in; the keys of a batch fill no more than its rows do.
    pub(super) fn push(&mut self, table: &Table, record: &Record<'_>, place: Place, limit: usize) {
        let cells = || table.key.iter().map(|position| &record.cells()[*position]);
        if !self.0.last_mut().is_some_and(|chunk| chunk.push_cells(cells(), place)) {
            let mut chunk = Chunk::new(limit);
            chunk.push_cells(cells(), place);
            self.0.push(chunk);
        }
    }

    /// Takes the rows before this one away.
    pub(super) fn split_off(&mut self, next: u64) -> Self {
        let is_before = |place: Place| place.index < Some(next);
        let part = |before| {
            let of = |chunk: &Chunk| chunk.filter(|_, place| is_before(place) == before);
            self.0.iter().map(of).filter(|chunk| chunk.rows() > 0).collect()
        };
        let (first, rest) = (part(true), part(false));
        self.0 = rest;
        Self(first)
    }

    pub(super) fn drop_rows(&mut self, rows: &HashSet<Option<u64>>) {
        for chunk in &mut self.0 {
            *chunk = chunk.filter(|_, place| !rows.contains(&place.index));
        }
    }

    /// The keys in statements that the service takes.
    pub(super) fn chunks(&self, limit: usize) -> Vec<Chunk> {
        let chunks = self.0.iter().cloned().flat_map(|chunk| chunk.cut(limit));
        chunks.filter(|chunk| chunk.rows() > 1).collect()
    }
}
