//! What the database has already: keys of rows, and parents of rows.

use alloc::string::ToString;
use alloc::vec::Vec;

use hashbrown::{HashMap, HashSet};

use super::error::StoreError;
use super::form::rows_of;
use super::row_batch::RowBatch;
use super::seen_keys::Key;
use super::store::Store;
use crate::aws::data_api::{ExecuteStatement, Field};
use crate::aws::host::{Client, Host, Repeat};
use crate::sql::chunk::Chunk;
use crate::sql::statement;
use crate::sql::upsert::RowLock;
use crate::table::issue::{RowError, RowErrorKind};
use crate::table::record::Place;
use crate::table::schema::Table;

/// A second try could meet the first one still running in the same transaction.
pub(super) fn repeat(transaction_id: Option<&str>) -> Repeat {
    if transaction_id.is_some() { Repeat::Never } else { Repeat::Harmless }
}

/// Of what a query of a chunk's rows is asked.
pub(super) struct Asked<'a, 'c, H> {
    pub(super) client: &'a Client<'c, H>,
    pub(super) batch: &'a RowBatch,
    /// The transaction.
    pub(super) id: Option<&'a str>,
}

/// The rows of a table's chunk, counted from 0, whose key the table has.
pub(super) async fn existing_rows<H: Host>(
    client: &Client<'_, H>,
    batch: &RowBatch,
    chunk: &Chunk,
    transaction_id: Option<&str>,
) -> Result<Vec<usize>, StoreError> {
    let table = batch.table;
    let sql = match batch.key == table.key {
        true => statement::existing(table, &key_positions(table, chunk)),
        false => rows_of(table, chunk, batch.key).existing(RowLock::None),
    };
    existing(client, &sql, (table, chunk), transaction_id).await
}

/// The same of rows that the transaction has just been refused for their keys, which its snapshot
/// need not have.
pub(super) async fn existing_rows_by_now<H: Host>(
    client: &Client<'_, H>,
    batch: &RowBatch,
    chunk: &Chunk,
    transaction_id: &str,
) -> Result<Vec<usize>, StoreError> {
    let table = batch.table;
    let sql = match batch.key == table.key {
        true => statement::existing_by_now(table, &key_positions(table, chunk)),
        false => rows_of(table, chunk, batch.key).existing(RowLock::Share),
    };
    existing(client, &sql, (table, chunk), Some(transaction_id)).await
}

/// The rows of a chunk, counted from 0, that a statement names by their number from 1.
pub(super) async fn numbered_rows<H: Host>(
    asked: &Asked<'_, '_, H>,
    sql: &str,
    chunk: &Chunk,
) -> Result<Vec<usize>, StoreError> {
    existing(asked.client, sql, (asked.batch.table, chunk), asked.id).await
}

/// The same of rows of which each comes with another one.
pub(super) async fn row_pairs<H: Host>(
    asked: &Asked<'_, '_, H>,
    sql: &str,
    chunk: &Chunk,
) -> Result<Vec<(usize, usize)>, StoreError> {
    let records = pages(asked.client, sql, (asked.batch.table, chunk), asked.id).await?;
    let pair = |record: &Vec<Field>| match record.as_slice() {
        [row, other, ..] => Some((number(row)?, number(other)?)),
        _ => None,
    };
    Ok(records.iter().filter_map(pair).filter(|(row, _)| *row < chunk.rows()).collect())
}

fn number(field: &Field) -> Option<usize> {
    match field {
        Field::Long(number) => usize::try_from(number - 1).ok(),
        _ => None,
    }
}

/// The positions of the key's parts in the rows of a chunk.
fn key_positions(table: &Table, chunk: &Chunk) -> Vec<usize> {
    table.key.iter().map(|position| chunk.columns().position(*position)).collect()
}

/// What a statement answers that names rows of a chunk by their number from 1.
async fn existing<H: Host>(
    client: &Client<'_, H>,
    sql: &str,
    of: (&Table, &Chunk),
    transaction_id: Option<&str>,
) -> Result<Vec<usize>, StoreError> {
    let records = pages(client, sql, of, transaction_id).await?;
    let rows = records.iter().filter_map(|record| number(record.first()?));
    Ok(rows.filter(|row| *row < of.1.rows()).collect())
}

/// The same as it is answered, page by page.
async fn pages<H: Host>(
    client: &Client<'_, H>,
    sql: &str,
    (table, chunk): (&Table, &Chunk),
    transaction_id: Option<&str>,
) -> Result<Vec<Vec<Field>>, StoreError> {
    let mut records: Vec<Vec<Field>> = Vec::new();
    loop {
        let last = records.last().and_then(|record| number(record.first()?));
        let after = last.map_or(0, |row| row + 1).to_string();
        let call = ExecuteStatement {
            sql,
            parameters: &[(statement::ROWS, chunk.json()), (statement::AFTER, &after)],
            transaction_id,
        };
        let answer = client.call(&call, repeat(transaction_id)).await.map_err(|error| {
            let too_large = StoreError::of_size(&error, table, chunk, true);
            too_large.unwrap_or_else(|| StoreError::before_commit(&error))
        });
        let page = answer?.records;
        let is_last = page.len() < statement::PAGE;
        records.extend(page);
        if is_last {
            return Ok(records);
        }
    }
}

