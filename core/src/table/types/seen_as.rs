//! What a type looks like to a user who may not see all of it.

/// Whether a column of the first type is seen as one of the second: MariaDB's JSON is a LONGTEXT with a CHECK,
/// which only a user with rights on it sees.
pub(crate) fn is_seen_as(of: &str, seen: &str) -> bool {
    of == "json" && seen == "longtext"
}
