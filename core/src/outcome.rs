//! What became of a row: one model for HTTP answers, reports and the command line.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::schema::{self, Table};

/// How many outcomes a list holds at most; the counts beside it go on.
pub const OUTCOME_LIMIT: usize = 100;

/// One thing that is wrong with one row, or with the whole of a request or file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The table's name, or what the request calls a table that does not exist.
    pub table: Cow<'static, str>,
    /// The row, counted from 0 inside the request or file; `None` where no row is at fault.
    pub index: Option<u64>,
    /// The line on which the row begins, counted from 1; CSV only.
    pub line: Option<u64>,
    /// What is wrong.
    pub error: RowError,
}

/// Serializes as `{"table","index","line","column","code","message"}`; `line` is left out
/// where there are no lines.
impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("table", &self.table)?;
        map.serialize_entry("index", &self.index)?;
        if let Some(line) = self.line {
            map.serialize_entry("line", &line)?;
        }
        map.serialize_entry("column", &self.error.column)?;
        map.serialize_entry("code", self.error.kind.code())?;
        map.serialize_entry("message", &Text(&self.error.kind))?;
        map.end()
    }
}

struct Text<'a, T>(&'a T);

impl<T: fmt::Display> Serialize for Text<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self.0)
    }
}

/// One error of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError {
    /// The column, by its name in the database or, if it has none, by the name that was given.
    pub column: Option<Cow<'static, str>>,
    /// What is wrong.
    pub kind: RowErrorKind,
}

impl RowError {
    /// An error of the row as a whole.
    pub(crate) fn row(kind: RowErrorKind) -> Self {
        Self { column: None, kind }
    }

    /// An error in a column of the table.
    pub(crate) fn column(column: &'static str, kind: RowErrorKind) -> Self {
        Self { column: Some(Cow::Borrowed(column)), kind }
    }

    /// An error that names a column as the client wrote it, cut to a readable length.
    pub(crate) fn given_column(name: &str, kind: RowErrorKind) -> Self {
        Self { column: Some(Cow::Owned(name.chars().take(64).collect::<String>())), kind }
    }
}

/// Everything that can be wrong with a row; never holds a cell's value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RowErrorKind {
    /// The database refused a row that the core found good: the live table is not the compiled one.
    DatabaseRefused {
        /// MySQL's error number.
        number: u16,
        /// Whether this row is surely the one, not only one of several sent together.
        alone: bool,
    },
    /// The same JSON member, or the same CSV header, stands twice.
    DuplicateColumn,
    /// An earlier row of the same request or file has the same key.
    DuplicateInBatch {
        /// The index of that earlier row.
        first: u64,
    },
    /// The same table stands twice in one body.
    DuplicateTable,
    /// The table has a row with this key already.
    Exists,
    /// Not an RFC 3339 date-time with an offset.
    InvalidDateTime,
    /// A line of NDJSON that is not one JSON value.
    InvalidJson {
        /// Where that shows in the line, counted from 1 in bytes.
        column: usize,
    },
    /// The row's bytes are not UTF-8.
    InvalidUtf8,
    /// Absent, null or blank where a value is required.
    Missing,
    /// The object is not there any more, or is another one by now.
    ObjectGone,
    /// No folder of a path, and no file's name, is a table.
    NoTableInPath {
        /// The table whose name the file's name begins with.
        near: Option<&'static str>,
    },
    /// An integer outside the column's type, or 0 where the database would renumber it.
    OutOfRange {
        /// The least value that is taken.
        min: i64,
        /// The greatest value that is taken.
        max: i64,
        /// Whether 0, though between them, is refused.
        not_zero: bool,
    },
    /// A CSV record longer than the decoder holds.
    RowTooLong {
        /// The limit in bytes.
        limit: usize,
    },
    /// More bad rows in a file than its settings allow.
    TooManyErrors {
        /// Bad rows.
        errors: u64,
        /// Rows.
        rows: u64,
    },
    /// A text with more characters than the column takes.
    TooLong {
        /// The most characters the column takes.
        limit: usize,
        /// How many characters came.
        got: usize,
    },
    /// A CSV quote that is never closed.
    UnclosedQuote {
        /// The line that opened it.
        line: u64,
    },
    /// A JSON member that is no column of the table.
    UnknownColumn,
    /// A CSV header in which one name is no column of the table.
    UnknownHeader {
        /// Which cell of the header it is, counted from 1.
        cell: usize,
    },
    /// A value that is no key of the parent table.
    UnknownReference {
        /// The parent table.
        table: &'static str,
    },
    /// A name that is no table.
    UnknownTable,
    /// Gzip data that unpacks to more than anybody would store in rows.
    UnpacksTooLarge {
        /// So many times its own size.
        times: u64,
        /// Or so many GiB.
        gibibytes: u64,
    },
    /// An object's key with a segment `.` or `..`.
    UnreadableKey,
    /// Gzip data that is broken, or ends early.
    UnreadableGzip,
    /// A file that is neither CSV nor NDJSON by its name.
    UnsupportedFormat,
    /// A file in UTF-16.
    WrongEncoding,
    /// A CSV line with too few or too many cells.
    WrongFieldCount {
        /// How many cells a line has by the header or the table.
        expected: usize,
        /// How many came.
        got: usize,
        /// Whether a cell has a quote after leading blanks, which then is no opening quote.
        late_quote: bool,
    },
    /// A file, or a body, of another format than it is called.
    WrongFormat {
        /// What it is, with its article.
        found: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// A JSON value, or CSV text, that is not of the wanted type.
    WrongType {
        /// What the place takes.
        expected: &'static str,
        /// What came.
        got: &'static str,
    },
}

