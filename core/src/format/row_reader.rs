//! What each format is behind: a file's bytes into its rows.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use crate::format::csv::detect::{self, SAMPLE};
use crate::format::csv::{CsvDecoder, Dialect};
use crate::format::encoding::Encoding;
use crate::format::ndjson::NdjsonDecoder;
#[cfg(feature = "xlsx")]
use crate::format::xlsx::RejectedSheetRow;
use crate::table::issue::RowErrorKind;
use crate::table::record::RawRow;
use crate::table::schema::Table;

/// Takes a file's bytes in any chunking and gives rows, one after the other.
///
/// A file that is wrong as a whole gives a row without an index, and no more behind it.
pub(crate) trait RowReader: Send + Sync {
    /// Moves `input` behind the next row, for [`Self::row`] to give; `false` if it is used up.
    fn next(&mut self, input: &mut &[u8]) -> bool;

    /// Whether a row is left, for [`Self::row`] to give, when the file has ended.
    fn end(&mut self) -> bool;

    /// The row that was read last; to be asked for once.
    fn row(&mut self) -> RawRow<'_>;

    /// The row that was read last as a reject file gives it back.
    fn reject(&self) -> RejectedRow<'_>;

    /// The line of the next byte and the index of the next row, between two rows.
    fn position(&self) -> (u64, u64);

    /// A reader of the same file that goes on at another position between two rows.
    fn at_position(&self, line: u64, next_index: u64) -> Box<dyn RowReader>;

    /// A reader that goes on from the start of the record that is being read, and how many bytes
    /// that is back from here.
    fn at_record_start(&self) -> (u64, Box<dyn RowReader>);

    /// By what the fields of its rows are told apart, once the first one is read.
    fn read_by(&self) -> ReadBy {
        ReadBy::Members
    }

    /// What its text is decoded from.
    fn encoding(&self) -> Encoding {
        Encoding::Utf8
    }

    /// Whether a place between two rows is one in the file, from which it can be read.
    fn has_positions(&self) -> bool {
        true
    }

    /// The columns of a sheet, as it names them, by the names of those that they fill.
    fn sheet_columns(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// How a CSV file is written.
    fn dialect(&self) -> Option<&Dialect> {
        None
    }

    /// Whether the layout, which is not the default, was found and not given.
    fn has_found_layout(&self) -> bool {
        false
    }

    /// Why the bad row at hand shows that the layout which was found is not that of the whole file.
    fn contradiction(&self) -> Option<RowErrorKind> {
        None
    }

    /// Whether a scan of the file's ranges finds its records.
    fn can_be_cut(&self) -> bool {
        false
    }

    /// Whether the row at hand, and all behind it, is the rest of a file that has ended early.
    fn is_in_rest(&self) -> bool {
        false
    }
}

/// What a reader holds is the file's own text, which nothing shows.
impl fmt::Debug for dyn RowReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RowReader")
    }
}

