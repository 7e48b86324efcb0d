//! The encodings of text files, and their bytes into UTF-8.
//!
//! Each byte that cannot be decoded becomes two that are no UTF-8, and of which it can be made again: its row
//! is refused by name, and the rows around it are read.

use alloc::string::String;
use alloc::vec::Vec;

/// What begins the two bytes for one that is no character; its two high bits are in the low ones.
const UNDECODABLE: u8 = 0xF8;

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
        match encoding_rs::Encoding::for_label_no_replacement(name.as_bytes())? {
            // What is left to decode is no text: its letters are private.
            it if it == encoding_rs::X_USER_DEFINED => None,
            it if it == encoding_rs::UTF_8 => Some(Self::Utf8),
            it if it == encoding_rs::UTF_16LE => Some(Self::Utf16Le),
            it if it == encoding_rs::UTF_16BE => Some(Self::Utf16Be),
            it if it == encoding_rs::WINDOWS_1252 => Some(Self::Windows1252),
            it => Some(Self::Other(it)),
        }
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

    /// The bytes of which a [`Transcoder`] has made this text.
    ///
    /// An encoding that has several byte sequences for one character gives its usual one.
    pub(crate) fn encoded(self, text: &[u8]) -> Vec<u8> {
        if self == Self::Utf8 {
            return text.to_vec();
        }
        let (mut bytes, mut high) = (Vec::with_capacity(text.len()), None);
        for chunk in text.utf8_chunks() {
            self.encode(chunk.valid(), &mut bytes);
            for byte in chunk.invalid() {
                match high.take() {
                    Some(high) => bytes.push(high << 6 | byte & 0x3F),
                    None => high = Some(*byte),
                }
            }
        }
        bytes
    }

    fn encode(self, text: &str, bytes: &mut Vec<u8>) {
        match self {
            Self::Utf8 => bytes.extend_from_slice(text.as_bytes()),
            Self::Utf16Le => bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes)),
            Self::Utf16Be => bytes.extend(text.encode_utf16().flat_map(u16::to_be_bytes)),
            Self::Windows1252 => bytes.extend(text.chars().map(windows_1252)),
            #[cfg(feature = "encodings")]
            Self::Other(encoding) => bytes.extend_from_slice(&encoding.encode(text).0),
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
    Other(alloc::boxed::Box<OtherDecoder>),
}

#[cfg(feature = "encodings")]
#[derive(Debug)]
struct OtherDecoder {
    decoder: encoding_rs::Decoder,
    /// The last bytes, in which a malformed sequence may begin.
    tail: Vec<u8>,
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
                let decoder = encoding.new_decoder_without_bom_handling();
                TranscoderKind::Other(OtherDecoder { decoder, tail: Vec::new() }.into())
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
                    take_unit(unit, *is_big, high, &mut text);
                }
            }
            TranscoderKind::Windows1252 => {
                bytes.iter().for_each(|byte| push_windows_1252(*byte, &mut text));
            }
            #[cfg(feature = "encodings")]
            TranscoderKind::Other(decoder) => decoder.read(bytes, false, &mut text),
        }
        text
    }

    /// What is left when nothing more comes.
    pub(crate) fn finish(&mut self) -> Vec<u8> {
        let mut text = Vec::new();
        match &mut self.kind {
            TranscoderKind::Utf16 { is_big, odd, high } => {
                high.take().into_iter().for_each(|unit| push_unpaired(unit, *is_big, &mut text));
                odd.take().into_iter().for_each(|byte| push_undecodable(byte, &mut text));
            }
            TranscoderKind::Windows1252 => {}
            #[cfg(feature = "encodings")]
            TranscoderKind::Other(decoder) => decoder.read(&[], true, &mut text),
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

fn take_unit(unit: u16, is_big: bool, high: &mut Option<u16>, text: &mut Vec<u8>) {
    let is_high = (0xD800..0xDC00).contains(&unit);
    let units = [high.take(), Some(unit).filter(|_| !is_high)];
    if is_high {
        *high = Some(unit);
    }
    for character in char::decode_utf16(units.into_iter().flatten()) {
        match character {
            Ok(character) => push(character, text),
            Err(error) => push_unpaired(error.unpaired_surrogate(), is_big, text),
        }
    }
}

fn push_unpaired(unit: u16, is_big: bool, text: &mut Vec<u8>) {
    let bytes = if is_big { unit.to_be_bytes() } else { unit.to_le_bytes() };
    bytes.into_iter().for_each(|byte| push_undecodable(byte, text));
}

fn push_undecodable(byte: u8, text: &mut Vec<u8>) {
    text.extend([UNDECODABLE | byte >> 6, 0x80 | byte & 0x3F]);
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
            '\0' => push_undecodable(byte, text),
            sign => push(sign, text),
        },
        byte => push(char::from(byte), text),
    }
}

