//! What the name of a collation says of its texts.

use crate::table::value::Cell;

/// Whether two texts are the same to it only if each character is, blanks at their end aside.
///
/// Of a collation that is not named nothing is known but that it is the server's own.
pub(crate) fn is_exact(collation: Option<&str>) -> bool {
    collation.is_some_and(|name| name.ends_with("_bin"))
}

/// Whether statements tell keys of it apart as the index of the column does.
///
/// MariaDB's do not in the collations of UCA 14 that see accents, and where a CHAR, which its index fills up
/// with blanks, is of a collation in which they count.
pub(crate) fn is_told_apart(collation: &str, is_char: bool) -> bool {
    let sees_accents = collation.contains("uca1400") && !collation.ends_with("_ai_ci");
    let is_filled = is_char && collation.contains("_nopad_");
    is_exact(Some(collation)) || !sees_accents && !is_filled
}

/// Whether blanks at the end surely do not count.
///
/// They count in the collations of MySQL 8.0 and later, whose names have `0900`, and in those that MariaDB
/// calls `nopad`.
pub(crate) fn takes_no_blanks(collation: Option<&str>) -> bool {
    collation.is_some_and(|name| !name.contains("_0900_") && !name.contains("_nopad_"))
}

/// A text, less what surely does not count in a column of this collation.
pub(crate) fn significant<'t>(collation: Option<&str>, text: &'t str) -> &'t str {
    if takes_no_blanks(collation) { text.trim_end_matches(' ') } else { text }
}

/// The same of a value.
pub(crate) fn significant_cell<'c>(collation: Option<&str>, cell: &'c Cell<'_>) -> Cell<'c> {
    match cell {
        Cell::Null => Cell::Null,
        Cell::Int(value) => Cell::Int(*value),
        Cell::Text(text) => Cell::Text(significant(collation, text).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_of_mariadb_are_not_told_apart() {
        for (collation, as_varchar, as_char) in [
            ("utf8mb4_uca1400_as_cs", false, false),
            ("utf8mb4_uca1400_swedish_as_ci", false, false),
            ("utf8mb4_uca1400_ai_ci", true, true),
            ("utf8mb4_uca1400_nopad_ai_ci", true, false),
            ("utf8mb4_unicode_nopad_ci", true, false),
            ("utf8mb4_nopad_bin", true, true),
            ("utf8mb4_0900_as_cs", true, true),
            ("latin1_swedish_ci", true, true),
        ] {
            assert_eq!(is_told_apart(collation, false), as_varchar, "{collation}");
            assert_eq!(is_told_apart(collation, true), as_char, "{collation}");
        }
    }

    #[test]
    fn blanks_at_the_end_count_where_the_collation_says_so() {
        for (collation, blanks_count, exact) in [
            (Some("utf8mb4_bin"), false, true),
            (Some("utf8mb4_0900_bin"), true, true),
            (Some("utf8mb4_nopad_bin"), true, true),
            (Some("latin1_bin"), false, true),
            (Some("utf8mb4_general_ci"), false, false),
            (Some("utf8mb4_uca1400_ai_ci"), false, false),
            (Some("utf8mb4_uca1400_nopad_ai_ci"), true, false),
            (Some("utf8mb4_unicode_nopad_ci"), true, false),
            (Some("utf8mb4_0900_ai_ci"), true, false),
            (Some("utf8mb4_ja_0900_as_cs_ks"), true, false),
            (Some("latin1_swedish_ci"), false, false),
            (None, true, false),
        ] {
            let text = if blanks_count { "a " } else { "a" };
            assert_eq!(significant(collation, "a "), text, "{collation:?}");
            assert_eq!(is_exact(collation), exact, "{collation:?}");
        }
    }
}
