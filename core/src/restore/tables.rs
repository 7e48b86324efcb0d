//! The live tables, and what restores have left beside them.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::RestoreError;
use crate::data_api::{ExecuteStatement, ExecuteStatementOutput, Field};
use crate::host::{Client, Host, Repeat};
use crate::migrate::{self, MigrateError};
use crate::schema::{TABLES, Table};

/// What stands between a table's name and a restore's in the name of its old table.
pub(super) const BEFORE: &str = "__before_";

/// What stands there in the name of a table that is being filled, or that was swapped out again.
pub(super) const STAGING: &str = "__restore_";

/// Properties in which a live table may differ: they change neither rows nor the way to them.
const HARMLESS: [&str; 5] = ["collation", "comment", "default", "extra", "order"];

/// A table that a restore has left.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Leftover {
    /// The restore.
    pub id: String,
    /// Its name in the database.
    pub name: String,
    /// The table that it was, or was to become.
    pub table: &'static str,
    /// Whether it is the table that was live before the restore.
    pub is_old: bool,
}

/// Runs a statement that can be run twice.
pub(super) async fn run<H: Host>(
    client: &Client<'_, H>,
    sql: &str,
    parameters: &[(&str, &str)],
    doing: &'static str,
) -> Result<ExecuteStatementOutput, RestoreError> {
    let call = ExecuteStatement { sql, parameters, ..ExecuteStatement::default() };
    let result = client.call(&call, Repeat::Harmless).await;
    result.map_err(|error| RestoreError::Database { doing, error })
}

/// The tables that are there of those that rowgate knows, and of those that restores have left.
#[derive(Debug)]
pub(super) struct LiveTables {
    names: Vec<String>,
}

impl LiveTables {
    pub(super) async fn read<H: Host>(client: &Client<'_, H>) -> Result<Self, RestoreError> {
        let sql = "SELECT table_name FROM information_schema.tables \
                   WHERE table_schema = DATABASE()";
        let records = run(client, sql, &[], "the tables are not listed").await?.records;
        let name = |row: Vec<Field>| match row.into_iter().next() {
            Some(Field::String(name)) => Ok(name),
            _ => Err(RestoreError::Unreadable),
        };
        Ok(Self { names: records.into_iter().map(name).collect::<Result<_, _>>()? })
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.names.iter().any(|its| its == name)
    }

    /// What restores have left, the earliest first.
    pub(super) fn leftovers(&self) -> Vec<Leftover> {
        let mut found: Vec<_> = self.names.iter().filter_map(|name| leftover(name)).collect();
        found.sort_by(|a, b| (&a.id, &a.name).cmp(&(&b.id, &b.name)));
        found
    }
}

fn leftover(name: &str) -> Option<Leftover> {
    let of = |table: &'static Table| {
        let rest = name.strip_prefix(table.name)?;
        let (is_old, id) = match (rest.strip_prefix(BEFORE), rest.strip_prefix(STAGING)) {
            (Some(id), _) => (true, id),
            (_, Some(id)) => (false, id),
            _ => return None,
        };
        is_id(id).then(|| Leftover { id: id.into(), name: name.into(), table: table.name, is_old })
    };
    TABLES.iter().find_map(of)
}

/// Whether a text can be a restore's name; it stands in names of tables.
pub(super) fn is_id(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_digit() || byte == b'_' || byte.is_ascii_lowercase();
    text.len() == ID_LENGTH && text.bytes().all(plain)
}

/// `20270115_080000_1a2b`; with [`STAGING`] and a table's name that is at most 64 characters.
const ID_LENGTH: usize = 20;

/// Why a table cannot be swapped, each with its name; none if it can.
pub(super) async fn obstacles<H: Host>(
    client: &Client<'_, H>,
    tables: &[&'static Table],
) -> Result<Vec<String>, RestoreError> {
    let differences = migrate::compare(client).await.map_err(|error| match error {
        MigrateError::Call { error, .. } => {
            RestoreError::Database { doing: "the live tables are not compared", error }
        }
        _ => RestoreError::Unreadable,
    })?;
    let is_in_the_way = |difference: &&migrate::Difference| {
        tables.iter().any(|table| table.name == difference.table)
            && difference.property != "table"
            && !HARMLESS.contains(&difference.property)
    };
    Ok(differences.iter().filter(is_in_the_way).map(ToString::to_string).collect())
}

/// Makes a table that is not there, empty.
pub(super) async fn make_missing<H: Host>(
    client: &Client<'_, H>,
    table: &Table,
) -> Result<(), RestoreError> {
    migrate::make_table(client, table.name, table.create).await.map_err(|error| match error {
        MigrateError::Call { error, .. } => {
            RestoreError::Database { doing: "a missing table is not made", error }
        }
        _ => RestoreError::Unreadable,
    })
}

/// The columns of a table, as a list of SQL.
pub(super) fn columns(table: &Table) -> String {
    let names: Vec<_> = table.columns.iter().map(|column| format!("`{}`", column.name)).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_restores_left_is_told_by_its_name() {
        let names = [
            "jobs",
            "jobs__before_20270115_080000_1a2b",
            "employees__restore_20270114_080000_1a2b",
            "jobs__before_christmas",
            "cats__before_20270115_080000_1a2b",
        ];
        let tables = LiveTables { names: names.map(String::from).to_vec() };
        let found: Vec<_> =
            tables.leftovers().into_iter().map(|it| (it.table, it.is_old, it.id)).collect();
        assert_eq!(
            found,
            [
                ("employees", false, "20270114_080000_1a2b".into()),
                ("jobs", true, "20270115_080000_1a2b".into())
            ]
        );
    }
}
