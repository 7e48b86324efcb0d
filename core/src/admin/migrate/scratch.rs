//! The tables as the live database would make them: in a database beside it, read back and dropped.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use sha2::{Digest, Sha256};

use super::change::change;
use super::creation::{Creation, creations};
use super::error::MigrateError;
use crate::aws::data_api::Target;
use crate::aws::host::{CallError, Client, Host};
use crate::base::hex::hex;
use crate::base::sql_text::quoted;
use crate::ledger::MigrationLock;
use crate::sql::introspect::{IntrospectError, introspect_those};
use crate::table::schema::{Table, TableDescription};

/// What the name of each scratch database begins with; the live one's own name is the rest, so that two
/// databases of one cluster are compared at the same time.
const PREFIX: &str = "rowgate_scratch_";

/// The most characters of a name.
const LONGEST_NAME: usize = 64;

/// What a user needs on a scratch database.
pub(super) const RIGHTS: &str = "CREATE, DROP, ALTER, INDEX, REFERENCES, SELECT";

/// MySQL's numbers for what a user may not do: with a database, with a table, and at all.
const DENIED: [u16; 3] = [1044, 1142, 1227];

/// Why tables are compared by what `information_schema` says of their columns alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LessCompared {
    /// The database user lacks a right on the scratch database.
    Denied {
        /// The scratch database.
        database: String,
        /// The right.
        right: &'static str,
    },
    /// There is no table of locks, or none that the user may write to.
    NoLock,
}

impl fmt::Display for LessCompared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "indexes, CHECKs and ON UPDATE are not compared, collations and defaults not exactly: ",
        )?;
        match self {
            Self::Denied { database, right } => write!(
                f,
                "the database user lacks {right} on the database {database}, where the tables would be \
                 made; it needs {RIGHTS}, which `rowgate migrate --users` gives to rowgate_admin"
            ),
            Self::NoLock => f.write_str(
                "the table rowgate_locks is missing, or the database user may not write to it: run \
                 `rowgate migrate` as one that may",
            ),
        }
    }
}

/// What became of the tables in the scratch database.
pub(super) type Made = Result<Vec<TableDescription>, LessCompared>;

/// The name of the scratch database; one that would be too long ends with a hash.
pub(super) fn scratch_name(database: &str) -> String {
    let name = format!("{PREFIX}{database}");
    if name.chars().count() <= LONGEST_NAME {
        return name;
    }
    let hash = &hex(&Sha256::digest(database))[..16];
    let start: String = name.chars().take(LONGEST_NAME - 1 - hash.len()).collect();
    format!("{start}_{hash}")
}

/// Makes tables in the scratch database, and reads what the database says of them.
///
/// What an earlier run left is dropped first; the lock keeps another one out. The database is dropped in
/// the end, whatever happens.
pub(super) async fn made_in_scratch<H: Host>(
    client: &Client<'_, H>,
    tables: &[&'static Table],
    lock: &mut MigrationLock,
) -> Result<Made, MigrateError> {
    let scratch = Scratch::of(client);
    for (right, sql) in [("DROP", scratch.drop()), ("CREATE", scratch.create())] {
        let doing = || format!("database {} is not made", scratch.target.database);
        if let Err(error) = change(client, &sql, doing).await {
            return scratch.denied(right, error);
        }
    }
    let made = scratch.made(client, tables, lock).await;
    let doing = || format!("database {} is not dropped", scratch.target.database);
    let dropped = change(&client.closing(), &scratch.drop(), doing).await;
    let made = made?;
    dropped?;
    Ok(made)
}

struct Scratch {
    target: Target,
}

impl Scratch {
    fn of<H: Host>(client: &Client<'_, H>) -> Self {
        let live = client.target();
        Self { target: Target { database: scratch_name(&live.database), ..live.clone() } }
    }

    fn drop(&self) -> String {
        format!("DROP DATABASE IF EXISTS {}", quoted(&self.target.database))
    }

    fn create(&self) -> String {
        format!("CREATE DATABASE {}", quoted(&self.target.database))
    }

    async fn made<H: Host>(
        &self,
        live: &Client<'_, H>,
        tables: &[&'static Table],
        lock: &mut MigrationLock,
    ) -> Result<Made, MigrateError> {
        let client = &live.on(&self.target);
        // A foreign key to a table that is not served has no parent here.
        for Creation { name, sql, right } in creations(tables, |_| false) {
            let doing = || format!("table {name} is not made in {}", self.target.database);
            lock.renew(live).await?;
            if let Err(error) = change(client, &sql, doing).await {
                return self.denied(right, error);
            }
        }
        lock.renew(live).await?;
        let names: Vec<_> = tables.iter().map(|table| table.name.to_owned()).collect();
        let described = introspect_those(client, &names).await?.tables;
        if described.len() < tables.len() {
            return Ok(Err(self.lacks("SELECT")));
        }
        Ok(Ok(described))
    }

    /// Without the right less is compared; any other error is one.
    fn denied(&self, right: &'static str, error: MigrateError) -> Result<Made, MigrateError> {
        match &error {
            MigrateError::Call { error: CallError::Api(api), .. }
                if api.database_code.is_some_and(|code| DENIED.contains(&code)) =>
            {
                Ok(Err(self.lacks(right)))
            }
            _ => Err(error),
        }
    }

    fn lacks(&self, right: &'static str) -> LessCompared {
        LessCompared::Denied { database: self.target.database.clone(), right }
    }
}

impl From<IntrospectError> for MigrateError {
    fn from(error: IntrospectError) -> Self {
        let doing = "the database's description of its tables is not read".to_owned();
        match error {
            IntrospectError::Call(error) => Self::Call { doing, error },
            _ => Self::Unreadable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_ends_with_a_hash() {
        assert_eq!(scratch_name("hr_db"), "rowgate_scratch_hr_db");
        let long = ["ä".repeat(60), "ä".repeat(61)].map(|name| scratch_name(&name));
        assert!(long.iter().all(|name| name.chars().count() == LONGEST_NAME), "{long:?}");
        assert_ne!(long[0], long[1]);
    }
}
