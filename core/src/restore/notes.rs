//! What a restore leaves out or fills up, as sentences for its user.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

#[cfg(feature = "parquet")]
use super::export_plan::ExportPlan;
use super::plan::RestorePlan;
use crate::backup::LeftOutFolder;

impl RestorePlan {
    /// What is left out, and which columns are filled up with NULL or their DEFAULT; each a sentence.
    pub fn notes(&self) -> Vec<String> {
        let columns =
            |table: &super::plan::TablePlan| (table.table.name, table.null_columns.clone());
        let null_columns: Vec<_> = self.tables.iter().map(columns).collect();
        let notes = notes(&self.left_out, &self.empty_files, &null_columns);
        #[cfg(feature = "parquet")]
        let notes = self.export.iter().flat_map(ExportPlan::notes).chain(notes).collect();
        notes
    }
}

/// The same of what was found; `null_columns` are those of each table.
pub(super) fn notes(
    left_out: &[LeftOutFolder],
    empty_files: &[String],
    null_columns: &[(&str, Vec<&str>)],
) -> Vec<String> {
    let filled = null_columns.iter().filter(|(_, columns)| !columns.is_empty());
    let filled = filled.map(|(table, columns)| {
        let columns = columns.join(", ");
        format!(
            "{table}: NULL or its DEFAULT in some rows, since a file does not have it: {columns}"
        )
    });
    let empty = empty_files.first().map(|first| {
        let count = empty_files.len();
        format!("files of 0 bytes, which have no row: {count}, the first: {first}")
    });
    let left_out = left_out.iter().map(|left| format!("left out: {left}"));
    filled.chain(empty).chain(left_out).collect()
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::backup::NoBackup;

    #[test]
    fn what_is_left_out_or_filled_up_is_named() {
        let left = LeftOutFolder { folder: "backups/x/".into(), why: NoBackup::BadManifest };
        let files = ["a.avro".into(), "b.avro".into()];
        let null_columns = [("jobs", vec![]), ("employees", vec!["department_id", "job_id"])];
        assert_eq!(
            notes(&[left], &files, &null_columns),
            [
                "employees: NULL or its DEFAULT in some rows, since a file does not have it: department_id, job_id",
                "files of 0 bytes, which have no row: 2, the first: a.avro",
                "left out: backups/x/: the manifest is not one of rowgate's",
            ]
        );
        assert_eq!(notes(&[], &[], &[("jobs", vec![])]), [""; 0]);
    }
}
