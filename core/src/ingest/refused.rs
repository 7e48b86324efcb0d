//! Why the database refused rows, by the constraints of their table.

use alloc::string::String;
use alloc::vec::Vec;

use hashbrown::{HashMap, HashSet};

use super::chunk_write::{DUPLICATE, Refusal, RefusedRows};
use super::error::StoreError;
use super::form::{WriteForm, lock_in, rows_of};
use super::lookup::{Asked, numbered_rows, row_pairs};
use super::row_batch::RowBatch;
use super::store::Store;
use crate::aws::host::{Client, Host};
use crate::sql::chunk::Chunk;
use crate::sql::upsert::RowLock;
use crate::table::issue::{RowError, RowErrorKind};
use crate::table::schema::{ForeignKey, KeyKind, Table};
use crate::table::types::Definition;

/// MySQL's numbers.
const NULL: u16 = 1048;
const NO_DEFAULT: u16 = 1364;
const NO_PARENT: u16 = 1452;
const CHECKS: [u16; 2] = [3819, 4025];

/// What is wrong with rows of a chunk, by their number.
type Found = HashMap<usize, Vec<RowError>>;

impl Store {
    /// Rejects the rows of a refused chunk of which queries tell why, and answers how many.
    pub(super) async fn name_refused<H: Host>(
        &mut self,
        client: &Client<'_, H>,
        position: usize,
        (chunk, form, refusal): (&Chunk, WriteForm, &Refusal),
        id: Option<&str>,
    ) -> Result<usize, StoreError> {
        let asked = Asked { client, batch: &self.tables[position].batch, id };
        let found = match refusal.number {
            DUPLICATE => conflicts(&asked, chunk, (form, lock_in(id))).await?,
            NO_PARENT => orphans(&asked, chunk, lock_in(id)).await?,
            _ => Found::new(),
        };
        Ok(self.reject_found(position, chunk, found).len())
    }

    /// The same for rows that were not sent, before anything is written.
    pub(super) async fn foresee<H: Host>(
        &mut self,
        client: &Client<'_, H>,
        position: usize,
        (chunk, form): (&Chunk, WriteForm),
        id: Option<&str>,
    ) -> Result<(), StoreError> {
        if chunk.rows() == 0 {
            return Ok(());
        }
        let asked = Asked { client, batch: &self.tables[position].batch, id };
        let found = conflicts(&asked, chunk, (form, RowLock::None)).await?;
        let rejected = self.reject_found(position, chunk, found);
        let chunk = chunk.filter(|_, place| !rejected.contains(&place.index));
        let asked = Asked { client, batch: &self.tables[position].batch, id };
        let mut found = orphans(&asked, &chunk, RowLock::None).await?;
        self.spare_parents(position, &chunk, &mut found);
        self.reject_found(position, &chunk, found);
        Ok(())
    }

    /// Leaves out the rows whose parents come along in the same request.
    fn spare_parents(&self, position: usize, chunk: &Chunk, found: &mut Found) {
        for foreign in self.tables[position].batch.table.constraints.foreign {
            let mut batches = self.tables.iter().map(|written| &written.batch);
            let parent = batches.find(|parent| foreign.is_to(parent.table.name));
            let came = parent.map(|parent| keys_of(parent, foreign)).unwrap_or_default();
            found.retain(|row, errors| {
                let key = chunk.text_of(*row, foreign.columns);
                if key.is_some_and(|key| came.contains(&key)) {
                    errors.retain(|error| !is_of(error, foreign));
                }
                !errors.is_empty()
            });
        }
    }

    /// Rejects rows of a chunk, and answers their indexes.
    fn reject_found(
        &mut self,
        position: usize,
        chunk: &Chunk,
        found: Found,
    ) -> HashSet<Option<u64>> {
        let written = &mut self.tables[position];
        let is_conflict = |error: &RowError| matches!(error.kind, RowErrorKind::Conflict { .. });
        written.conflicts +=
            found.values().filter(|all| all.iter().all(is_conflict)).count() as u64;
        let rows: Vec<_> =
            found.into_iter().map(|(row, errors)| (chunk.place(row), errors)).collect();
        let indexes = rows.iter().map(|(place, _)| place.index).collect();
        self.reject(position, rows);
        indexes
    }

    pub(super) fn reject_refused(
        &mut self,
        position: usize,
        chunk: &Chunk,
        refused: RefusedRows,
        existing: &HashSet<usize>,
    ) {
        let written = &mut self.tables[position];
        written.existing += existing.len() as u64;
        let table = written.batch.table;
        let key = table.names_of(written.batch.key);
        let mut rejected = Vec::new();
        for (range, refusal) in refused {
            let alone = range.len() == 1;
            for row in range {
                let error = match existing.contains(&row) {
                    true => RowError::key(key.clone(), RowErrorKind::Exists),
                    false => named(table, &refusal, alone),
                };
                if let RowErrorKind::Conflict { .. } = error.kind {
                    written.conflicts += 1;
                }
                rejected.push((chunk.place(row), alloc::vec![error]));
            }
        }
        self.reject(position, rejected);
    }
}

