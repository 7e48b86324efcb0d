//! Texts of another format than CSV.

use crate::format::json::BOM;
use crate::table::issue::RowErrorKind;

const SAVE: &str = "save the table as CSV UTF-8";

/// The first words of statements in SQL.
const STATEMENTS: [&[u8]; 5] =
    [b"insert into ", b"create table ", b"replace into ", b"drop table ", b"-- "];

/// Why a file that begins like this is no CSV, if that is certain.
pub(super) fn text_format(text: &[u8]) -> Option<RowErrorKind> {
    format_of(text).map(|found| RowErrorKind::WrongFormat { found, advice: SAVE })
}

fn format_of(text: &[u8]) -> Option<&'static str> {
    if text.starts_with(b"\0\0\0\0") {
        return Some("a file of zeros, as a broken copy leaves them");
    }
    let text = text.strip_prefix(BOM).unwrap_or(text).trim_ascii_start();
    let begins =
        |word: &[u8]| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    match text {
        [b'{', rest @ ..] if is_json_object(rest) => Some("JSON, one object a line or several"),
        [b'[', rest @ ..] if rest.trim_ascii_start().starts_with(b"{") => Some("a JSON array"),
        _ if begins(b"<?xml") => Some("XML"),
        _ if begins(b"<!doctype html") || begins(b"<html") || begins(b"<table") => {
            Some("a page in HTML, as some systems give to Excel")
        }
        _ if STATEMENTS.iter().any(|statement| begins(statement)) => Some("SQL"),
        _ => None,
    }
}

fn is_json_object(rest: &[u8]) -> bool {
    let rest = rest.trim_ascii_start();
    rest.starts_with(b"\"") || rest.starts_with(b"}")
}
