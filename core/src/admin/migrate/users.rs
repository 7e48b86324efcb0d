//! The two database users: IAM cannot limit SQL behind the Data API, so grants have to.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use crate::aws::host::{Client, Host};
use crate::base::lookup::{Lookup, SettingsError, required};
use crate::base::sql_text::{quoted, quoted_pattern};
use crate::ledger;
use crate::table::schema::Schema;

use super::change::send;
use super::error::MigrateError;
use super::live::{LiveTables, texts};
use super::scratch::{self, scratch_name};

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
    /// The database in which tables are made to compare them, where the rights are on that one.
    pub scratch: Option<String>,
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "user {} has {} on ", self.user, self.rights)?;
        match (&self.scratch, self.tables.as_slice()) {
            (Some(scratch), _) => f.write_str(scratch),
            (None, []) => f.write_str("the whole database"),
            (None, tables) => f.write_str(&tables.join(", ")),
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

    let grants = grants(schema, &live, &database);
    for it in &grants {
        for sql in it.statements(&database) {
            let doing = format!("user {} does not have its rights", it.user);
            send(client, &sql, &[], &doing).await?;
        }
    }
    Ok(grants)
}

fn grants(schema: Schema, live: &LiveTables, database: &str) -> Vec<Grant> {
    // A claim that is given up is deleted. The ledger's version and locks are for migrations to change.
    let ledger = ledger::tables().map(|table| table.name);
    let ledger = ledger.filter(|name| live.has(name) && *name != ledger::LOCKS);
    let (version, ledger): (Vec<_>, Vec<_>) =
        ledger.partition(|name| *name == ledger::VERSION_TABLE);
    let mut grants = Vec::from([Grant {
        user: WRITER,
        rights: "SELECT, INSERT, UPDATE",
        tables: schema.tables().iter().map(|table| table.name.to_string()).collect(),
        scratch: None,
    }]);
    if !ledger.is_empty() {
        grants.push(Grant {
            user: WRITER,
            rights: "SELECT, INSERT, UPDATE, DELETE",
            tables: ledger.into_iter().map(ToString::to_string).collect(),
            scratch: None,
        });
    }
    if !version.is_empty() {
        let tables = version.into_iter().map(ToString::to_string).collect();
        grants.push(Grant { user: WRITER, rights: "SELECT", tables, scratch: None });
    }
    for (rights, scratch) in [("ALL", None), (scratch::RIGHTS, Some(scratch_name(database)))] {
        grants.push(Grant { user: ADMIN, rights, tables: Vec::new(), scratch });
    }
    grants
}

impl Grant {
    fn statements(&self, database: &str) -> Vec<String> {
        let grant = |on: &str| format!("GRANT {} ON {on} TO '{}'@'%'", self.rights, self.user);
        if self.tables.is_empty() {
            let database = self.scratch.as_deref().unwrap_or(database);
            return [grant(&format!("{}.*", quoted_pattern(database)))].into();
        }
        let database = quoted(database);
        let on = self.tables.iter().map(|table| format!("{database}.{}", quoted(table)));
        on.map(|on| grant(&on)).collect()
    }
}

async fn database<H: Host>(client: &Client<'_, H>) -> Result<String, MigrateError> {
    let rows = texts(client, "SELECT DATABASE()").await?;
    match rows.into_iter().next() {
        Some([Some(name)]) => Ok(name),
        _ => Err(MigrateError::Unreadable),
    }
}
