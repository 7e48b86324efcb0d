//! In which form the database's errors come, and whether MySQL's number is found in it.

use super::finding::{Account, Examined, Subject};
use super::heard::{Reaction, account, provoke};
use super::query::ask;
use super::transactions::roll_back;
use crate::aws::data_api::{BeginTransaction, ExecuteStatement};
use crate::aws::host::{CallError, Client, Host, Repeat};

const WHY: &str = "AWS documents no form of these texts; what becomes of a row or a transaction goes by the \
                   number in them";

const fn subject(name: &'static str, relied_on: bool) -> Subject {
    Subject { name, why: WHY, relied_on }
}

pub(super) const SYNTAX: Subject = subject("error_syntax", false);

pub(super) async fn syntax<H: Host>(client: &Client<'_, H>) -> Examined<Account> {
    number(client, "a syntax error", "SELEC 1", 1064).await
}

pub(super) const NO_TABLE: Subject = subject("error_no_table", false);

pub(super) async fn no_table<H: Host>(client: &Client<'_, H>) -> Examined<Account> {
    number(client, "a table that is not there", "SELECT 1 FROM rowgate_doctor_absent", 1146).await
}

pub(super) const DUPLICATE_KEY: Subject = subject("error_duplicate_key", true);

pub(super) async fn duplicate_key<H: Host>(client: &Client<'_, H>) -> Examined<Account> {
    let sql = "INSERT INTO rowgate_doctor (id, name) VALUES (1, 'again')";
    number(client, "a key that exists", sql, 1062).await
}

pub(super) const TOO_LONG: Subject = subject("error_too_long", true);

pub(super) async fn too_long<H: Host>(client: &Client<'_, H>) -> Examined<Account> {
    let sql = "INSERT INTO rowgate_doctor (id, name) VALUES (200, REPEAT('x', 256))";
    number(client, "a text that is too long", sql, 1406).await
}

pub(super) const NULL: Subject = subject("error_null", true);

pub(super) async fn null<H: Host>(client: &Client<'_, H>) -> Examined<Account> {
    let sql = "INSERT INTO rowgate_doctor (id, name) VALUES (201, NULL)";
    number(client, "NULL for a column that is NOT NULL", sql, 1048).await
}

pub(super) const LOCK_WAIT: Subject = subject("error_lock_wait", true);

/// A row that one transaction has locked, from another one that waits for a second.
pub(super) async fn lock_wait<H: Host>(client: &Client<'_, H>) -> Examined<Account> {
    let holder = client.call(&BeginTransaction, Repeat::Harmless).await?;
    let waiter = client.call(&BeginTransaction, Repeat::Harmless).await;
    let found = match &waiter {
        Ok(waiter) => wait(client, &holder, waiter).await,
        Err(error) => Err(error.clone()),
    };
    // What cannot be rolled back now is rolled back by the service in 3 minutes.
    for id in waiter.iter().chain([&holder]) {
        _ = roll_back(client, id).await;
    }
    found.map(|reaction| account(reaction, 1205))
}

async fn wait<H: Host>(
    client: &Client<'_, H>,
    holder: &str,
    waiter: &str,
) -> Result<Reaction, CallError> {
    const UPDATE: &str = "UPDATE rowgate_doctor SET name = 'locked' WHERE id = 1";
    let within = |sql, id| ExecuteStatement { sql, transaction_id: Some(id), parameters: &[] };
    ask(client, within(UPDATE, holder)).await?;
    ask(client, within("SET SESSION innodb_lock_wait_timeout = 1", waiter)).await?;
    let reaction = provoke(client, "a lock that another holds", within(UPDATE, waiter)).await;
    let reset = "SET SESSION innodb_lock_wait_timeout = DEFAULT";
    ask(client, within(reset, waiter)).await.map(|_| reaction)
}

async fn number<H: Host>(
    client: &Client<'_, H>,
    to: &str,
    sql: &str,
    expected: u16,
) -> Examined<Account> {
    let call = ExecuteStatement { sql, ..ExecuteStatement::default() };
    Ok(account(provoke(client, to, call).await, expected))
}
