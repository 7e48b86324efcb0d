//! The files that a restore is from, by their tables.

use alloc::string::String;
use alloc::vec::Vec;

use super::error::RestoreError;
#[cfg(feature = "parquet")]
use super::export_plan::ExportPlan;
use super::wanted::Wanted;
use crate::backup::{LeftOutFolder, Manifest, PartFile};
use crate::table::schema::Table;

/// What was found.
pub(super) struct FoundFiles {
    /// The run, if it is one.
    pub(super) manifest: Option<Manifest>,
    /// Where the newest run was asked for, the later folders that are none.
    pub(super) left_out: Vec<LeftOutFolder>,
    /// Files of 0 bytes in the folders.
    pub(super) empty_files: Vec<String>,
    /// Parents first.
    pub(super) tables: Vec<(&'static Table, Vec<PartFile>)>,
    /// What is said of a snapshot export, if it is one.
    #[cfg(feature = "parquet")]
    pub(super) export: Option<ExportPlan>,
}

impl FoundFiles {
    /// Files without a manifest.
    pub(super) fn of(tables: Vec<(&'static Table, Vec<PartFile>)>) -> Self {
        Self {
            manifest: None,
            left_out: Vec::new(),
            empty_files: Vec::new(),
            tables,
            #[cfg(feature = "parquet")]
            export: None,
        }
    }

    /// Fails if a table that is wanted has no files.
    pub(super) fn check(self, wanted: &Wanted<'_>) -> Result<Self, RestoreError> {
        let has = |table: &&'static Table| self.tables.iter().any(|(its, _)| its == table);
        match wanted.tables.iter().find(|table| !has(table)) {
            Some(table) => Err(RestoreError::NoFiles { table: table.name }),
            None => Ok(self),
        }
    }
}
