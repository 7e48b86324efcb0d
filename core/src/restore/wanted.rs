//! What is to be restored.

use alloc::string::String;

use serde::{Deserialize, Serialize};

use crate::table::schema::Table;

/// What is to be restored.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'w> {
    /// One run (its name, its folder, or `latest`), or any number of folders (which end with a
    /// slash) and files, by their keys or as `s3://bucket/key`.
    pub sources: &'w [String],
    /// Only these tables; all that there are files of, if none is named.
    pub tables: &'w [&'static Table],
    /// What becomes of live rows that the files do not have.
    pub mode: Mode,
    /// The new table that the rows go into, instead of their own.
    pub into_table: Option<&'w str>,
    /// Whether tables with triggers are restored, though these run for each row that goes or comes.
    pub fire_triggers: bool,
    /// Whether rows come back whose foreign key names a row that is not there.
    pub keep_orphans: bool,
    /// If the one source is the folder of a snapshot export, or above it, what of it.
    #[cfg(feature = "parquet")]
    pub export: Option<ExportSource<'w>>,
}

/// What of a snapshot export of RDS or Aurora is restored.
#[cfg(feature = "parquet")]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExportSource<'w> {
    /// A database of the export, if not the one that is restored into, or the only one.
    pub database: Option<&'w str>,
}

impl Wanted<'_> {
    pub(super) fn has(&self, table: &Table) -> bool {
        self.tables.is_empty() || self.tables.contains(&table)
    }
}

/// What becomes of live rows that the files do not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// They go: the table is what the files hold.
    #[default]
    Replace,
    /// They stay; of a row that both have, the files' is taken.
    Merge,
}
