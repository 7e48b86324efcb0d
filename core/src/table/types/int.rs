//! TINYINT to BIGINT, signed and UNSIGNED, but for BIGINT UNSIGNED.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};

use super::answer::Answer;
use super::avro_type::{AvroType, AvroValue};
use super::comparable::Comparable;
use super::definition::{Definition, Rules};
use super::key_kind::KeyKind;
use super::raw::{is_integer, is_whole_decimal, whole, wrong_type};
use crate::table::cell_forms::Notation;
use crate::table::issue::RowErrorKind;
use crate::table::value::{Cell, RawField};

/// An integer type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Int {
    name: &'static str,
    min: i64,
    max: i64,
}

impl Int {
    /// The type of this name in `information_schema`, without a display width.
    pub(super) const fn of(name: &[u8], format: Option<&[u8]>, _: Option<&[u8]>) -> Option<Self> {
        let (name, min, max) = match name {
            b"tinyint" => ("tinyint", -128, 127),
            b"tinyint unsigned" => ("tinyint unsigned", 0, 255),
            b"smallint" => ("smallint", -32_768, 32_767),
            b"smallint unsigned" => ("smallint unsigned", 0, 65_535),
            b"mediumint" => ("mediumint", -8_388_608, 8_388_607),
            b"mediumint unsigned" => ("mediumint unsigned", 0, 16_777_215),
            b"int" => ("int", -2_147_483_648, 2_147_483_647),
            b"int unsigned" => ("int unsigned", 0, 4_294_967_295),
            b"bigint" => ("bigint", i64::MIN, i64::MAX),
            _ => return None,
        };
        if format.is_none() { Some(Self { name, min, max }) } else { None }
    }

    fn out_of_range(self, rules: &Rules) -> RowErrorKind {
        let (min, max) = (self.min, self.max.cast_unsigned());
        RowErrorKind::OutOfRange { min, max, not_zero: rules.not_zero }
    }
}

/// The name of a column's type without what says nothing about its values: MariaDB and older MySQL
/// show `int(11)`. The width of `tinyint(1)` says that it is a BOOLEAN.
pub(crate) fn without_width(name: &str) -> String {
    if name == "tinyint(1)" {
        return name.to_owned();
    }
    if name == "year(4)" {
        return "year".to_owned();
    }
    let Some((before, rest)) = name.split_once("int(") else { return name.to_owned() };
    let after = rest.split_once(')').map_or("", |(_, after)| after);
    format!("{before}int{after}")
}

impl Definition for Int {
    fn expected(self) -> &'static str {
        "an integer"
    }

    fn sql_name(self) -> String {
        self.name.to_owned()
    }

    fn character_set(self) -> Option<&'static str> {
        None
    }

    fn parse<'r>(self, field: RawField<'r>, rules: &Rules) -> Result<Cell<'r>, RowErrorKind> {
        let value = match &field {
            RawField::Integer(value) => *value,
            RawField::Double(value) => whole(*value)?,
            RawField::Number(digits) if is_integer(digits) => return Err(self.out_of_range(rules)),
            // Rust would take a plus sign, too.
            RawField::Cell(cell) if !cell.starts_with('+') => {
                match rules.forms.integer(cell).parse() {
                    Ok(value) => value,
                    Err(_) if is_integer(rules.forms.integer(cell)) => {
                        return Err(self.out_of_range(rules));
                    }
                    Err(_) if is_whole_decimal(cell) => return Err(RowErrorKind::DecimalInteger),
                    Err(_) => return Err(wrong_type(self.expected(), &field)),
                }
            }
            other => return Err(wrong_type(self.expected(), other)),
        };
        let fits = (self.min..=self.max).contains(&value) && !(rules.not_zero && value == 0);
        if fits { Ok(Cell::Int(value)) } else { Err(self.out_of_range(rules)) }
    }

    fn reads_as_value(self, cell: &str) -> Option<bool> {
        Some(cell.parse::<i64>().is_ok())
    }

    fn notation(self) -> Notation {
        Notation::Integer
    }

    /// The service answers TINYINT(1) as a boolean, whatever number it holds; a sum it does not.
    fn canonical(self, column: &str) -> String {
        match self.max <= u8::MAX.into() {
            true => format!("{column} + 0"),
            false => column.to_owned(),
        }
    }

    /// Digits are the same in every character set.
    fn digest(self, column: &str) -> String {
        column.to_owned()
    }

    fn exact(self, column: &str) -> String {
        column.to_owned()
    }

    fn answer(self) -> Answer {
        Answer::Long { digits: self.min.to_string().len().max(self.max.to_string().len()) }
    }

    fn key_kind(self) -> KeyKind {
        KeyKind::Integer { most: self.max }
    }

    fn comparable(self) -> Comparable {
        if self.min < 0 { Comparable::Number } else { Comparable::Unsigned }
    }

    fn avro(self) -> AvroType {
        let is_32_bits = |value| i32::try_from(value).is_ok();
        match is_32_bits(self.min) && is_32_bits(self.max) {
            true => AvroType::Int,
            false => AvroType::Long,
        }
    }

    fn accepts(self, value: AvroValue) -> bool {
        matches!(value, AvroValue::Integer | AvroValue::Double)
    }

    fn accepted(self) -> &'static str {
        "int, long or double"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_width_is_taken_off_integers_only() {
        for (live, expected) in [
            ("int(11)", "int"),
            ("int", "int"),
            ("bigint(20)", "bigint"),
            ("tinyint(3) unsigned", "tinyint unsigned"),
            ("tinyint(1)", "tinyint(1)"),
            ("tinyint(1) unsigned", "tinyint unsigned"),
            ("tinyint(4)", "tinyint"),
            ("tinyint unsigned", "tinyint unsigned"),
            ("varchar(255)", "varchar(255)"),
            ("decimal(10,2)", "decimal(10,2)"),
        ] {
            assert_eq!(without_width(live), expected);
        }
    }
}
