//! The sheet of a workbook that is for the table.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use calamine::{DataRef, Reader, SheetType, SheetVisible};

use super::header::{HEADER_ROWS, SheetLayout, letters};
use super::refused::{refused, unreadable};
use super::rows::{SheetRows, Workbook};
use crate::format::csv::Dialect;
use crate::table::issue::{RowError, RowErrorKind};
use crate::table::layout_question::LayoutQuestion;
use crate::table::schema::Table;

/// The sheet that is read.
pub(super) struct Choice {
    pub(super) name: String,
    pub(super) layout: SheetLayout,
    /// Rows that are not empty and stand above the header.
    pub(super) skipped: u64,
}

/// Finds the sheet: the one that is named, or the only visible one that has the table's header. `None` of a
/// workbook in which nothing stands.
pub(super) fn choose(
    workbook: &mut Workbook,
    table: &Table,
    dialect: &Dialect,
) -> Result<Option<Choice>, RowError> {
    let sheets = workbook.sheets_metadata().to_vec();
    let sheets = sheets.into_iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
    let (mut found, mut first_error) = (Vec::new(), None);
    let mut names = Vec::new();
    for sheet in sheets {
        names.push(sheet.name.clone());
        let is_asked_for = match &dialect.sheet {
            Some(name) => sheet.name.to_lowercase() == name.to_lowercase(),
            None => sheet.visible == SheetVisible::Visible,
        };
        if !is_asked_for {
            continue;
        }
        match look_at(workbook, &sheet.name, table, dialect) {
            Ok(None) if dialect.sheet.is_some() => return Ok(None),
            Ok(None) => {}
            Ok(Some(choice)) => found.push(choice),
            Err(error) => first_error = first_error.or(Some(error)),
        }
        if dialect.sheet.is_some() {
            break;
        }
    }
    match (found.len(), first_error, &dialect.sheet) {
        (1, ..) => Ok(found.pop()),
        (0, Some(error), _) => Err(error),
        (0, None, None) => Ok(None),
        (0, None, Some(name)) => Err(refused(format!(
            "the workbook has no sheet {name}; its sheets are {}",
            names.join(", ")
        ))),
        _ => {
            let names: Vec<_> = found.iter().map(|choice| choice.name.as_str()).collect();
            Err(ask_for_sheet(table, &names))
        }
    }
}

fn ask_for_sheet(table: &Table, names: &[&str]) -> RowError {
    let seen = format!("the sheets {} all have a header of table {}", names.join(", "), table.name);
    let options = names.iter().map(|name| format!("sheet={name}")).collect();
    let question = LayoutQuestion { kind: "sheet", seen, options };
    RowError::row(RowErrorKind::UnclearLayout { questions: vec![question] })
}

fn look_at(
    workbook: &mut Workbook,
    name: &str,
    table: &Table,
    dialect: &Dialect,
) -> Result<Option<Choice>, RowError> {
    let mut rows = SheetRows::open(workbook, name)?;
    let mut first = Vec::new();
    while first.len() < HEADER_ROWS
        && let Some(row) = rows.next()?
    {
        if row.number > dialect.skip_lines && !row.is_blank() {
            first.push(row);
        }
    }
    if first.is_empty() {
        return Ok(None);
    }
    let (layout, count) = SheetLayout::of(table, dialect, &first)?;
    let skipped = if count > 1 { layout.header_row - 1 } else { dialect.skip_lines };
    Ok(Some(Choice { name: name.to_string(), layout, skipped }))
}

/// Refuses a sheet in which cells of rows are merged: only the first of them has the value.
pub(super) fn check_merged(workbook: &mut Workbook, choice: &Choice) -> Result<(), RowError> {
    let regions = workbook.merge_cells_by_sheet_name(&choice.name);
    let regions = regions.map_err(|_| unreadable(&choice.name, 0))?;
    let header_row = choice.layout.header_row;
    match regions.iter().find(|region| u64::from(region.end.0) + 1 >= header_row.max(1)) {
        Some(region) => Err(refused(format!(
            "cells of sheet {} are merged in rows {} to {}; unmerge them, and fill in each",
            choice.name,
            region.start.0 + 1,
            region.end.0 + 1
        ))),
        None => Ok(()),
    }
}

/// Refuses a sheet with a formula whose value is not there, since no program has calculated it yet.
pub(super) fn check_formulas(
    workbook: &mut Workbook,
    choice: &Choice,
    is_uncalculated: bool,
) -> Result<(), RowError> {
    let broken = |_| unreadable(&choice.name, 0);
    let mut cells = workbook.worksheet_cells_reader(&choice.name).map_err(broken)?;
    while let Some(cell) = cells.next_cell_with_formula_metadata().map_err(broken)? {
        let (row, column) = (u64::from(cell.pos.0) + 1, cell.pos.1 as usize);
        let is_value = row > choice.layout.header_row && choice.layout.is_column(column);
        // An error is no value, calculated or not.
        let is_error = matches!(cell.value, DataRef::Error(_));
        let has_none = (is_uncalculated && !is_error) || cell.value == DataRef::Empty;
        if is_value && has_none && cell.formula.is_some() {
            return Err(refused(format!(
                "row {row}, column {} of sheet {} has a formula that is not calculated; open the workbook in \
                 Excel or LibreOffice and save it",
                letters(column),
                choice.name
            )));
        }
    }
    Ok(())
}
