//! CSV in chunks of any size becomes raw rows with their lines.
//!
//! `csv-core` finds the cells; this module adds what a table needs: the byte order mark, the
//! header, the number of cells, UTF-8, line numbers, and a bound on a row's length.
//!
//! A row that is cut by a chunk's end is kept in the decoder, so that the rows do not depend on
//! how the bytes were cut. Whoever changes the state kept between two calls runs the property
//! test `any_chunking_gives_the_same_rows`.

mod record_buffer;

use alloc::vec::Vec;

use csv_core::{ReadRecordResult, Reader};

use crate::json::BOM;
use crate::outcome::{RowError, RowErrorKind};
use crate::record::{Place, RawRow};
use crate::schema::{ColumnType, Table};

use record_buffer::RecordBuffer;

/// The most bytes of cells that one row may have; a longer one is read over and refused.
pub const ROW_LIMIT: usize = 1 << 20;

/// The most cells that one row may have; far more than MySQL's 4,096 columns.
const CELL_LIMIT: usize = 1 << 16;

/// Takes bytes in any chunking and gives rows.
#[derive(Debug)]
pub struct CsvDecoder {
    table: &'static Table,
    reader: Reader,
    /// How much of a byte order mark has been seen; `BOM.len()` once that question is settled.
    bom_seen: usize,
    /// Which column each cell of a line fills; `None` for a cell that is read over.
    layout: Vec<Option<usize>>,
    record: RecordBuffer,
    in_record: bool,
    /// The line of the next byte.
    line: u64,
    header: Header,
    refused: bool,
    next_index: u64,
    /// What the last record is, if it ended with the file inside a quote.
    unclosed: Option<RowErrorKind>,
}

/// What is known of the file's first line.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Header {
    NotRead,
    /// There is one, and this is its text.
    Present(Vec<u8>),
    Absent,
}

impl CsvDecoder {
    /// A decoder for one file of one table.
    pub fn new(table: &'static Table) -> Self {
        Self {
            table,
            reader: new_reader(),
            bom_seen: 0,
            layout: (0..table.columns.len()).map(Some).collect(),
            record: RecordBuffer::new(),
            in_record: false,
            line: 1,
            header: Header::NotRead,
            refused: false,
            next_index: 0,
            unclosed: None,
        }
    }

    /// A decoder that goes on from the start of the record that is being read, and how many bytes
    /// that is back from here.
    pub(crate) fn at_record_start(&self) -> (u64, Self) {
        let (back, line) = match self.in_record {
            true => (self.record.length, self.record.start_line),
            false => (0, self.line),
        };
        let is_bom = self.bom_seen < BOM.len();
        let decoder = Self {
            table: self.table,
            // No clone: csv-core 0.1.13 forgets part of a reader's state in one.
            reader: new_reader(),
            bom_seen: if is_bom { 0 } else { self.bom_seen },
            layout: self.layout.clone(),
            record: RecordBuffer::new(),
            in_record: false,
            line,
            header: self.header.clone(),
            refused: self.refused,
            next_index: self.next_index,
            unclosed: None,
        };
        (if is_bom { self.bom_seen as u64 } else { back }, decoder)
    }

    /// The line of the next byte and the index of the next row, between two rows.
    pub(crate) fn place(&self) -> (u64, u64) {
        (self.line, self.next_index)
    }

    /// A decoder of the same file that goes on at another place between two rows.
    pub(crate) fn at_place(&self, line: u64, next_index: u64) -> Self {
        let (_, decoder) = self.at_record_start();
        Self { line, next_index, bom_seen: BOM.len(), ..decoder }
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
        self.skip_bom(input);
        while self.read_record(input) {
            if !self.refused && !self.takes_as_header() {
                return true;
            }
        }
        false
    }

    /// Whether a last row, without a line break, is there for [`Self::row`] to give.
    pub(crate) fn end(&mut self) -> bool {
        // Bytes that only began like a byte order mark belong to the first row.
        let held = if self.bom_seen < BOM.len() { &BOM[..self.bom_seen] } else { &[] };
        self.bom_seen = BOM.len();
        self.read_record(&mut { held });

        if !self.in_record {
            return false;
        }
        // A line break ends every record but one that stands inside quotes.
        let open_quote = !self.read_record(&mut b"\n".as_slice());
        self.unclosed = open_quote.then(|| {
            let line = self.record.overlong.unwrap_or(self.line - self.record.open_breaks());
            RowErrorKind::UnclosedQuote { line }
        });
        !self.refused && (open_quote || !self.takes_as_header())
    }

