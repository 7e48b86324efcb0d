//! The key of a row as text, as parameters carry it and as users read it.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::aws::data_api::Field;
use crate::base::sql_text::quoted;
use crate::table::schema::{Column, Table};
use crate::table::types::Definition;

/// The key of a row, each part as a text. Of its first parts alone it stands for the whole of what they
/// name.
///
/// Shown as its only part, or as a JSON array of strings.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyText(Vec<String>);

impl KeyText {
    /// Reads what [`Display`](fmt::Display) writes; `None` if no row of the table can have this key.
    pub fn read(table: &Table, text: &str) -> Option<Self> {
        let parts = match table.key.len() {
            1 => Vec::from([text.into()]),
            _ => serde_json::from_str::<Vec<String>>(text).ok()?,
        };
        let takes =
            |(column, part): (&'static Column, &String)| column.column_type.key_kind().takes(part);
        let fits = parts.len() == table.key.len() && table.key_columns().zip(&parts).all(takes);
        fits.then_some(Self(parts))
    }

    /// The first part alone.
    pub(crate) fn first(part: String) -> Self {
        Self(Vec::from([part]))
    }

    /// The parts; `None` where one is missing.
    pub(crate) fn of(parts: impl Iterator<Item = Option<String>>) -> Option<Self> {
        parts.collect::<Option<Vec<_>>>().map(Self)
    }

    /// The parts as the database has answered them.
    pub(crate) fn of_fields(fields: &[Field]) -> Option<Self> {
        if fields.is_empty() { None } else { Self::of(fields.iter().map(Field::text)) }
    }

    /// How many parts there are.
    pub(crate) fn parts(&self) -> usize {
        self.0.len()
    }

    /// The parameters of [`compare_key`] under a name.
    pub(crate) fn parameters(&self, parameter: &str) -> Vec<(String, &str)> {
        let last = self.0.len().saturating_sub(1);
        let each = self.0.iter().enumerate();
        let all = each.flat_map(|(place, part)| {
            core::iter::repeat_n(part.as_str(), if place < last { 2 } else { 1 })
        });
        let all = all.enumerate();
        all.map(|(number, part)| (numbered(parameter, self.0.len(), number), part)).collect()
    }
}

/// Parameters as a statement takes them.
pub(crate) fn borrowed<'p>(parameters: &'p [(String, &'p str)]) -> Vec<(&'p str, &'p str)> {
    parameters.iter().map(|(name, part)| (name.as_str(), *part)).collect()
}

impl fmt::Display for KeyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [only] => f.write_str(only),
            parts => f.write_str(&serde_json::to_string(parts).map_err(|_| fmt::Error)?),
        }
    }
}

/// Without the values, which are a row's.
impl fmt::Debug for KeyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyText of {} parts", self.0.len())
    }
}

/// Compares the first `parts` parts of the key of the table with those of a key, by `>`, `<` or `<=`.
///
/// Each parameter has a name of its own, by [`KeyText::parameters`].
pub(crate) fn compare_key(table: &Table, parts: usize, operator: &str, parameter: &str) -> String {
    let strict = &operator[..1];
    let mut number = 0;
    let mut operand = |column: &Column| {
        number += 1;
        column.key_operand(&format!(":{}", numbered(parameter, parts, number - 1)))
    };
    let mut sql = String::new();
    for (place, column) in table.key_columns().take(parts).enumerate() {
        let name = quoted(column.name);
        sql += &match place + 1 == parts {
            true => format!("{name} {operator} {}", operand(column)),
            false => {
                let (beyond, same) = (operand(column), operand(column));
                format!("({name} {strict} {beyond} OR {name} = {same} AND ")
            }
        };
    }
    sql + &")".repeat(parts.saturating_sub(1))
}

/// The name of a parameter, of which one part needs one.
fn numbered(parameter: &str, parts: usize, number: usize) -> String {
    if parts == 1 { parameter.into() } else { format!("{parameter}_{}", number + 1) }
}

#[cfg(test)]
mod tests {
    use super::super::key::tests::KEYS;
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn keys_are_compared_part_by_part_each_with_a_parameter_of_its_own() {
        let a = |n| format!("CAST(:after{n} AS SIGNED)");
        let b = |n| format!("CONVERT(:after{n} USING utf8mb4) COLLATE utf8mb4_unicode_ci");
        let d = |n| format!("CAST(:after{n} AS DATE)");
        let compare =
            |table: &Table, operator| compare_key(table, table.key.len(), operator, "after");
        assert_eq!(compare(&KEYS[0], ">"), format!("`a` > {}", a("")));
        assert_eq!(
            compare(&KEYS[1], ">"),
            format!("(`a` > {} OR `a` = {} AND `b` > {})", a("_1"), a("_2"), b("_3"))
        );
        assert_eq!(
            compare(&KEYS[2], "<="),
            format!(
                "(`d` < {} OR `d` = {} AND (`b` < {} OR `b` = {} AND `a` <= {}))",
                d("_1"),
                d("_2"),
                b("_3"),
                b("_4"),
                a("_5")
            )
        );
        assert_eq!(compare(&KEYS[3], ">").matches(":after").count(), 7);
        assert_eq!(compare_key(&KEYS[3], 1, ">", "after"), compare(&KEYS[0], ">"));
        for table in &KEYS {
            let key = KeyText(table.key.iter().map(ToString::to_string).collect());
            let sql = compare(table, ">");
            let parameters = key.parameters("after");
            for (name, value) in &parameters {
                assert_eq!(sql.matches(&format!(":{name} ")).count(), 1, "{name} in {sql}");
                let column = &table.columns[value.parse::<usize>().unwrap()];
                let (before, _) = sql.split_once(&format!(":{name} ")).unwrap();
                let compared = before.rsplit('`').nth(1).unwrap();
                assert_eq!(compared, column.name, "{name} in {sql}");
            }
            assert_eq!(parameters.len(), sql.matches(":after").count());
        }
    }

    #[test]
    fn keys_are_read_as_they_are_written() {
        for (table, text, is_key) in [
            (&KEYS[0], "7", true),
            (&KEYS[0], "x", false),
            (&KEYS[0], r#"["7"]"#, false),
            (&KEYS[1], r#"["7","a\"\\é"]"#, true),
            (&KEYS[1], r#"["x","a"]"#, false),
            (&KEYS[1], r#"["7"]"#, false),
            (&KEYS[1], "7", false),
            (&KEYS[2], r#"["2024-02-29","","-1"]"#, true),
            (&KEYS[2], r#"["2023-02-29","","-1"]"#, false),
        ] {
            let key = KeyText::read(table, text);
            assert_eq!(key.as_ref().map(ToString::to_string).as_deref(), is_key.then_some(text));
        }
    }
}
