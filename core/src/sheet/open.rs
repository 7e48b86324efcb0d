//! A file's bytes into a sheet, some rows at a time.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::broken_row::BrokenRow;
use super::error::SheetError;
use super::held::HeldRows;
use super::judge::{SheetRules, judge};
use super::key_index::KeyIndex;
use super::read_so_far::ReadSoFar;
use super::state::{ROWS_LIMIT, Sheet};
use crate::format::csv::Dialect;
use crate::format::encoding::decoded;
use crate::format::formats::RowFormat;
use crate::format::row_reader::{GivenLayout, Opening, RejectedRow, RowReader};
use crate::ingest::Offsets;
use crate::table::issue::{RowError, RowErrorKind};
use crate::table::record::EntryRules;
use crate::table::schema::Table;
use crate::table::time_zone::TimeZone;

/// The most bytes of text that are kept of rows which are no cells.
const BROKEN_BYTES: usize = 64 << 20;

/// The options of a file, and of the check of its rows.
#[derive(Debug, Clone, Default)]
pub struct SheetOptions {
    /// How a CSV file is written, as far as it is told.
    pub dialect: Dialect,
    /// The zone of DATETIME columns.
    pub time_zone: Option<TimeZone>,
    /// Whether a row may lack columns that only a new row needs.
    pub may_lack: bool,
    /// Whether rows that the table has are left as they are. CHECKs are then the database's, which holds new rows to
    /// them and no others.
    pub keeps: bool,
}

impl Sheet {
    /// Takes a file; [`check`](Self::check) reads it.
    pub fn open(
        table: &'static Table,
        format: &'static RowFormat,
        bytes: Vec<u8>,
        options: SheetOptions,
    ) -> Self {
        let SheetOptions { dialect, time_zone, may_lack, keeps } = options;
        let given = GivenLayout { dialect, has_time_zone: time_zone.is_some() };
        let (start, is_whole, is_settled) = (bytes.as_slice(), true, false);
        let reader = format.open(Opening { table, given: &given, is_settled, start, is_whole });
        let held = (!reader.has_positions()).then(HeldRows::default);
        let mut text = match held {
            Some(_) => bytes,
            None => decoded(reader.encoding(), &bytes, true).unwrap_or(bytes),
        };
        if held.is_none() && !matches!(text.last(), None | Some(b'\n' | b'\r')) {
            text.push(b'\n');
        }
        let forms = reader.dialect().map_or(Default::default(), |dialect| dialect.forms);
        let (_, first) = reader.at_record_start();
        let (_, later) = reader.at_record_start();
        let entry = EntryRules { time_zone, may_lack, forms, ..EntryRules::default() };
        Self {
            table,
            format,
            text,
            starts: Vec::new(),
            held,
            first,
            later,
            rules: SheetRules::of(table, entry, keeps),
            offsets: Offsets::default(),
            keys: KeyIndex::default(),
            bad: Default::default(),
            broken: Default::default(),
            waiting: Default::default(),
            refused: Default::default(),
            refusals: Default::default(),
            done: Vec::new(),
            done_count: 0,
            edits: Default::default(),
            lines: Default::default(),
            undo: Vec::new(),
            pending: None,
            sending: String::new(),
            reading: Some(ReadSoFar { reader, position: 0, broken_bytes: 0 }),
        }
    }

    /// Reads and checks at most so many rows more; `false` once all are read.
    ///
    /// # Errors
    ///
    /// Where the file as a whole cannot be read. Nothing of it is to be sent then.
    pub fn check(&mut self, most: u32) -> Result<bool, SheetError> {
        let Some(mut reading) = self.reading.take() else { return Ok(false) };
        for _ in 0..most {
            if !self.check_next(&mut reading)? {
                if self.held.is_some() {
                    // What it has found says what the columns are.
                    self.later = reading.reader;
                }
                return Ok(false);
            }
        }
        self.reading = Some(reading);
        Ok(true)
    }

    fn check_next(&mut self, reading: &mut ReadSoFar) -> Result<bool, SheetError> {
        let ReadSoFar { reader, position, broken_bytes } = reading;
        let (start, (line, _)) = (*position, reader.position());
        let mut rest = &self.text[start..];
        let found = reader.next(&mut rest) || reader.end();
        *position = self.text.len() - rest.len();
        if !found {
            return Ok(false);
        }
        let raw = reader.row();
        if raw.place.index.is_none() {
            return Err(SheetError::File(first_of(raw.errors)));
        }
        let row = self.starts.len() as u32;
        if row == ROWS_LIMIT {
            return Err(SheetError::TooManyRows { limit: ROWS_LIMIT });
        }
        if self.held.as_mut().is_some_and(|held| !held.push(&raw)) {
            return Err(SheetError::TooManyRows { limit: row });
        }
        let has_cells = !raw.fields.is_empty();
        let row_line = raw.place.line.unwrap_or_default();
        let judged = judge(self.table, &self.rules, &mut self.offsets, raw);
        self.starts.push((start as u32, line as u32));
        self.done.push(false);
        if !has_cells {
            let text = text_of(&**reader);
            *broken_bytes += text.len();
            let text = if *broken_bytes > BROKEN_BYTES { Cow::Borrowed("") } else { text };
            let errors = judged.as_ref().err().cloned().unwrap_or_default();
            let broken = BrokenRow { line: row_line, text: text.into_owned(), errors };
            self.broken.insert(row, broken);
        }
        if row == 0 {
            self.later = reader.at_record_start().1;
        }
        let judged = judged.map(|key| key.map(|key| (self.keys.digest(&key), key)));
        if judged.is_err()
            && let Some(kind) = reader.contradiction()
        {
            return Err(SheetError::File(RowError::row(kind)));
        }
        self.take_judged(row, judged);
        Ok(true)
    }
}

fn first_of(errors: Vec<RowError>) -> RowError {
    errors.into_iter().next().unwrap_or(RowError::row(RowErrorKind::Missing))
}

/// A row's own text, as a reject file gives it back.
fn text_of(reader: &dyn RowReader) -> Cow<'_, str> {
    match reader.reject() {
        RejectedRow::Undecoded { text, .. } => String::from_utf8_lossy(text),
        RejectedRow::Csv(decoder) => String::from_utf8_lossy(decoder.text()),
        #[cfg(feature = "xlsx")]
        RejectedRow::Sheet(row) => row.texts().join("\t").into(),
        RejectedRow::Json(text) => String::from_utf8_lossy(&text).into_owned().into(),
    }
}
