//! DOUBLE and FLOAT: binary floating point numbers of 64 and 32 bits.

use alloc::borrow::{Cow, ToOwned};
use alloc::format;
use alloc::string::String;

use super::answer::Answer;
use super::avro_type::{AvroType, AvroValue};
use super::decimal::with_decimal_point;
use super::definition::{Definition, LONG_SOURCE, Rules};
use super::key_kind::KeyKind;
use super::nearest::{DOUBLE, FLOAT, nearest};
use super::raw::{is_plain, wrong_type};
use crate::table::cell_forms::{DecimalMark, Notation};
use crate::table::issue::RowErrorKind;
use crate::table::value::{Cell, RawField};

/// A DOUBLE or FLOAT, also UNSIGNED. One with a number of digits, which the databases round to, is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Float {
    name: &'static str,
    is_double: bool,
    is_unsigned: bool,
}

impl Float {
    /// The type of this name in `information_schema`.
    pub(super) const fn of(name: &[u8], format: Option<&[u8]>, _: Option<&[u8]>) -> Option<Self> {
        let (name, is_double, is_unsigned) = match name {
            b"double" => ("double", true, false),
            b"double unsigned" => ("double unsigned", true, true),
            b"float" => ("float", false, false),
            b"float unsigned" => ("float unsigned", false, true),
            _ => return None,
        };
        if format.is_none() { Some(Self { name, is_double, is_unsigned }) } else { None }
    }

    /// The number of the type that is nearest to a decimal one.
    fn nearest(self, token: &str) -> Result<f64, RowErrorKind> {
        let value = nearest(token, if self.is_double { DOUBLE } else { FLOAT });
        let mantissa = token.split(['e', 'E']).next().unwrap_or_default();
        let is_zero = !mantissa.bytes().any(|byte| matches!(byte, b'1'..=b'9'));
        if value.is_finite() && (value != 0.0 || is_zero) { Ok(value) } else { Err(TOO_FAR) }
    }

    fn fitted(self, value: f64) -> Result<f64, RowErrorKind> {
        let held = if self.is_double { value } else { f64::from(value as f32) };
        match held {
            held if !held.is_finite() || (held == 0.0) != (value == 0.0) => Err(TOO_FAR),
            held if self.is_unsigned && held < 0.0 => Err(RowErrorKind::Negative),
            held => Ok(held),
        }
    }
}

const TOO_FAR: RowErrorKind = RowErrorKind::BeyondFloat;

/// The fewest digits that are this number and no other; 0 has no sign.
pub(super) fn shortest(value: f64) -> String {
    // A sum with 0 has no sign where it is 0.
    let text = format!("{:?}", value + 0.0);
    text.strip_suffix(".0").map(ToOwned::to_owned).unwrap_or(text)
}

/// Whether the text is a number in JSON's notation, an exponent included, zeros before it, too.
fn is_number(text: &str) -> bool {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    is_plain(mantissa) && super::raw::is_digits(exponent)
}

impl Definition for Float {
    fn expected(self) -> &'static str {
        "a number"
    }

    fn sql_name(self) -> String {
        self.name.to_owned()
    }

    fn character_set(self) -> Option<&'static str> {
        None
    }

    // Rare, and apart so that the page's first part goes without it.
    #[inline(never)]
    fn parse<'r>(self, field: RawField<'r>, rules: &Rules) -> Result<Cell<'r>, RowErrorKind> {
        let value = match &field {
            RawField::Integer(value) => self.nearest(itoa::Buffer::new().format(*value)),
            RawField::Number(token) => self.nearest(token),
            RawField::Text(text) if is_number(text) => self.nearest(text),
            RawField::Cell(cell) if rules.forms.decimal == DecimalMark::Comma => {
                match with_decimal_point(cell) {
                    Some(number) if is_number(&number) => self.nearest(&number),
                    _ => Err(wrong_type(self.expected(), &field)),
                }
            }
            RawField::Cell(cell) if is_number(cell) => self.nearest(cell),
            RawField::Double(value) => Ok(*value),
            other => Err(wrong_type(self.expected(), other)),
        };
        let held = value.and_then(|value| self.fitted(value))?;
        if rules.not_zero && held == 0.0 {
            return Err(RowErrorKind::OutOfRange { min: 1, max: u64::MAX, not_zero: true });
        }
        Ok(Cell::Text(Cow::Owned(shortest(held))))
    }

    fn reads_as_value(self, cell: &str) -> Option<bool> {
        Some(is_number(cell))
    }

    fn notation(self) -> Notation {
        Notation::Decimal
    }

    fn source(self) -> &'static str {
        LONG_SOURCE
    }

    /// Its bytes, as the checksum has them: as digits MySQL cuts a number off after 22 characters, and shows six
    /// digits of a FLOAT.
    fn canonical(self, column: &str) -> String {
        self.digest(column)
    }

    fn read<'a>(self, answer: Cow<'a, str>) -> Option<Cow<'a, str>> {
        let bits = u64::from_str_radix(&answer, 16).ok().filter(|_| answer.len() == 16)?;
        Some(Cow::Owned(shortest(f64::from_bits(bits.swap_bytes()))))
    }

    /// The eight bytes of the number, the last one first, in hexadecimal: they are the same on every engine. A
    /// sum with 0 makes 0 of MySQL's -0.
    fn digest(self, column: &str) -> String {
        format!("SUBSTR(HEX(ST_AsWKB(POINT({column} + 0e0, 0))), 11, 16)")
    }

    fn digested<'a>(self, canonical: &'a str) -> Cow<'a, str> {
        let value = if is_number(canonical) { nearest(canonical, DOUBLE) } else { f64::NAN };
        Cow::Owned(format!("{:016X}", value.to_bits().swap_bytes()))
    }

    fn exact(self, column: &str) -> String {
        self.digest(column)
    }

    fn answer(self) -> Answer {
        Answer::Text
    }

    fn key_kind(self) -> KeyKind {
        KeyKind::Unfit
    }

    fn avro(self) -> AvroType {
        if self.is_double { AvroType::Double } else { AvroType::Float }
    }

    fn accepts(self, value: AvroValue) -> bool {
        matches!(value, AvroValue::Integer | AvroValue::Double | AvroValue::Float)
    }

    fn accepted(self) -> &'static str {
        "int, long, float or double"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Readers without the standard library's table have taken a neighbour for these, which are next to the middle
    /// of two numbers.
    #[test]
    fn the_nearest_number_is_taken() {
        let single = "0.00000000000000000000000000000001074680685952104906798206153741571739118145365459733523295741963732297108435886912047863006591796875";
        let nearest =
            |name: &[u8], text| Float::of(name, None, None).unwrap().nearest(text).unwrap();
        assert_eq!(nearest(b"float", single), f64::from(f32::from_bits(0x0a5f_33d4)));
        let double = "1225937177203635334968566894531251e-24";
        assert_eq!(nearest(b"double", double).to_bits(), 0x41d2_4494_464d_085d);
    }

    proptest! {
        #[test]
        fn a_number_is_told_from_every_other(bits in any::<u64>()) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            let text = shortest(value);
            prop_assert!(is_number(&text), "{}", text);
            prop_assert_eq!(text.parse::<f64>().unwrap(), value);
        }
    }
}
