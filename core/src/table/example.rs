//! An example row of a table.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::table::schema::{Column, Table};
use crate::table::types::{Definition, Rules};
use crate::table::value::RawField;

/// Texts of which one is a value of most types.
const TEXTS: [&str; 6] =
    ["Example", "A", "2026-01-31T12:00:00Z", "2026-01-31 12:00:00", "2026-01-31", "1.5"];

/// A row as a JSON object, with the key and the columns that must not be NULL.
///
/// A column of whose type no example is known is left out.
pub fn example_row(table: &Table) -> String {
    let columns = table.columns.iter().enumerate();
    let needed = columns.filter(|(at, column)| table.is_key(*at) || !column.nullable);
    let member =
        |(_, column): (usize, &Column)| Some(format!(r#""{}":{}"#, column.name, value(column)?));
    let members: Vec<_> = needed.filter_map(member).collect();
    format!("{{{}}}", members.join(","))
}

fn value(column: &Column) -> Option<String> {
    let takes = |field| column.column_type.parse(field, &Rules::default()).is_ok();
    if takes(RawField::Integer(1)) {
        return Some(1.to_string());
    }
    let text = TEXTS.into_iter().find(|text| takes(RawField::Text(Cow::Borrowed(text))))?;
    Some(format!(r#""{text}""#))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::schema::table;

    #[test]
    fn a_row_has_what_it_needs() {
        assert_eq!(
            example_row(table("employees").unwrap()),
            r#"{"id":1,"name":"Example","datetime":"2026-01-31T12:00:00Z"}"#
        );
    }
}
