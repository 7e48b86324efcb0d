//! Names of tables and columns as Avro takes them: ASCII letters, digits and `_`, no digit first.

use alloc::borrow::Cow;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::table::schema::Table;

/// The property of a schema's record or field that has the name in the database, where Avro does not take that.
pub(super) const TRUE_NAME: &str = "rowgate_name";

/// A name as it is, or with each character that Avro does not take as `_x` with its number in
/// hexadecimal and `_`: `unit price` is `unit_x20_price`.
pub(super) fn avro_name(name: &str) -> Cow<'_, str> {
    if is_avro_name(name) {
        return Cow::Borrowed(name);
    }
    let mut escaped = String::with_capacity(name.len() + 8);
    for letter in name.chars() {
        let is_first_digit = escaped.is_empty() && letter.is_ascii_digit();
        if (letter.is_ascii_alphanumeric() || letter == '_') && !is_first_digit {
            escaped.push(letter);
        } else {
            escaped += &format!("_x{:x}_", u32::from(letter));
        }
    }
    Cow::Owned(escaped)
}

/// The names of a table's fields, in the order of its columns. One that would be another's has `_` behind it, as
/// often as it takes.
pub(super) fn field_names(table: &Table) -> Vec<Cow<'static, str>> {
    let plain = table.columns.iter().map(|column| column.name).filter(|name| is_avro_name(name));
    let mut taken: BTreeSet<Cow<'_, str>> = plain.map(Cow::Borrowed).collect();
    let name = |name: &'static str| {
        let mut field = avro_name(name);
        if let Cow::Owned(escaped) = &mut field {
            while !taken.insert(Cow::Owned(escaped.clone())) {
                escaped.push('_');
            }
        }
        field
    };
    table.columns.iter().map(|column| column.name).map(name).collect()
}

fn is_avro_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    name.bytes().all(plain) && !name.is_empty() && !name.as_bytes()[0].is_ascii_digit()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::schema::{Column, ColumnType};
    use alloc::boxed::Box;

    fn fields(names: &[&'static str]) -> Vec<Cow<'static, str>> {
        let int = ColumnType::known("int", None, None);
        let columns: Vec<_> = names.iter().map(|name| Column::new(name, int)).collect();
        field_names(&Table::new("t", Box::leak(columns.into_boxed_slice())))
    }

    #[test]
    fn a_name_that_avro_takes_stays() {
        let names = ["id", "_x20_", "A1", "a_x20_b"];
        assert_eq!(fields(&names), names);
    }

    #[test]
    fn each_other_character_has_its_number_and_no_two_fields_one_name() {
        assert_eq!(
            fields(&["unit price", "9", "`", "☺", "a b", "a_x20_b", "a_x20_b c", "a b c"]),
            [
                "unit_x20_price",
                "_x39_",
                "_x60_",
                "_x263a_",
                "a_x20_b_",
                "a_x20_b",
                "a_x20_b_x20_c",
                "a_x20_b_x20_c_"
            ]
        );
    }
}
