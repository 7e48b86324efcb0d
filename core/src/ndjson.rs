//! NDJSON in chunks of any size becomes raw rows with their lines.
//!
//! A line that is no JSON is an error of its row: the next line can be read all the same.

use alloc::vec::Vec;

use crate::csv::ROW_LIMIT;
use crate::json;
use crate::outcome::{RowError, RowErrorKind};
use crate::record::{Place, RawRow};
use crate::schema::Table;

/// Takes bytes in any chunking and gives rows; members whose name begins with `_` are read over.
#[derive(Debug)]
pub struct NdjsonDecoder {
    table: &'static Table,
    /// The line so far; a whole one until the next call.
    line: Vec<u8>,
    line_is_whole: bool,
    /// How many bytes it has so far.
    length: u64,
    /// Whether the line passed [`ROW_LIMIT`], so that only its end is looked for.
    overlong: bool,
    lines: u64,
    next_index: u64,
}

impl NdjsonDecoder {
    /// A decoder for one file of one table.
    pub fn new(table: &'static Table) -> Self {
        Self {
            table,
            line: Vec::new(),
            line_is_whole: false,
            length: 0,
            overlong: false,
            lines: 0,
            next_index: 0,
        }
    }

    /// A decoder that goes on from the start of the line that is being read, and how many bytes
    /// that is back from here.
    pub(crate) fn at_record_start(&self) -> (u64, Self) {
        let back = if self.line_is_whole { 0 } else { self.length };
        let (lines, next_index) = (self.lines, self.next_index);
        (back, Self { lines, next_index, ..Self::new(self.table) })
    }

    /// The line of the next byte and the index of the next row, between two rows.
    pub(crate) fn place(&self) -> (u64, u64) {
        (self.lines + 1, self.next_index)
    }

    /// A decoder of the same file that goes on at another place between two rows.
    pub(crate) fn at_place(&self, line: u64, next_index: u64) -> Self {
        Self { lines: line - 1, next_index, ..Self::new(self.table) }
    }

