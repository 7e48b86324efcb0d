//! One chunk of rows into the database, and those of its rows that it does not take found.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use hashbrown::HashSet;

use super::error::StoreError;
use super::form::{ChunkAt, WriteForm, rows_of};
use super::lookup::{existing_rows, existing_rows_by_now};
use super::numbered::{NumberedRows, insert_values};
use super::store::Store;
use crate::aws::data_api::{self, ExecuteStatement};
use crate::aws::host::{CallError, Client, Host, Repeat};
use crate::sql::chunk::Chunk;
use crate::sql::statement::{self, OnDuplicate};
use crate::table::record::ColumnSet;
use crate::table::schema::Table;

/// Times that a chunk is tried again after keys that exist, while others write the same keys.
pub(super) const DUPLICATE_TRIES: u32 = 3;

/// The most calls that go into finding the rows of one chunk that the database refuses.
const HALVING_CALLS: u32 = 40;

/// MySQL's number for a key that exists already.
pub(super) const DUPLICATE: u16 = 1062;

/// MySQL's number for rows that do not carry a column without a DEFAULT: all of a chunk alike.
const NO_DEFAULT: u16 = 1364;

/// What became of one statement.
pub(super) enum StatementResult {
    /// So many rows, as the database counts them, and the ids that it gave them.
    Rows(u64, Option<NumberedRows>),
    /// Nothing, because of at least one of its rows.
    Refused(Refusal),
}

/// What the database says of a statement that one of its rows is at fault for.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    /// MySQL's number.
    pub(super) number: u16,
    pub(super) error: data_api::Error,
}

/// Whether a chunk is done with.
#[derive(PartialEq)]
pub(super) enum Settled {
    Yes,
    /// Its rows have to be tried apart, which takes a transaction.
    NeedsTransaction,
}

/// Rows of a chunk that cannot be told apart any more, with what refused them.
pub(super) type RefusedRows = Vec<(Range<usize>, Refusal)>;

impl Store {
    pub(super) async fn write_chunk<H: Host>(
        &mut self,
        client: &Client<'_, H>,
        at: ChunkAt,
        id: Option<&str>,
    ) -> Result<Settled, StoreError> {
        let (form, needs_look) = self.form_of(at);
        match id {
            None if needs_look || form == WriteForm::Numbered => Ok(Settled::NeedsTransaction),
            Some(id) if needs_look => self.upsert(client, at, id).await.map(|()| Settled::Yes),
            id => self.write_whole(client, at, form, id).await,
        }
    }

    /// How a chunk is written, and whether the rows that the table has are looked for first.
    fn form_of(&self, (position, number): ChunkAt) -> (WriteForm, bool) {
        let batch = &self.tables[position].batch;
        let chunk = &batch.groups.chunks[number];
        if !rows_of(batch.table, chunk, batch.key).carries(batch.key) {
            return (self.insert_form(batch.table, chunk), false);
        }
        match self.options.on_duplicate {
            OnDuplicate::Fail => (self.insert_form(batch.table, chunk), false),
            OnDuplicate::Keep => (WriteForm::Keep, false),
            OnDuplicate::Update => (WriteForm::InsertOrUpdate, self.needs_look(position, chunk)),
        }
    }

    /// How new rows are written.
    pub(super) fn insert_form(&self, table: &Table, chunk: &Chunk) -> WriteForm {
        let gives_id = |at: usize| table.columns[at].auto_increment && !chunk.columns().has(at);
        let is_numbered = (0..table.columns.len()).any(gives_id);
        if self.options.return_ids && is_numbered { WriteForm::Numbered } else { WriteForm::Insert }
    }

