//! The good rows into the database, all or none, and what the database does not take named.

use alloc::vec::Vec;
use core::ops::Range;

use hashbrown::HashSet;

use super::error::StoreError;
use super::intake::Intake;
use super::ledger_entry::LedgerEntry;
use super::lookup::{existing_rows, existing_rows_by_now, refuse_other_keys};
use crate::aws::data_api::{
    BeginTransaction, CommitTransaction, ExecuteStatement, RollbackTransaction,
};
use crate::aws::host::{CallError, Client, Host, Repeat};
use crate::aws::operation::Retry;
use crate::sql::chunk::Chunk;
use crate::sql::statement::{self, OnDuplicate};
use crate::table::issue::{RowError, RowErrorKind};
use crate::table::schema::Table;

/// Times that a write is begun whose transaction broke or gave way to others.
const ATTEMPTS: u32 = 3;

/// Times that a chunk is tried again after keys that exist, while others write the same keys.
const DUPLICATE_TRIES: u32 = 3;

/// The most calls that go into finding the rows of one chunk that the database refuses.
const HALVING_CALLS: u32 = 40;

/// MySQL's number for a key that exists already.
const DUPLICATE: u16 = 1062;

/// MySQL's number for rows that do not carry a column without a DEFAULT: all of a chunk alike.
const NO_DEFAULT: u16 = 1364;

/// What became of one statement.
enum StatementResult {
    /// So many rows, as the database counts them.
    Rows(u64),
    /// Nothing, because of at least one of its rows; MySQL's error number.
    Refused(u16),
}

/// Whether a chunk is done with.
#[derive(PartialEq)]
enum Settled {
    Yes,
    /// Its rows have to be tried apart, which takes a transaction.
    NeedsTransaction,
}

impl Intake {
    pub(super) async fn write<H: Host>(
        &mut self,
        client: &Client<'_, H>,
        entry: Option<&LedgerEntry<'_>>,
    ) -> Result<(), StoreError> {
        let mut attempt = 1;
        loop {
            for intake in &mut self.tables {
                intake.kept = 0;
            }
            match self.write_once(client, entry).await {
                Err(StoreError::Interrupted(_)) if attempt < ATTEMPTS => attempt += 1,
                result => return result,
            }
        }
    }

    async fn write_once<H: Host>(
        &mut self,
        client: &Client<'_, H>,
        entry: Option<&LedgerEntry<'_>>,
    ) -> Result<(), StoreError> {
        if self.options.dry_run {
            return self.in_transaction(client, &[], entry).await;
        }
        match self.chunk_positions().as_slice() {
            [] if entry.is_none_or(|entry| !entry.is_file()) => Ok(()),
            [only] if entry.is_none() => match self.write_chunk(client, *only, None).await? {
                Settled::Yes => Ok(()),
                Settled::NeedsTransaction => self.in_transaction(client, &[*only], None).await,
            },
            all => self.in_transaction(client, all, entry).await,
        }
    }

    async fn in_transaction<H: Host>(
        &mut self,
        client: &Client<'_, H>,
        chunks: &[(usize, usize)],
        entry: Option<&LedgerEntry<'_>>,
    ) -> Result<(), StoreError> {
        let id = client
            .call(&BeginTransaction, Repeat::Harmless)
            .await
            .map_err(|error| StoreError::before_commit(&error))?;
        let result = match self.write_with_entry(client, chunks, &id, entry).await {
            Ok(()) if self.is_to_last(entry) => return commit(client, &id, entry).await,
            result => result,
        };
        roll_back(client, &id).await;
        match (result, entry) {
            (Err(StoreError::LeaseLost), Some(entry)) => Err(entry.lost(&client.closing()).await),
            (result, _) => result,
        }
    }

    /// Whether the transaction is to be committed.
    fn is_to_last(&self, entry: Option<&LedgerEntry<'_>>) -> bool {
        !self.refused() || entry.is_some_and(LedgerEntry::is_file)
    }

    async fn write_with_entry<H: Host>(
        &mut self,
        client: &Client<'_, H>,
        chunks: &[(usize, usize)],
        id: &str,
        entry: Option<&LedgerEntry<'_>>,
    ) -> Result<(), StoreError> {
        let Some(entry) = entry else { return self.write_chunks(client, chunks, id).await };
        let said = self.open_entry(entry, client, id).await?;
        self.write_chunks(client, chunks, id).await?;
        match self.is_to_last(Some(entry)) {
            true => self.close_entry(entry, client, id, said).await,
            false => Ok(()),
        }
    }

    async fn write_chunks<H: Host>(
        &mut self,
        client: &Client<'_, H>,
        chunks: &[(usize, usize)],
        id: &str,
    ) -> Result<(), StoreError> {
        for chunk in chunks {
            if !self.refused() {
                self.write_chunk(client, *chunk, Some(id)).await?;
            } else if self.options.on_duplicate == OnDuplicate::Fail {
                // Nothing will be stored, but the client should hear of everything at once.
                self.trace(client, *chunk, Some(id)).await?;
            }
        }
        Ok(())
    }