    /// Reads up to the end of the next row and moves `input` behind it.
    ///
    /// `None` means that `input` is used up: give the next chunk, or call [`Self::finish`].
    pub fn next_row(&mut self, input: &mut &[u8]) -> Option<RawRow<'_>> {
        if self.advance(input) { Some(self.row()) } else { None }
    }

    /// The last row, if the file does not end with a line break.
    pub fn finish(&mut self) -> Option<RawRow<'_>> {
        if self.end() { Some(self.row()) } else { None }
    }

    /// Moves `input` behind the next row, for [`Self::row`] to give; `false` if it is used up.
    pub(crate) fn advance(&mut self, input: &mut &[u8]) -> bool {
        while !input.is_empty() {
            self.begin_line();
            let end = memchr::memchr(b'\n', input);
            self.take(&input[..end.unwrap_or(input.len())]);
            *input = &input[end.map_or(input.len(), |end| end + 1)..];
            if end.is_none() {
                return false; // The line goes on in the next chunk.
            }
            if self.end_line() {
                return true;
            }
        }
        false
    }

    /// Whether a last row, without a line break, is there for [`Self::row`] to give.
    pub(crate) fn end(&mut self) -> bool {
        self.begin_line();
        self.end_line()
    }

    /// The line that was read last, without its line break; empty if it has passed [`ROW_LIMIT`].
    pub(crate) fn text(&self) -> &[u8] {
        self.line.trim_ascii_end()
    }

    fn begin_line(&mut self) {
        if self.line_is_whole {
            self.line_is_whole = false;
            self.overlong = false;
            self.length = 0;
            self.line.clear();
        }
    }

    fn take(&mut self, piece: &[u8]) {
        self.length += piece.len() as u64;
        self.overlong |= self.line.len() + piece.len() > ROW_LIMIT;
        if self.overlong {
            self.line.clear();
        } else {
            self.line.extend(piece);
        }
    }

    /// Whether the line that ends here is a row: blank ones are not.
    fn end_line(&mut self) -> bool {
        self.lines += 1;
        self.line_is_whole = true;
        // A file that was put together of others has a byte order mark in front of each.
        while self.line.starts_with(json::BOM) {
            self.line.drain(..json::BOM.len());
        }
        self.overlong || !self.line.trim_ascii().is_empty()
    }

    /// The row that was read last; to be asked for once.
    pub(crate) fn row(&mut self) -> RawRow<'_> {
        let place = Place { index: Some(self.next_index), line: Some(self.lines) };
        self.next_index += 1;
        if self.overlong {
            let kind = RowErrorKind::RowTooLong { limit: ROW_LIMIT };
            return RawRow::refused(place, RowError::row(kind));
        }
        json::decode_line(&self.line, self.table, place).unwrap_or_else(|column| {
            RawRow::refused(place, RowError::row(RowErrorKind::InvalidJson { column }))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::table;
    use alloc::format;
    use alloc::string::String;
    use alloc::vec;
    use proptest::prelude::*;

    /// index, line, and the fields or the code of the decoder's error.
    type Seen = (u64, u64, String);

    fn see(row: &RawRow<'_>) -> Seen {
        let text = match row.errors.first() {
            Some(error) => error.kind.code().into(),
            None => format!("{:?}", row.fields),
        };
        (row.place.index.unwrap(), row.place.line.unwrap(), text)
    }

    fn decode<'c>(chunks: impl IntoIterator<Item = &'c [u8]>) -> Vec<Seen> {
        let mut decoder = NdjsonDecoder::new(table("jobs").unwrap());
        let mut rows = Vec::new();
        for mut chunk in chunks {
            while let Some(row) = decoder.next_row(&mut chunk) {
                rows.push(see(&row));
            }
            assert!(chunk.is_empty());
        }
        rows.extend(decoder.finish().as_ref().map(see));
        rows
    }

    #[test]
    fn each_line_is_a_row() {
        let text = "\u{feff}{\"id\":1,\"job\":\"a\"}\r\n\n{\"id\":2}\n7\n{\"id\":3\n {\"id\":4} {}\n{}\n\
             {\"_errors\":[{}],\"id\":9}";
        let seen = decode([text.as_bytes()]);
        assert_eq!(
            seen,
            vec![
                (0, 1, "[Integer(1), Text(\"a\")]".into()),
                (1, 3, "[Integer(2), Absent]".into()),
                (2, 4, "wrong_type".into()),
                (3, 5, "invalid_json".into()),
                (4, 6, "invalid_json".into()),
                (5, 7, "[Absent, Absent]".into()),
                (6, 8, "[Integer(9), Absent]".into()),
            ]
        );
        assert_eq!(seen, decode(text.as_bytes().chunks(1)));
        assert_eq!(decode([b"".as_slice()]), []);
        assert_eq!(decode([b"\n \n".as_slice()]), []);
    }

    #[test]
    fn an_overlong_line_is_read_over() {
        let mut text = vec![b'['; 2 * ROW_LIMIT];
        text.extend(b"\n{\"id\":1}\n");
        let seen = decode(text.chunks(65_536));
        assert_eq!(seen[0], (0, 1, "row_too_long".into()));
        assert_eq!(seen[1].2, "[Integer(1), Absent]");
    }

    proptest! {
        #[test]
        fn any_chunking_gives_the_same_rows(
            text in r#"([\[\]{}:,"a-c0-9 ]|\n|\{"id":[0-9]+\}){0,60}"#,
            size in 1..20_usize,
        ) {
            prop_assert_eq!(decode([text.as_bytes()]), decode(text.as_bytes().chunks(size)));
        }

        #[test]
        fn from_the_start_of_a_line_the_same_rows_follow(
            text in r#"([\[\]{}:,"a-c0-9 ]|\n|\{"id":[0-9]+\}){0,60}"#,
            cut in 0..60_usize,
        ) {
            let text = text.as_bytes();
            let cut = cut.min(text.len());
            let mut decoder = NdjsonDecoder::new(table("jobs").unwrap());
            let mut before = &text[..cut];
            let mut rows = Vec::new();
            while let Some(row) = decoder.next_row(&mut before) {
                rows.push(see(&row));
            }
            let (back, mut decoder) = decoder.at_record_start();
            let mut after = &text[cut - back as usize..];
            while let Some(row) = decoder.next_row(&mut after) {
                rows.push(see(&row));
            }
            rows.extend(decoder.finish().as_ref().map(see));
            prop_assert_eq!(rows, decode([text]));
        }

        #[test]
        fn random_bytes_never_panic(text in proptest::collection::vec(any::<u8>(), 0..200)) {
            decode([text.as_slice()]);
        }
    }
}
