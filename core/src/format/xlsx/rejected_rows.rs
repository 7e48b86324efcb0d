//! The rejected rows of a sheet into a workbook, with the wrong cells in red.
//!
//! A cell keeps its value and the format that it is shown in, so that a load reads it as before.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use rust_xlsxwriter::{Color, Format, Formula, Workbook, Worksheet, XlsxError};

use super::rejected_row::RejectedSheetRow;
use super::value::SheetValue;
use crate::format::csv::MARKS;
use crate::table::issue::RowError;

/// The errors that a formula gives in every program, and what is given for another one.
const KNOWN: [&str; 7] = ["#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", OTHER];
const OTHER: &str = "#VALUE!";

/// How wide the columns are shown, in letters, and that of the messages.
const WIDTH: f64 = 20.0;
const MESSAGE_WIDTH: f64 = 60.0;

/// The background of a wrong cell, as red, green and blue.
const WRONG: Color = Color::RGB(0xFF_C7_CE);

/// The most rows of a sheet, the most columns beside the marks, and the most units of UTF-16 in a cell.
const MOST_ROWS: u32 = 1 << 20;
const MOST_CELLS: usize = (1 << 14) - MARKS.len();
const MOST_UNITS: usize = 32_767;

/// How a date is shown that has no format of its own.
const MOMENT: &str = "yyyy\\-mm\\-dd hh:mm:ss";

/// A workbook of rejected rows.
pub(crate) struct RejectedSheet {
    workbook: Workbook,
    /// The next row, counted from 0.
    row: u32,
    formats: Formats,
    /// Why it is not to be used: a row that was begun could not be ended.
    failed: Option<XlsxError>,
}

/// It holds rows, which nothing shows.
impl fmt::Debug for RejectedSheet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RejectedSheet")
    }
}

impl RejectedSheet {
    /// A workbook that a load reads by the same options: its sheet has the name of the other one, and its
    /// header is below as many rows.
    pub(crate) fn new(row: &RejectedSheetRow<'_>) -> Result<Self, String> {
        Self::begin(row).map_err(|error| error.to_string())
    }

    fn begin(row: &RejectedSheetRow<'_>) -> Result<Self, XlsxError> {
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet_with_constant_memory()?;
        if let Some(name) = &row.dialect.sheet {
            // A name that Excel does not take is only of use where the options have it.
            sheet.set_name(name).ok();
        }
        let above = u32::try_from(row.skipped).unwrap_or(u32::MAX);
        let bold = Format::new().set_bold();
        let names = MARKS.into_iter().map(ToOwned::to_owned).chain(row.header());
        for (at, name) in (0..).zip(names) {
            let is_message = usize::from(at) + 1 == MARKS.len();
            sheet.set_column_width(at, if is_message { MESSAGE_WIDTH } else { WIDTH })?;
            sheet.write_string_with_format(above, at, name, &bold)?;
        }
        sheet.set_freeze_panes(above + 1, 0)?;
        Ok(Self { workbook, row: above + 1, formats: Formats::default(), failed: None })
    }

    /// Adds a row, behind its marks; `false` if no workbook carries it.
    pub(crate) fn push(
        &mut self,
        line: u64,
        marks: [String; 3],
        row: &RejectedSheetRow<'_>,
        errors: &[RowError],
    ) -> bool {
        let is_text = |text: &str| text.encode_utf16().count() <= MOST_UNITS;
        let are_texts = marks.iter().all(|text| is_text(text))
            && row.cells().all(|value| value.as_text().is_none_or(is_text));
        if !are_texts || row.row.cells.len() > MOST_CELLS || self.row >= MOST_ROWS {
            return false;
        }
        if let Err(error) = self.add(line, marks, row, errors) {
            self.failed.get_or_insert(error);
        }
        self.row += 1;
        true
    }

    fn add(
        &mut self,
        line: u64,
        marks: [String; 3],
        row: &RejectedSheetRow<'_>,
        errors: &[RowError],
    ) -> Result<(), XlsxError> {
        let line = SheetValue::Number { value: line as f64, format: None };
        let marks: Vec<_> = [line].into_iter().chain(marks.map(SheetValue::Text)).collect();
        let sheet = self.workbook.worksheet_from_index(0)?;
        let wrong = row.wrong_cells(errors);
        let message = MARKS.len() - 1;
        let is_wrong = |at: usize| match at.checked_sub(MARKS.len()) {
            Some(cell) => wrong.contains(&cell),
            // A row as a whole is wrong where no cell is.
            None => at == message && wrong.is_empty(),
        };
        let blanks = wrong.iter().map(|cell| cell + 1).max().unwrap_or_default();
        let cells = row.cells().chain(core::iter::repeat(&SheetValue::Empty));
        let cells = cells.take(row.cells().count().max(blanks));
        for (at, value) in marks.iter().chain(cells).enumerate() {
            let column = u16::try_from(at).map_err(|_| XlsxError::RowColumnLimitError)?;
            write(sheet, (self.row, column), value, self.formats.of(value, is_wrong(at)))?;
        }
        Ok(())
    }

    /// The workbook's bytes.
    pub(crate) fn finish(mut self) -> Result<Vec<u8>, String> {
        let bytes = match self.failed.take() {
            Some(error) => Err(error),
            None => self.workbook.save_to_buffer(),
        };
        bytes.map_err(|error| error.to_string())
    }
}

fn write(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    value: &SheetValue,
    format: &Format,
) -> Result<(), XlsxError> {
    match value {
        SheetValue::Empty => sheet.write_blank(row, column, format),
        SheetValue::Text(text) | SheetValue::Iso(text) => {
            sheet.write_string_with_format(row, column, text, format)
        }
        SheetValue::Number { value, .. } => {
            sheet.write_number_with_format(row, column, *value, format)
        }
        SheetValue::Bool(value) => sheet.write_boolean_with_format(row, column, *value, format),
        SheetValue::Moment { serial, .. } => {
            sheet.write_number_with_format(row, column, serial.days_from_1900(), format)
        }
        SheetValue::Error(_) => {
            let error = value.to_text();
            let error = if KNOWN.contains(&&*error) { error } else { OTHER.into() };
            let formula = Formula::new(&error).set_result(error);
            sheet.write_formula_with_format(row, column, formula, format)
        }
    }
    .map(|_| ())
}

/// The formats of the cells, each made once: by its code and whether the cell is wrong.
#[derive(Default)]
struct Formats(BTreeMap<(String, bool), Format>);

impl Formats {
    fn of(&mut self, value: &SheetValue, is_wrong: bool) -> &Format {
        let code = match value {
            SheetValue::Number { format, .. } => format.as_deref().unwrap_or("General"),
            SheetValue::Moment { format, .. } => format.as_deref().unwrap_or(MOMENT),
            _ => "General",
        };
        self.0.entry((code.to_owned(), is_wrong)).or_insert_with(|| {
            let format = Format::new().set_num_format(code);
            if is_wrong { format.set_background_color(WRONG) } else { format }
        })
    }
}
