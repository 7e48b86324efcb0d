//! A table's rows into a workbook of one sheet.
//!
//! The rows are in a temporary file until the end, and so is no row in memory; the finished workbook is.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use rust_xlsxwriter::{Format, Workbook, XlsxError};

use super::archive;
use super::made_cell::MadeCell;
use crate::format::table_writer::TableWriter;
use crate::table::record::Cell;
use crate::table::schema::Table;

/// Letters that the name of a sheet does not have, and how many it may have.
const NOT_IN_NAMES: [char; 8] = ['[', ']', ':', '*', '?', '/', '\\', '\''];
const LONGEST_NAME: usize = 31;

/// How wide a column of dates is shown, in letters.
const DATE_WIDTH: f64 = 20.0;

/// Makes a workbook.
pub(in crate::format) struct XlsxTable {
    table: &'static Table,
    workbook: Workbook,
    has_empty_texts: bool,
    /// The next row of the sheet, counted from 0.
    row: u32,
    day: Format,
    time: Format,
}

fn failed(error: &XlsxError) -> String {
    error.to_string()
}

impl XlsxTable {
    pub(in crate::format) fn new(
        table: &'static Table,
        has_empty_texts: bool,
    ) -> Result<Self, String> {
        let mut workbook = Workbook::new();
        let sheet =
            workbook.add_worksheet_with_constant_memory().map_err(|error| failed(&error))?;
        let is_name =
            !table.name.contains(NOT_IN_NAMES) && table.name.chars().count() <= LONGEST_NAME;
        sheet
            .set_name(if is_name { table.name } else { "rows" })
            .map_err(|error| failed(&error))?;
        sheet.set_freeze_panes(1, 0).map_err(|error| failed(&error))?;
        let bold = Format::new().set_bold();
        for (at, column) in (0..).zip(table.columns) {
            sheet.set_column_width(at, DATE_WIDTH).map_err(|error| failed(&error))?;
            sheet
                .write_string_with_format(0, at, column.name, &bold)
                .map_err(|error| failed(&error))?;
        }
        let day = Format::new().set_num_format("yyyy\\-mm\\-dd");
        let time = Format::new().set_num_format("yyyy\\-mm\\-dd hh:mm:ss.000");
        Ok(Self { table, workbook, has_empty_texts, row: 1, day, time })
    }
}

impl TableWriter for XlsxTable {
    fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), String> {
        let Self { row, day, time, .. } = self;
        let sheet = self.workbook.worksheet_from_index(0).map_err(|error| failed(&error))?;
        for ((at, column), cell) in (0..).zip(self.table.columns).zip(cells) {
            let made = MadeCell::of(column, cell, self.has_empty_texts);
            let made = made.map_err(|what| {
                let number = *row + 1;
                let name = column.name;
                format!("row {number}, column {name} has {what}, which a workbook does not carry; use another --format")
            })?;
            let written = match made {
                MadeCell::Blank => continue,
                MadeCell::Number(value) => sheet.write_number(*row, at, value),
                MadeCell::Text(text) => sheet.write_string(*row, at, &*text),
                MadeCell::Day(days) => sheet.write_number_with_format(*row, at, days, day),
                MadeCell::Time(days) => sheet.write_number_with_format(*row, at, days, time),
            };
            written.map_err(|error| failed(&error))?;
        }
        *row += 1;
        Ok(())
    }

    fn take(&mut self) -> Vec<u8> {
        Vec::new()
    }

    /// What a load would not open is refused.
    fn finish(mut self: Box<Self>) -> Result<Vec<u8>, String> {
        let bytes = self.workbook.save_to_buffer().map_err(|error| failed(&error))?;
        if bytes.len() > archive::MOST_BYTES {
            let most = archive::MOST_BYTES >> 20;
            return Err(format!(
                "the workbook has more than {most} MiB; export fewer rows with --where"
            ));
        }
        match archive::measure(&bytes) {
            Ok(_) => Ok(bytes),
            Err(why) => Err(why),
        }
    }

    fn options(&self) -> Vec<(&'static str, &'static str)> {
        self.has_empty_texts.then_some(("empty", "text")).into_iter().collect()
    }
}
