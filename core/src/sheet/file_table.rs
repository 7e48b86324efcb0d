//! Which table a file is for, by its name, where only the tables' names are known.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use crate::table::schema::{Schema, Table};

/// The table that a file's name says, as [`Schema::table_of_file`] finds it, of tables with these names and
/// aliases.
///
/// The names stay in memory for the life of the process.
pub fn table_of_file(tables: Vec<(String, Vec<String>)>, path: &str) -> Option<&'static str> {
    let table = |(name, aliases): (String, Vec<String>)| {
        let aliases: Vec<&'static str> = aliases.into_iter().map(kept).collect();
        Table { aliases: Box::leak(aliases.into_boxed_slice()), ..Table::new(kept(name), &[]) }
    };
    let tables: Vec<Table> = tables.into_iter().map(table).collect();
    let schema = Schema::new(Box::leak(tables.into_boxed_slice()));
    schema.table_of_file(path).or_else(|| schema.table_near(path)).map(|table| table.name)
}

fn kept(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}
