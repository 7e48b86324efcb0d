//! Rows that one of two tables of the same columns has, and the other one has not or has otherwise.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::error::RestoreError;
use super::tables::run;
use crate::aws::data_api::Field;
use crate::aws::host::{Client, Host};
use crate::backup::{AFTER, Ranges};
use crate::base::sql_text::quoted;
use crate::sql::checksum::Checksum;
use crate::sql::first_rows::{FirstRows, goes_on, key_order};
use crate::sql::key_range::where_all;
use crate::sql::key_text::{KeyText, borrowed, compare_key};
use crate::sql::statement::columns;
use crate::sql::verb::{delete_unchecked, insert_into, insert_unchecked};
use crate::table::schema::{Column, Table};
use crate::table::types::Definition;

/// Rows that one statement copies or compares, well within the service's 45 seconds.
const ROWS: usize = 200_000;

/// Keys that are named of many.
const NAMED_KEYS: usize = 20;

/// The parameter that says which key a range ends with.
const LAST: &str = "last";

/// Two tables, by their names in the database.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair<'p> {
    pub(super) table: &'static Table,
    /// Whose rows are looked at.
    pub(super) from: &'p str,
    /// Which may have them.
    pub(super) other: &'p str,
    /// Only rows behind this key.
    pub(super) above: Option<&'p KeyText>,
}

/// Some rows, and the keys of the first of them.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct KeySample {
    /// How many rows.
    pub rows: u64,
    /// Their first keys, at most 20; of several columns each as a JSON array.
    pub first: Vec<String>,
}

