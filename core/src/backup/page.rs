//! A table page by page, in the order of its key.

use alloc::borrow::{Cow, ToOwned};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::data_api::{ExecuteStatement, Field};
use crate::host::{CallError, Client, Host, Repeat};
use crate::record::Cell;
use crate::schema::{ColumnType, Table};

/// About how many bytes a page's answer has. The limit is twice that; an answer over it ends the
/// transaction, and the snapshot with it.
const PAGE_BYTES: u64 = 512 << 10;

/// The most rows that one page looks at.
const MOST_ROWS: usize = 16_384;

/// The parameter that says after which key to go on.
const AFTER: &str = "after";

/// Reads a table from its first row to its last.
pub(super) struct Pages<'p> {
    table: &'static Table,
    transaction_id: Option<&'p str>,
    /// The key of the last row, as text.
    after: Option<String>,
    /// How many rows the next page looks at. The server sums up the width of each, so that with
    /// wide rows it would read far more than fits a page.
    rows: usize,
}

impl<'p> Pages<'p> {
    pub(super) fn new(table: &'static Table, transaction_id: Option<&'p str>) -> Self {
        Self { table, transaction_id, after: None, rows: 64 }
    }

    /// The next rows; none at the end.
    pub(super) async fn next<H: Host>(
        &mut self,
        client: &Client<'_, H>,
    ) -> Result<Vec<Vec<Field>>, CallError> {
        let sql = page(self.table, self.after.is_some(), self.rows);
        let after = self.after.as_deref().map(|after| (AFTER, after));
        let parameters: Vec<_> = after.into_iter().collect();
        let call = ExecuteStatement {
            sql: &sql,
            parameters: &parameters,
            transaction_id: self.transaction_id,
        };
        // A second try could meet the first one still running in the same transaction.
        let repeat = match self.transaction_id {
            Some(_) => Repeat::Never,
            None => Repeat::Harmless,
        };
        let records = client.call(&call, repeat).await?.records;
        if let Some(key) = records.last().and_then(|row| row.get(self.table.key)) {
            self.after = key_text(key);
        }
        self.rows = match records.len() {
            all if all == self.rows => (self.rows * 4).min(MOST_ROWS),
            cut => (cut * 2).clamp(16, MOST_ROWS),
        };
        Ok(records)
    }
}

fn key_text(field: &Field) -> Option<String> {
    match field {
        Field::Long(value) => Some(value.to_string()),
        Field::String(text) => Some(text.clone()),
        _ => None,
    }
}

/// The values of a row; `None` if the live table has something that no column of ours holds.
pub(super) fn cells(record: &[Field]) -> Option<Vec<Cell<'_>>> {
    let cell = |field| match field {
        &Field::Null(_) => Some(Cell::Null),
        &Field::Long(value) => Some(Cell::Int(value)),
        Field::String(text) => Some(Cell::Text(Cow::Borrowed(text.as_str()))),
        _ => None,
    };
    record.iter().map(cell).collect()
}

/// At most so many rows behind [`AFTER`], and at most [`PAGE_BYTES`] of them but always one.
fn page(table: &Table, goes_on: bool, rows: usize) -> String {
    let key = table.key_column();
    let columns: Vec<_> = table.columns.iter().map(|column| format!("`{}`", column.name)).collect();
    let columns = columns.join(", ");
    let after = match (goes_on, key.column_type) {
        (false, _) => String::new(),
        (true, ColumnType::Int { .. }) => {
            format!("WHERE `{}` > CAST(:{AFTER} AS SIGNED) ", key.name)
        }
        (true, _) => format!("WHERE `{}` > :{AFTER} COLLATE utf8mb4_bin ", key.name),
    };
    format!(
        "SELECT {columns} FROM (SELECT {columns}, \
         SUM({width}) OVER (ORDER BY `{key}`) AS rowgate_bytes, \
         ROW_NUMBER() OVER (ORDER BY `{key}`) AS rowgate_row \
         FROM (SELECT {columns} FROM `{table}` {after}ORDER BY `{key}` LIMIT {rows}) AS rowgate_next\
         ) AS rowgate_page WHERE rowgate_bytes <= {PAGE_BYTES} OR rowgate_row = 1 ORDER BY `{key}`",
        width = width(table),
        table = table.name,
        key = key.name,
    )
}

/// How many bytes a row has in the service's answer, at most.
fn width(table: &Table) -> String {
    let widths = table.columns.iter().map(|column| match column.column_type {
        // {"longValue":-9223372036854775808},
        ColumnType::Int { .. } => "36".to_owned(),
        // {"stringValue":"…"}, with all that JSON escapes, or {"isNull":true},
        ColumnType::Varchar { .. } | ColumnType::DateTime => {
            format!("IFNULL(20 + OCTET_LENGTH(JSON_QUOTE(`{}`)), 20)", column.name)
        }
    });
    format!("4 + {}", widths.collect::<Vec<_>>().join(" + "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::table;

    #[test]
    fn a_page_goes_on_behind_a_key_and_ends_by_its_width() {
        let jobs = table("jobs").unwrap();
        let first = page(jobs, false, 64);
        assert!(!first.contains("WHERE `id`") && first.contains("ORDER BY `id` LIMIT 64)"));
        let next = page(jobs, true, 9);
        assert!(next.contains("FROM `jobs` WHERE `id` > CAST(:after AS SIGNED) ORDER BY"));
        assert!(
            next.contains("SUM(4 + 36 + IFNULL(20 + OCTET_LENGTH(JSON_QUOTE(`job_name`)), 20))")
        );
    }
}