impl RowErrorKind {
    /// Why a file goes to no table, by its path or object key.
    pub fn no_table_in(path: &str) -> Self {
        Self::NoTableInPath { near: schema::table_near_file(path).map(|table| table.name) }
    }

    /// The stable code: lower case, never renamed, listed in the README.
    pub fn code(&self) -> &'static str {
        match self {
            Self::DatabaseRefused { .. } => "database_refused",
            Self::DuplicateColumn => "duplicate_column",
            Self::DuplicateInBatch { .. } => "duplicate_in_batch",
            Self::DuplicateTable => "duplicate_table",
            Self::Exists => "exists",
            Self::InvalidDateTime => "invalid_date_time",
            Self::InvalidJson { .. } => "invalid_json",
            Self::InvalidUtf8 => "invalid_utf8",
            Self::Missing => "missing",
            Self::ObjectGone => "object_gone",
            Self::OutOfRange { .. } => "out_of_range",
            Self::RowTooLong { .. } => "row_too_long",
            Self::TooLong { .. } => "too_long",
            Self::TooManyErrors { .. } => "too_many_errors",
            Self::UnclosedQuote { .. } => "unclosed_quote",
            Self::UnknownColumn | Self::UnknownHeader { .. } => "unknown_column",
            Self::UnknownReference { .. } => "unknown_reference",
            Self::UnknownTable | Self::NoTableInPath { .. } => "unknown_table",
            Self::UnpacksTooLarge { .. } => "unpacks_too_large",
            Self::UnreadableGzip => "unreadable_gzip",
            Self::UnreadableKey => "unreadable_key",
            Self::UnsupportedFormat => "unsupported_format",
            Self::WrongEncoding => "wrong_encoding",
            Self::WrongFieldCount { .. } => "wrong_field_count",
            Self::WrongFormat { .. } => "wrong_format",
            Self::WrongType { .. } => "wrong_type",
        }
    }
}

