//! The wings of `core/src` import only downwards, by the list in `ARCHITECTURE.md`, and no modules import
//! each other in a circle.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::source::{code, folder, is_of_name, item_end};

#[test]
fn wings_import_downwards() {
    let wings = wings();
    assert_eq!(upward(&Modules::of_core(), &wings), Vec::<String>::new());
}

#[test]
fn no_modules_import_each_other_in_a_circle() {
    assert_eq!(circles(Modules::of_core().imports()), BTreeSet::new());
}

#[test]
fn every_wing_is_listed_and_is_there() {
    let listed: BTreeSet<_> = wings().into_iter().collect();
    let declared: BTreeSet<_> = children(&Modules::of_core().0[""]).into_iter().collect();
    assert_eq!(listed, declared);
}

#[test]
fn a_module_with_modules_in_it_is_a_table_of_contents() {
    let modules = Modules::of_core();
    let parents = modules.0.iter().filter(|(_, code)| !children(code).is_empty());
    let others = |(path, code): (&String, &String)| {
        other_items(code).into_iter().map(|item| format!("{path}: {item}")).collect::<Vec<_>>()
    };
    let others: Vec<_> = parents.filter(|(path, _)| !path.is_empty()).flat_map(others).collect();
    assert_eq!(others, Vec::<String>::new());
}

/// The wings from the bottom up: the first column of the table in `ARCHITECTURE.md`.
fn wings() -> Vec<String> {
    let text = include_str!("../../ARCHITECTURE.md");
    let (_, section) = text.split_once("## The wings of the core").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap_or((section, ""));
    let cells = section.lines().filter_map(|line| line.strip_prefix("| `"));
    cells.filter_map(|cell| Some(cell.split_once('`')?.0.to_owned())).collect()
}

/// Imports from a wing that is further up.
fn upward(modules: &Modules, wings: &[String]) -> Vec<String> {
    let place = |module: &str| {
        let wing = module.split("::").next().unwrap();
        wings.iter().position(|it| it == wing)
    };
    let imports = modules.imports();
    let pairs = imports.iter().flat_map(|(from, to)| to.iter().map(move |to| (from, to)));
    let is_upward = |(from, to): &(&String, &String)| match (place(from), place(to)) {
        (Some(from), Some(to)) => to > from,
        _ => false,
    };
    pairs.filter(is_upward).map(|(from, to)| format!("{from} imports {to}")).collect()
}

/// The modules that are in a circle, or between two circles.
fn circles(mut imports: BTreeMap<String, BTreeSet<String>>) -> BTreeSet<String> {
    loop {
        let imported: BTreeSet<_> = imports.values().flatten().cloned().collect();
        let importing: BTreeSet<_> = imports.keys().cloned().collect();
        let left: BTreeSet<_> = imported.intersection(&importing).cloned().collect();
        imports.retain(|from, _| left.contains(from));
        imports.values_mut().for_each(|to| to.retain(|to| left.contains(to)));
        imports.retain(|_, to| !to.is_empty());
        if imports.len() == importing.len() {
            return importing;
        }
    }
}

/// The crate's modules by their paths, with their code; the crate's root is the empty path.
struct Modules(BTreeMap<String, String>);

impl Modules {
    fn of_core() -> Self {
        let mut modules = BTreeMap::new();
        let root = fs::read_to_string(folder().join("lib.rs")).unwrap();
        read_all(&mut modules, "", &root, &folder());
        Self(modules)
    }

    /// Each module with those that it imports from; tables of contents aside.
    fn imports(&self) -> BTreeMap<String, BTreeSet<String>> {
        let imports = |module: &str, code: &str| -> BTreeSet<String> {
            let named = paths(code).into_iter().filter_map(|path| self.resolve(module, &path));
            named.filter(|to| to != module).collect()
        };
        let modules = self.0.iter().filter(|(_, code)| children(code).is_empty());
        modules.map(|(module, code)| (module.clone(), imports(module, code))).collect()
    }

    /// The module that an item is of which `module` names like this; `None` if it is of another crate.
    fn resolve(&self, module: &str, path: &str) -> Option<String> {
        let path = self.absolute(module, path)?;
        let (found, rest) = self.longest(&path);
        let Some(name) = rest.first() else { return Some(found) };
        let handed_on = reexports(&self.0[&found]).remove(*name);
        let origin = handed_on.and_then(|origin| self.resolve(&found, &origin));
        Some(origin.unwrap_or(found))
    }

    /// The path from the crate's root.
    fn absolute(&self, module: &str, path: &str) -> Option<String> {
        let (first, rest) = path.split_once("::").unwrap_or((path, ""));
        match first {
            "crate" => Some(rest.to_owned()),
            "self" => Some(join(module, rest)),
            "super" => {
                let parent = module.rsplit_once("::").map_or("", |(parent, _)| parent);
                match rest.split("::").next() {
                    Some("super") => self.absolute(parent, rest),
                    _ => Some(join(parent, rest)),
                }
            }
            child if self.0.contains_key(&join(module, child)) => Some(join(module, path)),
            _ => None,
        }
    }

