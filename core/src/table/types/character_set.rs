//! The character sets of text columns. What a column's does not have, a database refuses or turns into
//! `?`.

use super::raw::strip;
use crate::table::issue::RowErrorKind;

/// A character set of which the core knows the characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CharacterSet {
    /// All of Unicode.
    Utf8mb4,
    /// The characters up to U+FFFF.
    Utf8mb3,
    /// MySQL's latin1, which is Windows-1252.
    Latin1,
    /// The characters up to U+007F.
    Ascii,
}

/// What Windows-1252 has for the bytes from 0x80 to 0x9F. MySQL gives the five bytes that are none of its
/// characters the control characters of the same number.
const WINDOWS: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";

impl CharacterSet {
    /// The one of a collation; utf8mb4 where none is named.
    pub(super) const fn of(collation: Option<&[u8]>) -> Option<Self> {
        let Some(collation) = collation else { return Some(Self::Utf8mb4) };
        if strip(collation, b"utf8mb4_").is_some() {
            Some(Self::Utf8mb4)
        } else if strip(collation, b"utf8mb3_").is_some() {
            Some(Self::Utf8mb3)
        } else if strip(collation, b"latin1_").is_some() {
            Some(Self::Latin1)
        } else if strip(collation, b"ascii_").is_some() {
            Some(Self::Ascii)
        } else {
            None
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Utf8mb4 => "utf8mb4",
            Self::Utf8mb3 => "utf8mb3",
            Self::Latin1 => "latin1",
            Self::Ascii => "ascii",
        }
    }

    /// The most bytes of a character.
    pub(super) const fn widest(self) -> usize {
        match self {
            Self::Utf8mb4 => 4,
            Self::Utf8mb3 => 3,
            Self::Latin1 | Self::Ascii => 1,
        }
    }

    /// How many bytes a text has in it.
    pub(super) fn bytes(self, text: &str) -> usize {
        match self {
            Self::Utf8mb4 | Self::Utf8mb3 => text.len(),
            Self::Latin1 | Self::Ascii => text.chars().count(),
        }
    }

    /// Fails at the first character that it does not have.
    pub(super) fn check(self, text: &str) -> Result<(), RowErrorKind> {
        if self == Self::Utf8mb4 || text.is_ascii() {
            return Ok(());
        }
        let place = text.chars().position(|character| !self.has(character));
        place.map_or(Ok(()), |place| {
            Err(RowErrorKind::NotInCharset { charset: self.name(), character: place + 1 })
        })
    }

    fn has(self, character: char) -> bool {
        match self {
            Self::Utf8mb4 => true,
            Self::Utf8mb3 => character <= '\u{ffff}',
            Self::Latin1 => {
                matches!(character, '\0'..='\u{7f}' | '\u{a0}'..='\u{ff}')
                    || WINDOWS.contains(character)
            }
            Self::Ascii => character.is_ascii(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_characters() {
        assert_eq!(WINDOWS.chars().count(), 32);
        for (character, has) in [
            ('a', [true, true, true, true]),
            ('\0', [true, true, true, true]),
            ('\u{7f}', [true, true, true, true]),
            ('\u{80}', [true, true, false, false]),
            ('\u{81}', [true, true, true, false]),
            ('\u{9f}', [true, true, false, false]),
            ('\u{a0}', [true, true, true, false]),
            ('é', [true, true, true, false]),
            ('€', [true, true, true, false]),
            ('Ÿ', [true, true, true, false]),
            ('ł', [true, true, false, false]),
            ('漢', [true, true, false, false]),
            ('\u{ffff}', [true, true, false, false]),
            ('😀', [true, false, false, false]),
        ] {
            let sets = ["utf8mb4_bin", "utf8mb3_general_ci", "latin1_swedish_ci", "ascii_bin"];
            let sets = sets.map(|name| CharacterSet::of(Some(name.as_bytes())).unwrap());
            assert_eq!(sets.map(|set| set.has(character)), has, "{character:?}");
        }
        assert_eq!(CharacterSet::of(None), Some(CharacterSet::Utf8mb4));
        assert_eq!(CharacterSet::of(Some(b"latin2_general_ci")), None);
        assert_eq!(CharacterSet::of(Some(b"binary")), None);
    }

    #[test]
    fn the_first_character_that_is_not_there_is_named_by_its_place() {
        let error = RowErrorKind::NotInCharset { charset: "latin1", character: 3 };
        assert_eq!(CharacterSet::Latin1.check("a€漢字"), Err(error));
        assert_eq!(CharacterSet::Latin1.check("a€"), Ok(()));
    }
}
