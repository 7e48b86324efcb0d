//! What became of a request's or file's rows.

use alloc::string::String;
use alloc::vec::Vec;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::numbered::IdRun;
use crate::table::counts::Counts;
use crate::table::issue::RowErrorKind;
use crate::table::issues::Issues;

/// The counts per table, and what is wrong.
#[derive(Debug, Clone)]
pub struct Report {
    pub(super) tables: Vec<TableReport>,
    pub(super) issues: Issues,
    pub(super) verdict: Verdict,
    /// The options that say how the rows are written, where that is not the default.
    pub(super) layout: Vec<(&'static str, String)>,
    pub(super) dry_run: bool,
}

/// What a request came to as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Every row is stored or was there to be kept.
    Complete,
    /// Some rows are, others are not.
    Partial,
    /// Nothing was stored: rows, or the request as a whole, are wrong.
    Invalid,
    /// Nothing was stored: rows exist already, and nothing else is wrong.
    Conflict,
}

/// The counts of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableReport {
    /// The table's name.
    pub table: &'static str,
    /// Its rows.
    pub counts: Counts,
    /// Rows with at least one error; the others were rejected along with them.
    pub invalid: u64,
    /// New rows, and rows written over, where an update counts them apart.
    pub written: Option<(u64, u64)>,
    /// The ids that the database gave to rows, where they are wanted back.
    pub ids: Option<Vec<IdRun>>,
    /// Of the invalid rows, those that another row's value in a unique key speaks against, and nothing else.
    pub conflicts: u64,
}

impl Report {
    /// The counts, per table, parents first.
    pub fn tables(&self) -> &[TableReport] {
        &self.tables
    }

    /// What is wrong, and how often.
    pub fn issues(&self) -> &Issues {
        &self.issues
    }

    /// Why no row was stored, if that is no matter of single rows.
    pub(crate) fn refusal(&self) -> Option<&RowErrorKind> {
        let kind = &self.issues.listed().first()?.error.kind;
        matches!(kind, RowErrorKind::TooManyShapes { .. } | RowErrorKind::MixedIds { .. })
            .then_some(kind)
    }

    /// Lists no more errors than so many.
    pub(crate) fn cap(&mut self, most: usize) {
        self.issues.cap(most);
    }

    /// What the request came to; of a dry run, what it would have come to.
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }
}

/// Serializes as `{"tables": {name: counts}, "error_count", "errors"}`; a dry run says so first, and a layout
/// other than the default comes before the tables.
impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut report = serializer.serialize_map(None)?;
        if self.dry_run {
            report.serialize_entry("dry_run", &true)?;
        }
        if !self.layout.is_empty() {
            report.serialize_entry("layout", &LayoutOptions(&self.layout))?;
        }
        report.serialize_entry("tables", &ByName(&self.tables))?;
        report.serialize_entry("error_count", &self.issues.count())?;
        report.serialize_entry("errors", self.issues.listed())?;
        report.end()
    }
}

/// Serializes counts as an object, by the name of their table.
pub(crate) struct ByName<'t>(pub(crate) &'t [TableReport]);

impl Serialize for ByName<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for table in self.0 {
            map.serialize_entry(table.table, table)?;
        }
        map.end()
    }
}

/// Serializes the options that say how rows are written, by their names.
pub(crate) struct LayoutOptions<'l>(pub(crate) &'l [(&'static str, String)]);

impl Serialize for LayoutOptions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, text)| (name, text)))
    }
}

impl Serialize for TableReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut counts = serializer.serialize_map(None)?;
        counts.serialize_entry("received", &self.counts.received)?;
        counts.serialize_entry("stored", &self.counts.stored)?;
        if let Some((inserted, updated)) = self.written {
            counts.serialize_entry("inserted", &inserted)?;
            counts.serialize_entry("updated", &updated)?;
        }
        counts.serialize_entry("kept", &self.counts.kept)?;
        counts.serialize_entry("rejected", &self.counts.rejected)?;
        counts.serialize_entry("invalid", &self.invalid)?;
        if let Some(ids) = &self.ids {
            counts.serialize_entry("ids", ids)?;
        }
        counts.end()
    }
}
