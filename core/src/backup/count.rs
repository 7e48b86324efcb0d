//! How many rows a table has, counted by ranges of its key.

use alloc::string::String;
use alloc::vec::Vec;

use super::error::BackupError;
use super::live::{AFTER, content_of_span};
use crate::aws::data_api::{ExecuteStatement, Field};
use crate::aws::host::{CallError, Client, Host, Repeat};
use crate::sql::checksum::Checksum;
use crate::sql::first_rows::{FirstRows, goes_on};
use crate::sql::key_range::KeyRange;
use crate::sql::key_text::{KeyText, borrowed, compare_key};
use crate::table::schema::Table;

/// The most rows that one statement counts: the service ends it after 45 seconds.
const ROWS: usize = 1_000_000;

/// Counts the rows of some keys of a table that has the columns of one of ours.
///
/// In a transaction no call is repeated, since the first try could still be running in it.
pub(crate) async fn count<H: Host>(
    client: &Client<'_, H>,
    table: &Table,
    name: &str,
    span: KeyRange,
    transaction_id: Option<&str>,
) -> Result<u64, CallError> {
    let repeat = if transaction_id.is_some() { Repeat::Never } else { Repeat::Harmless };
    let mut after: Option<KeyText> = None;
    let mut rows = 0;
    loop {
        let sql = sql(table, name, span, after.is_some());
        let keys = after.as_ref().map(|after| after.parameters(AFTER)).unwrap_or_default();
        let parameters = borrowed(&keys);
        let call = ExecuteStatement { sql: &sql, parameters: &parameters, transaction_id };
        let records = client.call(&call, repeat).await?.records;
        let found = records.first().map(Vec::as_slice).unwrap_or_default();
        let [Field::Long(counted), last @ ..] = found else { return Ok(rows) };
        let counted = counted.unsigned_abs();
        rows += counted;
        let Some(last) = goes_on(last, counted, ROWS) else { return Ok(rows) };
        after = Some(last);
    }
}

/// Whether rows that were read without a snapshot may be all that there were, given how many were
/// counted before.
///
/// Rows may come and go while others are read. A table that is not written to has as many rows
/// as were read, or some were missed.
pub(super) async fn check_count<H: Host>(
    client: &Client<'_, H>,
    table: &'static Table,
    span: KeyRange,
    counted: u64,
    read: Checksum,
) -> Result<(), BackupError> {
    if read.rows == counted {
        return Ok(());
    }
    let look = || content_of_span(client, table, table.name, span);
    let again =
        count(client, table, table.name, span, None).await.map_err(BackupError::Database)?;
    let one = look().await.map_err(BackupError::Database)?;
    let other = look().await.map_err(BackupError::Database)?;
    match again == counted && one == other && one.rows == counted {
        true => Err(BackupError::WrongCount { table: table.name, counted, read: read.rows }),
        false => Ok(()),
    }
}

/// The count and the last key.
fn sql(table: &Table, name: &str, span: KeyRange, goes_on: bool) -> String {
    let behind = goes_on.then(|| compare_key(table, table.key.len(), ">", AFTER));
    let conditions: Vec<_> = behind.into_iter().chain(span.sql(table)).collect();
    let (columns, sums, conditions) = ("", "COUNT(*)", conditions.as_slice());
    FirstRows { table, name, columns, sums, conditions, rows: ROWS, locked: false }.sql()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::schema::table;

    #[test]
    fn rows_are_counted_by_ranges_of_the_key() {
        let jobs = table("jobs").unwrap();
        let all = KeyRange::default();
        assert!(
            sql(jobs, "jobs", all, false)
                .contains("FROM `jobs` ORDER BY `jobs`.`id` LIMIT 1000000)")
        );
        let span = KeyRange { after: None, until: Some(7) };
        assert!(
            sql(jobs, "jobs", span, true)
                .contains("FROM `jobs` WHERE `id` > CAST(:after AS SIGNED) AND `id` <= 7 ORDER BY")
        );
    }
}
