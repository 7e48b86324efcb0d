//! The two database users: IAM cannot limit SQL behind the Data API, so grants have to.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use crate::aws::host::{Client, Host};
use crate::base::lookup::{Lookup, SettingsError, required};
use crate::ledger;
use crate::table::schema::Schema;

use super::change::send;
use super::error::MigrateError;
use super::live::{LiveTables, texts};

/// The user of the doors that take rows.
pub const WRITER: &str = "rowgate_writer";

/// The user of migrate, backup and restore.
pub const ADMIN: &str = "rowgate_admin";

const SHORTEST: usize = 16;
const LONGEST: usize = 128;

/// The passwords that the two users get when they are made.
#[derive(Clone, PartialEq, Eq)]
pub struct Users {
    writer: String,
    admin: String,
}

/// Shows no password.
impl fmt::Debug for Users {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Users").finish_non_exhaustive()
    }
}

impl Users {
    /// Reads `ROWGATE_WRITER_PASSWORD` and `ROWGATE_ADMIN_PASSWORD`.
    ///
    /// CREATE USER takes no parameters, so that a password is 16 to 128 characters that mean
    /// nothing to SQL: letters, digits and `-_.~`.
    pub fn read(lookup: Lookup<'_>) -> Result<Self, SettingsError> {
        let names = ["ROWGATE_WRITER_PASSWORD", "ROWGATE_ADMIN_PASSWORD"];
        let passwords = required(lookup, names)?;
        for (name, password) in names.into_iter().zip(&passwords) {
            if !is_plain(password) {
                let reason = "not 16 to 128 letters, digits and -_.~".to_string();
                return Err(SettingsError::Invalid { name, reason });
            }
        }
        let [writer, admin] = passwords;
        Ok(Self { writer, admin })
    }
}

fn is_plain(password: &str) -> bool {
    (SHORTEST..=LONGEST).contains(&password.len())
        && password.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte))
}

/// What a user may do now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The user.
    pub user: &'static str,
    /// Such as `SELECT, INSERT, UPDATE`.
    pub rights: &'static str,
    /// Tables of the database; none stands for the database as a whole.
    pub tables: Vec<String>,
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "user {} has {} on ", self.user, self.rights)?;
        match self.tables.as_slice() {
            [] => f.write_str("the whole database"),
            tables => f.write_str(&tables.join(", ")),
        }
    }
}

/// Makes the two users if they are missing, and gives them their rights.
///
/// A user that is there keeps its password, and whatever rights it has besides. The tables must be
/// there. Safe to repeat.
pub async fn grant<H: Host>(
    client: &Client<'_, H>,
    schema: Schema,
    users: &Users,
) -> Result<Vec<Grant>, MigrateError> {
    let live = LiveTables::read(client, schema).await?;
    let database = database(client).await?;
    for (user, password) in [(WRITER, &users.writer), (ADMIN, &users.admin)] {
        let sql = format!("CREATE USER IF NOT EXISTS '{user}'@'%' IDENTIFIED BY '{password}'");
        send(client, &sql, &[], &format!("user {user} is not made")).await?;
    }

    let grants = grants(schema, &live);
    for it in &grants {
        for sql in it.statements(&database) {
            let doing = format!("user {} does not have its rights", it.user);
            send(client, &sql, &[], &doing).await?;
        }
    }
    Ok(grants)
}

fn grants(schema: Schema, live: &LiveTables) -> Vec<Grant> {
    // A claim that is given up is deleted. The ledger's version is for migrations to change.
    let ledger = ledger::tables().map(|table| table.name).filter(|name| live.has(name));
    let (version, ledger): (Vec<_>, Vec<_>) =
        ledger.partition(|name| *name == ledger::VERSION_TABLE);
    let mut grants = Vec::from([Grant {
        user: WRITER,
        rights: "SELECT, INSERT, UPDATE",
        tables: schema.tables().iter().map(|table| table.name.to_string()).collect(),
    }]);
    if !ledger.is_empty() {
        grants.push(Grant {
            user: WRITER,
            rights: "SELECT, INSERT, UPDATE, DELETE",
            tables: ledger.into_iter().map(ToString::to_string).collect(),
        });
    }
    if !version.is_empty() {
        let tables = version.into_iter().map(ToString::to_string).collect();
        grants.push(Grant { user: WRITER, rights: "SELECT", tables });
    }
    grants.push(Grant { user: ADMIN, rights: "ALL", tables: Vec::new() });
    grants
}

impl Grant {
    fn statements(&self, database: &str) -> Vec<String> {
        let grant = |on: &str| format!("GRANT {} ON {on} TO '{}'@'%'", self.rights, self.user);
        if self.tables.is_empty() {
            // `_` and `%` are wildcards where rights are given on a database.
            let pattern = database.replace('_', "\\_").replace('%', "\\%");
            return [grant(&format!("{}.*", quoted(&pattern)))].into();
        }
        let database = quoted(database);
        self.tables.iter().map(|table| grant(&format!("{database}.`{table}`"))).collect()
    }
}

async fn database<H: Host>(client: &Client<'_, H>) -> Result<String, MigrateError> {
    let rows = texts(client, "SELECT DATABASE()").await?;
    match rows.into_iter().next() {
        Some([Some(name)]) => Ok(name),
        _ => Err(MigrateError::Unreadable),
    }
}

/// An identifier as SQL writes it.
fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}
