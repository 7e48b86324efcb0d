//! Whose session a call has, and what it finds there of another one's.

use alloc::format;
use alloc::string::String;

use super::finding::{Account, Examined, Finding, Subject};
use super::query::{ask, text, value};
use super::transactions::roll_back;
use crate::aws::data_api::{BeginTransaction, ExecuteStatement};
use crate::aws::host::{CallError, Client, Host, Repeat};

/// How many calls look for what another one has set: a service with a pool has several sessions.
const LOOKS: usize = 10;

const LOOK: &str = "SELECT @@session.net_write_timeout";

pub(super) const BETWEEN_CALLS: Subject = Subject {
    name: "session_state_between_calls",
    why: "rowgate sets nothing outside of a transaction; what others set may reach its calls",
    relied_on: false,
};

/// By a variable that changes nothing: how long the server waits for a client to take its answer.
pub(super) async fn between_calls<H: Host>(client: &Client<'_, H>) -> Examined<Account> {
    let sql = "SET SESSION net_write_timeout = 61";
    client.query(sql, &[]).await?;
    let reached = count(client, "61").await?;
    let found = format!("{reached} of {LOOKS} calls saw what an earlier one had set");
    Ok(Account::of(Finding::when(reached == 0, found)).with("reached", of_looks(reached)))
}

pub(super) const IN_TRANSACTION: Subject = Subject {
    name: "session_state_in_a_transaction",
    why: "a restore sets how long its swap waits for locks, in the transaction of the swap",
    relied_on: true,
};

pub(super) async fn in_transaction<H: Host>(client: &Client<'_, H>) -> Examined<Account> {
    let id = client.call(&BeginTransaction, Repeat::Harmless).await?;
    let held = set_and_look(client, &id).await;
    let ended = roll_back(client, &id).await;
    let held = held? == "62";
    ended?;
    let after = count(client, "62").await?;
    let finding = match (held, after) {
        (false, _) => Finding::Bad("a transaction's calls do not see what one of them sets".into()),
        (true, 0) => Finding::Good("seen by the transaction's calls and by none after it".into()),
        (true, _) => Finding::Odd(format!("seen by {after} of {LOOKS} calls after it, too")),
    };
    let account = Account::of(finding).with("held", yes_or_no(held));
    Ok(account.with("after", of_looks(after)))
}

async fn set_and_look<H: Host>(client: &Client<'_, H>, id: &str) -> Result<String, CallError> {
    value_in(client, id, "SET SESSION net_write_timeout = 62").await?;
    value_in(client, id, LOOK).await
}

pub(super) const CONNECTIONS: Subject = Subject {
    name: "connections_of_transactions",
    why: "transactions that are open at the same time must not share a connection",
    relied_on: true,
};

pub(super) async fn connections<H: Host>(client: &Client<'_, H>) -> Examined<Account> {
    let first = client.call(&BeginTransaction, Repeat::Harmless).await?;
    let second = client.call(&BeginTransaction, Repeat::Harmless).await;
    let seen = match &second {
        Ok(second) => ids(client, [&first, second]).await,
        Err(error) => Err(error.clone()),
    };
    // What cannot be rolled back now is rolled back by the service in 3 minutes.
    for id in second.iter().chain([&first]) {
        _ = roll_back(client, id).await;
    }
    let [a, b, a_again, b_again] = seen?;
    let (distinct, same) = (a != b, a == a_again && b == b_again);
    let finding = match (distinct, same) {
        (true, true) => Finding::Good("each has one of its own".into()),
        (false, _) => Finding::Bad("two open transactions have the same".into()),
        (true, false) => Finding::Bad("a transaction's calls have several".into()),
    };
    let account = Account::of(finding).with("distinct", yes_or_no(distinct));
    Ok(account.with("same_within", yes_or_no(same)))
}

/// The connections of two transactions, each twice, in turn.
async fn ids<H: Host>(
    client: &Client<'_, H>,
    transactions: [&str; 2],
) -> Result<[String; 4], CallError> {
    let [first, second] = transactions;
    let look = async |id| value_in(client, id, "SELECT CONNECTION_ID()").await;
    Ok([look(first).await?, look(second).await?, look(first).await?, look(second).await?])
}

/// The only value of a statement in a transaction; empty without one.
async fn value_in<H: Host>(
    client: &Client<'_, H>,
    id: &str,
    sql: &str,
) -> Result<String, CallError> {
    let call = ExecuteStatement { sql, transaction_id: Some(id), parameters: &[] };
    let field = ask(client, call).await?.records.into_iter().flatten().next();
    Ok(field.as_ref().map(text).unwrap_or_default())
}

/// How many calls see the variable with this value.
async fn count<H: Host>(client: &Client<'_, H>, set: &str) -> Result<usize, CallError> {
    let mut count = 0;
    for _ in 0..LOOKS {
        count += usize::from(value(client, LOOK).await? == set);
    }
    Ok(count)
}

fn of_looks(count: usize) -> String {
    format!("{count} of {LOOKS}")
}

fn yes_or_no(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}
