//! A name of a type means one thing in the core.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::source::{code, folder, is_of_name};

/// The names that several types have, each with its reason.
const SHARED: [(&str, &str); 1] = [(
    "Error",
    "what a service answers: `data_api::Error` and `s3::Error`, named with the service",
)];

const KEYWORDS: [&str; 5] = ["struct", "enum", "union", "trait", "type"];

/// The names of the types that a file defines, in functions as well. Those of traits and their
/// implementations are left out: `type Error = …;` with blanks before it is the trait's name.
fn defined(code: &str) -> Vec<String> {
    code.lines().filter_map(name_of).map(String::from).collect()
}

fn name_of(line: &str) -> Option<&str> {
    let item = without_visibility(line.trim_start());
    let (keyword, rest) = item.split_once(' ')?;
    if !KEYWORDS.contains(&keyword) || (keyword == "type" && line.starts_with(' ')) {
        return None;
    }
    let end = rest.find(|c: char| !is_of_name(c)).unwrap_or(rest.len());
    Some(&rest[..end]).filter(|name| !name.is_empty())
}

fn without_visibility(item: &str) -> &str {
    match item.strip_prefix("pub") {
        Some(rest) if rest.starts_with(' ') => rest.trim_start(),
        Some(rest) if rest.starts_with('(') => {
            rest.split_once(')').map_or(rest, |(_, item)| item.trim_start())
        }
        _ => item,
    }
}

/// Where each name is defined.
fn find(folder: &Path, found: &mut BTreeMap<String, Vec<String>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            find(&path, found);
        } else if path.extension().is_some_and(|its| its == "rs") && !path.ends_with("tests.rs") {
            for name in defined(&code(&fs::read_to_string(&path).unwrap())) {
                found.entry(name).or_default().push(path.display().to_string());
            }
        }
    }
}

#[test]
fn no_two_types_have_one_name() {
    let mut found = BTreeMap::new();
    find(&folder(), &mut found);
    assert!(found.len() > 300, "{}", found.len());
    found.retain(|_, files| files.len() > 1);
    for (name, reason) in SHARED {
        assert!(found.remove(name).is_some(), "{name} is the name of one type: {reason}");
    }
    assert!(found.is_empty(), "give each a name of its own, see docs/glossary.md: {found:#?}");
}

#[test]
fn every_form_of_a_definition_is_seen() {
    let text = "pub struct One;\npub(crate) enum Two<'a> { A }\npub(in crate::x) trait Three {}\n\
        type Four = u8;\nfn f() {\n    struct Five(u8);\n}\nunion Six {}\nstruct Seven\nwhere";
    assert_eq!(defined(&code(text)), ["One", "Two", "Three", "Four", "Five", "Six", "Seven"]);
}

#[test]
fn what_only_looks_like_a_definition_is_not() {
    let text = "// struct One;\nlet text = \"\nenum Two {}\";\nimpl X for Y {\n    type Error = Z;\n}\n\
        #[cfg(test)]\nmod tests {\n    struct Three;\n}\nlet structure = 1;\ntype_name();\n";
    assert_eq!(defined(&code(text)), [""; 0]);
}
