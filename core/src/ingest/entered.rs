//! What a transaction says of its rows in the ledger, first and last.

use alloc::vec::Vec;

use super::entry::Entry;
use super::error::StoreError;
use super::intake::Intake;
use crate::aws::host::{Client, Host};
use crate::ledger::{Answer, Counts, reject_parts, write_rejects};
use crate::table::outcome::RowError;

/// What the ledger was told when the transaction began: what will be if all goes as it should.
#[derive(Debug, PartialEq)]
pub(super) enum Said {
    Answer(Answer),
    Counts(Counts),
}

impl Intake {
    /// Opens the transaction: nothing follows unless the claim is still good.
    pub(super) async fn open_entry<H: Host>(
        &self,
        entry: &Entry<'_>,
        client: &Client<'_, H>,
        id: &str,
    ) -> Result<Said, StoreError> {
        let said = self.say(entry);
        let statement = match &said {
            Said::Answer(answer) => entry.fence().open_with_answer(answer),
            Said::Counts(counts) => entry.fence().open_with_counts(counts),
        };
        let opened = statement.run_in(client, id).await;
        let opened = opened.map_err(|error| StoreError::before_commit(&error))?;
        if opened.number_of_records_updated == 1 { Ok(said) } else { Err(StoreError::LeaseLost) }
    }

    /// Says what has become of the rows, where that is not what was said before.
    pub(super) async fn close_entry<H: Host>(
        &self,
        entry: &Entry<'_>,
        client: &Client<'_, H>,
        id: &str,
        said: Said,
    ) -> Result<(), StoreError> {
        let mut statements = Vec::new();
        match self.say(entry) {
            now if now == said => {}
            Said::Answer(answer) => statements.push(entry.fence().close_with_answer(&answer)),
            Said::Counts(counts) => statements.push(entry.fence().close_with_counts(&counts)),
        }
        if let Entry::File { claim, .. } = entry {
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
    fn say(&self, entry: &Entry<'_>) -> Said {
        match entry {
            Entry::Request { answer, .. } => Said::Answer(answer(&self.report_so_far())),
            Entry::File { before, checks, .. } => {
                let mut counts = *before;
                for table in self.counts() {
                    counts.received += table.received;
                    counts.stored += table.stored;
                    counts.kept += table.kept;
                    counts.rejected += table.rejected;
                }
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
