//! What is read of S3's XML.

use alloc::borrow::ToOwned;
use alloc::string::String;

use roxmltree::{Document, Node};

/// Reads a document with a function that answers `None` for what it does not understand.
pub(super) fn read<T>(body: &[u8], reader: impl FnOnce(Node<'_, '_>) -> Option<T>) -> Option<T> {
    let text = core::str::from_utf8(body).ok()?;
    let document = Document::parse(text).ok()?;
    reader(document.root_element())
}

/// The text of the first child element with this name.
pub(super) fn text(node: Node<'_, '_>, name: &str) -> Option<String> {
    let child = node.children().find(|child| child.tag_name().name() == name)?;
    Some(child.text().unwrap_or_default().to_owned())
}
