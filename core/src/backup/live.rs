//! The content of a live table as a checksum, computed by the database.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use futures_util::future::join;

use super::error::BackupError;
use super::page::free_name;
use crate::aws::data_api::Field;
use crate::aws::host::{CallError, Client, Host};
use crate::sql::checksum::{Checksum, row_digest};
use crate::sql::first_rows::FirstRows;
use crate::sql::key_range::{KeyBounds, KeyRange};
use crate::sql::key_text::{KeyText, borrowed, compare_key};
use crate::table::schema::Table;

/// The most rows of one call: the service ends a statement after 45 seconds.
const ROWS: usize = 1_000_000;

/// The most values of one call, for the same reason: a row takes as long as it has columns.
const VALUES: usize = 5_000_000;

/// A call of so few rows that took too long is not divided any more.
const FEWEST_ROWS: usize = 1_000;

/// By how much a call is divided that took too long: each one costs 45 seconds.
const DIVIDED_BY: usize = 8;

/// The fewest rows for which it pays to ask where their keys' middle is.
const HALVED_ROWS: u64 = 100_000;

/// The parameter that says behind which key to begin.
pub(crate) const AFTER: &str = "after";

/// The checksum of a live table, by ranges of its key.
///
/// Rows that are written meanwhile may count or not.
pub async fn live<H: Host>(client: &Client<'_, H>, table: &Table) -> Result<Checksum, BackupError> {
    add_up(client, Ranges::of(table, table.name)).await.map_err(BackupError::Database)
}

/// The checksum of a table that has the columns of one of ours, and about so many rows.
///
/// Of many rows two halves at the same time: the database computes each with one processor.
pub(crate) async fn content<H: Host>(
    client: &Client<'_, H>,
    table: &Table,
    name: &str,
    rows: u64,
) -> Result<Checksum, CallError> {
    if rows < HALVED_ROWS {
        return add_up(client, Ranges::of(table, name)).await;
    }
    let KeyBounds::Between(least, greatest) = KeyBounds::read(client, table, name).await? else {
        return add_up(client, Ranges::of(table, name)).await;
    };
    let halves = KeyRange::halves(least, greatest);
    let [lower, upper] = halves.map(|half| content_of_span(client, table, name, half));
    let (lower, upper) = join(lower, upper).await;
    let mut content = lower?;
    content.merge(upper?);
    Ok(content)
}

/// The checksum of some keys of a table that has the columns of one of ours.
pub(crate) async fn content_of_span<H: Host>(
    client: &Client<'_, H>,
    table: &Table,
    name: &str,
    span: KeyRange,
) -> Result<Checksum, CallError> {
    let ranges = Ranges::of(table, name);
    match span.sql(table) {
        Some(condition) => add_up(client, ranges.only(&condition, rows_of(table))).await,
        None => add_up(client, ranges).await,
    }
}

/// The most rows of a table in one call.
fn rows_of(table: &Table) -> usize {
    ROWS.min(VALUES / table.columns.len().max(1))
}

async fn add_up<H: Host>(
    client: &Client<'_, H>,
    mut ranges: Ranges<'_>,
) -> Result<Checksum, CallError> {
    let mut checksum = Checksum::default();
    while let Some(range) = ranges.next(client).await? {
        checksum.merge(range.content);
    }
    Ok(checksum)
}

/// The content of a table that has the columns of one of ours, range by range.
pub(crate) struct Ranges<'r> {
    table: &'r Table,
    name: &'r str,
    condition: Option<&'r str>,
    rows: usize,
    after: Option<KeyText>,
    is_over: bool,
}

/// Some rows that stand together.
pub(crate) struct RangeContent {
    /// Their count and checksum.
    pub(crate) content: Checksum,
    /// Behind which key they begin; `None` for the table's first.
    pub(crate) after: Option<KeyText>,
    /// The key of the last one.
    pub(crate) last: KeyText,
}

impl<'r> Ranges<'r> {
    /// The rows of the table of that name.
    pub(crate) fn of(table: &'r Table, name: &'r str) -> Self {
        Self { table, name, condition: None, rows: rows_of(table), after: None, is_over: false }
    }

    /// Only those for which a condition is true, at most so many at a time.
    pub(crate) fn only(self, condition: &'r str, rows: usize) -> Self {
        Self { condition: Some(condition), rows, ..self }
    }

    /// At most so many rows at a time.
    pub(crate) fn by(self, rows: usize) -> Self {
        Self { rows, ..self }
    }

    /// Only those behind this key.
    pub(crate) fn behind(self, after: KeyText) -> Self {
        Self { after: Some(after), ..self }
    }

    /// The next rows; `None` at the end. To a client within a transaction they are as the last commit left them,
    /// and stay so, with no row between them, until it ends.
    pub(crate) async fn next<H: Host>(
        &mut self,
        client: &Client<'_, H>,
    ) -> Result<Option<RangeContent>, CallError> {
        if self.is_over {
            return Ok(None);
        }
        let records = self.ask(client).await?;
        let [Field::Long(rows @ 1..), Field::String(digest), last @ ..] =
            records.first().map(|row| row.as_slice()).unwrap_or_default()
        else {
            self.is_over = true;
            return Ok(None);
        };
        let Some(last) = KeyText::of_fields(last) else {
            self.is_over = true;
            return Ok(None);
        };
        let digest = u64::from_str_radix(digest, 16).unwrap_or_default();
        let content = Checksum { rows: rows.unsigned_abs(), digest };
        self.is_over = content.rows < self.rows as u64;
        let after = self.after.replace(last.clone());
        Ok(Some(RangeContent { content, after, last }))
    }

    /// Asks for fewer rows where the service ended the statement, which leaves a transaction in doubt.
    async fn ask<H: Host>(&mut self, client: &Client<'_, H>) -> Result<Vec<Vec<Field>>, CallError> {
        let is_locked = client.transaction_id().is_some();
        loop {
            let sql = self.sql(is_locked);
            let keys = self.after.as_ref().map(|after| after.parameters(AFTER)).unwrap_or_default();
            match client.query(&sql, &borrowed(&keys)).await {
                Err(CallError::Api(error))
                    if error.is_time_out() && !is_locked && self.rows > FEWEST_ROWS =>
                {
                    self.rows /= DIVIDED_BY;
                }
                answer => return Ok(answer?.records),
            }
        }
    }

    /// The count, the digest in hexadecimal (it does not fit a signed integer) and the last key;
    /// without rows the key is NULL.
    fn sql(&self, locked: bool) -> String {
        let Self { table, name, rows, .. } = *self;
        let alias = free_name(table, "rowgate_digest");
        let behind = self.after.as_ref().map(|it| compare_key(table, it.parts(), ">", AFTER));
        let conditions: Vec<_> =
            behind.into_iter().chain(self.condition.map(String::from)).collect();
        let columns = &format!(" {} AS {alias},", row_digest(table));
        let sums = &format!("COUNT(*), HEX(BIT_XOR({alias}))");
        FirstRows { table, name, columns, sums, conditions: &conditions, rows, locked }.sql()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::schema::{longest_statement, wide_tables};

    #[test]
    fn a_checksum_is_no_longer_than_the_build_takes_it_for() {
        for table in wide_tables() {
            let staging = format!("{}__restore_20270115_080000_1a2b", table.name);
            let key = KeyText::of(table.key.iter().map(|_| Some("x".into()))).unwrap();
            let ranges = Ranges::of(table, &staging).only("`a` > 1", ROWS).behind(key);
            assert!(ranges.sql(true).len() <= longest_statement(table), "{table:?}");
        }
    }
}
