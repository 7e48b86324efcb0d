//! DECIMAL: a number of so many digits, to which the databases round whatever comes.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};

use super::answer::Answer;
use super::avro_type::{AvroType, AvroValue};
use super::comparable::Comparable;
use super::definition::{Definition, LONG_SOURCE, Rules};
use super::key_kind::KeyKind;
use super::raw::{is_plain, number, split_once, strip, wrong_type};
use crate::table::cell_forms::{DecimalMark, Notation};
use crate::table::issue::RowErrorKind;
use crate::table::value::{Cell, RawField};

/// The most digits that Avro's readers take: those of 128 bits.
const MOST_AVRO_DIGITS: u8 = 38;

/// A DECIMAL, also UNSIGNED and ZEROFILL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decimal {
    /// All digits, at most 65.
    precision: u8,
    /// Those behind the point, at most 30.
    scale: u8,
    is_unsigned: bool,
    /// Whether the database shows zeros before the number.
    is_zerofill: bool,
}

impl Decimal {
    /// The type of this name in `information_schema`: `decimal(10,2)`, perhaps with ` unsigned` or
    /// ` unsigned zerofill` behind it.
    pub(super) const fn of(name: &[u8], format: Option<&[u8]>, _: Option<&[u8]>) -> Option<Self> {
        let (Some(rest), None) = (strip(name, b"decimal("), format) else { return None };
        let Some((precision, rest)) = split_once(rest, b',') else { return None };
        let Some((scale, rest)) = split_once(rest, b')') else { return None };
        let (is_unsigned, is_zerofill) = match rest {
            b"" => (false, false),
            b" unsigned" => (true, false),
            b" unsigned zerofill" => (true, true),
            _ => return None,
        };
        match (number(precision), number(scale)) {
            (Some(precision @ 1..=65), Some(scale @ 0..=30)) if scale <= precision => {
                let (precision, scale) = (precision as u8, scale as u8);
                Some(Self { precision, scale, is_unsigned, is_zerofill })
            }
            _ => None,
        }
    }

    /// A number in JSON's notation, an exponent included, in the canonical form.
    fn fitted(self, token: &str) -> Result<String, RowErrorKind> {
        let (minus, digits, point) = significant(token);
        let (whole, scale) = (self.precision - self.scale, self.scale);
        if digits.is_empty() {
            return Ok(with_point("", scale.into()));
        }
        if self.is_unsigned && !minus.is_empty() {
            return Err(RowErrorKind::Negative);
        }
        if point > whole.into() {
            return Err(RowErrorKind::TooManyDigits { limit: whole });
        }
        let decimals = (digits.len() as i64).saturating_sub(point);
        let Some(zeros) = i64::from(scale).checked_sub(decimals).filter(|zeros| *zeros >= 0) else {
            return Err(RowErrorKind::TooPrecise { limit: scale });
        };
        let unscaled = format!("{digits}{}", "0".repeat(zeros as usize));
        Ok(format!("{minus}{}", with_point(&unscaled, scale.into())))
    }
}

/// The sign of a number, its digits without zeros at either end, and where the point is: the number is
/// 0.digits times ten to the power of that.
pub(super) fn significant(token: &str) -> (&'static str, String, i64) {
    let (mantissa, exponent) = token.split_once(['e', 'E']).unwrap_or((token, "0"));
    let beyond = if exponent.starts_with('-') { i64::MIN } else { i64::MAX };
    let exponent = exponent.parse().unwrap_or(beyond);
    let magnitude = mantissa.strip_prefix('-').unwrap_or(mantissa);
    let minus = if magnitude.len() < mantissa.len() { "-" } else { "" };
    let (whole, fraction) = magnitude.split_once('.').unwrap_or((magnitude, ""));
    let all = [whole, fraction].concat();
    let digits = all.trim_start_matches('0');
    let point = whole.len() as i64 - (all.len() - digits.len()) as i64;
    (minus, digits.trim_end_matches('0').to_string(), point.saturating_add(exponent))
}

/// A number with a decimal comma as one with a point; `None` where it has a point already.
pub(super) fn with_decimal_point(cell: &str) -> Option<String> {
    (!cell.contains('.')).then(|| cell.replacen(',', ".", 1))
}

