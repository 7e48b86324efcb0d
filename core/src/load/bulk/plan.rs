//! The ranges of a file, each scanned by itself, put together: where the records begin.

use alloc::vec::Vec;
use core::ops::Range;

use serde::{Deserialize, Serialize};

use super::scan::{Boundary, Scan, Way};
use crate::format::csv::ROW_LIMIT;
use crate::format::csv::automaton::{End, State};
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
pub(super) struct PartBounds {
    /// The range in which it begins.
    pub(super) number: u64,
    pub(super) from: Position,
    /// The byte behind its last row.
    pub(super) end: u64,
}

/// The chunks of a file, and how many rows they have together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PartPlan {
    pub(super) chunks: Vec<PartBounds>,
    pub(super) rows: PlannedRows,
}

/// How many rows the parts of a file have together. In JSON a number, or null.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Option<u64>", from = "Option<u64>")]
pub enum PlannedRows {
    /// So many.
    Exactly(u64),
    /// Only loading the last part tells, since from some place in it on the scans do not.
    Unknown,
}

impl From<PlannedRows> for Option<u64> {
    fn from(rows: PlannedRows) -> Self {
        match rows {
            PlannedRows::Exactly(rows) => Some(rows),
            PlannedRows::Unknown => None,
        }
    }
}

impl From<Option<u64>> for PlannedRows {
    fn from(rows: Option<u64>) -> Self {
        rows.map_or(Self::Unknown, Self::Exactly)
    }
}

/// A reader that goes through the ranges, each in the state in which the one before it ends.
struct Walk {
    state: State,
    /// Where the record begins in which it is.
    open: Position,
    rows: u64,
    lines: u64,
    ends_line: bool,
}

/// Goes through the ranges' scans in their order.
///
/// A range in which no record begins has no chunk; its bytes belong to the chunk before. Behind a
/// quote that stays open for too long, and behind what may be a header, no chunk begins: the last
/// one before goes to the end of the file. `None` if a scan is none of this program's.
pub(super) fn plan(cut: &Cut, scans: &[Scan]) -> Option<PartPlan> {
    let first = PartBounds { number: 0, from: Position::START, end: cut.size };
    let mut chunks = Vec::from([first]);
    let mut walk = Walk::START;
    let header = u64::from(cut.has_header);
    for (number, scan) in (0..).zip(scans) {
        let way = scan.way(walk.state)?;
        let start = cut.range(number).start;
        if scan.may_have_header || walk.is_lost_in(&way, start) {
            return Some(PartPlan { chunks, rows: PlannedRows::Unknown });
        }
        if way.refuses_open {
            walk.rows += walk.lines - (walk.open.line - 1);
        }
        if let Some(place) = way.first.filter(|_| number > 0) {
            let mut from = walk.at(start, &place);
            from.row = from.row.saturating_sub(header);
            if let Some(before) = chunks.last_mut() {
                before.end = from.offset;
            }
            chunks.push(PartBounds { number, from, end: cut.size });
        }
        walk.pass(start, scan, &way);
    }
    // The last record may have no line break.
    let rows = walk.rows + walk.last_rows();
    Some(PartPlan { chunks, rows: PlannedRows::Exactly(rows.saturating_sub(header)) })
}

impl Walk {
    const START: Self =
        Self { state: State::Record, open: Position::START, rows: 0, lines: 0, ends_line: true };

    /// Whether the rest of the file is given back from some place in the range on.
    fn is_lost_in(&self, way: &Way, start: u64) -> bool {
        let overruns = way.quoted > 0 && start - self.open.offset + way.quoted > ROW_LIMIT as u64;
        way.end == State::Rest || (self.state.is_in_record() && overruns)
    }

    fn at(&self, start: u64, place: &Boundary) -> Position {
        let (line, row) = (self.lines + 1 + place.lines, self.rows + place.rows);
        Position { offset: start + place.offset, line, row }
    }

    fn pass(&mut self, start: u64, scan: &Scan, way: &Way) {
        if let Some(open) = &way.open {
            self.open = self.at(start, open);
        }
        self.rows += way.rows;
        self.lines += scan.lines;
        self.ends_line = scan.ends_line;
        self.state = way.end;
    }

