//! Texts of others in a form that terminals and logs show as it is.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;

/// A text whose characters that steer a terminal or turn the direction of the others are written as
/// `\u001b`.
///
/// These are Unicode's control characters, the ends of lines among them, its marks of direction
/// (bidirectional controls) and its separators of lines and paragraphs. In JSON it is an escape: a text
/// of JSON keeps its meaning.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match is_hidden(character) {
            true => shown.push_str(&format!("\\u{:04x}", u32::from(character))),
            false => shown.push(character),
        }
    }
    Cow::Owned(shown)
}

fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{feff}')
        || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_steers_a_terminal_is_escaped() {
        for (text, shown) in [
            ("incoming/jobs/\u{1b}[31m.csv", "incoming/jobs/\\u001b[31m.csv"),
            ("a\nrowgate: all is well", "a\\u000arowgate: all is well"),
            ("a\r\t\0\u{7f}", "a\\u000d\\u0009\\u0000\\u007f"),
            ("\u{9b}31m", "\\u009b31m"),
            ("jobs\u{202e}vsc.exe", "jobs\\u202evsc.exe"),
            ("\u{2066}\u{2069}\u{200f}\u{61c}\u{2028}", "\\u2066\\u2069\\u200f\\u061c\\u2028"),
            ("Zoë 😀 \\u001b", "Zoë 😀 \\u001b"),
            ("", ""),
        ] {
            assert_eq!(printable(text), shown);
        }
    }

    proptest! {
        #[test]
        fn nothing_hidden_is_left(text in any::<String>()) {
            prop_assert!(!printable(&text).contains(is_hidden));
        }

        #[test]
        fn json_keeps_its_meaning(text in any::<String>()) {
            let json = serde_json::to_string(&text).unwrap();
            let read: String = serde_json::from_str(&printable(&json)).unwrap();
            prop_assert_eq!(read, text);
        }
    }
}
