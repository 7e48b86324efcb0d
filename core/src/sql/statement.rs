//! SQL text per table and purpose.
//!
//! The rows of a statement are one parameter, a JSON array of arrays that `JSON_TABLE` unfolds. What its
//! columns are, and what is made of them, the types of the target's columns say.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::base::sql_text::{literal, quoted};
use crate::sql::key::{key_rows, key_source, same_key};
#[cfg(feature = "avro")]
use crate::sql::verb::insert_into;
use crate::sql::verb::verb;
use crate::table::record::ColumnSet;
use crate::table::schema::{Column, Table};
use crate::table::types::Definition;

/// The parameter that carries the rows.
pub const ROWS: &str = "rows";

/// The parameter of [`existing`] that says after which row to go on.
pub const AFTER: &str = "after";

/// The most rows that one call of [`existing`] names: about half of the 1 MiB that an answer may
/// have.
pub const PAGE: usize = 20_000;

/// With no more bytes of rows than this a statement that takes 45 seconds is not slow for its rows, but
/// waits for a lock.
pub(crate) const SLOW_BYTES: usize = 64 << 10;

/// What to do with a row whose key the table has already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnDuplicate {
    /// It is an error of the row.
    #[default]
    Fail,
    /// The row in the table stays as it is.
    Keep,
    /// The row in the table gets the new values; columns that do not come stay as they are.
    Update,
}

/// Writes every row of [`ROWS`], each of these columns, into the table.
///
/// A column that is not named gets the database's DEFAULT in a new row. An update writes nothing at
/// all while [`other_unique_keys`] has an answer: a row that has another row's value in one of
/// those keys would be written over that row.
pub fn write(table: &Table, columns: &ColumnSet, on_duplicate: OnDuplicate) -> String {
    let insert = verb("INSERT", table);
    let mut sql = format!("{insert} INTO {}", quoted(table.name)) + &rows_of(table, columns);
    match on_duplicate {
        OnDuplicate::Fail => {}
        OnDuplicate::Keep => {
            let rows = rows_alias(table);
            let key = same_key(table, |_, column| format!("{rows}.{}", quoted(column.name)));
            sql += &format!(
                " WHERE NOT EXISTS (SELECT 1 FROM {} AS e WHERE {key})",
                quoted(table.name)
            );
        }
        OnDuplicate::Update => {
            sql += &format!(" WHERE NOT EXISTS ({})", other_unique_keys(table));
            sql += &or_update(table.name, table, columns);
        }
    }
    sql
}

/// Writes every row of [`ROWS`], each of these columns, into a table of that name that only rowgate
/// writes, over rows that have its keys.
#[cfg(feature = "avro")]
pub(crate) fn write_into(name: &str, table: &Table, columns: &ColumnSet) -> String {
    insert_into(name, table) + &rows_of(table, columns) + &or_update(name, table, columns)
}

/// Names the unique keys that the live table has besides the primary one.
///
/// A user sees them if it may write the table.
pub fn other_unique_keys(table: &Table) -> String {
    format!(
        "SELECT DISTINCT s.INDEX_NAME FROM information_schema.STATISTICS AS s \
         WHERE s.TABLE_SCHEMA = DATABASE() AND s.TABLE_NAME = {} AND s.NON_UNIQUE = 0 \
         AND s.INDEX_NAME <> 'PRIMARY'",
        literal(table.name)
    )
}

/// Names, by their number from 1, the rows of [`ROWS`] whose key the table has already.
///
/// `key` has the positions of the key's parts in a row. Answers at most [`PAGE`] numbers, in order, all
/// greater than [`AFTER`].
pub fn existing(table: &Table, key: &[usize]) -> String {
    let found = format!("JOIN {} AS e ON {} WHERE", quoted(table.name), of_key_rows(table));
    numbers(key, &found)
}