impl Pair<'_> {
    /// Copies the rows whose keys the other table does not have, and answers what they are; `stored` hears
    /// of each range. Not the row 0 of a table that numbers its rows, which an INSERT would number anew.
    pub(super) async fn copy_missing<H: Host>(
        &self,
        client: &Client<'_, H>,
        stored: impl FnMut(u64) -> Result<(), RestoreError>,
    ) -> Result<Checksum, RestoreError> {
        let insert = insert_into(self.other, self.table);
        self.copy(client, &insert, &self.is_insertable(), stored).await
    }

    /// The same of every row, without a look at foreign keys.
    pub(super) async fn copy_unchecked<H: Host>(
        &self,
        client: &Client<'_, H>,
    ) -> Result<(), RestoreError> {
        let insert = insert_unchecked(self.other, self.table);
        self.copy(client, &insert, &self.is_missing(), |_| Ok(())).await.map(drop)
    }

    /// Copies the rows up to a key, and behind another; the other table has none of them.
    pub(super) async fn copy_range<H: Host>(
        &self,
        client: &Client<'_, H>,
        after: Option<&KeyText>,
        until: &KeyText,
    ) -> Result<(), RestoreError> {
        let (conditions, keys) = self.between(after, Some(until));
        let sql = self.insert_rows(&insert_unchecked(self.other, self.table), &conditions);
        run(client, &sql, &borrowed(&keys), "rows are not copied").await.map(drop)
    }

    async fn copy<H: Host>(
        &self,
        client: &Client<'_, H>,
        insert: &str,
        missing: &str,
        mut stored: impl FnMut(u64) -> Result<(), RestoreError>,
    ) -> Result<Checksum, RestoreError> {
        let mut copied = Checksum::default();
        let mut ranges = self.ranges(missing);
        while let Some(range) = ranges.next(client).await.map_err(unread)? {
            let (mut conditions, keys) = self.between(range.after.as_ref(), Some(&range.last));
            conditions.push(missing.into());
            let sql = self.insert_rows(insert, &conditions);
            run(client, &sql, &borrowed(&keys), "rows are not copied").await?;
            copied.merge(range.content);
            stored(range.content.rows)?;
        }
        Ok(copied)
    }

    fn insert_rows(&self, insert: &str, conditions: &[String]) -> String {
        let (columns, from) = (columns(self.table), quoted(self.from));
        format!("{insert} ({columns}) SELECT {columns} FROM {from} {}", where_all(conditions))
    }

    /// Deletes the rows up to a key, and behind another, that the other table does not have, or has otherwise;
    /// without a look at foreign keys.
    pub(super) async fn delete_others<H: Host>(
        &self,
        client: &Client<'_, H>,
        (after, until): (Option<&KeyText>, Option<&KeyText>),
    ) -> Result<(), RestoreError> {
        let (conditions, keys) = self.between(after, until);
        let sql = self.delete(conditions);
        run(client, &sql, &borrowed(&keys), "rows are not deleted").await.map(drop)
    }

    fn delete(&self, mut conditions: Vec<String>) -> String {
        let same = |column: &Column| {
            let name = quoted(column.name);
            format!("rowgate_o.{name} = rowgate_m.{name}")
        };
        let same: Vec<_> = self.table.key_columns().map(same).collect();
        conditions.push(format!(
            "NOT EXISTS (SELECT 1 FROM {} AS rowgate_o WHERE {} AND {})",
            quoted(self.other),
            same.join(" AND "),
            self.same_values()
        ));
        format!(
            "{} rowgate_m FROM {} AS rowgate_m {}",
            delete_unchecked(),
            quoted(self.from),
            where_all(&conditions)
        )
    }

    /// The condition of the rows behind a key and up to another, and its parameters.
    fn between<'k>(
        &self,
        after: Option<&'k KeyText>,
        until: Option<&'k KeyText>,
    ) -> (Vec<String>, Vec<(String, &'k str)>) {
        let (mut conditions, mut keys) = (Vec::new(), Vec::new());
        for (key, operator, parameter) in [(after, ">", AFTER), (until, "<=", LAST)] {
            let Some(key) = key else { continue };
            conditions.push(compare_key(self.table, key.parts(), operator, parameter));
            keys.extend(key.parameters(parameter));
        }
        (conditions, keys)
    }

    /// The rows whose keys the other table does not have.
    pub(super) async fn missing<H: Host>(
        &self,
        client: &Client<'_, H>,
    ) -> Result<KeySample, RestoreError> {
        self.keys(client, &self.is_missing()).await
    }

    /// The rows whose keys the other table has, with other values.
    pub(super) async fn differing<H: Host>(
        &self,
        client: &Client<'_, H>,
    ) -> Result<KeySample, RestoreError> {
        self.keys(client, &self.is_different()).await
    }

    fn ranges<'r>(&'r self, condition: &'r str) -> Ranges<'r> {
        let ranges = Ranges::of(self.table, self.from).only(condition, ROWS);
        match self.above {
            Some(above) => ranges.behind(above.clone()),
            None => ranges,
        }
    }

    /// Counts range by range, without a checksum: beside a comparison of all columns the statement could
    /// be too long.
    async fn keys<H: Host>(
        &self,
        client: &Client<'_, H>,
        condition: &str,
    ) -> Result<KeySample, RestoreError> {
        let (mut rows, mut after) = (0, self.above.cloned());
        loop {
            let sql = self.count(condition, after.is_some());
            let keys = after.as_ref().map(|after| after.parameters(AFTER)).unwrap_or_default();
            let parameters = borrowed(&keys);
            let records = run(client, &sql, &parameters, "tables are not compared").await?.records;
            let [Field::Long(counted), last @ ..] =
                records.first().map(Vec::as_slice).unwrap_or(&[])
            else {
                return Err(RestoreError::Unreadable);
            };
            rows += counted.unsigned_abs();
            let Some(last) = goes_on(last, counted.unsigned_abs(), ROWS) else { break };
            after = Some(last);
        }
        let first = if rows > 0 { self.first_keys(client, condition).await? } else { Vec::new() };
        Ok(KeySample { rows, first })
    }

    /// The count of some rows, and the last one's key.
    fn count(&self, condition: &str, goes_on: bool) -> String {
        let conditions = self.conditions(condition, goes_on);
        FirstRows {
            table: self.table,
            name: self.from,
            columns: "",
            sums: "COUNT(*)",
            conditions: &conditions,
            rows: ROWS,
            locked: false,
        }
        .sql()
    }

    fn conditions(&self, condition: &str, goes_on: bool) -> Vec<String> {
        let table = self.table;
        let behind = goes_on.then(|| compare_key(table, table.key.len(), ">", AFTER));
        behind.into_iter().chain([condition.into()]).collect()
    }

    async fn first_keys<H: Host>(
        &self,
        client: &Client<'_, H>,
        condition: &str,
    ) -> Result<Vec<String>, RestoreError> {
        let conditions = self.conditions(condition, self.above.is_some());
        let sql = format!(
            "SELECT {} FROM {} WHERE {} ORDER BY {} LIMIT {NAMED_KEYS}",
            key_texts(self.table),
            quoted(self.from),
            conditions.join(" AND "),
            key_order(self.table, self.from, "")
        );
        let keys = self.above.map(|above| above.parameters(AFTER)).unwrap_or_default();
        let parameters = borrowed(&keys);
        let records = run(client, &sql, &parameters, "tables are not compared").await?.records;
        Ok(shown_keys(&records))
    }

    fn is_missing(&self) -> String {
        let same = self.same_key("rowgate_o");
        format!("NOT EXISTS (SELECT 1 FROM {} AS rowgate_o WHERE {same})", quoted(self.other))
    }

    fn is_insertable(&self) -> String {
        match self.table.is_numbered() {
            true => {
                format!("{} AND {} <> 0", self.is_missing(), quoted(self.table.key_column().name))
            }
            false => self.is_missing(),
        }
    }

    fn is_different(&self) -> String {
        format!(
            "EXISTS (SELECT 1 FROM {} AS rowgate_o JOIN {} AS rowgate_m ON {} WHERE {} AND NOT ({}))",
            quoted(self.other),
            quoted(self.from),
            self.same_key("rowgate_m"),
            self.same_key("rowgate_o"),
            self.same_values(),
        )
    }

    /// Compares all values of two tables, named `rowgate_o` and `rowgate_m`.
    fn same_values(&self) -> String {
        let is_same = |Column { name, column_type, .. }: &Column| {
            let pair = ["rowgate_o", "rowgate_m"];
            let name = quoted(name);
            pair.map(|of| column_type.exact(&format!("{of}.{name}"))).join(" <=> ")
        };
        self.table.columns.iter().map(is_same).collect::<Vec<_>>().join(" AND ")
    }

    /// Compares the keys of a table by its alias with those of the one whose rows are looked at, by its name.
    ///
    /// Each alias begins with `rowgate_`: another one would hide a table of that name.
    fn same_key(&self, alias: &str) -> String {
        let from = quoted(self.from);
        let same = |column: &Column| {
            let key = quoted(column.name);
            format!("{alias}.{key} = {from}.{key}")
        };
        self.table.key_columns().map(same).collect::<Vec<_>>().join(" AND ")
    }
}

