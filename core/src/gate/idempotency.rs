//! `Idempotency-Key`: a request that is sent again gets the answer of the first one.
//!
//! By the IETF's draft. The ledger holds who works at it, and later the answer; see `ledger`.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::api_key::KeyEntry;
use super::caller::Caller;
use super::head::Head;
use super::problem::Problem;
use super::report::report_response;
use crate::aws::host::{Client, Host};
use crate::aws::http::Response;
use crate::ingest::{Report, RequestRows, StoreError, Verdict};
use crate::ledger::{
    Claim, Lease, RESPONSE_LIMIT, RequestClaim, RequestToClaim, StoredResponse, Summary,
    finish_request,
};

/// The most characters of a key.
const KEY_LIMIT: usize = 255;

/// How long a client should wait for a request that is still being worked on.
const RETRY_AFTER_SECONDS: &str = "2";

/// Says in an answer that it was given before.
const REPLAYED: (&str, &str) = ("idempotent-replayed", "true");

/// The request's key, if it has one: 1 to 255 printable characters of ASCII.
pub(super) fn idempotency_key(head: &Head) -> Result<Option<&str>, Problem> {
    let Some(key) = head.values("idempotency-key").next() else { return Ok(None) };
    let is_printable = key.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if !is_printable || key.is_empty() || key.len() > KEY_LIMIT {
        let detail = "Idempotency-Key is 1 to 255 printable characters of ASCII";
        return Err(Problem::new(400, "bad_idempotency_key", detail));
    }
    Ok(Some(key))
}

/// Whose keys these are. An entry of `API_KEYS` may stand for many keys of API Gateway.
pub(super) fn owner(caller: &Caller<'_>, entry: &KeyEntry) -> String {
    match caller {
        Caller::Unknown(_) => entry.id().to_owned(),
        Caller::Admitted(id) => alloc::format!("gateway:{id}"),
    }
}

/// The claim of a request, or the answer that it gets without one.
pub(super) async fn claim<H: Host>(
    client: &Client<'_, H>,
    lease: &Lease,
    request: &RequestToClaim<'_>,
) -> Result<Result<Claim, Response>, Problem> {
    match request
        .claim(client, lease)
        .await
        .map_err(|error| Problem::of_store(&StoreError::of_claim(&error)))?
    {
        RequestClaim::Claimed(claim) => Ok(Ok(claim)),
        RequestClaim::Done(answer) => Ok(Err(replay(answer))),
        RequestClaim::Running => Err(in_progress()),
        RequestClaim::Mismatch => {
            let detail = "this Idempotency-Key came with another request before";
            Err(Problem::new(422, "idempotency_key_reused", detail))
        }
    }
}

fn in_progress() -> Problem {
    let detail = "a request with this Idempotency-Key is being worked on";
    Problem::new(409, "in_progress", detail).header("retry-after", RETRY_AFTER_SECONDS)
}

fn replay(answer: StoredResponse) -> Response {
    let header = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    Response {
        status: answer.status,
        headers: vec![header(("content-type", &answer.content_type)), header(REPLAYED)],
        body: answer.body.into_bytes(),
    }
}

/// Stores a claimed request's rows, and its answer with them.
pub(super) async fn store<H: Host>(
    client: &Client<'_, H>,
    claim: &Claim,
    rows: RequestRows,
) -> Result<Response, Problem> {
    match rows.store_claimed(client, claim, answer_of).await {
        Ok((report, is_stored)) => {
            if !is_stored {
                // If this fails a retry redoes the work; nothing was stored.
                _ = finish_request(&client.closing(), claim, &answer_of(&report)).await;
            }
            Ok(response_of(&report))
        }
        Err(StoreError::LeaseLost) => Err(in_progress()),
        Err(error) => {
            // With an unknown outcome the claim stays; a retry finds the outcome when the lease is over.
            if !matches!(error, StoreError::OutcomeUnknown(_)) {
                _ = claim.release(&client.closing()).await;
            }
            Err(Problem::of_store(&error))
        }
    }
}

/// The answer to a report, with as many errors as can be stored.
fn response_of(report: &Report) -> Response {
    let response = report_response(report);
    if response.body.len() <= RESPONSE_LIMIT {
        return response;
    }
    let mut report = report.clone();
    let mut listed = report.issues().listed().len();
    loop {
        listed /= 2;
        report.cap(listed);
        let response = report_response(&report);
        if response.body.len() <= RESPONSE_LIMIT || listed == 0 {
            return response;
        }
    }
}

fn answer_of(report: &Report) -> StoredResponse {
    let response = response_of(report);
    StoredResponse {
        status: response.status,
        content_type: response.header("content-type").unwrap_or_default().to_owned(),
        // The gate's answers are JSON.
        body: String::from_utf8_lossy(&response.body).into_owned(),
        summary: summary(report),
    }
}

fn summary(report: &Report) -> Summary {
    let names: Vec<_> = report.tables().iter().map(|table| table.table).collect();
    Summary {
        status: match report.verdict() {
            Verdict::Complete => "complete",
            Verdict::Partial => "partial",
            Verdict::Invalid => "rejected",
            Verdict::Conflict => "conflict",
        },
        tables: names.join(",").chars().take(255).collect(),
        counts: report.tables().iter().map(|table| table.counts).sum(),
        error_codes: report.issues().by_code().codes(),
        by_code: Some(report.issues().by_code().clone()),
    }
}
