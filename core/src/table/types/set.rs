//! SET: any of a list of texts.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::answer::Answer;
use super::avro_type::{AvroType, AvroValue};
use super::character_set::CharacterSet;
use super::definition::{Definition, LONG_SOURCE, Rules};
use super::key_kind::KeyKind;
use super::members;
use super::raw::text;
use crate::table::issue::RowErrorKind;
use crate::table::value::{Cell, RawField};

/// A SET: any of a list of texts, none of them included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Set {
    members: &'static [&'static str],
    character_set: CharacterSet,
}

impl Set {
    /// The type of this name in `information_schema`, and of this collation. Its members are kept for the life of the process.
    pub(super) fn of(name: &str, format: Option<&str>, collation: Option<&str>) -> Option<Self> {
        let members = members::read(name, "set").filter(|_| format.is_none())?;
        let character_set = CharacterSet::of(collation.map(str::as_bytes))?;
        Some(Self { members, character_set })
    }

    /// The names in the order of the members, each once, as the databases keep them.
    fn in_order(self, names: &str) -> Option<Cow<'_, str>> {
        let members = self.members;
        let mut given = names.split(',').filter(|name| !name.is_empty() || names.contains(','));
        let mut is_in = vec![false; members.len()];
        given.try_for_each(|name| {
            let place = members.iter().position(|member| *member == name)?;
            is_in[place] = true;
            Some(())
        })?;
        let kept = members.iter().zip(is_in).filter(|(_, is_in)| *is_in).map(|(member, _)| *member);
        let text = kept.collect::<Vec<_>>().join(",");
        Some(if text == names { Cow::Borrowed(names) } else { Cow::Owned(text) })
    }
}

impl Definition for Set {
    fn expected(self) -> &'static str {
        "a string"
    }

    fn sql_name(self) -> String {
        members::listed("set", self.members)
    }

    fn character_set(self) -> Option<&'static str> {
        Some(self.character_set.name())
    }

    /// Names only: the databases take a number for a bit mask of the members.
    #[inline(never)]
    fn parse<'r>(self, field: RawField<'r>, _: &Rules) -> Result<Cell<'r>, RowErrorKind> {
        let text = text(field, self.expected())?;
        let in_order = self.in_order(&text).map(Cow::into_owned);
        let found = in_order.ok_or(RowErrorKind::NotAMember { members: self.members })?;
        Ok(Cell::Text(if found == text { text } else { found.into() }))
    }

    fn reads_as_value(self, cell: &str) -> Option<bool> {
        Some(self.in_order(cell).is_some())
    }

    fn source(self) -> &'static str {
        LONG_SOURCE
    }

    /// As a text: the service answers no SET.
    fn canonical(self, column: &str) -> String {
        format!("CONVERT({column} USING utf8mb4)")
    }

    fn digest(self, column: &str) -> String {
        self.canonical(column)
    }

    fn exact(self, column: &str) -> String {
        format!("CAST({column} AS BINARY)")
    }

    fn answer(self) -> Answer {
        Answer::Text
    }

    /// Keys are in the order of their bits, and compared by the names.
    fn key_kind(self) -> KeyKind {
        KeyKind::Unfit
    }

    fn avro(self) -> AvroType {
        AvroType::String
    }

    fn accepts(self, value: AvroValue) -> bool {
        value == AvroValue::Text
    }

    fn accepted(self) -> &'static str {
        "string"
    }
}
