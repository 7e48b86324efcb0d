//! Brings a database to the schema that rowgate was built with, and says where they differ.

mod drift;
mod history;
mod ledger_version;
mod live;
mod users;

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use sha2::{Digest, Sha256};

use crate::aws::data_api::{self, ExecuteStatement, ExecuteStatementOutput, Target};
use crate::aws::host::{CallError, Client, Host, Repeat};
use crate::aws::http::{Request, Response};
use crate::aws::operation::{Operation, Retry, Service};
use crate::base::hex::hex;
use crate::ledger;
use crate::table::schema::TABLES;

#[cfg(feature = "avro")]
pub(crate) use drift::compare_tables;
pub use drift::{Difference, check, compare};
pub use users::{ADMIN, Grant, Users, WRITER, grant};

use history::History;
use live::LiveTables;

/// The migrations of `sql/migrations`, in order.
pub static MIGRATIONS: &[Migration] = include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

/// The migrations of the ledger's own tables, those of `sql/ledger`, in order.
pub static LEDGER_MIGRATIONS: &[Migration] =
    include!(concat!(env!("OUT_DIR"), "/ledger_migrations.rs"));

/// A change of tables that databases have already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migration {
    /// Its place in the order, from 1.
    pub number: u32,
    /// What it is called: a-z, 0-9 and `_`.
    pub name: &'static str,
    /// The whole file.
    pub text: &'static str,
    /// Its statements, without their semicolons.
    pub statements: &'static [&'static str],
}

impl Migration {
    /// SHA-256 of the file, in hexadecimal.
    pub fn sha256(&self) -> String {
        hex(&Sha256::digest(self.text))
    }
}

/// Shows the file's name without its ending: `0001_name`.
impl fmt::Display for Migration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}_{}", self.number, self.name)
    }
}

/// Something that [`migrate`] has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'m> {
    /// Recorded a migration without running it: the tables are made as it would leave them.
    Included(&'m Migration),
    /// Ran a migration and recorded it.
    Ran(&'m Migration),
    /// Made a table, one of the schema's or of the ledger's.
    Made(&'static str),
    /// Ran a migration of the ledger's tables and recorded its number.
    Ledger(&'static Migration),
}

/// Runs the migrations that the database has not had, then makes the tables that are missing, then
/// runs the ledger's own migrations.
///
/// A database with none of the tables gets them as `sql/schema.sql` and `sql/ledger.sql` have them,
/// and every migration is recorded as included; it is recorded first, so that a run that stops in the middle is gone
/// on with and not taken for an old database. `done` hears of each step once it is done.
///
/// MySQL commits DDL at once, so every statement is a call of its own, and a migration is recorded
/// only after its last one. After an error the call can be made again: it begins with the first
/// statement of the migration that failed, so statements should be written to be repeatable.
pub async fn migrate<H: Host>(
    client: &Client<'_, H>,
    migrations: &[Migration],
    mut done: impl FnMut(Step<'_>),
) -> Result<(), MigrateError> {
    let mut live = LiveTables::read(client).await?;
    let history = History::read(client, &live).await?;
    let pending = history.pending(migrations)?;
    let is_new = !TABLES.iter().any(|table| live.has(table.name));

    if !pending.is_empty() {
        history::make_table(client).await?;
    }
    for migration in &pending {
        if !is_new {
            run(client, migration).await?;
        }
        history::record(client, migration).await?;
        done(if is_new { Step::Included(migration) } else { Step::Ran(migration) });
    }

    if !pending.is_empty() && !is_new {
        live = LiveTables::read(client).await?;
    }
    for (name, create) in all_tables().filter(|(name, _)| !live.has(name)) {
        make_table(client, name, create).await?;
        done(Step::Made(name));
    }
    ledger_version::bring_up(client, &live, |migration| done(Step::Ledger(migration))).await
}

/// The table of the migrations that a database has had.
const HISTORY: &str = "rowgate_migrations";

/// Names of the tables that there should be, with the statements that make them; those that hold
/// rows of people first.
fn all_tables() -> impl Iterator<Item = (&'static str, &'static str)> {
    let ledger = ledger::TABLES.iter().map(|table| (table.name, table.create));
    TABLES.iter().map(|table| (table.name, table.create)).chain(ledger)
}

/// Makes one table, which must not be there.
pub(crate) async fn make_table<H: Host>(
    client: &Client<'_, H>,
    name: &str,
    create: &str,
) -> Result<(), MigrateError> {
    change(client, create, || format!("table {name} is not made")).await
}

/// Records a migration as run without running it, for one that failed and was finished by hand.
///
/// Answers `false` if it is recorded already. The ones before it must be.
pub async fn record<H: Host>(
    client: &Client<'_, H>,
    migrations: &[Migration],
    number: u32,
) -> Result<bool, MigrateError> {
    let live = LiveTables::read(client).await?;
    let pending = History::read(client, &live).await?.pending(migrations)?;
    if !migrations.iter().any(|migration| migration.number == number) {
        return Err(MigrateError::NoSuchMigration(number));
    }
    match pending.first() {
        Some(first) if first.number == number => {
            history::make_table(client).await?;
            history::record(client, first).await?;
            Ok(true)
        }
        Some(first) if first.number < number => {
            Err(MigrateError::OutOfOrder { number, first: format!("{first}") })
        }
        _ => Ok(false),
    }
}

async fn run<H: Host>(client: &Client<'_, H>, migration: &Migration) -> Result<(), MigrateError> {
    let count = migration.statements.len();
    for (index, sql) in migration.statements.iter().enumerate() {
        let doing = || {
            format!(
                "migration {migration} is not recorded: its statement {} of {count} failed",
                index + 1
            )
        };
        change(client, sql, doing).await?;
    }
    Ok(())
}

/// Why a database could not be brought to the schema, or not be compared with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MigrateError {
    /// A call failed.
    Call {
        /// What is not done because of that.
        doing: String,
        /// Why.
        error: CallError,
    },
    /// A migration was recorded with another name or text.
    Changed(String),
    /// A migration is recorded that this program does not have: a newer one was here.
    Unknown(String),
    /// The ledger has had migrations of a newer rowgate, with which this one cannot work.
    NewerLedger {
        /// The number of its last migration.
        version: u32,
    },
    /// There is no migration with this number.
    NoSuchMigration(u32),
    /// A migration cannot be recorded before an earlier one.
    OutOfOrder {
        /// The one that was to be recorded.
        number: u32,
        /// The one that is missing.
        first: String,
    },
    /// The database described itself in a way that is not understood.
    Unreadable,
}

impl fmt::Display for MigrateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call { doing, error } => {
                write!(f, "{doing}: {error}")?;
                match error.retry() {
                    Retry::OutcomeUnknown => f.write_str("; it may still be running, or be done"),
                    _ => Ok(()),
                }
            }
            Self::Changed(migration) => {
                write!(f, "migration {migration} is not the one that was run: its text has changed")
            }
            Self::Unknown(migration) => {
                write!(f, "migration {migration} was run by a newer rowgate than this one")
            }
            Self::NewerLedger { version } => {
                write!(
                    f,
                    "the ledger is of version {version}: a newer rowgate than this one has migrated it"
                )
            }
            Self::NoSuchMigration(number) => write!(f, "there is no migration {number:04}"),
            Self::OutOfOrder { number, first } => {
                write!(f, "migration {number:04} cannot be recorded before {first}")
            }
            Self::Unreadable => f.write_str("the database's description of itself is not readable"),
        }
    }
}

