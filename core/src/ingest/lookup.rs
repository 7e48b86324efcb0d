//! What the database has already: keys of rows, and parents of rows.

use alloc::string::ToString;
use alloc::vec::Vec;

use hashbrown::{HashMap, HashSet};

use super::error::StoreError;
use super::intake::Intake;
use super::seen_keys::Key;
use crate::aws::data_api::{ExecuteStatement, Field};
use crate::aws::host::{Client, Host, Repeat};
use crate::sql::chunk::Chunk;
use crate::sql::statement::{self, OnDuplicate};
use crate::table::issue::{RowError, RowErrorKind};
use crate::table::record::Place;
use crate::table::schema::Table;

/// Fails if the live table has unique keys besides the primary one.
pub(super) async fn refuse_other_keys<H: Host>(
    client: &Client<'_, H>,
    table: &'static Table,
    transaction_id: Option<&str>,
) -> Result<(), StoreError> {
    let sql = statement::other_unique_keys(table);
    let call = ExecuteStatement { sql: &sql, parameters: &[], transaction_id };
    let records = client
        .call(&call, repeat(transaction_id))
        .await
        .map_err(|error| StoreError::before_commit(&error))?
        .records;
    if records.is_empty() {
        return Ok(());
    }
    let mut names: Vec<_> = records.iter().flatten().filter_map(Field::text).collect();
    names.sort_unstable();
    Err(StoreError::OtherUniqueKeys { table: table.name, keys: names.join(", ") })
}

/// A second try could meet the first one still running in the same transaction.
fn repeat(transaction_id: Option<&str>) -> Repeat {
    if transaction_id.is_some() { Repeat::Never } else { Repeat::Harmless }
}

/// The rows of a table's chunk, counted from 0, whose key the table has.
pub(super) async fn existing_rows<H: Host>(
    client: &Client<'_, H>,
    table: &Table,
    chunk: &Chunk,
    transaction_id: Option<&str>,
) -> Result<Vec<usize>, StoreError> {
    let sql = statement::existing(table, chunk.columns().position(table.first_key()));
    existing(client, &sql, (table, chunk), transaction_id).await
}

/// The same of rows that the transaction has just been refused for their keys, which its snapshot
/// need not have.
pub(super) async fn existing_rows_by_now<H: Host>(
    client: &Client<'_, H>,
    table: &Table,
    chunk: &Chunk,
    transaction_id: &str,
) -> Result<Vec<usize>, StoreError> {
    let sql = statement::existing_by_now(table, chunk.columns().position(table.first_key()));
    existing(client, &sql, (table, chunk), Some(transaction_id)).await
}

/// What a statement answers that names rows of a chunk by their number from 1, page by page.
async fn existing<H: Host>(
    client: &Client<'_, H>,
    sql: &str,
    (table, chunk): (&Table, &Chunk),
    transaction_id: Option<&str>,
) -> Result<Vec<usize>, StoreError> {
    let mut rows: Vec<usize> = Vec::new();
    loop {
        let after = rows.last().map_or(0, |row| row + 1).to_string();
        let call = ExecuteStatement {
            sql,
            parameters: &[(statement::ROWS, chunk.json()), (statement::AFTER, &after)],
            transaction_id,
        };
        let answer = client.call(&call, repeat(transaction_id)).await.map_err(|error| {
            let too_large = StoreError::of_size(&error, table, chunk, true);
            too_large.unwrap_or_else(|| StoreError::before_commit(&error))
        });
        let records = answer?.records;
        let page = records.len();
        rows.extend(records.iter().flatten().filter_map(|field| match field {
            Field::Long(number) => usize::try_from(number - 1).ok(),
            _ => None,
        }));
        if page < statement::PAGE {
            rows.retain(|row| *row < chunk.rows());
            return Ok(rows);
        }
    }
}

/// Keys of parents that are not in their table.
type Missing = HashMap<&'static str, HashSet<Key>>;

impl Intake {
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
        for reference in self.tables.iter().flat_map(|intake| &intake.references) {
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
        let intake = &self.tables[position];
        let mut orphans: HashMap<Option<u64>, (Place, Vec<RowError>)> = HashMap::new();
        for reference in &intake.references {
            let parent = self.position(reference.parent).map(|parent| &self.tables[parent]);
            let came_along = |key: &Key| parent.is_some_and(|it| it.came_along(key));
            let absent = |key: &Key| {
                missing.get(reference.parent.name).is_some_and(|keys| keys.contains(key))
            };
            let column = intake.table.columns[reference.column].name;
            let rows = reference.rows.iter().filter(|(key, _)| absent(key) && !came_along(key));
            for place in rows.flat_map(|(_, places)| places) {
                let kind = RowErrorKind::UnknownReference { table: reference.parent.name };
                let (_, errors) = orphans.entry(place.index).or_insert((*place, Vec::new()));
                errors.push(RowError::column(column, kind));
            }
        }
        orphans.into_values().collect()
    }

    /// What [`Self::write`] would find, by SELECT alone.
    pub(super) async fn look<H: Host>(&mut self, client: &Client<'_, H>) -> Result<(), StoreError> {
        for (position, number) in self.chunk_positions() {
            let intake = &self.tables[position];
            let (table, chunk) = (intake.table, &intake.groups.chunks[number]);
            match self.options.on_duplicate {
                OnDuplicate::Update => refuse_other_keys(client, table, None).await?,
                OnDuplicate::Keep => {
                    let rows = existing_rows(client, table, chunk, None).await?;
                    self.tables[position].kept += rows.len() as u64;
                }
                OnDuplicate::Fail => {
                    let rows = existing_rows(client, table, chunk, None).await?;
                    self.reject_existing(position, number, &rows);
                }
            }
        }
        Ok(())
    }

    /// Table and chunk of every chunk that has rows, parents first.
    pub(super) fn chunk_positions(&self) -> Vec<(usize, usize)> {
        let tables = self.tables.iter().enumerate();
        tables
            .flat_map(|(position, intake)| {
                let chunks = intake.groups.chunks.iter().enumerate();
                chunks
                    .filter(|(_, chunk)| chunk.rows() > 0)
                    .map(move |(number, _)| (position, number))
            })
            .collect()
    }

    pub(super) fn reject_existing(&mut self, position: usize, number: usize, rows: &[usize]) {
        let intake = &mut self.tables[position];
        intake.existing += rows.len() as u64;
        let key = intake.table.key_column().name;
        let chunk = &intake.groups.chunks[number];
        let error = || alloc::vec![RowError::column(key, RowErrorKind::Exists)];
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
        if !chunks[last].0.push_cells(&[key.cell()], place) {
            let mut chunk = Chunk::new(limit);
            chunk.push_cells(&[key.cell()], place);
            chunks.push((chunk, alloc::vec![key]));
            continue;
        }
        chunks[last].1.push(key);
    }

    let sql = statement::existing(table, 0);
    let mut missing = HashSet::new();
    for (chunk, keys) in chunks.into_iter().filter(|(chunk, _)| chunk.rows() > 0) {
        let found: HashSet<usize> =
            existing(client, &sql, (table, &chunk), None).await?.into_iter().collect();
        let absent = keys.into_iter().enumerate().filter(|(row, _)| !found.contains(row));
        missing.extend(absent.map(|(_, key)| key));
    }
    Ok(missing)
}
