//! The example is named once in each native program, where its schema is read, and nowhere in the core.

use std::fs;
use std::path::Path;

use crate::source::code;

/// Where the example is named: its definition, and where a program's schema is read.
const NAMED: [(&str, usize); 3] = [
    ("core/src/table/schema/tables.rs", 1),
    ("lambda-shim/src/tables.rs", 1),
    ("native/src/files.rs", 1),
];

const FOLDERS: [&str; 5] = ["cli/src", "core/src", "edge/src", "lambda-shim/src", "native/src"];

#[test]
fn the_example_is_named_where_a_schema_is_read() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = Vec::new();
    FOLDERS.iter().for_each(|folder| find(root, folder, &mut found));
    let found: Vec<_> = found.iter().map(|(path, count)| (path.as_str(), *count)).collect();
    assert_eq!(found, NAMED);
}

#[test]
fn comments_and_tests_may_name_it() {
    let text = "//! let schema = Schema::example();\nfn one() { Schema::example(); }\n\
        #[cfg(test)]\nmod tests {\n    fn two() { Schema::example(); }\n}\n";
    assert_eq!(count(text), 1);
    assert_eq!(count("let table = Schema::example;"), 1);
    assert_eq!(count("static EXAMPLE: &[Table] = &[];"), 0);
}

/// How often code names it.
fn count(text: &str) -> usize {
    let code = code(text);
    code.matches("Schema::example").count() + code.matches("fn example()").count()
}

/// The files in which it is named, in the order of their paths, and how often.
fn find(root: &Path, folder: &str, found: &mut Vec<(String, usize)>) {
    let entries = fs::read_dir(root.join(folder)).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    for name in names {
        let path = format!("{folder}/{name}");
        if root.join(&path).is_dir() {
            find(root, &path, found);
        } else if name.ends_with(".rs") && name != "tests.rs" {
            let count = count(&fs::read_to_string(root.join(&path)).unwrap());
            found.extend((count > 0).then_some((path, count)));
        }
    }
}
