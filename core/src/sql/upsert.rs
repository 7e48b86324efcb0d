//! SQL text that finds the rows of a statement in the table by a key, and writes them by what was found.
//!
//! A key is a list of whole columns, which the rows carry. What is looked for is locked, and is what is
//! committed, also where the transaction's snapshot is older; MySQL locks no JSON_TABLE, so that
//! each look at a table is a query of its own within the query of the rows.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::statement::{AFTER, OnDuplicate, PAGE, ROWS, write};
use super::verb::verb;
use crate::base::sql_text::quoted;
use crate::table::record::ColumnSet;
use crate::table::schema::{Column, ForeignKey, Table};
use crate::table::types::Definition;

/// A table, the columns that the rows of a statement carry, and the key by which they are known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeyedRows<'k> {
    pub(crate) table: &'k Table,
    pub(crate) columns: &'k ColumnSet,
    /// The positions of the key's columns in the table.
    pub(crate) key: &'k [usize],
}

/// How rows that are looked at are kept from changing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowLock {
    /// They are not.
    None,
    /// Others may read them with a lock, too.
    Share,
    /// They are about to be updated.
    Update,
}

impl RowLock {
    fn sql(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Share => " LOCK IN SHARE MODE",
            Self::Update => " FOR UPDATE",
        }
    }
}