    /// The longest beginning of a path that is a module, and the names behind it.
    fn longest<'p>(&self, path: &'p str) -> (String, Vec<&'p str>) {
        let names: Vec<_> = path.split("::").filter(|name| !name.is_empty()).collect();
        let length = (0..=names.len()).rev().find(|n| self.0.contains_key(&names[..*n].join("::")));
        let (module, rest) = names.split_at(length.unwrap_or(0));
        (module.join("::"), rest.to_vec())
    }
}

fn read_all(modules: &mut BTreeMap<String, String>, path: &str, text: &str, folder: &Path) {
    let code = code(text);
    for child in children(&code) {
        let inside = folder.join(&child);
        let text = fs::read_to_string(folder.join(format!("{child}.rs")));
        let text = text.or_else(|_| fs::read_to_string(inside.join("mod.rs"))).unwrap();
        read_all(modules, &join(path, &child), &text, &inside);
    }
    modules.insert(path.to_owned(), code);
}

fn join(module: &str, rest: &str) -> String {
    [module, rest].into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>().join("::")
}

/// The names of the modules that are declared in files of their own.
fn children(code: &str) -> Vec<String> {
    let statements = words(code, "mod").into_iter().map(|at| &code[at..]);
    let name = |behind: &str| {
        let name = behind.trim_start().split(|c| !is_of_name(c)).next()?;
        behind.trim_start()[name.len()..].trim_start().starts_with(';').then(|| name.to_owned())
    };
    statements.filter_map(name).collect()
}

/// The beginnings of what is in a module besides `mod x;` and `pub use`.
fn other_items(code: &str) -> Vec<String> {
    let mut others = Vec::new();
    let mut rest = code.trim_start();
    while !rest.is_empty() {
        let is_attribute = rest.starts_with('#');
        let end = if is_attribute { attribute_end(rest) } else { item_end(rest) };
        let item = &rest[..end];
        if !is_attribute && !is_of_contents(item) {
            others.push(item.lines().next().unwrap_or_default().to_owned());
        }
        rest = rest[end..].trim_start_matches(|c: char| c == ';' || c.is_whitespace());
    }
    others
}

fn attribute_end(code: &str) -> usize {
    code.find(']').map_or(code.len(), |at| at + 1)
}

/// Whether an item is `mod x;` or `pub use`, with any visibility.
fn is_of_contents(item: &str) -> bool {
    let public = item.strip_prefix("pub").map(|rest| match rest.split_once(')') {
        Some((head, rest)) if head.starts_with('(') => rest,
        _ => rest,
    });
    let is_use = public.is_some_and(|rest| rest.trim_start().starts_with("use "));
    let is_module = public.unwrap_or(item).trim_start().starts_with("mod ") && item.ends_with(';');
    is_use || is_module
}

/// Where a word ends, at each place that it is.
fn words(code: &str, word: &str) -> Vec<usize> {
    let is_whole = |at: &usize| {
        let before = code[..*at].chars().next_back();
        let behind = code[at + word.len()..].chars().next();
        !before.is_some_and(is_of_name) && !behind.is_some_and(is_of_name)
    };
    let found = code.match_indices(word).map(|(at, _)| at);
    found.filter(is_whole).map(|at| at + word.len()).collect()
}

/// All paths that are imported or named from the crate's root or from a parent.
fn paths(code: &str) -> Vec<String> {
    let imported = uses(code).into_iter().flat_map(|(_, tree)| leaves(tree));
    let imported = imported.map(|leaf| leaf.path);
    let named = ["crate", "super", "self"].into_iter().flat_map(|first| {
        let ends = words(code, first).into_iter();
        ends.filter_map(move |end| named_path(first, &code[end..]))
    });
    imported.chain(named).collect()
}

/// The path that begins with a word and goes on with this; `None` for the head of a tree.
fn named_path(first: &str, behind: &str) -> Option<String> {
    let end = behind.find(|c| !is_of_name(c) && c != ':').unwrap_or(behind.len());
    let rest = behind[..end].strip_prefix("::")?;
    Some(format!("{first}::{}", rest.trim_end_matches(':'))).filter(|_| !rest.is_empty())
}

/// What comes behind each `use`, up to its semicolon, and whether it is handed on.
fn uses(code: &str) -> Vec<(bool, &str)> {
    let one = |at: usize| {
        let before = &code[..at - "use".len()];
        let statement = before.rsplit([';', '{', '}', ']']).next().unwrap_or_default();
        let tree = code[at..].split(';').next().unwrap_or_default();
        (statement.trim_start().starts_with("pub"), tree)
    };
    words(code, "use").into_iter().map(one).collect()
}

/// One item of a `use`.
struct Leaf {
    path: String,
    /// What it is called here.
    name: String,
}

