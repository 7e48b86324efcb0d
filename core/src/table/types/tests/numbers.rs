//! The values of numbers and bits.

use alloc::borrow::ToOwned;
use alloc::string::ToString;
use alloc::vec::Vec;
use alloc::{format, vec};

use super::case::{Case, case, text};
use crate::table::types::{ColumnType, Definition};
use crate::table::value::RawField;

/// An integer type: its bounds are taken, and what lies beyond them is refused.
fn ints(name: &'static str, min: i64, max: i64) -> Case {
    let beyond = [min.checked_sub(1), max.checked_add(1)].into_iter().flatten();
    let refused = [
        (RawField::Number("-9223372036854775809"), "out_of_range"),
        (RawField::Number("18446744073709551616"), "out_of_range"),
        (RawField::Number("1.0"), "wrong_type"),
        (RawField::Number("1e3"), "wrong_type"),
        (RawField::Bool(true), "wrong_type"),
        (text("7"), "wrong_type"),
        (RawField::Cell("99999999999999999999"), "out_of_range"),
        (RawField::Cell("1.0"), "wrong_type"),
        (RawField::Cell("+7"), "wrong_type"),
        (RawField::Cell("7 "), "wrong_type"),
        (RawField::Other("an array"), "wrong_type"),
    ];
    Case {
        name,
        format: None,
        taken: [min, 0, 7, max].map(|value| (RawField::Integer(value), value.to_string())).into(),
        refused: beyond
            .map(|value| (RawField::Integer(value), "out_of_range"))
            .chain(refused)
            .collect(),
    }
}

/// BOOLEAN is TINYINT, and what means true or false.
fn booleans() -> Case {
    let mut case = ints("tinyint(1)", -128, 127);
    case.refused.retain(|(field, _)| *field != RawField::Bool(true));
    let taken = [
        (RawField::Bool(true), "1"),
        (RawField::Bool(false), "0"),
        (RawField::Cell("true"), "1"),
        (RawField::Cell("FALSE"), "0"),
        (RawField::Cell("True"), "1"),
        (RawField::Cell("-7"), "-7"),
    ];
    case.taken.extend(taken.map(|(field, canonical)| (field, canonical.to_owned())));
    let refused = [text("true"), text("1"), RawField::Cell("yes"), RawField::Cell("tru")];
    case.refused.extend(refused.map(|field| (field, "wrong_type")));
    case
}

fn bigint_unsigned() -> Case {
    let taken = [
        (RawField::Integer(0), "0"),
        (RawField::Integer(i64::MAX), "9223372036854775807"),
        (RawField::Number("18446744073709551615"), "18446744073709551615"),
        (text("18446744073709551615"), "18446744073709551615"),
        (RawField::Cell("18446744073709551615"), "18446744073709551615"),
        (RawField::Cell("007"), "7"),
        (text("-0"), "0"),
    ];
    Case {
        name: "bigint unsigned",
        format: None,
        taken: taken.map(|(field, canonical)| (field, canonical.to_owned())).into(),
        refused: vec![
            (RawField::Integer(-1), "out_of_range"),
            (RawField::Number("18446744073709551616"), "out_of_range"),
            (RawField::Number("-9223372036854775809"), "out_of_range"),
            (RawField::Cell("99999999999999999999999999999999999999999999"), "out_of_range"),
            (text("-1"), "out_of_range"),
            (RawField::Number("7.0"), "wrong_type"),
            (RawField::Number("1e3"), "wrong_type"),
            (RawField::Cell("7.0"), "wrong_type"),
            (RawField::Cell("+7"), "wrong_type"),
            (text(""), "wrong_type"),
            (text("7 "), "wrong_type"),
            (RawField::Bool(true), "wrong_type"),
            (RawField::Other("an array"), "wrong_type"),
        ],
    }
}

/// A DECIMAL: its bounds are taken, and what has more digits is refused.
fn decimals(
    name: &'static str,
    greatest: &'static str,
    too_great: &'static str,
    too_precise: &'static str,
) -> Case {
    let (zero, one) = match greatest.split_once('.') {
        Some((_, fraction)) => {
            let zeros = "0".repeat(fraction.len());
            (format!("0.{zeros}"), format!("1.{zeros}"))
        }
        None => ("0".to_owned(), "1".to_owned()),
    };
    let is_unsigned = name.contains("unsigned");
    let least: &str = format!("-{greatest}").leak();
    let mut taken = vec![
        (RawField::Number(greatest), greatest.to_owned()),
        (text(greatest), greatest.to_owned()),
        (RawField::Number("-0.0"), zero.clone()),
        (text("-0"), zero.clone()),
        (RawField::Integer(0), zero),
    ];
    if greatest.len() > 1 && !greatest.starts_with('0') {
        taken.push((RawField::Cell("001"), one.clone()));
        taken.push((RawField::Number("10e-1"), one.clone()));
        taken.push((text("1.000000000000000000000000000000000"), one));
    }
    if !is_unsigned {
        taken.push((RawField::Cell(least), least.to_owned()));
    }
    let negative = if is_unsigned { Some((RawField::Cell(least), "out_of_range")) } else { None };
    let refused = [
        (RawField::Number(too_great), "out_of_range"),
        (text(too_great), "out_of_range"),
        (RawField::Number(too_precise), "too_precise"),
        (RawField::Cell(too_precise), "too_precise"),
        (RawField::Number("1e99"), "out_of_range"),
        (RawField::Number("1e-99"), "too_precise"),
    ];
    let other = ["", "1e0", "+1", ".5", "5.", "1,5", "0x1", " 1", "--1", "1.-5", "1.5.5", "NaN"];
    let other = other.iter().flat_map(|it| [text(it), RawField::Cell(it)]);
    let other = other.chain([RawField::Bool(true), RawField::Other("an array")]);
    Case {
        name,
        format: None,
        taken,
        refused: refused
            .into_iter()
            .chain(negative)
            .chain(other.map(|field| (field, "wrong_type")))
            .collect(),
    }
}

