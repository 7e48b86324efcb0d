//! Texts as strings of JSON, for bodies that are mostly one large text.

use alloc::string::String;
use core::fmt::Write;

/// Writes a text with quotes around it, and answers how many quotes and backslashes that has.
///
/// RFC 8259, section 7, wants quotes, backslashes and control characters escaped.
pub(crate) fn write_string(json: &mut String, text: &str) -> usize {
    json.push('"');
    // All bytes are looked at, in steps of many; hardly a text has a control character.
    let has_control = text.bytes().fold(false, |found, byte| found | (byte < b' '));
    let escapes = match has_control {
        true => text.split_inclusive(|c| c < ' ').map(|part| write_part(json, part)).sum(),
        false => write_plain(json, text),
    };
    json.push('"');
    2 + escapes
}

/// Writes a text without control characters.
fn write_plain(json: &mut String, text: &str) -> usize {
    let (mut written, mut escaped) = (0, 0);
    for at in memchr::memchr2_iter(b'"', b'\\', text.as_bytes()) {
        json.push_str(&text[written..at]);
        json.push('\\');
        written = at;
        escaped += 2;
    }
    json.push_str(&text[written..]);
    escaped
}

/// Writes a text with nothing but its last character a control character.
fn write_part(json: &mut String, part: &str) -> usize {
    let plain = part.trim_end_matches(|c| c < ' ');
    let escapes = write_plain(json, plain);
    match part[plain.len()..].chars().next() {
        Some(control) => {
            // Writing to a String cannot fail.
            _ = write!(json, "\\u{:04x}", u32::from(control));
            escapes + 1
        }
        None => escapes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn quotes_and_backslashes(json: &str) -> usize {
        json.bytes().filter(|byte| matches!(byte, b'"' | b'\\')).count()
    }

    fn check(text: &str) {
        let mut json = String::new();
        let escapes = write_string(&mut json, text);
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        assert_eq!(escapes, quotes_and_backslashes(&json), "{json}");
    }

    #[test]
    fn what_is_special_is_escaped() {
        let mut json = String::new();
        write_string(&mut json, "b\"\\\n\u{0}é😀");
        assert_eq!(json, r#""b\"\\\u000a\u0000é😀""#);
        check("");
        check("\n\n\"\r");
    }

    proptest! {
        #[test]
        fn what_goes_in_is_what_json_reads(text in any::<String>(), few in "[a\"\\\\\n\u{1f}é]*") {
            check(&text);
            check(&few);
        }
    }
}
