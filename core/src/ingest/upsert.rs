//! Rows written by what the table has: those whose key it has over its own, the others as new ones.
//!
//! One transaction: a look with a lock, an UPDATE of the columns that come, an INSERT. No row changes that
//! was not named, whatever unique keys the table has.

use alloc::vec::Vec;

use hashbrown::{HashMap, HashSet};

use super::chunk_write::{DUPLICATE, DUPLICATE_TRIES, StatementResult};
use super::error::StoreError;
use super::form::{ChunkAt, WriteForm, rows_of};
use super::lookup::{Asked, existing_rows_by_now, numbered_rows, row_pairs};
use super::seen_keys::CHECKED_KEYS;
use super::store::Store;
use crate::aws::host::{Client, Host};
use crate::sql::chunk::Chunk;
use crate::sql::upsert::RowLock;
use crate::table::issue::{RowError, RowErrorKind};
use crate::table::schema::Table;

/// The rows of a chunk by whether the table has them.
pub(super) struct Looked {
    /// Those that it has.
    pub(super) old: Chunk,
    /// Those that it has not.
    pub(super) new: Chunk,
    /// Rows over which a later one of the same key is written at once.
    pub(super) superseded: u64,
}

/// Whether a part of a chunk is done with.
#[derive(PartialEq)]
enum PartState {
    Done,
    /// The table has rows now that it did not have at the look.
    Changed,
}

impl Store {
    /// Writes a chunk whose rows carry the key.
    pub(super) async fn upsert<H: Host>(
        &mut self,
        client: &Client<'_, H>,
        at: ChunkAt,
        id: &str,
    ) -> Result<(), StoreError> {
        let position = at.0;
        for tries in 0.. {
            let Some(looked) = self.look_at(client, at, Some(id)).await? else { return Ok(()) };
            let updated = self.tables[position].updated;
            let is_last = tries >= DUPLICATE_TRIES;
            if self.write_looked(client, position, (&looked, is_last), id).await? == PartState::Done
            {
                self.tables[position].updated += looked.superseded;
                return Ok(());
            }
            self.tables[position].updated = updated;
        }
        Ok(())
    }

    /// An update goes first, so that a unique value can move from an old row to a new one; but an old row
    /// can only get a new one of the same table as its parent once that is there.
    async fn write_looked<H: Host>(
        &mut self,
        client: &Client<'_, H>,
        position: usize,
        (looked, is_last): (&Looked, bool),
        id: &str,
    ) -> Result<PartState, StoreError> {
        let insert = self.insert_form(self.tables[position].batch.table, &looked.new);
        let mut parts = [(&looked.old, WriteForm::Update), (&looked.new, insert)];
        if self.tables[position].batch.table.own_keys().next().is_some() {
            parts.reverse();
        }
        for (chunk, form) in parts {
            if self.refused() {
                // Nothing will be stored, but the client should hear of everything at once.
                self.foresee(client, position, (chunk, form), Some(id)).await?;
            } else if self.write_part(client, position, (chunk, form, is_last), id).await?
                == PartState::Changed
            {
                return Ok(PartState::Changed);
            }
        }
        Ok(PartState::Done)
    }

    async fn write_part<H: Host>(
        &mut self,
        client: &Client<'_, H>,
        position: usize,
        (chunk, form, is_last): (&Chunk, WriteForm, bool),
        id: &str,
    ) -> Result<PartState, StoreError> {
        let mut chunk = chunk.clone();
        for tries in 0.. {
            if chunk.rows() == 0 {
                break;
            }
            let refusal = match self.execute(client, position, &chunk, (form, Some(id))).await? {
                StatementResult::Rows(rows, numbered) => {
                    self.count_part(position, (&chunk, form), rows, numbered);
                    break;
                }
                StatementResult::Refused(refusal) => refusal,
            };
            let may_be_there = form != WriteForm::Update && refusal.number == DUPLICATE && !is_last;
            if may_be_there && self.has_any(client, position, &chunk, id).await? {
                return Ok(PartState::Changed);
            }
            let refused = (&chunk, form, &refusal);
            let named = self.name_refused(client, position, refused, Some(id)).await?;
            if self.refused() {
                break;
            }
            if named == 0 || tries >= DUPLICATE_TRIES {
                self.halve(client, position, (&chunk, form, refusal), id).await?;
                break;
            }
            let rejected = self.rejected_indexes();
            chunk = chunk.filter(|_, place| !rejected.contains(&place.index));
        }
        Ok(PartState::Done)
    }