/// What refused a row, by the name that the database gives.
fn named(table: &Table, refusal: &Refusal, alone: bool) -> RowError {
    let is_it = |name: &str| refusal.error.is_refused_by(table.name, name);
    let constraints = table.constraints;
    let column = || table.columns.iter().find(|column| is_it(column.name));
    let error = match refusal.number {
        DUPLICATE if alone => constraints
            .unique
            .iter()
            .find(|key| is_it(key.name))
            .map(|key| RowError::row(RowErrorKind::Conflict { key: key.name, first: None })),
        NULL if alone => column().map(|it| RowError::column(it.name, RowErrorKind::Missing)),
        NO_DEFAULT => column().map(|it| RowError::column(it.name, RowErrorKind::Missing)),
        NO_PARENT if alone => {
            constraints.foreign.iter().find(|key| is_it(key.name)).map(|key| no_parent(table, key))
        }
        number if alone && CHECKS.contains(&number) => constraints
            .checks
            .iter()
            .find(|check| is_it(check.name))
            .map(|check| RowError::row(RowErrorKind::CheckViolated { check })),
        _ => None,
    };
    let number = refusal.number;
    error.unwrap_or_else(|| RowError::row(RowErrorKind::DatabaseRefused { number, alone }))
}

fn no_parent(table: &Table, key: &'static ForeignKey) -> RowError {
    let kind = RowErrorKind::NoParent { key };
    match key.columns {
        [column] => RowError::column(table.columns[*column].name, kind),
        _ => RowError::row(kind),
    }
}

fn is_of(error: &RowError, foreign: &ForeignKey) -> bool {
    matches!(error.kind, RowErrorKind::NoParent { key } if key.name == foreign.name)
}

/// The values by which a foreign key may name the rows of a table that came along.
fn keys_of(parent: &RowBatch, foreign: &ForeignKey) -> HashSet<String> {
    let positions: Option<Vec<_>> =
        foreign.references.iter().map(|name| parent.table.column_index(name)).collect();
    let Some(positions) = positions else { return HashSet::new() };
    let of_chunk = |chunk: &Chunk| {
        let texts = (0..chunk.rows()).filter_map(|row| chunk.text_of(row, &positions));
        texts.collect::<Vec<_>>()
    };
    parent.groups.chunks.iter().flat_map(of_chunk).collect()
}

/// The rows of a chunk that have another row's value in a unique key, be it the table's or a row's of the
/// same chunk.
async fn conflicts<H: Host>(
    asked: &Asked<'_, '_, H>,
    chunk: &Chunk,
    (form, lock): (WriteForm, RowLock),
) -> Result<Found, StoreError> {
    let batch = asked.batch;
    let mut found = Found::new();
    if batch.other_keys().next().is_none() {
        return Ok(found);
    }
    let rows = rows_of(batch.table, chunk, batch.key);
    let kept: HashSet<usize> = match form {
        WriteForm::Keep => {
            numbered_rows(asked, &rows.existing(lock), chunk).await?.into_iter().collect()
        }
        _ => HashSet::new(),
    };
    if batch.key != batch.table.key {
        for (row, first) in row_pairs(asked, &rows.duplicates(), chunk).await? {
            let first = chunk.place(first).index.unwrap_or_default();
            let name = batch.table.names_of(batch.key);
            let kind = RowErrorKind::DuplicateInBatch { first };
            found.insert(row, alloc::vec![RowError::key(name, kind)]);
        }
    }
    for (name, key) in batch.other_keys().filter(|(_, key)| rows.carries(key)) {
        let conflict = |first| RowError::row(RowErrorKind::Conflict { key: name, first });
        for row in numbered_rows(asked, &rows.conflicts(key, lock), chunk).await? {
            found.entry(row).or_default().push(conflict(None));
        }
        let within = rows_of(batch.table, chunk, key).duplicates();
        for (row, first) in row_pairs(asked, &within, chunk).await? {
            // What refuses the first one does not refuse the other.
            if !found.contains_key(&first) && !found.contains_key(&row) {
                let first = chunk.place(first).index;
                found.entry(row).or_default().push(conflict(first));
            }
        }
    }
    found.retain(|row, _| !kept.contains(row));
    Ok(found)
}

/// The rows of a chunk whose parents are neither in the database nor among its own rows.
async fn orphans<H: Host>(
    asked: &Asked<'_, '_, H>,
    chunk: &Chunk,
    lock: RowLock,
) -> Result<Found, StoreError> {
    let batch = asked.batch;
    let table = batch.table;
    let mut found = Found::new();
    let rows = rows_of(table, chunk, batch.key);
    // Of another database the user may see nothing.
    let kind = |at: &usize| table.columns[*at].column_type.key_kind();
    let is_here = |key: &&ForeignKey| {
        key.parent.is_here()
            && rows.carries(key.columns)
            && key.columns.iter().all(|at| kind(at) != KeyKind::Unfit)
    };
    for foreign in table.constraints.foreign.iter().filter(is_here) {
        let orphans = numbered_rows(asked, &rows.orphans(foreign, lock), chunk).await?;
        let own = match foreign.is_to(table.name) {
            true => keys_of(batch, foreign),
            false => HashSet::new(),
        };
        let is_own =
            |row: usize| chunk.text_of(row, foreign.columns).is_some_and(|it| own.contains(&it));
        for row in orphans.into_iter().filter(|row| !is_own(*row)) {
            found.entry(row).or_default().push(no_parent(table, foreign));
        }
    }
    Ok(found)
}
