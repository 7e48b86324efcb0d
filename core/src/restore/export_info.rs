//! What an export says of itself: `export_info_ID.json`, and of its tables `export_tables_info_ID_from_N_to_M.json`.

use alloc::string::String;
use alloc::vec::Vec;

use serde::Deserialize;

use super::export_fault::ExportFault;
use super::export_keys::exported_name;

/// How a task or a table is called that is whole.
const COMPLETE: &str = "COMPLETE";

/// What is said of an export.
#[derive(Debug, Default)]
pub(super) struct ExportInfo {
    tables: Vec<TableStatus>,
}

#[derive(Debug, Deserialize)]
struct TaskInfo {
    status: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TablesInfo {
    #[serde(default)]
    per_table_status: Vec<TableStatus>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TableStatus {
    #[serde(default)]
    target: String,
    status: Option<String>,
    warning_message: Option<String>,
    table_statistics: Option<Statistics>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statistics {
    partitioning_info: Option<Partitions>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Partitions {
    number_of_partitions: u64,
    number_of_completed_partitions: u64,
}

impl ExportInfo {
    /// Takes in a file, by its own name.
    pub(super) fn add(&mut self, name: &str, json: &[u8]) -> Result<(), ExportFault> {
        let unreadable = |_| ExportFault::UnreadableInfo;
        if name.starts_with("export_tables_info_") {
            let tables: TablesInfo = serde_json::from_slice(json).map_err(unreadable)?;
            self.tables.extend(tables.per_table_status);
            return Ok(());
        }
        let task: TaskInfo = serde_json::from_slice(json).map_err(unreadable)?;
        match task.status {
            Some(status) if status != COMPLETE => Err(ExportFault::NotComplete { status }),
            _ => Ok(()),
        }
    }

    /// Whether a table's folder is said to be whole; `Ok(false)` if nothing is said.
    pub(super) fn is_whole(&self, database: &str, table: &str) -> Result<bool, ExportFault> {
        let mut is_said = false;
        for said in self.of(database, table) {
            let Some(status) = &said.status else { continue };
            if status != COMPLETE {
                return Err(ExportFault::NotComplete { status: status.clone() });
            }
            if !said.has_all_partitions() {
                return Err(ExportFault::PartitionsMissing);
            }
            is_said = true;
        }
        Ok(is_said)
    }

    /// What AWS warns of a table.
    pub(super) fn warnings(&self, database: &str, table: &str) -> Vec<String> {
        self.of(database, table).filter_map(|said| said.warning_message.clone()).collect()
    }

    /// What is said of a table, of which the names are those of its folders.
    fn of(&self, database: &str, table: &str) -> impl Iterator<Item = &TableStatus> {
        // The database is the schema too.
        let short = [database, ".", table].concat();
        let long = [database, ".", &short].concat();
        self.tables.iter().filter(move |said| {
            let target = exported_name(&said.target);
            target == short || target == long
        })
    }
}

impl TableStatus {
    fn has_all_partitions(&self) -> bool {
        let partitions =
            self.table_statistics.as_ref().and_then(|it| it.partitioning_info.as_ref());
        partitions.is_none_or(|it| it.number_of_completed_partitions >= it.number_of_partitions)
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    const FILE: &str = "export_tables_info_e_from_1_to_2.json";

    fn info(tables: &str) -> ExportInfo {
        let mut info = ExportInfo::default();
        info.add(FILE, format!(r#"{{"perTableStatus":[{tables}]}}"#).as_bytes()).unwrap();
        info
    }

    #[test]
    fn a_table_is_whole_if_it_is_said_to_be() {
        for (target, status, is_whole) in [
            ("shop.orders", "COMPLETE", Ok(true)),
            ("shop.shop.orders", "COMPLETE", Ok(true)),
            ("shop.order", "FAILED", Ok(false)),
            ("shop.orders", "FAILED", Err(ExportFault::NotComplete { status: "FAILED".into() })),
        ] {
            let said = info(&format!(r#"{{"target":"{target}","status":"{status}"}}"#));
            assert_eq!(said.is_whole("shop", "orders"), is_whole, "{target} {status}");
        }
        assert_eq!(info(r#"{"target":"shop.orders"}"#).is_whole("shop", "orders"), Ok(false));
        let partitions = |completed| {
            info(&format!(
                r#"{{"target":"shop.my table","status":"COMPLETE","tableStatistics":{{"partitioningInfo":
                {{"numberOfPartitions":3,"numberOfCompletedPartitions":{completed}}}}}}}"#
            ))
        };
        assert_eq!(partitions(3).is_whole("shop", "my_table"), Ok(true));
        assert_eq!(partitions(2).is_whole("shop", "my_table"), Err(ExportFault::PartitionsMissing));
    }

    #[test]
    fn warnings_are_kept_and_what_cannot_be_read_is_refused() {
        let said = info(
            r#"{"target":"shop.orders","status":"COMPLETE","warningMessage":"texts were converted"}"#,
        );
        assert_eq!(said.warnings("shop", "orders"), ["texts were converted"]);
        assert_eq!(said.warnings("shop", "lines"), [""; 0]);
        let mut info = ExportInfo::default();
        assert_eq!(info.add(FILE, b"[1"), Err(ExportFault::UnreadableInfo));
        assert_eq!(info.add("export_info_e.json", br#"{"status":"COMPLETE"}"#), Ok(()));
        let status = "CANCELED".into();
        let canceled = info.add("export_info_e.json", br#"{"status":"CANCELED"}"#);
        assert_eq!(canceled, Err(ExportFault::NotComplete { status }));
    }
}
