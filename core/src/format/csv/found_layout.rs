//! How a decoder's file is written, and what shows that it is written otherwise.

use super::decoder::{CsvDecoder, Row};
use super::dialect::Dialect;
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

    /// Why the bad row at hand shows that the layout which was found is not that of the whole file.
    pub(crate) fn contradiction(&self) -> Option<RowErrorKind> {
        let Row::Record { too_long: false } = self.row else { return None };
        let forms = self.dialect.forms;
        let is_other = self.has_found_layout
            && match self.record.texts() {
                None => true,
                Some(cells) => self.layout.contradicts(self.table, forms, cells),
            };
        is_other.then_some(RowErrorKind::ContradictedLayout { line: self.record_line })
    }

    /// A decoder that gives nothing but the refusal of its file.
    pub(crate) fn refused(table: &'static Table, error: RowError) -> Self {
        let mut decoder = Self::new(table);
        decoder.opening = None;
        decoder.refusal = Some(error);
        decoder
    }
}