/// The same of what is committed, also where the transaction's snapshot is older. The rows that
/// it names are locked until the transaction's end, in a query of their own: MySQL locks no JSON_TABLE.
pub(crate) fn existing_by_now(table: &Table, key: &[usize]) -> String {
    let found = format!(
        "WHERE (SELECT 1 FROM {} AS e WHERE {} LOCK IN SHARE MODE) = 1 AND",
        quoted(table.name),
        of_key_rows(table)
    );
    numbers(key, &found)
}

/// The numbers of the rows of [`ROWS`] for which something is found.
fn numbers(key: &[usize], found: &str) -> String {
    format!(
        "SELECT r.n FROM {} {found} r.n > CAST(:{AFTER} AS UNSIGNED) ORDER BY r.n LIMIT {PAGE}",
        key_rows(ROWS, key)
    )
}

/// Names the rows of [`ROWS`], which are keys alone, that are one key with an earlier row by the collation
/// of a part, each with the first such row; both by their numbers from 1.
///
/// Answers at most [`PAGE`], in order, all behind [`AFTER`]. By a window, since GROUP BY is not always of
/// the same mind as an index.
pub(crate) fn same_keys(table: &Table) -> String {
    let positions: Vec<_> = (0..table.key.len()).collect();
    let part = |(place, column): (usize, &'static Column)| {
        column.key_operand(&format!("r.{}", key_source(place)))
    };
    let parts: Vec<_> = table.key_columns().enumerate().map(part).collect();
    format!(
        "SELECT d.n, d.first_n FROM (SELECT r.n, MIN(r.n) OVER (PARTITION BY {}) AS first_n FROM {}) AS d \
         WHERE d.n <> d.first_n AND d.n > CAST(:{AFTER} AS UNSIGNED) ORDER BY d.n LIMIT {PAGE}",
        parts.join(", "),
        key_rows(ROWS, &positions)
    )
}

/// Compares the key of the table, named `e`, with that of a row of its keys.
fn of_key_rows(table: &Table) -> String {
    same_key(table, |place, _| format!("r.{}", key_source(place)))
}

/// What is inserted.
fn rows_of(table: &Table, columns: &ColumnSet) -> String {
    let names = list(table, columns, |column| quoted(column.name));
    let rows = rows_alias(table);
    let values = list(table, columns, |column| value(rows, column));
    format!(" ({names}) SELECT {values} FROM {}", rows_source(table, columns))
}

/// The new values of every column but the key's; rows of keys alone have nothing to change.
fn or_update(into: &str, table: &Table, columns: &ColumnSet) -> String {
    let is_key = |column: &Column| table.key_columns().any(|part| part.name == column.name);
    let others = columns.of(table).filter(|column| !is_key(column));
    let rows = rows_alias(table);
    let set = |column: &Column| format!("{} = {}", quoted(column.name), value(rows, column));
    let all: Vec<_> = others.map(set).collect();
    let all = match all.is_empty() {
        true => {
            let key = format!("{}.{}", quoted(into), quoted(table.key_column().name));
            format!("{key} = {key}")
        }
        false => all.join(", "),
    };
    format!(" ON DUPLICATE KEY UPDATE {all}")
}

/// The alias of [`rows_source`], which is another than the name of the table: an update names both.
fn rows_alias(table: &Table) -> &'static str {
    if table.name.eq_ignore_ascii_case("r") { "q" } else { "r" }
}

/// What a column is given of its row in [`rows_source`], by its alias.
fn value(rows: &str, column: &Column) -> String {
    column.column_type.written(&format!("{rows}.{}", quoted(column.name)))
}

/// The columns of a table, as a list of SQL.
#[cfg(feature = "avro")]
pub(crate) fn columns(table: &Table) -> String {
    list(table, &ColumnSet::ALL, |column| quoted(column.name))
}

/// The rows as a derived table.
fn rows_source(table: &Table, columns: &ColumnSet) -> String {
    let mut position = 0;
    let columns = list(table, columns, |column| {
        position += 1;
        let (name, source) = (quoted(column.name), column.column_type.source());
        format!("{name} {source} PATH '$[{}]'", position - 1)
    });
    let alias = rows_alias(table);
    format!("JSON_TABLE(CONVERT(:{ROWS} USING utf8mb4), '$[*]' COLUMNS({columns})) AS {alias}")
}