    /// The row that was read last as it stands in the file, without the line break behind it;
    /// empty if it has passed [`ROW_LIMIT`].
    pub(crate) fn text(&self) -> &[u8] {
        trim_line_break(&self.record.text)
    }

    /// The file's header as it stands there, if it has one.
    pub(crate) fn header(&self) -> Option<&[u8]> {
        match &self.header {
            Header::Present(text) => Some(text),
            Header::NotRead | Header::Absent => None,
        }
    }

    fn skip_bom(&mut self, input: &mut &[u8]) {
        while self.bom_seen < BOM.len() {
            match input.first() {
                None => return,
                Some(byte) if *byte == BOM[self.bom_seen] => {
                    self.bom_seen += 1;
                    *input = &input[1..];
                }
                Some(_) => {
                    let held = &BOM[..self.bom_seen];
                    self.bom_seen = BOM.len();
                    self.read_record(&mut { held });
                }
            }
        }
    }

    /// Feeds csv-core until a record is complete (`true`) or the input is used up.
    fn read_record(&mut self, input: &mut &[u8]) -> bool {
        if !self.in_record && !self.begin_record(input) {
            return false;
        }
        while !input.is_empty() {
            let record = &mut self.record;
            let (result, read, written, ended) = self.reader.read_record(
                input,
                &mut record.bytes[record.len..],
                &mut record.ends[record.cells..],
            );
            self.line += count_breaks(&input[..read]);
            record.take_text(&input[..read]);
            *input = &input[read..];
            record.len += written;
            record.cells += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => record.make_room(self.line),
                ReadRecordResult::OutputEndsFull => record.make_room_for_ends(self.line),
                ReadRecordResult::Record | ReadRecordResult::End => {
                    self.in_record = false;
                    return true;
                }
            }
        }
        false
    }

    /// Skips blank lines; `false` if nothing is left after them.
    fn begin_record(&mut self, input: &mut &[u8]) -> bool {
        let blank = input.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
        self.line += count_breaks(&input[..blank]);
        *input = &input[blank..];
        if input.is_empty() {
            return false;
        }
        self.in_record = true;
        self.record.begin(self.line);
        true
    }

    /// Whether the record just read is the file's header; if so, it is applied.
    fn takes_as_header(&mut self) -> bool {
        if self.header != Header::NotRead {
            return false;
        }
        self.header = Header::Absent;
        let names = self.record.cells().collect::<Option<Vec<_>>>();
        let layout = names.and_then(|names| {
            names.iter().map(|name| self.layout_of(name)).collect::<Option<Vec<_>>>()
        });
        match layout {
            Some(layout) if layout.iter().any(Option::is_some) => {
                self.layout = layout;
                self.header = Header::Present(self.text().to_vec());
                true
            }
            _ => false,
        }
    }

    /// What a header's cell says: a column, nothing (a name that begins with `_`), or `None`
    /// if it is no header's cell.
    fn layout_of(&self, name: &str) -> Option<Option<usize>> {
        if name.starts_with('_') {
            return Some(None);
        }
        self.table.column_index(&name.to_ascii_lowercase()).map(Some)
    }

    /// The row that was read last; to be asked for once.
    pub(crate) fn row(&mut self) -> RawRow<'_> {
        let first = self.next_index == 0;
        let refused_file = if first { self.refuse_file() } else { None };
        self.refused = refused_file.is_some();
        let index = (!self.refused).then_some(self.next_index);
        self.next_index += 1;

        let error = refused_file.or_else(|| {
            let too_long = RowErrorKind::RowTooLong { limit: ROW_LIMIT };
            let unclosed = self.unclosed.take();
            unclosed.or_else(|| self.record.overlong.map(|_| too_long)).map(RowError::row)
        });
        let place = Place { index, line: Some(self.record.start_line) };
        match error {
            Some(error) => RawRow::refused(place, error),
            None => self.record.raw_row(place, self.table, &self.layout),
        }
    }

    /// Why the whole file is refused, asked at its first row.
    fn refuse_file(&self) -> Option<RowError> {
        match self.header {
            Header::Present(_) => self.repeated_column(),
            _ => self.half_a_header(),
        }
    }

    fn repeated_column(&self) -> Option<RowError> {
        let mut columns = self.layout.iter().flatten().enumerate();
        let repeated = columns.find_map(|(seen, column)| {
            self.layout
                .iter()
                .flatten()
                .take(seen)
                .any(|earlier| earlier == column)
                .then_some(*column)
        })?;
        let name = self.table.columns[repeated].name;
        Some(RowError::column(name, RowErrorKind::DuplicateColumn))
    }

    /// A first line that names columns, but not only columns.
    ///
    /// It may stand over columns in another order; to read the rows below it by position could
    /// mix them up without an error.
    fn half_a_header(&self) -> Option<RowError> {
        let cells = self.record.cells().map(Option::unwrap_or_default).collect::<Vec<_>>();
        let is_name = |cell: &&str| self.layout_of(cell).is_some_and(|column| column.is_some());
        let names = cells.iter().filter(|cell| is_name(cell)).count();
        let reads_as_data = match self.table.key_column().column_type {
            ColumnType::Int { .. } => {
                cells.get(self.table.key).is_none_or(|key| key.parse::<i64>().is_ok())
            }
            ColumnType::Varchar { .. } | ColumnType::DateTime => names * 2 < cells.len(),
        };
        if names == 0 || reads_as_data {
            return None;
        }
        let stranger = cells.iter().position(|cell| !is_name(cell)).unwrap_or_default();
        Some(RowError::row(RowErrorKind::UnknownHeader { cell: stranger + 1 }))
    }
}

