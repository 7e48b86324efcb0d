//! A type's cases, and how they are written.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use crate::table::types::ColumnType;
use crate::table::value::RawField;

pub(super) const DATE_TIME: Option<&str> = Some("date-time");

/// A type, values that it takes, each with its canonical text, and values that it refuses, each with
/// the code.
#[derive(Clone)]
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) format: Option<&'static str>,
    pub(super) taken: Vec<(RawField<'static>, String)>,
    pub(super) refused: Vec<(RawField<'static>, &'static str)>,
}

impl Case {
    pub(super) fn column_type(&self) -> ColumnType {
        ColumnType::of(self.name, self.format, None).unwrap()
    }
}

pub(super) fn text(text: &str) -> RawField<'static> {
    RawField::Text(text.to_owned().into())
}

pub(super) fn case(
    name: &'static str,
    taken: Vec<(RawField<'static>, &str)>,
    refused: Vec<(RawField<'static>, &'static str)>,
) -> Case {
    let taken = taken.into_iter().map(|(field, canonical)| (field, canonical.to_owned())).collect();
    Case { name, format: None, taken, refused }
}
