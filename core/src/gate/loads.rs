//! What a key has loaded: `GET /loads` and `GET /loads/{id}`.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use serde::Serialize;

use super::parameters::{bad_parameter, parameters};
use super::problem::{Problem, json_response};
use crate::aws::host::{CallError, Client, Host};
use crate::aws::http::Response;
use crate::ledger::{self, LoadRecord, Owner};

/// How many loads are listed unless the query says otherwise.
const LISTED: u32 = 100;

/// The newest loads of a key, the newest first.
pub(super) async fn list<H: Host>(
    client: &Client<'_, H>,
    key_id: &str,
    query: &str,
) -> Result<Response, Problem> {
    #[derive(Serialize)]
    struct Loads {
        loads: Vec<LoadRecord>,
    }
    let loads = ledger::list(client, Owner::Key(key_id), limit(query)?).await;
    Ok(json_response(200, &Loads { loads: loads.map_err(|error| unavailable(&error))? }))
}

/// One load of a key; that of another one is not there.
pub(super) async fn show<H: Host>(
    client: &Client<'_, H>,
    key_id: &str,
    load_id: &str,
) -> Result<Response, Problem> {
    let unknown = || Problem::new(404, "unknown_load", "this key has no such load");
    // An id is of ASCII, and so is its column: MySQL compares it with no other text.
    if !load_id.is_ascii() {
        return Err(unknown());
    }
    let load = ledger::show(client, Owner::Key(key_id), load_id).await;
    let load = load.map_err(|error| unavailable(&error))?;
    load.map(|load| json_response(200, &load)).ok_or_else(unknown)
}

fn limit(query: &str) -> Result<u32, Problem> {
    let parameters = parameters(query, &["limit"])?;
    let Some((_, value)) = parameters.first() else { return Ok(LISTED) };
    let number = value.parse().ok().filter(|number| (1..=ledger::LISTED_LIMIT).contains(number));
    number.ok_or_else(|| {
        bad_parameter(format!("limit is a number from 1 to {}", ledger::LISTED_LIMIT))
    })
}

fn unavailable(error: &CallError) -> Problem {
    Problem::unavailable("database_unavailable", error.to_string())
}
