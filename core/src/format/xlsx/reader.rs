//! A workbook's bytes into its rows: held whole, since its directory is at its end.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::mem;

use super::archive::MOST_BYTES;
use super::header::{SheetLayout, WorkbookRow, raw_fields};
use super::refused::refused;
use super::rejected_row::RejectedSheetRow;
use super::stream::{RowStream, SheetItem};
use super::value::SheetField;
use crate::format::csv::{Dialect, Header};
use crate::format::row_reader::{Opening, ReadBy, RejectedRow, RowReader};
use crate::table::issue::RowError;
use crate::table::record::{Place, RawRow};
use crate::table::schema::Table;

/// Opens a workbook.
pub(in crate::format) fn open_xlsx(opening: Opening<'_>) -> Box<dyn RowReader> {
    Box::new(XlsxReader::new(opening.table, opening.given.dialect.clone()))
}

#[derive(Debug)]
struct XlsxReader {
    table: &'static Table,
    given: Dialect,
    /// What is given, and what was found.
    dialect: Dialect,
    /// What has come of the file.
    bytes: Vec<u8>,
    /// How many bytes have come.
    length: u64,
    state: SheetState,
    layout: Option<SheetLayout>,
    row: WorkbookRow,
    fields: Vec<Option<SheetField>>,
    errors: Vec<RowError>,
    next_index: u64,
    /// What is given as the row at hand instead of one.
    fault: Option<RowError>,
}

#[derive(Debug)]
enum SheetState {
    /// Bytes are still to come.
    Filling,
    Reading(Box<RowStream>),
    /// Nothing more is read.
    Over,
}

impl XlsxReader {
    fn new(table: &'static Table, given: Dialect) -> Self {
        Self {
            table,
            dialect: given.clone(),
            given,
            bytes: Vec::new(),
            length: 0,
            state: SheetState::Filling,
            layout: None,
            row: WorkbookRow::default(),
            fields: Vec::new(),
            errors: Vec::new(),
            next_index: 0,
            fault: None,
        }
    }

    fn refuse(&mut self, error: RowError) -> bool {
        (self.state, self.fault, self.bytes) = (SheetState::Over, Some(error), Vec::new());
        true
    }

    /// Goes to the next row of the sheet.
    fn next_row(&mut self) -> bool {
        loop {
            let SheetState::Reading(stream) = &mut self.state else { return false };
            match stream.next() {
                Ok(Some(SheetItem::Row(row))) => {
                    if let Some(layout) = &self.layout {
                        (self.fields, self.errors) = layout.fields(self.table, &row);
                    }
                    self.row = row;
                    return true;
                }
                Ok(Some(SheetItem::Choice(choice))) => {
                    self.dialect.sheet = Some(choice.name);
                    self.dialect.skip_lines = choice.skipped;
                    self.layout = Some(choice.layout);
                }
                Ok(None) => {
                    self.state = SheetState::Over;
                    return false;
                }
                Err(error) => return self.refuse(error),
            }
        }
    }
}

impl RowReader for XlsxReader {
    fn next(&mut self, input: &mut &[u8]) -> bool {
        if let SheetState::Filling = self.state {
            self.length += input.len() as u64;
            if self.bytes.len() + input.len() > MOST_BYTES {
                let most = MOST_BYTES >> 20;
                return self.refuse(refused(format!(
                    "the workbook has more than {most} MiB; save the table as CSV, or in several workbooks"
                )));
            }
            self.bytes.extend_from_slice(input);
        }
        *input = &[];
        false
    }

    fn end(&mut self) -> bool {
        if let SheetState::Filling = self.state {
            let bytes = mem::take(&mut self.bytes);
            let stream = RowStream::open(bytes, self.table, self.given.clone());
            self.state = SheetState::Reading(Box::new(stream));
        }
        self.next_row()
    }

    fn row(&mut self) -> RawRow<'_> {
        if let Some(error) = self.fault.take() {
            return RawRow::refused(Place { index: None, line: None }, error);
        }
        let place = Place { index: Some(self.next_index), line: Some(self.row.number) };
        self.next_index += 1;
        let errors = mem::take(&mut self.errors);
        let fields = raw_fields(self.table, &self.given, &self.fields);
        RawRow { place, fields, errors }
    }

    fn reject(&self) -> RejectedRow<'_> {
        RejectedRow::Sheet(RejectedSheetRow {
            table: self.table,
            dialect: &self.dialect,
            skipped: self.given.skip_lines,
            layout: self.layout.as_ref(),
            row: &self.row,
        })
    }

    fn position(&self) -> (u64, u64) {
        (self.row.number + 1, self.next_index)
    }

    fn at_position(&self, _: u64, _: u64) -> Box<dyn RowReader> {
        Box::new(Self::new(self.table, self.given.clone()))
    }

    /// A workbook is read from its start only.
    fn at_record_start(&self) -> (u64, Box<dyn RowReader>) {
        (self.length, Box::new(Self::new(self.table, self.given.clone())))
    }

    fn has_positions(&self) -> bool {
        false
    }

    fn read_by(&self) -> ReadBy {
        match &self.layout {
            Some(layout) if layout.has_header => ReadBy::Header(layout.columns(self.table)),
            None if self.given.header != Header::Absent => ReadBy::Header(Vec::new()),
            _ => ReadBy::Position,
        }
    }

    fn sheet_columns(&self) -> Vec<(&'static str, String)> {
        self.layout.as_ref().map(|layout| layout.sheet_columns(self.table)).unwrap_or_default()
    }

    fn dialect(&self) -> Option<&Dialect> {
        Some(&self.dialect)
    }
}
