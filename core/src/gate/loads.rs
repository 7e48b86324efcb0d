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

/// Who asks.
#[derive(Clone, Copy)]
pub(super) struct LoadReader<'r> {
    /// The id under which its requests are in the history.
    pub(super) owner: &'r str,
    /// The tables that it may fill: their files are for it to see.
    pub(super) tables: &'r [&'static str],
}

/// The newest loads of a key, the newest first; with `files` those of files as well.
pub(super) async fn list<H: Host>(
    client: &Client<'_, H>,
    reader: LoadReader<'_>,
    query: &str,
) -> Result<Response, Problem> {
    #[derive(Serialize)]
    struct Loads {
        loads: Vec<LoadRecord>,
    }
    let LoadQuery { most, files } = LoadQuery::read(query)?;
    let requests = ledger::list(client, Owner::Key(reader.owner), most).await;
    let mut loads = requests.map_err(|error| unavailable(&error))?;
    if files {
        let files = ledger::list(client, Owner::Files(reader.tables), most).await;
        loads.extend(files.map_err(|error| unavailable(&error))?);
        loads.sort_by(|one, other| other.started.cmp(&one.started));
        loads.truncate(most as usize);
    }
    Ok(json_response(200, &Loads { loads }))
}

/// One load of a key, or of a file that it may see; that of another one is not there.
pub(super) async fn show<H: Host>(
    client: &Client<'_, H>,
    reader: LoadReader<'_>,
    load_id: &str,
) -> Result<Response, Problem> {
    let unknown = || Problem::new(404, "unknown_load", "this key has no such load");
    // An id is of ASCII, and so is its column: MySQL compares it with no other text.
    if !load_id.is_ascii() {
        return Err(unknown());
    }
    for owner in [Owner::Key(reader.owner), Owner::Files(reader.tables)] {
        let load = ledger::show(client, owner, load_id).await;
        if let Some(load) = load.map_err(|error| unavailable(&error))? {
            return Ok(json_response(200, &load));
        }
    }
    Err(unknown())
}

/// What a list is asked for.
struct LoadQuery {
    most: u32,
    files: bool,
}

impl LoadQuery {
    fn read(query: &str) -> Result<Self, Problem> {
        let mut asked = Self { most: LISTED, files: false };
        for (name, value) in parameters(query, &["limit", "files"])? {
            match &*name {
                "limit" => asked.most = limit(&value)?,
                _ => asked.files = flag(&value)?,
            }
        }
        Ok(asked)
    }
}

fn limit(value: &str) -> Result<u32, Problem> {
    let number = value.parse().ok().filter(|number| (1..=ledger::LISTED_LIMIT).contains(number));
    number.ok_or_else(|| {
        bad_parameter(format!("limit is a number from 1 to {}", ledger::LISTED_LIMIT))
    })
}

fn flag(value: &str) -> Result<bool, Problem> {
    value.parse().map_err(|_| bad_parameter("files is true or false".to_string()))
}

fn unavailable(error: &CallError) -> Problem {
    Problem::unavailable("database_unavailable", error.to_string())
}
