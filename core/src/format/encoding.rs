//! The encodings of text files, and their bytes into UTF-8.
//!
//! What cannot be decoded becomes the byte `0xFF`, which is no UTF-8: its row is refused by name, and the
//! rows around it are read.

use alloc::string::String;
use alloc::vec::Vec;

/// What stands for bytes that are no character.
const UNDECODABLE: u8 = 0xFF;

/// How a text file's characters are written as bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// UTF-8.
    #[default]
    Utf8,
    /// UTF-16, the low byte first.
    Utf16Le,
    /// UTF-16, the high byte first.
    Utf16Be,
    /// Windows-1252, the encoding of Western Europe.
    Windows1252,
    /// Any other of the WHATWG's, where they are built in.
    #[cfg(feature = "encodings")]
    Other(&'static encoding_rs::Encoding),
}

/// The names of UTF-8, and of ASCII, which is a part of it.
const UTF_8: [&str; 4] = ["utf-8", "utf8", "us-ascii", "ascii"];

/// The names of Windows-1252. ISO-8859-1 is read as it, as browsers do.
const WINDOWS_1252: [&str; 7] =
    ["windows-1252", "cp1252", "iso-8859-1", "iso8859-1", "iso_8859-1", "latin1", "l1"];

impl Encoding {
    /// The encoding of a name, in any case.
    pub fn of(name: &str) -> Option<Self> {
        let is_one_of = |names: &[&str]| names.iter().any(|it| name.eq_ignore_ascii_case(it));
        match name {
            _ if is_one_of(&UTF_8) => Some(Self::Utf8),
            _ if is_one_of(&["utf-16", "utf-16le"]) => Some(Self::Utf16Le),
            _ if is_one_of(&["utf-16be"]) => Some(Self::Utf16Be),
            _ if is_one_of(&WINDOWS_1252) => Some(Self::Windows1252),
            name => Self::other(name),
        }
    }

    #[cfg(feature = "encodings")]
    fn other(name: &str) -> Option<Self> {
        let known = encoding_rs::Encoding::for_label_no_replacement(name.as_bytes());
        // What is left to decode is no text: its letters are private.
        known.filter(|it| *it != encoding_rs::X_USER_DEFINED).map(Self::Other)
    }

    #[cfg(not(feature = "encodings"))]
    fn other(_: &str) -> Option<Self> {
        None
    }

    /// The names that [`of`](Self::of) knows, in words.
    pub(crate) const NAMES: &str = if cfg!(feature = "encodings") {
        "utf-8, utf-16le, utf-16be, windows-1252 or another name of the WHATWG's"
    } else {
        "utf-8, utf-16le, utf-16be or windows-1252"
    };

    /// Its name.
    pub fn name(self) -> String {
        match self {
            Self::Utf8 => "utf-8".into(),
            Self::Utf16Le => "utf-16le".into(),
            Self::Utf16Be => "utf-16be".into(),
            Self::Windows1252 => "windows-1252".into(),
            #[cfg(feature = "encodings")]
            Self::Other(encoding) => encoding.name().to_ascii_lowercase(),
        }
    }
}

/// Bytes in any chunking into UTF-8.
#[derive(Debug)]
pub(crate) struct Transcoder {
    kind: TranscoderKind,
}

#[derive(Debug)]
enum TranscoderKind {
    Utf16 {
        is_big: bool,
        odd: Option<u8>,
        high: Option<u16>,
    },
    Windows1252,
    #[cfg(feature = "encodings")]
    Other(alloc::boxed::Box<encoding_rs::Decoder>),
}

impl Transcoder {
    /// One of an encoding; `None` of UTF-8, which is left as it is.
    pub(crate) fn of(encoding: Encoding) -> Option<Self> {
        let kind = match encoding {
            Encoding::Utf8 => return None,
            Encoding::Utf16Le => TranscoderKind::Utf16 { is_big: false, odd: None, high: None },
            Encoding::Utf16Be => TranscoderKind::Utf16 { is_big: true, odd: None, high: None },
            Encoding::Windows1252 => TranscoderKind::Windows1252,
            #[cfg(feature = "encodings")]
            Encoding::Other(encoding) => {
                TranscoderKind::Other(encoding.new_decoder_without_bom_handling().into())
            }
        };
        Some(Self { kind })
    }

    /// The text of the next bytes.
    pub(crate) fn read(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut text = Vec::with_capacity(bytes.len() + bytes.len() / 2);
        match &mut self.kind {
            TranscoderKind::Utf16 { is_big, odd, high } => {
                for byte in bytes {
                    let Some(first) = odd.take() else {
                        *odd = Some(*byte);
                        continue;
                    };
                    let unit = match *is_big {
                        true => u16::from_be_bytes([first, *byte]),
                        false => u16::from_le_bytes([first, *byte]),
                    };
                    take_unit(unit, high, &mut text);
                }
            }
            TranscoderKind::Windows1252 => {
                bytes.iter().for_each(|byte| push_windows_1252(*byte, &mut text));
            }
            #[cfg(feature = "encodings")]
            TranscoderKind::Other(decoder) => read_other(decoder, bytes, false, &mut text),
        }
        text
    }

    /// What is left when nothing more comes.
    pub(crate) fn finish(&mut self) -> Vec<u8> {
        let mut text = Vec::new();
        match &mut self.kind {
            TranscoderKind::Utf16 { odd, high, .. } => {
                let is_cut = odd.take().is_some() | high.take().is_some();
                text.extend(is_cut.then_some(UNDECODABLE));
            }
            TranscoderKind::Windows1252 => {}
            #[cfg(feature = "encodings")]
            TranscoderKind::Other(decoder) => read_other(decoder, &[], true, &mut text),
        }
        text
    }
}

