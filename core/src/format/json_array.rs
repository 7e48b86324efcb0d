//! A file that is a JSON array, in chunks of any size, becomes raw rows with their lines.
//!
//! Its elements are cut out by their brackets and quotes, and each is read as a line of NDJSON is: no more
//! than one of them is in memory. An element that is no JSON is an error of its row.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::row_reader::{Opening, RejectedRow, RowReader, json_encoding};
use crate::format::csv::ROW_LIMIT;
use crate::format::encoding::Encoding;
use crate::format::json;
use crate::format::magic::{self, START};
use crate::table::issue::{RowError, RowErrorKind};
use crate::table::record::{Place, RawRow};
use crate::table::schema::Table;

/// Opens a file that is a JSON array.
pub(super) fn open_json_array(opening: Opening<'_>) -> Box<dyn RowReader> {
    let encoding = json_encoding(opening);
    let (table, refusal) = (opening.table, refusal(opening, encoding));
    Box::new(JsonArrayReader { encoding, refusal, ..JsonArrayReader::new(table) })
}

/// Why a file that begins like this is no array, if that is certain.
fn refusal(opening: Opening<'_>, encoding: Encoding) -> Option<RowErrorKind> {
    let start = &opening.start[..opening.start.len().min(START)];
    match encoding {
        Encoding::Utf8 => magic::wrong_format(start),
        _ => magic::other_file(start),
    }
}

/// Takes bytes in any chunking and gives rows; members whose name begins with `_` are ignored.
#[derive(Debug, Clone)]
struct JsonArrayReader {
    table: &'static Table,
    encoding: Encoding,
    state: ArrayState,
    /// The element so far; a whole one until the next call.
    element: Vec<u8>,
    /// How many bytes it has so far.
    length: u64,
    line: u64,
    /// The line on which the element begins.
    element_line: u64,
    next_index: u64,
    /// Why the file is refused, until that is given as a row.
    refusal: Option<RowErrorKind>,
    /// What is given as the row at hand instead of one.
    fault: Option<RowErrorKind>,
}

/// Where the next byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ArrayState {
    /// Before the array; so many bytes of a byte order mark have come.
    Before(usize),
    /// Behind its opening bracket.
    First,
    /// Behind a comma.
    Next,
    /// In an element, with so many brackets open, and in a text or behind a backslash of one.
    Element { depth: u32, text: InText },
    /// Behind an element.
    Behind,
    /// Behind the array.
    End,
    /// Nothing more is read.
    Over,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum InText {
    No,
    Yes,
    Escaped,
}

impl JsonArrayReader {
    fn new(table: &'static Table) -> Self {
        Self {
            table,
            encoding: Encoding::Utf8,
            state: ArrayState::Before(0),
            element: Vec::new(),
            length: 0,
            line: 1,
            element_line: 1,
            next_index: 0,
            refusal: None,
            fault: None,
        }
    }

    /// Ends the file with what is wrong with it.
    fn refuse(&mut self, kind: RowErrorKind) -> bool {
        (self.state, self.fault) = (ArrayState::Over, Some(kind));
        true
    }

    fn refuse_here(&mut self, what: &str) -> bool {
        let what = alloc::format!("line {}: {what}", self.line).into();
        self.refuse(RowErrorKind::UnreadableFile { what })
    }

    /// Takes the next byte; `true` if a row, or what is wrong with the file, is at hand. `is_taken` is set to
    /// `false` if the byte is behind the element that it ends.
    fn step(&mut self, byte: u8, is_taken: &mut bool) -> bool {
        match self.state {
            ArrayState::Element { depth, text } => self.step_element(byte, depth, text, is_taken),
            ArrayState::Before(mark) if json::BOM.get(mark) == Some(&byte) => {
                self.state = ArrayState::Before(mark + 1);
                false
            }
            _ if byte.is_ascii_whitespace() => {
                self.line += u64::from(byte == b'\n');
                false
            }
            ArrayState::Before(_) => match byte {
                b'[' => self.go_to(ArrayState::First),
                b'{' => self.refuse(RowErrorKind::WrongFormat {
                    found: "a JSON object",
                    advice: "write the rows of one table as an array, or one object a line as .ndjson",
                }),
                _ => self.refuse_here("a file of JSON begins with ["),
            },
            ArrayState::First | ArrayState::Next => match byte {
                b']' if self.state == ArrayState::First => self.go_to(ArrayState::End),
                b']' => self.refuse_here("no row stands behind the comma"),
                b',' => self.refuse_here("no row stands before the comma"),
                _ => self.begin_element(byte, is_taken),
            },
            ArrayState::Behind => match byte {
                b',' => self.go_to(ArrayState::Next),
                b']' => self.go_to(ArrayState::End),
                _ => self.refuse_here("a comma or ] is expected behind a row"),
            },
            ArrayState::End => self.refuse_here("something stands behind the array"),
            ArrayState::Over => false,
        }
    }