fn list(table: &Table, columns: &ColumnSet, item: impl FnMut(&Column) -> String) -> String {
    columns.of(table).map(item).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::key::tests::KEYS;
    use crate::table::record::{Place, RawField, RawRow, Record};
    use crate::table::schema::{longest_statement, table, wide_tables};
    use alloc::borrow::Cow;

    const NOWHERE: Place = Place { index: None, line: None };

    const INSERT: &str = "INSERT INTO `jobs` (`id`, `job_name`) SELECT r.`id`, r.`job_name` \
         FROM JSON_TABLE(CONVERT(:rows USING utf8mb4), '$[*]' COLUMNS(\
         `id` TEXT CHARACTER SET utf8mb4 PATH '$[0]', \
         `job_name` TEXT CHARACTER SET utf8mb4 PATH '$[1]')) AS r";

    const GUARD: &str = " WHERE NOT EXISTS (SELECT DISTINCT s.INDEX_NAME \
         FROM information_schema.STATISTICS AS s WHERE s.TABLE_SCHEMA = DATABASE() \
         AND s.TABLE_NAME = 'jobs' AND s.NON_UNIQUE = 0 AND s.INDEX_NAME <> 'PRIMARY')";

    #[test]
    fn writing_names_every_column_and_holds_no_value() {
        let jobs = table("jobs").unwrap();
        assert_eq!(write(jobs, &ColumnSet::ALL, OnDuplicate::Fail), INSERT);
        assert_eq!(
            write(jobs, &ColumnSet::ALL, OnDuplicate::Keep),
            format!(
                "{INSERT} WHERE NOT EXISTS \
                 (SELECT 1 FROM `jobs` AS e WHERE e.`id` = CAST(r.`id` AS SIGNED))"
            )
        );
        assert_eq!(
            write(jobs, &ColumnSet::ALL, OnDuplicate::Update),
            format!("{INSERT}{GUARD} ON DUPLICATE KEY UPDATE `job_name` = r.`job_name`")
        );
    }

    #[cfg(feature = "avro")]
    #[test]
    fn a_staging_table_is_written_without_a_look_at_its_keys() {
        let jobs = table("jobs").unwrap();
        assert_eq!(
            write_into("jobs__restore_1", jobs, &ColumnSet::ALL),
            format!("{INSERT} ON DUPLICATE KEY UPDATE `job_name` = r.`job_name`")
                .replace("INTO `jobs`", "INTO `jobs__restore_1`")
        );
    }

    /// The columns of a row of `employees` that has these and no others.
    fn carried(names: &[&str]) -> ColumnSet {
        let employees = table("employees").unwrap();
        let field = |name: &str| match name {
            name if !names.contains(&name) => RawField::Absent,
            "name" => RawField::Text(Cow::Borrowed("Ann")),
            "datetime" => RawField::Text(Cow::Borrowed("2021-07-27T16:02:08Z")),
            _ => RawField::Integer(1),
        };
        let fields = employees.columns.iter().map(|column| field(column.name)).collect();
        let row = RawRow { place: NOWHERE, fields, errors: Vec::new() };
        Record::parse(employees, row, false).unwrap().columns().clone()
    }

    #[test]
    fn columns_that_do_not_come_are_not_named() {
        let employees = table("employees").unwrap();
        let columns = carried(&["id", "name", "datetime", "job_id"]);
        let sql = write(employees, &columns, OnDuplicate::Update);
        assert!(!sql.contains("department_id"), "{sql}");
        assert!(sql.starts_with(
            "INSERT INTO `employees` (`id`, `name`, `datetime`, `job_id`) \
             SELECT r.`id`, r.`name`, r.`datetime`, r.`job_id` FROM"
        ));
        assert!(sql.contains("`job_id` TEXT CHARACTER SET utf8mb4 PATH '$[3]'"), "{sql}");
        assert!(sql.ends_with(
            " ON DUPLICATE KEY UPDATE `name` = r.`name`, `datetime` = r.`datetime`, \
             `job_id` = r.`job_id`"
        ));
        assert_eq!((columns.position(2), columns.position(4)), (2, 3));
    }

    #[test]
    fn existing_rows_are_found_by_their_key() {
        assert_eq!(
            existing(table("jobs").unwrap(), &[0]),
            "SELECT r.n FROM JSON_TABLE(CONVERT(:rows USING utf8mb4), '$[*]' COLUMNS(\
             n FOR ORDINALITY, k0 TEXT CHARACTER SET utf8mb4 PATH '$[0]')) AS r \
             JOIN `jobs` AS e ON e.`id` = CAST(r.k0 AS SIGNED) \
             WHERE r.n > CAST(:after AS UNSIGNED) ORDER BY r.n LIMIT 20000"
        );
    }

    #[test]
    fn keys_of_several_parts_are_told_apart_by_each() {
        let [_, pair, triple, _] = &KEYS;
        let keep = write(pair, &ColumnSet::ALL, OnDuplicate::Keep);
        assert!(keep.ends_with(
            " WHERE NOT EXISTS (SELECT 1 FROM `t` AS e WHERE e.`a` = CAST(r.`a` AS SIGNED) \
             AND e.`b` = CONVERT(r.`b` USING utf8mb4) COLLATE utf8mb4_unicode_ci)"
        ));
        let update = write(triple, &ColumnSet::ALL, OnDuplicate::Update);
        assert!(
            update.ends_with(
                " ON DUPLICATE KEY UPDATE `v` = r.`v`, `c` = CONVERT(r.`c` USING utf8mb4)"
            )
        );
        assert!(existing(triple, &[3, 1, 0]).starts_with(
            "SELECT r.n FROM JSON_TABLE(CONVERT(:rows USING utf8mb4), '$[*]' COLUMNS(n FOR ORDINALITY, \
             k0 TEXT CHARACTER SET utf8mb4 PATH '$[3]', k1 TEXT CHARACTER SET utf8mb4 PATH '$[1]', \
             k2 TEXT CHARACTER SET utf8mb4 PATH '$[0]')) AS r JOIN `t` AS e ON e.`d` = CAST(r.k0 AS DATE) \
             AND e.`b` = CONVERT(r.k1 USING utf8mb4) COLLATE utf8mb4_unicode_ci AND"
        ));
        assert_eq!(
            same_keys(pair),
            "SELECT d.n, d.first_n FROM (SELECT r.n, MIN(r.n) OVER (PARTITION BY CAST(r.k0 AS SIGNED), \
             CONVERT(r.k1 USING utf8mb4) COLLATE utf8mb4_unicode_ci) AS first_n \
             FROM JSON_TABLE(CONVERT(:rows USING utf8mb4), '$[*]' COLUMNS(n FOR ORDINALITY, \
             k0 TEXT CHARACTER SET utf8mb4 PATH '$[0]', k1 TEXT CHARACTER SET utf8mb4 PATH '$[1]')) AS r\
             ) AS d WHERE d.n <> d.first_n AND d.n > CAST(:after AS UNSIGNED) ORDER BY d.n LIMIT 20000"
        );
    }

    #[test]
    fn a_write_is_no_longer_than_the_build_takes_it_for() {
        for table in wide_tables() {
            let staging = format!("{}__restore_20270115_080000_1a2b", table.name);
            let longest = longest_statement(table);
            for duplicate in [OnDuplicate::Fail, OnDuplicate::Keep, OnDuplicate::Update] {
                assert!(write(table, &ColumnSet::ALL, duplicate).len() <= longest, "{table:?}");
            }
            #[cfg(feature = "avro")]
            assert!(write_into(&staging, table, &ColumnSet::ALL).len() <= longest, "{table:?}");
        }
    }
}
