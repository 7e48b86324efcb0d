//! The encoding of a file, by its first bytes.

use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;

use super::super::dialect::Dialect;
use super::looked::LayoutFound;
use crate::format::encoding::{Encoding, guess};
use crate::table::issue::RowErrorKind;
use crate::table::layout_question::LayoutQuestion;

/// The encoding; what is given gives way to a byte order mark.
pub(super) fn find(given: &Dialect, bytes: &[u8], is_whole: bool) -> Result<Encoding, LayoutFound> {
    let marks = [&b"\xff\xfe\0\0"[..], b"\0\0\xfe\xff"];
    if marks.iter().any(|mark| bytes.starts_with(mark)) {
        return Err(LayoutFound::Refused(RowErrorKind::WrongEncoding));
    }
    let by_mark = match bytes {
        [0xFF, 0xFE, ..] => Some(Encoding::Utf16Le),
        [0xFE, 0xFF, ..] => Some(Encoding::Utf16Be),
        [0xEF, 0xBB, 0xBF, ..] => Some(Encoding::Utf8),
        _ => None,
    };
    if let Some(encoding) = by_mark {
        return Ok(encoding);
    }
    if given.is_given("encoding") {
        return Ok(given.encoding);
    }
    if let Some(encoding) = utf_16_by_zeros(bytes) {
        return Ok(encoding);
    }
    match invalid_lines(bytes, is_whole) {
        false => Ok(Encoding::Utf8),
        true if is_windows_1252(bytes) => Ok(Encoding::Windows1252),
        true => Err(LayoutFound::Ask(vec![ask(bytes)])),
    }
}

fn ask(bytes: &[u8]) -> LayoutQuestion {
    // That one is unlikely, as has been found.
    let guessed = guess(bytes).into_iter().filter(|name| name != "windows-1252");
    let guessed = guessed.map(|name| alloc::format!("encoding={name}"));
    let mut options: Vec<_> = guessed.collect();
    if memchr::memchr(0xA4, bytes).is_some() && options.is_empty() {
        options.push("encoding=windows-1252".to_string());
    }
    let seen =
        "the letters are neither UTF-8 nor likely in Windows-1252; save the file as CSV UTF-8";
    let seen = match options.is_empty() {
        true => seen.to_string(),
        false => alloc::format!("{seen}, or say its encoding"),
    };
    LayoutQuestion { kind: "encoding", seen, options }
}

/// How much is looked at for zeros.
const ZEROS: usize = 1 << 10;

/// UTF-16 without a mark: every second byte of most pairs is 0, and no other.
fn utf_16_by_zeros(bytes: &[u8]) -> Option<Encoding> {
    let pairs = bytes[..bytes.len().min(ZEROS)].chunks_exact(2);
    let (count, low, high) = pairs.fold((0, 0, 0), |(count, low, high), pair| {
        (count + 1, low + usize::from(pair[0] == 0), high + usize::from(pair[1] == 0))
    });
    match (low, high) {
        (0, high) if count >= 2 && high * 4 >= count * 3 => Some(Encoding::Utf16Le),
        (low, 0) if count >= 2 && low * 4 >= count * 3 => Some(Encoding::Utf16Be),
        _ => None,
    }
}

/// Whether lines are not UTF-8, and none with letters beyond ASCII is: a file with such a line is UTF-8, and the
/// lines that are not are refused.
fn invalid_lines(bytes: &[u8], is_whole: bool) -> bool {
    if core::str::from_utf8(bytes).is_ok() {
        return false;
    }
    let mut lines =
        bytes.split(|byte| matches!(byte, b'\n' | b'\r')).filter(|line| !line.is_ascii());
    let mut is_invalid = false;
    let has_letters = lines.any(|line| match core::str::from_utf8(line) {
        Ok(_) => true,
        // A character that is cut by the sample's end.
        Err(error)
            if !is_whole
                && error.error_len().is_none()
                && line.ends_with(&bytes[bytes.len() - 1..]) =>
        {
            false
        }
        Err(_) => {
            is_invalid = true;
            false
        }
    });
    is_invalid && !has_letters
}

/// Whether the bytes beyond ASCII are likely in Windows-1252: letters of Western Europe in words, and signs
/// where signs are.
fn is_windows_1252(bytes: &[u8]) -> bool {
    let mut run = 0;
    bytes.iter().enumerate().all(|(at, byte)| {
        run = if *byte >= 0x80 { run + 1 } else { 0 };
        let around = [at.checked_sub(1).map(|it| bytes[it]), bytes.get(at + 1).copied()];
        let in_word = around.iter().all(|it| it.is_some_and(is_letter));
        match byte {
            0..=0x7F => true,
            0x81 | 0x8D | 0x8F | 0x90 | 0x9D | 0xA4 => false,
            // Letters of Iceland and of Turkish in ISO-8859-9, and signs that are within words elsewhere.
            0xD0 | 0xDD | 0xDE | 0xF0 | 0xFD | 0xFE | 0xD7 | 0xF7 => false,
            _ if run > 3 => false,
            0xC0..=0xFF | 0x8C | 0x9C => true,
            // An apostrophe, hyphens and a soft one.
            0x91 | 0x92 | 0x96 | 0x97 | 0xAD | 0xB7 => true,
            // Letters of the neighbours, which are seldom in Windows-1252.
            0x8A | 0x8E | 0x9A | 0x9E | 0x9F | 0x83 | 0x88 => false,
            _ => !in_word,
        }
    })
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte >= 0xC0
}
