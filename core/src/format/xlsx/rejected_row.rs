//! A row of a sheet as a reject file gives it back.

#![cfg_attr(
    not(feature = "xlsx-write"),
    allow(dead_code, unused_imports, reason = "without a writer a row is a line of CSV")
)]

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::header::{SheetLayout, WorkbookRow};
use super::value::SheetValue;
use crate::format::csv::{Dialect, MARKS};
use crate::table::issue::{RowError, RowErrorKind};
use crate::table::schema::Table;

/// A rejected row of a sheet.
pub(crate) struct RejectedSheetRow<'r> {
    pub(super) table: &'static Table,
    /// How the sheet is read, with its name once that is known.
    pub(super) dialect: &'r Dialect,
    /// In front of which row the file's options say that nothing is read.
    pub(super) skipped: u64,
    pub(super) layout: Option<&'r SheetLayout>,
    pub(super) row: &'r WorkbookRow,
}

impl RejectedSheetRow<'_> {
    /// The header's texts, without the marks of a reject file.
    pub(crate) fn header(&self) -> Vec<String> {
        match self.layout {
            Some(layout) => layout.names[self.own()..].to_vec(),
            None => self.table.columns.iter().map(|column| column.name.to_string()).collect(),
        }
    }

    /// The row's cells, below those of the header.
    pub(super) fn cells(&self) -> impl Iterator<Item = &SheetValue> {
        self.row.cells.iter().skip(self.own())
    }

    /// How many bytes its texts have, and eight for each other cell.
    #[cfg(feature = "xlsx-write")]
    pub(crate) fn length(&self) -> usize {
        self.cells().map(|value| value.as_text().map_or(8, str::len)).sum()
    }

    /// The texts of the row's cells: as many as the header has, or more.
    pub(crate) fn texts(&self) -> Vec<String> {
        let mut texts: Vec<_> = self.cells().map(SheetValue::to_text).collect();
        texts.resize(texts.len().max(self.header().len()), String::new());
        texts
    }

    /// Which cells are wrong, counted as [`Self::cells`] counts them.
    #[cfg(feature = "xlsx-write")]
    pub(super) fn wrong_cells(&self, errors: &[RowError]) -> Vec<usize> {
        let Some(layout) = self.layout else { return Vec::new() };
        let mut wrong = Vec::new();
        for error in errors {
            match (&error.kind, &error.column) {
                (RowErrorKind::UnnamedColumn { cell }, _) => wrong.push(cell - 1),
                (_, Some(named)) => wrong.extend(layout.cells_of(self.table, named)),
                (_, None) => {}
            }
        }
        wrong.iter().filter_map(|cell| cell.checked_sub(self.own())).collect()
    }

    /// Where the row's own cells begin: behind the marks of a reject file.
    fn own(&self) -> usize {
        let is_marked = self.layout.is_some_and(SheetLayout::has_marks);
        if is_marked { MARKS.len() } else { 0 }
    }
}
