//! Rows that one of two tables of the same columns has, and the other one has not or has otherwise.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::error::RestoreError;
use super::tables::run;
use crate::aws::data_api::Field;
use crate::aws::host::{Client, Host};
use crate::backup::{AFTER, Ranges};
use crate::sql::checksum::Checksum;
use crate::sql::key_range::compare_key;
use crate::sql::statement::columns;
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
    pub(super) above: Option<&'p str>,
}

/// Some rows, and the keys of the first of them.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct KeySample {
    /// How many rows.
    pub rows: u64,
    /// Their first keys, at most 20.
    pub first: Vec<String>,
}

impl Pair<'_> {
    /// Copies the rows whose keys the other table does not have, and answers what they are; `stored` hears
    /// of each range. Not the row 0 of a table that numbers its rows, which an INSERT would number anew.
    pub(super) async fn copy_missing<H: Host>(
        &self,
        client: &Client<'_, H>,
        mut stored: impl FnMut(u64) -> Result<(), RestoreError>,
    ) -> Result<Checksum, RestoreError> {
        let (table, missing) = (self.table, self.is_insertable());
        let columns = columns(table);
        let mut copied = Checksum::default();
        let mut ranges = self.ranges(&missing);
        while let Some(range) = ranges.next(client).await.map_err(unread)? {
            let mut conditions = alloc::vec![compare_key(table, "<=", LAST), missing.clone()];
            let mut parameters = alloc::vec![(LAST, range.last.as_str())];
            if let Some(after) = &range.after {
                conditions.push(compare_key(table, ">", AFTER));
                parameters.push((AFTER, after));
            }
            let sql = format!(
                "INSERT INTO `{}` ({columns}) SELECT {columns} FROM `{}` WHERE {}",
                self.other,
                self.from,
                conditions.join(" AND ")
            );
            run(client, &sql, &parameters, "rows are not copied").await?;
            copied.merge(range.content);
            stored(range.content.rows)?;
        }
        Ok(copied)
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
            Some(above) => ranges.behind(above),
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
        let (mut rows, mut after) = (0, self.above.map(String::from));
        loop {
            let sql = self.count(condition, after.is_some());
            let parameters: Vec<_> = after.iter().map(|after| (AFTER, after.as_str())).collect();
            let records = run(client, &sql, &parameters, "tables are not compared").await?.records;
            let [Field::Long(counted), last] = records.first().map(Vec::as_slice).unwrap_or(&[])
            else {
                return Err(RestoreError::Unreadable);
            };
            rows += counted.unsigned_abs();
            match last {
                Field::String(last) if counted.unsigned_abs() >= ROWS as u64 => {
                    after = Some(last.clone());
                }
                _ => break,
            }
        }
        let first = if rows > 0 { self.first_keys(client, condition).await? } else { Vec::new() };
        Ok(KeySample { rows, first })
    }

    /// The count of some rows, and the last one's key.
    fn count(&self, condition: &str, goes_on: bool) -> String {
        let key = self.table.key_column().name;
        let behind = goes_on.then(|| format!("{} AND ", compare_key(self.table, ">", AFTER)));
        format!(
            "SELECT COUNT(*), CAST(MAX(rowgate_key) AS CHAR) FROM (SELECT `{key}` AS rowgate_key \
             FROM `{}` WHERE {}{condition} ORDER BY `{key}` LIMIT {ROWS}) AS rowgate_keys",
            self.from,
            behind.unwrap_or_default()
        )
    }

    async fn first_keys<H: Host>(
        &self,
        client: &Client<'_, H>,
        condition: &str,
    ) -> Result<Vec<String>, RestoreError> {
        let key = self.table.key_column().name;
        let behind = self.above.map(|_| format!("{} AND ", compare_key(self.table, ">", AFTER)));
        let sql = format!(
            "SELECT CAST(`{key}` AS CHAR) FROM `{}` WHERE {}{condition} ORDER BY `{key}` \
             LIMIT {NAMED_KEYS}",
            self.from,
            behind.unwrap_or_default()
        );
        let parameters: Vec<_> = self.above.iter().map(|above| (AFTER, *above)).collect();
        let records = run(client, &sql, &parameters, "tables are not compared").await?.records;
        Ok(records.iter().flatten().filter_map(Field::text).collect())
    }

    fn is_missing(&self) -> String {
        format!("NOT EXISTS (SELECT 1 FROM `{}` AS other WHERE {})", self.other, self.same_key())
    }

    fn is_insertable(&self) -> String {
        let key = self.table.key_column();
        match key.auto_increment {
            true => format!("{} AND `{}` <> 0", self.is_missing(), key.name),
            false => self.is_missing(),
        }
    }

    fn is_different(&self) -> String {
        let is_same = |Column { name, column_type, .. }: &Column| {
            let [o, m] = ["o", "m"].map(|of| column_type.exact(&format!("{of}.`{name}`")));
            format!("{o} <=> {m}")
        };
        let same: Vec<_> = self.table.columns.iter().map(is_same).collect();
        let key = self.table.key_column().name;
        format!(
            "EXISTS (SELECT 1 FROM `{}` AS o JOIN `{from}` AS m ON m.`{key}` = `{from}`.`{key}` \
             WHERE o.`{key}` = `{from}`.`{key}` AND NOT ({}))",
            self.other,
            same.join(" AND "),
            from = self.from,
        )
    }

    fn same_key(&self) -> String {
        let key = self.table.key_column().name;
        format!("other.`{key}` = `{}`.`{key}`", self.from)
    }
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
        }
    }
}
