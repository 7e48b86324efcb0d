//! Rust source as text: what is left of it without comments, literals and tests.

use std::path::{Path, PathBuf};

/// The folder of the crate's source.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The text with blanks in place of comments, literals and items under `#[cfg(test)]`; its lines stay.
pub(crate) fn code(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let (length, is_code) = token(rest);
        let (token, behind) = rest.split_at(length);
        if is_code {
            code.push_str(token);
        } else {
            blank(&mut code, token);
        }
        rest = behind;
    }
    without_tests(&code)
}

fn blank(code: &mut String, text: &str) {
    code.extend(text.chars().map(|c| if c == '\n' { c } else { ' ' }));
}

/// The length of the first token, and whether it is code.
fn token(text: &str) -> (usize, bool) {
    let word = text.find(|c: char| !is_of_name(c)).unwrap_or(text.len());
    if word > 0 {
        return match raw_string(text, word) {
            Some(end) => (end, false),
            None => (word, true),
        };
    }
    let hidden = match text.as_bytes() {
        [b'/', b'/', ..] => text.find('\n').unwrap_or(text.len()),
        [b'/', b'*', ..] => block_comment(text),
        [b'"', ..] => string(text),
        [b'\'', ..] => character(text),
        _ => 0,
    };
    match hidden {
        0 => (text.chars().next().map_or(1, char::len_utf8), true),
        length => (length, false),
    }
}

pub(crate) fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The end of a raw string whose prefix has so many letters.
fn raw_string(text: &str, prefix: usize) -> Option<usize> {
    let behind = text[prefix..].trim_start_matches('#');
    if !matches!(&text[..prefix], "r" | "br" | "cr") || !behind.starts_with('"') {
        return None;
    }
    let hashes = text.len() - prefix - behind.len();
    let closing = format!("\"{}", "#".repeat(hashes));
    let start = prefix + hashes + 1;
    text[start..].find(&closing).map(|at| start + at + closing.len())
}

fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        let step = match &text.as_bytes()[at..] {
            [b'/', b'*', ..] => 1,
            [b'*', b'/', ..] => -1,
            _ => 0,
        };
        depth += step;
        at += if step == 0 { 1 } else { 2 };
        if depth == 0 {
            break;
        }
    }
    at
}

fn string(text: &str) -> usize {
    let mut bytes = text.bytes().enumerate().skip(1);
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\\' => _ = bytes.next(),
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of a character's literal; 0 of a lifetime.
fn character(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => text[3..].find('\'').map_or(0, |at| at + 4),
        Some(_) => chars.next().filter(|(_, c)| *c == '\'').map_or(0, |(at, _)| at + 1),
        None => 0,
    }
}

/// Blanks all items under `#[cfg(test)]`.
fn without_tests(code: &str) -> String {
    const TEST: &str = "#[cfg(test)]";
    let mut left = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(at) = rest.find(TEST) {
        let (before, item) = rest.split_at(at);
        let end = TEST.len() + item_end(&item[TEST.len()..]);
        left.push_str(before);
        blank(&mut left, &item[..end]);
        rest = &item[end..];
    }
    left + rest
}

/// Where an item ends: at its semicolon or behind its body.
pub(crate) fn item_end(code: &str) -> usize {
    let mut depth = 0;
    for (at, c) in code.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 && matches!(c, ';' | '}') {
            return at + 1;
        }
    }
    code.len()
}
