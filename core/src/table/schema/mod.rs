//! The tables and their columns, as data, read when a program starts and looked at anew while it runs.
//!
//! Nothing else in rowgate knows a table's or a column's name. A [`Description`] says all of a database's
//! tables, whether rowgate can fill them or not; [`Schema`] has those that it can, and why not the others.

mod comment;
mod constraints;
mod create;
mod description;
mod error;
mod fitness;
mod key_name;
mod members;
mod misfit;
mod order;
mod renewed;
mod served;
mod table;
mod table_key;
mod tables;
mod width;

pub use super::checks::CheckConstraint;
pub use constraints::{
    Constraints, ForeignKey, KeyNameError, KeyPart, PRIMARY, ParentTable, UniqueKey,
};
pub(crate) use create::key_text;
pub use description::{
    CheckDescription, ColumnDescription, DefaultValue, Description, FORM, ForeignKeyDescription,
    Generation, IndexDescription, IndexPart, TableDescription,
};
pub use error::DescriptionError;
pub use key_name::KeyName;
pub use misfit::{Misfit, Unfit};
pub(crate) use renewed::Renewal;
pub use table::{Column, Reference, Table};
pub use tables::{EXAMPLE, Schema};

pub use super::types::{ColumnType, KeyKind};

#[cfg(test)]
pub(crate) use tables::{OFFICE, longest_statement, table, wide_tables};