/// Keys of parents that are not in their table.
type Missing = HashMap<&'static str, HashSet<Key>>;

impl Store {
    /// Rejects every row one of whose parents is neither in its table nor among the good rows.
    pub(super) async fn check_references<H: Host>(
        &mut self,
        client: &Client<'_, H>,
    ) -> Result<(), StoreError> {
        let missing = self.missing_parents(client).await?;
        // A rejected row may be the parent of others, so that they go as well.
        while self.reject_orphans(&missing) {}
        Ok(())
    }

    async fn missing_parents<H: Host>(
        &self,
        client: &Client<'_, H>,
    ) -> Result<Missing, StoreError> {
        let mut wanted: HashMap<&'static str, (&'static Table, HashSet<Key>)> = HashMap::new();
        for reference in self.tables.iter().flat_map(|written| &written.batch.references) {
            let (_, keys) = wanted
                .entry(reference.parent.name)
                .or_insert_with(|| (reference.parent, HashSet::new()));
            keys.extend(reference.rows.keys().cloned());
        }
        let mut missing = Missing::new();
        for (name, (parent, keys)) in wanted {
            missing.insert(name, without_existing(client, parent, keys).await?);
        }
        Ok(missing)
    }

    /// One round; answers whether it rejected anything.
    fn reject_orphans(&mut self, missing: &Missing) -> bool {
        let mut rejected = false;
        for position in 0..self.tables.len() {
            let orphans = self.orphans(position, missing);
            if !orphans.is_empty() {
                rejected = true;
                self.reject(position, orphans);
            }
        }
        rejected
    }

    fn orphans(&self, position: usize, missing: &Missing) -> Vec<(Place, Vec<RowError>)> {
        let batch = &self.tables[position].batch;
        let mut orphans: HashMap<Option<u64>, (Place, Vec<RowError>)> = HashMap::new();
        for reference in &batch.references {
            let parent = self.position(reference.parent).map(|parent| &self.tables[parent]);
            let came_along = |key: &Key| parent.is_some_and(|it| it.came_along(key));
            let absent = |key: &Key| {
                missing.get(reference.parent.name).is_some_and(|keys| keys.contains(key))
            };
            let column = batch.table.columns[reference.column].name;
            let rows = reference.rows.iter().filter(|(key, _)| absent(key) && !came_along(key));
            for place in rows.flat_map(|(_, places)| places) {
                let kind = RowErrorKind::UnknownReference { table: reference.parent.name };
                let (_, errors) = orphans.entry(place.index).or_insert((*place, Vec::new()));
                errors.push(RowError::column(column, kind));
            }
        }
        orphans.into_values().collect()
    }

    /// Table and chunk of every chunk that has rows, parents first.
    pub(super) fn chunk_positions(&self) -> Vec<(usize, usize)> {
        let tables = self.tables.iter().enumerate();
        tables
            .flat_map(|(position, written)| {
                let chunks = written.batch.groups.chunks.iter().enumerate();
                chunks
                    .filter(|(_, chunk)| chunk.rows() > 0)
                    .map(move |(number, _)| (position, number))
            })
            .collect()
    }

    pub(super) fn reject_existing(&mut self, position: usize, number: usize, rows: &[usize]) {
        let written = &mut self.tables[position];
        written.existing += rows.len() as u64;
        let batch = &written.batch;
        let name = batch.table.names_of(batch.key);
        let chunk = &batch.groups.chunks[number];
        let error = || alloc::vec![RowError::key(name.clone(), RowErrorKind::Exists)];
        let rejected = rows.iter().map(|row| (chunk.place(*row), error())).collect();
        self.reject(position, rejected);
    }
}

async fn without_existing<H: Host>(
    client: &Client<'_, H>,
    table: &'static Table,
    keys: HashSet<Key>,
) -> Result<HashSet<Key>, StoreError> {
    let limit = client.rows_limit();
    let mut chunks = alloc::vec![(Chunk::new(limit), Vec::new())];
    for key in keys {
        let place = Place { index: None, line: None };
        let last = chunks.len() - 1;
        if !chunks[last].0.push_cells([&key.cell()], place) {
            let mut chunk = Chunk::new(limit);
            chunk.push_cells([&key.cell()], place);
            chunks.push((chunk, alloc::vec![key]));
            continue;
        }
        chunks[last].1.push(key);
    }

    let sql = statement::existing(table, &[0]);
    let mut missing = HashSet::new();
    for (chunk, keys) in chunks.into_iter().filter(|(chunk, _)| chunk.rows() > 0) {
        let found: HashSet<usize> =
            existing(client, &sql, (table, &chunk), None).await?.into_iter().collect();
        let absent = keys.into_iter().enumerate().filter(|(row, _)| !found.contains(row));
        missing.extend(absent.map(|(_, key)| key));
    }
    Ok(missing)
}
