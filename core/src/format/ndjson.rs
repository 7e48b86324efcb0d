//! NDJSON in chunks of any size becomes raw rows with their lines.
//!
//! A line that is no JSON is an error of its row: the next line can be read all the same. A file that
//! begins like another format is refused as a whole: its lines are no rows.

use alloc::vec::Vec;

use serde::de::IgnoredAny;

use crate::format::csv::ROW_LIMIT;
use crate::format::encoding::Encoding;
use crate::format::json;
use crate::format::magic::{self, START};
use crate::table::issue::{RowError, RowErrorKind};
use crate::table::record::{Place, RawRow};
use crate::table::schema::Table;

/// Takes bytes in any chunking and gives rows; members whose name begins with `_` are ignored.
#[derive(Debug)]
pub struct NdjsonDecoder {
    table: &'static Table,
    /// What its text is decoded from.
    encoding: Encoding,
    /// The line so far; a whole one until the next call.
    line: Vec<u8>,
    line_is_whole: bool,
    /// How many bytes it has so far.
    length: u64,
    /// Whether the line passed [`ROW_LIMIT`], so that only its end is looked for.
    overlong: bool,
    lines: u64,
    next_index: u64,
    /// Whether the file is refused as a whole, so that no more rows come.
    refused: bool,
}

impl NdjsonDecoder {
    /// A decoder for one file of one table.
    pub fn new(table: &'static Table) -> Self {
        Self {
            table,
            encoding: Encoding::Utf8,
            line: Vec::new(),
            line_is_whole: false,
            length: 0,
            overlong: false,
            lines: 0,
            next_index: 0,
            refused: false,
        }
    }

    /// The same for a file in another encoding.
    pub(crate) fn of_encoding(self, encoding: Encoding) -> Self {
        Self { encoding, ..self }
    }

    pub(crate) fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// A decoder that goes on from the start of the line that is being read, and how many bytes
    /// that is back from here.
    pub(crate) fn at_record_start(&self) -> (u64, Self) {
        let back = if self.line_is_whole { 0 } else { self.length };
        let Self { table, encoding, lines, next_index, refused, .. } = *self;
        (back, Self { encoding, lines, next_index, refused, ..Self::new(table) })
    }

    /// The line of the next byte and the index of the next row, between two rows.
    pub(crate) fn place(&self) -> (u64, u64) {
        (self.lines + 1, self.next_index)
    }

    /// A decoder of the same file that goes on at another place between two rows.
    pub(crate) fn at_place(&self, line: u64, next_index: u64) -> Self {
        Self { encoding: self.encoding, lines: line - 1, next_index, ..Self::new(self.table) }
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
        if self.refused {
            *input = &[];
        }
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
        !self.refused && self.end_line()
    }

    /// The line that was read last, without its line break; empty if it has passed [`ROW_LIMIT`].
    pub(crate) fn text(&self) -> &[u8] {
        if self.overlong { &[] } else { self.line.trim_ascii_end() }
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
            // How it begins may say what the file is.
            self.line.truncate(START);
            let room = START - self.line.len();
            self.line.extend(&piece[..piece.len().min(room)]);
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
        if let Some(kind) = self.refuse_file() {
            self.refused = true;
            return RawRow::refused(Place { index: None, ..place }, RowError::row(kind));
        }
        self.next_index += 1;
        if self.overlong {
            let kind = RowErrorKind::RowTooLong { limit: ROW_LIMIT };
            return RawRow::refused(place, RowError::row(kind));
        }
        json::decode_line(&self.line, self.table, place).unwrap_or_else(|column| {
            RawRow::refused(place, RowError::row(RowErrorKind::InvalidJson { column }))
        })
    }

    /// Why the whole file is refused, asked at its first row.
    fn refuse_file(&self) -> Option<RowErrorKind> {
        if self.next_index > 0 {
            return None;
        }
        let start = &self.line[..self.line.len().min(START)];
        let found = match self.line.trim_ascii_start() {
            [b'[', ..] => "a JSON array",
            line if !self.overlong && goes_on(line) => "a JSON document of several lines",
            _ => return magic::wrong_format(start),
        };
        let advice =
            "not one object a line; write one object a line, or POST it as application/json";
        Some(RowErrorKind::WrongFormat { found, advice })
    }
}

