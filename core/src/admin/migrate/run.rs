//! Brings a database to the schema.

use alloc::format;
use alloc::vec::Vec;

use super::change::{change, make_table};
use super::creation::{Creation, creations, is_to_any};
use super::error::MigrateError;
use super::history::{self, History};
use super::ledger_version;
use super::live::LiveTables;
use super::lock::{lock, unlock};
use super::migration::Migration;
use crate::aws::host::{CallError, Client, Host};
use crate::ledger::{self, LOCKS, MigrationLock};
use crate::table::schema::Schema;

/// MySQL's number for a table that is there already.
const TABLE_EXISTS: u16 = 1050;

/// Something that [`migrate`] has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MigrationStep<'m> {
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
/// A database with none of the tables gets them as the schema and `sql/ledger.sql` have them,
/// and every migration is recorded as included; it is recorded first, so that a run that stops in the middle is gone
/// on with and not taken for an old database. `done` hears of each step once it is done.
///
/// MySQL commits DDL at once, so every statement is a call of its own, and a migration is recorded
/// only after its last one. One program at a time does so, in the name of `by`: it holds a lock in the
/// ledger, which ends by itself 4 minutes after the program's last sign of life. After an error the call can be made again: it begins with the first
/// statement of the migration that failed, so statements should be written to be repeatable.
pub async fn migrate<H: Host>(
    client: &Client<'_, H>,
    schema: Schema,
    migrations: &[Migration],
    by: &str,
    mut done: impl FnMut(MigrationStep<'_>),
) -> Result<(), MigrateError> {
    if !LiveTables::read(client, schema).await?.has(LOCKS) {
        make_locks(client).await?;
        done(MigrationStep::Made(LOCKS));
    }
    let mut held = lock(client, by).await?;
    let result = bring_up(client, (schema, migrations), &mut held, &mut done).await;
    unlock(client, held, result).await
}

/// A table that has come since is fine.
async fn make_locks<H: Host>(client: &Client<'_, H>) -> Result<(), MigrateError> {
    let locks = ledger::tables().find(|table| table.name == LOCKS);
    let create = locks.map(|table| table.create).unwrap_or_default();
    match make_table(client, LOCKS, create).await {
        Err(MigrateError::Call { error: CallError::Api(api), .. })
            if api.database_code == Some(TABLE_EXISTS) =>
        {
            Ok(())
        }
        result => result,
    }
}

async fn bring_up<H: Host>(
    client: &Client<'_, H>,
    (schema, migrations): (Schema, &[Migration]),
    held: &mut MigrationLock,
    done: &mut impl FnMut(MigrationStep<'_>),
) -> Result<(), MigrateError> {
    let mut live = LiveTables::read(client, schema).await?;
    let history = History::read(client, &live).await?;
    let pending = history.pending(migrations)?;
    let is_new = !schema.tables().iter().any(|table| live.has(table.name));

    if !pending.is_empty() {
        history::make_table(client).await?;
    }
    for migration in &pending {
        if !is_new {
            run(client, migration, held).await?;
        }
        history::record(client, migration).await?;
        done(if is_new {
            MigrationStep::Included(migration)
        } else {
            MigrationStep::Ran(migration)
        });
    }

    if !pending.is_empty() && !is_new {
        live = LiveTables::read(client, schema).await?;
    }
    make_missing(client, schema, &live, held, done).await?;
    held.renew(client).await?;
    ledger_version::bring_up(client, &live, |migration| done(MigrationStep::Ledger(migration)))
        .await
}

/// Records a migration as run without running it, for one that failed and was finished by hand.
///
/// Answers `false` if it is recorded already. The ones before it must be.
pub async fn record<H: Host>(
    client: &Client<'_, H>,
    schema: Schema,
    migrations: &[Migration],
    number: u32,
) -> Result<bool, MigrateError> {
    let live = LiveTables::read(client, schema).await?;
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

/// Makes the tables that are not there. What a foreign key refers to outside of the schema is taken to be there.
async fn make_missing<H: Host>(
    client: &Client<'_, H>,
    schema: Schema,
    live: &LiveTables,
    held: &mut MigrationLock,
    done: &mut impl FnMut(MigrationStep<'_>),
) -> Result<(), MigrateError> {
    let missing = schema.tables().iter().filter(|table| !live.has(table.name)).collect::<Vec<_>>();
    for Creation { name, sql, .. } in creations(&missing, |key| !is_to_any(&missing, key)) {
        held.renew(client).await?;
        make_table(client, name, &sql).await?;
        if sql.starts_with("CREATE") {
            done(MigrationStep::Made(name));
        }
    }
    for table in ledger::tables().filter(|table| !live.has(table.name)) {
        held.renew(client).await?;
        make_table(client, table.name, table.create).await?;
        done(MigrationStep::Made(table.name));
    }
    Ok(())
}

async fn run<H: Host>(
    client: &Client<'_, H>,
    migration: &Migration,
    held: &mut MigrationLock,
) -> Result<(), MigrateError> {
    let statements = migration.statements();
    let count = statements.len();
    for (index, sql) in statements.into_iter().enumerate() {
        let doing = || {
            format!(
                "migration {migration} is not recorded: its statement {} of {count} failed",
                index + 1
            )
        };
        held.renew(client).await?;
        change(client, sql, doing).await?;
    }
    Ok(())
}
