//! How values serve as the key of a table.

use alloc::format;
use alloc::string::String;

/// How the values of a column serve as the key of its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// Integers, so that a range of keys can be cut anywhere between two of them.
    Integer {
        /// The greatest that the column takes.
        most: i64,
    },
    /// Texts, in the order of their bytes.
    Text,
}

impl KeyKind {
    /// Whether a text is a key that a column of this kind can have.
    ///
    /// The database would take a text that is no integer for 0.
    pub fn takes(self, text: &str) -> bool {
        match self {
            Self::Integer { .. } => text.parse::<i64>().is_ok(),
            Self::Text => true,
        }
    }

    /// A text, by an expression of SQL, as what a key is compared with.
    ///
    /// Said exactly, since the database would compare an integer with a text as floating point, and
    /// could use no index for it.
    pub(crate) fn operand(self, text: &str) -> String {
        match self {
            Self::Integer { .. } => format!("CAST({text} AS SIGNED)"),
            Self::Text => format!("{text} COLLATE utf8mb4_bin"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_integer_is_a_key_of_integers() {
        for (text, is_integer) in
            [("7", true), ("-7", true), ("", false), ("7x", false), ("9223372036854775808", false)]
        {
            assert_eq!(KeyKind::Integer { most: 127 }.takes(text), is_integer, "{text}");
            assert!(KeyKind::Text.takes(text), "{text}");
        }
    }
}
