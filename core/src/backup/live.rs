//! The content of a live table as a checksum, computed by the database.

use alloc::format;
use alloc::string::{String, ToString};

use super::BackupError;
use crate::checksum::{Checksum, row_digest};
use crate::data_api::{ExecuteStatement, Field};
use crate::host::{Client, Host, Repeat};
use crate::schema::{ColumnType, Table};

/// The most rows of one call: the service ends a statement after 45 seconds.
const ROWS: usize = 1_000_000;

/// Where the next call begins, and where this one ends.
const AFTER: &str = "after";

/// The checksum of a live table, by ranges of its key.
///
/// Rows that are written meanwhile may count or not.
pub async fn live<H: Host>(client: &Client<'_, H>, table: &Table) -> Result<Checksum, BackupError> {
    let mut checksum = Checksum::default();
    let mut after: Option<String> = None;
    loop {
        let sql = range(table, after.is_some());
        let parameter = after.as_deref().map(|after| (AFTER, after));
        let parameters: alloc::vec::Vec<_> = parameter.into_iter().collect();
        let call = ExecuteStatement { sql: &sql, parameters: &parameters, ..Default::default() };
        let answer = client.call(&call, Repeat::Harmless).await.map_err(BackupError::Database)?;
        let [Field::Long(rows), Field::String(digest), last] =
            answer.records.first().map(|row| row.as_slice()).unwrap_or_default()
        else {
            return Ok(checksum);
        };
        let digest = u64::from_str_radix(digest, 16).unwrap_or_default();
        checksum.merge(Checksum { rows: u64::try_from(*rows).unwrap_or_default(), digest });
        after = match last {
            Field::String(last) if *rows as usize == ROWS => Some(last.to_string()),
            _ => return Ok(checksum),
        };
    }
}

/// The count, the digest in hexadecimal (it does not fit a signed integer) and the last key.
fn range(table: &Table, goes_on: bool) -> String {
    let (name, key) = (table.name, table.key_column());
    let (key_name, digest) = (key.name, row_digest(table));
    let after = match (goes_on, key.column_type) {
        (false, _) => String::new(),
        (true, ColumnType::Int { .. }) => {
            format!("WHERE `{key_name}` > CAST(:{AFTER} AS SIGNED) ")
        }
        (true, _) => format!("WHERE `{key_name}` > :{AFTER} COLLATE utf8mb4_bin "),
    };
    format!(
        "SELECT COUNT(*), HEX(BIT_XOR(rowgate_digest)), CAST(MAX(rowgate_key) AS CHAR) FROM (\
         SELECT `{key_name}` AS rowgate_key, {digest} AS rowgate_digest FROM `{name}` \
         {after}ORDER BY `{key_name}` LIMIT {ROWS}) AS rowgate_rows"
    )
}
