//! Requests with an `Idempotency-Key`: the first one works, the others get its answer.

use alloc::string::String;

use super::claim::{Claim, Look};
use super::ids::{digest, load_id, new_holder};
use super::lease::Lease;
use super::statement::{ATTEMPTS, LEASE_END, Statement, is_duplicate, number, only_row, text};
use super::version::{self, ClaimError, from_known_ledger};
use crate::aws::host::{CallError, Client, Host};
use crate::table::code_counts::CodeCounts;
use crate::table::counts::Counts;

/// A request as it is claimed.
#[derive(Debug)]
pub(crate) struct RequestToClaim<'r> {
    /// Where it came in: `http` or `gateway`.
    pub(crate) door: &'static str,
    /// Whose key it is: the same `Idempotency-Key` of another API key is another one.
    pub(crate) key_id: &'r str,
    pub(crate) idempotency_key: &'r str,
    pub(crate) method: &'r str,
    pub(crate) path: &'r str,
    pub(crate) query: &'r str,
    pub(crate) content_type: &'r str,
    pub(crate) body: &'r [u8],
}

/// The most bytes of an answer that are stored: a row of a result may have 64 KiB.
pub(crate) const RESPONSE_LIMIT: usize = 48 << 10;

/// An answer as it is stored, to be given again byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredResponse {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) body: String,
    /// What the history says of it.
    pub(crate) summary: Summary,
}

/// What the history says of a request; empty in an answer that was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Summary {
    pub(crate) status: &'static str,
    /// The names of its tables.
    pub(crate) tables: String,
    pub(crate) counts: Counts,
    /// Its rows by what was wrong with them; `None` where that is not known.
    pub(crate) by_code: Option<CodeCounts>,
    /// The codes of what was wrong, with commas between them.
    pub(crate) error_codes: String,
}

/// What a claim has come to.
#[derive(Debug)]
pub(crate) enum RequestClaim {
    /// It is this holder's to do.
    Claimed(Claim),
    /// It was done, and this was the answer.
    Done(StoredResponse),
    /// Another holder has it.
    Running,
    /// The same key came with another request.
    Mismatch,
}

impl RequestToClaim<'_> {
    /// By the order of its parameters no two queries differ.
    fn fingerprint(&self) -> String {
        let mut parameters: alloc::vec::Vec<_> = self.query.split('&').collect();
        parameters.sort_unstable();
        digest(&[
            self.method.as_bytes(),
            self.path.as_bytes(),
            parameters.join("&").as_bytes(),
            self.content_type.as_bytes(),
            self.body,
        ])
    }

    /// Claims it: one call, unless it was claimed before.
    pub(crate) async fn claim<H: Host>(
        &self,
        client: &Client<'_, H>,
        lease: &Lease,
    ) -> Result<RequestClaim, ClaimError> {
        let parts = [b"request", self.key_id.as_bytes(), self.idempotency_key.as_bytes()];
        let claim = Claim {
            load_id: load_id(&parts),
            holder: new_holder(client.host()),
            lease: lease.clone(),
            object: None,
        };
        let fingerprint = self.fingerprint();
        for _ in 0..ATTEMPTS {
            match self.insert(&claim, &fingerprint).run(client).await {
                Ok(made) if made.number_of_records_updated == 1 => {
                    return Ok(RequestClaim::Claimed(claim));
                }
                Ok(_) => version::check(client).await?,
                Err(error) if is_duplicate(&error) => {}
                Err(error) => return Err(error.into()),
            }
            // Between the two a claim may be given back, so that there is one to make again.
            if let Some(found) = look(client, &claim, &fingerprint).await? {
                return Ok(found);
            }
        }
        Ok(RequestClaim::Running)
    }

    fn insert(&self, claim: &Claim, fingerprint: &str) -> Statement {
        let sql = alloc::format!(
            "INSERT INTO rowgate_loads (load_id, door, key_id, idempotency_key, fingerprint, \
             status, holder, lease_until, started_at) SELECT :load_id, :door, :key_id, \
             :idempotency_key, :fingerprint, 'running', :holder, {LEASE_END}, UTC_TIMESTAMP(3) {}",
            from_known_ledger()
        );
        claim
            .statement(sql)
            .with("door", self.door)
            .with("key_id", self.key_id)
            .with("idempotency_key", self.idempotency_key)
            .with("fingerprint", fingerprint)
            .with("lease", &claim.lease.seconds)
    }
}

