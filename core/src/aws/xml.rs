//! What is read of the XML of AWS's services.

use alloc::borrow::ToOwned;
use alloc::string::String;

use roxmltree::{Document, Node, ParsingOptions};

/// The most elements and texts of a document; a page of a list has some 20,000.
const MOST_NODES: u32 = 100_000;

/// The most bytes from one tag to the next: of a key, each of whose 1,024 bytes is written as six.
///
/// It keeps tags short as well: each of an element's attributes is compared with all others.
const MOST_BETWEEN_TAGS: usize = 8 << 10;

/// Reads a document with a function that answers `None` for what it does not understand.
pub(super) fn read<T>(body: &[u8], reader: impl FnOnce(Node<'_, '_>) -> Option<T>) -> Option<T> {
    read_within(MOST_BETWEEN_TAGS, body, reader)
}

/// The same for a service that writes longer texts: at most so many bytes from one tag to the next.
pub(super) fn read_within<T>(
    most_between_tags: usize,
    body: &[u8],
    reader: impl FnOnce(Node<'_, '_>) -> Option<T>,
) -> Option<T> {
    let text = core::str::from_utf8(body).ok()?;
    if text.split('<').any(|part| part.len() > most_between_tags) {
        return None;
    }
    let options = ParsingOptions { nodes_limit: MOST_NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).ok()?;
    reader(document.root_element())
}

/// The text of the first child element with this name.
pub(super) fn text(node: Node<'_, '_>, name: &str) -> Option<String> {
    let child = node.children().find(|child| child.tag_name().name() == name)?;
    Some(child.text().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::ToString;

    use super::*;

    fn is_read(text: &str) -> bool {
        read(text.as_bytes(), |root| Some(root.tag_name().name().to_string())).is_some()
    }

    #[test]
    fn what_no_answer_of_s3_is_like_is_not_read() {
        let longest_key = "&quot;".repeat(1_024);
        let attributes = |count| (0..count).map(|it| format!(" a{it}=''")).collect::<String>();
        let objects = "<Contents><Key>k</Key><Size>1</Size></Contents>".repeat(1_000);
        for (text, expected) in [
            (format!("<x>{longest_key}</x>"), true),
            (format!("<x>{longest_key}{longest_key}</x>"), false),
            (format!("<x>{objects}</x>"), true),
            (format!("<x>{}</x>", "<a/>".repeat(99_000)), true),
            (format!("<x>{}</x>", "<a/>".repeat(101_000)), false),
            (format!("{}{}", "<a>".repeat(101_000), "</a>".repeat(101_000)), false),
            (format!("<x{}/>", attributes(500)), true),
            (format!("<x{}/>", attributes(100_000)), false),
            ("<!DOCTYPE x [<!ENTITY e 'e'>]><x>&e;</x>".to_string(), false),
        ] {
            assert_eq!(is_read(&text), expected, "{}", &text[..text.len().min(40)]);
        }
    }
}
