//! Rows read again, with what was changed, and judged.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::fault::CellFault;
use super::judge::judge;
use super::state::Sheet;
use crate::format::row_reader::RowReader;
use crate::table::issue::{RowError, RowErrorKind};
use crate::table::record::{Place, RawField, RawRow};
use crate::table::value::Cell;

/// A row as a page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownRow {
    /// The row.
    pub row: u32,
    /// The line on which it begins.
    pub line: u64,
    /// Its cells, one for each column of the table; `None` of NULL and of a column that does not come. Empty
    /// of a row that is no cells.
    pub cells: Vec<Option<String>>,
    /// The columns that were changed.
    pub changed: Vec<usize>,
    /// The row's own text, where it is no cells.
    pub text: Option<String>,
    /// What is wrong with it.
    pub faults: Vec<CellFault>,
    /// Whether it is stored, or was there.
    pub is_done: bool,
    /// Whether it was sent, and its answer is not known.
    pub is_pending: bool,
}

impl Sheet {
    /// A row as a page shows it; `None` if there is none.
    pub fn row(&self, row: u32) -> Option<ShownRow> {
        if row >= self.len() {
            return None;
        }
        let text = match (self.broken.get(&row), self.lines.get(&row)) {
            (Some(broken), None) => Some(broken.text.clone()),
            (Some(_), Some(line)) => Some(line.trim_end().into()),
            (None, _) => None,
        };
        let (line, cells) = self.with_row(row, |raw| {
            let cells = raw.fields.iter().map(|field| shown(field)).collect();
            (raw.place.line.unwrap_or_default(), cells)
        });
        let changed = self.edits.range((row, 0)..=(row, u16::MAX));
        Some(ShownRow {
            row,
            line,
            cells,
            changed: changed.map(|((_, column), _)| usize::from(*column)).collect(),
            text,
            faults: self.faults_of(row),
            is_done: self.done[row as usize],
            is_pending: !self.done[row as usize] && !self.is_open(row),
        })
    }

    /// What is wrong with a row, by the core or by the database.
    pub(super) fn faults_of(&self, row: u32) -> Vec<CellFault> {
        let found = self.bad.get(&row).into_iter().flatten().map(|error| CellFault {
            column: error.column.as_ref().map(ToString::to_string),
            code: error.kind.code().to_string(),
            message: self.message(&error.kind),
        });
        found.chain(self.refused.get(&row).into_iter().flatten().cloned()).collect()
    }

    /// An error's text; a row is named by its line, which an editor shows.
    fn message(&self, kind: &RowErrorKind) -> String {
        match kind {
            RowErrorKind::DuplicateInBatch { first } => {
                let line = self.line_of(*first as u32);
                alloc::format!("the row on line {line} has the same key")
            }
            kind => kind.to_string(),
        }
    }

    /// The line on which a row begins.
    pub fn line_of(&self, row: u32) -> u64 {
        self.with_row(row, |raw| raw.place.line.unwrap_or_default())
    }

