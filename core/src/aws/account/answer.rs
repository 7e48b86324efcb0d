//! What a service answers in XML.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use roxmltree::Node;

use crate::aws::xml;

/// The most bytes from one tag to the next: an event of CloudFormation has all properties of a resource.
const MOST_BETWEEN_TAGS: usize = 512 << 10;

/// An answer in XML, of which texts are taken by the names of their elements.
#[derive(Clone, PartialEq, Eq)]
pub struct FormAnswer(Vec<u8>);

impl FormAnswer {
    pub(super) fn new(body: Vec<u8>) -> Self {
        Self(body)
    }

    /// Whether it is XML of an expected size.
    pub(super) fn is_readable(&self) -> bool {
        self.read(|_| Some(())).is_some()
    }

    /// The text of the first element with this name.
    pub fn text(&self, name: &str) -> Option<String> {
        self.read(|root| {
            let found = root.descendants().find(|node| node.has_tag_name_of(name))?;
            Some(found.text().unwrap_or_default().to_owned())
        })
    }

    /// Of each element in the first list with this name, the texts of its children with these names; empty
    /// where it has none.
    pub fn rows<const N: usize>(&self, list: &str, names: [&str; N]) -> Vec<[String; N]> {
        let rows = self.read(|root| {
            let list = root.descendants().find(|node| node.has_tag_name_of(list))?;
            let elements = list.children().filter(Node::is_element);
            let row = |element| names.map(|name| xml::text(element, name).unwrap_or_default());
            Some(elements.map(row).collect())
        });
        rows.unwrap_or_default()
    }

    fn read<T>(&self, reader: impl FnOnce(Node<'_, '_>) -> Option<T>) -> Option<T> {
        xml::read_within(MOST_BETWEEN_TAGS, &self.0, reader)
    }
}

/// Shows no content: it may have a key.
impl fmt::Debug for FormAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("bytes", &self.0.len()).finish()
    }
}

/// Each service has a name space of its own, of which nothing depends.
trait LocalName {
    fn has_tag_name_of(&self, name: &str) -> bool;
}

impl LocalName for Node<'_, '_> {
    fn has_tag_name_of(&self, name: &str) -> bool {
        self.is_element() && self.tag_name().name() == name
    }
}
