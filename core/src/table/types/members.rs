//! The members of ENUM and SET, as `information_schema` lists them.

use alloc::string::String;
use alloc::vec::Vec;

/// Reads `enum('a','b''c')`, whose keyword is `enum`. The members are kept for the life of the process.
pub(super) fn read(name: &str, keyword: &str) -> Option<&'static [&'static str]> {
    let list = name.strip_prefix(keyword)?.strip_prefix('(')?.strip_suffix(')')?;
    let mut rest = list;
    let mut members = Vec::new();
    loop {
        let (member, after) = quoted(rest)?;
        members.push(member);
        match after.strip_prefix(',') {
            Some(more) => rest = more,
            None if after.is_empty() => break,
            None => return None,
        }
    }
    let members: Vec<&'static str> = members.into_iter().map(|it| &*it.leak()).collect();
    Some(members.leak())
}

/// The members as `information_schema` lists them.
pub(super) fn listed(keyword: &str, members: &[&str]) -> String {
    let mut list = String::from(keyword);
    for (index, member) in members.iter().enumerate() {
        list.push_str(if index == 0 { "('" } else { ",'" });
        member.chars().for_each(|character| escape(character, &mut list));
        list.push('\'');
    }
    list.push(')');
    list
}

/// The text in quotes at the beginning, and what is behind it.
fn quoted(list: &str) -> Option<(String, &str)> {
    let mut characters = list.strip_prefix('\'')?.chars();
    let mut member = String::new();
    loop {
        match characters.next()? {
            '\'' => match characters.as_str().strip_prefix('\'') {
                Some(rest) => {
                    member.push('\'');
                    characters = rest.chars();
                }
                None => return Some((member, characters.as_str())),
            },
            '\\' => member.push(unescaped(characters.next()?)),
            other => member.push(other),
        }
    }
}

/// Both engines write these four behind a backslash.
const ESCAPED: [(char, char); 4] = [('\\', '\\'), ('\n', 'n'), ('\r', 'r'), ('\0', '0')];

fn unescaped(letter: char) -> char {
    let found = ESCAPED.iter().find(|(_, its)| *its == letter);
    found.map_or(letter, |(character, _)| *character)
}

fn escape(character: char, list: &mut String) {
    match ESCAPED.iter().find(|(its, _)| *its == character) {
        Some((_, letter)) => list.extend(['\\', *letter]),
        None if character == '\'' => list.push_str("''"),
        None => list.push(character),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn members_are_read_as_both_engines_list_them() {
        let listed = "enum('x','y''z','back\\\\slash','com,ma','new\\nline','ü','','q\"q','(p)')";
        let members = ["x", "y'z", "back\\slash", "com,ma", "new\nline", "ü", "", "q\"q", "(p)"];
        assert_eq!(read(listed, "enum"), Some(&members[..]));
        for other in
            ["enum()", "enum('a'", "enum('a',)", "enum('a''", "enum(a)", "set('a')", "enum"]
        {
            assert_eq!(read(other, "enum"), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn what_is_listed_is_read(members in prop::collection::vec("[a'\\\\\n\r\0,) ü]{0,4}", 1..5)) {
            let members: Vec<&str> = members.iter().map(String::as_str).collect();
            prop_assert_eq!(read(&listed("set", &members), "set"), Some(&members[..]));
        }
    }
}