impl fmt::Display for RowErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DatabaseRefused { number, alone: true } => {
                write!(f, "the database refused the row with MySQL error {number}")
            }
            Self::DatabaseRefused { number, alone: false } => {
                write!(f, "the database refused rows around this one with MySQL error {number}")
            }
            Self::DuplicateColumn | Self::DuplicateTable => f.write_str("stands twice"),
            Self::DuplicateInBatch { first } => write!(f, "the row at index {first} has this key"),
            Self::Exists => f.write_str("the table has a row with this key already"),
            Self::InvalidDateTime => {
                f.write_str("not an RFC 3339 date-time such as 2021-07-27T16:02:08Z")
            }
            Self::InvalidJson { column } => {
                write!(f, "the line is not one JSON value; that shows at byte {column}")
            }
            Self::InvalidUtf8 => f.write_str("the line is not valid UTF-8"),
            Self::Missing => f.write_str("a value is required"),
            Self::NoTableInPath { near } => no_table(f, *near),
            Self::ObjectGone => f.write_str("the object is gone, or was written anew"),
            Self::OutOfRange { min, max, not_zero } => {
                write!(f, "not between {min} and {max}")?;
                if *not_zero {
                    f.write_str(", or 0, which the database would renumber")
                } else {
                    Ok(())
                }
            }
            Self::RowTooLong { limit } => write!(f, "the row has more than {limit} bytes"),
            Self::TooLong { limit, got } => write!(f, "{got} characters; at most {limit} fit"),
            Self::TooManyErrors { errors, rows } => {
                write!(f, "{errors} of {rows} rows are bad, which is more than is allowed")
            }
            Self::UnclosedQuote { line } => {
                write!(f, "the quote that line {line} opens is never closed")
            }
            Self::UnknownColumn => f.write_str("the table has no such column"),
            Self::UnknownHeader { cell } => {
                write!(f, "the line names columns, but its cell {cell} is none of the table's")
            }
            Self::UnknownReference { table } => write!(f, "table {table} has no such row"),
            Self::UnknownTable => f.write_str("there is no such table"),
            Self::UnpacksTooLarge { times, gibibytes } => {
                write!(f, "unpacks to more than {times} times its size, or than {gibibytes} GiB")
            }
            Self::UnreadableGzip => f.write_str("no gzip data, or broken from here on"),
            Self::UnsupportedFormat => f.write_str(
                "the name ends in none of .csv, .ndjson and .jsonl, with or without .gz; save a \
                 workbook as CSV UTF-8",
            ),
            Self::UnreadableKey => f.write_str(
                "the key has a segment . or .., which no request can name; put the file under \
                 another key",
            ),
            Self::WrongEncoding => {
                f.write_str("UTF-16 where UTF-8 is expected; save the file as CSV UTF-8")
            }
            Self::WrongFieldCount { expected, got, late_quote } => {
                write!(f, "{got} cells where {expected} are expected")?;
                if *late_quote {
                    f.write_str("; a quote after a blank does not open a quoted cell")?;
                }
                Ok(())
            }
            Self::WrongFormat { found, advice } => write!(f, "this is {found}; {advice}"),
            Self::WrongType { expected, got } => write!(f, "{got} where {expected} is expected"),
        }
    }
}

/// Says which tables there are, and how a path names one.
fn no_table(f: &mut fmt::Formatter<'_>, near: Option<&str>) -> fmt::Result {
    f.write_str(
        "neither a folder nor the file's name up to its first dot is a table; the tables are ",
    )?;
    for (index, table) in schema::TABLES.iter().enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        write!(f, "{comma}{}", table.name)?;
    }
    match near {
        Some(near) => write!(f, "; put the file into a folder {near}, or call it {near}.csv"),
        None => f.write_str("; put the file into a folder that is called like its table"),
    }
}

/// A capped list of outcomes beside an exact count.
#[derive(Debug, Clone, Default)]
pub struct Outcomes {
    listed: Vec<Outcome>,
    count: u64,
}

impl Outcomes {
    /// Counts an outcome, and keeps it while the list is short of [`OUTCOME_LIMIT`].
    pub fn push(&mut self, outcome: Outcome) {
        self.count += 1;
        if self.listed.len() < OUTCOME_LIMIT {
            self.listed.push(outcome);
        }
    }

    /// Counts everything that is wrong with a row, and keeps what the list has room for.
    pub(crate) fn push_row(
        &mut self,
        table: &'static Table,
        index: Option<u64>,
        line: Option<u64>,
        errors: &[RowError],
    ) {
        self.count += errors.len() as u64;
        let room = OUTCOME_LIMIT - self.listed.len();
        self.listed.extend(errors.iter().take(room).map(|error| Outcome {
            table: Cow::Borrowed(table.name),
            index,
            line,
            error: error.clone(),
        }));
    }

    /// Counts an outcome that is more important than all others.
    pub(crate) fn push_first(&mut self, outcome: Outcome) {
        self.count += 1;
        self.listed.insert(0, outcome);
        self.listed.truncate(OUTCOME_LIMIT);
    }

    /// Lists no more than so many; they are counted all the same.
    pub(crate) fn cap(&mut self, most: usize) {
        self.listed.truncate(most);
    }

    /// The codes of what is listed, each once.
    pub(crate) fn codes(&self) -> Vec<&'static str> {
        let mut codes: Vec<_> = self.listed.iter().map(|it| it.error.kind.code()).collect();
        codes.sort_unstable();
        codes.dedup();
        codes
    }

    /// The first outcomes, at most [`OUTCOME_LIMIT`].
    pub fn listed(&self) -> &[Outcome] {
        &self.listed
    }

    /// How many there were in all.
    pub fn count(&self) -> u64 {
        self.count
    }
}
