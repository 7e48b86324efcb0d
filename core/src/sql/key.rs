//! The primary key of a table in SQL: each of its parts is compared by itself.
//!
//! A comparison of rows, `(a, b) > (1, 2)`, says the same and uses no index.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::base::sql_text::quoted;
use crate::table::schema::{Column, Table};

/// Compares the key of the table, named `e`, with texts: each part with what `text` says for its place in
/// the key and its column.
pub(crate) fn same_key(table: &Table, text: impl Fn(usize, &Column) -> String) -> String {
    let part = |(place, column): (usize, &'static Column)| {
        let text = text(place, column);
        let equal = format!("e.{} = {}", quoted(column.name), column.key_operand(&text));
        core::iter::once(equal).chain(column.key_holds(&text))
    };
    let parts: Vec<_> = table.key_columns().enumerate().flat_map(part).collect();
    parts.join(" AND ")
}

/// The rows of a parameter, named `r`, of which only the keys are taken: with their numbers `n` from 1, and
/// as `k0`, `k1` and so on the parts, which are at these positions of a row.
pub(crate) fn key_rows(parameter: &str, positions: &[usize]) -> String {
    let part = |(place, position): (usize, &usize)| {
        format!("{} TEXT CHARACTER SET utf8mb4 PATH '$[{position}]'", key_source(place))
    };
    let parts: Vec<_> = positions.iter().enumerate().map(part).collect();
    format!(
        "JSON_TABLE(CONVERT(:{parameter} USING utf8mb4), '$[*]' COLUMNS(n FOR ORDINALITY, {})) AS r",
        parts.join(", ")
    )
}

/// A part of the key in [`key_rows`].
pub(crate) fn key_source(place: usize) -> String {
    format!("k{place}")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::table::schema::ColumnType;

    const fn int(name: &'static str) -> Column {
        Column::new(name, ColumnType::known("int", None, None))
    }

    const COLUMNS: [Column; 5] = [
        int("v"),
        int("a"),
        Column {
            collation: Some("utf8mb4_unicode_ci"),
            ..Column::new("b", ColumnType::known("varchar(9)", None, Some("utf8mb4_unicode_ci")))
        },
        Column {
            collation: Some("latin1_bin"),
            ..Column::new("c", ColumnType::known("char(9)", None, Some("latin1_bin")))
        },
        Column::new("d", ColumnType::known("date", None, None)),
    ];

    /// Tables of the columns `v`, `a`, `b`, `c` and `d`, with keys of one to four parts.
    pub(crate) static KEYS: [Table; 4] = {
        const fn table(key: &'static [usize]) -> Table {
            Table { key, ..Table::new("t", &COLUMNS) }
        }
        [table(&[1]), table(&[1, 2]), table(&[4, 2, 1]), table(&[1, 2, 3, 4])]
    };

    #[test]
    fn each_part_is_compared_by_its_type_and_collation() {
        let same = |table| same_key(table, |place, _| format!("r.k{place}"));
        assert_eq!(same(&KEYS[0]), "e.`a` = CAST(r.k0 AS SIGNED)");
        assert_eq!(
            same(&KEYS[1]),
            "e.`a` = CAST(r.k0 AS SIGNED) \
             AND e.`b` = CONVERT(r.k1 USING utf8mb4) COLLATE utf8mb4_unicode_ci"
        );
        assert_eq!(
            same(&KEYS[2]),
            "e.`d` = CAST(r.k0 AS DATE) \
             AND e.`b` = CONVERT(r.k1 USING utf8mb4) COLLATE utf8mb4_unicode_ci \
             AND e.`a` = CAST(r.k2 AS SIGNED)"
        );
        assert!(same(&KEYS[3]).ends_with(
            " AND e.`c` = CONVERT(CONVERT(r.k2 USING utf8mb4) USING latin1) COLLATE latin1_bin \
             AND CONVERT(CONVERT(r.k2 USING latin1) USING utf8mb4) = r.k2 COLLATE utf8mb4_bin \
             AND e.`d` = CAST(r.k3 AS DATE)"
        ));
    }
}
