//! A row that is more than the service answers: read in pieces, within one transaction.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::records::Records;
use crate::aws::data_api::{BeginTransaction, Field, RollbackTransaction};
use crate::aws::host::{CallError, Client, Host, Repeat};
use crate::base::sql_text::quoted;
use crate::sql::first_rows::key_order;
use crate::sql::key::same_key;
use crate::sql::key_range::where_all;
use crate::table::schema::{Column, Table};
use crate::table::types::{Answer, Definition, SHORT};

/// How many bytes of an answer the service gives a row at most; one over it fails the call.
pub(super) const ROW_BYTES: u64 = 64 << 10;

/// Characters of a piece, or bytes of what is no text: a row of an answer, in which JSON makes at most six bytes of a
/// character. A multiple of three, so that the base64 of pieces is that of the whole.
const PIECE: u64 = 9_999;

/// Pieces of one answer, which has 1 MiB at most.
const PIECES: usize = 16;

/// Where a row is: the first behind a key.
pub(super) struct FirstRow<'r> {
    pub(super) table: &'static Table,
    /// Conditions, and their parameters.
    pub(super) conditions: &'r [String],
    pub(super) parameters: &'r [(&'r str, &'r str)],
}

/// Whether a row of a table may be more than the service answers.
pub(super) fn may_be_long(table: &Table) -> bool {
    // JSON makes six bytes of a control character.
    let texts = table.columns.iter().filter(|it| it.column_type.answer() == Answer::Text);
    let bytes = texts.map(|column| 6 * column.column_type.most_bytes());
    bytes.sum::<u64>() > ROW_BYTES
}

impl FirstRow<'_> {
    /// Reads the row; no rows if there is none. Without a transaction it is locked in one of its own, so that all
    /// its pieces are of one moment.
    pub(super) async fn read<H: Host>(
        &self,
        client: &Client<'_, H>,
        transaction_id: Option<&str>,
    ) -> Result<Records, CallError> {
        if let Some(id) = transaction_id {
            return self.read_within(&client.within(id), "").await;
        }
        let id = client.call(&BeginTransaction, Repeat::Harmless).await?;
        let read = self.read_within(&client.within(&id), " LOCK IN SHARE MODE").await;
        // Nothing was changed; if this fails, the service does it after 3 idle minutes.
        let rollback = RollbackTransaction { transaction_id: &id };
        let _: Result<(), CallError> = client.closing().call(&rollback, Repeat::Harmless).await;
        read
    }

    async fn read_within<H: Host>(
        &self,
        client: &Client<'_, H>,
        lock: &str,
    ) -> Result<Records, CallError> {
        let table = self.table;
        let sql = format!("{}{lock}", self.head());
        let head = query(client, &sql, self.parameters).await?;
        let Some(mut fields) = head.into_iter().next() else { return Ok(Records::default()) };
        let values = fields.split_off(table.key.len());
        let key: Vec<_> = fields.iter().filter_map(Field::text).collect();
        let mut cells = Vec::new();
        for (column, value) in table.columns.iter().zip(values) {
            cells.push(match (is_cut(column), &value) {
                (true, Field::Long(length)) => {
                    Field::String(self.value(client, &key, (column, length.unsigned_abs())).await?)
                }
                _ => value,
            });
        }
        Ok(Records::of_row(cells))
    }

    /// A value of so many characters, or bytes of what is no text.
    async fn value<H: Host>(
        &self,
        client: &Client<'_, H>,
        key: &[String],
        (column, length): (&Column, u64),
    ) -> Result<String, CallError> {
        let mut value = String::new();
        let starts: Vec<_> = (0..length).step_by(PIECE as usize).collect();
        for starts in starts.chunks(PIECES) {
            for piece in self.pieces(client, key, (column, starts)).await? {
                value += &piece;
            }
        }
        Ok(value)
    }

    /// The key as texts, and of each column the value, or of a text the length in characters.
    fn head(&self) -> String {
        let table = self.table;
        let keys = table.key_columns().map(|it| it.key_text(&quoted(it.name)));
        let value = |column: &Column| match is_cut(column) {
            true => format!("CHAR_LENGTH({})", source(column)),
            false => column.column_type.canonical(&quoted(column.name)),
        };
        let values = table.columns.iter().map(value);
        format!(
            "SELECT {} FROM {} {}ORDER BY {} LIMIT 1",
            keys.chain(values).collect::<Vec<_>>().join(", "),
            quoted(table.name),
            where_all(self.conditions),
            key_order(table, table.name, "")
        )
    }

    async fn pieces<H: Host>(
        &self,
        client: &Client<'_, H>,
        key: &[String],
        (column, starts): (&Column, &[u64]),
    ) -> Result<Vec<String>, CallError> {
        let starts: Vec<_> = starts.iter().map(|at| (at + 1).to_string()).collect();
        let names: Vec<_> = (0..key.len()).map(|place| format!("key_{place}")).collect();
        let same = same_key(self.table, |place, _| format!(":key_{place}"));
        let sql = format!(
            "SELECT {} FROM {} AS e CROSS JOIN JSON_TABLE('[{}]', '$[*]' COLUMNS(rowgate_at BIGINT PATH '$')) AS s \
             WHERE {same} ORDER BY s.rowgate_at",
            piece(column),
            quoted(self.table.name),
            starts.join(",")
        );
        let parameters: Vec<_> =
            names.iter().zip(key).map(|(name, part)| (name.as_str(), part.as_str())).collect();
        let rows = query(client, &sql, &parameters).await?;
        Ok(rows.iter().filter_map(|row| row.first().and_then(Field::text)).collect())
    }
}

/// Whether a value is read in pieces; others are short.
fn is_cut(column: &Column) -> bool {
    column.column_type.most_bytes() > SHORT
}

/// What is cut: a document as a text, and of all else the value itself, before it becomes base64.
fn source(column: &Column) -> String {
    let name = quoted(column.name);
    if column.column_type.takes_document() { column.column_type.canonical(&name) } else { name }
}

fn piece(column: &Column) -> String {
    let cut = format!("SUBSTRING({}, s.rowgate_at, {PIECE})", source(column));
    match column.column_type.takes_document() {
        true => cut,
        false => format!("CONVERT({} USING utf8mb4)", column.column_type.canonical(&cut)),
    }
}

async fn query<H: Host>(
    client: &Client<'_, H>,
    sql: &str,
    parameters: &[(&str, &str)],
) -> Result<Vec<Vec<Field>>, CallError> {
    Ok(client.query(sql, parameters).await?.records)
}
