//! Tables made that are not there.

use super::change::make_table;
use super::creation::{Creation, creations, is_to_any};
use super::error::MigrateError;
use crate::aws::host::{Client, Host};
use crate::table::schema::Table;

/// Makes these tables, which are not there, each foreign key once its parent is; a parent that is not among them is
/// taken to be there.
pub(crate) async fn make_missing<H: Host>(
    client: &Client<'_, H>,
    tables: &[&'static Table],
) -> Result<(), MigrateError> {
    for Creation { name, sql, .. } in creations(tables, |key| !is_to_any(tables, key)) {
        make_table(client, name, &sql).await?;
    }
    Ok(())
}