/// The text of all the bytes of a file or of its start.
pub(crate) fn decoded(encoding: Encoding, bytes: &[u8], is_whole: bool) -> Option<Vec<u8>> {
    let mut transcoder = Transcoder::of(encoding)?;
    let mut text = transcoder.read(bytes);
    if is_whole {
        text.extend(transcoder.finish());
    }
    Some(text)
}

/// The names of encodings that bytes are likely in, the likeliest first; none where they are not built in.
pub(crate) fn guess(bytes: &[u8]) -> Vec<String> {
    #[cfg(feature = "encodings")]
    {
        let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
        detector.feed(bytes, true);
        let guessed = detector.guess(None, chardetng::Utf8Detection::Deny);
        [guessed.name().to_ascii_lowercase()].into()
    }
    #[cfg(not(feature = "encodings"))]
    {
        _ = bytes;
        Vec::new()
    }
}

fn take_unit(unit: u16, high: &mut Option<u16>, text: &mut Vec<u8>) {
    let is_high = (0xD800..0xDC00).contains(&unit);
    let units = [high.take(), Some(unit).filter(|_| !is_high)];
    if is_high {
        *high = Some(unit);
    }
    for character in char::decode_utf16(units.into_iter().flatten()) {
        match character {
            Ok(character) => push(character, text),
            Err(_) => text.push(UNDECODABLE),
        }
    }
}

fn push(character: char, text: &mut Vec<u8>) {
    text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

/// The characters of the bytes 0x80 to 0x9F, in which Windows-1252 differs from ISO-8859-1; NUL where there is
/// none.
const SIGNS: [char; 32] = [
    '€', '\0', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\0', 'Ž', '\0', '\0', '‘',
    '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\0', 'ž', 'Ÿ',
];

fn push_windows_1252(byte: u8, text: &mut Vec<u8>) {
    match byte {
        0x80..=0x9F => match SIGNS[usize::from(byte - 0x80)] {
            '\0' => text.push(UNDECODABLE),
            sign => push(sign, text),
        },
        byte => push(char::from(byte), text),
    }
}

#[cfg(feature = "encodings")]
fn read_other(
    decoder: &mut encoding_rs::Decoder,
    mut bytes: &[u8],
    last: bool,
    text: &mut Vec<u8>,
) {
    loop {
        let start = text.len();
        let room =
            decoder.max_utf8_buffer_length_without_replacement(bytes.len()).unwrap_or(0).max(16);
        text.resize(start + room, 0);
        let (result, read, written) =
            decoder.decode_to_utf8_without_replacement(bytes, &mut text[start..], last);
        text.truncate(start + written);
        bytes = &bytes[read..];
        match result {
            encoding_rs::DecoderResult::InputEmpty => return,
            encoding_rs::DecoderResult::OutputFull => {}
            encoding_rs::DecoderResult::Malformed(..) => text.push(UNDECODABLE),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(encoding: &str, bytes: &[u8]) -> String {
        let text = decoded(Encoding::of(encoding).unwrap(), bytes, true).unwrap();
        String::from_utf8(text).unwrap_or_else(|_| "not decoded".into())
    }

    #[test]
    fn names_are_known_in_any_case() {
        for (name, encoding) in [
            ("UTF-8", Some(Encoding::Utf8)),
            ("us-ascii", Some(Encoding::Utf8)),
            ("Utf-16LE", Some(Encoding::Utf16Le)),
            ("latin1", Some(Encoding::Windows1252)),
            ("ISO-8859-1", Some(Encoding::Windows1252)),
            ("utf-32", None),
            ("", None),
        ] {
            assert_eq!(Encoding::of(name), encoding, "{name}");
        }
    }

    #[test]
    fn windows_1252_has_its_own_signs_and_holes() {
        assert_eq!(text("windows-1252", b"Gr\xfc\xdfe \x80 \x93x\x94"), "Grüße € “x”");
        for hole in [0x81, 0x8D, 0x8F, 0x90, 0x9D] {
            assert_eq!(text("windows-1252", &[b'a', hole]), "not decoded");
        }
    }

    #[test]
    fn what_is_no_utf_16_is_not_decoded() {
        for bytes in [&b"a\0b"[..], b"\x3d\xd8", b"\x3d\xd8a\0", b"\0\xdc"] {
            assert_eq!(text("utf-16le", bytes), "not decoded", "{bytes:?}");
        }
    }

    #[cfg(feature = "encodings")]
    #[test]
    fn the_others_are_decoded_where_they_are_built_in() {
        assert_eq!(text("windows-1250", b"\xa3\xf3d\x9f"), "Łódź");
        assert_eq!(text("shift_jis", b"\x93\x8c\x8b\x9e"), "東京");
        assert_eq!(text("shift_jis", b"\x93"), "not decoded");
        assert_eq!(Encoding::of("Shift_JIS").unwrap().name(), "shift_jis");
    }

    proptest! {
        #[test]
        fn utf_16_in_any_chunking_is_the_text(text in ".{0,40}", chunk in 1..7_usize) {
            for (encoding, bytes) in [
                (Encoding::Utf16Le, text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()),
                (Encoding::Utf16Be, text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
            ] {
                let mut transcoder = Transcoder::of(encoding).unwrap();
                let mut read: Vec<u8> = bytes.chunks(chunk).flat_map(|it| transcoder.read(it)).collect();
                read.extend(transcoder.finish());
                prop_assert_eq!(read, text.as_bytes());
            }
        }
    }
}
