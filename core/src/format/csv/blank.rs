//! Blanks around a cell.

/// Whether a character counts as a blank at the ends of a cell: a space, a tab, and those that
/// spreadsheets and web pages leave behind unseen.
pub(super) fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\u{a0}' | '\u{200b}' | '\u{feff}')
}
