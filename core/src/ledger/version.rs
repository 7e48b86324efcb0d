//! Whether the ledger in the database is one that this program can work with.

use alloc::format;
use alloc::string::String;
use core::fmt;

use super::statement::{Statement, number, only_row};
use crate::aws::data_api::Field;
use crate::aws::host::{CallError, Client, Host};

/// The number of the last migration in `sql/ledger`: the ledger that this program is made for.
pub(crate) const VERSION: u32 = 4;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_can_work_with_what_it_migrates_to() {
        const { assert!(OLDEST_PROGRAM <= VERSION) };
        assert!(from_known_ledger().contains(&format!("version >= {VERSION}")));
    }
}