    /// Whether the table has a row of a chunk now.
    async fn has_any<H: Host>(
        &self,
        client: &Client<'_, H>,
        position: usize,
        chunk: &Chunk,
        id: &str,
    ) -> Result<bool, StoreError> {
        let found = existing_rows_by_now(client, &self.tables[position].batch, chunk, id).await?;
        Ok(!found.is_empty())
    }

    pub(super) fn rejected_indexes(&self) -> HashSet<Option<u64>> {
        self.rejected.iter().map(|(place, _)| place.index).collect()
    }

    /// Tells the rows of a chunk apart. New ones that lack a column are rejected, and so are those whose key
    /// an earlier one has. `None` if no row is left.
    pub(super) async fn look_at<H: Host>(
        &mut self,
        client: &Client<'_, H>,
        (position, number): ChunkAt,
        id: Option<&str>,
    ) -> Result<Option<Looked>, StoreError> {
        let batch = &self.tables[position].batch;
        let mut chunk = batch.groups.chunks[number].clone();
        let asked = Asked { client, batch, id };
        let rows = rows_of(batch.table, &chunk, batch.key);
        let repeated = match batch.may_repeat_key(&chunk) {
            true => row_pairs(&asked, &rows.duplicates(), &chunk).await?,
            false => Vec::new(),
        };
        let superseded = self.settle_repeated(position, &mut chunk, &repeated);

        let batch = &self.tables[position].batch;
        let asked = Asked { client, batch, id };
        let lock = if id.is_some() { RowLock::Update } else { RowLock::None };
        let sql = rows_of(batch.table, &chunk, batch.key).existing(lock);
        let found = match chunk.rows() {
            0 => return Ok(None),
            _ => numbered_rows(&asked, &sql, &chunk).await?,
        };
        let found: HashSet<usize> = found.into_iter().collect();
        let old = chunk.filter(|row, _| found.contains(&row));
        let new = chunk.filter(|row, _| !found.contains(&row));
        let new = self.with_required(position, new);
        if old.rows() + new.rows() == 0 || self.refused() {
            return Ok(None);
        }
        Ok(Some(Looked { old, new, superseded }))
    }

    /// Rejects new rows that lack columns which a new row needs.
    fn with_required(&mut self, position: usize, new: Chunk) -> Chunk {
        let table = self.tables[position].batch.table;
        let missing = missing_columns(table, &new);
        if missing.is_empty() || new.rows() == 0 {
            return new;
        }
        let error = |at: &usize| RowError::column(table.columns[*at].name, RowErrorKind::Missing);
        let errors: Vec<_> = missing.iter().map(error).collect();
        let rejected = (0..new.rows()).map(|row| (new.place(row), errors.clone())).collect();
        self.reject(position, rejected);
        Chunk::default()
    }

    /// Deals with rows whose key an earlier one of the chunk has, given with that one. Among the first rows
    /// they are rejected; behind these the last one is written alone, as if all were.
    fn settle_repeated(
        &mut self,
        position: usize,
        chunk: &mut Chunk,
        repeated: &[(usize, usize)],
    ) -> u64 {
        if repeated.is_empty() {
            return 0;
        }
        let table = self.tables[position].batch.table;
        let name = table.columns[self.tables[position].batch.key[0]].name;
        let (mut rejected, mut last) = (Vec::new(), HashMap::new());
        for (row, first) in repeated {
            let place = chunk.place(*row);
            if place.index.is_some_and(|index| index < u64::from(CHECKED_KEYS)) {
                let first = chunk.place(*first).index.unwrap_or_default();
                let kind = RowErrorKind::DuplicateInBatch { first };
                rejected.push((place, alloc::vec![RowError::column(name, kind)]));
            } else {
                last.insert(*first, *row);
            }
        }
        let dropped: HashSet<_> = rejected.iter().map(|(place, _)| place.index).collect();
        let is_written_over = |row: usize| match last.get(&row) {
            Some(_) => true,
            None => repeated.iter().any(|(other, first)| {
                *other == row && last.get(first).is_some_and(|last| *last != row)
            }),
        };
        let over: HashSet<_> = match last.is_empty() {
            true => HashSet::new(),
            false => (0..chunk.rows()).filter(|row| is_written_over(*row)).collect(),
        };
        let superseded = over.len() as u64;
        *chunk = chunk.filter(|row, place| !over.contains(&row) && !dropped.contains(&place.index));
        self.reject(position, rejected);
        superseded
    }
}

/// The columns that a new row needs and the rows of a chunk lack.
fn missing_columns(table: &Table, chunk: &Chunk) -> Vec<usize> {
    let lacks = |at: &usize| table.columns[*at].is_required() && !chunk.columns().has(*at);
    (0..table.columns.len()).filter(lacks).collect()
}
