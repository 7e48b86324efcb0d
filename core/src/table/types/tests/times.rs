//! The values of dates and times.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use alloc::{format, vec};

use super::case::{Case, DATE_TIME, case, text};
use crate::table::issue::RowErrorKind;
use crate::table::time_zone::TimeZone;
use crate::table::types::{ColumnType, Definition, Rules};
use crate::table::value::{Cell, RawField};

pub(super) fn date_times() -> Case {
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
    moments(name, &taken, &refused.map(|it| (it, "invalid_date_time")))
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
    moments(name, &taken, &refused)
}

/// A type of texts that are moments; it takes nothing else.
fn moments(name: &'static str, taken: &[(&str, String)], refused: &[(&str, &'static str)]) -> Case {
    let wrong = [RawField::Integer(0), RawField::Bool(true), RawField::Day(0)];
    let wrong = wrong.map(|field| (field, "wrong_type"));
    let refused = refused.iter().map(|(given, code)| (text(given), *code));
    Case {
        name,
        format: None,
        taken: taken.iter().map(|(given, canonical)| (text(given), canonical.clone())).collect(),
        refused: refused.chain(wrong).collect(),
    }
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

pub(super) fn cases() -> Vec<Case> {
    vec![
        date_times(),
        dates(),
        years(),
        timestamps("timestamp", 0),
        timestamps("timestamp(3)", 3),
        timestamps("timestamp(6)", 6),
        times("time", 0),
        times("time(3)", 3),
        times("time(6)", 6),
        local_date_times("datetime", 0),
        local_date_times("datetime(3)", 3),
        local_date_times("datetime(6)", 6),
    ]
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
