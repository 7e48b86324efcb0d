//! Rows of a table that refer to each other by its own foreign keys: parents first.
//!
//! A statement writes its rows in their order, and the database looks for the parent of each at once.

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;

use hashbrown::HashMap;

use super::row_batch::RowBatch;
use super::store::Store;
use crate::sql::chunk::Chunk;
use crate::sql::statement::OnDuplicate;
use crate::table::issue::{RowError, RowErrorKind};
use crate::table::record::Place;

/// A row by its chunk and its number there.
type RowAt = (usize, usize);

/// The rows of a table, and which of them have to wait for others.
struct Order {
    /// Where each row is.
    rows: Vec<RowAt>,
    /// For how many others each waits.
    waits: Vec<usize>,
    /// Which rows wait for it.
    children: Vec<Vec<usize>>,
    /// Whether a row stands before one that it waits for.
    is_wrong: bool,
}

impl Store {
    /// Puts the rows of each table parents first. New rows in a circle are rejected.
    pub(super) fn put_parents_first(&mut self) {
        for position in 0..self.tables.len() {
            let batch = &mut self.tables[position].batch;
            if batch.table.own_keys().next().is_none() || batch.groups.rows() < 2 {
                continue;
            }
            let order = Order::of(batch);
            if order.is_wrong {
                let (chunks, stuck) = order.sorted(&batch.groups.chunks);
                batch.groups.chunks = chunks;
                self.settle_circle(position, &stuck);
            }
        }
    }

    /// Old rows may get each other as parents; new ones cannot.
    fn settle_circle(&mut self, position: usize, stuck: &[Place]) {
        if stuck.is_empty() || self.options.on_duplicate == OnDuplicate::Update {
            return;
        }
        let error = || alloc::vec![RowError::row(RowErrorKind::ReferenceCycle)];
        self.reject(position, stuck.iter().map(|place| (*place, error())).collect());
    }
}

impl Order {
    fn of(batch: &RowBatch) -> Self {
        let chunks = batch.groups.chunks.iter().enumerate();
        let rows: Vec<RowAt> = chunks
            .flat_map(|(number, chunk)| (0..chunk.rows()).map(move |row| (number, row)))
            .collect();
        let mut order = Self {
            waits: alloc::vec![0; rows.len()],
            children: alloc::vec![Vec::new(); rows.len()],
            rows,
            is_wrong: false,
        };
        for foreign in batch.table.own_keys() {
            let columns: Option<Vec<_>> =
                foreign.references.iter().map(|name| batch.table.column_index(name)).collect();
            let parents = order.texts(batch, &columns.unwrap_or_default());
            let mut by_text: HashMap<&String, usize> = HashMap::new();
            for (row, text) in parents.iter().enumerate() {
                if let Some(text) = text {
                    by_text.entry(text).or_insert(row);
                }
            }
            for (row, text) in order.texts(batch, foreign.columns).iter().enumerate() {
                if let Some(parent) = text.as_ref().and_then(|text| by_text.get(text)) {
                    order.add(row, *parent);
                }
            }
        }
        order.keep_order_of_keys(batch);
        order
    }

    /// Of rows with one key the later one is written later.
    fn keep_order_of_keys(&mut self, batch: &RowBatch) {
        let mut last: HashMap<String, usize> = HashMap::new();
        for (row, text) in self.texts(batch, batch.key).into_iter().enumerate() {
            if let Some(before) = text.and_then(|text| last.insert(text, row)) {
                self.add(row, before);
            }
        }
    }

    fn texts(&self, batch: &RowBatch, columns: &[usize]) -> Vec<Option<String>> {
        let text = |(chunk, row): &RowAt| batch.groups.chunks[*chunk].text_of(*row, columns);
        self.rows.iter().map(text).collect()
    }

    fn add(&mut self, row: usize, parent: usize) {
        if row != parent {
            self.waits[row] += 1;
            self.children[parent].push(row);
            self.is_wrong |= parent > row;
        }
    }

    /// The rows in an order in which none waits for a later one, with few chunks; and those of circles,
    /// which come last as they were.
    fn sorted(mut self, chunks: &[Chunk]) -> (Vec<Chunk>, Vec<Place>) {
        let mut ready: Vec<VecDeque<usize>> = alloc::vec![VecDeque::new(); chunks.len()];
        for (row, (chunk, _)) in self.rows.iter().enumerate() {
            if self.waits[row] == 0 {
                ready[*chunk].push_back(row);
            }
        }
        let mut sorted = Vec::new();
        while let Some(chunk) = ready.iter().position(|rows| !rows.is_empty()) {
            let mut taken = Vec::new();
            while let Some(row) = ready[chunk].pop_front() {
                taken.push(self.rows[row].1);
                for child in core::mem::take(&mut self.children[row]) {
                    self.waits[child] -= 1;
                    if self.waits[child] == 0 {
                        ready[self.rows[child].0].push_back(child);
                    }
                }
            }
            sorted.push(chunks[chunk].pick(&taken));
        }
        let mut stuck = Vec::new();
        for (number, chunk) in chunks.iter().enumerate() {
            let of_chunk = |row: &usize| self.rows[*row].0 == number && self.waits[*row] > 0;
            let left: Vec<_> =
                (0..self.rows.len()).filter(of_chunk).map(|row| self.rows[row].1).collect();
            if !left.is_empty() {
                stuck.extend(left.iter().map(|row| chunk.place(*row)));
                sorted.push(chunk.pick(&left));
            }
        }
        (sorted, stuck)
    }
}