fn new_reader() -> Reader {
    let mut reader = Reader::new();
    // csv-core strips a byte order mark only where one chunk holds all of it. It looks at
    // the first bytes it is given, so it is given a blank line, and we look ourselves.
    reader.read_record(b"\n", &mut [0], &mut [0]);
    reader
}

fn trim_line_break(text: &[u8]) -> &[u8] {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.strip_suffix(b"\r").unwrap_or(text)
}

fn count_breaks(bytes: &[u8]) -> u64 {
    match memchr::memchr(b'\n', bytes) {
        None => 0,
        // As of most records.
        Some(first) if first + 1 == bytes.len() => 1,
        Some(_) => memchr::memchr_iter(b'\n', bytes).count() as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::RowErrorKind as Kind;
    use crate::record::RawField;
    use crate::schema::table;
    use alloc::borrow::ToOwned;
    use alloc::string::{String, ToString};
    use proptest::prelude::*;

    /// index, line, and either the cells or the code of the decoder's error.
    type Seen = (Option<u64>, u64, Result<Vec<Option<String>>, String>);

    fn see(row: &RawRow<'_>) -> Seen {
        let fields = match row.errors.first() {
            Some(error) => Err(error.kind.code().to_owned()),
            None => Ok(row
                .fields
                .iter()
                .map(|field| match field {
                    RawField::Absent => None,
                    RawField::Cell(cell) => Some((*cell).to_owned()),
                    other => panic!("{other:?} from CSV"),
                })
                .collect()),
        };
        (row.place.index, row.place.line.unwrap(), fields)
    }

    fn decode<'c>(name: &str, chunks: impl IntoIterator<Item = &'c [u8]>) -> Vec<Seen> {
        let mut decoder = CsvDecoder::new(table(name).unwrap());
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

    /// Decodes whole and byte by byte, and wants the same from both.
    fn jobs(text: &[u8]) -> Vec<Seen> {
        let whole = decode("jobs", [text]);
        assert_eq!(whole, decode("jobs", text.chunks(1)), "byte by byte");
        whole
    }

    fn good(index: u64, line: u64, cells: [&str; 2]) -> Seen {
        (Some(index), line, Ok(cells.map(|cell| Some(cell.to_owned())).into()))
    }

    fn bad(index: Option<u64>, line: u64, code: &str) -> Seen {
        (index, line, Err(code.to_owned()))
    }

    #[test]
    fn line_ends_byte_order_mark_and_padding() {
        let expected = [good(0, 1, ["1", "Sales"]), good(1, 2, ["2", "Support"])];
        for text in [
            "1,Sales\n2,Support\n",
            "1,Sales\n2,Support",
            "1,Sales\r\n2,Support\r\n",
            "1,Sales\r\n2,Support",
            "\u{feff}1,Sales\n2,Support\n",
            "1, Sales\n2,\tSupport \n",
            "1,\"Sales\"\n2,\" Support\t\"",
        ] {
            assert_eq!(jobs(text.as_bytes()), expected, "{text:?}");
        }
    }

    #[test]
    fn blank_lines_are_no_rows_but_count_as_lines() {
        let expected = [good(0, 3, ["1", "a"]), good(1, 5, ["2", "b"])];
        assert_eq!(jobs(b"\n\r\n1,a\n\r\n2,b\n\n"), expected);
        assert_eq!(jobs(b""), []);
        assert_eq!(jobs(b"\n\n"), []);
        assert_eq!(jobs(BOM), []);
    }

    #[test]
    fn quoted_cells_keep_commas_quotes_and_line_breaks() {
        let text = b"1,\"a, b\"\n2,\"say \"\"hi\"\"\"\n3,\"two\nlines\"\n4,d\n";
        assert_eq!(
            jobs(text),
            [
                good(0, 1, ["1", "a, b"]),
                good(1, 2, ["2", "say \"hi\""]),
                good(2, 3, ["3", "two\nlines"]),
                good(3, 5, ["4", "d"]),
            ]
        );
    }

    #[test]
    fn a_header_is_every_cell_a_name() {
        let expected = [good(0, 2, ["1", "Clerk"])];
        assert_eq!(jobs(b"id,job_name\n1,Clerk\n"), expected);
        assert_eq!(jobs(b"id,job\n1,Clerk\n"), expected);
        assert_eq!(jobs(b"\xEF\xBB\xBF\"ID\", Job\n1,Clerk"), expected);
        assert_eq!(jobs(b"job,id\nClerk,1"), expected);
        assert_eq!(jobs(b"_line,_code,id,job\n7,missing,1,Clerk"), expected);
        assert_eq!(jobs(b"id,job\n"), []);
        assert_eq!(jobs(b"id,job"), []);
        // A job may be called "job"; its line still is data.
        assert_eq!(jobs(b"1,job\n"), [good(0, 1, ["1", "job"])]);
        // Only the first line can be a header.
        assert_eq!(jobs(b"id,job\nid,job\n"), [good(0, 2, ["id", "job"])]);
    }

    #[test]
    fn a_header_may_leave_columns_out() {
        let rows = decode("employees", [b"name,id\nAnn,1\n".as_slice()]);
        let cells = [Some("1"), Some("Ann"), None, None, None].map(|cell| cell.map(str::to_owned));
        assert_eq!(rows, [(Some(0), 2, Ok(cells.into()))]);
    }

    #[test]
    fn half_a_header_refuses_the_whole_file() {
        let refused = [bad(None, 1, "unknown_column")];
        assert_eq!(jobs(b"id,title\n1,Clerk\n2,Cook\n"), refused);
        assert_eq!(jobs(b"title,job\nClerk,1\n"), refused);
        assert_eq!(jobs(b"id,id\n1,2\n"), [bad(None, 2, "duplicate_column")]);
    }

    #[test]
    fn short_and_long_lines_say_what_came() {
        let mut decoder = CsvDecoder::new(table("jobs").unwrap());
        let row = decoder.next_row(&mut b"1, \"Sales, EMEA\"\n".as_slice()).unwrap();
        let expected = Kind::WrongFieldCount { expected: 2, got: 3, late_quote: true };
        assert_eq!(row.errors, [RowError::row(expected)]);
        let row = decoder.next_row(&mut b"7\n".as_slice()).unwrap();
        let expected = Kind::WrongFieldCount { expected: 2, got: 1, late_quote: false };
        assert_eq!(row.errors, [RowError::row(expected)]);
    }

    #[test]
    fn an_unclosed_quote_names_the_line_that_opened_it() {
        for (text, first, line) in [
            ("1,a\n2,\"b\n3,c\n4,d", 2, 2),
            ("1,a\n2,\"b\n3,c\n4,d\n", 2, 2),
            ("1,a\n\"2\n\n\",\"b\r\n", 2, 4),
        ] {
            let mut decoder = CsvDecoder::new(table("jobs").unwrap());
            let mut input = text.as_bytes();
            decoder.next_row(&mut input).unwrap();
            assert!(decoder.next_row(&mut input).is_none());
            let row = decoder.finish().unwrap();
            assert_eq!(row.place.line, Some(first));
            assert_eq!(row.errors, [RowError::row(Kind::UnclosedQuote { line })], "{text:?}");
        }
    }

    #[test]
    fn the_text_of_a_row_is_kept_as_it_stands() {
        let file = b"\xEF\xBB\xBFJob, id\r\n\r\n a ,\"1\"\r\n\"b\nc\",2\nd,3,\"\"";
        for size in [1, 2, 3, file.len()] {
            let mut decoder = CsvDecoder::new(table("jobs").unwrap());
            let mut texts = Vec::new();
            for mut chunk in file.chunks(size) {
                while decoder.next_row(&mut chunk).is_some() {
                    texts.push(decoder.text().to_vec());
                }
            }
            assert!(decoder.finish().is_some());
            texts.push(decoder.text().to_vec());
            let expected: [&[u8]; 3] = [b" a ,\"1\"", b"\"b\nc\",2", b"d,3,\"\""];
            assert_eq!(texts, expected, "in pieces of {size}");
            assert_eq!(decoder.header(), Some(b"Job, id".as_slice()));
        }
    }

    #[test]
    fn a_line_that_is_not_utf_8_is_one_bad_row() {
        let rows = jobs(b"1,a\n2,\xff\n3,\xc3,\xa9\n4,d\n5,\xc3\n");
        assert_eq!(
            rows,
            [
                good(0, 1, ["1", "a"]),
                bad(Some(1), 2, "invalid_utf8"),
                bad(Some(2), 3, "wrong_field_count"),
                good(3, 4, ["4", "d"]),
                bad(Some(4), 5, "invalid_utf8"),
            ]
        );
        // Two halves of a character in two cells are not one character.
        assert_eq!(jobs(b"\xc3,\xa9\n"), [bad(Some(0), 1, "invalid_utf8")]);
    }

    #[test]
    fn an_overlong_row_is_read_over_in_bounded_memory() {
        let mut text = b"1,a\n2,\"".to_vec();
        text.extend(core::iter::repeat_n(b'x', 3 * ROW_LIMIT));
        text.extend(b"\"\n3,c\n");
        text.extend(core::iter::repeat_n(b',', 3 * CELL_LIMIT));
        text.extend(b"\n4,d\n5,\"");
        text.extend(core::iter::repeat_n(b'\n', 2 * ROW_LIMIT));
        let rows = decode("jobs", text.chunks(65_536));
        assert_eq!(
            rows,
            [
                good(0, 1, ["1", "a"]),
                bad(Some(1), 2, "row_too_long"),
                good(2, 3, ["3", "c"]),
                bad(Some(3), 4, "row_too_long"),
                good(4, 5, ["4", "d"]),
                bad(Some(5), 6, "unclosed_quote"),
            ]
        );
    }

    /// Writes a cell so that any reader of RFC 4180 gets it back.
    fn encode(cells: &[String]) -> String {
        let quoted = cells.iter().map(|cell| alloc::format!("\"{}\"", cell.replace('"', "\"\"")));
        quoted.collect::<Vec<_>>().join(",") + "\r\n"
    }

    proptest! {
        #[test]
        fn any_chunking_gives_the_same_rows(
            text in proptest::collection::vec(
                prop_oneof![
                    Just(b','), Just(b'"'), Just(b'\n'), Just(b'\r'), Just(b' '), Just(b'1'),
                    Just(0xEF), Just(0xBB), Just(0xBF), any::<u8>(),
                ],
                0..80,
            ),
            cuts in proptest::collection::vec(0..80_usize, 0..8),
        ) {
            let mut cuts = cuts.into_iter().filter(|cut| *cut < text.len()).collect::<Vec<_>>();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let chunks = cuts.windows(2).map(|cut| &text[cut[0]..cut[1]]);
            prop_assert_eq!(jobs(&text), decode("jobs", chunks));
        }

        #[test]
        fn from_the_start_of_a_record_the_same_rows_follow(
            text in "([,\"\r\n 1é]|id,job\n|[\u{feff}]){0,60}",
            cut in 0..80_usize,
        ) {
            let text = text.as_bytes();
            let cut = cut.min(text.len());
            let mut decoder = CsvDecoder::new(table("jobs").unwrap());
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
            prop_assert_eq!(rows, decode("jobs", [text]));
        }

        #[test]
        fn what_was_written_comes_back(
            rows in proptest::collection::vec((1..i32::MAX, "[^ \t](.*[^ \t])?"), 0..8),
        ) {
            let rows = rows.into_iter().map(|(id, name)| [id.to_string(), name]).collect::<Vec<_>>();
            let text: String = rows.iter().map(|row| encode(row)).collect();
            let seen = decode("jobs", [text.as_bytes()]);
            let cells: Vec<_> = seen.into_iter().map(|(_, _, cells)| cells.unwrap()).collect();
            let expected: Vec<Vec<_>> =
                rows.into_iter().map(|row| row.map(Some).into()).collect();
            prop_assert_eq!(cells, expected);
        }
    }
}