    /// Reads a row, with what was changed in it.
    pub(super) fn with_row<T>(&self, row: u32, take: impl FnOnce(RawRow<'_>) -> T) -> T {
        let broken = self.broken.get(&row);
        if let (Some(broken), None) = (broken, self.lines.get(&row)) {
            let place = Place { index: Some(row.into()), line: Some(broken.line) };
            return take(RawRow { place, fields: Vec::new(), errors: broken.errors.clone() });
        }
        if let Some(mut raw) = self.held.as_ref().and_then(|held| held.row(row)) {
            self.put_edits(row, &mut raw);
            return take(raw);
        }
        let (start, line) = self.starts[row as usize];
        let mut reader = match row {
            0 => self.first.at_record_start().1,
            _ => self.later.at_position(u64::from(line), u64::from(row)),
        };
        let mut rest = match self.lines.get(&row) {
            Some(line) => {
                reader =
                    self.later.at_position(u64::from(self.starts[row as usize].1), u64::from(row));
                line.as_bytes()
            }
            None => &self.text[start as usize..],
        };
        let found = reader.next(&mut rest) || reader.end();
        let place = Place { index: Some(row.into()), line: Some(line.into()) };
        let mut raw = match found {
            true => reader.row(),
            false => RawRow::refused(place, RowError::row(RowErrorKind::Missing)),
        };
        if let Some(broken) = broken {
            raw.place.line = Some(broken.line);
        }
        self.put_edits(row, &mut raw);
        take(raw)
    }

    /// Reads rows one behind the other, with what was changed in them; those that are no cells are left out.
    pub(super) fn each_row(&self, rows: &[u32], mut take: impl FnMut(u32, RawRow<'_>)) {
        let mut open: Option<(Box<dyn RowReader>, &[u8])> = None;
        for row in rows.iter().copied() {
            let is_changed = self.lines.contains_key(&row);
            if self.broken.contains_key(&row) && !is_changed {
                continue;
            }
            let is_next = open.as_ref().is_some_and(|(it, _)| it.position().1 == u64::from(row));
            if row == 0 || is_changed || self.held.is_some() {
                self.with_row(row, |raw| take(row, raw));
                open = None;
                continue;
            }
            if !is_next {
                let (start, line) = self.starts[row as usize];
                let reader = self.later.at_position(u64::from(line), u64::from(row));
                open = Some((reader, &self.text[start as usize..]));
            }
            let Some((reader, rest)) = &mut open else { continue };
            if reader.next(rest) || reader.end() {
                let mut raw = reader.row();
                self.put_edits(row, &mut raw);
                take(row, raw);
            }
        }
    }

    /// Puts the changed cells into a row.
    pub(super) fn put_edits<'s>(&'s self, row: u32, raw: &mut RawRow<'s>) {
        for ((_, column), text) in self.edits.range((row, 0)..=(row, u16::MAX)) {
            if let Some(field) = raw.fields.get_mut(usize::from(*column)) {
                *field = field_of(text);
            }
        }
    }

    /// Judges a row anew, and the rows that had its key.
    pub(super) fn judge_again(&mut self, row: u32) {
        self.forget(row);
        let mut offsets = self.offsets;
        let judged = self.with_row(row, |raw| judge(self.table, &self.rules, &mut offsets, raw));
        let judged = judged.map(|key| key.map(|key| (self.keys.digest(&key), key)));
        self.take_judged(row, judged);
        for other in self.waiting.remove(&row).unwrap_or_default() {
            let is_waiting = self.bad.get(&other).is_some_and(|errors| waits_for(errors, row));
            if is_waiting {
                self.judge_again(other);
            }
        }
    }

    fn forget(&mut self, row: u32) {
        self.keys.remove(row);
        self.bad.remove(&row);
        self.refused.remove(&row);
    }

    /// Takes note of what a row was found to be, unless another one has its key.
    pub(super) fn take_judged(
        &mut self,
        row: u32,
        judged: Result<Option<(u64, Cell<'static>)>, Vec<RowError>>,
    ) {
        match judged {
            Ok(None) => {}
            Ok(Some((digest, key))) => match self.row_with_key(row, digest, &key) {
                None => self.keys.put(row, digest),
                Some(first) => {
                    let kind = RowErrorKind::DuplicateInBatch { first: first.into() };
                    self.waiting.entry(first).or_default().push(row);
                    self.bad.insert(row, alloc::vec![RowError::key(self.table.key_name(), kind)]);
                }
            },
            Err(errors) => {
                self.bad.insert(row, errors);
            }
        }
    }

    /// Another row that has this key.
    fn row_with_key(&self, row: u32, digest: u64, key: &Cell<'_>) -> Option<u32> {
        let others = self.keys.candidates(digest).into_iter().filter(|other| *other != row);
        others.filter(|other| self.key_of(*other).as_ref() == Some(key)).min()
    }

    fn key_of(&self, row: u32) -> Option<Cell<'static>> {
        let mut offsets = self.offsets;
        let judged = self.with_row(row, |raw| judge(self.table, &self.rules, &mut offsets, raw));
        judged.ok().flatten()
    }
}

fn waits_for(errors: &[RowError], row: u32) -> bool {
    errors.iter().any(|error| match error.kind {
        RowErrorKind::DuplicateInBatch { first } => first == u64::from(row),
        _ => false,
    })
}

/// A changed cell as a reader would have given it.
pub(super) fn field_of(text: &str) -> RawField<'_> {
    match text.trim() {
        "" | "\\N" => RawField::Null,
        text => RawField::Cell(text),
    }
}

/// A field as a page shows it.
pub(super) fn shown(field: &RawField<'_>) -> Option<String> {
    match field {
        RawField::Absent | RawField::Null | RawField::Cell("") => None,
        RawField::Bool(value) => Some(value.to_string()),
        RawField::Integer(value) => Some(value.to_string()),
        RawField::Number(text) | RawField::Cell(text) | RawField::Document(text) => {
            Some((*text).into())
        }
        RawField::Text(text) => Some(text.to_string()),
        RawField::Double(value) => Some(value.to_string()),
        RawField::Day(value) => Some(value.to_string()),
        RawField::Other(kind) => Some((*kind).into()),
    }
}
