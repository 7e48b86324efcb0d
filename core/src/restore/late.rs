//! Rows that come into a live table while it is being swapped: they are in the old table then.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::checks::in_time;
use super::error::RestoreError;
use super::plan::RestorePlan;
use super::restored::Late;
use super::tables::{BEFORE, beside, run};
use crate::aws::data_api::Field;
use crate::aws::host::Host;
use crate::backup::{AFTER, BackupError, Services, content};
use crate::sql::checksum::Checksum;
use crate::sql::key_range::compare_key;
use crate::table::schema::Table;

/// Keys that are named of the rows that came.
const NAMED_KEYS: usize = 20;

/// What a live table was right before it was swapped.
#[derive(Debug, Clone)]
pub(super) struct LiveContent {
    pub(super) content: Checksum,
    /// `None` where it had no row, or where its greatest key was not looked for.
    pub(super) greatest_key: Option<String>,
}

/// Looks at the live tables of a plan; unless `force` they must be what it saw.
pub(super) async fn look<H: Host>(
    services: &Services<'_, H>,
    plan: &RestorePlan,
    force: bool,
) -> Result<Vec<LiveContent>, RestoreError> {
    let mut seen = Vec::new();
    for planned in &plan.tables {
        in_time(services)?;
        let (table, rows) = (planned.table, planned.live.rows);
        // First the key: a row that comes in between is then at least counted.
        let greatest_key = greatest_key(services, table).await?;
        let found = content(services.database, table, table.name, rows).await;
        let content = found.map_err(BackupError::Database)?;
        if content != planned.live && !force {
            let (table, planned, found) = (table.name, rows, content.rows);
            return Err(RestoreError::Changed { table, planned, found });
        }
        seen.push(LiveContent { content, greatest_key });
    }
    Ok(seen)
}

/// The tables that are not what they were right before the swap.
pub(super) async fn find<H: Host>(
    services: &Services<'_, H>,
    plan: &RestorePlan,
    seen: &[LiveContent],
) -> Vec<Late> {
    let mut late = Vec::new();
    for (planned, seen) in plan.tables.iter().zip(seen) {
        let (table, old) = (planned.table, old_table(planned.table, &plan.id));
        let now = match in_time(services) {
            Ok(()) => content(services.database, table, &old, seen.content.rows).await.ok(),
            Err(_) => None,
        };
        late.extend(of(services, table, &plan.id, seen, now).await);
    }
    late
}

/// What to say of a table, given what its old one holds now, where that is known; `None` if it is what
/// it was right before the swap.
pub(super) async fn of<H: Host>(
    services: &Services<'_, H>,
    table: &'static Table,
    id: &str,
    seen: &LiveContent,
    now: Option<Checksum>,
) -> Option<Late> {
    let old_table = old_table(table, id);
    if now == Some(seen.content) {
        return None;
    }
    Some(Late {
        table: table.name,
        rows_before: seen.content.rows,
        rows_now: now.map(|now| now.rows),
        greatest_key: seen.greatest_key.clone(),
        new_keys: new_keys(services, table, &old_table, seen).await.unwrap_or_default(),
        old_table,
    })
}

/// The name of the table that was live before a restore.
pub(super) fn old_table(table: &Table, id: &str) -> String {
    beside(table.name, BEFORE, id)
}

/// A table's greatest key; `None` if it has no row.
pub(super) async fn greatest_key<H: Host>(
    services: &Services<'_, H>,
    table: &Table,
) -> Result<Option<String>, RestoreError> {
    let (name, key) = (table.name, table.key_column().name);
    let sql = format!("SELECT CAST(MAX(`{key}`) AS CHAR) FROM `{name}`");
    let records = run(services.database, &sql, &[], "the live table is not read").await?.records;
    Ok(records.iter().flatten().find_map(Field::text))
}

async fn new_keys<H: Host>(
    services: &Services<'_, H>,
    table: &Table,
    old_table: &str,
    seen: &LiveContent,
) -> Result<Vec<String>, RestoreError> {
    let key = table.key_column().name;
    let behind = match &seen.greatest_key {
        Some(_) => format!("WHERE {} ", compare_key(table, ">", AFTER)),
        None if seen.content.rows > 0 => return Ok(Vec::new()),
        None => String::new(),
    };
    let sql = format!(
        "SELECT CAST(`{key}` AS CHAR) FROM `{old_table}` {behind}ORDER BY `{key}` LIMIT {NAMED_KEYS}"
    );
    let parameters: Vec<_> = seen.greatest_key.iter().map(|key| (AFTER, key.as_str())).collect();
    let records =
        run(services.database, &sql, &parameters, "the old table is not read").await?.records;
    Ok(records.iter().flatten().filter_map(Field::text).collect())
}
