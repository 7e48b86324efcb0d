//! Each type's values, through every form on the path into a database and back.

use alloc::borrow::{Cow, ToOwned};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::{Answer, ColumnType, Definition, Rules};
use crate::sql::chunk::Chunk;
use crate::table::issue::RowErrorKind;
use crate::table::record::{Place, RawRow, Record};
use crate::table::schema::{Column, Table};
use crate::table::time_zone::TimeZone;
use crate::table::value::{Cell, RawField};

const DATE_TIME: Option<&str> = Some("date-time");

/// A type, values that it takes, each with its canonical text, and values that it refuses, each with
/// the code.
struct Case {
    name: &'static str,
    format: Option<&'static str>,
    taken: Vec<(RawField<'static>, String)>,
    refused: Vec<(RawField<'static>, &'static str)>,
}

impl Case {
    fn column_type(&self) -> ColumnType {
        ColumnType::of(self.name, self.format, None).unwrap()
    }
}

fn text(text: &str) -> RawField<'static> {
    RawField::Text(text.to_owned().into())
}

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

fn texts(name: &'static str, max_chars: usize) -> Case {
    let longest = "😀".repeat(max_chars);
    let same = ["", " a ", "a\0b", "N;", "'\\\"\n", "é", "e\u{301}", &longest];
    Case {
        name,
        format: None,
        taken: same.map(|value| (text(value), value.to_owned())).into(),
        refused: vec![
            (text(&"x".repeat(max_chars + 1)), "too_long"),
            (RawField::Integer(7), "wrong_type"),
            (RawField::Number("1.50"), "wrong_type"),
            (RawField::Bool(false), "wrong_type"),
            (RawField::Other("an object"), "wrong_type"),
        ],
    }
}

