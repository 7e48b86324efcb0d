//! The calls.

use alloc::string::String;
use alloc::vec::Vec;

use super::error::IntrospectError;
use super::query::{Engine, NAMES, SERVER, of_tables};
use super::rows::{SchemaRow, described};
use super::texts::texts;
use crate::aws::host::{Client, Host};
use crate::table::schema::{Description, TableDescription};

/// How many tables one call asks about: an answer has at most 1 MiB, and a column takes some 200 bytes.
const TABLES_A_CALL: usize = 50;

/// What a server says of itself, on which the queries and the answers depend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Server {
    engine: Engine,
    /// Its collation for utf8mb4.
    pub(crate) default_collation: Option<String>,
}

/// Reads what the database says of its tables, or of those that are named; its own of rowgate are none.
///
/// A call lists the tables, and one more reads 50 of them. What the user may not see is not there: on
/// MySQL triggers take the right TRIGGER, on MariaDB foreign keys and CHECKs the right REFERENCES.
///
/// # Errors
///
/// Where a call fails, or the database does not have a table that is named.
pub async fn introspect<H: Host>(
    client: &Client<'_, H>,
    only: &[String],
) -> Result<Description, IntrospectError> {
    let found = introspect_those(client, only).await?;
    let is_there = |name: &String| found.tables.iter().any(|table| table.name == *name);
    match only.iter().find(|name| !is_there(name)) {
        Some(missing) => Err(IntrospectError::NoSuchTable(missing.clone())),
        None => Ok(found),
    }
}

/// The same; a table that is named and not there is left out.
pub(crate) async fn introspect_those<H: Host>(
    client: &Client<'_, H>,
    only: &[String],
) -> Result<Description, IntrospectError> {
    let listed: Vec<[Option<String>; 3]> = texts(client, NAMES).await?;
    let mut names: Vec<_> = listed.iter().filter_map(|[name, ..]| name.as_deref()).collect();
    names.retain(|name| !is_own(name));
    // The engines sort them by collations of their own.
    names.sort_unstable();
    names.retain(|name| only.is_empty() || only.iter().any(|wanted| wanted == name));
    let Some([_, Some(version), default]) = listed.first() else {
        return Ok(Description::new(Vec::new()));
    };
    let engine = Engine::of_version(version);
    let server = Server { engine, default_collation: default.clone() };
    tables(client, &server, &names).await.map(Description::new)
}

/// Looks which server it is: a call.
pub(crate) async fn server<H: Host>(client: &Client<'_, H>) -> Result<Server, IntrospectError> {
    let rows: Vec<[Option<String>; 2]> = texts(client, SERVER).await?;
    match rows.into_iter().next() {
        Some([Some(version), default_collation]) => {
            Ok(Server { engine: Engine::of_version(&version), default_collation })
        }
        _ => Err(IntrospectError::Unreadable),
    }
}

/// What the database says of these tables, of those that it has: a call for 50 of them.
pub(crate) async fn tables<H: Host>(
    client: &Client<'_, H>,
    server: &Server,
    names: &[&str],
) -> Result<Vec<TableDescription>, IntrospectError> {
    let Server { engine, default_collation } = server;
    let mut rows = Vec::new();
    for names in names.chunks(TABLES_A_CALL) {
        let found: Vec<[Option<String>; 5]> = texts(client, &of_tables(*engine, names)).await?;
        let found: Option<Vec<_>> = found.into_iter().map(SchemaRow::read).collect();
        rows.extend(found.ok_or(IntrospectError::Unreadable)?);
    }
    let tables = described(*engine, default_collation.as_deref(), names, rows);
    tables.ok_or(IntrospectError::Unreadable)
}

/// Whether a table is the ledger's, or one that a restore left.
fn is_own(name: &str) -> bool {
    let kinds = ["__before_", "__restore_", "__undone_"];
    let of_restore = kinds.iter().any(|kind| {
        name.rsplit_once(kind).is_some_and(|(_, id)| id.len() == 20 && id.starts_with('2'))
    });
    name.starts_with("rowgate_") || of_restore
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_of_rowgate_are_its_own() {
        for (name, expected) in [
            ("rowgate_loads", true),
            ("jobs__before_20270115_080000_1a2b", true),
            ("jobs__restore_20270115_080000_1a2b", true),
            ("jobs__before_christmas", false),
            ("jobs", false),
        ] {
            assert_eq!(is_own(name), expected, "{name}");
        }
    }
}
