//! A file's directory and its row groups, in this order, into its rows.

use std::sync::{Mutex, PoisonError};

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::mem;

use super::columns::GroupColumns;
use super::directory::{MARK, MOST_DIRECTORY};
use super::kind::{ParquetField, ParquetValue};
use super::plan::{ParquetPlan, ParquetPurpose, unreadable};
use crate::format::magic::{self, START};
use crate::format::row_reader::{Opening, RejectedRow, RowReader};
use crate::format::row_text::row_text;
use crate::table::issue::{RowError, RowErrorKind};
use crate::table::record::{Place, RawField, RawRow};
use crate::table::schema::Table;

/// Opens a Parquet file.
pub(in crate::format) fn open_parquet(opening: Opening<'_>) -> Box<dyn RowReader> {
    let purpose = ParquetPurpose::Load(Arc::new(opening.given.clone()));
    Box::new(ParquetReader::new(opening.table, purpose))
}

pub(super) struct ParquetReader {
    table: &'static Table,
    purpose: ParquetPurpose,
    /// What the directory says, once it is there.
    file: Option<Arc<ParquetPlan>>,
    /// What has come of the directory, or of the row group.
    held: Vec<u8>,
    /// The row group that is read, or comes next.
    group: usize,
    /// Never shared: the lock is there for its type alone.
    columns: Option<Mutex<GroupColumns>>,
    /// Rows that are read, by column, and the next one of them.
    ahead: Vec<Vec<Option<ParquetValue>>>,
    next_ahead: usize,
    fields: Vec<Option<Result<ParquetField, RowErrorKind>>>,
    next_index: u64,
    /// What is given as the row at hand instead of one.
    fault: Option<RowError>,
    is_over: bool,
}

impl fmt::Debug for ParquetReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParquetReader").field("group", &self.group).finish_non_exhaustive()
    }
}

impl ParquetReader {
    pub(super) fn new(table: &'static Table, purpose: ParquetPurpose) -> Self {
        Self {
            table,
            purpose,
            file: None,
            held: Vec::new(),
            group: 0,
            columns: None,
            ahead: Vec::new(),
            next_ahead: 0,
            fields: Vec::new(),
            next_index: 0,
            fault: None,
            is_over: false,
        }
    }

    fn refuse(&mut self, error: RowError) -> bool {
        (self.fault, self.is_over) = (Some(error), true);
        (self.held, self.columns) = (Vec::new(), None);
        true
    }

    /// Takes bytes until there are so many; `false` if more are needed.
    fn hold(&mut self, input: &mut &[u8], length: usize) -> bool {
        let missing = length.saturating_sub(self.held.len());
        let (taken, rest) = input.split_at(missing.min(input.len()));
        self.held.extend_from_slice(taken);
        *input = rest;
        self.held.len() >= length
    }

    /// Reads the directory; `Ok(false)` if more is needed.
    fn read_directory(&mut self, input: &mut &[u8]) -> Result<bool, RowError> {
        const HEAD: usize = MARK.len() + 4;
        if !self.hold(input, HEAD) {
            return Ok(false);
        }
        let (mark, length) = self.held[..HEAD].split_at(MARK.len());
        if mark != MARK {
            let other = magic::other_file(&self.held[..self.held.len().min(START)]);
            let is_parquet = self.held.starts_with(b"PAR1");
            return Err(match other.filter(|_| !is_parquet) {
                Some(kind) => RowError::row(kind),
                None if is_parquet => {
                    unreadable("the Parquet file ends early: its directory is not there")
                }
                None => unreadable("no Parquet file; give it the extension of its format"),
            });
        }
        let length = u32::from_le_bytes([length[0], length[1], length[2], length[3]]) as usize;
        if length > MOST_DIRECTORY {
            let most = MOST_DIRECTORY >> 20;
            return Err(unreadable(alloc::format!(
                "the directory of the Parquet file has more than {most} MiB"
            )));
        }
        if !self.hold(input, HEAD + length) {
            return Ok(false);
        }
        let held = mem::take(&mut self.held);
        let plan = ParquetPlan::new(self.table, &self.purpose, &held[HEAD..])?;
        self.file = Some(Arc::new(plan));
        Ok(true)
    }

    /// Reads up to the end of the directory; `Ok(false)` if more is needed.
    pub(super) fn has_directory(&mut self, input: &mut &[u8]) -> Result<bool, RowError> {
        match self.file {
            Some(_) => Ok(true),
            None => self.read_directory(input),
        }
    }

