//! ENUM: one of a list of texts.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;

use super::answer::Answer;
use super::avro_type::{AvroType, AvroValue};
use super::character_set::CharacterSet;
use super::comparable::Comparable;
use super::definition::{Definition, LONG_SOURCE, Rules};
use super::key_kind::KeyKind;
use super::members;
use super::raw::text;
use crate::table::issue::RowErrorKind;
use crate::table::value::{Cell, RawField};

/// An ENUM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Enumeration {
    members: &'static [&'static str],
    character_set: CharacterSet,
}

impl Enumeration {
    /// The type of this name in `information_schema`, and of this collation. Its members are kept for the life of the process.
    pub(super) fn of(name: &str, format: Option<&str>, collation: Option<&str>) -> Option<Self> {
        let members = members::read(name, "enum").filter(|_| format.is_none())?;
        let character_set = CharacterSet::of(collation.map(str::as_bytes))?;
        Some(Self { members, character_set })
    }
}

impl Definition for Enumeration {
    fn expected(self) -> &'static str {
        "a string"
    }

    fn sql_name(self) -> String {
        members::listed("enum", self.members)
    }

    fn character_set(self) -> Option<&'static str> {
        Some(self.character_set.name())
    }

    /// A name only: the databases take a number for the place of a member.
    ///
    /// A column that was filled without strict mode may hold '', which is none of its members.
    #[inline(never)]
    fn parse<'r>(self, field: RawField<'r>, rules: &Rules) -> Result<Cell<'r>, RowErrorKind> {
        let text = text(field, self.expected())?;
        let is_member = self.members.contains(&&*text) || (rules.stored && text.is_empty());
        match is_member {
            true => Ok(Cell::Text(text)),
            false => Err(RowErrorKind::NotAMember { members: self.members }),
        }
    }

    fn reads_as_value(self, cell: &str) -> Option<bool> {
        Some(self.members.contains(&cell))
    }

    fn source(self) -> &'static str {
        LONG_SOURCE
    }

    fn canonical(self, column: &str) -> String {
        column.to_owned()
    }

    fn digest(self, column: &str) -> String {
        format!("CONVERT({column} USING utf8mb4)")
    }

    fn exact(self, column: &str) -> String {
        format!("CAST({column} AS BINARY)")
    }

    fn answer(self) -> Answer {
        Answer::Text
    }

    /// Keys are in the order of the members, and compared by their names.
    fn key_kind(self) -> KeyKind {
        KeyKind::Unfit
    }

    fn comparable(self) -> Comparable {
        Comparable::Member
    }

    fn avro(self) -> AvroType {
        AvroType::String
    }

    fn accepts(self, value: AvroValue) -> bool {
        matches!(value, AvroValue::Text | AvroValue::Symbol)
    }

    fn accepted(self) -> &'static str {
        "string or enum"
    }
}