/// The items of a tree such as `a::{b, c::{self, d as e}}`.
fn leaves(tree: &str) -> Vec<Leaf> {
    let tree = tree.trim();
    let Some((head, inner)) = tree.split_once('{') else { return vec![leaf(tree)] };
    let inner = inner.trim_end().strip_suffix('}').unwrap_or(inner);
    let parts = split_outside_braces(inner);
    parts.iter().flat_map(|part| leaves(&format!("{head}{}", part.trim()))).collect()
}

fn leaf(text: &str) -> Leaf {
    let (path, alias) = text.split_once(" as ").unwrap_or((text, ""));
    let path = path.trim().trim_end_matches("::self");
    let own = path.rsplit("::").next().unwrap_or_default();
    let name = if alias.is_empty() { own } else { alias.trim() };
    Leaf { path: path.to_owned(), name: name.to_owned() }
}

fn split_outside_braces(text: &str) -> Vec<&str> {
    let mut depth = 0;
    let is_comma = |c: char| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        c == ',' && depth == 0
    };
    text.split(is_comma).filter(|part| !part.trim().is_empty()).collect()
}

/// What a module hands on, by its name.
fn reexports(code: &str) -> BTreeMap<String, String> {
    let handed_on = uses(code).into_iter().filter(|(is_public, _)| *is_public);
    let leaves = handed_on.flat_map(|(_, tree)| leaves(tree));
    leaves.map(|leaf| (leaf.name, leaf.path)).collect()
}

mod tests {
    use super::*;

    fn modules(texts: &[(&str, &str)]) -> Modules {
        Modules(texts.iter().map(|(path, text)| ((*path).to_owned(), code(text))).collect())
    }

    fn two(low: &str, high: &str) -> Modules {
        let contents = "mod low; mod high;";
        modules(&[("", contents), ("low", low), ("high", "pub use item::Item; mod item;")])
            .with("high::item", high)
    }

    impl Modules {
        fn with(mut self, path: &str, text: &str) -> Self {
            self.0.insert(path.to_owned(), code(text));
            self
        }
    }

    fn is_upward(low: &str) -> bool {
        let wings = ["low".to_owned(), "high".to_owned()];
        !upward(&two(low, ""), &wings).is_empty()
    }

    #[test]
    fn an_import_upwards_is_found() {
        for low in [
            "use crate::high::Item;",
            "use crate::high::item;",
            "use super::high::item::{self, Item};",
            "use crate::{low, high::{Item as Other}};",
            "fn f() { crate::high::f() }",
            "pub(crate) use crate::high::Item;",
            "#[cfg(test)] use crate::low::X; fn f(x: super::high::Item) {}",
            "const C: char = '\"'; use crate::high::Item; const D: char = '\"';",
            "const R: &str = r\"\\\"; use crate::high::Item; const S: &str = \"\";",
            "fn f<'a>(x: &'a str) { use crate::high::Item; }",
        ] {
            assert!(is_upward(low), "{low}");
        }
    }

    #[test]
    fn what_is_no_import_is_not_taken_for_one() {
        for low in [
            "",
            "use core::high::Item;",
            "// use crate::high::Item;",
            "/* use /* */ crate::high::Item; */",
            "const TEXT: &str = \"use crate::high::Item;\";",
            "const TEXT: &str = r#\"\" use crate::high::Item;\"#;",
            "#[cfg(test)] mod tests { use crate::high::Item; fn f() { crate::high::f() } }",
            "#[cfg(test)] pub(crate) const A: [u8; 2] = [0; crate::high::N];",
            "#[cfg(test)] #[path = \"x.rs\"] mod x; #[cfg(test)] use crate::high::{Item};",
        ] {
            assert!(!is_upward(low), "{low}");
        }
    }

    #[test]
    fn what_is_not_of_a_table_of_contents_is_found() {
        let contents = "//! What.\n#[cfg(feature = \"x\")]\nmod a;\npub mod b;\npub(crate) use a::{A, f};\n\
            pub use b::B;\n#[cfg(test)]\nmod tests { fn f() {} }\n";
        assert_eq!(other_items(&code(contents)), Vec::<String>::new());
        for item in [
            "use a::A;",
            "const A: u8 = 0;",
            "pub(super) fn f(x: u8) {}",
            "impl A {}",
            "mod inner {}",
            "/// What.\n#[derive(Debug)]\npub struct A;",
        ] {
            let others = other_items(&code(&format!("{contents}{item}")));
            assert_eq!(others.len(), 1, "{item}: {others:?}");
        }
    }

    #[test]
    fn a_circle_is_found_through_what_is_handed_on() {
        let circle = |low, high| circles(two(low, high).imports());
        let both: BTreeSet<_> = ["low".to_owned(), "high::item".to_owned()].into();
        assert_eq!(circle("use crate::high::Item;", "use crate::low::f;"), both);
        assert_eq!(circle("use crate::high::Item;", "fn f() { super::super::low::f() }"), both);
        assert_eq!(circle("use crate::high::Item;", "use crate::other::f;"), BTreeSet::new());
        assert_eq!(circle("", "use crate::low::f;"), BTreeSet::new());
    }
}
