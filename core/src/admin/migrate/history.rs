//! The migrations that a database has had, in its table `rowgate_migrations`.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::aws::host::{Client, Host};

use super::change::send;
use super::error::MigrateError;
use super::live::{LiveTables, texts};
use super::migration::Migration;
use super::tables::HISTORY;

const MAKE: &str = "CREATE TABLE IF NOT EXISTS rowgate_migrations (\
    number INT NOT NULL PRIMARY KEY, \
    name VARCHAR(255) CHARACTER SET utf8mb4 NOT NULL, \
    sha256 CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, \
    recorded_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)";

const READ: &str = "SELECT number, name, sha256 FROM rowgate_migrations ORDER BY number";

/// Nothing happens if the row is there: a call that got no answer can be made again.
const RECORD: &str = "INSERT INTO rowgate_migrations (number, name, sha256) \
    VALUES (:number, :name, :sha256) ON DUPLICATE KEY UPDATE number = number";

#[derive(Debug)]
pub(super) struct History(Vec<Recorded>);

#[derive(Debug)]
struct Recorded {
    number: u32,
    name: String,
    sha256: String,
}

impl History {
    /// Nothing is recorded where the table is not there.
    pub(super) async fn read<H: Host>(
        client: &Client<'_, H>,
        live: &LiveTables,
    ) -> Result<Self, MigrateError> {
        if !live.has(HISTORY) {
            return Ok(Self(Vec::new()));
        }
        let rows = texts(client, READ).await?;
        let recorded = |[number, name, sha256]: [Option<String>; 3]| {
            let number = number?.parse().ok()?;
            Some(Recorded { number, name: name?, sha256: sha256? })
        };
        let rows: Option<_> = rows.into_iter().map(recorded).collect();
        rows.map(Self).ok_or(MigrateError::Unreadable)
    }

    /// What is not recorded, in order; an error if what is recorded is not what is there.
    pub(super) fn pending<'m>(
        &self,
        migrations: &'m [Migration],
    ) -> Result<Vec<&'m Migration>, MigrateError> {
        for recorded in &self.0 {
            let known = migrations.iter().find(|migration| migration.number == recorded.number);
            let Some(known) = known else {
                let name = format!("{:04}_{}", recorded.number, recorded.name);
                return Err(MigrateError::Unknown(name));
            };
            if known.name != recorded.name || known.sha256() != recorded.sha256 {
                return Err(MigrateError::Changed(known.to_string()));
            }
        }
        let is_recorded = |number| self.0.iter().any(|recorded| recorded.number == number);
        Ok(migrations.iter().filter(|migration| !is_recorded(migration.number)).collect())
    }
}

pub(super) async fn make_table<H: Host>(client: &Client<'_, H>) -> Result<(), MigrateError> {
    send(client, MAKE, &[], "table rowgate_migrations is not made").await.map(|_| ())
}

pub(super) async fn record<H: Host>(
    client: &Client<'_, H>,
    migration: &Migration,
) -> Result<(), MigrateError> {
    let (number, sha256) = (migration.number.to_string(), migration.sha256());
    let parameters = [("number", &*number), ("name", migration.name), ("sha256", &sha256)];
    let doing = format!("migration {migration} has run but is not recorded");
    send(client, RECORD, &parameters, &doing).await.map(|_| ())
}
