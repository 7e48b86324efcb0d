//! The files that `ARCHITECTURE.md` names as the place of a change are there.

use std::path::{Path, PathBuf};

/// The paths in one row of the table; a name without a folder is in the folder of the path before it.
fn paths(row: &str) -> Vec<PathBuf> {
    let mut folder = PathBuf::new();
    let mut found = Vec::new();
    for name in row.split('`').skip(1).step_by(2) {
        let path = match name.contains('/') {
            true => PathBuf::from(name),
            false if name.contains('.') => folder.join(name),
            false => continue,
        };
        let is_file = path.extension().is_some();
        folder = path.ancestors().nth(usize::from(is_file)).unwrap().into();
        found.push(path);
    }
    found
}

/// Whether it stands for files that are still to be made.
fn is_pattern(path: &Path) -> bool {
    path.to_string_lossy().contains("NAME")
}

#[test]
fn the_places_of_changes_are_there() {
    let text = include_str!("../../ARCHITECTURE.md");
    let (_, table) = text.split_once("## Where a change goes").unwrap();
    let (table, _) = table.split_once("\n## ").unwrap();
    let rows: Vec<_> = table.lines().filter(|line| line.starts_with("| a")).collect();
    assert_eq!(rows.len(), 10);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for row in rows {
        let paths = paths(row);
        assert!(!paths.is_empty(), "{row}");
        for path in paths {
            let there = if is_pattern(&path) { path.parent().unwrap() } else { &path };
            assert!(root.join(there).exists(), "{}", path.display());
        }
    }
}

#[test]
fn a_name_without_a_folder_is_beside_the_path_before_it() {
    let row = "| a word | `a/b/one.rs`, `Type`, `two.rs`; `c/three.rs` and `four.rs`, `d/e` and `five.rs` |";
    let expected = ["a/b/one.rs", "a/b/two.rs", "c/three.rs", "c/four.rs", "d/e", "d/e/five.rs"];
    assert_eq!(paths(row), expected.map(PathBuf::from));
}
