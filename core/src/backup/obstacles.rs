//! What of the live tables is in the way of a restore; a backup looks for it before it reads.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use super::error::BackupError;
use super::services::Services;
use crate::admin::migrate::{self, Difference, MigrateError};
use crate::aws::host::Host;
use crate::table::schema::Table;
use crate::table::types::Definition;

/// Properties in which a live table may differ: they change neither rows nor the way to them, or a restore minds them.
const HARMLESS: [&str; 4] = ["comment", "default", "order", "constraint or trigger"];

/// What a backup does with tables that a restore would refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnObstacle {
    /// There is no backup.
    #[default]
    Refuse,
    /// It leaves these tables out.
    Skip,
    /// It reads the columns of the schema all the same; not where the key has another order or is
    /// none, since rows would be missing.
    Accept,
}

/// One thing in the way of a restore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Obstacle {
    difference: Difference,
    /// Whether the rows cannot even be read in the order of their key.
    breaks_order: bool,
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.difference.fmt(f)
    }
}

/// What is in the way of a restore of some tables; nothing where a table is missing.
pub(crate) async fn obstacles<H: Host>(
    services: &Services<'_, H>,
    tables: &[&'static Table],
) -> Result<Vec<Obstacle>, BackupError> {
    let differences = migrate::compare_tables(services.database, services.schema).await;
    let differences = differences.map_err(|error| match error {
        MigrateError::Call { error, .. } => BackupError::Database(error),
        _ => BackupError::Undescribed,
    })?;
    let of_wanted = |difference: Difference| {
        let table = tables.iter().find(|table| table.name == difference.table)?;
        obstacle(table, difference)
    };
    Ok(differences.into_iter().filter_map(of_wanted).collect())
}

/// The tables that are backed up, and what a restore of the others, or of these, would refuse.
pub(super) async fn fit_tables<H: Host>(
    services: &Services<'_, H>,
    tables: &[&'static Table],
    on_obstacle: OnObstacle,
) -> Result<(Vec<&'static Table>, Vec<String>), BackupError> {
    let found = obstacles(services, tables).await?;
    let is_fit = |table: &&&'static Table| {
        !found.iter().any(|obstacle| obstacle.difference.table == table.name)
    };
    let texts: Vec<_> = found.iter().map(ToString::to_string).collect();
    let fit: Vec<_> = match on_obstacle {
        OnObstacle::Skip => tables.iter().filter(is_fit).copied().collect(),
        OnObstacle::Accept if !found.iter().any(|obstacle| obstacle.breaks_order) => {
            tables.to_vec()
        }
        _ if found.is_empty() => tables.to_vec(),
        _ => Vec::new(),
    };
    if fit.is_empty() { Err(BackupError::Unfit { obstacles: texts }) } else { Ok((fit, texts)) }
}

fn obstacle(table: &Table, difference: Difference) -> Option<Obstacle> {
    let index = difference.column.as_deref().and_then(|name| table.column_index(name));
    let column = index.map(|index| (&table.columns[index], table.is_key(index)));
    let is_of_key = column.is_some_and(|(_, is_key)| is_key);
    let takes = |collation| column.is_some_and(|(it, _)| it.column_type.takes_collation(collation));
    let is_in_the_way = match difference.property {
        "table" => false,
        "extra" => difference.found.contains(" generated"),
        // Another order is harmless but in a key; another character set cannot hold every text.
        "collation" => is_of_key || !takes(&difference.found),
        property => !HARMLESS.contains(&property),
    };
    let breaks_order =
        difference.property == "key" || is_of_key && difference.property == "collation";
    is_in_the_way.then_some(Obstacle { difference, breaks_order })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::schema::table;

    /// Whether a difference is in the way, and whether it breaks the order.
    fn told(column: Option<&str>, property: &'static str, found: &str) -> Option<bool> {
        let (column, found) = (column.map(String::from), found.into());
        let difference =
            Difference { table: "jobs", column, property, expected: String::new(), found };
        obstacle(table("jobs").unwrap(), difference).map(|obstacle| obstacle.breaks_order)
    }

    #[test]
    fn what_changes_rows_or_the_way_to_them_is_in_the_way() {
        for (column, property, found, expected) in [
            (None, "table", "none", None),
            (None, "comment", "", None),
            (None, "engine", "MyISAM", Some(false)),
            (None, "constraint or trigger", "TRIGGER t", None),
            (Some("notes"), "column", "text", Some(false)),
            (Some("job_name"), "type", "varchar(300)", Some(false)),
            (Some("job_name"), "null", "NULL", Some(false)),
            (Some("job_name"), "default", "x", None),
            (Some("job_name"), "order", "id", None),
            (Some("id"), "extra", "none", None),
            (Some("job_name"), "extra", "default_generated", None),
            (Some("job_name"), "extra", "stored generated", Some(false)),
            (Some("job_name"), "collation", "utf8mb4_general_ci", None),
            (Some("job_name"), "collation", "latin1_swedish_ci", Some(false)),
            (Some("id"), "collation", "utf8mb4_general_ci", Some(true)),
            (Some("id"), "key", "none", Some(true)),
            (Some("job_name"), "key", "primary key", Some(true)),
        ] {
            assert_eq!(told(column, property, found), expected, "{property} {found}");
        }
    }
}
