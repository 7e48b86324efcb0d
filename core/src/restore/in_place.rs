//! Rows put in the place of the live ones, in one transaction: for tables that a swap would tear from their foreign
//! keys, CHECKs or triggers.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::copy::Pair;
use super::error::RestoreError;
use super::like::make_like;
use super::orphans::check_orphans;
use super::tables::{drop_table, run};
use super::ties::TiedKey;
use crate::aws::data_api::{BeginTransaction, CommitTransaction, Field, RollbackTransaction};
use crate::aws::host::{CallError, Client, Host, Repeat};
use crate::aws::operation::Retry;
use crate::backup::{Ranges, content};
use crate::base::sql_text::quoted;
use crate::sql::checksum::Checksum;
use crate::sql::isolation;
use crate::sql::key_text::KeyText;
use crate::table::schema::Table;

/// Rows that one statement looks at, well within the service's 45 seconds.
const ROWS: usize = 100_000;

/// Times that the transaction is begun which waited in vain for others, or was lost.
const ATTEMPTS: u32 = 5;

/// The pause before the next try.
const PAUSE: Duration = Duration::from_secs(1);

/// Pauses between looks for a COMMIT that got no answer, in seconds.
const PAUSES: [u64; 3] = [1, 2, 3];

/// A table whose rows are put in the place of the live ones.
#[derive(Debug)]
pub(super) struct Placing {
    pub(super) table: &'static Table,
    /// The table that has the rows which come.
    pub(super) comes: String,
    /// The table that keeps the rows which go.
    pub(super) goes: String,
    /// What comes.
    pub(super) expected: Checksum,
    /// What the live table must hold; `None` of one that may hold anything.
    pub(super) live: Option<Checksum>,
}

/// Tables whose rows are put in the place of the live ones, all or none.
pub(super) struct InPlace<'i, H> {
    pub(super) client: &'i Client<'i, H>,
    /// The restore.
    pub(super) id: &'i str,
    pub(super) tables: &'i [Placing],
    /// The foreign keys that must have a parent for each row.
    pub(super) foreign: &'i [TiedKey],
}

