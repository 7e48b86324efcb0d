//! The cases of every type.

use alloc::vec::Vec;

use super::case::{Case, DATE_TIME};
use super::{numbers, texts, times};
use crate::table::issue::RowErrorKind;
use crate::table::types::{ColumnType, Definition, Rules};
use crate::table::value::RawField;

pub(crate) fn cases() -> Vec<Case> {
    [numbers::cases(), texts::cases(), times::cases()].concat()
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
fn only_what_may_be_answered_as_a_boolean_or_a_date_is_read_as_a_sum() {
    for case in cases() {
        let is_small = case.name.starts_with("tinyint") || case.name == "year";
        let canonical = case.column_type().canonical("c");
        assert_eq!(canonical == "c + 0", is_small, "{}", case.name);
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
