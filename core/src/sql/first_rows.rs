//! What a statement sums up of so many rows in the order of their keys, with the last one's key, from which
//! the next statement goes on.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::key_range::where_all;
use super::key_text::KeyText;
use crate::aws::data_api::Field;
use crate::base::sql_text::quoted;
use crate::table::schema::{Column, Table};

/// The first rows of a table that has the columns of one of ours.
pub(crate) struct FirstRows<'r> {
    pub(crate) table: &'r Table,
    pub(crate) name: &'r str,
    /// What is summed up of each, as columns of SQL, each with a blank before it and a comma behind.
    pub(crate) columns: &'r str,
    /// The sums.
    pub(crate) sums: &'r str,
    /// Which rows.
    pub(crate) conditions: &'r [String],
    /// How many.
    pub(crate) rows: usize,
    /// Whether they are read as the last commit left them, and stay so until the transaction ends.
    pub(crate) locked: bool,
}

impl FirstRows<'_> {
    /// Answers the sums, and behind them the parts of the last row's key, which are NULL without rows.
    pub(crate) fn sql(&self) -> String {
        let Self { table, name, columns, sums, conditions, rows, locked } = self;
        let lock = if *locked { " LOCK IN SHARE MODE" } else { "" };
        let keys = table.key_columns().enumerate();
        let keys: Vec<_> =
            keys.map(|(at, it)| format!("{} AS rowgate_key_{at}", quoted(it.name))).collect();
        let chosen = format!(
            "SELECT{columns} {} FROM {} {}ORDER BY {} LIMIT {rows}{lock}",
            keys.join(", "),
            quoted(name),
            where_all(conditions),
            key_order(table, name, "")
        );
        if table.key.len() > 1 {
            return last_of_several(table, &chosen, sums);
        }
        let last = table.key_column().key_text("MAX(rowgate_key_0)");
        format!("SELECT {sums}, {last} FROM ({chosen}) AS rowgate_rows")
    }
}

/// No sum says which of several parts are the last row's.
fn last_of_several(table: &Table, chosen: &str, sums: &str) -> String {
    let each = |item: fn(usize, &Column) -> String| {
        let parts = table.key_columns().enumerate().map(|(at, column)| item(at, column));
        parts.collect::<Vec<_>>().join(", ")
    };
    format!(
        "WITH rowgate_rows AS ({chosen}) SELECT rowgate_sums.*, {} \
         FROM (SELECT {sums} FROM rowgate_rows) AS rowgate_sums \
         LEFT JOIN (SELECT {} FROM rowgate_rows ORDER BY {} LIMIT 1) AS rowgate_last ON TRUE",
        each(|at, column| column.key_text(&format!("rowgate_last.rowgate_key_{at}"))),
        each(|at, _| format!("rowgate_key_{at}")),
        each(|at, _| format!("rowgate_key_{at} DESC")),
    )
}

/// The last row's key among what was answered behind the sums; `None` if there are fewer rows than were
/// asked for, so that they are the last.
pub(crate) fn goes_on(fields: &[Field], found: u64, rows: usize) -> Option<KeyText> {
    if found < rows as u64 { None } else { KeyText::of_fields(fields) }
}

/// What rows are sorted by, in the order of their key; by a table's name, since a column's alone may be what
/// it is selected as. `direction` has a blank before it.
pub(crate) fn key_order(table: &Table, name: &str, direction: &str) -> String {
    let name = quoted(name);
    let part = |name_of: &str| format!("{name}.{}{direction}", quoted(name_of));
    table.key_columns().map(|column| part(column.name)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::key::tests::KEYS;
    use super::*;

    #[test]
    fn the_last_key_is_answered_behind_the_sums() {
        let sql = |table, conditions: &[String]| {
            let (name, columns, sums) = ("t", " 1 AS x,", "SUM(x)");
            FirstRows { table, name, columns, sums, conditions, rows: 9, locked: false }.sql()
        };
        assert_eq!(
            sql(&KEYS[0], &["`v` > 1".into()]),
            "SELECT SUM(x), CAST(MAX(rowgate_key_0) AS CHAR) FROM (SELECT 1 AS x, `a` AS rowgate_key_0 \
             FROM `t` WHERE `v` > 1 ORDER BY `t`.`a` LIMIT 9) AS rowgate_rows"
        );
        assert_eq!(
            sql(&KEYS[1], &[]),
            "WITH rowgate_rows AS (SELECT 1 AS x, `a` AS rowgate_key_0, `b` AS rowgate_key_1 FROM `t` \
             ORDER BY `t`.`a`, `t`.`b` LIMIT 9) SELECT rowgate_sums.*, \
             CAST(rowgate_last.rowgate_key_0 AS CHAR), CAST(rowgate_last.rowgate_key_1 AS CHAR) \
             FROM (SELECT SUM(x) FROM rowgate_rows) AS rowgate_sums \
             LEFT JOIN (SELECT rowgate_key_0, rowgate_key_1 FROM rowgate_rows \
             ORDER BY rowgate_key_0 DESC, rowgate_key_1 DESC LIMIT 1) AS rowgate_last ON TRUE"
        );
    }
}
