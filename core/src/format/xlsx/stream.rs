//! A sheet's rows, one at a time.
//!
//! calamine's reader of cells borrows from the workbook. What owns both is a future that gives a row and
//! then waits for the next call: it is polled by hand, and nothing wakes it.

use std::io::Cursor;
use std::sync::Mutex;

use alloc::boxed::Box;
use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::{Context, Poll, Waker};

use calamine::{Reader, XlsxCellReader};

use super::archive;
use super::choice::{Choice, Workbook, check_formulas, check_merged, choose, refused};
use super::header::SheetRow;
use super::value::SheetValue;
use crate::format::csv::Dialect;
use crate::table::issue::RowError;
use crate::table::schema::Table;

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

/// What a sheet gives.
pub(super) enum SheetItem {
    /// Which sheet it is, before its rows.
    Choice(Box<Choice>),
    Row(SheetRow),
}

/// The reading of a sheet, which goes on by one row at a time.
type Reading = Pin<Box<dyn Future<Output = Result<(), RowError>> + Send>>;

/// The rows of the sheet that is for a table.
pub(super) struct RowStream {
    rows: Mutex<Reading>,
    given: Arc<Mutex<Option<SheetItem>>>,
}

impl fmt::Debug for RowStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RowStream")
    }
}

impl RowStream {
    pub(super) fn open(bytes: Vec<u8>, table: &'static Table, dialect: Dialect) -> Self {
        let given = Arc::new(Mutex::new(None));
        let rows = read(Book(Arc::new(bytes)), table, dialect, given.clone());
        Self { rows: Mutex::new(Box::pin(rows)), given }
    }

    /// The next item; not to be asked for again behind `None` or an error.
    pub(super) fn next(&mut self) -> Result<Option<SheetItem>, RowError> {
        let rows = self.rows.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner);
        match rows.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(ended) => ended.map(|()| None),
            Poll::Pending => Ok(take(&self.given)),
        }
    }
}

fn take(given: &Mutex<Option<SheetItem>>) -> Option<SheetItem> {
    given.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take()
}

/// Hands an item over, and goes on when the next one is asked for.
async fn give(given: &Mutex<Option<SheetItem>>, item: SheetItem) {
    *given.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(item);
    let mut is_given = false;
    poll_fn(|_| match core::mem::replace(&mut is_given, true) {
        true => Poll::Ready(()),
        false => Poll::Pending,
    })
    .await;
}

async fn read(
    book: Book,
    table: &'static Table,
    dialect: Dialect,
    given: Arc<Mutex<Option<SheetItem>>>,
) -> Result<(), RowError> {
    let traits = archive::measure(&book.0).map_err(refused)?;
    let broken = |_| refused("the workbook cannot be read; open and save it once more".into());
    let mut workbook = Workbook::new(Cursor::new(book)).map_err(broken)?;
    let Some(choice) = choose(&mut workbook, table, &dialect)? else { return Ok(()) };
    if traits.may_be_merged {
        check_merged(&mut workbook, &choice)?;
    }
    if traits.may_have_formulas {
        check_formulas(&mut workbook, &choice, traits.is_uncalculated)?;
    }
    let (name, layout) = (choice.name.clone(), choice.layout.clone());
    give(&given, SheetItem::Choice(Box::new(choice))).await;
    let mut rows = SheetRows::open(&mut workbook, &name)?;
    while let Some(row) = rows.next()? {
        let is_row = row.number > layout.header_row && row.number > dialect.skip_lines;
        if is_row && !row.is_blank() && !layout.is_repeated(&row) {
            give(&given, SheetItem::Row(row)).await;
        }
    }
    Ok(())
}

/// The cells of a sheet, row by row.
pub(super) struct SheetRows<'w> {
    name: alloc::string::String,
    cells: XlsxCellReader<'w, Cursor<Book>>,
    /// The first cell of the next row.
    ahead: Option<((u32, u32), SheetValue)>,
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

    /// The next row in which a cell stands.
    pub(super) fn next(&mut self) -> Result<Option<SheetRow>, RowError> {
        let Some((first, value)) = (match self.ahead.take() {
            Some(ahead) => Some(ahead),
            None => self.cell()?,
        }) else {
            return Ok(None);
        };
        let mut row = SheetRow { number: u64::from(first.0) + 1, cells: Vec::new() };
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

/// The error of a sheet that cannot be read behind a row.
pub(super) fn unreadable(name: &str, row: u64) -> RowError {
    refused(format!(
        "sheet {name} cannot be read behind row {row}; open the workbook and save it once more"
    ))
}
