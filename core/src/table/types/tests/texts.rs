//! The values of texts, lists, bytes and documents.

use alloc::borrow::ToOwned;
use alloc::vec::Vec;
use alloc::{format, vec};

use super::case::{Case, case, text};
use crate::table::issue::RowErrorKind;
use crate::table::types::{ColumnType, Definition, Rules};
use crate::table::value::{Cell, RawField};

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

pub(super) fn cases() -> Vec<Case> {
    vec![
        texts("varchar(8)", 8),
        texts("varchar(16383)", 16_383),
        chars("char(8)", 8),
        chars("char(255)", 255),
        long_texts("tinytext", 255),
        long_texts("text", 65_535),
        enumerations(),
        documents(),
        sets(),
        bytes(
            "binary(2)",
            &["AAE="],
            &[("AA==", "too_few_bytes"), ("", "too_few_bytes"), ("AAAA", "too_long")],
        ),
        bytes("varbinary(3)", &["", "AA==", "/+8=", "AAAA"], &[("AAAAAA==", "too_long")]),
        bytes("tinyblob", &["", "AA=="], &[(&"AAAA".repeat(86), "too_long")]),
        bytes("longblob", &[&"AAAA".repeat(86)], &[]),
    ]
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
