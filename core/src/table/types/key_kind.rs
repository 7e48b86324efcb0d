//! How values serve as the key of a table.

use alloc::format;
use alloc::string::String;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::raw::is_plain;
use crate::table::date_time::{Written, days_of_date};
use crate::table::time::canonical_time;

/// How the values of a column serve as the key of its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// Integers, so that a range of keys can be cut anywhere between two of them.
    Integer {
        /// The greatest that the column takes.
        most: i64,
    },
    /// Integers of BIGINT UNSIGNED, whose ranges are not cut.
    Unsigned,
    /// Decimals.
    Decimal {
        /// All digits.
        precision: u8,
        /// Those behind the point.
        scale: u8,
    },
    /// Days.
    Date,
    /// Date-times without a zone.
    DateTime {
        /// The digits of a second's fraction.
        decimals: u8,
    },
    /// Times.
    Time {
        /// The digits of a second's fraction.
        decimals: u8,
    },
    /// Bytes, as base64.
    Bytes,
    /// Texts, in the order of their column's collation.
    Text,
    /// None: a table with such a key is not served.
    Unfit,
}

impl KeyKind {
    /// Whether a text is a key that a column of this kind can have.
    ///
    /// The database would take a text that is no integer for 0.
    pub fn takes(self, text: &str) -> bool {
        match self {
            Self::Integer { .. } => text.parse::<i64>().is_ok(),
            Self::Unsigned => text.parse::<u64>().is_ok(),
            Self::Decimal { .. } => is_plain(text),
            Self::Date => days_of_date(text).is_some(),
            Self::DateTime { .. } => Written::read(text).is_some_and(|it| !it.has_offset()),
            Self::Time { .. } => canonical_time(text, 6).is_some(),
            Self::Bytes => STANDARD.decode(text).is_ok(),
            Self::Text => true,
            Self::Unfit => false,
        }
    }

    /// A text, by an expression of SQL, as what a key is compared with.
    ///
    /// Said exactly, since the database would compare an integer with a text as floating point, and
    /// could use no index for it.
    pub(crate) fn operand(self, text: &str, of: Texts) -> String {
        match self {
            Self::Integer { .. } => format!("CAST({text} AS SIGNED)"),
            // MySQL takes a bare parameter of CAST for a signed number, and ends it at 2^63 - 1.
            Self::Unsigned => format!("CAST(CONVERT({text} USING utf8mb4) AS UNSIGNED)"),
            Self::Date => format!("CAST({text} AS DATE)"),
            Self::DateTime { decimals } => format!("CAST({text} AS DATETIME({decimals}))"),
            Self::Decimal { precision, scale } => {
                format!("CAST({text} AS DECIMAL({precision},{scale}))")
            }
            Self::Time { decimals } => format!("CAST({text} AS TIME({decimals}))"),
            Self::Bytes => format!("FROM_BASE64({text})"),
            Self::Text | Self::Unfit => of.operand(text),
        }
    }
}

/// The character set and the collation of a column of texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Texts {
    /// `None` where the column has none.
    pub(crate) character_set: Option<&'static str>,
    /// `None` of the one that the server has for utf8mb4.
    pub(crate) collation: Option<&'static str>,
}

impl Texts {
    /// What is compared with a column of these. Without the column's own collation no index would serve.
    fn operand(self, text: &str) -> String {
        let mut operand = format!("CONVERT({text} USING utf8mb4)");
        if let Some(character_set) = self.other_set() {
            operand = format!("CONVERT({operand} USING {character_set})");
        }
        match self.collation {
            Some(collation) => operand + " COLLATE " + collation,
            None => operand,
        }
    }

    /// The condition that the character set has each character of a text, which would else be a `?`;
    /// none of utf8mb4.
    pub(crate) fn holds(self, text: &str) -> Option<String> {
        let character_set = self.other_set()?;
        Some(format!(
            "CONVERT(CONVERT({text} USING {character_set}) USING utf8mb4) = {text} COLLATE utf8mb4_bin"
        ))
    }

    fn other_set(self) -> Option<&'static str> {
        self.character_set.filter(|character_set| *character_set != "utf8mb4")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_integer_is_a_key_of_integers() {
        for (text, is_integer, is_unsigned) in [
            ("7", true, true),
            ("-7", true, false),
            ("", false, false),
            ("7x", false, false),
            ("9223372036854775808", false, true),
            ("18446744073709551616", false, false),
        ] {
            assert_eq!(KeyKind::Integer { most: 127 }.takes(text), is_integer, "{text}");
            assert_eq!(KeyKind::Unsigned.takes(text), is_unsigned, "{text}");
            assert!(KeyKind::Text.takes(text), "{text}");
        }
    }

    #[test]
    fn a_key_is_compared_as_what_its_column_is() {
        let decimal = KeyKind::Decimal { precision: 10, scale: 2 };
        for (kind, operand, key, other) in [
            (
                KeyKind::Unsigned,
                "CAST(CONVERT(:k USING utf8mb4) AS UNSIGNED)",
                "18446744073709551615",
                "-1",
            ),
            (decimal, "CAST(:k AS DECIMAL(10,2))", "-7.50", "7,5"),
            (KeyKind::Date, "CAST(:k AS DATE)", "2024-02-29", "2023-02-29"),
            (
                KeyKind::DateTime { decimals: 3 },
                "CAST(:k AS DATETIME(3))",
                "2024-02-29 01:02:03.500",
                "2024-02-29T01:02:03Z",
            ),
        ] {
            assert_eq!(kind.operand(":k", Texts::default()), operand);
            assert!(kind.takes(key) && !kind.takes(other) && !kind.takes(""), "{operand}");
        }
    }

    #[test]
    fn texts_are_compared_in_their_own_character_set_and_collation() {
        for (character_set, collation, operand, holds) in [
            ("utf8mb4", None, "CONVERT(:k USING utf8mb4)", None),
            (
                "utf8mb4",
                Some("utf8mb4_unicode_ci"),
                "CONVERT(:k USING utf8mb4) COLLATE utf8mb4_unicode_ci",
                None,
            ),
            (
                "latin1",
                Some("latin1_bin"),
                "CONVERT(CONVERT(:k USING utf8mb4) USING latin1) COLLATE latin1_bin",
                Some("CONVERT(CONVERT(:k USING latin1) USING utf8mb4) = :k COLLATE utf8mb4_bin"),
            ),
        ] {
            let texts = Texts { character_set: Some(character_set), collation };
            assert_eq!(KeyKind::Text.operand(":k", texts), operand);
            assert_eq!(texts.holds(":k").as_deref(), holds);
        }
    }
}