/// The parts of the key as texts, as a list of SQL.
pub(super) fn key_texts(table: &Table) -> String {
    let part = |column: &Column| column.key_text(&quoted(column.name));
    table.key_columns().map(part).collect::<Vec<_>>().join(", ")
}

/// Keys that were answered, as users read them.
pub(super) fn shown_keys(records: &[Vec<Field>]) -> Vec<String> {
    let keys = records.iter().filter_map(|row| KeyText::of_fields(row));
    keys.map(|key| key.to_string()).collect()
}

fn unread(error: crate::aws::host::CallError) -> RestoreError {
    RestoreError::Database { doing: "tables are not compared", error }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::schema::{longest_statement, wide_tables};

    #[test]
    fn a_comparison_is_no_longer_than_the_build_takes_it_for() {
        for table in wide_tables() {
            let from = format!("{}__restore_20270115_080000_1a2b", table.name);
            let pair = Pair { table, from: &from, other: table.name, above: None };
            let longest = longest_statement(table);
            assert!(pair.count(&pair.is_different(), true).len() <= longest, "{table:?}");
            let key = KeyText::of(table.key.iter().map(|_| Some("x".into()))).unwrap();
            let (conditions, _) = pair.between(Some(&key), Some(&key));
            assert!(pair.delete(conditions).len() <= longest, "{table:?}");
        }
    }
}
