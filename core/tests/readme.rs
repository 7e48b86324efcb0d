//! The README lists every code, and no other, and what each format is called.

use std::collections::BTreeSet;

use rowgate_core::FORMATS;

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

#[test]
fn names_every_extension_and_media_type() {
    let readme = include_str!("../../README.md");
    for format in FORMATS {
        let dotted = |extension: &&str| format!("`.{extension}`");
        let quoted = |media_type: &&str| format!("`{media_type}`");
        let names = format.extensions.iter().map(dotted);
        for name in names.chain(format.media_types.iter().map(quoted)) {
            assert!(readme.contains(&name), "{name}");
        }
    }
}