/// What became of an earlier claim; `None` if it is gone.
async fn look<H: Host>(
    client: &Client<'_, H>,
    claim: &Claim,
    fingerprint: &str,
) -> Result<Option<RequestClaim>, CallError> {
    let sql = alloc::format!(
        "SELECT {}, fingerprint, answer_status, answer_type, answer \
         FROM rowgate_loads WHERE load_id = :load_id",
        Look::COLUMNS
    );
    let output = Statement::new(sql).with("load_id", &claim.load_id).run(client).await?;
    let Some([status, holder, lease, known, code, content_type, body]) = only_row(output) else {
        return Ok(None);
    };
    if text(&known) != fingerprint {
        return Ok(Some(RequestClaim::Mismatch));
    }
    let found = Look::of([&status, &holder, &lease]);
    if !found.is_running() {
        return Ok(Some(RequestClaim::Done(StoredResponse {
            status: u16::try_from(number(&code)).unwrap_or_default(),
            content_type: text(&content_type),
            body: text(&body),
            summary: Summary::default(),
        })));
    }
    // The row is of this very claim, whose insertion got no answer.
    if found.holder == claim.holder {
        return Ok(Some(RequestClaim::Claimed(claim.clone())));
    }
    if !found.lease_left.is_zero() || !take_over(client, claim, &found.holder).await? {
        return Ok(Some(RequestClaim::Running));
    }
    Ok(Some(RequestClaim::Claimed(claim.clone())))
}

/// Takes the place of a holder whose lease is over; `false` if another attempt was faster.
async fn take_over<H: Host>(
    client: &Client<'_, H>,
    claim: &Claim,
    former: &str,
) -> Result<bool, CallError> {
    let sql = alloc::format!(
        "UPDATE rowgate_loads SET holder = :holder, lease_until = {LEASE_END}, \
         attempts = attempts + 1 WHERE load_id = :load_id AND holder = :former \
         AND status = 'running' AND lease_until <= UTC_TIMESTAMP(3)"
    );
    let update = claim.statement(sql).with("former", former).with("lease", &claim.lease.seconds);
    if update.run(client).await?.number_of_records_updated == 1 {
        return Ok(true);
    }
    // The first of two calls may have had its effect without an answer.
    let sql = "SELECT 1 FROM rowgate_loads \
        WHERE load_id = :load_id AND holder = :holder AND status = 'running'";
    Ok(!claim.statement(sql).run(client).await?.records.is_empty())
}

/// What an answer sets in its row.
pub(super) const SET_ANSWER: &str = "status = :status, answer_status = CAST(:code AS SIGNED), \
    answer_type = :type, answer = :answer, table_name = :tables, \
    received_rows = CAST(:received AS SIGNED), stored_rows = CAST(:stored AS SIGNED), \
    kept_rows = CAST(:kept AS SIGNED), rejected_rows = CAST(:rejected AS SIGNED), \
    error_codes = NULLIF(:error_codes, ''), rejected_by_code = NULLIF(:by_code, ''), \
    ended_at = UTC_TIMESTAMP(3)";

impl StoredResponse {
    pub(super) fn bind(&self, statement: Statement) -> Statement {
        let Summary { status, tables, counts, .. } = &self.summary;
        let statement = statement
            .with("status", status)
            .with("code", self.status)
            .with("type", &self.content_type)
            .with("answer", &self.body)
            .with("tables", tables);
        counts.bind(self.summary.bind_codes(statement))
    }
}

impl Summary {
    pub(super) fn bind_codes(&self, statement: Statement) -> Statement {
        let by_code = self.by_code.as_ref().map(CodeCounts::to_json).unwrap_or_default();
        statement.with("error_codes", &self.error_codes).with("by_code", by_code)
    }
}

/// Stores the answer of a request that has stored no rows.
pub(crate) async fn finish_request<H: Host>(
    client: &Client<'_, H>,
    claim: &Claim,
    answer: &StoredResponse,
) -> Result<(), CallError> {
    let sql = alloc::format!(
        "UPDATE rowgate_loads SET {SET_ANSWER} \
         WHERE load_id = :load_id AND holder = :holder AND status = 'running'"
    );
    answer.bind(claim.statement(sql)).run(client).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_of_all_that_matters_and_not_of_the_order_of_parameters() {
        let request = |query, body: &'static [u8], content_type| RequestToClaim {
            door: "http",
            key_id: "k",
            idempotency_key: "i",
            method: "POST",
            path: "/insert_data",
            query,
            content_type,
            body,
        };
        let first = request("strict=true&on_error=skip", b"{}", "application/json").fingerprint();
        assert_eq!(
            first,
            request("on_error=skip&strict=true", b"{}", "application/json").fingerprint()
        );
        for other in [
            request("on_error=skip", b"{}", "application/json"),
            request("strict=true&on_error=skip", b"{ }", "application/json"),
            request("strict=true&on_error=skip", b"{}", "text/csv"),
        ] {
            assert_ne!(first, other.fingerprint());
        }
        assert_eq!(first.len(), 64);
    }
}
