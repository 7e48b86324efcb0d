//! An Avro file that is loaded: its blocks into rows, which are checked as those of any other file.

use alloc::boxed::Box;
use alloc::sync::Arc;

use super::error::{AvroError, AvroErrorKind};
use super::reader::{AvroReader, ReadPurpose};
use crate::format::magic;
use crate::format::row_reader::{Opening, RejectedRow, RowReader};
use crate::format::row_text::row_text;
use crate::table::issue::{RowError, RowErrorKind};
use crate::table::record::{Place, RawRow};
use crate::table::schema::Table;

/// Opens an Avro file.
pub(in crate::format) fn open_avro(opening: Opening<'_>) -> Box<dyn RowReader> {
    let (table, purpose) = (opening.table, ReadPurpose::Load(Arc::new(opening.given.clone())));
    let is_other = !opening.start.is_empty() && !opening.start.starts_with(b"Obj");
    let fault = is_other.then(|| not_avro(opening.start));
    Box::new(AvroRows {
        table,
        reader: AvroReader::of_purpose(table, purpose),
        fault,
        is_over: false,
    })
}

fn not_avro(start: &[u8]) -> RowError {
    let kind = magic::other_file(&start[..start.len().min(magic::START)]);
    let what = "no Avro file; give it the extension of its format".into();
    RowError::row(kind.unwrap_or(RowErrorKind::UnreadableFile { what }))
}

#[derive(Debug)]
struct AvroRows {
    table: &'static Table,
    reader: AvroReader,
    /// What is given as the row at hand instead of one.
    fault: Option<RowError>,
    /// Whether nothing more is read.
    is_over: bool,
}

impl AvroRows {
    fn refuse(&mut self, error: AvroError) -> bool {
        self.fault = Some(fault(error));
        true
    }

    fn refused(&mut self, error: RowError) -> RawRow<'static> {
        self.is_over = true;
        RawRow::refused(Place { index: None, line: None }, error)
    }
}

fn fault(error: AvroError) -> RowError {
    match error.kind {
        AvroErrorKind::UnknownFields { error } => *error,
        _ => RowError::row(RowErrorKind::UnreadableFile { what: alloc::format!("{error}").into() }),
    }
}

impl RowReader for AvroRows {
    fn next(&mut self, input: &mut &[u8]) -> bool {
        if self.is_over {
            *input = &[];
            return false;
        }
        if self.fault.is_some() {
            return true;
        }
        match self.reader.has_row(input) {
            Ok(has_row) => has_row,
            Err(error) => self.refuse(error),
        }
    }

    fn end(&mut self) -> bool {
        if self.is_over {
            return false;
        }
        match self.reader.finish() {
            Ok(()) => false,
            Err(error) => self.refuse(error),
        }
    }

    fn row(&mut self) -> RawRow<'_> {
        if let Some(error) = self.fault.take() {
            return self.refused(error);
        }
        let is_over = &mut self.is_over;
        self.reader.raw_row().unwrap_or_else(|error| {
            *is_over = true;
            RawRow::refused(Place { index: None, line: None }, fault(error))
        })
    }

    fn reject(&self) -> RejectedRow<'_> {
        let row = self.reader.last_row();
        RejectedRow::Json(row.map(|row| row_text(self.table, &row)).unwrap_or_default().into())
    }

    fn position(&self) -> (u64, u64) {
        (1, self.reader.rows())
    }

    /// A place in the file's bytes is none between two rows of a block.
    fn has_positions(&self) -> bool {
        false
    }

    fn at_position(&self, _: u64, _: u64) -> Box<dyn RowReader> {
        self.at_record_start().1
    }

    fn at_record_start(&self) -> (u64, Box<dyn RowReader>) {
        let (back, reader) = self.reader.at_section_start();
        let (fault, is_over) = (self.fault.clone(), self.is_over);
        (back, Box::new(Self { table: self.table, reader, fault, is_over }))
    }
}