    /// The columns that the file does not have, once its directory is read.
    pub(super) fn missing(&self) -> Vec<&'static str> {
        self.file.as_ref().map_or_else(Vec::new, |file| file.missing(self.table))
    }

    /// Goes to the next row; `Ok(false)` if more is needed, or none is left.
    fn next_row(&mut self, input: &mut &[u8]) -> Result<bool, RowError> {
        loop {
            let Some(file) = self.file.clone() else {
                if !self.read_directory(input)? {
                    return Ok(false);
                }
                continue;
            };
            if self.next_ahead < self.ahead.first().map_or(0, Vec::len) {
                self.take_row(&file);
                return Ok(true);
            }
            let columns = self.columns.as_mut().map(|columns| columns.get_mut());
            let columns = columns.map(|it| it.unwrap_or_else(PoisonError::into_inner));
            if let Some(columns) = columns.filter(|columns| !columns.is_over()) {
                self.ahead = columns.next().map_err(unreadable)?;
                self.next_ahead = 0;
                continue;
            }
            if self.columns.take().is_some() {
                self.group += 1;
            }
            let Some(range) = file.groups.get(self.group).cloned() else { return Ok(false) };
            let length = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
            if !self.hold(input, length) {
                return Ok(false);
            }
            let bytes = mem::take(&mut self.held);
            let columns: Vec<_> = file.columns.iter().map(|column| column.at).collect();
            let group = file.metadata.row_group(self.group);
            let columns = GroupColumns::open(group, range.start, bytes, &columns);
            self.columns = Some(Mutex::new(columns.map_err(unreadable)?));
        }
    }

    fn take_row(&mut self, file: &ParquetPlan) {
        self.fields = self.table.columns.iter().map(|_| None).collect();
        for (column, values) in file.columns.iter().zip(&mut self.ahead) {
            let of = self.table.columns[column.fills].column_type;
            let value = values[self.next_ahead].take();
            let field = value
                .map_or(Ok(ParquetField::Null), |value| ParquetField::of(value, column.kind, of));
            self.fields[column.fills] = Some(field);
        }
        self.next_ahead += 1;
    }

    fn raw_row(&self, index: u64) -> RawRow<'_> {
        let mut errors = Vec::new();
        let unfilled = self.file.as_ref().map_or(&[][..], |file| &file.unfilled);
        let columns = self.table.columns.iter().zip(unfilled).zip(&self.fields);
        let fields = columns.map(|((column, unfilled), field)| match field {
            None => unfilled.clone(),
            Some(Ok(field)) => field.raw(),
            Some(Err(kind)) => {
                errors.push(RowError::column(column.name, kind.clone()));
                RawField::Absent
            }
        });
        let fields = fields.collect();
        RawRow { place: Place { index: Some(index), line: None }, fields, errors }
    }
}

impl RowReader for ParquetReader {
    fn next(&mut self, input: &mut &[u8]) -> bool {
        if self.is_over {
            *input = &[];
            return false;
        }
        self.next_row(input).unwrap_or_else(|error| self.refuse(error))
    }

    fn end(&mut self) -> bool {
        if self.is_over {
            return false;
        }
        let is_whole = self.file.as_ref().is_some_and(|file| self.group >= file.groups.len());
        match is_whole && self.held.is_empty() {
            true => {
                self.is_over = true;
                false
            }
            false if self.file.is_none() && self.held.is_empty() => {
                self.refuse(unreadable("an empty file is no Parquet file"))
            }
            false => self.refuse(unreadable("the Parquet file ends early")),
        }
    }

    fn row(&mut self) -> RawRow<'_> {
        if let Some(error) = self.fault.take() {
            return RawRow::refused(Place { index: None, line: None }, error);
        }
        self.next_index += 1;
        self.raw_row(self.next_index - 1)
    }

    fn reject(&self) -> RejectedRow<'_> {
        RejectedRow::Json(row_text(self.table, &self.raw_row(0)).into())
    }

    fn position(&self) -> (u64, u64) {
        (1, self.next_index)
    }

    /// The bytes come in another order than that of the file.
    fn has_positions(&self) -> bool {
        false
    }

    fn at_position(&self, _: u64, _: u64) -> Box<dyn RowReader> {
        self.at_record_start().1
    }

    fn at_record_start(&self) -> (u64, Box<dyn RowReader>) {
        let Self { table, ref purpose, ref file, group, next_index, is_over, .. } = *self;
        let fault = self.fault.clone();
        let fresh = Self::new(table, purpose.clone());
        // Of a row group that has been read the next one comes.
        let group = group + usize::from(self.columns.is_some());
        let at = Self { file: file.clone(), group, next_index, is_over, fault, ..fresh };
        (self.held.len() as u64, Box::new(at))
    }
}
