//! A sheet's cells, row by row.

use std::io::Cursor;

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use calamine::{Xlsx, XlsxCellReader};

use super::header::WorkbookRow;
use super::refused::unreadable;
use super::value::SheetValue;
use crate::table::issue::RowError;

pub(super) type Workbook = Xlsx<Cursor<Book>>;

/// The most columns of a sheet.
const MOST_COLUMNS: u32 = 16_384;

/// A workbook's bytes.
#[derive(Clone)]
pub(super) struct Book(pub(super) Arc<Vec<u8>>);

impl AsRef<[u8]> for Book {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// The cells of a sheet, row by row.
pub(super) struct SheetRows<'w> {
    name: String,
    cells: XlsxCellReader<'w, Cursor<Book>>,
    /// The first cell of the next row.
    ahead: Option<PlacedValue>,
    /// The row that was given last.
    last: u64,
    /// Whether the last cell has been read.
    is_over: bool,
}

impl<'w> SheetRows<'w> {
    pub(super) fn open(workbook: &'w mut Workbook, name: &str) -> Result<Self, RowError> {
        let cells = workbook.worksheet_cells_reader(name).map_err(|_| unreadable(name, 0))?;
        Ok(Self { name: name.into(), cells, ahead: None, last: 0, is_over: false })
    }

    /// The next row with a cell.
    pub(super) fn next(&mut self) -> Result<Option<WorkbookRow>, RowError> {
        let Some((first, value)) = (match self.ahead.take() {
            Some(ahead) => Some(ahead),
            None => self.cell()?,
        }) else {
            return Ok(None);
        };
        let mut row = WorkbookRow { number: u64::from(first.0) + 1, cells: Vec::new() };
        if row.number <= self.last {
            return Err(unreadable(&self.name, self.last));
        }
        self.last = row.number;
        put(&mut row.cells, first.1, value);
        while let Some((at, value)) = self.cell()? {
            if at.0 != first.0 {
                self.ahead = Some((at, value));
                break;
            }
            put(&mut row.cells, at.1, value);
        }
        Ok(Some(row))
    }

    /// The next cell and its place.
    fn cell(&mut self) -> Result<Option<PlacedValue>, RowError> {
        if self.is_over {
            return Ok(None);
        }
        let cell = self.cells.next_cell_with_style_id();
        let Some((cell, style)) = cell.map_err(|_| unreadable(&self.name, self.last))? else {
            self.is_over = true;
            return Ok(None);
        };
        let at = cell.get_position();
        if at.1 >= MOST_COLUMNS {
            return Err(unreadable(&self.name, self.last));
        }
        let style = self.cells.styles().get(style);
        Ok(Some((at, SheetValue::of(cell.get_value().clone(), style))))
    }
}

/// The row and column of a value, from 0, and the value.
type PlacedValue = ((u32, u32), SheetValue);

/// Puts a value at its place; one that is empty takes none.
fn put(cells: &mut Vec<SheetValue>, at: u32, value: SheetValue) {
    if value.is_empty() {
        return;
    }
    let at = at as usize;
    if cells.len() <= at {
        cells.resize(at + 1, SheetValue::Empty);
    }
    cells[at] = value;
}
