//! The writes to the ledger that are in one transaction with the rows.

use alloc::format;

use super::claim::Claim;
use super::progress::{Position, SET_COUNTS, SET_POSITION};
use super::request::{SET_ANSWER, StoredResponse};
use super::statement::{IS_CURRENT, LEASE_END, Statement, number, only_row, text};
use crate::aws::data_api::Field;
use crate::aws::host::{CallError, Client, Host};
use crate::table::counts::Counts;

/// What opens a transaction, so that nothing of it lasts unless the claim does.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fence<'f> {
    /// A request's: the row gets the answer that it will have if all goes as it should.
    Request { claim: &'f Claim },
    /// A file's: the row moves from one place to another.
    File { claim: &'f Claim, from: Position, to: Position },
}

/// Why a fence did not let pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lost {
    /// The lease is over, or another holder has the claim.
    Lease,
    /// A newer version of the object is there.
    Outdated,
}

const IS_MINE: &str = "load_id = :load_id AND holder = :holder";

impl Fence<'_> {
    fn claim(&self) -> &Claim {
        match self {
            Self::Request { claim } | Self::File { claim, .. } => claim,
        }
    }

    /// The first statement of a request's transaction; it must find exactly one row.
    pub(crate) fn open_with_answer(&self, answer: &StoredResponse) -> Statement {
        let sql = format!(
            "UPDATE rowgate_loads SET {SET_ANSWER} WHERE {IS_MINE} AND status = 'running' \
             AND lease_until > UTC_TIMESTAMP(3)"
        );
        answer.bind(self.claim().statement(sql))
    }

    /// The last statement, where the rows fared otherwise than expected.
    pub(crate) fn close_with_answer(&self, answer: &StoredResponse) -> Statement {
        let sql = format!("UPDATE rowgate_loads SET {SET_ANSWER} WHERE {IS_MINE}");
        answer.bind(self.claim().statement(sql))
    }

    /// The first statement of a file's transaction; it must find exactly one row.
    pub(crate) fn open_with_counts(&self, counts: &Counts) -> Statement {
        let Self::File { claim, from, to } = self else {
            return self.close_with_counts(counts);
        };
        let sql = format!(
            "UPDATE rowgate_loads SET {SET_POSITION}, {SET_COUNTS}, lease_until = {LEASE_END} WHERE {IS_MINE} AND status = 'running' \
             AND next_offset = CAST(:from AS SIGNED) AND lease_until > UTC_TIMESTAMP(3) \
             AND {IS_CURRENT}"
        );
        let statement =
            claim.statement(sql).with("from", from.offset).with("lease", &claim.lease.seconds);
        bind_object(claim, to.bind(counts.bind(statement)))
    }

    /// The last statement, where the rows fared otherwise than expected.
    pub(crate) fn close_with_counts(&self, counts: &Counts) -> Statement {
        let sql = format!("UPDATE rowgate_loads SET {SET_COUNTS} WHERE {IS_MINE}");
        counts.bind(self.claim().statement(sql))
    }

    /// Why the fence let nothing pass.
    pub(crate) async fn lost<H: Host>(&self, client: &Client<'_, H>) -> Result<Lost, CallError> {
        let claim = self.claim();
        if claim.object.is_none() {
            return Ok(Lost::Lease);
        }
        let asked = bind_object(claim, Statement::new(format!("SELECT NOT {IS_CURRENT}")));
        let row: Option<[Field; 1]> = only_row(asked.run(client).await?);
        let is_outdated = row.is_some_and(|[outdated]| number(&outdated) == 1);
        Ok(if is_outdated { Lost::Outdated } else { Lost::Lease })
    }

    /// Moves a file's row on without a transaction, where no rows are to be stored with it.
    pub(crate) async fn pass<H: Host>(
        &self,
        client: &Client<'_, H>,
        counts: &Counts,
    ) -> Result<Result<(), Lost>, CallError> {
        let moved = self.open_with_counts(counts).run(client).await?;
        // The first of two calls may have had its effect without an answer.
        if moved.number_of_records_updated == 1 || self.is_committed(client).await? {
            return Ok(Ok(()));
        }
        self.lost(client).await.map(Err)
    }

    /// Whether the transaction has been committed. Waits for one that has not been ended: it has
    /// locked the row.
    pub(crate) async fn is_committed<H: Host>(
        &self,
        client: &Client<'_, H>,
    ) -> Result<bool, CallError> {
        let sql =
            format!("SELECT status, next_offset FROM rowgate_loads WHERE {IS_MINE} FOR UPDATE");
        let row = only_row(self.claim().statement(sql).run(client).await?);
        Ok(row.is_some_and(|[status, offset]: [Field; 2]| match self {
            Self::Request { .. } => text(&status) != "running",
            Self::File { to, .. } => number(&offset) == to.offset,
        }))
    }
}

/// The values of [`IS_CURRENT`].
pub(super) fn bind_object(claim: &Claim, statement: Statement) -> Statement {
    let (object, sequencer) = claim.object.clone().unwrap_or_default();
    statement.with("object", object).with("sequencer", sequencer)
}
