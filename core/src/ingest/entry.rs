//! What a transaction writes into the ledger beside its rows.

use alloc::vec::Vec;

use super::{Intake, Report, StoreError};
use crate::aws::host::{Client, Host};
use crate::ledger::{Answer, Claim, Counts, Fence, Lost, Position, reject_parts, write_rejects};
use crate::table::outcome::RowError;

/// The row of the ledger that a transaction moves on.
#[derive(Debug)]
pub(crate) enum Entry<'e> {
    /// A request's, which gets its answer.
    Request {
        claim: &'e Claim,
        /// What a report becomes.
        answer: fn(&Report) -> Answer,
    },
    /// A file's, which moves from one place to another.
    File {
        claim: &'e Claim,
        from: Position,
        to: Position,
        /// The counts without these rows.
        before: Counts,
        /// Whether the rows are only checked.
        checks: bool,
    },
}

/// What the ledger was told when the transaction began: what will be if all goes as it should.
#[derive(Debug, PartialEq)]
pub(super) enum Said {
    Answer(Answer),
    Counts(Counts),
}

impl Entry<'_> {
    pub(crate) fn is_file(&self) -> bool {
        matches!(self, Self::File { .. })
    }

    fn fence(&self) -> Fence<'_> {
        match *self {
            Self::Request { claim, .. } => Fence::Request { claim },
            Self::File { claim, from, to, .. } => Fence::File { claim, from, to },
        }
    }

    /// What is to be said of the rows as they stand now.
    fn say(&self, intake: &Intake) -> Said {
        match self {
            Self::Request { answer, .. } => Said::Answer(answer(&intake.report_so_far())),
            Self::File { before, checks, .. } => {
                let mut counts = *before;
                for table in intake.counts() {
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

    /// Renews a file's lease, where its rows are tried once more.
    pub(super) async fn renew<H: Host>(&self, client: &Client<'_, H>) -> Result<(), StoreError> {
        let Self::File { claim, .. } = self else { return Ok(()) };
        let held = claim.hold(client).await.map_err(|error| StoreError::before_commit(&error))?;
        held.map(drop).map_err(|lost| match lost {
            Lost::Outdated => StoreError::Outdated,
            Lost::Lease => StoreError::LeaseLost,
        })
    }

    /// Opens the transaction: nothing follows unless the claim is still good.
    pub(super) async fn open<H: Host>(
        &self,
        client: &Client<'_, H>,
        id: &str,
        intake: &Intake,
    ) -> Result<Said, StoreError> {
        let said = self.say(intake);
        let statement = match &said {
            Said::Answer(answer) => self.fence().open_with_answer(answer),
            Said::Counts(counts) => self.fence().open_with_counts(counts),
        };
        let opened = statement.run_in(client, id).await;
        let opened = opened.map_err(|error| StoreError::before_commit(&error))?;
        if opened.number_of_records_updated == 1 { Ok(said) } else { Err(StoreError::LeaseLost) }
    }

    /// Says what has become of the rows, where that is not what was said before.
    pub(super) async fn close<H: Host>(
        &self,
        client: &Client<'_, H>,
        id: &str,
        intake: &Intake,
        said: Said,
    ) -> Result<(), StoreError> {
        let mut statements = Vec::new();
        match self.say(intake) {
            now if now == said => {}
            Said::Answer(answer) => statements.push(self.fence().close_with_answer(&answer)),
            Said::Counts(counts) => statements.push(self.fence().close_with_counts(&counts)),
        }
        if let Self::File { claim, .. } = self {
            let parts = reject_parts(rejects(intake));
            statements.extend(parts.iter().map(|(row, part)| write_rejects(claim, *row, part)));
        }
        for statement in statements {
            let written = statement.run_in(client, id).await;
            written.map_err(|error| StoreError::before_commit(&error))?;
        }
        Ok(())
    }

    /// Whether the transaction was committed; `None` if nobody knows.
    pub(super) async fn is_committed<H: Host>(&self, client: &Client<'_, H>) -> Option<bool> {
        self.fence().is_committed(client).await.ok()
    }

    /// Why the transaction could not be opened.
    pub(super) async fn lost<H: Host>(&self, client: &Client<'_, H>) -> StoreError {
        match self.fence().lost(client).await {
            Ok(Lost::Outdated) => StoreError::Outdated,
            // If it cannot be told, somebody will see when the file is loaded again.
            Ok(Lost::Lease) | Err(_) => StoreError::LeaseLost,
        }
    }
}

/// The rows that the database did not take, in their order.
fn rejects(intake: &Intake) -> Vec<(u64, &[RowError])> {
    let rejected = intake.rejected.iter();
    let mut rejects: Vec<_> =
        rejected.filter_map(|(place, errors)| Some((place.index?, errors.as_slice()))).collect();
    rejects.sort_by_key(|(row, _)| *row);
    rejects
}
