//! The live tables, and what restores have left beside them.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use core::time::Duration;

use sha2::{Digest, Sha256};

use super::error::RestoreError;
use crate::admin::migrate::{self, MigrateError};
use crate::aws::data_api::{ExecuteStatementOutput, Field};
use crate::aws::host::{Client, Host};
use crate::base::hex::hex;
use crate::base::sql_text::quoted;
use crate::table::date_time;
use crate::table::schema::{Schema, Table};

/// What stands between a table's name and a restore's in the name of its old table.
pub(super) const BEFORE: &str = "__before_";

/// The same in the name of a table that is being filled.
pub(super) const STAGING: &str = "__restore_";

/// The same in the name of a table that was restored and undone.
pub(super) const UNDONE: &str = "__undone_";

/// A table that a restore has left.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Leftover {
    /// The restore.
    pub id: String,
    /// Its name in the database.
    pub name: String,
    /// The table that it was, or was to become.
    pub table: &'static str,
    /// What it is.
    pub kind: LeftoverKind,
}

/// What a table is that a restore has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LeftoverKind {
    /// It was live before the restore.
    Before,
    /// It is being filled, or the restore was killed.
    Staging,
    /// It was restored and undone, with all that was written to it meanwhile.
    Undone,
}

impl Leftover {
    /// When the restore began, since the Unix epoch.
    pub fn began(&self) -> Option<Duration> {
        let id = &self.id;
        let part = |range| id.get(range);
        let (year, month, day) = (part(0..4)?, part(4..6)?, part(6..8)?);
        let (hour, minute, second) = (part(9..11)?, part(11..13)?, part(13..15)?);
        date_time::unix_time(&format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z"))
    }
}

/// Runs a statement that can be run twice.
pub(super) async fn run<H: Host>(
    client: &Client<'_, H>,
    sql: &str,
    parameters: &[(&str, &str)],
    doing: &'static str,
) -> Result<ExecuteStatementOutput, RestoreError> {
    let result = client.query(sql, parameters).await;
    result.map_err(|error| RestoreError::Database { doing, error })
}

/// The tables that are there.
#[derive(Debug)]
pub(super) struct TableNames {
    names: Vec<String>,
}

impl TableNames {
    pub(super) async fn read<H: Host>(client: &Client<'_, H>) -> Result<Self, RestoreError> {
        let sql = "SELECT table_name FROM information_schema.tables \
                   WHERE table_schema = DATABASE()";
        let records = run(client, sql, &[], "the tables are not listed").await?.records;
        let name =
            |row: Vec<Field>| row.first().and_then(Field::text).ok_or(RestoreError::Unreadable);
        Ok(Self { names: records.into_iter().map(name).collect::<Result<_, _>>()? })
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.names.iter().any(|its| its == name)
    }

    /// Another table whose name becomes the same by a rule as this one's.
    #[cfg(feature = "parquet")]
    pub(super) fn alike(&self, name: &str, rule: fn(&str) -> String) -> Option<&str> {
        let of = rule(name);
        let mut others = self.names.iter().filter(|its| *its != name && rule(its) == of);
        others.next().map(String::as_str)
    }

    /// What restores have left, the earliest first.
    pub(super) fn leftovers(&self, schema: Schema) -> Vec<Leftover> {
        let of = |name: &String| leftover(schema, name);
        let mut found: Vec<_> = self.names.iter().filter_map(of).collect();
        found.sort_by(|a, b| (&a.id, &a.name).cmp(&(&b.id, &b.name)));
        found
    }
}

/// Each kind with what is in its name.
const KINDS: [(LeftoverKind, &str); 3] = [
    (LeftoverKind::Before, BEFORE),
    (LeftoverKind::Staging, STAGING),
    (LeftoverKind::Undone, UNDONE),
];

fn leftover(schema: Schema, name: &str) -> Option<Leftover> {
    let id = name.get(name.len().checked_sub(ID_LENGTH)?..).filter(|id| is_id(id))?;
    let of = |table: &'static Table| {
        let is_its = |between| beside(table.name, between, id) == name;
        let (kind, _) = KINDS.iter().find(|(_, between)| is_its(between))?;
        Some(Leftover { id: id.into(), name: name.into(), table: table.name, kind: *kind })
    };
    schema.tables().iter().find_map(of)
}

