//! SQL text per table and purpose, and the one parameter that carries the rows.
//!
//! Rows go out as one JSON array of arrays that `JSON_TABLE` unfolds: 59 bytes a row on the wire
//! where a parameter object per cell takes 262. What its columns are, and what is made of them, the
//! types of the target's columns say.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use serde::{Deserialize, Serialize};

use crate::aws::data_api;
use crate::base::json_string::write_string;
use crate::table::record::{Cell, ColumnSet, Place, Record};
use crate::table::schema::{Column, Table};
use crate::table::types::Definition;

/// The parameter that carries the rows.
pub const ROWS: &str = "rows";

/// The parameter of [`existing`] that says after which row to go on.
pub const AFTER: &str = "after";

/// The most rows that one call of [`existing`] names: about half of the 1 MiB that an answer may
/// have.
pub const PAGE: usize = 20_000;

/// The most bytes that [`Chunk`] fills of a request; the rest is for SQL, of which a call takes 64 KiB, ARNs
/// and headers.
pub const CHUNK_LIMIT: usize = data_api::REQUEST_LIMIT - (80 << 10);

/// With no more bytes of rows than this a statement that takes 45 seconds is not slow for its rows, but
/// waits for a lock.
pub(crate) const SLOW_BYTES: usize = 64 << 10;

/// What to do with a row whose key the table has already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnDuplicate {
    /// It is an error of the row.
    #[default]
    Fail,
    /// The row in the table stays as it is.
    Keep,
    /// The row in the table gets the new values; columns that do not come stay as they are.
    Update,
}

/// Writes every row of [`ROWS`], each of these columns, into the table.
///
/// A column that is not named gets the database's DEFAULT in a new row. An update writes nothing at
/// all while [`other_unique_keys`] has an answer: a row that has another row's value in one of
/// those keys would be written over that row.
pub fn write(table: &Table, columns: &ColumnSet, on_duplicate: OnDuplicate) -> String {
    let mut sql = insert(table.name, table, columns);
    match on_duplicate {
        OnDuplicate::Fail => {}
        OnDuplicate::Keep => {
            let key = same_key(table, &format!("r.`{}`", table.key_column().name));
            sql += &format!(" WHERE NOT EXISTS (SELECT 1 FROM `{}` AS e WHERE {key})", table.name);
        }
        OnDuplicate::Update => {
            sql += &format!(" WHERE NOT EXISTS ({})", other_unique_keys(table));
            sql += &or_update(table.name, table, columns);
        }
    }
    sql
}

/// Writes every row of [`ROWS`], each of these columns, into a table of that name that only rowgate
/// writes, over rows that have its keys.
#[cfg(feature = "avro")]
pub(crate) fn write_into(name: &str, table: &Table, columns: &ColumnSet) -> String {
    insert(name, table, columns) + &or_update(name, table, columns)
}

/// Names the unique keys that the live table has besides the primary one.
///
/// A user sees them if it may write the table.
pub fn other_unique_keys(table: &Table) -> String {
    format!(
        "SELECT DISTINCT s.INDEX_NAME FROM information_schema.STATISTICS AS s \
         WHERE s.TABLE_SCHEMA = DATABASE() AND s.TABLE_NAME = '{}' AND s.NON_UNIQUE = 0 \
         AND s.INDEX_NAME <> 'PRIMARY'",
        table.name
    )
}

/// Names, by their number from 1, the rows of [`ROWS`] whose key the table has already.
///
/// `key` is the key's position in a row. Answers at most [`PAGE`] numbers, in order, all greater
/// than [`AFTER`].
pub fn existing(table: &Table, key: usize) -> String {
    let found = format!("JOIN `{}` AS e ON {} WHERE", table.name, same_key(table, "r.k"));
    numbers(key, &found)
}

/// The same of what is committed by now, also where the transaction's snapshot is older. The rows that
/// it names are locked until the transaction's end, in a query of their own: MySQL locks no JSON_TABLE.
pub(crate) fn existing_by_now(table: &Table, key: usize) -> String {
    let found = format!(
        "WHERE (SELECT 1 FROM `{}` AS e WHERE {} LOCK IN SHARE MODE) = 1 AND",
        table.name,
        same_key(table, "r.k")
    );
    numbers(key, &found)
}

