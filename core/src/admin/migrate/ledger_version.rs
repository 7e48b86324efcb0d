//! The ledger's own migrations, and how many of them a database has had.

use alloc::format;
use alloc::string::{String, ToString};

use crate::aws::host::{CallError, Client, Host};
use crate::ledger::{self, OLDEST_PROGRAM, VERSION};

use super::change::{change, send};
use super::error::MigrateError;
use super::live::{LiveTables, texts};
use super::migration::{LEDGER_MIGRATIONS, Migration};

const READ: &str = "SELECT version, oldest_program FROM rowgate_ledger";

/// A call that got no answer can be made again.
const RECORD: &str = "INSERT INTO rowgate_ledger (id, version, oldest_program) \
    VALUES (1, CAST(:version AS SIGNED), CAST(:oldest AS SIGNED)) ON DUPLICATE KEY UPDATE \
    version = CAST(:version AS SIGNED), oldest_program = CAST(:oldest AS SIGNED)";

/// MySQL's numbers for a table, column or key that is there already, and one that is gone already.
const DONE_BEFORE: [u16; 4] = [1050, 1060, 1061, 1091];

/// Runs what the ledger has not had. `before` are the tables that were there before any was made.
pub(super) async fn bring_up<H: Host>(
    client: &Client<'_, H>,
    before: &LiveTables,
    mut done: impl FnMut(&'static Migration),
) -> Result<(), MigrateError> {
    // The locks are made before anything else.
    let mut others = ledger::tables().filter(|table| table.name != ledger::LOCKS);
    let is_new = !others.any(|table| before.has(table.name));
    if is_new {
        return record(client, VERSION).await;
    }
    for migration in pending(client).await? {
        run(client, migration).await?;
        record(client, migration.number).await?;
        done(migration);
    }
    Ok(())
}

/// What the ledger has not had, in order. Its tables must be there.
async fn pending<H: Host>(
    client: &Client<'_, H>,
) -> Result<impl Iterator<Item = &'static Migration>, MigrateError> {
    let (version, oldest_program) = versions(client).await?;
    if oldest_program > VERSION {
        return Err(MigrateError::NewerLedger { version });
    }
    Ok(LEDGER_MIGRATIONS.iter().filter(move |migration| migration.number > version))
}

/// The versions that the ledger expects and has, where they differ; `None` also without its table,
/// which is missing then.
pub(super) async fn difference<H: Host>(
    client: &Client<'_, H>,
    live: &LiveTables,
) -> Result<Option<(u32, u32)>, MigrateError> {
    if !live.has(ledger::VERSION_TABLE) {
        return Ok(None);
    }
    let (version, oldest_program) = versions(client).await?;
    let is_known = version >= VERSION && oldest_program <= VERSION;
    Ok((!is_known).then_some((VERSION, version)))
}

/// The ledger's version and the oldest program's; before there were any, 0.
async fn versions<H: Host>(client: &Client<'_, H>) -> Result<(u32, u32), MigrateError> {
    let rows: alloc::vec::Vec<[Option<String>; 2]> = texts(client, READ).await?;
    let Some([version, oldest_program]) = rows.into_iter().next() else { return Ok((0, 0)) };
    let number = |text: Option<String>| text?.parse().ok();
    number(version).zip(number(oldest_program)).ok_or(MigrateError::Unreadable)
}

async fn run<H: Host>(
    client: &Client<'_, H>,
    migration: &'static Migration,
) -> Result<(), MigrateError> {
    for sql in migration.statements() {
        let doing = || format!("ledger migration {migration} is not recorded: a statement failed");
        match change(client, sql, doing).await {
            Err(MigrateError::Call { error, .. }) if is_done_before(&error) => {}
            result => result?,
        }
    }
    Ok(())
}

/// Whether a statement has had its effect in a run that was ended before it was recorded.
fn is_done_before(error: &CallError) -> bool {
    let CallError::Api(error) = error else { return false };
    error.database_code.is_some_and(|code| DONE_BEFORE.contains(&code))
}

async fn record<H: Host>(client: &Client<'_, H>, version: u32) -> Result<(), MigrateError> {
    let (version, oldest) = (version.to_string(), OLDEST_PROGRAM.to_string());
    let parameters = [("version", &*version), ("oldest", &oldest)];
    let doing = format!("version {version} of the ledger is not recorded");
    send(client, RECORD, &parameters, &doing).await.map(drop)
}