/// The byte of a character that [`push_windows_1252`] has made.
fn windows_1252(character: char) -> u8 {
    let sign = SIGNS.iter().zip(0x80_u8..).find(|(sign, _)| **sign == character);
    match u8::try_from(character) {
        Ok(byte) => byte,
        Err(_) => sign.map_or(b'?', |(_, byte)| byte),
    }
}

/// No malformed sequence is longer, with what is read behind it.
#[cfg(feature = "encodings")]
const TAIL: usize = 8;

#[cfg(feature = "encodings")]
impl OtherDecoder {
    fn read(&mut self, bytes: &[u8], last: bool, text: &mut Vec<u8>) {
        let seen = [self.tail.as_slice(), bytes].concat();
        let mut position = self.tail.len();
        loop {
            let start = text.len();
            let rest = &seen[position..];
            let room = self.decoder.max_utf8_buffer_length_without_replacement(rest.len());
            text.resize(start + room.unwrap_or(0).max(16), 0);
            let (result, read, written) =
                self.decoder.decode_to_utf8_without_replacement(rest, &mut text[start..], last);
            text.truncate(start + written);
            position += read;
            match result {
                encoding_rs::DecoderResult::InputEmpty => break,
                encoding_rs::DecoderResult::OutputFull => {}
                encoding_rs::DecoderResult::Malformed(length, behind) => {
                    let end = position - usize::from(behind);
                    let malformed = &seen[end - usize::from(length)..end];
                    malformed.iter().for_each(|byte| push_undecodable(*byte, text));
                }
            }
        }
        self.tail = seen[seen.len().saturating_sub(TAIL)..].to_vec();
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

    #[test]
    fn other_names_of_what_is_built_in_are_it() {
        for (name, encoding) in [
            ("unicode-1-1-utf-8", Encoding::Utf8),
            ("ucs-2", Encoding::Utf16Le),
            ("unicodefffe", Encoding::Utf16Be),
            ("cp819", Encoding::Windows1252),
        ] {
            let known = cfg!(feature = "encodings").then_some(encoding);
            assert_eq!(Encoding::of(name), known, "{name}");
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
                prop_assert_eq!(in_chunks(encoding, &bytes, chunk), text.as_bytes());
            }
        }

        #[test]
        fn the_bytes_can_be_made_again_in_any_chunking(
            bytes in proptest::collection::vec(any::<u8>(), 0..40),
            chunk in 1..7_usize,
        ) {
            for name in ["utf-8", "utf-16le", "utf-16be", "windows-1252", "windows-1250", "koi8-r"] {
                let Some(encoding) = Encoding::of(name) else { continue };
                prop_assert_eq!(encoding.encoded(&in_chunks(encoding, &bytes, chunk)), &bytes[..], "{}", name);
            }
        }

        #[test]
        fn what_is_no_character_is_made_again_in_any_chunking(
            parts in proptest::collection::vec("[ab,\n]{1,3}|東京|[\u{80}\u{ff}]", 0..9),
            chunk in 1..7_usize,
        ) {
            for name in ["shift_jis", "euc-jp", "gbk", "big5", "euc-kr"] {
                let Some(encoding) = Encoding::of(name) else { continue };
                // Letters of Latin-1 stand for bytes that do not go with the next ones.
                let mut bytes = Vec::new();
                for part in &parts {
                    match part.chars().next() {
                        Some(it @ '\u{80}'..='\u{ff}') => bytes.extend([it as u8, b'\n']),
                        _ => encoding.encode(part, &mut bytes),
                    }
                }
                let text = in_chunks(encoding, &bytes, chunk);
                prop_assert_eq!(encoding.encoded(&text), bytes, "{}", name);
            }
        }
    }

    fn in_chunks(encoding: Encoding, bytes: &[u8], chunk: usize) -> Vec<u8> {
        let Some(mut transcoder) = Transcoder::of(encoding) else { return bytes.to_vec() };
        let mut text: Vec<u8> = bytes.chunks(chunk).flat_map(|it| transcoder.read(it)).collect();
        text.extend(transcoder.finish());
        text
    }
}
