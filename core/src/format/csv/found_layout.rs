//! How a decoder's file is written, and what shows that it is written otherwise.

use alloc::vec::Vec;

use super::automaton::State;
use super::decoder::{CsvDecoder, Row};
use super::dialect::Dialect;
use crate::table::cell_forms::Notation;
use crate::table::issue::{RowError, RowErrorKind};
use crate::table::schema::Table;

impl CsvDecoder {
    /// How the file is written.
    pub(crate) fn dialect(&self) -> &Dialect {
        &self.dialect
    }

    /// The same, with a layout that was found in the file's start or given.
    pub(crate) fn of_found_layout(mut self, is_found: bool) -> Self {
        self.has_found_layout = is_found;
        self
    }

    pub(crate) fn has_found_layout(&self) -> bool {
        self.has_found_layout
    }

    /// Why the row at hand shows that the layout which was found is not that of the whole file.
    pub(crate) fn contradiction(&self) -> Option<RowErrorKind> {
        if !self.has_found_layout {
            return None;
        }
        let contradiction =
            |column| RowErrorKind::ContradictedLayout { line: self.record_line, column };
        match self.written_otherwise(|_| true) {
            Some(column) => column.map(|column| contradiction(Some(column))),
            None => Some(contradiction(None)),
        }
    }

    /// Ends the file at a row that the given layout does not fit: what follows is given back line by line. The
    /// row itself comes back whole, so that a file of what came back ends there as well.
    pub(super) fn end_if_contradicted(&mut self) {
        if let Some(kind) = self.given_contradiction() {
            self.given_back = Some(kind);
            self.state = State::Rest;
            self.row = Row::Line { line: self.record_line, text: 0..self.record.text.len() };
        }
    }

    /// Why the row at hand shows that a layout which was given is not that of the file from here on.
    fn given_contradiction(&self) -> Option<RowErrorKind> {
        let given = &self.dialect;
        if self.has_found_layout || !given.can_be_contradicted() {
            return None;
        }
        let is_given = |notation| match notation {
            Notation::Decimal => given.is_given("decimal"),
            _ => given.is_given("date_order"),
        };
        // Bytes that are no character of the encoding may be a single slip.
        let column = self.written_otherwise(is_given).flatten()?;
        Some(RowErrorKind::ContradictedOptions { line: self.record_line, column })
    }

    /// The column of a cell that would be a value if it were written in another form; `None` of bytes that are
    /// no text.
    fn written_otherwise(
        &self,
        is_held: impl Fn(Notation) -> bool,
    ) -> Option<Option<&'static str>> {
        let Row::Record { too_long: false } = self.row else { return Some(None) };
        let (cells, forms) = (self.record.texts()?, self.dialect.forms);
        Some(self.layout.contradicts(self.table, forms, is_held, cells))
    }

    /// The columns that the header names, if there is one.
    pub(crate) fn header_columns(&self) -> Option<Vec<&'static str>> {
        self.layout.header.as_ref().map(|_| self.layout.columns(self.table))
    }

    /// A decoder that gives nothing but the refusal of its file.
    pub(crate) fn refused(table: &'static Table, error: RowError) -> Self {
        let mut decoder = Self::new(table);
        decoder.opening = None;
        decoder.refusal = Some(error);
        decoder
    }
}