/// A row as a reject file gives it back.
pub(crate) enum RejectedRow<'r> {
    /// Bytes that are no text in UTF-8, as they were, and the header in front of the first of them.
    Undecoded { text: &'r [u8], header: Option<&'r [u8]> },
    /// A line of CSV.
    Csv(&'r CsvDecoder),
    /// A row of a sheet.
    #[cfg(feature = "xlsx")]
    Sheet(RejectedSheetRow<'r>),
    /// JSON, or what should be that.
    Json(Cow<'r, [u8]>),
}

/// By what the fields of a file's rows are told apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ReadBy {
    /// Each row by the names of its members.
    Members,
    /// By a header, which names these columns.
    Header(Vec<&'static str>),
    /// By their position.
    Position,
}

/// What is said of a file before it is looked at.
#[derive(Debug, Clone, Default)]
pub(crate) struct GivenLayout {
    pub(crate) dialect: Dialect,
    /// Whether the zone of its times is given.
    pub(crate) has_time_zone: bool,
}

/// A file that is about to be read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Opening<'o> {
    /// The table that its rows are for.
    pub(crate) table: &'static Table,
    pub(crate) given: &'o GivenLayout,
    /// Whether nothing but what is given is looked for.
    pub(crate) is_settled: bool,
    /// How it begins.
    pub(crate) start: &'o [u8],
    /// Whether that is all of it; a longer one shows its first [`SAMPLE`] bytes.
    pub(crate) is_whole: bool,
}

/// Opens CSV. What is not given is looked for; a file that is not certain gives nothing but its refusal.
pub(super) fn open_csv(opening: Opening<'_>) -> Box<dyn RowReader> {
    let Opening { table, given: GivenLayout { dialect: given, has_time_zone }, .. } = opening;
    if opening.is_settled {
        return Box::new(CsvDecoder::of_dialect(table, Arc::new(given.clone())));
    }
    let sample = &opening.start[..opening.start.len().min(SAMPLE)];
    let is_whole = opening.is_whole && sample.len() == opening.start.len();
    let verdict = detect::look(table, given, *has_time_zone, sample, is_whole);
    Box::new(match verdict.into_dialect() {
        Ok(dialect) => {
            let is_found = !dialect.is_plain() && dialect.layout() != given.layout();
            CsvDecoder::of_dialect(table, Arc::new(dialect)).of_found_layout(is_found)
        }
        Err(error) => CsvDecoder::refused(table, error),
    })
}

/// Opens NDJSON, whose encoding is looked for if it is not given.
pub(super) fn open_ndjson(opening: Opening<'_>) -> Box<dyn RowReader> {
    let encoding = json_encoding(opening);
    Box::new(NdjsonDecoder::new(opening.table).of_encoding(encoding))
}

/// What JSON is decoded from.
pub(super) fn json_encoding(opening: Opening<'_>) -> Encoding {
    let dialect = &opening.given.dialect;
    match opening.is_settled {
        true => dialect.encoding,
        false => {
            let sample = &opening.start[..opening.start.len().min(SAMPLE)];
            detect::ndjson_encoding(dialect, sample)
        }
    }
}

impl RowReader for CsvDecoder {
    fn next(&mut self, input: &mut &[u8]) -> bool {
        self.advance(input)
    }

    fn end(&mut self) -> bool {
        self.end()
    }

    fn row(&mut self) -> RawRow<'_> {
        self.row()
    }

    fn reject(&self) -> RejectedRow<'_> {
        match self.is_utf8() {
            true => RejectedRow::Csv(self),
            false => RejectedRow::Undecoded { text: self.text(), header: self.header() },
        }
    }

    fn position(&self) -> (u64, u64) {
        self.place()
    }

    fn at_position(&self, line: u64, next_index: u64) -> Box<dyn RowReader> {
        Box::new(self.at_place(line, next_index))
    }

    fn at_record_start(&self) -> (u64, Box<dyn RowReader>) {
        let (back, decoder) = self.at_record_start();
        (back, Box::new(decoder))
    }

    fn read_by(&self) -> ReadBy {
        self.header_columns().map_or(ReadBy::Position, ReadBy::Header)
    }

    fn encoding(&self) -> Encoding {
        self.dialect().encoding
    }

    fn dialect(&self) -> Option<&Dialect> {
        Some(self.dialect())
    }

    fn has_found_layout(&self) -> bool {
        self.has_found_layout()
    }

    fn contradiction(&self) -> Option<RowErrorKind> {
        self.contradiction()
    }

    fn can_be_cut(&self) -> bool {
        self.can_be_cut()
    }

    fn is_in_rest(&self) -> bool {
        self.is_in_rest()
    }
}

impl RowReader for NdjsonDecoder {
    fn next(&mut self, input: &mut &[u8]) -> bool {
        self.advance(input)
    }

    fn end(&mut self) -> bool {
        self.end()
    }

    fn row(&mut self) -> RawRow<'_> {
        self.row()
    }

    fn reject(&self) -> RejectedRow<'_> {
        RejectedRow::of_json(self.text())
    }

    fn position(&self) -> (u64, u64) {
        self.place()
    }

    fn at_position(&self, line: u64, next_index: u64) -> Box<dyn RowReader> {
        Box::new(self.at_place(line, next_index))
    }

    fn at_record_start(&self) -> (u64, Box<dyn RowReader>) {
        let (back, decoder) = self.at_record_start();
        (back, Box::new(decoder))
    }

    fn encoding(&self) -> Encoding {
        self.encoding()
    }

    fn can_be_cut(&self) -> bool {
        true
    }
}

impl<'r> RejectedRow<'r> {
    pub(super) fn of_json(text: &'r [u8]) -> Self {
        match core::str::from_utf8(text) {
            Ok(_) => Self::Json(text.into()),
            Err(_) => Self::Undecoded { text, header: None },
        }
    }
}
