//! The formats that come line by line, CSV and NDJSON, behind one door.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::formats::LineFormat;
use crate::format::csv::detect::{self, SAMPLE};
use crate::format::csv::{CsvDecoder, Dialect, Header};
use crate::format::encoding::Encoding;
use crate::format::ndjson::NdjsonDecoder;
use crate::table::issue::RowErrorKind;
use crate::table::record::RawRow;
use crate::table::schema::Table;

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

/// Takes bytes in any chunking and gives rows.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "there is one a file, never many of them")]
pub enum LineDecoder {
    /// For CSV.
    Csv(CsvDecoder),
    /// For NDJSON.
    Ndjson(NdjsonDecoder),
}

impl LineDecoder {
    /// A decoder for one file of one table.
    pub fn new(format: LineFormat, table: &'static Table) -> Self {
        Self::with_header(format, table, Header::Detect)
    }

    /// A decoder for a file that is said to have a header, or none; only CSV has one.
    pub fn with_header(format: LineFormat, table: &'static Table, header: Header) -> Self {
        match format {
            LineFormat::Csv => Self::Csv(CsvDecoder::with_header(table, header)),
            LineFormat::Ndjson => Self::Ndjson(NdjsonDecoder::new(table)),
        }
    }

    /// A decoder for a file of which all is known.
    pub(crate) fn of_dialect(
        format: LineFormat,
        table: &'static Table,
        dialect: Arc<Dialect>,
    ) -> Self {
        match format {
            LineFormat::Ndjson => {
                Self::Ndjson(NdjsonDecoder::new(table).of_encoding(dialect.encoding))
            }
            LineFormat::Csv => Self::Csv(CsvDecoder::of_dialect(table, dialect)),
        }
    }

    /// A decoder for a file that begins like this, and its encoding. What is not given is looked for; a
    /// file that is not certain gives nothing but its refusal.
    ///
    /// `is_whole` says whether it is all of the file; a longer one shows its first [`SAMPLE`] bytes.
    pub(crate) fn of_start(
        format: LineFormat,
        table: &'static Table,
        given: &GivenLayout,
        start: &[u8],
        is_whole: bool,
    ) -> (Self, Encoding) {
        let sample = &start[..start.len().min(SAMPLE)];
        let is_whole = is_whole && sample.len() == start.len();
        let verdict = match format {
            LineFormat::Ndjson => {
                let encoding = detect::ndjson_encoding(&given.dialect, sample);
                let decoder = NdjsonDecoder::new(table).of_encoding(encoding);
                return (Self::Ndjson(decoder), encoding);
            }
            LineFormat::Csv => {
                let GivenLayout { dialect, has_time_zone } = given;
                detect::look(table, dialect, *has_time_zone, sample, is_whole)
            }
        };
        match verdict.into_dialect() {
            Ok(dialect) => {
                let encoding = dialect.encoding;
                let is_found = !dialect.is_plain() && dialect.layout() != given.dialect.layout();
                let decoder = CsvDecoder::of_dialect(table, Arc::new(dialect));
                (Self::Csv(decoder.of_found_layout(is_found)), encoding)
            }
            Err(error) => (Self::Csv(CsvDecoder::refused(table, error)), Encoding::Utf8),
        }
    }

    /// How the file is written.
    pub(crate) fn dialect(&self) -> Option<&Dialect> {
        match self {
            Self::Csv(decoder) => Some(decoder.dialect()),
            Self::Ndjson(_) => None,
        }
    }

    /// What its text is decoded from.
    pub(crate) fn encoding(&self) -> Encoding {
        match self {
            Self::Csv(decoder) => decoder.dialect().encoding,
            Self::Ndjson(decoder) => decoder.encoding(),
        }
    }

    /// Whether the layout, which is not the default, was found and not given.
    pub(crate) fn has_found_layout(&self) -> bool {
        matches!(self, Self::Csv(decoder) if decoder.has_found_layout())
    }

    /// Why the bad row at hand shows that the layout which was found is not that of the whole file.
    pub(crate) fn contradiction(&self) -> Option<RowErrorKind> {
        match self {
            Self::Csv(decoder) => decoder.contradiction(),
            Self::Ndjson(_) => None,
        }
    }

