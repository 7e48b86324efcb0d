//! The documents list every code, and no other, and the names of each format.

use std::collections::BTreeSet;

use rowgate_core::FORMATS;

/// The texts between `start` and the next `end`.
fn between<'t>(text: &'t str, start: &str, end: &str) -> BTreeSet<&'t str> {
    text.split(start).skip(1).filter_map(|rest| Some(rest.split_once(end)?.0)).collect()
}

#[test]
fn lists_the_codes_of_rows() {
    let source = include_str!("../src/table/issue.rs");
    let codes = between(source, " => \"", "\",\n");
    let page = include_str!("../../docs/errors.md");
    let (_, table) = page.split_once("| code | meaning |\n|---|---|\n").unwrap_or_default();
    let table = table.split_once("\n\n").map_or(table, |(table, _)| table);
    assert_eq!(between(&format!("\n{table}"), "\n| `", "`"), codes);
    assert!(codes.len() >= 14 && codes.contains("missing"), "{codes:?}");
}

#[test]
fn the_list_of_codes_has_each_of_them_once() {
    let source = include_str!("../src/table/issue.rs");
    let (_, list) = source.split_once("const CODES: &[&str] = &[\n").unwrap();
    let (list, _) = list.split_once("];").unwrap();
    let listed: Vec<_> = list.lines().filter_map(|line| line.split('"').nth(1)).collect();
    let codes: Vec<_> = between(source, " => \"", "\",\n").into_iter().collect();
    assert_eq!(listed, codes);
}

#[test]
fn names_every_extension_and_media_type() {
    let files = include_str!("../../docs/files.md");
    let http = include_str!("../../docs/http.md");
    for format in FORMATS {
        let is_body = format.is_body;
        let dotted = |extension: &&str| format!("`.{extension}`");
        let quoted = |media_type: &&str| format!("`{media_type}`");
        for name in format.extensions.iter().map(dotted) {
            assert!(files.contains(&name), "{name}");
        }
        for name in format.media_types.iter().filter(|_| is_body).map(quoted) {
            assert!(http.contains(&name), "{name}");
        }
    }
}