impl KeyedRows<'_> {
    /// Names, by their number from 1, the rows whose key the table has; page by page, as
    /// [`existing`](super::statement::existing) does.
    pub(crate) fn existing(&self, lock: RowLock) -> String {
        let found = self.found(&self.same(), lock);
        self.numbers(self.key, &format!("{found} = 1"))
    }

    /// The same of rows that have the values of another key of the table in common with another row than
    /// their own. Rows without a value in it have none in common.
    pub(crate) fn conflicts(&self, other: &[usize], lock: RowLock) -> String {
        let same = KeyedRows { key: other, table: self.table, columns: self.columns }.same();
        // Rows without a key of their own are new.
        let another = match self.carries(self.key) {
            true => format!("{same} AND NOT ({})", self.same()),
            false => same,
        };
        let needed: Vec<_> = match self.carries(self.key) {
            true => other.iter().chain(self.key).copied().collect(),
            false => other.to_vec(),
        };
        self.numbers(&needed, &format!("{} = 1", self.found(&another, lock)))
    }

    /// The same of rows whose values of the key an earlier row of the statement has; each with the number
    /// of the first one behind its own.
    pub(crate) fn duplicates(&self) -> String {
        let parts: Vec<_> = self.key.iter().map(|at| self.operand(*at)).collect();
        let given: Vec<_> = self.key.iter().map(|at| format!("r.c{at} IS NOT NULL")).collect();
        format!(
            "SELECT d.n, d.m FROM (SELECT r.n AS n, MIN(r.n) OVER (PARTITION BY {}) AS m \
             FROM {} WHERE {}) AS d \
             WHERE d.n <> d.m AND d.n > CAST(:{AFTER} AS UNSIGNED) ORDER BY d.n LIMIT {PAGE}",
            parts.join(", "),
            self.source(self.key),
            given.join(" AND "),
        )
    }

    /// Names the rows whose parent by a foreign key is not there. Rows without a value in it have none.
    pub(crate) fn orphans(&self, foreign: &ForeignKey, lock: RowLock) -> String {
        let pairs = foreign.references.iter().zip(foreign.columns);
        let same: Vec<_> =
            pairs.map(|(name, at)| format!("e.{} = {}", quoted(name), self.operand(*at))).collect();
        let given: Vec<_> =
            foreign.columns.iter().map(|at| format!("r.c{at} IS NOT NULL")).collect();
        let condition = format!(
            "{} AND (SELECT 1 FROM {} AS e WHERE {} LIMIT 1{}) IS NULL",
            given.join(" AND "),
            quoted(foreign.parent.name),
            same.join(" AND "),
            lock.sql()
        );
        self.numbers(foreign.columns, &condition)
    }

    /// Gives the rows of the table that have the rows' keys the values that come, but for those keys and
    /// the primary key. `None` where there are no such values.
    pub(crate) fn update(&self) -> Option<String> {
        let is_set =
            |at: &usize| self.columns.has(*at) && !self.key.contains(at) && !self.table.is_key(*at);
        let set: Vec<_> = (0..self.table.columns.len()).filter(is_set).collect();
        let value = |at: &usize| {
            let column = self.column(*at);
            let written = column.column_type.written(&format!("r.c{at}"));
            format!("e.{} = {written}", quoted(column.name))
        };
        let values: Vec<_> = set.iter().map(value).collect();
        let needed: Vec<_> = self.key.iter().chain(&set).copied().collect();
        // MariaDB would begin with a small table, and read the rows anew for each of its own.
        (!set.is_empty()).then(|| {
            format!(
                "{} {} STRAIGHT_JOIN {} AS e ON {} SET {}",
                verb("UPDATE", self.table),
                self.source(&needed),
                quoted(self.table.name),
                self.same(),
                values.join(", ")
            )
        })
    }

    /// Writes the rows whose key the table does not have.
    pub(crate) fn keep(&self) -> String {
        let named = |at: &usize| {
            let column = self.column(*at);
            let value = column.key_operand(&format!("r.{}", quoted(column.name)));
            format!("e.{} = {value}", quoted(column.name))
        };
        let same: Vec<_> = self.key.iter().map(named).collect();
        format!(
            "{} WHERE NOT EXISTS (SELECT 1 FROM {} AS e WHERE {})",
            write(self.table, self.columns, OnDuplicate::Fail),
            quoted(self.table.name),
            same.join(" AND ")
        )
    }

    /// Whether every row carries these columns.
    pub(crate) fn carries(&self, columns: &[usize]) -> bool {
        columns.iter().all(|at| self.columns.has(*at))
    }

    fn column(&self, at: usize) -> &'static Column {
        &self.table.columns[at]
    }

    /// The numbers of the rows for which a condition on these columns is true.
    fn numbers(&self, needed: &[usize], condition: &str) -> String {
        format!(
            "SELECT r.n FROM {} WHERE {condition} AND r.n > CAST(:{AFTER} AS UNSIGNED) \
             ORDER BY r.n LIMIT {PAGE}",
            self.source(needed)
        )
    }

    /// The look at a row of the table, named `e`: 1, or NULL where there is none.
    fn found(&self, condition: &str, lock: RowLock) -> String {
        let (table, lock) = (quoted(self.table.name), lock.sql());
        format!("(SELECT 1 FROM {table} AS e WHERE {condition} LIMIT 1{lock})")
    }

    /// Whether a row of the table, named `e`, has the row's key.
    fn same(&self) -> String {
        let part =
            |at: &usize| format!("e.{} = {}", quoted(self.column(*at).name), self.operand(*at));
        self.key.iter().map(part).collect::<Vec<_>>().join(" AND ")
    }

    fn operand(&self, at: usize) -> String {
        self.column(at).key_operand(&format!("r.c{at}"))
    }

    /// The rows as a derived table named `r`, with these columns alone, each by its position in the table.
    fn source(&self, needed: &[usize]) -> String {
        let mut needed = needed.to_vec();
        needed.sort_unstable();
        needed.dedup();
        let column = |at: &usize| {
            let (source, path) =
                (self.column(*at).column_type.source(), self.columns.position(*at));
            format!("c{at} {source} PATH '$[{path}]'")
        };
        let columns: Vec<_> = needed.iter().map(column).collect();
        format!(
            "JSON_TABLE(CONVERT(:{ROWS} USING utf8mb4), '$[*]' COLUMNS(n FOR ORDINALITY, {})) AS r",
            columns.join(", ")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::schema::ParentTable;
    use crate::table::schema::{ColumnType, table};

    static COLUMNS: [Column; 4] = [
        Column { nullable: false, ..Column::new("id", ColumnType::known("int", None, None)) },
        Column {
            collation: Some("utf8mb4_unicode_ci"),
            ..Column::new("email", ColumnType::known("varchar(9)", None, None))
        },
        Column {
            collation: Some("latin1_swedish_ci"),
            ..Column::new("a`b", ColumnType::known("char(2)", None, Some("latin1_swedish_ci")))
        },
        Column::new("boss", ColumnType::known("int", None, None)),
    ];

    static STAFF: Table = Table::new("staff", &COLUMNS);

    static ALL: ColumnSet = ColumnSet::ALL;

    fn rows(key: &[usize]) -> KeyedRows<'_> {
        KeyedRows { table: &STAFF, columns: &ALL, key }
    }

    const ID: &str = "c0 TEXT CHARACTER SET utf8mb4 PATH '$[0]'";
    const EMAIL: &str = "c1 TEXT CHARACTER SET utf8mb4 PATH '$[1]'";
    const SHORT: &str = "c2 LONGTEXT CHARACTER SET utf8mb4 PATH '$[2]'";
    const PAGED: &str = "r.n > CAST(:after AS UNSIGNED) ORDER BY r.n LIMIT 20000";

    fn source(columns: &[&str]) -> String {
        format!(
            "JSON_TABLE(CONVERT(:rows USING utf8mb4), '$[*]' COLUMNS(n FOR ORDINALITY, {})) AS r",
            columns.join(", ")
        )
    }

    #[test]
    fn rows_are_looked_for_by_their_key_with_a_lock() {
        assert_eq!(
            rows(&[0]).existing(RowLock::Update),
            format!(
                "SELECT r.n FROM {} WHERE (SELECT 1 FROM `staff` AS e \
                 WHERE e.`id` = CAST(r.c0 AS SIGNED) LIMIT 1 FOR UPDATE) = 1 AND {PAGED}",
                source(&[ID])
            )
        );
        assert_eq!(
            rows(&[2, 1]).existing(RowLock::None),
            format!(
                "SELECT r.n FROM {} WHERE (SELECT 1 FROM `staff` AS e WHERE \
                 e.`a``b` = CONVERT(CONVERT(r.c2 USING utf8mb4) USING latin1) COLLATE latin1_swedish_ci AND \
                 e.`email` = CONVERT(r.c1 USING utf8mb4) COLLATE utf8mb4_unicode_ci LIMIT 1) = 1 AND {PAGED}",
                source(&[EMAIL, SHORT])
            )
        );
    }

    #[test]
    fn an_update_sets_what_is_no_key() {
        assert_eq!(
            rows(&[1]).update().unwrap(),
            format!(
                "UPDATE {} STRAIGHT_JOIN `staff` AS e ON e.`email` = CONVERT(r.c1 USING utf8mb4) COLLATE utf8mb4_unicode_ci \
                 SET e.`a``b` = CONVERT(r.c2 USING utf8mb4), e.`boss` = r.c3",
                source(&[EMAIL, SHORT, "c3 TEXT CHARACTER SET utf8mb4 PATH '$[3]'"])
            )
        );
        let jobs = table("jobs").unwrap();
        let all = KeyedRows { table: jobs, columns: &ColumnSet::ALL, key: &[0, 1] };
        assert_eq!(all.update(), None);
    }

    #[test]
    fn conflicts_are_with_other_rows() {
        let found = rows(&[0]).conflicts(&[1], RowLock::Share);
        assert!(found.contains(
            "e.`email` = CONVERT(r.c1 USING utf8mb4) COLLATE utf8mb4_unicode_ci AND NOT (e.`id` = CAST(r.c0 AS SIGNED)) \
             LIMIT 1 LOCK IN SHARE MODE) = 1"
        ));
        assert_eq!(
            rows(&[1]).duplicates(),
            format!(
                "SELECT d.n, d.m FROM (SELECT r.n AS n, MIN(r.n) OVER \
                 (PARTITION BY CONVERT(r.c1 USING utf8mb4) COLLATE utf8mb4_unicode_ci) AS m FROM {} \
                 WHERE r.c1 IS NOT NULL) AS d WHERE d.n <> d.m AND \
                 d.n > CAST(:after AS UNSIGNED) ORDER BY d.n LIMIT 20000",
                source(&[EMAIL])
            )
        );
    }

    #[test]
    fn orphans_have_a_value_and_no_parent() {
        let foreign = ForeignKey {
            name: "f",
            columns: &[3],
            parent: ParentTable::here("staff"),
            references: &["id"],
        };
        assert_eq!(
            rows(&[0]).orphans(&foreign, RowLock::Share),
            format!(
                "SELECT r.n FROM {} WHERE r.c3 IS NOT NULL AND (SELECT 1 FROM `staff` AS e \
                 WHERE e.`id` = CAST(r.c3 AS SIGNED) LIMIT 1 LOCK IN SHARE MODE) IS NULL AND {PAGED}",
                source(&["c3 TEXT CHARACTER SET utf8mb4 PATH '$[3]'"])
            )
        );
    }

    #[test]
    fn rows_are_kept_by_any_key() {
        let sql = rows(&[1]).keep();
        assert!(sql.ends_with(
            "WHERE NOT EXISTS (SELECT 1 FROM `staff` AS e \
             WHERE e.`email` = CONVERT(r.`email` USING utf8mb4) COLLATE utf8mb4_unicode_ci)"
        ));
    }
}