    async fn write_chunk<H: Host>(
        &mut self,
        client: &Client<'_, H>,
        (position, number): (usize, usize),
        id: Option<&str>,
    ) -> Result<Settled, StoreError> {
        let mut tries = 0;
        loop {
            let intake = &self.tables[position];
            let chunk = &intake.groups.chunks[number];
            let refusal = match self.execute(client, intake.table, chunk, id).await? {
                // Only within a transaction can what stopped it not be gone when it is looked for.
                StatementResult::Rows(0) if self.updates() && id.is_none() => {
                    return Ok(Settled::NeedsTransaction);
                }
                StatementResult::Rows(rows) => {
                    self.count_kept(position, number, rows);
                    return Ok(Settled::Yes);
                }
                StatementResult::Refused(refusal) => refusal,
            };
            let may_try_again = refusal == DUPLICATE && tries < DUPLICATE_TRIES;
            tries += 1;
            let may_succeed = match self.options.on_duplicate {
                OnDuplicate::Fail if may_try_again => {
                    self.trace(client, (position, number), id).await?
                }
                // Another client wrote the key in the same moment; now it is there to be kept.
                OnDuplicate::Keep => may_try_again,
                _ => false,
            };
            if self.refused() || self.tables[position].groups.chunks[number].rows() == 0 {
                return Ok(Settled::Yes);
            }
            if !may_succeed {
                let Some(id) = id else { return Ok(Settled::NeedsTransaction) };
                self.halve(client, (position, number), refusal, id).await?;
                return Ok(Settled::Yes);
            }
        }
    }

    /// Rejects the rows of a chunk whose key the table, or an earlier row, has; `false` if there are none.
    async fn trace<H: Host>(
        &mut self,
        client: &Client<'_, H>,
        (position, number): (usize, usize),
        id: Option<&str>,
    ) -> Result<bool, StoreError> {
        let found = self.reject_same_keys_of(client, position, id).await?;
        let intake = &self.tables[position];
        let rows = existing_rows(client, intake.table, &intake.groups.chunks[number], id).await?;
        self.reject_existing(position, number, &rows);
        Ok(found || !rows.is_empty())
    }

    /// Writes the rows of a refused chunk in ever smaller parts, and rejects those that remain.
    async fn halve<H: Host>(
        &mut self,
        client: &Client<'_, H>,
        (position, number): (usize, usize),
        refusal: u16,
        id: &str,
    ) -> Result<(), StoreError> {
        let intake = &self.tables[position];
        let (table, chunk) = (intake.table, intake.groups.chunks[number].clone());
        let mut refused: Vec<(Range<usize>, u16)> = Vec::new();
        let mut open = alloc::vec![(0..chunk.rows(), refusal)];
        let mut calls = 0;
        while let Some((range, refusal)) = open.pop() {
            let is_alone = range.len() == 1;
            if is_alone || refusal == NO_DEFAULT || calls + 2 > HALVING_CALLS {
                refused.push((range, refusal));
                continue;
            }
            let middle = range.start + range.len() / 2;
            for half in [range.start..middle, middle..range.end] {
                calls += 1;
                let part = chunk.slice(half.clone());
                match self.execute(client, table, &part, Some(id)).await? {
                    StatementResult::Rows(rows) => {
                        self.tables[position].kept += self.kept(&part, rows);
                    }
                    StatementResult::Refused(refusal) => open.push((half, refusal)),
                }
            }
        }
        let existing = match self.options.on_duplicate {
            OnDuplicate::Fail => {
                existing_among(client, table, &chunk, duplicates(&refused), id).await?
            }
            OnDuplicate::Update | OnDuplicate::Keep => HashSet::new(),
        };
        self.reject_refused(position, &chunk, refused, &existing);
        Ok(())
    }

    fn reject_refused(
        &mut self,
        position: usize,
        chunk: &Chunk,
        refused: Vec<(Range<usize>, u16)>,
        existing: &HashSet<usize>,
    ) {
        let intake = &mut self.tables[position];
        intake.existing += existing.len() as u64;
        let table = intake.table;
        let mut rejected = Vec::new();
        for (range, number) in refused {
            let alone = range.len() == 1;
            for row in range {
                let error = match existing.contains(&row) {
                    true => RowError::key(table.key_name(), RowErrorKind::Exists),
                    false => RowError::row(RowErrorKind::DatabaseRefused { number, alone }),
                };
                rejected.push((chunk.place(row), alloc::vec![error]));
            }
        }
        self.reject(position, rejected);
    }

