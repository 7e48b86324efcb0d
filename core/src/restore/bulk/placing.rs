//! The end of a restore in parts where foreign keys, CHECKs or triggers hold the tables: one step puts all rows in place, in
//! one transaction.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::super::checks::in_time;
use super::super::error::RestoreError;
use super::super::in_place::{InPlace, Placing};
use super::super::late::old_table;
use super::super::orphans::check_orphans;
use super::super::tables::{STAGING, beside};
use super::super::ties::{TableName, Ties};
use super::comparison::Comparison;
use crate::aws::host::Host;
use crate::backup::Services;
use crate::sql::checksum::Checksum;
use crate::table::schema::Table;

impl Comparison {
    /// Refuses what one step does not put in place, once all rows are counted.
    pub(super) fn check_rows(&self) -> Result<(), RestoreError> {
        let rows = self.tables.iter().map(|table| table.content.rows + table.live.rows);
        self.ending.check_rows(rows.sum())
    }

    /// Puts the rows of the staging tables into the live ones, all or none; these must be what they were when they were looked
    /// at, or anything with `force`.
    pub(super) async fn put<H: Host>(
        &self,
        services: &Services<'_, H>,
        tables: &[&'static Table],
        ties: Ties,
        force: bool,
    ) -> Result<(), RestoreError> {
        let id = self.id.as_str();
        let foreign = if self.ending.keep_orphans { Vec::new() } else { ties.foreign };
        let staging = |name: &TableName| -> Option<String> {
            let table = tables.iter().find(|table| name.is(table.name))?;
            Some(beside(table.name, STAGING, id))
        };
        check_orphans(services.database, &foreign, staging).await?;
        let placing =
            |(table, content, live)| placing(id, table, content, (!force).then_some(live));
        let all =
            tables.iter().zip(&self.tables).map(|(table, its)| (*table, its.content, its.live));
        let placings: Vec<_> = all.map(placing).collect();
        let ready = async |_| in_time(services);
        let in_place =
            InPlace { client: services.database, id, tables: &placings, foreign: &foreign };
        Box::pin(in_place.put(ready)).await
    }
}

fn placing(id: &str, table: &'static Table, expected: Checksum, live: Option<Checksum>) -> Placing {
    let (comes, goes) = (beside(table.name, STAGING, id), old_table(table, id));
    Placing { table, comes, goes, expected, live }
}
