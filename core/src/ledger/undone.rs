//! Loads whose rows a restore has taken back. The ledger takes them for done no longer, so that a file
//! that is dropped again is loaded, and a request with that key is not answered from the ledger.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::file::PART;
use super::statement::{Statement, number, only_row};
use crate::aws::data_api::Field;
use crate::aws::host::{CallError, Client, Host};
use crate::base::sql_text::literal;
use crate::table::schema::Table;

/// What the status of such a load is. A file with it is loaded from its start; a request with it has
/// given its id away.
const UNDONE: &str = "undone";

/// Loads that ended so many minutes before the moment count as well: a request's answer is written
/// before its rows, in one transaction, and clocks differ.
const MARGIN: u32 = 5;

/// The most loads that one call marks.
const MARKED: u32 = 5_000;

/// Loads whose rows may be missing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UndoneLoads<'u> {
    /// Of which tables.
    pub(crate) tables: &'u [&'static Table],
    /// What ended after this moment, as `YYYY-MM-DDTHH:MM:SSZ`.
    pub(crate) since: &'u str,
}

impl UndoneLoads<'_> {
    /// How many there are.
    pub(crate) async fn count<H: Host>(&self, client: &Client<'_, H>) -> Result<u64, CallError> {
        let sql = format!("SELECT COUNT(*) FROM rowgate_loads WHERE {}", self.condition());
        let row = only_row(self.bind(sql).run(client).await?);
        Ok(row.map_or(0, |[count]: [Field; 1]| number(&count)))
    }

    /// Marks them, and answers how many they were; parts of a file are none of their own.
    ///
    /// A request keeps its place in the history under another id, so that its key is free.
    pub(crate) async fn mark<H: Host>(&self, client: &Client<'_, H>) -> Result<u64, CallError> {
        let parts = format!("door = '{PART}' AND {}", self.is_undone());
        self.update(client, &format!("SET status = '{UNDONE}' WHERE {parts}")).await?;
        // The holder is another one for each attempt.
        let id = "IF(door = 's3', load_id, CONVERT(LEFT(SHA2(CONCAT(load_id, holder), 256), 32) USING ascii) \
                  COLLATE ascii_bin)";
        let set = format!("SET load_id = {id}, status = '{UNDONE}' WHERE {}", self.condition());
        self.update(client, &set).await
    }

    async fn update<H: Host>(&self, client: &Client<'_, H>, set: &str) -> Result<u64, CallError> {
        let mut marked = 0;
        loop {
            let sql = format!("UPDATE rowgate_loads {set} LIMIT {MARKED}");
            let updated = self.bind(sql).run(client).await?.number_of_records_updated;
            marked += updated;
            if updated < u64::from(MARKED) {
                return Ok(marked);
            }
        }
    }

    fn condition(&self) -> String {
        format!("door <> '{PART}' AND {}", self.is_undone())
    }

    /// A file that is being loaded has stored rows before; a request has not.
    fn is_undone(&self) -> String {
        let tables: Vec<_> = self.tables.iter().map(|table| table.name).collect();
        let tables =
            tables.iter().map(|name| format!("FIND_IN_SET({}, table_name)", literal(name)));
        format!(
            "status NOT IN ('{UNDONE}', 'stale') AND (door IN ('s3', '{PART}') OR status <> 'running') \
             AND COALESCE(ended_at, lease_until) >= CAST(:since AS DATETIME) - INTERVAL {MARGIN} MINUTE \
             AND ({})",
            tables.collect::<Vec<_>>().join(" OR ")
        )
    }

    fn bind(&self, sql: String) -> Statement {
        Statement::new(sql).with("since", self.since.replace('T', " ").trim_end_matches('Z'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::schema::OFFICE;

    #[test]
    fn a_moment_is_given_as_the_database_reads_it() {
        let undone = UndoneLoads { tables: &[&OFFICE.tables()[0]], since: "2027-01-15T08:00:00Z" };
        let statement = undone.bind(undone.condition());
        assert_eq!(statement.parameters, [("since", String::from("2027-01-15 08:00:00"))]);
        assert!(statement.sql.contains("FIND_IN_SET('departments', table_name)"));
    }
}