impl core::error::Error for MigrateError {}

/// A statement that changes tables.
///
/// It goes on when the service gives up waiting after 45 seconds, since AWS warns of ending DDL in
/// the middle. The caller still gets the time-out.
struct Change<'s> {
    sql: &'s str,
}

impl Operation for Change<'_> {
    const SERVICE: Service = Service::RdsData;
    type Target = Target;
    type Error = data_api::Error;
    type Output = ();

    fn to_request(&self, target: &Target) -> Request {
        let mut request = statement(self.sql).to_request(target);
        // One more member before the closing brace.
        let mut body = request.body.to_vec();
        body.pop();
        body.extend_from_slice(br#","continueAfterTimeout":true}"#);
        request.body = body.into();
        request
    }

    fn parse(response: Response) -> Result<(), data_api::Error> {
        ExecuteStatement::parse(response).map(|_| ())
    }
}

async fn change<H: Host>(
    client: &Client<'_, H>,
    sql: &str,
    doing: impl FnOnce() -> String,
) -> Result<(), MigrateError> {
    let result = client.call(&Change { sql }, Repeat::Never).await;
    result.map_err(|error| MigrateError::Call { doing: doing(), error })
}

/// Sends a statement that can be sent twice.
async fn send<H: Host>(
    client: &Client<'_, H>,
    call: &ExecuteStatement<'_>,
    doing: &str,
) -> Result<ExecuteStatementOutput, MigrateError> {
    let result = client.call(call, Repeat::Harmless).await;
    result.map_err(|error| MigrateError::Call { doing: doing.to_owned(), error })
}

fn statement(sql: &str) -> ExecuteStatement<'_> {
    ExecuteStatement { sql, ..ExecuteStatement::default() }
}

/// Names as the list of an SQL `IN`; they hold no quotes, since build.rs allows none.
fn name_list<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    names.into_iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ")
}