/// Digits with a point before the last ones, so many of them, and at least a zero before it.
pub(crate) fn with_point(digits: &str, decimals: usize) -> String {
    let digits = format!("{digits:0>width$}", width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    let point = if decimals > 0 { "." } else { "" };
    format!("{whole}{point}{fraction}")
}

impl Definition for Decimal {
    fn expected(self) -> &'static str {
        "a decimal number"
    }

    fn sql_name(self) -> String {
        let unsigned = if self.is_unsigned { " unsigned" } else { "" };
        let zerofill = if self.is_zerofill { " zerofill" } else { "" };
        format!("decimal({},{}){unsigned}{zerofill}", self.precision, self.scale)
    }

    fn character_set(self) -> Option<&'static str> {
        None
    }

    fn parse<'r>(self, field: RawField<'r>, rules: &Rules) -> Result<Cell<'r>, RowErrorKind> {
        let fitted = match &field {
            RawField::Integer(value) => self.fitted(&value.to_string()),
            RawField::Number(token) => self.fitted(token),
            RawField::Text(text) if is_plain(text) => self.fitted(text),
            RawField::Cell(cell) if rules.forms.decimal == DecimalMark::Comma => {
                match with_decimal_point(cell) {
                    Some(number) if is_plain(&number) => self.fitted(&number),
                    _ => Err(wrong_type(self.expected(), &field)),
                }
            }
            RawField::Cell(cell) if is_plain(cell) => self.fitted(cell),
            other => Err(wrong_type(self.expected(), other)),
        };
        fitted.map(|text| Cell::Text(Cow::Owned(text)))
    }

    fn reads_as_value(self, cell: &str) -> Option<bool> {
        Some(is_plain(cell))
    }

    fn notation(self) -> Notation {
        Notation::Decimal
    }

    fn source(self) -> &'static str {
        LONG_SOURCE
    }

    /// A sum has none of ZEROFILL's zeros.
    fn canonical(self, column: &str) -> String {
        match self.is_zerofill {
            true => format!("CAST({column} + 0 AS CHAR)"),
            false => format!("CAST({column} AS CHAR)"),
        }
    }

    /// Digits are the same in every character set.
    fn digest(self, column: &str) -> String {
        self.canonical(column)
    }

    fn exact(self, column: &str) -> String {
        column.into()
    }

    fn answer(self) -> Answer {
        Answer::Text
    }

    fn key_kind(self) -> KeyKind {
        KeyKind::Decimal { precision: self.precision, scale: self.scale }
    }

    fn comparable(self) -> Comparable {
        Comparable::Number
    }

    fn avro(self) -> AvroType {
        match self.precision <= MOST_AVRO_DIGITS {
            true => AvroType::Decimal { precision: self.precision, scale: self.scale },
            false => AvroType::String,
        }
    }

    fn accepts(self, value: AvroValue) -> bool {
        matches!(value, AvroValue::Integer | AvroValue::Decimal | AvroValue::Text)
    }

    fn accepted(self) -> &'static str {
        "int, long, decimal or string"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fitted(name: &str, token: &str) -> Result<String, &'static str> {
        let decimal = Decimal::of(name.as_bytes(), None, None).unwrap();
        decimal.fitted(token).map_err(|error| error.code())
    }

    #[test]
    fn exponents_are_evaluated_exactly() {
        for (token, expected) in [
            ("1e2", Ok("100.00")),
            ("1E+2", Ok("100.00")),
            ("12.5e-1", Ok("1.25")),
            ("-100000e-7", Ok("-0.01")),
            ("0.000001e6", Ok("1.00")),
            ("1.000000000000000000000000000000", Ok("1.00")),
            ("0e99999999999999999999", Ok("0.00")),
            ("-0.0e-5", Ok("0.00")),
            ("1e8", Err("out_of_range")),
            ("1e99999999999999999999", Err("out_of_range")),
            ("1e-3", Err("too_precise")),
            ("1e-99999999999999999999", Err("too_precise")),
            ("1.001", Err("too_precise")),
            ("99999999.991", Err("too_precise")),
        ] {
            assert_eq!(fitted("decimal(10,2)", token).as_deref(), expected.as_deref(), "{token}");
        }
    }

    proptest! {
        /// The same number in another notation has the same canonical form.
        #[test]
        fn notations_of_one_number_are_one(unscaled in -9_999_999_999_i64..=9_999_999_999, shift in -20..20_i64) {
            let exact = fitted("decimal(10,2)", &format!("{unscaled}e-2")).unwrap();
            let sign = if unscaled < 0 { "-" } else { "" };
            let text = format!("{sign}{}", with_point(&unscaled.unsigned_abs().to_string(), 2));
            prop_assert_eq!(&exact, &text);
            prop_assert_eq!(&fitted("decimal(10,2)", &text).unwrap(), &text);
            let shifted = match shift {
                0.. => format!("{unscaled}{}e{}", "0".repeat(shift as usize), -2 - shift),
                _ => {
                    let digits = with_point(&unscaled.unsigned_abs().to_string(), -shift as usize);
                    format!("{sign}{digits}e{}", -2 - shift)
                }
            };
            prop_assert_eq!(&fitted("decimal(10,2)", &shifted).unwrap(), &text);
        }
    }
}