    fn go_to(&mut self, state: ArrayState) -> bool {
        self.state = state;
        false
    }

    fn begin_element(&mut self, byte: u8, is_taken: &mut bool) -> bool {
        self.element.clear();
        (self.length, self.element_line) = (0, self.line);
        self.step_element(byte, 0, InText::No, is_taken)
    }

    fn step_element(&mut self, byte: u8, depth: u32, text: InText, is_taken: &mut bool) -> bool {
        if depth == 0 && text == InText::No && self.length > 0 && matches!(byte, b',' | b']') {
            *is_taken = false;
            self.state = ArrayState::Behind;
            return true;
        }
        self.line += u64::from(byte == b'\n');
        self.length += 1;
        if self.element.len() < ROW_LIMIT {
            self.element.push(byte);
        }
        let (depth, text) = match (text, byte) {
            (InText::Escaped, _) => (depth, InText::Yes),
            (InText::Yes, b'\\') => (depth, InText::Escaped),
            (InText::Yes, b'"') => (depth, InText::No),
            (InText::Yes, _) => (depth, InText::Yes),
            (InText::No, b'"') => (depth, InText::Yes),
            (InText::No, b'{' | b'[') => (depth + 1, InText::No),
            (InText::No, b'}' | b']') => (depth.saturating_sub(1), InText::No),
            (InText::No, _) => (depth, InText::No),
        };
        let is_whole = depth == 0 && text == InText::No && matches!(byte, b'}' | b']');
        self.state = match is_whole {
            true => ArrayState::Behind,
            false => ArrayState::Element { depth, text },
        };
        is_whole
    }

    /// The bytes of a text, up to its end or a backslash, in one go.
    fn take_text(&mut self, input: &mut &[u8]) {
        if !matches!(self.state, ArrayState::Element { text: InText::Yes, .. }) {
            return;
        }
        let end = memchr::memchr3(b'"', b'\\', b'\n', input).unwrap_or(input.len());
        let room = ROW_LIMIT - self.element.len();
        self.element.extend_from_slice(&input[..end.min(room)]);
        self.length += end as u64;
        *input = &input[end..];
    }
}

impl RowReader for JsonArrayReader {
    fn next(&mut self, input: &mut &[u8]) -> bool {
        if let Some(kind) = self.refusal.take() {
            return self.refuse(kind);
        }
        if self.state == ArrayState::Over {
            *input = &[];
        }
        loop {
            self.take_text(input);
            let Some((byte, rest)) = input.split_first() else { return false };
            let mut is_taken = true;
            let found = self.step(*byte, &mut is_taken);
            if is_taken {
                *input = rest;
            }
            if found {
                return true;
            }
        }
    }

    fn end(&mut self) -> bool {
        match self.state {
            ArrayState::End | ArrayState::Over => false,
            ArrayState::Before(_) => {
                // A file of nothing has no row.
                self.state = ArrayState::Over;
                false
            }
            _ => self.refuse_here("the file ends before its array does"),
        }
    }