fn date_times() -> Case {
    let taken = [
        ("2021-07-27T16:02:08Z", "2021-07-27T16:02:08Z"),
        ("2021-07-27T16:02:08.999+02:00", "2021-07-27T14:02:08Z"),
        ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z"),
        ("9999-12-31 23:59:59z", "9999-12-31T23:59:59Z"),
    ];
    let day = (RawField::Day(-25_567), "1900-01-01T00:00:00Z".to_owned());
    Case {
        name: "varchar(20)",
        format: DATE_TIME,
        taken: taken
            .map(|(given, canonical)| (text(given), canonical.to_owned()))
            .into_iter()
            .chain([day])
            .collect(),
        refused: vec![
            (text(""), "invalid_date_time"),
            (text("2021-07-27"), "invalid_date_time"),
            (text("9999-12-31T23:59:59-00:01"), "invalid_date_time"),
            (RawField::Cell("2021-02-29T00:00:00Z"), "invalid_date_time"),
            (RawField::Integer(1_627_401_728), "wrong_type"),
            (RawField::Day(2_932_897), "invalid_date_time"),
            (RawField::Day(i64::MAX), "invalid_date_time"),
        ],
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

fn dates() -> Case {
    let days = ["2021-07-27", "0001-01-01", "9999-12-31", "2024-02-29", "2000-02-29"];
    let others =
        ["2023-02-29", "1900-02-29", "2021-04-31", "0000-01-01", "0000-00-00", "10000-01-01"];
    let notations =
        ["", "2021-7-27", "20210727", "27.07.2021", "2021-07-27T00:00:00Z", "2021-07-27 "];
    let refused = others.into_iter().chain(notations).map(|it| (text(it), "invalid_date"));
    let moments = [RawField::Day(2_932_897), RawField::Day(i64::MIN), RawField::Cell("yesterday")];
    let wrong = [RawField::Integer(20_210_727), RawField::Bool(true), RawField::Number("1.5")];
    Case {
        name: "date",
        format: None,
        taken: days
            .map(|day| (text(day), day.to_owned()))
            .into_iter()
            .chain([(RawField::Day(-1), "1969-12-31".to_owned())])
            .collect(),
        refused: refused
            .chain(moments.map(|field| (field, "invalid_date")))
            .chain(wrong.map(|field| (field, "wrong_type")))
            .collect(),
    }
}

fn local_date_times(name: &'static str, decimals: usize) -> Case {
    let fraction = &".123456"[..if decimals == 0 { 0 } else { decimals + 1 }];
    let zeros = fraction.replace(|it: char| it.is_ascii_digit(), "0");
    let nines = fraction.replace(|it: char| it.is_ascii_digit(), "9");
    let taken = [
        ("2021-07-27 16:02:08.123456789", format!("2021-07-27 16:02:08{fraction}")),
        ("2021-07-27T16:02:08", format!("2021-07-27 16:02:08{zeros}")),
        ("2021-07-27T16:02:08.999999999+02:00", format!("2021-07-27 14:02:08{nines}")),
        ("2021-07-27t16:02:08z", format!("2021-07-27 16:02:08{zeros}")),
        ("2020-02-28T23:59:59-00:01", format!("2020-02-29 00:00:59{zeros}")),
        ("0001-01-01 00:00:00", format!("0001-01-01 00:00:00{zeros}")),
        ("9999-12-31 23:59:59.999999", format!("9999-12-31 23:59:59{nines}")),
    ];
    let refused = [
        "",
        "2021-07-27",
        "2021-07-27 16:02",
        "2021-07-27 24:00:00",
        "2021-07-27 16:02:60",
        "2021-02-29 00:00:00",
        "2021-07-27 16:02:08.",
        "2021-07-27 16:02:08+0200",
        "2021-07-27 16:02:08 +02:00",
        "0000-01-01 00:00:00",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "2021-07-27 16:02:08é",
    ];
    let wrong = [RawField::Integer(0), RawField::Bool(true), RawField::Day(0)];
    Case {
        name,
        format: None,
        taken: taken.map(|(given, canonical)| (text(given), canonical)).into(),
        refused: refused
            .map(|it| (text(it), "invalid_date_time"))
            .into_iter()
            .chain(wrong.map(|field| (field, "wrong_type")))
            .collect(),
    }
}

#[test]
fn a_time_zone_says_what_the_clocks_of_a_datetime_show() {
    let parse = |given, zone| {
        let rules = Rules { time_zone: TimeZone::of(zone), ..Rules::default() };
        let cell = ColumnType::known("datetime", None, None).parse(text(given), &rules).unwrap();
        let Cell::Text(text) = cell else { panic!("a text") };
        text.into_owned()
    };
    assert_eq!(parse("2021-07-27T16:02:08Z", "+02:00"), "2021-07-27 18:02:08");
    assert_eq!(parse("2021-07-27T16:02:08-09:30", "UTC"), "2021-07-28 01:32:08");
    assert_eq!(parse("2021-07-27T16:02:08", "+02:00"), "2021-07-27 16:02:08");
}

#[test]
fn a_datetime_that_was_stored_has_no_offset() {
    let rules = Rules { stored: true, ..Rules::default() };
    let parse = |given| ColumnType::known("datetime", None, None).parse(text(given), &rules);
    assert!(parse("2021-07-27 16:02:08").is_ok());
    assert_eq!(parse("2021-07-27T16:02:08Z"), Err(RowErrorKind::InvalidLocalDateTime));
}

/// A text type of so many bytes.
fn long_texts(name: &'static str, max_bytes: usize) -> Case {
    let mut case = texts(name, 8);
    case.refused.retain(|(_, code)| *code != "too_long");
    let (longest, wide) = ("x".repeat(max_bytes), "é".repeat(max_bytes / 2));
    case.taken.extend([&longest, &wide].map(|value| (text(value), value.clone())));
    case.refused.push((text(&format!("{longest}x")), "too_long"));
    case.refused.push((text(&format!("{wide}é")), "too_long"));
    case
}

/// CHAR keeps no blanks at its end.
fn chars(name: &'static str, max_chars: usize) -> Case {
    let mut case = texts(name, max_chars);
    for (_, canonical) in &mut case.taken {
        *canonical = canonical.trim_end_matches(' ').to_owned();
    }
    let full = "x".repeat(max_chars);
    case.taken.push((text(&format!("{full}   ")), full));
    case.taken.push((text("a\u{a0}"), "a\u{a0}".to_owned()));
    case
}

#[test]
fn a_text_has_only_characters_of_its_character_set() {
    for (name, collation, taken, refused) in [
        ("varchar(2)", "latin1_swedish_ci", "é€", "é漢"),
        ("varchar(65535)", "ascii_general_ci", "ab", "é"),
        ("varchar(21845)", "utf8mb3_general_ci", "漢€", "a😀"),
        ("char(2)", "ascii_bin", "ab", "é"),
        ("tinytext", "latin1_bin", "é€", "ł"),
        ("longtext", "utf8mb3_bin", "漢", "😀"),
    ] {
        let column_type = ColumnType::of(name, None, Some(collation)).unwrap();
        let parse = |value: &str| column_type.parse(text(value), &Rules::default());
        assert_eq!(parse(taken), Ok(Cell::Text(taken.to_owned().into())), "{name}");
        let error = parse(refused).unwrap_err();
        assert_eq!(error.code(), "not_in_charset", "{name}");
        assert!(
            column_type.takes_collation(collation) && !column_type.takes_collation("utf8mb4_bin")
        );
        assert_eq!(column_type.source(), "LONGTEXT CHARACTER SET utf8mb4");
    }
    for (name, collation) in [
        ("varchar(21846)", "utf8mb3_bin"),
        ("varchar(65536)", "latin1_bin"),
        ("text", "latin2_general_ci"),
        ("char(3)", "binary"),
    ] {
        assert_eq!(ColumnType::of(name, None, Some(collation)), None, "{name} {collation}");
    }
}

#[test]
fn bytes_of_a_text_are_those_of_its_character_set() {
    let tiny = ColumnType::known("tinytext", None, Some("latin1_swedish_ci"));
    assert!(tiny.parse(text(&"€".repeat(255)), &Rules::default()).is_ok());
    let error = tiny.parse(text(&"€".repeat(256)), &Rules::default());
    assert_eq!(error, Err(RowErrorKind::TooManyBytes { limit: 255, got: 256 }));
}

fn timestamps(name: &'static str, decimals: usize) -> Case {
    let part = |digits: &'static str| &digits[..if decimals == 0 { 0 } else { decimals + 1 }];
    let (fraction, zeros) = (part(".123456"), part(".000000"));
    let taken = [
        ("2021-07-27T16:02:08.1234567Z", format!("2021-07-27 16:02:08{fraction}Z")),
        ("2021-07-27 16:02:08+02:00", format!("2021-07-27 14:02:08{zeros}Z")),
        ("1970-01-01T00:00:01Z", format!("1970-01-01 00:00:01{zeros}Z")),
        ("2038-01-19T03:14:07z", format!("2038-01-19 03:14:07{zeros}Z")),
    ];
    let refused = [
        ("2021-07-27 16:02:08", "no_offset"),
        ("2021-07-27T16:02:08.5", "no_offset"),
        ("1970-01-01T00:00:00Z", "out_of_range"),
        ("1970-01-01T01:00:00+01:00", "out_of_range"),
        ("2038-01-19T03:14:08Z", "out_of_range"),
        ("9999-12-31T23:59:59Z", "out_of_range"),
        ("2021-02-29T00:00:00Z", "invalid_date_time"),
        ("2021-07-27", "invalid_date_time"),
        ("", "invalid_date_time"),
    ];
    let wrong = [RawField::Integer(0), RawField::Bool(true), RawField::Day(0)];
    Case {
        name,
        format: None,
        taken: taken.map(|(given, canonical)| (text(given), canonical)).into(),
        refused: refused
            .map(|(given, code)| (text(given), code))
            .into_iter()
            .chain(wrong.map(|field| (field, "wrong_type")))
            .collect(),
    }
}

#[test]
fn a_time_zone_makes_a_moment_of_a_time() {
    let rules = Rules { time_zone: TimeZone::of("+02:00"), ..Rules::default() };
    let column_type = ColumnType::known("timestamp(1)", None, None);
    for given in ["2021-07-27 16:02:08.55", "2021-07-27T14:02:08.5Z"] {
        let cell = column_type.parse(text(given), &rules);
        assert_eq!(cell, Ok(Cell::Text("2021-07-27 14:02:08.5Z".into())));
    }
}

#[test]
#[cfg(feature = "zones")]
fn a_named_zone_makes_a_moment_of_a_time_that_its_clocks_show_once() {
    let rules = Rules { time_zone: TimeZone::of("Europe/Berlin"), ..Rules::default() };
    for (of, format) in [("timestamp", None), ("varchar(40)", Some("date-time"))] {
        let column_type = ColumnType::known(of, format, None);
        let taken = |cell| match column_type.parse(RawField::Cell(cell), &rules) {
            Ok(Cell::Text(text)) => text.replace('T', " ").replace('Z', ""),
            other => other.unwrap_err().code().to_owned(),
        };
        for (cell, expected) in [
            ("2021-07-27 16:02:08", "2021-07-27 14:02:08"),
            ("2021-01-27 16:02:08", "2021-01-27 15:02:08"),
            ("2021-10-31 01:59:59", "2021-10-30 23:59:59"),
            ("2021-10-31 02:00:00", "ambiguous_time"),
            ("2021-10-31 02:59:59", "ambiguous_time"),
            ("2021-10-31 02:30:00+02:00", "2021-10-31 00:30:00"),
            ("2021-10-31 02:30:00+01:00", "2021-10-31 01:30:00"),
            ("2021-10-31 03:00:00", "2021-10-31 02:00:00"),
            ("2021-03-28 01:59:59", "2021-03-28 00:59:59"),
            ("2021-03-28 02:00:00", "skipped_time"),
            ("2021-03-28 02:59:59", "skipped_time"),
            ("2021-03-28 02:30:00+01:00", "2021-03-28 01:30:00"),
            ("2021-03-28 03:00:00", "2021-03-28 01:00:00"),
        ] {
            assert_eq!(taken(cell), expected, "{of} {cell}");
        }
    }
    // A DATETIME keeps what its clocks show, also of a moment with an offset.
    let local = ColumnType::known("datetime", None, None);
    for (cell, expected) in [
        ("2021-10-31T00:30:00Z", "2021-10-31 02:30:00"),
        ("2021-10-31T01:30:00Z", "2021-10-31 02:30:00"),
        ("2021-07-27T14:02:08Z", "2021-07-27 16:02:08"),
        ("2021-03-28 02:30:00", "2021-03-28 02:30:00"),
    ] {
        assert_eq!(local.parse(RawField::Cell(cell), &rules), Ok(Cell::Text(expected.into())));
    }
}

fn case(
    name: &'static str,
    taken: Vec<(RawField<'static>, &str)>,
    refused: Vec<(RawField<'static>, &'static str)>,
) -> Case {
    let taken = taken.into_iter().map(|(field, canonical)| (field, canonical.to_owned())).collect();
    Case { name, format: None, taken, refused }
}

fn enumerations() -> Case {
    let refused = ["X", "x ", "1", "0", "z", "x,y'z"].map(|it| (text(it), "not_a_member"));
    let wrong = [(RawField::Integer(1), "wrong_type"), (RawField::Bool(true), "wrong_type")];
    case(
        "enum('x','y''z','2','','back\\\\slash')",
        ["x", "y'z", "2", "", "back\\slash"].map(|it| (text(it), it)).into(),
        refused.into_iter().chain(wrong).collect(),
    )
}

fn sets() -> Case {
    let taken = [("a", "a"), ("", ""), ("c,a", "a,c"), ("a,b'b,a", "a,b'b"), ("b'b,c", "b'b,c")];
    let refused = ["A", "a, c", "a,", ",", "5", "d"].map(|it| (text(it), "not_a_member"));
    case(
        "set('a','b''b','c')",
        taken.map(|(given, canonical)| (text(given), canonical)).into(),
        refused.into_iter().chain([(RawField::Integer(5), "wrong_type")]).collect(),
    )
}

fn years() -> Case {
    let refused = [0, 70, 1900, 2156, -1999, i64::MAX];
    let refused = refused.map(|year| (RawField::Integer(year), "out_of_range"));
    let others = [
        (RawField::Number("99999999999999999999"), "out_of_range"),
        (RawField::Number("1999.0"), "wrong_type"),
        (RawField::Cell("99"), "out_of_range"),
        (RawField::Cell("1999.0"), "wrong_type"),
        (RawField::Double(1999.5), "wrong_type"),
        (text("1999"), "wrong_type"),
    ];
    case(
        "year",
        vec![
            (RawField::Integer(1901), "1901"),
            (RawField::Integer(2155), "2155"),
            (RawField::Double(1999.0), "1999"),
            (RawField::Cell("1999"), "1999"),
        ],
        refused.into_iter().chain(others).collect(),
    )
}

fn times(name: &'static str, decimals: usize) -> Case {
    let part = |digits: &'static str| &digits[..if decimals == 0 { 0 } else { decimals + 1 }];
    let (fraction, zeros) = (part(".123456"), part(".000000"));
    let taken = [
        ("16:02:08.1234567", format!("16:02:08{fraction}")),
        ("7:00:00", format!("07:00:00{zeros}")),
        ("-838:59:59", format!("-838:59:59{zeros}")),
        ("838:59:59.000000", format!("838:59:59{zeros}")),
        ("-00:00:00.0", format!("00:00:00{zeros}")),
        ("007:08:09", format!("07:08:09{zeros}")),
    ];
    let refused = [
        "",
        "5",
        "16:02",
        "839:00:00",
        "838:59:59.000001",
        "16:60:00",
        "16:02:60",
        "16:2:08",
        "16:02:08.",
        "+1:00:00",
        "16:02:08Z",
        "1:2:3",
        "0016:00:00",
        "1 16:02:08",
        "160208",
    ];
    let wrong = [(RawField::Integer(160_208), "wrong_type"), (RawField::Bool(true), "wrong_type")];
    let refused = refused.map(|it| (text(it), "invalid_time")).into_iter().chain(wrong).collect();
    let taken = taken.map(|(given, canonical)| (text(given), canonical)).into();
    Case { name, format: None, taken, refused }
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

fn bytes(name: &'static str, taken: &[&str], refused: &[(&str, &'static str)]) -> Case {
    let other = ["AA=", "AA", "A===", "A A=", "AA==\n", "AB==", "AA-_", "é"];
    let other = other.map(|it| (text(it), "invalid_base64"));
    let wrong = [(RawField::Integer(0), "wrong_type"), (RawField::Bool(true), "wrong_type")];
    let refused = refused.iter().map(|(given, code)| (text(given), *code));
    case(
        name,
        taken.iter().map(|it| (text(it), *it)).collect(),
        refused.chain(other).chain(wrong).collect(),
    )
}

fn documents() -> Case {
    let taken = [r#"{"a": 1, "bb": [1, 2.5, "x", null, true]}"#, "[]", "\"a\"", "7", "0.1", "null"];
    let refused = [
        ("", "invalid_json"),
        ("abc", "invalid_json"),
        ("{\"a\":1", "invalid_json"),
        ("{\"a\":1,\"a\":1}", "duplicate_column"),
        ("18446744073709551616", "too_precise"),
        ("0.12345678901234567890", "too_precise"),
    ];
    let refused = refused.into_iter().flat_map(|(given, code)| {
        [text(given), RawField::Cell(given), RawField::Document(given)].map(|field| (field, code))
    });
    case(
        "json",
        taken.iter().map(|it| (RawField::Document(it), *it)).collect(),
        refused.chain([(RawField::Day(0), "wrong_type")]).collect(),
    )
}

fn cases() -> Vec<Case> {
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
        texts("varchar(8)", 8),
        texts("varchar(16383)", 16_383),
        date_times(),
        booleans(),
        bigint_unsigned(),
        chars("char(8)", 8),
        chars("char(255)", 255),
        long_texts("tinytext", 255),
        long_texts("text", 65_535),
        dates(),
        enumerations(),
        documents(),
        sets(),
        years(),
        timestamps("timestamp", 0),
        timestamps("timestamp(3)", 3),
        timestamps("timestamp(6)", 6),
        times("time", 0),
        times("time(3)", 3),
        times("time(6)", 6),
        doubles("double"),
        doubles("double unsigned"),
        singles("float"),
        singles("float unsigned"),
        bit(),
        bits("bit(5)", "31", "32"),
        bits("bit(64)", "18446744073709551615", "18446744073709551616"),
        bytes(
            "binary(2)",
            &["AAE="],
            &[("AA==", "too_few_bytes"), ("", "too_few_bytes"), ("AAAA", "too_long")],
        ),
        bytes("varbinary(3)", &["", "AA==", "/+8=", "AAAA"], &[("AAAAAA==", "too_long")]),
        bytes("tinyblob", &["", "AA=="], &[(&"AAAA".repeat(86), "too_long")]),
        bytes("longblob", &[&"AAAA".repeat(86)], &[]),
        local_date_times("datetime", 0),
        local_date_times("datetime(3)", 3),
        local_date_times("datetime(6)", 6),
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

/// A table whose second column is of this type.
fn table_of(column_type: ColumnType) -> &'static Table {
    let key = Column { nullable: false, ..Column::new("k", ColumnType::known("int", None, None)) };
    let columns = Box::leak(Box::new([key, Column::new("c", column_type)]));
    Box::leak(Box::new(Table::new("t", columns)))
}

/// What the database makes of an expression about the column `c`, given the column's text.
fn evaluate(sql: &str, c: &str) -> String {
    match sql {
        "c" | "CONVERT(c USING utf8mb4)" | "CAST(c AS BINARY)" | "CAST(c AS CHAR)" => c.to_owned(),
        "CAST(CONVERT(c USING utf8mb4) AS BINARY)" => c.to_owned(),
        "CAST(c + 0 AS CHAR)" | "CAST(CONVERT(c USING utf8mb4) AS UNSIGNED)" => c.to_owned(),
        // In this model bytes are what base64 has of them, and a line has no end.
        "FROM_BASE64(c)" | "REPLACE(TO_BASE64(c), CHAR(10 USING utf8mb4), '')" => c.to_owned(),
        "LPAD(c, 4, '0')" => format!("{c:0>4}"),
        "TRIM(TRAILING 'Z' FROM c)" => c.trim_end_matches('Z').to_owned(),
        // The model's clock is that of UTC.
        "CAST(UNIX_TIMESTAMP(c) AS CHAR)" => {
            let stored = format!("{c}Z");
            ColumnType::known("timestamp(6)", None, None).digested(&stored).into_owned()
        }
        "SUBSTR(HEX(ST_AsWKB(POINT(c + 0e0, 0))), 11, 16)" => {
            let bytes = c.parse::<f64>().unwrap().to_le_bytes();
            bytes.map(|byte| format!("{byte:02X}")).concat()
        }
        "c + 0" => c.parse::<i64>().unwrap().to_string(),
        other => panic!("the test does not know {other}"),
    }
}

/// What a statement's rows have of the value, as JSON_TABLE's text.
fn on_the_wire(table: &Table, cell: &Cell<'_>) -> String {
    let fields = vec![RawField::Integer(1), RawField::from(cell)];
    let place = Place { index: Some(0), line: None };
    let record = Record::parse(table, RawRow { place, fields, errors: vec![] }, false).unwrap();
    let mut chunk = Chunk::default();
    assert!(chunk.push(&record, place));
    let rows: serde_json::Value = serde_json::from_str(chunk.json()).unwrap();
    match &rows[0][1] {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Takes a value of a type into the model of a database and back.
fn round(column_type: ColumnType, cell: &Cell<'_>) {
    let canonical = match cell {
        Cell::Null => panic!("a type makes no NULL"),
        Cell::Int(value) => value.to_string(),
        Cell::Text(text) => text.clone().into_owned(),
    };
    let table = table_of(column_type);
    let stored = evaluate(&column_type.written("c"), &on_the_wire(table, cell));
    let exact = evaluate(&column_type.exact("c"), &stored);
    assert!([&canonical, &*column_type.digested(&canonical)].contains(&exact.as_str()));

    let read = evaluate(&column_type.canonical("c"), &stored);
    let notation = column_type.answer().notation();
    let (back, bytes, most) = match column_type.answer() {
        Answer::Long { .. } => {
            let bytes = format!("{{\"longValue\":{read}}},").len();
            (Cell::Int(read.parse().unwrap()), bytes, notation)
        }
        Answer::Text => {
            let quoted = serde_json::to_string(&read).unwrap().len();
            let bytes = "{\"stringValue\":},".len() + quoted;
            (Cell::Text(column_type.read(read.into()).unwrap()), bytes, notation + quoted)
        }
    };
    assert_eq!(&back, cell);
    assert!(bytes <= most && most - bytes <= 30, "{bytes} {most}");

    let same =
        column_type.parse(RawField::from(&back), &Rules { stored: true, ..Rules::default() });
    assert_eq!(same.as_ref(), Ok(cell));
    assert_eq!(column_type.parse(RawField::from(&back), &Rules::default()).as_ref(), Ok(cell));

    #[cfg(feature = "avro")]
    {
        with_digest(column_type, cell, &evaluate(&column_type.digest("c"), &stored));
        through_avro(table, cell);
        through_avro(table, &Cell::Null);
    }
}

/// The database's digest of a text is ours of the value.
#[cfg(feature = "avro")]
fn with_digest(column_type: ColumnType, cell: &Cell<'_>, text: &str) {
    use sha2::{Digest, Sha256};

    let mut checksum = crate::sql::checksum::Checksum::default();
    checksum.add(table_of(column_type), &[Cell::Int(1), cell.clone()]);
    let digest = Sha256::digest(format!("1:1;{}:{text};", text.len()));
    assert_eq!(checksum.digest.to_be_bytes()[..], digest[..8], "{column_type:?}");
}

/// A file that is written has the value, and the file's reader gives it back.
#[cfg(feature = "avro")]
fn through_avro(table: &'static Table, cell: &Cell<'_>) {
    use crate::format::avro::{AvroReader, AvroWriter, Codec, ExtraFields};

    let row = [Cell::Int(1), cell.clone()];
    let mut writer = AvroWriter::new(table, Codec::Null, [7; 16]);
    writer.push(&row).unwrap();
    let mut file = writer.take();
    file.extend(writer.finish().unwrap().0);
    let mut reader = AvroReader::new(table, ExtraFields::Refuse);
    let mut bytes = &file[..];
    assert_eq!(reader.next_row(&mut bytes).unwrap().unwrap().cells(), row);
}

#[test]
fn values_that_are_taken_come_back_as_they_are() {
    for case in cases() {
        let column_type = case.column_type();
        for (given, canonical) in &case.taken {
            let cell = column_type.parse(given.clone(), &Rules::default()).unwrap();
            let text = match &cell {
                Cell::Int(value) => Cow::Owned(value.to_string()),
                Cell::Text(text) => text.clone(),
                Cell::Null => panic!("a type makes no NULL"),
            };
            assert_eq!(text, *canonical, "{} {given:?}", case.name);
            round(column_type, &cell);
            let in_a_file = column_type.parse(RawField::Cell(&text), &Rules::default());
            assert_eq!(in_a_file.unwrap(), cell, "{} {given:?}", case.name);
        }
    }
}

#[test]
fn values_that_are_refused_say_why() {
    for case in cases() {
        for (given, code) in &case.refused {
            let parsed = case.column_type().parse(given.clone(), &Rules::default());
            let found = parsed.as_ref().map_err(RowErrorKind::code);
            assert_eq!(found, Err(*code), "{} {given:?}", case.name);
        }
    }
}

#[test]
fn a_zero_that_would_be_renumbered_is_refused() {
    let rules = Rules { not_zero: true, ..Rules::default() };
    for case in cases().iter().filter(|case| !case.name.starts_with("decimal")) {
        let parsed = case.column_type().parse(RawField::Integer(0), &rules);
        assert!(parsed.is_err(), "{}", case.name);
    }
}

#[test]
fn a_date_time_that_was_stored_stays_as_it_is() {
    let column_type = date_times().column_type();
    for odd in ["yesterday", "", "2021-07-27T18:02:08+02:00"] {
        let stored = column_type.parse(text(odd), &Rules { stored: true, ..Rules::default() });
        assert_eq!(stored, Ok(Cell::Text(odd.into())));
    }
}

#[test]
fn a_type_is_known_by_the_name_that_it_gives() {
    for case in cases() {
        assert_eq!(case.column_type().sql_name(), case.name);
    }
    for (name, format) in [
        ("int(11)", None),
        ("INT", None),
        ("bigint(20) unsigned", None),
        ("bigint unsigned", DATE_TIME),
        ("tinyint(2)", None),
        ("tinyint(1)", DATE_TIME),
        ("datetime(0)", None),
        ("datetime(7)", None),
        ("datetime(3", None),
        ("datetime", DATE_TIME),
        ("date", DATE_TIME),
        ("decimal(10)", None),
        ("decimal(10,2) zerofill", None),
        ("decimal(66,0)", None),
        ("decimal(40,31)", None),
        ("decimal(2,3)", None),
        ("decimal(0,0)", None),
        ("decimal(10,2) signed", None),
        ("decimal(10,2)", DATE_TIME),
        ("", None),
        ("varchar()", None),
        ("varchar(0)", None),
        ("varchar(16384)", None),
        ("varchar(100000)", None),
        ("varchar(-1)", None),
        ("varchar(9", None),
        ("char(0)", None),
        ("char(256)", None),
        ("char(9) ", None),
        ("text(9)", None),
        ("text", DATE_TIME),
        ("int", DATE_TIME),
        ("varchar(19)", DATE_TIME),
        ("varchar(36)", Some("uuid")),
    ] {
        assert_eq!(ColumnType::of(name, format, None), None, "{name}");
    }
}

#[test]
fn only_texts_need_a_character_set() {
    for case in cases() {
        let column_type = case.column_type();
        let is_text = ["char", "text", "enum", "set"].iter().any(|it| case.name.contains(it));
        for (collation, holds_all) in [
            ("utf8mb4_bin", true),
            ("utf8mb4_0900_ai_ci", true),
            ("utf8mb4", false),
            ("utf8mb3_general_ci", false),
            ("latin1_swedish_ci", false),
            ("none", false),
        ] {
            let expected = holds_all || !is_text;
            assert_eq!(
                column_type.takes_collation(collation),
                expected,
                "{} {collation}",
                case.name
            );
        }
    }
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

#[test]
fn only_what_may_be_answered_as_a_boolean_or_a_date_is_read_as_a_sum() {
    for case in cases() {
        let is_small = case.name.starts_with("tinyint") || case.name == "year";
        let canonical = case.column_type().canonical("c");
        assert_eq!(canonical == "c + 0", is_small, "{}", case.name);
    }
}

fn any_field() -> impl Strategy<Value = RawField<'static>> {
    let date_time = "[0-9]{4}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-5][0-9]:[0-6][0-9](\\.[0-9]{1,9})?(Z|[+-][0-2][0-9]:[0-5][0-9])";
    let ends = prop_oneof![Just(i64::MIN), Just(i64::MAX), -300..300_i64, any::<i64>()];
    prop_oneof![
        ends.prop_map(RawField::Integer),
        ".{0,12}".prop_map(|value| text(&value)),
        "[0-9]{4}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-5][0-9]:[0-6][0-9](\\.[0-9]{1,9})?"
            .prop_map(|value| text(&value)),
        "-?[0-9]{1,20}".prop_map(|value| RawField::Cell(value.leak())),
        "-?[0-9]{1,9}(\\.[0-9]{1,3})?(e-?[0-9])?".prop_map(|value| RawField::Number(value.leak())),
        date_time.prop_map(|value| text(&value)),
    ]
}

proptest! {
    /// Whatever a type takes, the database and Avro give back.
    #[test]
    fn any_value_that_is_taken_comes_back(
        which: proptest::sample::Index,
        field in any_field(),
    ) {
        let cases = cases();
        let column_type = which.get(&cases).column_type();
        if let Ok(cell) = column_type.parse(field, &Rules::default()) {
            round(column_type, &cell);
        }
    }
}
