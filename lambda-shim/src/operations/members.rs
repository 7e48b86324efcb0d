//! The members that requests of several operations have.

use rowgate_core::avro::Codec;
use rowgate_core::backup::OnObstacle;
use rowgate_core::schema::{Schema, Table};
use serde::de::DeserializeOwned;

use crate::event::EventError;

/// Reads all members of a request; an error may name them, since a person has written them.
pub(super) fn members<T: DeserializeOwned>(
    request: &str,
    operation: &str,
) -> Result<T, EventError> {
    serde_json::from_str(request).map_err(|error| bad(operation, &error.to_string()))
}

/// Tables by their names, parents first.
pub(super) fn tables(
    schema: Schema,
    names: &[String],
    operation: &str,
) -> Result<Vec<&'static Table>, EventError> {
    let named = |(at, name): (usize, &String)| {
        schema.table(name).ok_or_else(|| bad(operation, &format!("tables[{at}] is no table")))
    };
    let named: Vec<_> = names.iter().enumerate().map(named).collect::<Result<_, _>>()?;
    if named.is_empty() {
        return Err(bad(operation, "tables is empty"));
    }
    Ok(schema.tables().iter().filter(|table| named.contains(table)).collect())
}

/// The codec of files that are written.
pub(super) fn codec(name: &str) -> Result<Codec, EventError> {
    let codec = Codec::named(name).filter(|codec| Codec::WRITTEN.contains(codec));
    codec.ok_or_else(|| bad("backup", "codec is not null, deflate or snappy"))
}

/// What becomes of tables that a restore would refuse.
pub(super) fn on_obstacle(text: Option<&str>, operation: &str) -> Result<OnObstacle, EventError> {
    match text {
        None | Some("refuse") => Ok(OnObstacle::Refuse),
        Some("skip") => Ok(OnObstacle::Skip),
        Some("accept") => Ok(OnObstacle::Accept),
        Some(_) => Err(bad(operation, "obstacles is not refuse, skip or accept")),
    }
}

/// An error of an operation's request.
pub(super) fn bad(operation: &str, problem: &str) -> EventError {
    EventError::Bad(format!("the operation {operation}: {problem}"))
}