impl<H: Host> InPlace<'_, H> {
    /// Puts all rows in their place, and leaves what was live in tables beside them; drops those that had the rows.
    ///
    /// `ready` is asked before each try, with its number from 1 on, whether to go on. After an error the live tables
    /// are what they were, and the tables for what was live are gone; but not after
    /// [`SwapUnknown`](RestoreError::SwapUnknown).
    pub(super) async fn put(
        &self,
        ready: impl AsyncFnMut(u32) -> Result<(), RestoreError>,
    ) -> Result<(), RestoreError> {
        match self.try_all(ready).await {
            Ok(()) => {}
            Err(error @ RestoreError::SwapUnknown { .. }) => return Err(error),
            Err(error) => {
                // What cannot be dropped any more is named by `leftovers`.
                let client = self.client.closing();
                for placing in self.tables {
                    let _: Result<(), _> = drop_empty(&client, &placing.goes).await;
                }
                return Err(error);
            }
        }
        for placing in self.tables {
            // The same: the rows are in the live table as well.
            let _: Result<(), _> = drop_table(&self.client.closing(), &placing.comes).await;
        }
        Ok(())
    }

    async fn try_all(
        &self,
        mut ready: impl AsyncFnMut(u32) -> Result<(), RestoreError>,
    ) -> Result<(), RestoreError> {
        for Placing { table, goes, .. } in self.tables {
            make_like(self.client, table.name, goes).await?;
        }
        let mut attempt = 1;
        loop {
            ready(attempt).await?;
            let error = match self.try_once().await {
                Err(RestoreError::Database { error, .. }) if is_worth_a_try(&error) => error,
                result => return result,
            };
            if attempt == ATTEMPTS {
                return Err(RestoreError::NotPlaced(error));
            }
            self.client.pause(PAUSE).await;
            attempt += 1;
        }
    }

    async fn try_once(&self) -> Result<(), RestoreError> {
        let doing = "the transaction is not begun";
        let begun = self.client.call(&BeginTransaction, Repeat::Harmless).await;
        let id = begun.map_err(|error| RestoreError::Database { doing, error })?;
        let saved = match self.place(&self.client.within(&id)).await {
            Ok(saved) => saved,
            Err(error) => {
                roll_back(self.client, &id).await;
                return Err(error);
            }
        };
        let commit = CommitTransaction { transaction_id: &id };
        let Err(error) = self.client.call(&commit, Repeat::Never).await else { return Ok(()) };
        // Where the commit was not run this ends the transaction; where it was, it finds none.
        let has_ended = roll_back(self.client, &id).await;
        match error.retry() {
            Retry::OutcomeUnknown if self.is_put(saved, has_ended).await? => Ok(()),
            _ => Err(RestoreError::Database { doing: "the rows are not committed", error }),
        }
    }

    /// Does all within the transaction but for its end; answers how many rows were live.
    async fn place(&self, client: &Client<'_, H>) -> Result<u64, RestoreError> {
        check_isolation(client).await?;
        let (mut saved, mut ends) = (0, Vec::new());
        for placing in self.tables {
            let (live, its_ends) = placing.save(client).await?;
            placing.check_live(live)?;
            saved += live.rows;
            ends.push(its_ends);
        }
        // All of a table before any row comes: a row may have the unique value of one that goes.
        for (placing, ends) in self.tables.iter().zip(&ends) {
            placing.delete(client, ends).await?;
        }
        for placing in self.tables {
            placing.insert(client).await?;
            placing.check_placed(client).await?;
        }
        check_orphans(client, self.foreign, |_| None).await?;
        Ok(saved)
    }

    /// Looks for a COMMIT without an answer, given how many rows were live before and whether the transaction is
    /// surely over.
    async fn is_put(&self, saved: u64, has_ended: bool) -> Result<bool, RestoreError> {
        for pause in PAUSES {
            match self.look(saved, has_ended).await {
                Ok(Some(is_put)) => return Ok(is_put),
                Ok(None) => break,
                Err(_) => _ = self.client.pause(Duration::from_secs(pause)).await,
            }
        }
        Err(RestoreError::SwapUnknown { id: self.id.into() })
    }

    /// `None` if it does not show: no row was live, and now some are, or some may come yet.
    async fn look(&self, saved: u64, has_ended: bool) -> Result<Option<bool>, RestoreError> {
        let client = self.client.closing();
        if saved > 0 {
            return self.has_saved(&client).await.map(Some);
        }
        if !has_ended {
            return Ok(None);
        }
        let mut are_all = true;
        for Placing { table, expected, .. } in self.tables {
            let doing = "the live table is not read";
            let found = content(&client, table, table.name, expected.rows).await;
            let found = found.map_err(|error| RestoreError::Database { doing, error })?;
            if found != *expected && found.rows > 0 {
                return Ok(None);
            }
            are_all &= found == *expected;
        }
        Ok(Some(are_all))
    }

    /// Whether a table for what was live has a row, which it has by the transaction alone; waits for one that has
    /// written to it and not ended.
    pub(super) async fn has_saved(&self, client: &Client<'_, H>) -> Result<bool, RestoreError> {
        for Placing { goes, .. } in self.tables {
            if has_rows(client, goes).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Whether a table for what was live has a row; waits for a transaction that has written to it and not ended.
pub(super) async fn has_rows<H: Host>(
    client: &Client<'_, H>,
    name: &str,
) -> Result<bool, RestoreError> {
    let sql = format!("SELECT 1 FROM {} LIMIT 1 LOCK IN SHARE MODE", quoted(name));
    let found = run(client, &sql, &[], "the old table is not read").await?.records;
    Ok(!found.is_empty())
}

/// Drops a table for what was live. One with rows is another undo's of the same restore: they may be nowhere else.
async fn drop_empty<H: Host>(client: &Client<'_, H>, name: &str) -> Result<(), RestoreError> {
    if has_rows(client, name).await? { Ok(()) } else { drop_table(client, name).await }
}

impl Placing {
    fn live_pair(&self) -> Pair<'_> {
        Pair { table: self.table, from: self.table.name, other: &self.goes, above: None }
    }

    /// Copies the live rows, which are locked with all that is between them; answers what they are, and the keys at
    /// which they are cut.
    async fn save<H: Host>(
        &self,
        client: &Client<'_, H>,
    ) -> Result<(Checksum, Vec<KeyText>), RestoreError> {
        let (mut all, mut ends) = (Checksum::default(), Vec::new());
        let mut ranges = Ranges::of(self.table, self.table.name).by(ROWS);
        let doing = "the live table is not read";
        loop {
            let next = ranges.next(client).await;
            let next = next.map_err(|error| RestoreError::Database { doing, error })?;
            let Some(range) = next else { return Ok((all, ends)) };
            self.live_pair().copy_range(client, range.after.as_ref(), &range.last).await?;
            all.merge(range.content);
            ends.push(range.last);
        }
    }

    fn check_live(&self, found: Checksum) -> Result<(), RestoreError> {
        match self.live {
            Some(planned) if planned != found => Err(RestoreError::Changed {
                table: self.table.name,
                planned: planned.rows,
                found: found.rows,
            }),
            _ => Ok(()),
        }
    }

    async fn delete<H: Host>(
        &self,
        client: &Client<'_, H>,
        ends: &[KeyText],
    ) -> Result<(), RestoreError> {
        let pair = Pair { other: &self.comes, ..self.live_pair() };
        let mut after = None;
        for end in ends {
            pair.delete_others(client, (after, Some(end))).await?;
            after = Some(end);
        }
        Ok(())
    }

    async fn insert<H: Host>(&self, client: &Client<'_, H>) -> Result<(), RestoreError> {
        let (from, other) = (self.comes.as_str(), self.table.name);
        let pair = Pair { table: self.table, from, other, above: None };
        pair.copy_unchecked(client).await
    }

    /// A trigger may have changed rows.
    async fn check_placed<H: Host>(&self, client: &Client<'_, H>) -> Result<(), RestoreError> {
        let doing = "the live table is not read";
        // Within a transaction two halves would be one after the other.
        let mut found = Checksum::default();
        let mut ranges = Ranges::of(self.table, self.table.name);
        loop {
            let next = ranges.next(client).await;
            let next = next.map_err(|error| RestoreError::Database { doing, error })?;
            let Some(range) = next else { break };
            found.merge(range.content);
        }
        let (table, expected) = (self.table.name, self.expected);
        match found == expected {
            true => Ok(()),
            false => Err(RestoreError::Differs { table, expected, found }),
        }
    }
}

/// At any other level rows could come between those that are locked.
pub(super) async fn check_isolation<H: Host>(client: &Client<'_, H>) -> Result<(), RestoreError> {
    let shown = run(client, isolation::SHOW, &[], "the isolation is not read").await?.records;
    match shown.first().map(Vec::as_slice) {
        Some([_, Field::String(level)]) if level == isolation::REPEATABLE_READ => Ok(()),
        Some([_, Field::String(level)]) => Err(RestoreError::Isolation { level: level.clone() }),
        _ => Err(RestoreError::Unreadable),
    }
}

/// Nothing lasts of a transaction that did not commit, so that it can be done again.
fn is_worth_a_try(error: &CallError) -> bool {
    matches!(error.retry(), Retry::Transaction | Retry::OutcomeUnknown)
}

/// Answers whether the transaction is surely over. If this fails as well, the service rolls back by itself after 3
/// idle minutes.
async fn roll_back<H: Host>(client: &Client<'_, H>, id: &str) -> bool {
    let rollback = RollbackTransaction { transaction_id: id };
    match client.closing().call(&rollback, Repeat::Harmless).await {
        Ok(()) => true,
        Err(error) => error.retry() == Retry::Transaction,
    }
}