/// Whether a line is the first one of a JSON value that is written over several lines.
fn goes_on(line: &[u8]) -> bool {
    let line = line.trim_ascii_end();
    let breaks_off = |line| serde_json::from_slice::<IgnoredAny>(line).is_err_and(|it| it.is_eof());
    matches!(line.last(), Some(b'[' | b'{' | b',')) && breaks_off(line) && !is_in_text(line)
}

/// Whether JSON breaks off inside a text.
fn is_in_text(json: &[u8]) -> bool {
    let (mut in_text, mut escaped) = (false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            _ => {}
        }
    }
    in_text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::schema::table;
    use alloc::format;
    use alloc::string::String;
    use alloc::vec;
    use proptest::prelude::*;

    /// The index of what is wrong with the file as a whole.
    const WHOLE: u64 = u64::MAX;

    /// index, line, and the fields or the code of the decoder's error.
    type Seen = (u64, u64, String);

    fn see(row: &RawRow<'_>) -> Seen {
        let text = match row.errors.first() {
            Some(error) => error.kind.code().into(),
            None => format!("{:?}", row.fields),
        };
        (row.place.index.unwrap_or(WHOLE), row.place.line.unwrap(), text)
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
    fn the_rest_of_an_overlong_line_is_skipped() {
        let mut text = vec![b'{'; 2 * ROW_LIMIT];
        text.extend(b"\n{\"id\":1}\n");
        let seen = decode(text.chunks(65_536));
        assert_eq!(seen[0], (0, 1, "row_too_long".into()));
        assert_eq!(seen[1].2, "[Integer(1), Absent]");
    }

    #[test]
    fn a_file_of_another_format_is_refused_whole() {
        for text in [
            "[\n{\"id\":1},\n{\"id\":2}\n]",
            "[{\"id\":1},{\"id\":2}]\n",
            "[]",
            "\u{feff}\n \n [\n1]",
            "{\n\"id\": 1\n}\n",
            "{\"id\": 1,\r\n\"job\": \"a\"}\r\n",
            "{\"jobs\": [\n{\"id\":1}]}",
            "PK\x03\x04\x14\0\n{\"id\":1}\n",
            "Obj\x01\n{\"id\":1}\n",
        ] {
            let line =
                text.lines().position(|line| !line.trim().trim_matches('\u{feff}').is_empty());
            let expected = vec![(WHOLE, line.unwrap() as u64 + 1, "wrong_format".into())];
            assert_eq!(decode([text.as_bytes()]), expected, "{text}");
            assert_eq!(decode(text.as_bytes().chunks(1)), expected, "{text}");
        }
        let text: Vec<u8> = "{\"id\":1}\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decode([text.as_slice()]), [(WHOLE, 1, "wrong_encoding".into())]);
    }

    #[test]
    fn a_long_array_is_refused_whole_too() {
        let text = format!("[{}{{\"id\":2}}]\n{{\"id\":3}}\n", "{\"id\":1},".repeat(ROW_LIMIT / 8));
        for size in [1 << 16, text.len()] {
            let seen = decode(text.as_bytes().chunks(size));
            assert_eq!(seen, [(WHOLE, 1, "wrong_format".into())]);
        }
    }

    #[test]
    fn what_is_wrong_with_one_line_alone_refuses_that_line() {
        for line in
            ["{\"id\":1},", "{\"id\":1", "{\"job\":\"a,", "{\"job\":\"\\\",{", "1,", ",", "{,"]
        {
            let text = format!("{line}\n{{\"id\":2}}\n[\n{{\n");
            let seen = decode([text.as_bytes()]);
            let indexes: Vec<_> = seen.iter().map(|(index, ..)| *index).collect();
            assert_eq!(indexes, [0, 1, 2, 3], "{line}");
        }
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