    /// Whether an update in one statement could change another row than the one that was sent, write a row
    /// that is not whole, or not be counted.
    pub(super) fn needs_look(&self, position: usize, chunk: &Chunk) -> bool {
        let batch = &self.tables[position].batch;
        let lacks = |at: usize| batch.table.columns[at].is_required() && !chunk.columns().has(at);
        // A CHECK would be evaluated of the new row that an old one is written for, which is not whole.
        let has_checks = !batch.table.constraints.checks.is_empty();
        self.tables[position].is_looked_at
            || self.options.exact_counts
            || self.options.key.is_some()
            || !batch.table.constraints.unique.is_empty()
            || (0..batch.table.columns.len()).any(lacks)
            || (has_checks && *chunk.columns() != ColumnSet::ALL)
    }

    /// Says of each table whether its new rows will be told apart from those that are written over.
    pub(super) fn foretell_counts(&mut self) {
        let is_at_once = |at: &ChunkAt| self.form_of(*at) == (WriteForm::InsertOrUpdate, false);
        let at_once: Vec<_> = self.chunk_positions().into_iter().filter(is_at_once).collect();
        for (position, _) in at_once {
            self.tables[position].is_uncounted = true;
        }
    }

    async fn write_whole<H: Host>(
        &mut self,
        client: &Client<'_, H>,
        at: ChunkAt,
        form: WriteForm,
        id: Option<&str>,
    ) -> Result<Settled, StoreError> {
        let (position, number) = at;
        let mut tries = 0;
        loop {
            let batch = &self.tables[position].batch;
            let chunk = &batch.groups.chunks[number];
            let refusal = match self.execute(client, position, chunk, (form, id)).await? {
                // Either nothing has changed, or another unique key of the table has stopped it.
                StatementResult::Rows(0, _) if form == WriteForm::InsertOrUpdate => {
                    self.tables[position].look_from_now_on();
                    let Some(id) = id else { return Ok(Settled::NeedsTransaction) };
                    self.upsert(client, at, id).await?;
                    return Ok(Settled::Yes);
                }
                StatementResult::Rows(rows, numbered) => {
                    self.count(at, form, rows, numbered);
                    return Ok(Settled::Yes);
                }
                StatementResult::Refused(refusal) => refusal,
            };
            let may_succeed = tries < DUPLICATE_TRIES
                && self.name_refused_of(client, at, (&refusal, form), id).await?;
            tries += 1;
            if self.refused() || self.tables[position].batch.groups.chunks[number].rows() == 0 {
                return Ok(Settled::Yes);
            }
            if !may_succeed {
                let Some(id) = id else { return Ok(Settled::NeedsTransaction) };
                let chunk = self.tables[position].batch.groups.chunks[number].clone();
                self.halve(client, position, (&chunk, form, refusal), id).await?;
                return Ok(Settled::Yes);
            }
        }
    }

    /// Rejects the rows of a refused chunk of which it can be told why; whether to try the others.
    async fn name_refused_of<H: Host>(
        &mut self,
        client: &Client<'_, H>,
        at: ChunkAt,
        (refusal, form): (&Refusal, WriteForm),
        id: Option<&str>,
    ) -> Result<bool, StoreError> {
        let (position, number) = at;
        let is_duplicate = refusal.number == DUPLICATE;
        let has_key = self.carries_key(at);
        let mut found = false;
        if is_duplicate && has_key && self.options.on_duplicate == OnDuplicate::Fail {
            found |= self.trace(client, at, id).await?;
        }
        let chunk = self.tables[position].batch.groups.chunks[number].clone();
        if chunk.rows() > 0 {
            let named = self.name_refused(client, position, (&chunk, form, refusal), id).await?;
            found |= named > 0;
        }
        // Another client wrote the key in the same moment; now it is there to be kept.
        Ok(found || (is_duplicate && form == WriteForm::Keep))
    }

    pub(super) fn carries_key(&self, (position, number): ChunkAt) -> bool {
        let batch = &self.tables[position].batch;
        rows_of(batch.table, &batch.groups.chunks[number], batch.key).carries(batch.key)
    }

