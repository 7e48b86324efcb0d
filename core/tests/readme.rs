//! The README lists every code, and no other.

use std::collections::BTreeSet;

/// What stands between `start` and the next `end`, all over the text.
fn between<'t>(text: &'t str, start: &str, end: &str) -> BTreeSet<&'t str> {
    text.split(start).skip(1).filter_map(|rest| Some(rest.split_once(end)?.0)).collect()
}

#[test]
fn lists_the_codes_of_rows() {
    let source = include_str!("../src/table/issue.rs");
    let codes = between(source, " => \"", "\",\n");
    let readme = include_str!("../../README.md");
    let (_, table) = readme.split_once("| code | meaning |\n|---|---|\n").unwrap_or_default();
    let (table, _) = table.split_once("\n\n").unwrap_or_default();
    assert_eq!(between(&format!("\n{table}"), "\n| `", "`"), codes);
    assert!(codes.len() >= 14 && codes.contains("missing"), "{codes:?}");
}
