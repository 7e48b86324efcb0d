//! How long the files and functions of `core/src` are, without tests and comments, and how many parameters
//! the functions have.

use std::fs;
use std::path::Path;

use crate::source::{code, folder, is_of_name, item_end};

/// The most lines of code in a file.
const FILE_LINES: usize = 400;

/// The most lines of a function, from `fn` to its closing brace.
const FUNCTION_LINES: usize = 60;

/// The most lines of half of all functions.
const MEDIAN: usize = 7;

/// The most parameters of a function, `self` among them.
const PARAMETERS: usize = 5;

/// Functions that may be longer, since they are tables with an arm for each message.
const TABLES: [&str; 3] =
    ["table/row_error_text.rs fmt", "table/issue.rs code", "restore/error.rs fmt"];

#[test]
fn no_file_is_long() {
    let lines = |text: &str| text.lines().filter(|line| !line.trim().is_empty()).count();
    let sources = sources();
    let long = sources.iter().map(|(path, code)| (path, lines(code)));
    let long: Vec<_> = long.filter(|(_, lines)| *lines > FILE_LINES).collect();
    assert!(long.is_empty(), "{long:?}");
}

#[test]
fn no_function_is_long() {
    let functions = all_functions();
    let is_long = |it: &&Function| it.lines > FUNCTION_LINES && !TABLES.contains(&it.name.as_str());
    let long: Vec<_> = functions.iter().filter(is_long).collect();
    assert!(long.is_empty(), "{long:?}");
}

#[test]
fn no_function_has_many_parameters() {
    let functions = all_functions();
    let many: Vec<_> = functions.iter().filter(|it| it.parameters > PARAMETERS).collect();
    assert!(many.is_empty(), "{many:?}");
    assert!(functions.iter().filter(|it| it.parameters == PARAMETERS).count() > 10);
}

#[test]
fn most_functions_are_short() {
    let mut lines: Vec<_> = all_functions().iter().map(|it| it.lines).collect();
    lines.sort_unstable();
    assert!(lines.len() > 1_000, "{}", lines.len());
    assert!(lines[lines.len() / 2] <= MEDIAN, "{}", lines[lines.len() / 2]);
}

#[test]
fn an_exception_is_needed() {
    let functions = all_functions();
    for table in TABLES {
        let is_long = |it: &Function| it.name == table && it.lines > FUNCTION_LINES;
        assert!(functions.iter().any(is_long), "{table} need not be listed");
    }
}

#[test]
fn lines_are_counted_from_fn_to_the_closing_brace() {
    let text = "fn one() {}\n\npub async fn three(\n    x: [u8; 2],\n) -> u8 { x[0] }\n\
        trait T { fn declared(&self); }\n/// fn of_doc() {}\n#[cfg(test)]\nfn of_tests() {}\n\
        fn four() {\n    // a brace }\n    let _ = \"}\";\n}\n";
    let found = functions("f", &code(text));
    let found: Vec<_> = found.iter().map(|it| (it.name.as_str(), it.lines)).collect();
    assert_eq!(found, [("f one", 1), ("f three", 3), ("f four", 4)]);
}

#[test]
fn parameters_are_counted_between_the_function_s_own_brackets() {
    for (text, count) in [
        ("fn none() -> (u8, u8) { (1, 2) }", 0),
        ("fn own(&mut self) {}", 1),
        ("fn last(a: u8,\n    b: [u8; 2],\n) {}", 2),
        ("fn types(a: Vec<(u8, u8)>, b: impl Fn(u8, u8) -> Map<u8, u8>, c: u8) {}", 3),
        ("fn bounds<A: Fn(u8, u8) -> u8, B, C>(a: A, (b, c): (B, C)) {}", 2),
        ("fn bare<'a, T>(a: &'a T) where T: Fn(u8, u8) {}", 1),
    ] {
        assert_eq!(functions("f", text)[0].parameters, count, "{text}");
    }
}

/// A function that has a body.
#[derive(Debug)]
struct Function {
    /// Its file and its own name.
    name: String,
    lines: usize,
    parameters: usize,
}

fn all_functions() -> Vec<Function> {
    sources().iter().flat_map(|(path, code)| functions(path, code)).collect()
}

/// The paths of all files with their code; of files that are tests alone none.
fn sources() -> Vec<(String, String)> {
    let mut sources = Vec::new();
    read_folder(&folder(), "", &mut sources);
    sources
}

fn read_folder(folder: &Path, path: &str, sources: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
        if entry.file_type().unwrap().is_dir() {
            read_folder(&entry.path(), &path, sources);
        } else if name.ends_with(".rs") && name != "tests.rs" {
            sources.push((path, code(&fs::read_to_string(entry.path()).unwrap())));
        }
    }
}

/// The functions that have a body.
fn functions(path: &str, code: &str) -> Vec<Function> {
    let starts = code.match_indices("fn ").map(|(at, _)| at);
    let starts = starts.filter(|at| !code[..*at].chars().next_back().is_some_and(is_of_name));
    let function = |at: usize| {
        let text = &code[at..at + item_end(&code[at..])];
        let name = text["fn ".len()..].split(|c| !is_of_name(c)).next().unwrap_or_default();
        (text.ends_with('}') && !name.is_empty()).then(|| Function {
            name: format!("{path} {name}"),
            lines: text.lines().count(),
            parameters: parameters(text),
        })
    };
    starts.filter_map(function).collect()
}

/// The number of a function's parameters: in its first brackets that are not those of its generics.
fn parameters(text: &str) -> usize {
    let (mut depth, mut before) = (0, ' ');
    let mut parameters: Vec<String> = Vec::new();
    for c in text.chars() {
        match c {
            '(' if depth == 0 => parameters.push(String::new()),
            ',' if depth == 1 && !parameters.is_empty() => parameters.push(String::new()),
            ')' if depth == 1 && !parameters.is_empty() => break,
            c => parameters.last_mut().into_iter().for_each(|last| last.push(c)),
        }
        match c {
            '(' | '[' | '{' | '<' => depth += 1,
            '>' if before == '-' => {}
            ')' | ']' | '}' | '>' => depth -= 1,
            _ => {}
        }
        before = c;
    }
    parameters.iter().filter(|parameter| !parameter.trim().is_empty()).count()
}