/// The numbers of the rows of [`ROWS`] for which something is found.
fn numbers(key: usize, found: &str) -> String {
    format!(
        "SELECT r.n FROM JSON_TABLE(CONVERT(:{ROWS} USING utf8mb4), '$[*]' COLUMNS(\
         n FOR ORDINALITY, k TEXT CHARACTER SET utf8mb4 PATH '$[{key}]')) AS r \
         {found} r.n > CAST(:{AFTER} AS UNSIGNED) ORDER BY r.n LIMIT {PAGE}"
    )
}

/// Compares the key of the table, named `e`, with a text.
fn same_key(table: &Table, text: &str) -> String {
    format!("e.`{}` = {}", table.key_column().name, table.key_kind().operand(text))
}

/// Compares the key of the table with a parameter.
#[cfg(feature = "avro")]
pub(crate) fn compare_key(table: &Table, operator: &str, parameter: &str) -> String {
    let operand = table.key_kind().operand(&format!(":{parameter}"));
    format!("`{}` {operator} {operand}", table.key_column().name)
}

fn insert(into: &str, table: &Table, columns: &ColumnSet) -> String {
    let names = list(table, columns, |column| format!("`{}`", column.name));
    let values = list(table, columns, value);
    format!("INSERT INTO `{into}` ({names}) SELECT {values} FROM {}", rows_source(table, columns))
}

/// The new values of every column but the key; rows of keys alone have nothing to change.
fn or_update(into: &str, table: &Table, columns: &ColumnSet) -> String {
    let key = table.key_column().name;
    let others = columns.of(table).filter(|column| column.name != key);
    let set = |column: &Column| format!("`{}` = {}", column.name, value(column));
    let all: Vec<_> = others.map(set).collect();
    let all = match all.is_empty() {
        true => format!("`{into}`.`{key}` = `{into}`.`{key}`"),
        false => all.join(", "),
    };
    format!(" ON DUPLICATE KEY UPDATE {all}")
}

/// What a column is given of its row in [`rows_source`].
fn value(column: &Column) -> String {
    column.column_type.written(&format!("r.`{}`", column.name))
}

/// The rows as a derived table named `r`.
fn rows_source(table: &Table, columns: &ColumnSet) -> String {
    let mut position = 0;
    let columns = list(table, columns, |column| {
        position += 1;
        let (name, source) = (column.name, column.column_type.source());
        format!("`{name}` {source} PATH '$[{}]'", position - 1)
    });
    format!("JSON_TABLE(CONVERT(:{ROWS} USING utf8mb4), '$[*]' COLUMNS({columns})) AS r")
}

