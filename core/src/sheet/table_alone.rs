//! A table without the tables around it.

use alloc::string::{String, ToString};

use crate::table::schema::{Description, Schema, Table};

/// The first table of a `schema.json`, to check rows by it alone: what it refers to is for the database.
///
/// It stays in memory for the life of the process.
///
/// # Errors
///
/// In words, where the text describes no table, or one that cannot be filled.
pub fn table_alone(json: &str) -> Result<&'static Table, String> {
    let mut description = Description::from_json(json).map_err(|error| error.to_string())?;
    for column in description.tables.iter_mut().flat_map(|table| &mut table.columns) {
        let is_kept = |item: &&str| !item.trim_start().starts_with("references=");
        let kept = column.comment.split(';').filter(is_kept);
        let comment = kept.collect::<alloc::vec::Vec<_>>().join(";");
        column.comment = comment;
    }
    let schema = Schema::of(&description);
    let unfit = schema.unfit().first().map(ToString::to_string);
    schema.tables().first().ok_or_else(|| unfit.unwrap_or_else(|| "no table is described".into()))
}
