//! Words that stand for NULL.

/// What programs write where there is no value.
const MARKERS: [&str; 14] = [
    "null", "(null)", "<null>", "na", "n/a", "#n/a", "nan", "none", "nil", "nat", "-", "?", "<na>",
    "\\n",
];

/// Whether a cell is one of them, in any case.
pub(super) fn is_marker(cell: &str) -> bool {
    MARKERS.iter().any(|marker| cell.eq_ignore_ascii_case(marker))
}
