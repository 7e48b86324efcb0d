//! What a transaction says of its rows in the ledger, first and last.

use alloc::vec::Vec;

use super::error::StoreError;
use super::ledger_entry::LedgerEntry;
use super::store::Store;
use crate::aws::host::{Client, Host};
use crate::ledger::{StoredResponse, reject_parts, write_rejects};
use crate::table::counts::Counts;
use crate::table::issue::RowError;

/// What the ledger was told when the transaction began: what will be if all goes as it should.
#[derive(Debug, PartialEq)]
pub(super) enum Said {
    Response(StoredResponse),
    Counts(Counts),
}

impl Store {
    /// Opens the transaction: nothing follows unless the claim is still good.
    pub(super) async fn open_entry<H: Host>(
        &self,
        entry: &LedgerEntry<'_>,
        client: &Client<'_, H>,
        id: &str,
    ) -> Result<Said, StoreError> {
        let said = self.say(entry);
        let statement = match &said {
            Said::Response(answer) => entry.fence().open_with_answer(answer),
            Said::Counts(counts) => entry.fence().open_with_counts(counts),
        };
        let opened = statement.run_in(client, id).await;
        let opened = opened.map_err(|error| StoreError::before_commit(&error))?;
        if opened.number_of_records_updated == 1 { Ok(said) } else { Err(StoreError::LeaseLost) }
    }

    /// Says what has become of the rows, where that is not what was said before.
    pub(super) async fn close_entry<H: Host>(
        &self,
        entry: &LedgerEntry<'_>,
        client: &Client<'_, H>,
        id: &str,
        said: Said,
    ) -> Result<(), StoreError> {
        let mut statements = Vec::new();
        match self.say(entry) {
            now if now == said => {}
            Said::Response(answer) => {
                statements.push(entry.fence().close_with_answer(&answer));
            }
            Said::Counts(counts) => statements.push(entry.fence().close_with_counts(&counts)),
        }
        if let LedgerEntry::File { claim, .. } = entry {
            let parts = reject_parts(self.rejects());
            statements.extend(parts.iter().map(|(row, part)| write_rejects(claim, *row, part)));
        }
        for statement in statements {
            let written = statement.run_in(client, id).await;
            written.map_err(|error| StoreError::before_commit(&error))?;
        }
        Ok(())
    }

    /// What is to be said of the rows as they stand now.
    fn say(&self, entry: &LedgerEntry<'_>) -> Said {
        match entry {
            LedgerEntry::Request { answer, .. } => Said::Response(answer(&self.report_so_far())),
            LedgerEntry::File { before, checks, .. } => {
                let new = self.counts().into_iter().map(|table| table.counts);
                let mut counts = *before + new.sum();
                if *checks {
                    (counts.stored, counts.kept) = (0, 0);
                }
                Said::Counts(counts)
            }
        }
    }

    /// The rows that the database did not take, in their order.
    fn rejects(&self) -> Vec<(u64, &[RowError])> {
        let rejected = self.rejected.iter();
        let mut rejects: Vec<_> = rejected
            .filter_map(|(place, errors)| Some((place.index?, errors.as_slice())))
            .collect();
        rejects.sort_by_key(|(row, _)| *row);
        rejects
    }
}
