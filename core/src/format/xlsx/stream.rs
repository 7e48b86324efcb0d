//! A sheet's rows, one at a time.
//!
//! calamine's reader of cells borrows from the workbook. What owns both is a future that gives a row and
//! then waits for the next call: it is polled by hand, and nothing wakes it.

use std::io::Cursor;
use std::sync::Mutex;

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::{Context, Poll, Waker};

use calamine::Reader;

use super::archive;
use super::choice::{Choice, check_formulas, check_merged, choose};
use super::header::WorkbookRow;
use super::refused::{changed_header, refused};
use super::rows::{Book, SheetRows, Workbook};
use crate::format::csv::Dialect;
use crate::table::issue::RowError;
use crate::table::schema::Table;

/// What a sheet gives.
pub(super) enum SheetItem {
    /// Which sheet it is, before its rows.
    Choice(Box<Choice>),
    Row(WorkbookRow),
}

/// The reading of a sheet, which goes on by one row at a time.
type RowFuture = Pin<Box<dyn Future<Output = Result<(), RowError>> + Send>>;

/// The rows of the sheet that is for a table.
pub(super) struct RowStream {
    rows: Mutex<RowFuture>,
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
        if !is_row || row.is_blank() || layout.is_repeated(&row) {
            continue;
        }
        if layout.is_changed(table, &dialect, &row) {
            return Err(changed_header(&name, row.number));
        }
        give(&given, SheetItem::Row(row)).await;
    }
    Ok(())
}
