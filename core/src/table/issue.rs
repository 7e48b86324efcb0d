//! What became of a row: one model for HTTP answers, reports and the command line.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::checks::CheckConstraint;
use super::layout_question::LayoutQuestion;
use super::schema::{ForeignKey, KeyNameError, Unfit};
use super::unknown_names::UnknownNames;

/// How many issues a list holds at most; the counts beside it go on.
pub const ISSUE_LIMIT: usize = 100;

/// One thing that is wrong with one row, or with the whole of a request or file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
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
impl Serialize for Issue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("table", &self.table)?;
        map.serialize_entry("index", &self.index)?;
        if let Some(line) = self.line {
            map.serialize_entry("line", &line)?;
        }
        map.serialize_entry("column", &self.error.column)?;
        map.serialize_entry("code", self.error.kind.code())?;
        map.serialize_entry("message", &Displayed(&self.error.kind))?;
        map.end()
    }
}

struct Displayed<'a, T>(&'a T);

impl<T: fmt::Display> Serialize for Displayed<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self.0)
    }
}

/// One error of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError {
    /// The column, or the columns of a key with commas between them, by its name in the database or, if it has none, by the name that was given.
    pub column: Option<Cow<'static, str>>,
    /// What is wrong.
    pub kind: RowErrorKind,
}

impl RowError {
    /// How many errors it counts as.
    pub(super) fn count(&self) -> u64 {
        if let RowErrorKind::MoreErrors { count } = self.kind { count } else { 1 }
    }

    /// An error of the row as a whole.
    pub(crate) fn row(kind: RowErrorKind) -> Self {
        Self { column: None, kind }
    }

    /// An error in a column of the table.
    #[cold]
    pub(crate) fn column(column: &'static str, kind: RowErrorKind) -> Self {
        Self { column: Some(Cow::Borrowed(column)), kind }
    }

    /// An error of the primary key of the table, by its name.
    pub(crate) fn key(name: Cow<'static, str>, kind: RowErrorKind) -> Self {
        Self { column: Some(name), kind }
    }

    /// An error that names a column as the client wrote it, cut to a readable length.
    pub(crate) fn given_column(name: &str, kind: RowErrorKind) -> Self {
        Self { column: Some(Cow::Owned(name.chars().take(64).collect::<String>())), kind }
    }
}

/// Keeps an error of a row or, once the row has as many as a list can hold, only counts it.
pub(crate) fn push_capped(errors: &mut Vec<RowError>, error: impl FnOnce() -> RowError) {
    if errors.len() < ISSUE_LIMIT {
        return errors.push(error());
    }
    match errors.last_mut() {
        Some(RowError { kind: RowErrorKind::MoreErrors { count }, .. }) => *count += 1,
        _ => errors.push(RowError::row(RowErrorKind::MoreErrors { count: 1 })),
    }
}

