//! The column types, one file each.
//!
//! Nothing outside this folder tells one type from another: it asks the column's type, which answers
//! by its [`Definition`]. A new type is added so:
//!
//! 1. A file `types/<name>.rs` with a struct that holds the type's bounds, its `of`, which knows the
//!    type by its name in `information_schema`, and its [`Definition`]; each item there says what it
//!    must hold to.
//! 2. Its line at the end of `column_type.rs`, and its `mod` here.
//! 3. An error of its own, where no present one says what is wrong: a variant of `RowErrorKind`
//!    with a code, its text, and its line in docs/errors.md.
//! 4. Its values, taken and refused, in the table of `tests.rs` and in `tests/column_types.py`, and the
//!    digest that `tests/test_types.py` has of them; the tables of docs/types.md.
//!
//! An `AvroType`, `AvroValue`, `Answer`, `Comparable` or [`KeyKind`] is added where no present one is right: the
//! compiler then names every place that has to know it.

// A build without backups reads no values back.
#![cfg_attr(not(feature = "avro"), allow(dead_code, unused_imports))]

mod answer;
mod avro_type;
mod bigint_unsigned;
mod binary;
mod bit;
mod boolean;
mod char;
mod character_set;
mod collation;
mod column_type;
mod comparable;
mod date;
mod date_time;
mod decimal;
mod definition;
mod document;
mod enumeration;
mod float;
mod int;
mod json;
mod key_kind;
mod local_date_time;
mod members;
mod nearest;
mod raw;
mod seen_as;
mod set;
mod text;
mod time;
mod timestamp;
mod varchar;
mod year;

#[cfg(test)]
pub(crate) mod tests;

pub(crate) use answer::Answer;
pub(crate) use avro_type::{AvroType, AvroValue};
pub(crate) use collation::{is_exact, is_told_apart, significant_cell, takes_no_blanks};
pub use column_type::ColumnType;
pub(crate) use comparable::Comparable;
pub(crate) use decimal::with_point;
#[cfg(feature = "avro")]
pub(crate) use definition::SHORT;
pub(crate) use definition::{Definition, Rules};
pub(crate) use int::without_width;
pub use key_kind::KeyKind;
pub(crate) use key_kind::Texts;
pub(crate) use seen_as::is_seen_as;
