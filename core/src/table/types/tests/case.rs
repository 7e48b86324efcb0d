//! A type's cases, and how they are written.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use crate::table::schema::{Column, Table};
use crate::table::types::ColumnType;
use crate::table::value::RawField;

pub(crate) const DATE_TIME: Option<&str> = Some("date-time");

/// A type, values that it takes, each with its canonical text, and values that it refuses, each with
/// the code.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) format: Option<&'static str>,
    pub(crate) taken: Vec<(RawField<'static>, String)>,
    pub(crate) refused: Vec<(RawField<'static>, &'static str)>,
}

impl Case {
    pub(crate) fn column_type(&self) -> ColumnType {
        ColumnType::of(self.name, self.format, None).unwrap()
    }

    /// A table whose second column is of this type.
    pub(crate) fn table(&self) -> &'static Table {
        let key = ColumnType::known("int", None, None);
        let key = Column { nullable: false, ..Column::new("k", key) };
        let columns = Box::leak(Box::new([key, Column::new("c", self.column_type())]));
        Box::leak(Box::new(Table::new("t", columns)))
    }
}

pub(crate) fn text(text: &str) -> RawField<'static> {
    RawField::Text(text.to_owned().into())
}

pub(crate) fn case(
    name: &'static str,
    taken: Vec<(RawField<'static>, &str)>,
    refused: Vec<(RawField<'static>, &'static str)>,
) -> Case {
    let taken = taken.into_iter().map(|(field, canonical)| (field, canonical.to_owned())).collect();
    Case { name, format: None, taken, refused }
}