/// Everything that can be wrong with a row; never holds a cell's value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RowErrorKind {
    /// A header in the middle of a file, of other columns than the lines before it.
    ChangedHeader {
        /// Its line.
        line: u64,
    },
    /// The row does not fulfil a CHECK of its table.
    CheckViolated {
        /// The CHECK.
        check: &'static CheckConstraint,
    },
    /// Another row has the row's value in a unique key.
    Conflict {
        /// The key's name.
        key: &'static str,
        /// The index of that row, where it is of the same request or file.
        first: Option<u64>,
    },
    /// The database refused a row that the core found good: the live table is not the schema's.
    DatabaseRefused {
        /// MySQL's error number.
        number: u16,
        /// Whether this row is surely the one, not only one of several sent together.
        alone: bool,
    },
    /// A moment that no TIMESTAMP is: before 1970, or behind 2038-01-19T03:14:07Z.
    BeyondTimestamp,
    /// A number that is larger than a DOUBLE or FLOAT holds, or nearer to 0.
    BeyondFloat,
    /// A CSV cell such as `5.0` for an integer.
    DecimalInteger,
    /// The same JSON member, or the same CSV header, appears twice.
    DuplicateColumn,
    /// An earlier row of the same request or file has the same key.
    DuplicateInBatch {
        /// The index of that earlier row.
        first: u64,
    },
    /// The same table appears twice in one body.
    DuplicateTable,
    /// The table has a row with this key already.
    Exists,
    /// A value for a column that the option `fill` fills.
    FilledColumn,
    /// A value for a column that the database computes.
    GeneratedColumn,
    /// A CSV cell that is not of the wanted type and has a character that is not seen.
    HiddenCharacter {
        /// What the place takes.
        expected: &'static str,
        /// The first such character.
        character: char,
    },
    /// A column that `fill` names is none of the table's, or does not take what it gets.
    InvalidFill(Box<Self>),
    /// A text that is no JSON document.
    InvalidDocument,
    /// A text that is no base64.
    InvalidBase64,
    /// No day of the years 1 to 9999 as `YYYY-MM-DD`.
    InvalidDate,
    /// Not an RFC 3339 date-time with an offset.
    InvalidDateTime,
    /// A time without an offset that the clocks of the time zone show twice, as they are put back.
    AmbiguousTime {
        /// The time zone.
        zone: String,
        /// The offsets from UTC with which they show it.
        offsets: Box<[String; 2]>,
    },
    /// A time without an offset that the clocks of the time zone never show, as they are put forward past it.
    SkippedTime {
        /// The time zone.
        zone: String,
    },
    /// Neither an RFC 3339 date-time nor one without an offset, or outside the years 1 to 9999.
    InvalidLocalDateTime,
    /// No time from -838:59:59 to 838:59:59.
    InvalidTime,
    /// A line of NDJSON that is not one JSON value.
    InvalidJson {
        /// Where that shows in the line, counted from 1 in bytes.
        column: usize,
    },
    /// The row's bytes are not UTF-8.
    InvalidUtf8,
    /// Half of a surrogate pair in a JSON text, which is no character.
    LoneSurrogate,
    /// A quote that is none of RFC 4180's: text behind a closing one, or one inside a cell without
    /// quotes.
    MalformedQuote {
        /// The line on which the cell begins.
        first: u64,
        /// The line on which the quote is wrong.
        last: u64,
    },
    /// A cell in which lines of a reject file were put together with their marks.
    MarksInCell,
    /// Absent, null or blank where a value is required.
    Missing,
    /// Rows with and without the id that the database gives by turns, so that the ids would be too many runs.
    MixedIds {
        /// The most runs.
        limit: usize,
    },
    /// A date-time with an offset in a file or body of which the first one has none, or the other way round.
    MixedOffsets {
        /// Whether this one has an offset.
        has_offset: bool,
    },
    /// More errors of the same row than are kept.
    MoreErrors {
        /// How many.
        count: u64,
    },
    /// A date-time without an offset for a column of moments.
    NoOffset,
    /// A first line that is neither a header nor a row.
    NoHeader {
        /// The table's columns.
        columns: Vec<&'static str>,
    },
    /// A foreign key's parent is not there.
    NoParent {
        /// The foreign key.
        key: &'static ForeignKey,
    },
    /// The object was deleted or replaced.
    ObjectGone,
    /// A file of which something has to be told before it can be read.
    UnclearLayout {
        /// What has to be told.
        questions: Vec<LayoutQuestion>,
    },
    /// A column of which no value has a form that is read, or whose values have two.
    UnreadableLayout {
        /// The column.
        column: &'static str,
        /// What its values are.
        kind: &'static str,
    },
    /// A line that the layout which the file's start shows does not fit.
    ContradictedLayout {
        /// The line.
        line: u64,
        /// The column of the value that has another form; `None` of bytes that are no text.
        column: Option<&'static str>,
    },
    /// A line that the layout which is given does not fit; the file ends there.
    ContradictedOptions {
        /// The line.
        line: u64,
        /// The column of the value that has another form.
        column: &'static str,
    },
    /// A number below 0 in an UNSIGNED column.
    Negative,
    /// A number in a JSON document that a database would keep as another one.
    NumberNotKept,
    /// A text that is none of an ENUM's members, or has a name that is none of a SET's.
    NotAMember {
        /// The members.
        members: &'static [&'static str],
    },
    /// A text with a character that the column's character set does not have.
    NotInCharset {
        /// The character set.
        charset: &'static str,
        /// Which character of the text it is, counted from 1.
        character: usize,
    },
    /// No folder of a path, and no file's name, is a table.
    NoTableInPath {
        /// The tables.
        tables: Vec<&'static str>,
        /// The one with whose name the file's name begins.
        near: Option<&'static str>,
    },
    /// An integer outside the column's type, or 0 where the database would renumber it.
    OutOfRange {
        /// The least value that is taken.
        min: i64,
        /// The greatest value that is taken.
        max: u64,
        /// Whether 0, though between them, is refused.
        not_zero: bool,
    },
    /// A JSON document with an object that has a member twice.
    RepeatedMember,
    /// A CSV record longer than the decoder holds.
    RowTooLong {
        /// The limit in bytes.
        limit: usize,
    },
    /// Rows of one table that are each other's parents.
    ReferenceCycle,
    /// More bad rows in a file than its settings allow.
    TooManyErrors {
        /// Bad rows.
        errors: u64,
        /// Rows.
        rows: u64,
    },
    /// A JSON document with more arrays and objects in each other than a database takes.
    TooDeep {
        /// The most that it takes.
        limit: usize,
    },
    /// Fewer bytes than a BINARY column has.
    TooFewBytes {
        /// The bytes that it has.
        expected: usize,
        /// How many came.
        got: usize,
    },
    /// A text with more bytes than the column takes.
    TooManyBytes {
        /// The most bytes the column takes.
        limit: usize,
        /// How many bytes came.
        got: usize,
    },
    /// A decimal number with more digits before its point than the column has.
    TooManyDigits {
        /// The most digits that the column has there.
        limit: u8,
    },
    /// A decimal number with more digits behind its point than the column has, zeros at its end aside.
    TooPrecise {
        /// The most digits that the column has there.
        limit: u8,
    },
    /// A text with more characters than the column takes.
    TooLong {
        /// The most characters the column takes.
        limit: usize,
        /// How many characters came.
        got: usize,
    },
    /// The rows of a request carry too many different sets of columns.
    TooManyShapes {
        /// The most that a table's rows may carry.
        limit: usize,
    },
    /// A CSV quote that is never closed.
    UnclosedQuote {
        /// The line that opened it.
        line: u64,
    },
    /// A JSON member that is no column of the table.
    UnknownColumn,
    /// A CSV header with names that are no columns of the table.
    UnknownHeader(Box<UnknownNames>),
    /// A value in a CSV column whose header is empty.
    UnnamedColumn {
        /// Which cell of the line it is, counted from 1.
        cell: usize,
    },
    /// The key by which rows are to be known is none of the table's.
    UnknownKey(Box<KeyNameError>),
    /// A value that is no key of the parent table.
    UnknownReference {
        /// The parent table.
        table: &'static str,
    },
    /// A name that is no table.
    UnknownTable,
    /// A table of the schema that rowgate cannot fill.
    UnfitTable(&'static Unfit),
    /// Packed data that unpacks to more than anybody would store in rows.
    UnpacksTooLarge {
        /// So many times its own size.
        times: u64,
        /// Or so many GiB.
        gibibytes: u64,
    },
    /// A file that cannot be read, or not from here on.
    UnreadableFile {
        /// What is wrong, and where.
        what: Box<str>,
    },
    /// An object's key with a segment `.` or `..`.
    UnreadableKey,
    /// Gzip data that is broken, or ends early.
    UnreadableGzip,
    /// Zstandard data that is broken, ends early, or has a window larger than the memory that is kept for one.
    UnreadableZstandard,
    /// A file whose name says no format.
    UnsupportedFormat {
        /// What the names of such files end in, without the dot.
        extensions: Vec<&'static str>,
    },
    /// A CSV file whose cells are not separated by commas.
    WrongDelimiter {
        /// What separates them, in words.
        found: &'static str,
    },
    /// A file in UTF-16.
    WrongEncoding,
    /// A CSV line with too few or too many cells.
    WrongFieldCount {
        /// How many cells a line has by the header or the table.
        expected: usize,
        /// How many came.
        got: usize,
        /// Whether it is the last cells, which are empty, that are too many.
        empty_end: bool,
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
    /// Every code; by them a line of a reject file is known when it comes again.
    pub(crate) const CODES: &[&str] = &[
        "ambiguous_time",
        "changed_header",
        "check_violated",
        "conflict",
        "contradicted_layout",
        "database_refused",
        "duplicate_column",
        "duplicate_in_batch",
        "duplicate_table",
        "exists",
        "filled_column",
        "generated_column",
        "invalid_base64",
        "invalid_date",
        "invalid_date_time",
        "invalid_fill",
        "invalid_json",
        "invalid_time",
        "invalid_utf8",
        "malformed_quote",
        "marks_in_cell",
        "missing",
        "mixed_ids",
        "mixed_offsets",
        "more_errors",
        "no_header",
        "no_offset",
        "not_a_member",
        "not_in_charset",
        "object_gone",
        "out_of_range",
        "reference_cycle",
        "row_too_long",
        "skipped_time",
        "too_few_bytes",
        "too_long",
        "too_many_errors",
        "too_many_shapes",
        "too_precise",
        "unclear_layout",
        "unclosed_quote",
        "unfit_table",
        "unknown_column",
        "unknown_key",
        "unknown_reference",
        "unknown_table",
        "unnamed_column",
        "unpacks_too_large",
        "unreadable_file",
        "unreadable_gzip",
        "unreadable_key",
        "unreadable_layout",
        "unreadable_zstandard",
        "unsupported_format",
        "wrong_delimiter",
        "wrong_encoding",
        "wrong_field_count",
        "wrong_format",
        "wrong_type",
    ];

    /// The stable code: lower case, never renamed, listed in docs/errors.md.
    pub fn code(&self) -> &'static str {
        match self {
            Self::AmbiguousTime { .. } => "ambiguous_time",
            Self::SkippedTime { .. } => "skipped_time",
            Self::ChangedHeader { .. } => "changed_header",
            Self::CheckViolated { .. } => "check_violated",
            Self::Conflict { .. } => "conflict",
            Self::ContradictedLayout { .. } => "contradicted_layout",
            Self::ContradictedOptions { .. } => "contradicted_layout",
            Self::DatabaseRefused { .. } => "database_refused",
            Self::DuplicateColumn | Self::RepeatedMember => "duplicate_column",
            Self::DuplicateInBatch { .. } => "duplicate_in_batch",
            Self::DuplicateTable => "duplicate_table",
            Self::FilledColumn => "filled_column",
            Self::GeneratedColumn => "generated_column",
            Self::Exists => "exists",
            Self::InvalidBase64 => "invalid_base64",
            Self::InvalidDate => "invalid_date",
            Self::InvalidDateTime | Self::InvalidLocalDateTime => "invalid_date_time",
            Self::InvalidJson { .. }
            | Self::LoneSurrogate
            | Self::InvalidDocument
            | Self::TooDeep { .. } => "invalid_json",
            Self::InvalidFill(_) => "invalid_fill",
            Self::InvalidTime => "invalid_time",
            Self::InvalidUtf8 => "invalid_utf8",
            Self::MalformedQuote { .. } => "malformed_quote",
            Self::MarksInCell => "marks_in_cell",
            Self::Missing => "missing",
            Self::MixedIds { .. } => "mixed_ids",
            Self::MixedOffsets { .. } => "mixed_offsets",
            Self::MoreErrors { .. } => "more_errors",
            Self::NoOffset => "no_offset",
            Self::NoHeader { .. } => "no_header",
            Self::NotAMember { .. } => "not_a_member",
            Self::NotInCharset { .. } => "not_in_charset",
            Self::ObjectGone => "object_gone",
            Self::ReferenceCycle => "reference_cycle",
            Self::OutOfRange { .. }
            | Self::Negative
            | Self::BeyondFloat
            | Self::BeyondTimestamp
            | Self::TooManyDigits { .. } => "out_of_range",
            Self::RowTooLong { .. } => "row_too_long",
            Self::TooFewBytes { .. } => "too_few_bytes",
            Self::TooLong { .. } | Self::TooManyBytes { .. } => "too_long",
            Self::TooManyErrors { .. } => "too_many_errors",
            Self::TooManyShapes { .. } => "too_many_shapes",
            Self::TooPrecise { .. } | Self::NumberNotKept => "too_precise",
            Self::UnclearLayout { .. } => "unclear_layout",
            Self::UnclosedQuote { .. } => "unclosed_quote",
            Self::UnknownColumn | Self::UnknownHeader(_) => "unknown_column",
            Self::UnknownKey(_) => "unknown_key",
            Self::UnknownReference { .. } | Self::NoParent { .. } => "unknown_reference",
            Self::UnfitTable(_) => "unfit_table",
            Self::UnknownTable | Self::NoTableInPath { .. } => "unknown_table",
            Self::UnnamedColumn { .. } => "unnamed_column",
            Self::UnpacksTooLarge { .. } => "unpacks_too_large",
            Self::UnreadableFile { .. } => "unreadable_file",
            Self::UnreadableGzip => "unreadable_gzip",
            Self::UnreadableLayout { .. } => "unreadable_layout",
            Self::UnreadableZstandard => "unreadable_zstandard",
            Self::UnreadableKey => "unreadable_key",
            Self::UnsupportedFormat { .. } => "unsupported_format",
            Self::WrongDelimiter { .. } => "wrong_delimiter",
            Self::WrongEncoding => "wrong_encoding",
            Self::WrongFieldCount { .. } => "wrong_field_count",
            Self::WrongFormat { .. } => "wrong_format",
            Self::WrongType { .. } => "wrong_type",
            Self::DecimalInteger | Self::HiddenCharacter { .. } => "wrong_type",
        }
    }

    /// Whether a look at the live database may find what is named.
    pub(crate) fn is_of_unknown_name(&self) -> bool {
        matches!(self, Self::UnknownColumn | Self::UnknownHeader(_) | Self::UnfitTable(_))
    }
}