fn floats(name: &'static str, taken: &[(&'static str, &str)], refused: &[&'static str]) -> Case {
    let is_unsigned = name.contains("unsigned");
    let numbers = [("0", "0"), ("-0.0", "0"), ("1", "1"), ("1.50", "1.5"), ("0.000", "0")];
    let signed = (!is_unsigned).then_some(("-2.5", "-2.5"));
    let numbers = numbers.into_iter().chain(signed).chain(taken.iter().copied());
    let both = |(given, canonical)| {
        [RawField::Number(given), RawField::Cell(given), text(given)].map(|it| (it, canonical))
    };
    let beyond = refused.iter().copied().chain(is_unsigned.then_some("-0.5"));
    let beyond = beyond.map(|it| (RawField::Number(it), "out_of_range"));
    let other = ["", "NaN", "inf", "-Infinity", "1,5", ".5", "5.", "+1", "1e", "0x10", " 1", "1_0"];
    let other = other.iter().flat_map(|it| [text(it), RawField::Cell(it)]);
    let other = other.map(|it| (it, "wrong_type"));
    let infinite = [(RawField::Double(f64::INFINITY), "out_of_range")];
    let more = [(RawField::Integer(-7), "-7"), (RawField::Double(0.5), "0.5")];
    let more = more.into_iter().filter(|(_, text)| !is_unsigned || !text.starts_with('-'));
    case(
        name,
        numbers.flat_map(both).chain(more).collect(),
        beyond.chain(other).chain(infinite).chain([(RawField::Bool(true), "wrong_type")]).collect(),
    )
}

fn doubles(name: &'static str) -> Case {
    let taken = [
        ("0.1", "0.1"),
        ("1e308", "1e308"),
        ("1.7976931348623157e308", "1.7976931348623157e308"),
        ("5e-324", "5e-324"),
        ("1E+2", "100"),
        ("9007199254740993", "9007199254740992"),
        ("12345678901234567890", "1.2345678901234567e19"),
    ];
    floats(name, &taken, &["1e309", "1e-400", "2e99999999999999999999"])
}

fn singles(name: &'static str) -> Case {
    let taken = [
        ("0.1", "0.10000000149011612"),
        ("3.4028234e38", "3.4028234663852886e38"),
        ("1e-45", "1.401298464324817e-45"),
    ];
    floats(name, &taken, &["3.5e38", "1e-46", "1e309"])
}

fn bits(name: &'static str, greatest: &'static str, beyond: &'static str) -> Case {
    let taken = [
        (RawField::Integer(0), "0"),
        (RawField::Number(greatest), greatest),
        (RawField::Cell(greatest), greatest),
        (text("1"), "1"),
    ];
    case(
        name,
        taken.into(),
        vec![
            (RawField::Number(beyond), "out_of_range"),
            (RawField::Integer(-1), "out_of_range"),
            (RawField::Cell("b'1'"), "wrong_type"),
            (RawField::Number("1.0"), "wrong_type"),
            (RawField::Other("an array"), "wrong_type"),
        ],
    )
}

fn bit() -> Case {
    let mut case = bits("bit(1)", "1", "2");
    let truths = [(RawField::Bool(true), "1"), (RawField::Bool(false), "0")];
    case.taken.extend(truths.map(|(field, canonical)| (field, canonical.to_owned())));
    case
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        ints("tinyint", -128, 127),
        ints("tinyint unsigned", 0, 255),
        ints("smallint", -32_768, 32_767),
        ints("smallint unsigned", 0, 65_535),
        ints("mediumint", -8_388_608, 8_388_607),
        ints("mediumint unsigned", 0, 16_777_215),
        ints("int", i32::MIN.into(), i32::MAX.into()),
        ints("int unsigned", 0, u32::MAX.into()),
        ints("bigint", i64::MIN, i64::MAX),
        booleans(),
        bigint_unsigned(),
        doubles("double"),
        doubles("double unsigned"),
        singles("float"),
        singles("float unsigned"),
        bit(),
        bits("bit(5)", "31", "32"),
        bits("bit(64)", "18446744073709551615", "18446744073709551616"),
        decimals("decimal(10,2)", "99999999.99", "100000000", "0.001"),
        decimals("decimal(10,2) unsigned", "99999999.99", "100000000.00", "99999999.991"),
        decimals("decimal(10,2) unsigned zerofill", "99999999.99", "123456789.5", "1.125"),
        decimals("decimal(1,0)", "9", "10", "0.5"),
        decimals("decimal(2,2)", "0.99", "1", "0.999"),
        decimals(
            "decimal(38,10)",
            "9999999999999999999999999999.9999999999",
            "10000000000000000000000000000",
            "0.00000000001",
        ),
        decimals(
            "decimal(65,30)",
            "99999999999999999999999999999999999.999999999999999999999999999999",
            "100000000000000000000000000000000000",
            "0.0000000000000000000000000000001",
        ),
    ]
}

#[test]
fn integers_of_more_than_32_bits_are_long_in_avro() {
    let long = ["int unsigned", "bigint"];
    let is_int =
        |case: &&Case| matches!(case.column_type(), ColumnType::Int(_) | ColumnType::Boolean(_));
    for case in cases().iter().filter(is_int) {
        let name = case.column_type().avro().name();
        assert_eq!(name, if long.contains(&case.name) { "long" } else { "int" }, "{}", case.name);
    }
}