    /// Rejects the rows of a chunk whose key the table, or an earlier row, has; `false` if there are none.
    pub(super) async fn trace<H: Host>(
        &mut self,
        client: &Client<'_, H>,
        (position, number): ChunkAt,
        id: Option<&str>,
    ) -> Result<bool, StoreError> {
        let found = self.reject_same_keys_of(client, position, id).await?;
        let batch = &self.tables[position].batch;
        let chunk = &batch.groups.chunks[number];
        let rows = existing_rows(client, batch, chunk, id).await?;
        self.reject_existing(position, number, &rows);
        Ok(found || !rows.is_empty())
    }

    /// Writes the rows of a refused chunk in ever smaller parts, and rejects those that remain.
    pub(super) async fn halve<H: Host>(
        &mut self,
        client: &Client<'_, H>,
        position: usize,
        (chunk, form, refusal): (&Chunk, WriteForm, Refusal),
        id: &str,
    ) -> Result<(), StoreError> {
        let mut refused = RefusedRows::new();
        let mut open = alloc::vec![(0..chunk.rows(), refusal)];
        let mut calls = 0;
        while let Some((range, refusal)) = open.pop() {
            let is_alone = range.len() == 1;
            if is_alone || refusal.number == NO_DEFAULT || calls + 2 > HALVING_CALLS {
                refused.push((range, refusal));
                continue;
            }
            let middle = range.start + range.len() / 2;
            for half in [range.start..middle, middle..range.end] {
                calls += 1;
                let part = chunk.slice(half.clone());
                match self.execute(client, position, &part, (form, Some(id))).await? {
                    StatementResult::Rows(rows, numbered) => {
                        self.count_part(position, (&part, form), rows, numbered);
                    }
                    StatementResult::Refused(refusal) => open.push((half, refusal)),
                }
            }
        }
        let existing = match form {
            WriteForm::Insert if self.options.on_duplicate == OnDuplicate::Fail => {
                self.existing_among(client, position, (chunk, duplicates(&refused)), id).await?
            }
            _ => HashSet::new(),
        };
        self.reject_refused(position, chunk, refused, &existing);
        Ok(())
    }

    /// Of rows that were refused for a key that exists: those whose own key the table has.
    async fn existing_among<H: Host>(
        &self,
        client: &Client<'_, H>,
        position: usize,
        (chunk, rows): (&Chunk, Vec<usize>),
        id: &str,
    ) -> Result<HashSet<usize>, StoreError> {
        let batch = &self.tables[position].batch;
        let has_key = rows_of(batch.table, chunk, batch.key).carries(batch.key);
        if rows.is_empty() || !has_key {
            return Ok(HashSet::new());
        }
        let sought = chunk.filter(|row, _| rows.binary_search(&row).is_ok());
        let found = existing_rows_by_now(client, batch, &sought, id).await?;
        Ok(found.into_iter().map(|row| rows[row]).collect())
    }

    /// Sends one chunk; without a transaction the statement is its own commit.
    pub(super) async fn execute<H: Host>(
        &self,
        client: &Client<'_, H>,
        position: usize,
        chunk: &Chunk,
        (form, id): (WriteForm, Option<&str>),
    ) -> Result<StatementResult, StoreError> {
        let batch = &self.tables[position].batch;
        let table = batch.table;
        let Some(sql) = self.sql(position, chunk, form) else {
            return Ok(StatementResult::Rows(chunk.rows() as u64, None));
        };
        let call = ExecuteStatement {
            sql: &sql,
            parameters: &[(statement::ROWS, chunk.json())],
            transaction_id: id,
        };
        let repeat = match (id, form) {
            (None, WriteForm::Keep | WriteForm::InsertOrUpdate) => Repeat::Harmless,
            _ => Repeat::Never,
        };
        let answer = match (form, id) {
            (WriteForm::Numbered, Some(id)) => insert_values(client, table, chunk, id).await,
            _ => client
                .call(&call, repeat)
                .await
                .map(|output| (output.number_of_records_updated, None)),
        };
        match answer {
            Ok((rows, numbered)) => {
                check_count(chunk, form, rows).map(|rows| StatementResult::Rows(rows, numbered))
            }
            Err(error) => match (row_refusal(&error), id) {
                (Some(refusal), _) => Ok(StatementResult::Refused(refusal)),
                (None, _) => {
                    let is_undone = id.is_some() || repeat == Repeat::Harmless;
                    let too_large = StoreError::of_size(&error, table, chunk, is_undone);
                    Err(too_large.unwrap_or_else(|| match id {
                        Some(_) => StoreError::before_commit(&error),
                        None => StoreError::of_commit(&error),
                    }))
                }
            },
        }
    }