fn list(table: &Table, columns: &ColumnSet, item: impl FnMut(&Column) -> String) -> String {
    columns.of(table).map(item).collect::<Vec<_>>().join(", ")
}

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
    /// Rows, and lines, behind the first row.
    index: u32,
    line: u32,
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
    pub(crate) fn push_cells(&mut self, cells: &[Cell<'_>], place: Place) -> bool {
        self.push_row(cells.iter(), place, 0)
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
            index: self.first.index.map(|first| first + u64::from(index)),
            line: self.first.line.map(|first| first + u64::from(line)),
        }
    }

    fn push_mark(&mut self, place: Place) {
        if self.rows.is_empty() {
            self.first = place;
        }
        // A chunk's rows never stand 4 thousand million apart.
        let behind = |first: Option<u64>, this: Option<u64>| match (first, this) {
            (Some(first), Some(this)) => (this - first) as u32,
            _ => 0,
        };
        self.rows.push(ChunkRow {
            end: self.json.len() as u32,
            index: behind(self.first.index, place.index),
            line: behind(self.first.line, place.line),
        });
    }

    /// The value of the parameter [`ROWS`].
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
    use crate::table::schema::{WIDTHS, longest_statement, table, wide};
    use alloc::borrow::Cow;
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

    const INSERT: &str = "INSERT INTO `jobs` (`id`, `job_name`) SELECT r.`id`, r.`job_name` \
         FROM JSON_TABLE(CONVERT(:rows USING utf8mb4), '$[*]' COLUMNS(\
         `id` TEXT CHARACTER SET utf8mb4 PATH '$[0]', \
         `job_name` TEXT CHARACTER SET utf8mb4 PATH '$[1]')) AS r";

    const GUARD: &str = " WHERE NOT EXISTS (SELECT DISTINCT s.INDEX_NAME \
         FROM information_schema.STATISTICS AS s WHERE s.TABLE_SCHEMA = DATABASE() \
         AND s.TABLE_NAME = 'jobs' AND s.NON_UNIQUE = 0 AND s.INDEX_NAME <> 'PRIMARY')";

    #[test]
    fn writing_names_every_column_and_holds_no_value() {
        let jobs = table("jobs").unwrap();
        assert_eq!(write(jobs, &ColumnSet::ALL, OnDuplicate::Fail), INSERT);
        assert_eq!(
            write(jobs, &ColumnSet::ALL, OnDuplicate::Keep),
            format!(
                "{INSERT} WHERE NOT EXISTS \
                 (SELECT 1 FROM `jobs` AS e WHERE e.`id` = CAST(r.`id` AS SIGNED))"
            )
        );
        assert_eq!(
            write(jobs, &ColumnSet::ALL, OnDuplicate::Update),
            format!("{INSERT}{GUARD} ON DUPLICATE KEY UPDATE `job_name` = r.`job_name`")
        );
    }

    #[cfg(feature = "avro")]
    #[test]
    fn a_staging_table_is_written_without_a_look_at_its_keys() {
        let jobs = table("jobs").unwrap();
        assert_eq!(
            write_into("jobs__restore_1", jobs, &ColumnSet::ALL),
            format!("{INSERT} ON DUPLICATE KEY UPDATE `job_name` = r.`job_name`")
                .replace("INTO `jobs`", "INTO `jobs__restore_1`")
        );
    }

    /// The columns of a row of `employees` that has these and no others.
    fn carried(names: &[&str]) -> ColumnSet {
        let employees = table("employees").unwrap();
        let field = |name: &str| match name {
            name if !names.contains(&name) => RawField::Absent,
            "name" => RawField::Text(Cow::Borrowed("Ann")),
            "datetime" => RawField::Text(Cow::Borrowed("2021-07-27T16:02:08Z")),
            _ => RawField::Integer(1),
        };
        let fields = employees.columns.iter().map(|column| field(column.name)).collect();
        let row = RawRow { place: place(0), fields, errors: Vec::new() };
        Record::parse(employees, row, false).unwrap().columns().clone()
    }

    #[test]
    fn columns_that_do_not_come_are_not_named() {
        let employees = table("employees").unwrap();
        let columns = carried(&["id", "name", "datetime", "job_id"]);
        let sql = write(employees, &columns, OnDuplicate::Update);
        assert!(!sql.contains("department_id"), "{sql}");
        assert!(sql.starts_with(
            "INSERT INTO `employees` (`id`, `name`, `datetime`, `job_id`) \
             SELECT r.`id`, r.`name`, r.`datetime`, r.`job_id` FROM"
        ));
        assert!(sql.contains("`job_id` TEXT CHARACTER SET utf8mb4 PATH '$[3]'"), "{sql}");
        assert!(sql.ends_with(
            " ON DUPLICATE KEY UPDATE `name` = r.`name`, `datetime` = r.`datetime`, \
             `job_id` = r.`job_id`"
        ));
        assert_eq!((columns.position(2), columns.position(4)), (2, 3));
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
    fn existing_rows_are_found_by_their_key() {
        assert_eq!(
            existing(table("jobs").unwrap(), 0),
            "SELECT r.n FROM JSON_TABLE(CONVERT(:rows USING utf8mb4), '$[*]' COLUMNS(\
             n FOR ORDINALITY, k TEXT CHARACTER SET utf8mb4 PATH '$[0]')) AS r \
             JOIN `jobs` AS e ON e.`id` = CAST(r.k AS SIGNED) \
             WHERE r.n > CAST(:after AS UNSIGNED) ORDER BY r.n LIMIT 20000"
        );
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

    #[test]
    fn a_write_is_no_longer_than_the_build_takes_it_for() {
        for (columns, name) in WIDTHS {
            let table = wide(columns, name);
            let staging = format!("{}__restore_20270115_080000_1a2b", table.name);
            let longest = longest_statement(table);
            for duplicate in [OnDuplicate::Fail, OnDuplicate::Keep, OnDuplicate::Update] {
                assert!(write(table, &ColumnSet::ALL, duplicate).len() <= longest);
            }
            #[cfg(feature = "avro")]
            assert!(write_into(&staging, table, &ColumnSet::ALL).len() <= longest, "{columns}");
        }
    }
}