    fn row(&mut self) -> RawRow<'_> {
        let place = Place { index: Some(self.next_index), line: Some(self.element_line) };
        if let Some(kind) = self.fault.take() {
            let place = Place { index: None, line: Some(self.line) };
            return RawRow::refused(place, RowError::row(kind));
        }
        self.next_index += 1;
        if self.length > ROW_LIMIT as u64 {
            let kind = RowErrorKind::RowTooLong { limit: ROW_LIMIT };
            return RawRow::refused(place, RowError::row(kind));
        }
        json::decode_line(&self.element, self.table, place).unwrap_or_else(|column| {
            RawRow::refused(place, RowError::row(RowErrorKind::InvalidJson { column }))
        })
    }

    fn reject(&self) -> RejectedRow<'_> {
        if self.length > ROW_LIMIT as u64 {
            return RejectedRow::of_json(&[]);
        }
        match RejectedRow::of_json(self.element.trim_ascii_end()) {
            // Of JSON a line break is never part of a text.
            RejectedRow::Json(text) if json::is_json(&text) && text.contains(&b'\n') => {
                let is_break = |byte: &u8| matches!(byte, b'\n' | b'\r');
                let blank = |byte: &u8| if is_break(byte) { b' ' } else { *byte };
                RejectedRow::Json(text.iter().map(blank).collect::<Vec<_>>().into())
            }
            row => row,
        }
    }

    fn position(&self) -> (u64, u64) {
        (self.line, self.next_index)
    }

    fn at_position(&self, line: u64, next_index: u64) -> Box<dyn RowReader> {
        let state = if next_index == 0 { ArrayState::Before(0) } else { ArrayState::Behind };
        let encoding = self.encoding;
        Box::new(Self { encoding, state, line, next_index, ..Self::new(self.table) })
    }

    fn at_record_start(&self) -> (u64, Box<dyn RowReader>) {
        let Self { encoding, state, line, next_index, .. } = *self;
        let (refusal, fault) = (self.refusal.clone(), self.fault.clone());
        let at = Self { encoding, next_index, refusal, fault, ..Self::new(self.table) };
        match state {
            ArrayState::Element { .. } => {
                let (state, line) = (ArrayState::Next, self.element_line);
                (self.length, Box::new(Self { state, line, ..at }))
            }
            _ => (0, Box::new(Self { state, line, ..at })),
        }
    }

    fn encoding(&self) -> Encoding {
        self.encoding
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::row_reader::GivenLayout;
    use crate::table::schema::table;
    use alloc::format;
    use alloc::string::{String, ToString};
    use proptest::prelude::*;

    /// The row's index, if it has one, its line, and its fields or the code of its error.
    type Seen = (Option<u64>, u64, String);

    fn see(row: &RawRow<'_>) -> Seen {
        let text = match row.errors.first() {
            Some(error) => error.kind.code().into(),
            None => format!("{:?}", row.fields),
        };
        (row.place.index, row.place.line.unwrap(), text)
    }

    fn open(text: &[u8]) -> Box<dyn RowReader> {
        let (table, given) = (table("jobs").unwrap(), &GivenLayout::default());
        open_json_array(Opening { table, given, is_settled: false, start: text, is_whole: true })
    }

    fn read(text: &[u8], chunk: usize) -> Vec<Seen> {
        let mut rows = open(text);
        let mut seen = Vec::new();
        for mut chunk in text.chunks(chunk) {
            while rows.next(&mut chunk) {
                seen.push(see(&rows.row()));
            }
            assert!(chunk.is_empty());
        }
        while rows.end() {
            seen.push(see(&rows.row()));
        }
        seen
    }

    fn seen(text: &str) -> Vec<Seen> {
        read(text.as_bytes(), text.len().max(1))
    }

    #[test]
    fn each_element_is_a_row() {
        let text = "\u{feff} [\n{\"id\":1,\"job\":\"a]}\\\"\"},\n  {\n\"id\":2},7 ,{\"id\" 3},[{}],\n{},\
             {\"_errors\":[{}],\"id\":9}\n]\n";
        let expected = [
            (Some(0), 2, r#"[Integer(1), Text("a]}\"")]"#),
            (Some(1), 3, "[Integer(2), Absent]"),
            (Some(2), 4, "wrong_type"),
            (Some(3), 4, "invalid_json"),
            (Some(4), 4, "wrong_type"),
            (Some(5), 5, "[Absent, Absent]"),
            (Some(6), 5, "[Integer(9), Absent]"),
        ];
        let expected = expected.map(|(index, line, text)| (index, line, text.to_string()));
        assert_eq!(seen(text), expected);
        for text in ["", "[]", " [ ]\n", "\n"] {
            assert_eq!(seen(text), [], "{text:?}");
        }
    }

    #[test]
    fn a_file_that_is_no_array_ends_with_what_is_wrong() {
        let fault = |line| (None, line, "unreadable_file".to_string());
        let row = || (Some(0), 1, "[Integer(1), Absent]".to_string());
        assert_eq!(seen("{\"jobs\":[]}"), [(None, 1, "wrong_format".to_string())]);
        assert_eq!(seen("id,job\n1,a\n"), [fault(1)]);
        assert_eq!(seen("PK\x03\x04"), [(None, 1, "wrong_format".to_string())]);
        for (text, line) in [
            ("[{\"id\":1},]", 1),
            ("[{\"id\":1},\n,{\"id\":2}]", 2),
            ("[{\"id\":1} {\"id\":2}]", 1),
            ("[{\"id\":1}", 1),
            ("[{\"id\":1},\n", 2),
            ("[{\"id\":1},{\"id\":\n2", 2),
            ("[{\"id\":1}]\n[]", 2),
        ] {
            assert_eq!(seen(text), [row(), fault(line)], "{text}");
        }
    }

    #[test]
    fn an_overlong_element_is_passed_over() {
        let text = format!("[{{\"job\":\"{}\"}},{{\"id\":1}}]", "x".repeat(2 * ROW_LIMIT));
        for chunk in [65_536, text.len()] {
            let seen = read(text.as_bytes(), chunk);
            assert_eq!(seen[0], (Some(0), 1, "row_too_long".to_string()));
            assert_eq!(seen[1].2, "[Integer(1), Absent]");
        }
    }

    #[test]
    fn a_rejected_element_is_one_line() {
        let text = b"[\n{\"id\":\n\"x\"\n},{\"job\":\"a\nb\"}]";
        let mut rows = open(text);
        let mut input = &text[..];
        let mut rejected = Vec::new();
        while rows.next(&mut input) {
            _ = rows.row();
            let RejectedRow::Json(text) = rows.reject() else { panic!("no JSON") };
            rejected.push(String::from_utf8(text.into_owned()).unwrap());
        }
        assert_eq!(rejected, ["{\"id\": \"x\" }", "{\"job\":\"a\nb\"}"]);
    }

    fn text() -> impl Strategy<Value = String> {
        r#"\[?([\[\]{}:,"\\a-c0-9 ]|\n|\{"id":[0-9]+\},){0,60}\]?"#
    }

    proptest! {
        #[test]
        fn any_chunking_gives_the_same_rows(text in text(), size in 1..20_usize) {
            prop_assert_eq!(seen(&text), read(text.as_bytes(), size));
        }

        #[test]
        fn from_the_start_of_an_element_the_same_rows_follow(text in text(), cut in 0..60_usize) {
            let text = text.as_bytes();
            let cut = cut.min(text.len());
            let mut rows = open(text);
            let mut before = &text[..cut];
            let mut found = Vec::new();
            while rows.next(&mut before) {
                found.push(see(&rows.row()));
            }
            let (back, mut rows) = rows.at_record_start();
            let mut after = &text[cut - back as usize..];
            while rows.next(&mut after) || rows.end() {
                found.push(see(&rows.row()));
            }
            prop_assert_eq!(found, read(text, text.len().max(1)));
        }

        #[test]
        fn from_a_position_behind_a_row_the_same_rows_follow(count in 2..20_usize, at in 1..20_usize) {
            let text: Vec<_> = (0..count).map(|id| format!("\n{{\"id\":{}}}", id + 1)).collect();
            let text = format!("[{}]", text.join(","));
            let mut rows = open(text.as_bytes());
            let mut input = text.as_bytes();
            let mut found = Vec::new();
            for _ in 0..at.min(count) {
                prop_assert!(rows.next(&mut input));
                found.push(see(&rows.row()));
            }
            let (line, row) = rows.position();
            let mut rows = rows.at_position(line, row);
            while rows.next(&mut input) || rows.end() {
                found.push(see(&rows.row()));
            }
            prop_assert_eq!(found, seen(&text));
        }

        #[test]
        fn what_serde_takes_for_an_array_gives_its_rows(values in prop::collection::vec((any::<i32>(), any::<String>()), 0..9)) {
            let values: Vec<_> = values.iter().map(|(id, job)| serde_json::json!({ "id": id, "job": job })).collect();
            let text = serde_json::to_string_pretty(&values).unwrap();
            let seen = read(text.as_bytes(), 7);
            prop_assert_eq!(seen.len(), values.len());
            for (row, value) in seen.iter().zip(&values) {
                let job = format!("{:?}", value["job"].as_str().unwrap());
                prop_assert_eq!(&row.2, &format!("[Integer({}), Text({job})]", value["id"]));
            }
        }
    }
}