    /// Reads up to the end of the next row and moves `input` behind it.
    ///
    /// `None` means that `input` is used up: give the next chunk, or call [`Self::finish`].
    pub fn next_row(&mut self, input: &mut &[u8]) -> Option<RawRow<'_>> {
        match self {
            Self::Csv(decoder) => decoder.next_row(input),
            Self::Ndjson(decoder) => decoder.next_row(input),
        }
    }

    /// The rows that are left when the file has ended, one each time.
    pub fn finish(&mut self) -> Option<RawRow<'_>> {
        match self {
            Self::Csv(decoder) => decoder.finish(),
            Self::Ndjson(decoder) => decoder.finish(),
        }
    }

    /// A decoder that goes on from the start of the record that is being read, and how many bytes
    /// that is back from here.
    pub(crate) fn at_record_start(&self) -> (u64, Self) {
        match self {
            Self::Csv(decoder) => {
                let (back, decoder) = decoder.at_record_start();
                (back, Self::Csv(decoder))
            }
            Self::Ndjson(decoder) => {
                let (back, decoder) = decoder.at_record_start();
                (back, Self::Ndjson(decoder))
            }
        }
    }

    /// The line of the next byte and the index of the next row, between two rows.
    pub(crate) fn place(&self) -> (u64, u64) {
        match self {
            Self::Csv(decoder) => decoder.place(),
            Self::Ndjson(decoder) => decoder.place(),
        }
    }

    /// A decoder of the same file that goes on at another place between two rows.
    pub(crate) fn at_place(&self, line: u64, next_index: u64) -> Self {
        match self {
            Self::Csv(decoder) => Self::Csv(decoder.at_place(line, next_index)),
            Self::Ndjson(decoder) => Self::Ndjson(decoder.at_place(line, next_index)),
        }
    }

    /// Moves `input` behind the next row, for [`Self::row`] to give; `false` if it is used up.
    pub(crate) fn advance(&mut self, input: &mut &[u8]) -> bool {
        match self {
            Self::Csv(decoder) => decoder.advance(input),
            Self::Ndjson(decoder) => decoder.advance(input),
        }
    }

    /// Whether a row is left, for [`Self::row`] to give, when the file has ended.
    pub(crate) fn end(&mut self) -> bool {
        match self {
            Self::Csv(decoder) => decoder.end(),
            Self::Ndjson(decoder) => decoder.end(),
        }
    }

    /// The row that was read last; to be asked for once.
    pub(crate) fn row(&mut self) -> RawRow<'_> {
        match self {
            Self::Csv(decoder) => decoder.row(),
            Self::Ndjson(decoder) => decoder.row(),
        }
    }

    /// The row that was read last as it stands in the file, without the line break behind it;
    /// empty if it was too long to be kept.
    pub(crate) fn text(&self) -> &[u8] {
        match self {
            Self::Csv(decoder) => decoder.text(),
            Self::Ndjson(decoder) => decoder.text(),
        }
    }

    /// Whether the bytes of the row, or of the record of which it is a line, are UTF-8.
    pub(crate) fn is_utf8(&self) -> bool {
        match self {
            Self::Csv(decoder) => decoder.is_utf8(),
            Self::Ndjson(decoder) => core::str::from_utf8(decoder.text()).is_ok(),
        }
    }

    /// The file's header as it is there, if it has one.
    pub(crate) fn header(&self) -> Option<&[u8]> {
        match self {
            Self::Csv(decoder) => decoder.header(),
            Self::Ndjson(_) => None,
        }
    }

    /// By what the fields of its rows are told apart, once the first one is read.
    pub(crate) fn read_by(&self) -> ReadBy {
        match self {
            Self::Csv(decoder) => decoder.header_columns().map_or(ReadBy::Position, ReadBy::Header),
            Self::Ndjson(_) => ReadBy::Members,
        }
    }

    /// Whether a scan of the file's ranges finds its records.
    pub(crate) fn can_be_cut(&self) -> bool {
        match self {
            Self::Csv(decoder) => decoder.can_be_cut(),
            Self::Ndjson(_) => true,
        }
    }

    /// Whether the row at hand, and all behind it, is the rest of a file that has ended early.
    pub(crate) fn is_in_rest(&self) -> bool {
        match self {
            Self::Csv(decoder) => decoder.is_in_rest(),
            Self::Ndjson(_) => false,
        }
    }
}
