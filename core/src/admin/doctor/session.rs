//! Who and what answers, and how its sessions are set up.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::aws::data_api::REQUEST_LIMIT;
use crate::aws::host::{CallError, Client, Host};
use crate::sql::isolation::{REPEATABLE_READ, SHOW};

use super::finding::{Account, Examined, Finding, Subject};
use super::query::{first_row, value};

pub(super) const CONNECTION: Subject = Subject {
    name: "connection",
    why: "everything goes through the Data API, as the database user of the secret",
    relied_on: true,
};

pub(super) async fn connection<H: Host>(client: &Client<'_, H>) -> Examined {
    let row = first_row(client, "SELECT CURRENT_USER(), DATABASE()").await?;
    Ok(match row.as_slice() {
        [user, database] if !database.is_empty() => {
            Finding::Good(format!("user {user} in database {database}"))
        }
        _ => Finding::Bad("the answer names no user and database".into()),
    })
}

pub(super) const ENGINE: Subject = Subject {
    name: "engine",
    why: "JSON_TABLE came with MySQL 8.0 and MariaDB 10.6; rowgate is made for Aurora MySQL 3",
    relied_on: true,
};

pub(super) async fn engine<H: Host>(client: &Client<'_, H>) -> Examined {
    let version = value(client, "SELECT VERSION()").await?;
    let is_mariadb = version.contains("MariaDB");
    let name = if is_mariadb { "MariaDB" } else { "MySQL" };
    let least = if is_mariadb { (10, 6) } else { (8, 0) };
    // Any other server has no such function.
    let aurora = match value(client, "SELECT AURORA_VERSION()").await {
        Ok(aurora) => format!("Aurora {aurora}"),
        Err(CallError::Api(_)) => "not Aurora".into(),
        Err(error) => return Err(error),
    };
    let is_new_enough = major_and_minor(&version).is_some_and(|version| version >= least);
    Ok(Finding::when(is_new_enough, format!("{name} {version}, {aurora}")))
}

fn major_and_minor(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split(|c: char| !c.is_ascii_digit());
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

pub(super) const SQL_MODE: Subject = Subject {
    name: "sql_mode",
    why: "without strict mode the database cuts and zeroes values instead of refusing them",
    relied_on: true,
};

pub(super) async fn sql_mode<H: Host>(client: &Client<'_, H>) -> Examined {
    let mode = value(client, "SELECT @@sql_mode").await?;
    let strict = mode.split(',').any(|m| matches!(m, "STRICT_TRANS_TABLES" | "STRICT_ALL_TABLES"));
    Ok(Finding::when(strict, if mode.is_empty() { "empty".into() } else { mode }))
}

pub(super) const ISOLATION: Subject = Subject {
    name: "transaction_isolation",
    why: "below REPEATABLE-READ a backup has no snapshot",
    relied_on: true,
};

pub(super) async fn isolation<H: Host>(client: &Client<'_, H>) -> Examined {
    let level = first_row(client, SHOW).await?.into_iter().nth(1).unwrap_or_default();
    Ok(Finding::when(level == REPEATABLE_READ, level))
}

pub(super) const CONNECTION_CHARSET: Subject = Subject {
    name: "connection_charset",
    why: "texts travel as utf8mb4; json_table shows whether they arrive",
    relied_on: false,
};

pub(super) async fn connection_charset<H: Host>(client: &Client<'_, H>) -> Examined {
    let sql = "SELECT @@character_set_client, @@character_set_connection, \
               @@character_set_results, @@collation_connection";
    let row = first_row(client, sql).await?;
    let [client, connection, results, collation] = four(row);
    // A driver that converts nothing has no character set for results.
    let good =
        client == "utf8mb4" && connection == "utf8mb4" && ["utf8mb4", ""].contains(&&*results);
    let found =
        format!("client {client}, connection {connection} ({collation}), results {results}");
    Ok(Finding::when(good, found))
}

fn four(row: Vec<String>) -> [String; 4] {
    row.try_into().unwrap_or_default()
}

pub(super) const DATABASE_CHARSET: Subject = Subject {
    name: "database_charset",
    why: "`rowgate migrate` makes tables in the database's character set; another one than \
          utf8mb4 cannot hold every character",
    relied_on: true,
};

pub(super) async fn database_charset<H: Host>(client: &Client<'_, H>) -> Examined {
    let row = first_row(client, "SELECT @@character_set_database, @@collation_database").await?;
    let good = row.first().is_some_and(|charset| charset == "utf8mb4");
    Ok(Finding::when(good, row.join(", ")))
}

pub(super) const TIME_ZONE: Subject = Subject {
    name: "time_zone",
    why: "rowgate writes times of its own in UTC and stores those of rows as texts; what other programs write \
          by NOW() is in the session's time zone",
    relied_on: false,
};

pub(super) async fn time_zone<H: Host>(client: &Client<'_, H>) -> Examined<Account> {
    let sql = "SELECT @@session.time_zone, @@global.time_zone, \
               CAST(TIMEDIFF(NOW(), UTC_TIMESTAMP()) AS CHAR)";
    let mut row = first_row(client, sql).await?.into_iter();
    let [session, global, ahead] = [(); 3].map(|()| row.next().unwrap_or_default());
    let found = format!("session {session}, global {global}, {ahead} ahead of UTC");
    let account = Account::of(Finding::when(ahead.starts_with("00:00:00"), found));
    Ok(account.with("session", session).with("global", global))
}

pub(super) const PARTIAL_REVOKES: Subject = Subject {
    name: "partial_revokes",
    why: "with it, `rowgate migrate --users` grants rights on a database whose name has backslashes in \
          it, if yours has _ or %",
    relied_on: false,
};

pub(super) async fn partial_revokes<H: Host>(client: &Client<'_, H>) -> Examined<Account> {
    let row = first_row(client, "SHOW VARIABLES LIKE 'partial_revokes'").await?;
    let value = row.into_iter().nth(1).unwrap_or_else(|| "none".into());
    let account = Account::of(Finding::when(value != "ON", value.clone()));
    Ok(account.with("partial_revokes", value))
}

pub(super) const PACKET: Subject = Subject {
    name: "max_allowed_packet",
    why: "a parameter longer than that becomes NULL inside the statement, and no row is stored",
    relied_on: true,
};

pub(super) async fn packet<H: Host>(client: &Client<'_, H>) -> Examined {
    let bytes = value(client, "SELECT @@max_allowed_packet").await?;
    let good = bytes.parse().is_ok_and(|bytes: u64| bytes >= REQUEST_LIMIT as u64);
    Ok(Finding::when(good, format!("{bytes} bytes")))
}

pub(super) const AUTO_INCREMENT: Subject = Subject {
    name: "innodb_autoinc_lock_mode",
    why: "below 2, loads that run side by side wait for each other on a table that numbers its rows",
    relied_on: false,
};

pub(super) async fn auto_increment<H: Host>(client: &Client<'_, H>) -> Examined {
    let mode = value(client, "SELECT @@innodb_autoinc_lock_mode").await?;
    Ok(Finding::when(mode == "2", mode))
}
