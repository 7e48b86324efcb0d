//! The tables that there should be.

use alloc::string::String;
use alloc::vec::Vec;

use crate::base::sql_text::literal;
use crate::ledger;
use crate::table::schema::Schema;

/// The table of the migrations that a database has had.
pub(super) const HISTORY: &str = "rowgate_migrations";

/// Names of the tables that there should be, those that hold rows of people first.
pub(super) fn all_tables(schema: Schema) -> impl Iterator<Item = &'static str> {
    schema.names().into_iter().chain(ledger::tables().map(|table| table.name))
}

/// Names as the list of an SQL `IN`.
pub(super) fn name_list<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    names.into_iter().map(literal).collect::<Vec<_>>().join(", ")
}