    /// Sends one chunk; without a transaction the statement is its own commit.
    async fn execute<H: Host>(
        &self,
        client: &Client<'_, H>,
        table: &'static Table,
        chunk: &Chunk,
        id: Option<&str>,
    ) -> Result<StatementResult, StoreError> {
        let on_duplicate = self.options.on_duplicate;
        let sql = statement::write(table, chunk.columns(), on_duplicate);
        let call = ExecuteStatement {
            sql: &sql,
            parameters: &[(statement::ROWS, chunk.json())],
            transaction_id: id,
        };
        let repeat = match (id, on_duplicate) {
            (None, OnDuplicate::Keep | OnDuplicate::Update) => Repeat::Harmless,
            _ => Repeat::Never,
        };
        match client.call(&call, repeat).await {
            Ok(output) => {
                let rows = output.number_of_records_updated;
                // Either nothing has changed, or other unique keys have stopped it.
                if rows == 0 && self.updates() && id.is_some() {
                    refuse_other_keys(client, table, id).await?;
                }
                check_count(chunk, on_duplicate, rows)
            }
            Err(error) => match (row_refusal(&error), id) {
                (Some(number), _) => Ok(StatementResult::Refused(number)),
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

    fn updates(&self) -> bool {
        self.options.on_duplicate == OnDuplicate::Update
    }

    fn count_kept(&mut self, position: usize, number: usize, rows: u64) {
        let kept = self.kept(&self.tables[position].groups.chunks[number], rows);
        self.tables[position].kept += kept;
    }

    /// How many rows of a chunk were kept, when the database says that it wrote so many.
    fn kept(&self, chunk: &Chunk, written: u64) -> u64 {
        match self.options.on_duplicate {
            OnDuplicate::Keep => chunk.rows() as u64 - written,
            _ => 0,
        }
    }
}

/// An update's count says nothing but that it wrote: it depends on how the service's driver counts
/// rows.
fn check_count(
    chunk: &Chunk,
    on_duplicate: OnDuplicate,
    stored: u64,
) -> Result<StatementResult, StoreError> {
    let sent = chunk.rows() as u64;
    let plausible = match on_duplicate {
        OnDuplicate::Fail => stored == sent,
        OnDuplicate::Keep => stored <= sent,
        OnDuplicate::Update => true,
    };
    if plausible {
        Ok(StatementResult::Rows(stored))
    } else {
        Err(StoreError::WrongCount { sent, stored })
    }
}

/// The rows that were refused by themselves for a key that exists, in order.
fn duplicates(refused: &[(Range<usize>, u16)]) -> Vec<usize> {
    let alone = refused.iter().filter(|(range, number)| range.len() == 1 && *number == DUPLICATE);
    let mut rows: Vec<_> = alone.map(|(range, _)| range.start).collect();
    rows.sort_unstable();
    rows
}

/// Of such rows: those whose primary key the table has.
async fn existing_among<H: Host>(
    client: &Client<'_, H>,
    table: &Table,
    chunk: &Chunk,
    rows: Vec<usize>,
    id: &str,
) -> Result<HashSet<usize>, StoreError> {
    if rows.is_empty() {
        return Ok(HashSet::new());
    }
    let sought = chunk.filter(|row, _| rows.binary_search(&row).is_ok());
    let found = existing_rows_by_now(client, table, &sought, id).await?;
    Ok(found.into_iter().map(|row| rows[row]).collect())
}

async fn commit<H: Host>(
    client: &Client<'_, H>,
    id: &str,
    entry: Option<&LedgerEntry<'_>>,
) -> Result<(), StoreError> {
    let commit = CommitTransaction { transaction_id: id };
    let Err(error) = client.call(&commit, Repeat::Never).await else { return Ok(()) };
    // Where the commit was not run this ends the transaction; where it was, it finds none.
    let has_ended = roll_back(client, id).await;
    let error = StoreError::of_commit(&error);
    let (StoreError::OutcomeUnknown(cause), Some(entry)) = (&error, entry) else {
        return Err(error);
    };
    match entry.is_committed(&client.closing()).await {
        Some(true) => Ok(()),
        Some(false) if has_ended => Err(StoreError::Interrupted(cause.clone())),
        _ => Err(error),
    }
}

/// Answers whether the transaction is surely over. If this fails as well, the service rolls back by
/// itself after 3 idle minutes.
async fn roll_back<H: Host>(client: &Client<'_, H>, id: &str) -> bool {
    let rollback = RollbackTransaction { transaction_id: id };
    match client.closing().call(&rollback, Repeat::Harmless).await {
        Ok(()) => true,
        Err(error) => error.retry() == Retry::Transaction,
    }
}

/// MySQL's number, if the error says that a row and not the statement is at fault.
///
/// A key that exists; NULL, and no value where there is no DEFAULT; range, type, length, CHECK and
/// FOREIGN KEY violations; a trigger's SIGNAL.
fn row_refusal(error: &CallError) -> Option<u16> {
    let CallError::Api(error) = error else { return None };
    error.database_code.filter(|number| {
        matches!(
            number,
            1048 | 1062 | 1264 | 1265 | 1292 | 1364 | 1366 | 1406 | 1452 | 1644 | 3819 | 4025
        )
    })
}
