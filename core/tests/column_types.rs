//! No place but `table/types` tells one column type from another.

use std::fs;
use std::path::{Path, PathBuf};

/// The folders that are searched, from the one above this crate's.
const FOLDERS: [&str; 5] = ["core/src", "edge/src", "native/src", "lambda-shim/src", "cli/src"];

/// The one folder that may.
const TYPES: &str = "core/src/table/types";

/// Why a line of code is refused; `None` of one that is good.
fn fault(line: &str) -> Option<&'static str> {
    let code = line.split("//").next().unwrap_or_default();
    let mut named = code.split("ColumnType::").skip(1);
    if named.any(|rest| !rest.starts_with("known(") && !rest.starts_with("of(")) {
        return Some("names one type");
    }
    let is_constructor = code.contains("fn new(") && code.contains("-> Self");
    if code.contains("fn ")
        && !is_constructor
        && (code.contains(": ColumnType") || code.contains(": &ColumnType"))
    {
        return Some("a function of a type; it is an item of Definition");
    }
    let mut after = code.split("column_type").skip(1).map(str::trim_start);
    let is_told_apart = |rest: &str| {
        let operators = ["==", "!=", ", ColumnType"];
        operators.iter().any(|operator| rest.starts_with(operator))
            || (rest.starts_with('{') && code.contains("match "))
    };
    after.any(is_told_apart).then_some("tells types apart")
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn only_the_types_tell_types_apart() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut files = Vec::new();
    FOLDERS.iter().for_each(|folder| rust_files(&root.join(folder), &mut files));
    let (types, others): (Vec<_>, Vec<_>) =
        files.into_iter().partition(|file| file.starts_with(root.join(TYPES)));
    assert!(types.len() > 3 && others.len() > 100, "{} {}", types.len(), others.len());
    for file in others {
        for (number, line) in fs::read_to_string(&file).unwrap().lines().enumerate() {
            assert_eq!(fault(line), None, "{}:{}: {line}", file.display(), number + 1);
        }
    }
}

#[test]
fn what_tells_types_apart_is_seen() {
    for line in [
        "ColumnType::Int(_) => true,",
        "use crate::table::types::ColumnType::{Int, Varchar};",
        "use ColumnType::*;",
        "fn is_int(column_type: ColumnType) -> bool {",
        "fn new(column_type: ColumnType) -> bool {",
        "fn is_int(column_type: &ColumnType) -> bool {",
        "match column.column_type {",
        "column.column_type == other",
        "if other != x.column_type && x.column_type != other {",
        "matches!(table.key_column().column_type, ColumnType::Int(_))",
    ] {
        assert!(fault(line).is_some(), "{line}");
    }
    for line in [
        "column_type: ColumnType::known(\"int\", None, None),",
        "match column.column_type.canonical(&name) {",
        "/// [`ColumnType::Int`]",
        "let of = ColumnType::of(name, None, None);",
        "    column_type: ColumnType,",
        "pub const fn new(name: &'static str, column_type: ColumnType) -> Self {",
        "fn add(&mut self, of: impl Definition, cell: &Cell<'_>) {",
    ] {
        assert_eq!(fault(line), None, "{line}");
    }
}
