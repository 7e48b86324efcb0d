//! The one parameter of a statement that carries its rows.
//!
//! Rows go out as one JSON array of arrays that `JSON_TABLE` unfolds: 59 bytes a row on the wire
//! where a parameter object per cell takes 262.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::Range;

use crate::aws::data_api;
use crate::base::json_string::write_string;
use crate::table::record::{Cell, ColumnSet, Place, Record};

/// The most bytes that [`Chunk`] fills of a request; the rest is for SQL, of which a call takes 64 KiB, ARNs
/// and headers.
pub const CHUNK_LIMIT: usize = data_api::REQUEST_LIMIT - (80 << 10);

/// Rows of one table that carry the same columns, as the JSON text that one statement takes.
#[derive(Debug, Clone)]
pub struct Chunk {
    /// Those of the first row, and so of all.
    columns: ColumnSet,
    /// Always a whole array.
    json: String,
    rows: Vec<ChunkRow>,
    /// Where the first row came from; the others tell how far behind it they are.
    first: Place,
    /// Bytes of `json` once it stands as a string inside the request's own JSON.
    escaped_bytes: usize,
    /// The most that `escaped_bytes` may come to.
    limit: usize,
}

/// One row; small, since a file's chunks have tens of thousands.
#[derive(Debug, Clone, Copy)]
struct ChunkRow {
    /// Where it ends in `json`.
    end: u32,
    /// Rows, and lines, behind the first row; before it where rows are not in their order.
    index: i32,
    line: i32,
}

impl Default for Chunk {
    fn default() -> Self {
        Self::new(CHUNK_LIMIT)
    }
}

impl Chunk {
    /// A chunk that fills so many bytes of a request, at most [`CHUNK_LIMIT`].
    pub fn new(limit: usize) -> Self {
        Self {
            columns: ColumnSet::ALL,
            json: "[]".to_owned(),
            rows: Vec::new(),
            first: Place { index: None, line: None },
            escaped_bytes: 2,
            limit: limit.min(CHUNK_LIMIT),
        }
    }

    /// Moves to where another chunk's rows were or, without one, to where as many fit as in a full
    /// one.
    ///
    /// What a text leaves behind while it grows is lost to some allocators, batch after batch.
    pub(crate) fn move_into(&mut self, room: Option<Self>, full: &Self) {
        let mut room = room.unwrap_or_else(|| Self {
            json: String::with_capacity(full.limit),
            rows: Vec::with_capacity(full.rows.len() / 8 * 9),
            ..Self::new(full.limit)
        });
        room.json.clear();
        room.json.push_str(&self.json);
        room.rows.clear();
        room.rows.extend(&self.rows);
        (self.json, self.rows) = (room.json, room.rows);
    }

    /// Adds a row, or answers `false` if it carries other columns or the statement's request would
    /// grow too large.
    ///
    /// The first row always fits: its columns hold 64 KiB at the most.
    pub fn push(&mut self, record: &Record<'_>, place: Place) -> bool {
        self.push_beside(record, place, 0)
    }

    /// The same where other chunks have filled so many bytes of the limit.
    pub(crate) fn push_beside(&mut self, record: &Record<'_>, place: Place, filled: usize) -> bool {
        if self.rows.is_empty() {
            self.columns.clone_from(record.columns());
        }
        self.columns == *record.columns() && self.push_row(record.carried(), place, filled)
    }

