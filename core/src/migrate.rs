//! Makes the tables that are not there yet.

use alloc::vec::Vec;

use crate::data_api::{ExecuteStatement, Field};
use crate::host::{CallError, Client, Host, Repeat};
use crate::schema::{TABLES, Table};

const EXISTING: &str = "SELECT table_name FROM information_schema.tables \
                        WHERE table_schema = DATABASE()";

/// Makes every table of the schema that the database does not have, and returns those.
///
/// Each `CREATE TABLE` is a call of its own: MySQL commits DDL at once. After an error the call
/// can be made again and goes on where it stopped.
pub async fn migrate<H: Host>(client: &Client<'_, H>) -> Result<Vec<&'static Table>, CallError> {
    let query = ExecuteStatement { sql: EXISTING, ..ExecuteStatement::default() };
    let existing = client.call(&query, Repeat::Harmless).await?.records;
    let exists = |table: &Table| {
        existing
            .iter()
            .flatten()
            .any(|field| matches!(field, Field::String(name) if name == table.name))
    };

    let mut made = Vec::new();
    for table in TABLES.iter().filter(|table| !exists(table)) {
        let create = ExecuteStatement { sql: table.create, ..ExecuteStatement::default() };
        client.call(&create, Repeat::Never).await?;
        made.push(table);
    }
    Ok(made)
}
