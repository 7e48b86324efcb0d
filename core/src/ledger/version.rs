//! Whether the ledger in the database is one that this program can work with.

use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;

use serde::Serialize;

use super::migrations::MIGRATIONS;
use super::statement::{Statement, number, only_row, text};
use crate::aws::data_api::Field;
use crate::aws::host::{CallError, Client, Host};

/// The number of the last migration in `sql/ledger`: the ledger that this program is made for.
pub(crate) const VERSION: u32 = MIGRATIONS.len() as u32;

/// The oldest version that a program may be made for to work with this ledger.
pub(crate) const OLDEST_PROGRAM: u32 = 3;

/// The table that holds the database's version.
pub(crate) const VERSION_TABLE: &str = "rowgate_ledger";

/// MySQL's numbers for a table, and for a column, that are not there.
const MISSING: [u16; 2] = [1146, 1054];

/// MySQL's number for a table on which the user has no rights, whether it is there or not.
const DENIED: u16 = 1142;

/// From where a claim selects its values: nothing, unless the program can work with the ledger.
pub(super) fn from_known_ledger() -> String {
    format!(
        "FROM {VERSION_TABLE} AS ledger WHERE ledger.id = 1 \
         AND ledger.version >= {VERSION} AND ledger.oldest_program <= {VERSION}"
    )
}

/// Why a claim could not be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ClaimError {
    Call(CallError),
    Ledger(WrongLedger),
}

/// Why the program cannot work with the ledger in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WrongLedger {
    /// It lacks migrations.
    Older,
    /// A newer program has migrated it, to this version.
    Newer(u64),
    /// The database user may not read its version.
    Denied,
}

impl fmt::Display for WrongLedger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Older => {
                write!(f, "the ledger is older than version {VERSION}: run `rowgate migrate`")
            }
            Self::Newer(version) => write!(
                f,
                "the ledger is of version {version}, and this rowgate of version {VERSION} cannot \
                 work with it: install the newer rowgate"
            ),
            Self::Denied => f.write_str(
                "the database user may not read the ledger's version: run `rowgate migrate --users`",
            ),
        }
    }
}

impl From<CallError> for ClaimError {
    fn from(error: CallError) -> Self {
        let CallError::Api(api) = &error else { return Self::Call(error) };
        match api.database_code {
            Some(code) if MISSING.contains(&code) => Self::Ledger(WrongLedger::Older),
            Some(DENIED) => Self::Ledger(WrongLedger::Denied),
            _ => Self::Call(error),
        }
    }
}

/// Fails if the program cannot work with the ledger: a claim has selected nothing.
pub(super) async fn check<H: Host>(client: &Client<'_, H>) -> Result<(), ClaimError> {
    let sql = format!("SELECT version, oldest_program FROM {VERSION_TABLE} WHERE id = 1");
    let row: Option<[Field; 2]> = only_row(Statement::new(sql).run(client).await?);
    let row = row.map(|row| row.map(|field| number(&field)));
    match row {
        Some([version, _]) if version < VERSION.into() => {
            Err(ClaimError::Ledger(WrongLedger::Older))
        }
        Some([version, oldest]) if oldest > VERSION.into() => {
            Err(ClaimError::Ledger(WrongLedger::Newer(version)))
        }
        Some(_) => Ok(()),
        None => Err(ClaimError::Ledger(WrongLedger::Older)),
    }
}

/// The versions of a database and of its ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Versions {
    /// The database's own, as `8.0.39` or `11.4.2-MariaDB`.
    pub database: String,
    /// The ledger's; `None` where there is none, or an older one, or it may not be read.
    pub ledger: Option<u64>,
    /// The ledger that this program is made for.
    pub made_for: u32,
    /// Why the program cannot work with the ledger, and what to do.
    pub trouble: Option<String>,
}

/// Reads the versions of a database and its ledger.
pub async fn versions<H: Host>(client: &Client<'_, H>) -> Result<Versions, CallError> {
    let row: Option<[Field; 1]> = only_row(Statement::new("SELECT VERSION()").run(client).await?);
    let database = row.map(|[version]| text(&version)).unwrap_or_default();
    let made_for = VERSION;
    let trouble = match check(client).await {
        Ok(()) => None,
        Err(ClaimError::Ledger(wrong)) => Some(wrong.to_string()),
        Err(ClaimError::Call(error)) => return Err(error),
    };
    let sql = format!("SELECT version FROM {VERSION_TABLE} WHERE id = 1");
    let row = Statement::new(sql).run(client).await.ok().and_then(only_row);
    let ledger = row.map(|[version]: [Field; 1]| number(&version));
    Ok(Versions { database, ledger, made_for, trouble })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_can_work_with_what_it_migrates_to() {
        const { assert!(OLDEST_PROGRAM <= VERSION) };
        assert!(from_known_ledger().contains(&format!("version >= {VERSION}")));
    }
}