    /// Adds a row of other cells than a table's.
    pub(crate) fn push_cells<'c>(
        &mut self,
        cells: impl IntoIterator<Item = &'c Cell<'c>>,
        place: Place,
    ) -> bool {
        self.push_row(cells.into_iter(), place, 0)
    }

    fn push_row<'c>(
        &mut self,
        cells: impl Iterator<Item = &'c Cell<'c>>,
        place: Place,
        filled: usize,
    ) -> bool {
        self.json.pop();
        let before = self.json.len();
        if !self.rows.is_empty() {
            self.json.push(',');
        }
        let escapes = write_row(&mut self.json, cells);

        let escaped = self.json.len() - before + escapes;
        let is_first = filled == 0 && self.rows.is_empty();
        let fits = is_first || filled + self.escaped_bytes + escaped <= self.limit;
        if fits {
            self.escaped_bytes += escaped;
            self.push_mark(place);
        } else {
            self.json.truncate(before);
        }
        self.json.push(']');
        fits
    }

    /// The columns that every row carries; the table's own order is that of the values.
    pub fn columns(&self) -> &ColumnSet {
        &self.columns
    }

    /// How many bytes of a request it fills.
    pub(crate) fn filled(&self) -> usize {
        self.escaped_bytes
    }

    /// How many rows it holds.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// Where a row came from.
    pub fn place(&self, row: usize) -> Place {
        let ChunkRow { index, line, .. } = self.rows[row];
        Place {
            index: self.first.index.map(|first| first.wrapping_add_signed(index.into())),
            line: self.first.line.map(|first| first.wrapping_add_signed(line.into())),
        }
    }

    fn push_mark(&mut self, place: Place) {
        if self.rows.is_empty() {
            self.first = place;
        }
        // A chunk's rows never stand 2 thousand million apart.
        let behind = |first: Option<u64>, this: Option<u64>| match (first, this) {
            (Some(first), Some(this)) => this.wrapping_sub(first).cast_signed() as i32,
            _ => 0,
        };
        self.rows.push(ChunkRow {
            end: self.json.len() as u32,
            index: behind(self.first.index, place.index),
            line: behind(self.first.line, place.line),
        });
    }

    /// The value of the parameter [`ROWS`](super::statement::ROWS).
    pub fn json(&self) -> &str {
        &self.json
    }

    /// The rows of a range.
    pub fn slice(&self, range: Range<usize>) -> Self {
        self.select(range)
    }

    /// The rows for which `keep`, given their number and place, is true.
    pub fn filter(&self, mut keep: impl FnMut(usize, Place) -> bool) -> Self {
        self.select((0..self.rows()).filter(|row| keep(*row, self.place(*row))))
    }

    /// These rows, in this order.
    pub(crate) fn pick(&self, rows: &[usize]) -> Self {
        self.select(rows.iter().copied())
    }

    /// The values of a row in these columns of the table, as texts of JSON one behind the other; `None`
    /// where it lacks one, or has NULL in one.
    pub(crate) fn text_of(&self, row: usize, columns: &[usize]) -> Option<String> {
        let values = self.values(row);
        let mut text = String::new();
        for at in columns {
            let value = values.get(self.columns.position(*at)).filter(|_| self.columns.has(*at))?;
            if value.is_null() {
                return None;
            }
            text += &value.to_string();
            text.push(',');
        }
        Some(text)
    }

    /// The values of a row, in the order of the columns that it carries.
    pub(crate) fn values(&self, row: usize) -> Vec<serde_json::Value> {
        // What was written is read.
        serde_json::from_str(&self.json[self.row_range(row)]).unwrap_or_default()
    }

    /// The same rows in chunks of so many.
    pub(crate) fn cut_rows(self, most: usize) -> Vec<Self> {
        let starts = (0..self.rows()).step_by(most);
        starts.map(|start| self.slice(start..self.rows().min(start + most))).collect()
    }

    /// The same rows in chunks that fill at most `limit` bytes each, or have one row.
    pub(crate) fn cut(self, limit: usize) -> Vec<Self> {
        if self.escaped_bytes <= limit {
            return Vec::from([self]);
        }
        let (mut chunks, mut start, mut filled) = (Vec::new(), 0, 2);
        for row in 0..self.rows() {
            let bytes = self.escaped_row(row);
            if row > start && filled + bytes > limit {
                chunks.push(Self { escaped_bytes: filled, ..self.slice(start..row) });
                (start, filled) = (row, 2);
            }
            filled += bytes;
        }
        chunks.push(Self { escaped_bytes: filled, ..self.slice(start..self.rows()) });
        chunks
    }

    /// How many bytes of a request a row fills, with its comma.
    fn escaped_row(&self, row: usize) -> usize {
        let text = &self.json.as_bytes()[self.row_range(row)];
        text.len() + 1 + memchr::memchr2_iter(b'"', b'\\', text).count()
    }

    /// Where a row is in the text. It begins behind the bracket or comma that follows the one before it.
    fn row_range(&self, row: usize) -> Range<usize> {
        let start = row.checked_sub(1).map_or(1, |previous| self.rows[previous].end + 1);
        start as usize..self.rows[row].end as usize
    }

    fn select(&self, rows: impl Iterator<Item = usize>) -> Self {
        let mut selected = Self { columns: self.columns.clone(), ..Self::new(self.limit) };
        selected.json.pop();
        for row in rows {
            if !selected.rows.is_empty() {
                selected.json.push(',');
            }
            selected.json.push_str(&self.json[self.row_range(row)]);
            selected.push_mark(self.place(row));
        }
        selected.json.push(']');
        // No selection is larger than what it was taken from.
        selected.escaped_bytes = self.escaped_bytes;
        selected
    }
}

