//! The formats that come line by line, CSV and NDJSON, behind one door.

use crate::csv::CsvDecoder;
use crate::ndjson::NdjsonDecoder;
use crate::record::RawRow;
use crate::schema::Table;

/// A format whose rows are lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineFormat {
    /// Comma-separated values, `text/csv`.
    Csv,
    /// One JSON object a line, `application/x-ndjson`.
    Ndjson,
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
        match format {
            LineFormat::Csv => Self::Csv(CsvDecoder::new(table)),
            LineFormat::Ndjson => Self::Ndjson(NdjsonDecoder::new(table)),
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

    /// The last row, if the file does not end with a line break.
    pub fn finish(&mut self) -> Option<RawRow<'_>> {
        match self {
            Self::Csv(decoder) => decoder.finish(),
            Self::Ndjson(decoder) => decoder.finish(),
        }
    }
}
