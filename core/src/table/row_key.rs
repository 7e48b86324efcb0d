//! The key of a row, as one value.

use alloc::string::String;

use crate::table::record::Record;
use crate::table::schema::Table;
use crate::table::types::significant_cell;
use crate::table::value::Cell;

/// The primary key of a row with these cells: of two rows it differs where any part does.
///
/// It is the same where the parts are byte for byte, but for blanks at the end where they do not count.
/// Which other texts are one key only the database knows, by their column's collation.
pub(crate) fn row_key<'c>(table: &Table, cells: &'c [Cell<'_>]) -> Cell<'c> {
    let part =
        |position: &usize| significant_cell(table.columns[*position].collation, &cells[*position]);
    match table.key {
        [only] => part(only),
        parts => Cell::Text(joined(parts.iter().map(part)).into()),
    }
}

/// Whether a row carries its whole key: the database numbers one that does not.
pub(crate) fn has_key(table: &Table, record: &Record<'_>) -> bool {
    table.key.iter().all(|position| record.columns().has(*position))
}

/// Parts one behind the other, each with its length, so that none runs into the next.
fn joined<'c>(parts: impl Iterator<Item = Cell<'c>>) -> String {
    let mut key = String::new();
    for part in parts {
        match part {
            Cell::Null => key.push('N'),
            Cell::Int(value) => key.push_str(itoa::Buffer::new().format(value)),
            Cell::Text(text) => {
                key.push_str(itoa::Buffer::new().format(text.len()));
                key.push(':');
                key.push_str(&text);
            }
        }
        key.push(';');
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::schema::{Column, ColumnType};
    use alloc::string::ToString;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    const fn text(name: &'static str, collation: &'static str) -> Column {
        let of = ColumnType::known("varchar(9)", None, Some(collation));
        Column { collation: Some(collation), ..Column::new(name, of) }
    }

    static PAIRS: Table = Table {
        key: &[2, 0],
        ..Table::new(
            "pairs",
            &[
                text("a", "utf8mb4_bin"),
                Column::new("v", ColumnType::known("int", None, None)),
                text("b", "utf8mb4_0900_bin"),
            ],
        )
    };

    fn key(a: &str, b: &str) -> String {
        let cells = [Cell::Text(a.into()), Cell::Int(7), Cell::Text(b.into())];
        match row_key(&PAIRS, &cells) {
            Cell::Text(key) => key.to_string(),
            cell => panic!("{cell:?}"),
        }
    }

    #[test]
    fn blanks_at_the_end_of_each_part_count_as_its_collation_says() {
        assert_eq!(key("x ", "y"), key("x", "y"));
        assert_ne!(key("x", "y "), key("x", "y"));
    }

    proptest! {
        #[test]
        fn no_part_runs_into_the_next(
            one in proptest::array::uniform2("[ab:;0-9]{0,4}"),
            other in proptest::array::uniform2("[ab:;0-9]{0,4}"),
        ) {
            let [one_key, other_key] = [&one, &other].map(|[a, b]| key(a, b));
            prop_assert_eq!(one_key == other_key, one == other);
        }

        #[test]
        fn a_key_of_integers_is_their_tuple(
            one in proptest::collection::vec(-20..20_i64, 3),
            other in proptest::collection::vec(-20..20_i64, 3),
        ) {
            static THREE: Table = Table {
                key: &[0, 1, 2],
                ..Table::new(
                    "three",
                    &[
                        Column::new("a", ColumnType::known("int", None, None)),
                        Column::new("b", ColumnType::known("int", None, None)),
                        Column::new("c", ColumnType::known("int", None, None)),
                    ],
                )
            };
            let cells = |values: &[i64]| values.iter().map(|it| Cell::Int(*it)).collect::<Vec<_>>();
            let (one_cells, other_cells) = (cells(&one), cells(&other));
            let same = row_key(&THREE, &one_cells) == row_key(&THREE, &other_cells);
            prop_assert_eq!(same, one == other);
        }
    }
}
