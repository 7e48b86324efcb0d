//! A name comes into SQL through `quoted` alone, which doubles the backticks in it.

use std::fs;
use std::path::Path;

use crate::source::folder;

/// Where names are quoted.
const QUOTING: &str = "base/sql_text.rs";

#[test]
fn no_statement_puts_backticks_around_a_name_by_itself() {
    let mut found = Vec::new();
    find(&folder(), "", &mut found);
    assert_eq!(found, [format!("{QUOTING}: format!(\"`{{}}`\", name.replace('`', \"``\"))")]);
}

#[test]
fn tests_and_comments_may() {
    let text = "/// Of `{name}`.\nlet one = \"`{name}`\";\n#[cfg(test)]\nmod tests {\n\"`{}`\"\n";
    assert_eq!(names_in_backticks(text), ["let one = \"`{name}`\";"]);
}

fn names_in_backticks(text: &str) -> Vec<&str> {
    let code = text.split("#[cfg(test)]\nmod ").next().unwrap();
    let lines = code.lines().map(str::trim).filter(|line| !line.starts_with("//"));
    lines.filter(|line| line.contains("`{")).collect()
}

fn find(root: &Path, folder: &str, found: &mut Vec<String>) {
    for entry in fs::read_dir(root.join(folder)).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
        if root.join(&path).is_dir() {
            find(root, &path, found);
        } else if path.ends_with(".rs") {
            let text = fs::read_to_string(root.join(&path)).unwrap();
            found.extend(names_in_backticks(&text).iter().map(|line| format!("{path}: {line}")));
        }
    }
}
