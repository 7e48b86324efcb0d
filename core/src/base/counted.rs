//! Numbers with their nouns.

use core::fmt::{self, Display};

/// A number with its noun in the singular or the plural, as in `1 row` and `2 rows`.
///
/// The noun's plural has an s.
pub fn counted<N: Display + PartialEq + From<u8>>(count: N, noun: &str) -> impl Display {
    fmt::from_fn(move |f| {
        let ending = if count == N::from(1) { "" } else { "s" };
        write!(f, "{count} {noun}{ending}")
    })
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn one_has_no_s() {
        let texts = [0_u64, 1, 2].map(|count| counted(count, "row").to_string());
        assert_eq!(texts, ["0 rows", "1 row", "2 rows"]);
        assert_eq!(counted(1_usize, "file").to_string(), "1 file");
    }
}
