//! Values that are more than a restore could bring back, looked for before a row is read.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::error::BackupError;
use super::live::AFTER;
use super::page::text;
use crate::aws::data_api::{ExecuteStatement, Field};
use crate::aws::host::{CallError, Client, Host, Repeat};
use crate::base::sql_text::quoted;
use crate::sql::first_rows::{FirstRows, goes_on};
use crate::sql::key_text::{KeyText, borrowed, compare_key};
use crate::table::schema::{Column, Table};
use crate::table::types::Definition;

/// The most bytes of a value.
const CELL_BYTES: u64 = 16 << 20;

/// The most bytes of a row: a block of a file has 64 MiB, and the database computes a row's digest of one text, as long
/// as its max_allowed_packet.
const ROW_BYTES: u64 = 40 << 20;

/// The most bytes of a row's documents as one request carries them, which cannot be written in pieces.
const DOCUMENT_BYTES: u64 = 3_500_000;

/// Documents of fewer bytes are surely no more than that.
const SHORT_DOCUMENTS: u64 = 500_000;

/// The most rows of one statement.
const ROWS: usize = 200_000;

/// Refuses a table with a value, a row or a document that is too large.
pub(super) async fn check_lengths<H: Host>(
    client: &Client<'_, H>,
    table: &'static Table,
    transaction_id: Option<&str>,
) -> Result<(), BackupError> {
    let long: Vec<_> =
        table.columns.iter().filter(|it| it.column_type.most_bytes() > ROW_BYTES).collect();
    if long.is_empty() {
        return Ok(());
    }
    let lengths = Lengths { table, long: &long };
    let found = lengths.longest(client, transaction_id).await.map_err(BackupError::Database)?;
    let each = long.iter().map(|column| (column.name, CELL_BYTES));
    let all = each.chain([("a row", ROW_BYTES), ("the documents of a row", DOCUMENT_BYTES)]);
    match all.zip(found).find(|((_, limit), bytes)| bytes > limit) {
        Some(((what, limit), bytes)) => {
            Err(BackupError::TooLong { table: table.name, what, bytes, limit })
        }
        None => Ok(()),
    }
}

struct Lengths<'l> {
    table: &'static Table,
    /// The columns whose values may be so long.
    long: &'l [&'static Column],
}

impl Lengths<'_> {
    /// The most bytes of each column, of all of them in one row, and of a row's documents.
    async fn longest<H: Host>(
        &self,
        client: &Client<'_, H>,
        transaction_id: Option<&str>,
    ) -> Result<Vec<u64>, CallError> {
        let repeat = if transaction_id.is_some() { Repeat::Never } else { Repeat::Harmless };
        let (mut most, mut after): (Vec<u64>, Option<KeyText>) = (Vec::new(), None);
        most.resize(self.long.len() + 2, 0);
        loop {
            let sql = self.sql(after.is_some());
            let keys = after.as_ref().map(|after| after.parameters(AFTER)).unwrap_or_default();
            let parameters = borrowed(&keys);
            let call = ExecuteStatement { sql: &sql, parameters: &parameters, transaction_id };
            let records = client.call(&call, repeat).await?.records;
            let Some([Field::Long(rows), found @ ..]) = records.first().map(Vec::as_slice) else {
                return Ok(most);
            };
            let (lengths, last) = found.split_at(most.len().min(found.len()));
            for (most, found) in most.iter_mut().zip(lengths) {
                let text = found.text().unwrap_or_default();
                let bytes: u64 = text.parse().unwrap_or_default();
                *most = bytes.max(*most);
            }
            let Some(last) = goes_on(last, rows.unsigned_abs(), ROWS) else { return Ok(most) };
            after = Some(last);
        }
    }

    fn sql(&self, goes_on: bool) -> String {
        let table = self.table;
        let length = |column: &&Column| format!("IFNULL(OCTET_LENGTH({}), 0)", quoted(column.name));
        let lengths: Vec<_> = self.long.iter().map(length).collect();
        let mut columns: Vec<_> = lengths.clone();
        columns.push(lengths.join(" + "));
        columns.push(self.documents());
        let name = |at: usize| format!("rowgate_length_{at}");
        let named = columns.iter().enumerate().map(|(at, sql)| format!(" {sql} AS {},", name(at)));
        let columns_sql: String = named.collect();
        let sums = (0..columns.len()).map(|at| format!("MAX({})", name(at)));
        let sums =
            core::iter::once("COUNT(*)".to_string()).chain(sums).collect::<Vec<_>>().join(", ");
        let behind = goes_on.then(|| compare_key(table, table.key.len(), ">", AFTER));
        let conditions: Vec<_> = behind.into_iter().collect();
        FirstRows {
            table,
            name: table.name,
            columns: &columns_sql,
            sums: &sums,
            conditions: &conditions,
            rows: ROWS,
            locked: false,
        }
        .sql()
    }

    /// The bytes of the documents as texts of JSON in a text of JSON.
    fn documents(&self) -> String {
        let documents = self.long.iter().filter(|it| it.column_type.takes_document());
        let documents: Vec<_> = documents.copied().map(text).collect();
        if documents.is_empty() {
            return "0".into();
        }
        let all = format!("CONCAT_WS('', {})", documents.join(", "));
        format!(
            "IF(OCTET_LENGTH({all}) > {SHORT_DOCUMENTS}, OCTET_LENGTH(JSON_QUOTE(JSON_QUOTE({all}))), 0)"
        )
    }
}
