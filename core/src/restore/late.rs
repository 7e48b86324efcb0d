//! Rows that come into a live table while it is being swapped: they are in the old table then.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::checks::in_time;
use super::copy::{key_texts, shown_keys};
use super::error::RestoreError;
use super::plan::RestorePlan;
use super::restored::Late;
use super::tables::{BEFORE, beside, run};
use crate::aws::host::Host;
use crate::backup::{AFTER, BackupError, Services, content};
use crate::base::sql_text::quoted;
use crate::sql::checksum::Checksum;
use crate::sql::first_rows::key_order;
use crate::sql::key_text::{KeyText, borrowed, compare_key};
use crate::table::schema::Table;

/// Keys that are named of the rows that came.
const NAMED_KEYS: usize = 20;

/// What a live table was right before it was swapped.
#[derive(Debug, Clone)]
pub(super) struct LiveContent {
    pub(super) content: Checksum,
    /// `None` where it had no row, or where its greatest key was not looked for.
    pub(super) greatest_key: Option<KeyText>,
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
        greatest_key: seen.greatest_key.as_ref().map(ToString::to_string),
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
) -> Result<Option<KeyText>, RestoreError> {
    let (keys, order) = (key_texts(table), key_order(table, table.name, " DESC"));
    let sql = format!("SELECT {keys} FROM {} ORDER BY {order} LIMIT 1", quoted(table.name));
    let records = run(services.database, &sql, &[], "the live table is not read").await?.records;
    Ok(records.first().and_then(|row| KeyText::of_fields(row)))
}

async fn new_keys<H: Host>(
    services: &Services<'_, H>,
    table: &Table,
    old_table: &str,
    seen: &LiveContent,
) -> Result<Vec<String>, RestoreError> {
    let behind = match &seen.greatest_key {
        Some(key) => format!("WHERE {} ", compare_key(table, key.parts(), ">", AFTER)),
        None if seen.content.rows > 0 => return Ok(Vec::new()),
        None => String::new(),
    };
    let sql = format!(
        "SELECT {} FROM {} {behind}ORDER BY {} LIMIT {NAMED_KEYS}",
        key_texts(table),
        quoted(old_table),
        key_order(table, old_table, "")
    );
    let keys = seen.greatest_key.as_ref().map(|key| key.parameters(AFTER)).unwrap_or_default();
    let parameters = borrowed(&keys);
    let records =
        run(services.database, &sql, &parameters, "the old table is not read").await?.records;
    Ok(shown_keys(&records))
}
