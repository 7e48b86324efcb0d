//! What the first bytes of a file say that it is, where that is certain and is no text in UTF-8.

use crate::table::issue::RowErrorKind;

/// How much of a file [`wrong_format`] looks at.
pub(crate) const START: usize = 64;

/// How a file begins, and what it is then.
const MAGIC: [(&[u8], &str, &str); 13] = [
    (b"PK\x03\x04", "an Excel workbook or another zip archive", SAVE),
    (b"PK\x05\x06", "an empty zip archive", SAVE),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Excel workbook of the old kind (.xls)", SAVE),
    (b"%PDF-", "a PDF", SAVE),
    (b"\x89PNG\r\n\x1a\n", "a picture", SAVE),
    (b"\xff\xd8\xff", "a picture", SAVE),
    (b"Obj\x01", "an Avro file", SAVE),
    (b"\x1f\x8b", "gzip data", UNPACK),
    (b"\x28\xb5\x2f\xfd", "zstandard data", UNPACK),
    (b"\xfd7zXZ\0", "xz data", UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", UNPACK),
    (b"Rar!\x1a\x07", "a RAR archive", UNPACK),
    (b"SQLite format 3\0", "an SQLite database", SAVE),
];

const SAVE: &str = "save the table as CSV UTF-8";
const UNPACK: &str = "unpack it first";

/// So much of a text in UTF-16 shows that it is that, without a byte order mark.
const UTF_16_SHOWS: usize = 4;

/// So much of it is looked at.
const UTF_16_START: usize = 8;

/// Why a file that begins like this is no text in UTF-8, if that is certain.
///
/// `start` is the file's first [`START`] bytes, or all of a shorter one.
pub(crate) fn wrong_format(start: &[u8]) -> Option<RowErrorKind> {
    if is_utf_16(start) {
        return Some(RowErrorKind::WrongEncoding);
    }
    other_file(start)
}

/// The same of a file that may be a text in any encoding.
pub(crate) fn other_file(start: &[u8]) -> Option<RowErrorKind> {
    let of_table = MAGIC.iter().find(|(magic, ..)| start.starts_with(magic));
    let (found, advice) = of_table
        .map(|(_, found, advice)| (*found, *advice))
        .or_else(|| is_parquet(start).then_some(("a Parquet file", SAVE)))?;
    Some(RowErrorKind::WrongFormat { found, advice })
}

/// UTF-16 by its byte order mark or, without one, by the zeros between its first letters; UTF-32
/// begins with the same marks.
fn is_utf_16(start: &[u8]) -> bool {
    let is_marked = start.starts_with(b"\xff\xfe") || start.starts_with(b"\xfe\xff");
    is_marked || has_zeros_at(start, 0) || has_zeros_at(start, 1)
}

/// Whether every pair of bytes at the start has its zero in this place, and only there.
fn has_zeros_at(start: &[u8], place: usize) -> bool {
    let start = &start[..start.len().min(UTF_16_START)];
    let mut pairs = start.chunks_exact(2);
    start.len() >= UTF_16_SHOWS && pairs.all(|pair| pair[place] == 0 && pair[1 - place] != 0)
}

/// Its four letters, with which a text may begin, are followed by the head of a page.
fn is_parquet(start: &[u8]) -> bool {
    let head = start.strip_prefix(b"PAR1").and_then(|rest| rest.first());
    head.is_some_and(|byte| *byte == 0x15)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    fn code(start: &[u8]) -> Option<&'static str> {
        wrong_format(start).map(|kind| kind.code())
    }

    fn utf_16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn what_is_certain_is_named() {
        for (magic, ..) in MAGIC {
            assert_eq!(code(&[magic, b"\x14\x00\x06"].concat()), Some("wrong_format"), "{magic:?}");
        }
        assert_eq!(code(b"PAR1\x15\x04"), Some("wrong_format"));
    }

    #[test]
    fn text_is_left_alone() {
        for text in [
            "",
            "1",
            "\u{feff}id,job",
            "PK,1",
            "PAR1,1",
            "PAR1",
            "Object,1",
            "Rar!,1",
            "%PD",
            "[",
            "\0,1",
            "a\0",
            "7z,1",
            "łódź,1",
            "1,\0\0\0",
        ] {
            assert_eq!(code(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn utf_16_is_named_with_a_mark_and_without() {
        for text in ["\u{feff}łódź", "\u{feff}", "1,", "id,job\n", "{\"id\":1}", "1,Zoë"] {
            for bytes in [u16::to_le_bytes, u16::to_be_bytes] {
                assert_eq!(code(&utf_16(text, bytes)), Some("wrong_encoding"), "{text:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn no_text_without_control_characters_is_taken_for_something_else(
            text in r"[ -$&-~\t\r\n\x{a0}-\x{ffff}]{0,64}",
        ) {
            prop_assert_eq!(code(text.as_bytes()), None);
        }
    }
}
