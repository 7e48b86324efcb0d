//! Names in a file's header, and the columns that they are for.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::blank::is_blank;
use crate::table::schema::Table;

/// The column that a header's cell names: exactly, or but for case, else by its folded name if no
/// other column has the same one.
pub(super) fn column(table: &Table, name: &str) -> Option<usize> {
    let exact = table.column_index(name);
    if let Some(exact) = exact.or_else(|| table.column_index(&name.to_ascii_lowercase())) {
        return Some(exact);
    }
    let folded = fold(name);
    let mut columns = (0..table.columns.len())
        .filter(|column| names(table, *column).any(|name| fold(name) == folded));
    let found = columns.next()?;
    columns.next().is_none().then_some(found)
}

/// What the options say that a name of the file means.
pub(super) fn meant<'m>(names: &'m BTreeMap<String, String>, name: &str) -> Option<&'m str> {
    let mut names = names.iter();
    names.find(|(theirs, _)| fold(theirs) == fold(name)).map(|(_, ours)| ours.as_str())
}

/// A name without case, blanks, `_` and `-`.
pub(crate) fn fold(name: &str) -> String {
    let is_kept = |character: &char| !is_blank(*character) && !matches!(character, '_' | '-');
    name.chars().filter(is_kept).flat_map(char::to_lowercase).collect()
}

/// The column whose name is nearest to one that is unknown, if any is near.
pub(super) fn nearest(table: &Table, name: &str) -> Option<&'static str> {
    let folded = fold(name);
    let near = |column: usize| {
        let distances = names(table, column).map(|known| distance(&folded, &fold(known)));
        Some((distances.min()?, table.columns[column].name))
    };
    let nearest = (0..table.columns.len()).filter_map(near).min_by_key(|(distance, _)| *distance);
    nearest.filter(|(distance, _)| *distance <= folded.chars().count() / 3).map(|(_, name)| name)
}

/// The name and the aliases of a column.
pub(crate) fn names(table: &Table, column: usize) -> impl Iterator<Item = &'static str> {
    let column = &table.columns[column];
    core::iter::once(column.name).chain(column.aliases.iter().copied())
}

/// How many characters have to be put in, taken out or replaced to make one text of the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (taken, character) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = taken + 1;
        for (at, other) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(character != *other);
            diagonal = row[at + 1];
            row[at + 1] = replaced.min(diagonal + 1).min(row[at] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::schema::table;

    #[test]
    fn a_name_is_found_whatever_its_case_and_separators() {
        let employees = table("employees").unwrap();
        for name in [
            "department_id",
            "Department ID",
            "DEPARTMENT-ID",
            "departmentid",
            "Department\u{a0}Id",
        ] {
            assert_eq!(column(employees, name), Some(3), "{name}");
        }
        for name in ["department", "ids", "", "_", "датa"] {
            assert_eq!(column(employees, name), None, "{name}");
        }
        assert_eq!(column(table("jobs").unwrap(), "Job"), Some(1));
    }

    #[test]
    fn a_name_that_is_nearly_one_is_told() {
        let employees = table("employees").unwrap();
        assert_eq!(nearest(employees, "departmend id"), Some("department_id"));
        assert_eq!(nearest(employees, "names"), Some("name"));
        assert_eq!(nearest(employees, "email"), None);
        assert_eq!(nearest(employees, ""), None);
    }
}
