//! Rows with a parameter for each value: only so do the ids that the database gives follow each other.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::Value;

use super::chunk::Chunk;
use super::verb::verb;
use crate::base::sql_text::quoted;
use crate::table::record::ColumnSet;
use crate::table::schema::{Column, Table};
use crate::table::types::Definition;

/// The most characters of SQL for the rows of one statement, of which a call takes 65,536.
const ROWS_LIMIT: usize = 56_000;

/// A parameter with the most digits that a statement has.
const LONGEST: &str = ":p99999";

/// The rows that one statement takes which carry these columns.
pub(crate) fn most_rows(table: &Table, columns: &ColumnSet) -> usize {
    let names: usize = columns.of(table).map(|column| column.name.len() + 4).sum();
    let value = |column: &Column| column.column_type.written(LONGEST).len() + 2;
    let row: usize = columns.of(table).map(value).sum::<usize>() + 4;
    (ROWS_LIMIT.saturating_sub(names) / row).max(1)
}

/// Writes a chunk's rows, and the values of its parameters, `:p0` and so on.
pub(crate) fn insert_row_values(table: &Table, chunk: &Chunk) -> (String, Vec<String>) {
    let columns: Vec<_> = chunk.columns().of(table).collect();
    let mut values = Vec::new();
    let mut rows = Vec::new();
    for row in 0..chunk.rows() {
        let cells = chunk.values(row);
        let cells =
            columns.iter().zip(cells).map(|(column, value)| cell(column, value, &mut values));
        rows.push(format!("({})", cells.collect::<Vec<_>>().join(", ")));
    }
    let names: Vec<_> = columns.iter().map(|column| quoted(column.name)).collect();
    let (insert, table) = (verb("INSERT", table), quoted(table.name));
    let sql = format!("{insert} INTO {table} ({}) VALUES {}", names.join(", "), rows.join(", "));
    (sql, values)
}

fn cell(column: &Column, value: Value, values: &mut Vec<String>) -> String {
    let text = match value {
        Value::Null => return "NULL".into(),
        Value::String(text) => text,
        number => format!("{number}"),
    };
    values.push(text);
    column.column_type.written(&format!(":p{}", values.len() - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::record::{Place, RawField, RawRow, Record};
    use crate::table::schema::{table, wide_tables};
    use alloc::borrow::Cow;

    #[test]
    fn each_value_is_a_parameter() {
        let employees = table("employees").unwrap();
        let mut chunk = Chunk::default();
        for job in [RawField::Null, RawField::Integer(-7)] {
            let text = |text| RawField::Text(Cow::Borrowed(text));
            let fields = alloc::vec![
                RawField::Absent,
                text("O'Leary"),
                text("2021-07-27T16:02:08Z"),
                RawField::Absent,
                job,
            ];
            let place = Place { index: Some(0), line: None };
            let row = RawRow { place, fields, errors: Vec::new() };
            assert!(chunk.push(&Record::parse(employees, row, false).unwrap(), place));
        }
        let (sql, values) = insert_row_values(employees, &chunk);
        assert_eq!(
            sql,
            "INSERT INTO `employees` (`name`, `datetime`, `job_id`) \
             VALUES (:p0, :p1, NULL), (:p2, :p3, :p4)"
        );
        let at = "2021-07-27T16:02:08Z";
        assert_eq!(values, ["O'Leary", at, "O'Leary", at, "-7"]);
    }

    #[test]
    fn a_statement_of_the_most_rows_is_not_too_long() {
        for table in wide_tables() {
            let columns = table.columns.iter().map(|it| it.column_type.written(LONGEST).len() + 2);
            let names: usize = table.columns.iter().map(|it| it.name.len() + 4).sum();
            let row = columns.sum::<usize>() + 4;
            let most = most_rows(table, &ColumnSet::ALL);
            assert!(most == 1 || names + most * row <= ROWS_LIMIT);
            assert!(names + row + 200 < 65_536, "{}", table.name);
        }
    }
}
