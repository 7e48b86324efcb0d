//! A table restored under a name of its own.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::error::RestoreError;
use super::tables::{TableNames, run};
use super::wanted::{Mode, Wanted};
use crate::aws::host::{Client, Host};
use crate::base::sql_text::quoted;
use crate::table::schema::Table;

/// Why a restore under another name cannot be done; none if it can.
pub(super) fn name_obstacles(
    wanted: &Wanted<'_>,
    tables: &[&'static Table],
    there: &TableNames,
) -> Vec<String> {
    let Some(name) = wanted.into_table else { return Vec::new() };
    let mut obstacles = Vec::new();
    if there.has(name) {
        obstacles.push(format!("{name}: there is a table of this name; choose another"));
    }
    if name.is_empty() || name.chars().count() > 64 {
        obstacles.push(format!("{name}: a name has 1 to 64 characters"));
    }
    if tables.len() != 1 {
        obstacles.push(format!("{name}: one table takes a new name; choose it with --table"));
    }
    if wanted.mode == Mode::Merge {
        obstacles.push(format!("{name}: a new table has no rows to merge with"));
    }
    obstacles
}

/// Gives a staging table its name, if no table has it. Sent twice it does no harm: the staging table is gone then.
pub(super) async fn name_it<H: Host>(
    client: &Client<'_, H>,
    staging: &str,
    name: &str,
) -> Result<(), RestoreError> {
    let sql = format!("RENAME TABLE {} TO {}", quoted(staging), quoted(name));
    let Err(error) = run(client, &sql, &[], "the new table does not get its name").await else {
        return Ok(());
    };
    let there = TableNames::read(&client.closing()).await?;
    if there.has(name) && !there.has(staging) { Ok(()) } else { Err(error) }
}