    /// `None` where there is nothing to write.
    fn sql(&self, position: usize, chunk: &Chunk, form: WriteForm) -> Option<String> {
        let batch = &self.tables[position].batch;
        let (table, columns) = (batch.table, chunk.columns());
        let rows = rows_of(table, chunk, batch.key);
        Some(match form {
            WriteForm::Insert | WriteForm::Numbered => {
                statement::write(table, columns, OnDuplicate::Fail)
            }
            WriteForm::Keep if self.options.key.is_some() => rows.keep(),
            WriteForm::Keep => statement::write(table, columns, OnDuplicate::Keep),
            WriteForm::InsertOrUpdate => statement::write(table, columns, OnDuplicate::Update),
            WriteForm::Update => return rows.update(),
        })
    }

    fn count(
        &mut self,
        (position, number): ChunkAt,
        form: WriteForm,
        rows: u64,
        numbered: Option<NumberedRows>,
    ) {
        let chunk = core::mem::take(&mut self.tables[position].batch.groups.chunks[number]);
        self.count_part(position, (&chunk, form), rows, numbered);
        self.tables[position].batch.groups.chunks[number] = chunk;
    }

    /// Counts rows of which the database says that it wrote so many.
    pub(super) fn count_part(
        &mut self,
        position: usize,
        (chunk, form): (&Chunk, WriteForm),
        rows: u64,
        numbered: Option<NumberedRows>,
    ) {
        let written = &mut self.tables[position];
        match form {
            WriteForm::Insert | WriteForm::Numbered | WriteForm::InsertOrUpdate => {}
            WriteForm::Keep => written.kept += chunk.rows() as u64 - rows,
            WriteForm::Update => written.updated += chunk.rows() as u64,
        }
        if let Some(numbered) = numbered {
            written.ids.add(chunk, numbered);
        }
    }
}

/// An update's count says nothing but that it wrote: it depends on how the service's driver counts
/// rows.
fn check_count(chunk: &Chunk, form: WriteForm, stored: u64) -> Result<u64, StoreError> {
    let sent = chunk.rows() as u64;
    let plausible = match form {
        WriteForm::Insert | WriteForm::Numbered => stored == sent,
        WriteForm::Keep => stored <= sent,
        WriteForm::InsertOrUpdate | WriteForm::Update => true,
    };
    if plausible { Ok(stored) } else { Err(StoreError::WrongCount { sent, stored }) }
}

/// The rows that were refused by themselves for a key that exists, in order.
fn duplicates(refused: &RefusedRows) -> Vec<usize> {
    let is_alone = |(range, refusal): &&(Range<usize>, Refusal)| {
        range.len() == 1 && refusal.number == DUPLICATE
    };
    let mut rows: Vec<_> = refused.iter().filter(is_alone).map(|(range, _)| range.start).collect();
    rows.sort_unstable();
    rows
}

/// What the database says, if a row and not the statement is at fault.
///
/// A key that exists; NULL, and no value where there is no DEFAULT; range, type, length, CHECK and
/// FOREIGN KEY violations; a trigger's SIGNAL.
fn row_refusal(error: &CallError) -> Option<Refusal> {
    let CallError::Api(error) = error else { return None };
    let number = error.database_code.filter(|number| {
        matches!(
            number,
            1048 | 1062 | 1264 | 1265 | 1292 | 1364 | 1366 | 1406 | 1452 | 1644 | 3819 | 4025
        )
    })?;
    Some(Refusal { number, error: error.clone() })
}