/// Answers how many of its bytes a JSON string would escape: quotes and backslashes.
fn write_row<'c>(json: &mut String, cells: impl Iterator<Item = &'c Cell<'c>>) -> usize {
    let mut escapes = 0;
    json.push('[');
    for (position, cell) in cells.enumerate() {
        if position > 0 {
            json.push(',');
        }
        match cell {
            Cell::Null => json.push_str("null"),
            Cell::Int(value) => json.push_str(itoa::Buffer::new().format(*value)),
            Cell::Text(text) => escapes += write_string(json, text),
        }
    }
    json.push(']');
    escapes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::record::{RawField, RawRow};
    use crate::table::schema::table;
    use alloc::borrow::Cow;
    use alloc::format;
    use alloc::vec;
    use proptest::prelude::*;

    fn place(index: i64) -> Place {
        Place { index: Some(index as u64), line: None }
    }

    fn job(id: i64, name: &str) -> Record<'_> {
        let fields = vec![RawField::Integer(id), RawField::Text(Cow::Borrowed(name))];
        let row = RawRow { place: place(0), fields, errors: Vec::new() };
        Record::parse(table("jobs").unwrap(), row, false).unwrap()
    }

    proptest! {
        #[test]
        fn a_chunk_is_cut_between_its_rows(
            names in proptest::collection::vec(r#"[a-z"\\\\é\n]{0,30}"#, 1..40),
            limit in 2..400_usize,
        ) {
            let mut chunk = Chunk::default();
            for (id, name) in (1..).zip(&names) {
                let name = format!("x{name}");
                prop_assert!(chunk.push(&job(id, &name), place(id - 1)));
            }
            let whole: Vec<serde_json::Value> = serde_json::from_str(chunk.json()).unwrap();
            let mut rows = Vec::new();
            for piece in chunk.cut(limit) {
                let exact = serde_json::to_string(piece.json()).unwrap().len() - 2;
                // The last row may be counted with a comma.
                prop_assert!((exact..=exact + 1).contains(&piece.filled()));
                prop_assert!(piece.filled() <= limit || piece.rows() == 1);
                prop_assert_eq!(piece.place(0).index, Some(rows.len() as u64));
                rows.extend(serde_json::from_str::<Vec<serde_json::Value>>(piece.json()).unwrap());
            }
            prop_assert_eq!(rows, whole);
        }
    }

    #[test]
    fn a_chunk_takes_rows_of_the_same_columns() {
        let employees = table("employees").unwrap();
        let row = |field| {
            let text = |text| RawField::Text(Cow::Borrowed(text));
            let at = text("2021-07-27T16:02:08Z");
            let fields = vec![RawField::Integer(1), text("A"), at, field, RawField::Integer(3)];
            let row = RawRow { place: place(0), fields, errors: Vec::new() };
            Record::parse(employees, row, false).unwrap()
        };
        let mut chunk = Chunk::default();
        assert!(chunk.push(&row(RawField::Absent), place(0)));
        assert!(!chunk.push(&row(RawField::Null), place(1)));
        assert!(chunk.push(&row(RawField::Absent), place(2)));
        assert_eq!(
            chunk.json(),
            r#"[[1,"A","2021-07-27T16:02:08Z",3],[1,"A","2021-07-27T16:02:08Z",3]]"#
        );
        assert!(!chunk.columns().has(3) && !chunk.slice(1..2).columns().has(3));
    }

    #[test]
    fn a_chunk_is_one_array_of_arrays() {
        let mut chunk = Chunk::default();
        assert_eq!(chunk.json(), "[]");
        assert!(chunk.push(&job(1, "a"), place(0)));
        assert!(chunk.push(&job(2, "b\"\\\n\u{0}é😀"), place(7)));
        assert_eq!((chunk.rows(), chunk.place(1)), (2, place(7)));
        assert_eq!(chunk.json(), r#"[[1,"a"],[2,"b\"\\\u000a\u0000é😀"]]"#);
    }

    #[test]
    fn a_chunk_can_be_cut() {
        let mut chunk = Chunk::default();
        for id in 1..=5 {
            chunk.push(&job(id, "],[\""), place(id));
        }
        let odd = chunk.filter(|_, place| place.index.is_some_and(|index| index % 2 == 1));
        assert_eq!(odd.json(), r#"[[1,"],[\""],[3,"],[\""],[5,"],[\""]]"#);
        assert_eq!((odd.rows(), odd.place(2)), (3, place(5)));
        assert_eq!(odd.slice(1..2).json(), r#"[[3,"],[\""]]"#);
        assert_eq!(odd.slice(0..0).json(), "[]");
        assert_eq!(chunk.slice(0..5).json(), chunk.json());
    }

    #[test]
    fn a_full_chunk_takes_no_more_and_fits_its_request() {
        let name = "\"\\".repeat(127);
        let mut chunk = Chunk::default();
        let mut id = 1;
        while chunk.push(&job(id, &name), place(id)) {
            id += 1;
        }
        assert_eq!(chunk.rows() as i64, id - 1);
        assert!(chunk.json().ends_with("]]"));
        let request = serde_json::to_string(chunk.json()).unwrap().len();
        assert!(request <= CHUNK_LIMIT + 2, "{request}");
        assert!(request > CHUNK_LIMIT - 2_000, "{request}");
    }

    #[test]
    fn a_chunk_behind_a_full_one_never_grows_and_its_room_serves_again() {
        let mut full = Chunk::new(10_000);
        while full.push(&job(1, "Cook"), place(0)) {}
        let mut room = None;
        for _ in 0..3 {
            let mut next = Chunk::new(10_000);
            next.push(&job(1, "Cook"), place(7));
            next.move_into(room, &full);
            assert_eq!((next.rows(), next.place(0)), (1, place(7)));
            let (json, rows) = (next.json.as_ptr(), next.rows.as_ptr());
            while next.push(&job(1, "Cook"), place(7)) {}
            assert_eq!(next.json(), full.json());
            assert_eq!((next.json.as_ptr(), next.rows.as_ptr()), (json, rows));
            room = Some(next);
        }
    }

    proptest! {
        #[test]
        fn what_goes_in_is_what_json_reads(names in proptest::collection::vec(any::<String>(), 1..5)) {
            let names: Vec<String> =
                names.iter().map(|name| name.chars().take(255).collect()).collect();
            let mut chunk = Chunk::default();
            for (id, name) in names.iter().enumerate() {
                prop_assert!(chunk.push(&job(id as i64 + 1, name), place(id as i64)));
            }
            let json: Vec<(i64, String)> = serde_json::from_str(chunk.json()).unwrap();
            let read: Vec<_> = json.into_iter().map(|(_, name)| name).collect();
            prop_assert_eq!(read, names);
        }
    }
}
