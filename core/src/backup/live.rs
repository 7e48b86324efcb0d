//! The content of a live table as a checksum, computed by the database.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use futures_util::future::join;

use super::error::BackupError;
use super::page::free_name;
use crate::aws::data_api::Field;
use crate::aws::host::{CallError, Client, Host};
use crate::sql::checksum::{Checksum, row_digest};
use crate::sql::key_range::{KeyBounds, KeyRange, compare_key, where_all};
use crate::table::schema::Table;

/// The most rows of one call: the service ends a statement after 45 seconds.
const ROWS: usize = 1_000_000;

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
        Some(condition) => add_up(client, ranges.only(&condition, ROWS)).await,
        None => add_up(client, ranges).await,
    }
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
    after: Option<String>,
    is_over: bool,
}

/// Some rows that stand together.
pub(crate) struct RangeContent {
    /// Their count and checksum.
    pub(crate) content: Checksum,
    /// Behind which key they begin; `None` for the table's first.
    pub(crate) after: Option<String>,
    /// The key of the last one.
    pub(crate) last: String,
}

impl<'r> Ranges<'r> {
    /// The rows of the table of that name.
    pub(crate) fn of(table: &'r Table, name: &'r str) -> Self {
        Self { table, name, condition: None, rows: ROWS, after: None, is_over: false }
    }

    /// Only those for which a condition is true, at most so many at a time.
    pub(crate) fn only(self, condition: &'r str, rows: usize) -> Self {
        Self { condition: Some(condition), rows, ..self }
    }

    /// Only those behind this key.
    pub(crate) fn behind(self, after: &str) -> Self {
        Self { after: Some(after.into()), ..self }
    }

    /// The next rows; `None` at the end.
    pub(crate) async fn next<H: Host>(
        &mut self,
        client: &Client<'_, H>,
    ) -> Result<Option<RangeContent>, CallError> {
        if self.is_over {
            return Ok(None);
        }
        let sql = self.sql();
        let parameters: Vec<_> = self.after.iter().map(|after| (AFTER, after.as_str())).collect();
        let records = client.query(&sql, &parameters).await?.records;
        let [Field::Long(rows), Field::String(digest), Field::String(last)] =
            records.first().map(|row| row.as_slice()).unwrap_or_default()
        else {
            self.is_over = true;
            return Ok(None);
        };
        let digest = u64::from_str_radix(digest, 16).unwrap_or_default();
        self.is_over = (*rows as usize) < self.rows;
        let content = Checksum { rows: u64::try_from(*rows).unwrap_or_default(), digest };
        let after = self.after.replace(last.clone());
        Ok(Some(RangeContent { content, after, last: last.to_string() }))
    }

    /// The count, the digest in hexadecimal (it does not fit a signed integer) and the last key;
    /// without rows the key is NULL.
    fn sql(&self) -> String {
        let (key, digest) = (self.table.key_column().name, row_digest(self.table));
        let (name, rows) = (self.name, self.rows);
        let alias = free_name(self.table, "rowgate_digest");
        let behind = self.after.as_ref().map(|_| compare_key(self.table, ">", AFTER));
        let condition = self.condition.map(String::from);
        let conditions = where_all(&behind.into_iter().chain(condition).collect::<Vec<_>>());
        format!(
            "SELECT COUNT(*), HEX(BIT_XOR({alias})), CAST(MAX(rowgate_key) AS CHAR) FROM (\
             SELECT `{key}` AS rowgate_key, {digest} AS {alias} FROM `{name}` \
             {conditions}ORDER BY `{key}` LIMIT {rows}) AS rowgate_rows"
        )
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
            let ranges = Ranges::of(table, &staging).only("`a` > 1", ROWS).behind("x");
            assert!(ranges.sql().len() <= longest_statement(table), "{table:?}");
        }
    }
}
