//! The ranges of a file, each scanned by itself, put together: where the records begin.

use alloc::vec::Vec;
use core::ops::Range;

use super::scan::{Scan, State};
use crate::ledger::Position;

/// How a file is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cut {
    /// The file's bytes.
    pub(super) size: u64,
    /// The bytes of each range, the last one aside.
    pub(super) range: u64,
    /// Whether its first record is a header, which is no row.
    pub(super) has_header: bool,
}

impl Cut {
    /// How many ranges there are.
    pub(super) fn count(&self) -> u64 {
        self.size.div_ceil(self.range.max(1))
    }

    /// Where a range begins and ends.
    pub(super) fn range(&self, number: u64) -> Range<u64> {
        number * self.range..self.size.min((number + 1) * self.range)
    }
}

/// The rows of a file from one place to another, to be loaded by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chunk {
    /// The range in which it begins.
    pub(super) number: u64,
    pub(super) from: Position,
    /// The byte behind its last row.
    pub(super) end: u64,
}

/// The chunks of a file, and how many rows they have together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) chunks: Vec<Chunk>,
    pub(super) rows: u64,
}

/// Goes through the ranges' scans in their order, each in the state in which the one before it ends.
///
/// A range in which no record begins has no chunk; its bytes belong to the chunk before. `None` if a
/// scan is none of this program's.
pub(super) fn plan(cut: &Cut, scans: &[Scan]) -> Option<Plan> {
    let mut chunks: Vec<Chunk> = Vec::new();
    let mut state = State::Record;
    let (mut records, mut lines) = (0, 1);
    let header = u64::from(cut.has_header);
    for (number, scan) in (0..).zip(scans) {
        let way = scan.way(state)?;
        if number == 0 {
            chunks.push(Chunk { number, from: Position::START, end: cut.size });
        } else if let Some(first) = way.first {
            let offset = cut.range(number).start + first.offset;
            if let Some(before) = chunks.last_mut() {
                before.end = offset;
            }
            let row = (records + first.records).saturating_sub(header);
            let from = Position { offset, line: lines + first.lines, row };
            chunks.push(Chunk { number, from, end: cut.size });
        }
        (records, lines, state) = (records + way.records, lines + scan.lines, way.end);
    }
    // The last record may have no line break.
    records += u64::from(state.is_in_record());
    Some(Plan { chunks, rows: records.saturating_sub(header) })
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::String;

    use proptest::prelude::*;

    use super::super::scan::Scanner;
    use super::*;
    use crate::json::BOM;
    use crate::lines::{LineDecoder, LineFormat};
    use crate::schema::table;

    /// Index, line, and all else of a row.
    type Seen = (Option<u64>, Option<u64>, String);

    fn decoder(format: LineFormat) -> LineDecoder {
        LineDecoder::new(format, table("jobs").unwrap())
    }

    fn rows(mut decoder: LineDecoder, mut text: &[u8]) -> Vec<Seen> {
        let mut rows = Vec::new();
        let see = |row: &crate::record::RawRow<'_>| {
            let rest = format!("{:?} {:?}", row.fields, row.errors);
            (row.place.index, row.place.line, rest)
        };
        while let Some(row) = decoder.next_row(&mut text) {
            rows.push(see(&row));
        }
        rows.extend(decoder.finish().as_ref().map(see));
        rows
    }

    /// The file's cut; none if its first line refuses it as a whole.
    fn cut(format: LineFormat, text: &[u8], range: u64) -> Option<Cut> {
        let mut first = decoder(format);
        let mut rest = text;
        if first.advance(&mut rest) || first.end() {
            first.row().place.index?;
        }
        let has_header = first.header().is_some();
        // A byte order mark that is cut in two would be none.
        let range = range.max(BOM.len() as u64);
        Some(Cut { size: text.len() as u64, range, has_header })
    }

    fn scan(format: LineFormat, text: &[u8], chunk: usize) -> Scan {
        let mut scanner = Scanner::new(format);
        text.chunks(chunk).for_each(|chunk| scanner.read(chunk));
        scanner.finish()
    }

    /// The rows of all chunks, each read by itself.
    fn by_chunks(format: LineFormat, text: &[u8], cut: &Cut, chunk: usize) -> (Plan, Vec<Seen>) {
        let scan = |number| {
            let Range { start, end } = cut.range(number);
            let text = &text[start as usize..end as usize];
            let marked = if number == 0 { text.strip_prefix(BOM) } else { None };
            scan(format, marked.unwrap_or(text), chunk)
        };
        let scans: Vec<_> = (0..cut.count()).map(scan).collect();
        let plan = plan(cut, &scans).unwrap();
        let mut seen = Vec::new();
        for Chunk { number, from, end } in &plan.chunks {
            let mut start = decoder(format);
            if *number > 0 {
                start.advance(&mut &*text);
                start = start.at_place(from.line, from.row);
            }
            seen.extend(rows(start, &text[from.offset as usize..*end as usize]));
        }
        (plan, seen)
    }

    fn assert_same(format: LineFormat, text: &[u8], range: u64, chunk: usize) {
        let Some(cut) = cut(format, text, range) else { return };
        let whole = rows(decoder(format), text);
        let (plan, seen) = by_chunks(format, text, &cut, chunk);
        let shown = String::from_utf8_lossy(text);
        assert_eq!(seen, whole, "{shown:?} in ranges of {}: {plan:?}", cut.range);
        assert_eq!(plan.rows, whole.len() as u64, "{shown:?} in ranges of {}", cut.range);
    }

    #[test]
    fn a_quoted_line_break_across_a_range_s_end_is_no_place_to_cut() {
        let text = b"id,job\n1,\"two\nlines\"\n2,\"a \"\"b\"\"\nc\"\n3,d\n";
        for range in 1..=text.len() as u64 {
            assert_same(LineFormat::Csv, text, range, 7);
        }
        let cut = cut(LineFormat::Csv, text, 12).unwrap();
        let (plan, _) = by_chunks(LineFormat::Csv, text, &cut, 100);
        let starts: Vec<_> = plan.chunks.iter().map(|chunk| chunk.from.offset).collect();
        assert_eq!((starts, plan.rows), (Vec::from([0, 21, 35]), 3));
        let line = plan.chunks[1].from.line;
        assert_eq!((line, plan.chunks[1].from.row), (4, 1));
    }

    #[test]
    fn an_open_quote_has_the_rest_of_the_file_in_one_chunk() {
        let text = b"1,a\n2,\"b\n3,c\n4,d\n5,e\n";
        for range in 1..=text.len() as u64 {
            assert_same(LineFormat::Csv, text, range, 3);
        }
        let cut = cut(LineFormat::Csv, text, 5).unwrap();
        assert_eq!(by_chunks(LineFormat::Csv, text, &cut, 100).0.chunks.len(), 1);
    }

    proptest! {
        #[test]
        fn chunks_of_csv_have_the_rows_of_the_file(
            text in "(id,job\n)?([,\"\r\n 1a]|\"\"|\r\n|1,b\n|[\u{feff}é]){0,60}",
            range in 1..40_u64,
            chunk in 1..20_usize,
        ) {
            assert_same(LineFormat::Csv, text.as_bytes(), range, chunk);
        }

        #[test]
        fn chunks_of_ndjson_have_the_rows_of_the_file(
            text in "[\u{feff}]?(\\{\"id\":1,\"job\":\"a\"\\}\r?\n|[ \t\r\n]|\\{\"\"\\}|x|\"|,){0,20}",
            range in 1..40_u64,
            chunk in 1..20_usize,
        ) {
            assert_same(LineFormat::Ndjson, text.as_bytes(), range, chunk);
        }

        #[test]
        fn blocks_and_pieces_do_not_matter(
            cells in proptest::collection::vec("[a\"\n,]{0,900}", 10..20),
            range in 1_000..9_000_u64,
        ) {
            let text: String = cells.concat();
            assert_same(LineFormat::Csv, text.as_bytes(), range, 4_999);
        }
    }
}
