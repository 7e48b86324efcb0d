//! The good rows into the database, all or none.

use core::time::Duration;

use super::chunk_write::Settled;
use super::error::StoreError;
use super::ledger_entry::LedgerEntry;
use super::store::Store;
use crate::aws::data_api::{BeginTransaction, CommitTransaction, RollbackTransaction};
use crate::aws::host::{Client, Host, Repeat};
use crate::aws::operation::Retry;
use crate::sql::statement::OnDuplicate;

/// Times that a write is begun whose transaction broke or gave way to others.
const ATTEMPTS: u32 = 3;

impl Store {
    pub(super) async fn write<H: Host>(
        &mut self,
        client: &Client<'_, H>,
        entry: Option<&LedgerEntry<'_>>,
    ) -> Result<(), StoreError> {
        let mut attempt = 1;
        loop {
            for written in &mut self.tables {
                written.begin_write();
            }
            self.foretell_counts();
            match self.write_once(client, entry).await {
                Err(StoreError::Interrupted(_))
                    if attempt < ATTEMPTS && !client.is_out_of_time() =>
                {
                    // Transactions that gave way to each other would collide again.
                    let part = client.host().random() % 64;
                    client.pause(Duration::from_millis(part << attempt)).await;
                    attempt += 1;
                }
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
                continue;
            }
            // Nothing will be stored, but the client should hear of everything at once.
            if self.options.on_duplicate == OnDuplicate::Fail && self.carries_key(*chunk) {
                self.trace(client, *chunk, Some(id)).await?;
            }
            self.foresee_chunk(client, *chunk, Some(id)).await?;
        }
        Ok(())
    }
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