    /// The rows of a record that the file's end ends.
    fn last_rows(&self) -> u64 {
        match self.state.end() {
            End::Blank => 0,
            End::Row => 1,
            End::Fault => self.lines + u64::from(!self.ends_line) - (self.open.line - 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::boxed::Box;
    use alloc::format;
    use alloc::string::String;

    use proptest::prelude::*;

    use super::super::scan::Scanner;
    use super::*;
    use crate::format::csv::{Dialect, Syntax};
    use crate::format::formats::LineFormat;
    use crate::format::row_reader::{GivenLayout, Opening, ReadBy, RowReader};
    use crate::table::schema::table;

    /// Index, line, and all else of a row.
    type Seen = (Option<u64>, Option<u64>, String);

    /// How a file is written.
    #[derive(Debug, Clone, Copy)]
    struct FileForm(LineFormat, Syntax);

    impl From<LineFormat> for FileForm {
        fn from(format: LineFormat) -> Self {
            Self(format, Syntax::default())
        }
    }

    fn decoder(form: impl Into<FileForm>) -> Box<dyn RowReader> {
        let FileForm(format, syntax) = form.into();
        let dialect = Dialect { syntax, ..Dialect::default() };
        let (given, table) = (&GivenLayout { dialect, ..GivenLayout::default() }, table("jobs"));
        let (table, start, is_whole) = (table.unwrap(), &[], true);
        format.format().open(Opening { table, given, is_settled: true, start, is_whole })
    }

    fn rows(mut decoder: Box<dyn RowReader>, mut text: &[u8]) -> Vec<Seen> {
        let mut rows = Vec::new();
        let see = |row: &crate::table::record::RawRow<'_>| {
            let rest = format!("{:?} {:?}", row.fields, row.errors);
            (row.place.index, row.place.line, rest)
        };
        while decoder.next(&mut text) || decoder.end() {
            rows.push(see(&decoder.row()));
        }
        rows
    }

    /// The file's cut; none if its first line refuses it as a whole.
    fn cut(form: impl Into<FileForm>, text: &[u8], range: u64) -> Option<Cut> {
        let mut first = decoder(form);
        let mut rest = text;
        if first.next(&mut rest) || first.end() {
            first.row().place.index?;
        }
        let has_header = matches!(first.read_by(), ReadBy::Header(_));
        if !first.can_be_cut() {
            return None;
        }
        Some(Cut { size: text.len() as u64, range, has_header })
    }

    fn scan(FileForm(format, syntax): FileForm, text: &[u8], chunk: usize, is_first: bool) -> Scan {
        let mut scanner = Scanner::new(format, syntax, table("jobs").unwrap(), is_first);
        text.chunks(chunk).for_each(|chunk| scanner.read(chunk));
        scanner.finish()
    }

    /// The rows of all chunks, each read by itself.
    fn by_chunks(
        form: impl Into<FileForm>,
        text: &[u8],
        cut: &Cut,
        chunk: usize,
    ) -> (PartPlan, Vec<Seen>) {
        let form = form.into();
        let scan = |number| {
            let Range { start, end } = cut.range(number);
            let text = &text[start as usize..end as usize];
            scan(form, text, chunk, number == 0)
        };
        let scans: Vec<_> = (0..cut.count()).map(scan).collect();
        let plan = plan(cut, &scans).unwrap();
        let mut seen = Vec::new();
        for PartBounds { number, from, end } in &plan.chunks {
            let mut start = decoder(form);
            if *number > 0 {
                start.next(&mut &*text);
                start = start.at_position(from.line, from.row);
            }
            seen.extend(rows(start, &text[from.offset as usize..*end as usize]));
        }
        (plan, seen)
    }

    /// With commas and quotes, and with what stands for them elsewhere.
    fn assert_same(format: LineFormat, text: &[u8], range: u64, chunk: usize) {
        assert_same_of(format.into(), text, range, chunk);
        if format == LineFormat::Csv && text.len() < 1_000 {
            for (delimiter, quote) in [(b';', b'"'), (b'\t', b'\''), (b'|', b'"')] {
                let other = |byte: &u8| match byte {
                    b',' => delimiter,
                    b'"' => quote,
                    byte => *byte,
                };
                let text: Vec<u8> = text.iter().map(other).collect();
                let syntax = Syntax { delimiter, quote, ..Syntax::default() };
                assert_same_of(FileForm(format, syntax), &text, range, chunk);
            }
        }
    }

    fn assert_same_of(form: FileForm, text: &[u8], range: u64, chunk: usize) {
        let Some(cut) = cut(form, text, range) else { return };
        let whole = rows(decoder(form), text);
        let (plan, seen) = by_chunks(form, text, &cut, chunk);
        let shown = String::from_utf8_lossy(&text[..text.len().min(1_000)]);
        assert!(seen == whole, "{shown:?} in ranges of {}: {plan:?}", cut.range);
        let rows = Option::from(plan.rows).unwrap_or(whole.len() as u64);
        assert_eq!(rows, whole.len() as u64, "{shown:?} in ranges of {}", cut.range);
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
        assert_eq!((starts, plan.rows), (Vec::from([0, 21, 35]), PlannedRows::Exactly(3)));
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

    #[test]
    fn behind_a_header_no_chunk_begins() {
        let text = b"id,job\n1,a\n2,b\nid,job\n3,c\n4,d\n5,e\n";
        for range in 1..=text.len() as u64 {
            assert_same(LineFormat::Csv, text, range, 3);
        }
        let cut = cut(LineFormat::Csv, text, 6).unwrap();
        let (plan, _) = by_chunks(LineFormat::Csv, text, &cut, 100);
        assert_eq!(plan.rows, PlannedRows::Unknown);
        assert!(plan.chunks.iter().all(|chunk| chunk.from.offset < 20), "{plan:?}");
    }

    #[test]
    fn behind_a_quote_that_stays_open_for_too_long_no_chunk_begins() {
        let line = b"3,cccccccccccccccccccccccccccccc\n";
        let mut text = line.repeat(10_000);
        text.extend(b"2,\"b\n");
        text.extend(line.repeat(40_000));
        text.extend(b"4,\"d\"\n5,e\n");
        for range in [100_000, 1 << 20, 1_300_000, 3 << 20] {
            assert_same(LineFormat::Csv, &text, range, 65_536);
        }
        let cut = cut(LineFormat::Csv, &text, 100_000).unwrap();
        let (plan, _) = by_chunks(LineFormat::Csv, &text, &cut, 65_536);
        assert_eq!((plan.chunks.len(), plan.rows), (4, PlannedRows::Unknown));
        // A quote that is closed in time is no end.
        let mut text = line.repeat(10_000);
        text.extend(b"2,\"b\n");
        text.extend(line.repeat(30_000));
        text.extend(b"\"x\n5,e\n");
        for range in [100_000, 1 << 20] {
            assert_same(LineFormat::Csv, &text, range, 65_536);
        }
    }

    proptest! {
        #[test]
        fn chunks_of_csv_have_the_rows_of_the_file(
            text in "(id,job\n)?([,\"\r\n 1a]|\"\"|\r\n|1,b\n|[\u{feff}é]|1,\"b\n|id,job\n|job,id\n){0,60}",
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
