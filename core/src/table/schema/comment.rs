//! What a COMMENT says that SQL cannot: items `name=value`, separated by `;`.

use alloc::vec::Vec;

/// The items of one COMMENT that rowgate reads; any other text is left alone.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Items<'c> {
    /// Of `aliases=a,b`.
    pub(super) aliases: Vec<&'c str>,
    /// Of `format=date-time`.
    pub(super) format: Option<&'c str>,
    /// Of `references=table.column`, as it is written.
    pub(super) references: Option<&'c str>,
}

impl<'c> Items<'c> {
    /// Most columns have none, and each is asked several times.
    #[inline]
    pub(super) fn read(comment: &'c str) -> Self {
        if comment.is_empty() { Self::default() } else { Self::read_text(comment) }
    }

    fn read_text(comment: &'c str) -> Self {
        let mut items = Self::default();
        for item in comment.split(';') {
            match item.trim().split_once('=') {
                Some(("aliases", names)) => {
                    let names = names.split(',').map(str::trim);
                    items.aliases.extend(names.filter(|name| !name.is_empty()));
                }
                Some(("format", format)) => items.format = Some(format.trim()),
                Some(("references", target)) => items.references = Some(target.trim()),
                _ => {}
            }
        }
        items
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn only_items_of_a_known_name_are_read() {
        let items = Items::read("the parent; aliases=boss, e-mail,;references=people.id ");
        assert_eq!(items.aliases, vec!["boss", "e-mail"]);
        assert_eq!(items.references, Some("people.id"));
        assert_eq!(Items::read("format=date-time").format, Some("date-time"));
        for comment in ["", "since 2021", "unit=kg; Aliases=x", "a = b"] {
            assert_eq!(Items::read(comment), Items::default(), "{comment}");
        }
    }
}