/// The name of a restore's table beside a live one. Of a name that would be too long a hash stands
/// for the rest.
pub(super) fn beside(table: &str, between: &str, id: &str) -> String {
    let room = LONGEST_NAME - between.len() - id.len();
    if table.chars().count() <= room {
        return [table, between, id].concat();
    }
    let hash = &hex(&Sha256::digest(table))[..HASH];
    let start: String = table.chars().take(room - HASH - 1).collect();
    [&start, "_", hash, between, id].concat()
}

/// The most characters of a table's name.
const LONGEST_NAME: usize = 64;

/// Hexadecimal digits of the hash that stands for the rest of a name.
const HASH: usize = 12;

/// Whether a text can be a restore's name; it is part of names of tables.
pub(super) fn is_id(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_digit() || byte == b'_' || byte.is_ascii_lowercase();
    text.len() == ID_LENGTH && text.bytes().all(plain)
}

/// `20270115_080000_1a2b`.
const ID_LENGTH: usize = 20;

/// Drops a table, if it is there.
pub(super) async fn drop_table<H: Host>(
    client: &Client<'_, H>,
    name: &str,
) -> Result<(), RestoreError> {
    let sql = format!("DROP TABLE IF EXISTS {}", quoted(name));
    run(client, &sql, &[], "a table is not dropped").await.map(drop)
}

/// Makes tables that are not there, empty.
pub(super) async fn make_missing<H: Host>(
    client: &Client<'_, H>,
    tables: &[&'static Table],
) -> Result<(), RestoreError> {
    migrate::make_missing(client, tables).await.map_err(|error| match error {
        MigrateError::Call { error, .. } => {
            RestoreError::Database { doing: "a missing table is not made", error }
        }
        _ => RestoreError::Unreadable,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::schema::OFFICE;

    #[test]
    fn what_restores_left_is_told_by_its_name() {
        let names = [
            "jobs",
            "jobs__before_20270115_080000_1a2b",
            "employees__restore_20270114_080000_1a2b",
            "jobs__undone_20270116_080000_1a2b",
            "jobs__before_christmas",
            "cats__before_20270115_080000_1a2b",
        ];
        let tables = TableNames { names: names.map(String::from).to_vec() };
        let found: Vec<_> =
            tables.leftovers(OFFICE).into_iter().map(|it| (it.table, it.kind, it.id)).collect();
        assert_eq!(
            found,
            [
                ("employees", LeftoverKind::Staging, "20270114_080000_1a2b".into()),
                ("jobs", LeftoverKind::Before, "20270115_080000_1a2b".into()),
                ("jobs", LeftoverKind::Undone, "20270116_080000_1a2b".into()),
            ]
        );
        let began = tables.leftovers(OFFICE)[1].began();
        assert_eq!(began, Some(Duration::from_secs(1_800_000_000)));
    }

    #[test]
    fn a_long_name_is_cut_and_known_again() {
        const ID: &str = "20270115_080000_1a2b";
        let long = ["☺".repeat(64), "☺".repeat(63), "a".repeat(35), "a".repeat(34)];
        let tables: Vec<_> = long.iter().map(|it| Table::new(it.clone().leak(), &[])).collect();
        let schema = Schema::new(tables.leak());
        let all: Vec<_> = long
            .iter()
            .flat_map(|name| KINDS.map(|(kind, between)| (name, kind, beside(name, between, ID))))
            .collect();
        for (name, kind, beside) in &all {
            assert!(beside.chars().count() <= LONGEST_NAME, "{beside}");
            let found = leftover(schema, beside).unwrap();
            assert_eq!((found.table, found.kind, found.id.as_str()), (name.as_str(), *kind, ID));
            assert_eq!(all.iter().filter(|(.., other)| other == beside).count(), 1);
        }
        assert_eq!(beside("jobs", STAGING, ID), "jobs__restore_20270115_080000_1a2b");
    }
}
