//! What became of a file.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::error::LoadError;
use super::object_ref::ObjectRef;
use super::options::LoadOptions;
use super::rejects::RejectNames;
use super::table_file::TableFile;
use crate::aws::host::Host;
use crate::format::formats::RowFormat;
use crate::ingest::{ByName, CHECKED_KEYS, LayoutOptions, TableReport};
use crate::table::counts::Counts;
use crate::table::date_time;
use crate::table::issue::{Issue, RowError, RowErrorKind};
use crate::table::issues::Issues;
use crate::table::record::Place;
use crate::table::schema::{Schema, Table};

/// How a load ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Status {
    /// Every row is stored, or was there to be kept.
    Complete,
    /// Some rows are, others are not.
    Partial,
    /// Nothing was stored: rows, or the file as a whole, are wrong.
    Rejected,
    /// There was no row.
    Empty,
    /// The object is not there any more, or was written anew; what was stored before that stays.
    Gone,
    /// Time ran out; the rows counted are dealt with, and loading again does the rest.
    Unfinished,
    /// The database or S3 failed; the rows counted are dealt with, and loading again does the
    /// rest.
    Failed,
    /// This version of the object was loaded before; the counts are that load's.
    Duplicate,
    /// Nothing was stored: a newer version of the object is there.
    Stale,
    /// A newer version of the object came while this one was loaded; what was stored until then the
    /// newer one writes over.
    Superseded,
    /// It is too large for one invocation: a state machine loads it, and writes the report.
    Started,
    /// It was to be started by hand, and an attempt is at it.
    AlreadyRunning,
    /// Not a file to load: one of rowgate's own, a folder's mark, or an empty mark of Spark or
    /// Hadoop. Nothing is written.
    Ignored,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Status {
    /// As it is written everywhere.
    pub fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Partial => "partial",
            Self::Rejected => "rejected",
            Self::Empty => "empty",
            Self::Gone => "gone",
            Self::Unfinished => "unfinished",
            Self::Failed => "failed",
            Self::Duplicate => "duplicate",
            Self::Stale => "stale",
            Self::Superseded => "superseded",
            Self::Started => "started",
            Self::AlreadyRunning => "already_running",
            Self::Ignored => "ignored",
        }
    }
}

/// What became of a file.
#[derive(Debug)]
pub struct LoadReport {
    /// The same for every attempt at this version of an object; of a file that is loaded from here,
    /// another one each time.
    pub load_id: String,
    /// How it ended.
    pub status: Status,
    /// Which object it is, if it comes from S3.
    pub object: Option<ObjectRef>,
    /// The file's size.
    pub bytes: u64,
    /// The table, if one was found.
    pub table: Option<&'static str>,
    /// The format, if its name says one.
    pub format: Option<&'static RowFormat>,
    /// How it was loaded.
    pub settings: LoadOptions,
    /// The options that say again how a CSV file is written, where that is not the default.
    pub layout: Vec<(&'static str, String)>,
    /// The columns of a workbook's sheet as Excel names them, by those of the table.
    pub sheet_columns: Vec<(&'static str, String)>,
    /// The rows that were dealt with.
    pub counts: Counts,
    /// Rows with at least one error; the others were rejected along with them.
    pub invalid: u64,
    /// Of a check, good rows that lack a column which a new row needs: a load rejects those whose keys the
    /// table does not have.
    pub missing_if_new: u64,
    /// What is wrong, and how often.
    pub issues: Issues,
    /// The key of the reject file, if there is one.
    pub rejects: Option<String>,
    /// The key of the file with the rejected lines that are not UTF-8, if there is one.
    pub undecoded: Option<String>,
    /// The first rejected line that is in neither file, since they were full.
    pub rejects_full_at_line: Option<u64>,
    /// How many rejected lines are in neither file.
    pub rejects_left_out: u64,
    /// Whether something is wrong that no row is to blame for.
    pub(super) faulty: bool,
    /// Whether a line does not fit the layout that the file's start shows.
    pub(super) is_contradicted: bool,
    /// Whether the database did not take some rows, which the ledger then knows.
    pub(super) has_refused_rows: bool,
    /// Why it has to be loaded again.
    pub failure: Option<LoadError>,
    /// When it began, since the Unix epoch.
    pub started: Duration,
    /// From the first call to the last.
    pub duration_ms: u64,
    /// How long calls to the database were under way.
    pub database_ms: u64,
}

impl LoadReport {
    pub(super) fn begin<H: Host>(host: &H, settings: LoadOptions, bytes: u64) -> Self {
        let load_id = format!("{:016x}{:016x}", host.random(), host.random());
        Self { load_id, ..Self::new(settings, host.now(), bytes) }
    }

    /// A report of a file of which nothing is known yet.
    pub fn new(settings: LoadOptions, started: Duration, bytes: u64) -> Self {
        Self {
            load_id: String::new(),
            status: Status::Empty,
            object: None,
            bytes,
            table: None,
            format: None,
            settings,
            layout: Vec::new(),
            sheet_columns: Vec::new(),
            counts: Counts::default(),
            invalid: 0,
            missing_if_new: 0,
            issues: Issues::default(),
            rejects: None,
            undecoded: None,
            rejects_full_at_line: None,
            rejects_left_out: 0,
            faulty: false,
            is_contradicted: false,
            has_refused_rows: false,
            failure: None,
            started,
            duration_ms: 0,
            database_ms: 0,
        }
    }

    /// What the file is for, by its path; if that does not say it, the file is rejected.
    pub(super) fn begin_file(&mut self, schema: Schema, path: &str) -> Option<TableFile> {
        let file = TableFile::of_path(schema, path).and_then(|file| file.with(&self.settings));
        match file {
            Ok(file) => {
                self.table = Some(file.table.name);
                self.format = Some(file.format);
                Some(file)
            }
            Err(issue) => {
                self.issues.push(issue);
                self.status = Status::Rejected;
                None
            }
        }
    }

    /// Counts good rows of which these many are stored, and these many were there.
    pub(super) fn add_good(&mut self, stored: u64, kept: u64) {
        self.counts += Counts::good(stored, kept);
    }

    /// Counts bad rows that are told of elsewhere.
    pub(super) fn add_rejected(&mut self, rows: u64) {
        self.invalid += rows;
        self.counts += Counts::rejected(rows);
    }

    /// Counts a bad row; without an index it is the file as a whole that is bad.
    pub(super) fn add_bad(&mut self, table: &'static Table, place: Place, errors: &[RowError]) {
        self.issues.push_row(table.name, place.index, place.line, errors);
        if place.index.is_some() {
            self.add_rejected(1);
        } else {
            self.faulty = true;
        }
    }

    /// Takes note of what is wrong with the file as a whole.
    pub(super) fn add_fault(&mut self, table: &'static Table, kind: RowErrorKind) {
        self.faulty = true;
        self.issues.push_row(table.name, None, None, &[RowError::row(kind)]);
    }

    /// Takes note of what the reject files are called.
    pub(super) fn add_rejects(&mut self, names: RejectNames) {
        self.rejects = names.rejects;
        self.undecoded = names.undecoded;
        self.rejects_full_at_line = names.left_out.first_line;
        self.rejects_left_out = names.left_out.count;
    }

    /// The same of what is to be read before everything else.
    pub(super) fn add_first_fault(&mut self, table: &'static Table, kind: RowErrorKind) {
        self.faulty = true;
        let (table, error) = (Cow::Borrowed(table.name), RowError::row(kind));
        self.issues.push_first(Issue { table, index: None, line: None, error });
    }

    /// Takes note that a line does not fit the layout that the file's start shows: nothing is stored.
    pub(super) fn contradict(&mut self, table: &'static Table, kind: RowErrorKind) {
        self.is_contradicted = true;
        self.add_first_fault(table, kind);
    }

    /// Begins to count anew, for another reading of the file.
    pub(super) fn forget_rows(&mut self) {
        (self.counts, self.invalid) = (Counts::default(), 0);
        self.issues = Issues::default();
    }

    /// No row was dealt with after all: the file was only read.
    pub(super) fn store_nothing(&mut self) {
        (self.counts, self.invalid) = (Counts::default(), 0);
    }

    /// Nothing is stored after all.
    pub(super) fn refuse_rows(&mut self) {
        self.counts = self.counts.refused();
    }

    /// The rows of its table; `None` if there is no table.
    pub fn table_report(&self) -> Option<TableReport> {
        let (table, counts, invalid) = (self.table?, self.counts, self.invalid);
        Some(TableReport { table, counts, invalid, written: None, ids: None, conflicts: 0 })
    }
}

/// Serializes as the report file has it; counts and errors are those of an HTTP answer.
impl Serialize for LoadReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut report = serializer.serialize_map(None)?;
        report.serialize_entry("rowgate", env!("CARGO_PKG_VERSION"))?;
        report.serialize_entry("load_id", &self.load_id)?;
        report.serialize_entry("status", &self.status)?;
        if let Some(object) = &self.object {
            report.serialize_entry("bucket", &object.bucket)?;
            report.serialize_entry("key", &object.key)?;
            report.serialize_entry("version_id", &object.version_id)?;
            report.serialize_entry("e_tag", &object.e_tag)?;
            report.serialize_entry("sequencer", &object.sequencer)?;
        }
        report.serialize_entry("bytes", &self.bytes)?;
        report.serialize_entry("table", &self.table)?;
        report.serialize_entry("format", &self.format)?;
        report.serialize_entry("settings", &self.settings)?;
        report.serialize_entry("layout", &LayoutOptions(&self.layout))?;
        if !self.sheet_columns.is_empty() {
            report.serialize_entry("sheet_columns", &LayoutOptions(&self.sheet_columns))?;
        }
        report.serialize_entry("started", &date_time::text(self.started))?;
        report.serialize_entry("duration_ms", &self.duration_ms)?;
        report.serialize_entry("database_ms", &self.database_ms)?;
        report.serialize_entry("repeated_keys_sought_in_rows", &CHECKED_KEYS)?;
        if let Some(failure) = &self.failure {
            report.serialize_entry("failure", &failure.to_string())?;
        }
        report.serialize_entry("tables", &ByName(self.table_report().as_slice()))?;
        report.serialize_entry("error_count", &self.issues.count())?;
        report.serialize_entry("errors", self.issues.listed())?;
        report.serialize_entry("rejects", &self.rejects)?;
        report.serialize_entry("undecoded", &self.undecoded)?;
        report.serialize_entry("rejects_full_at_line", &self.rejects_full_at_line)?;
        report.serialize_entry("rejects_left_out", &self.rejects_left_out)?;
        report.end()
    }
}

/// The report of a load that has ended with an error.
pub(super) fn failed(report: LoadReport, error: LoadError) -> LoadReport {
    let status = match error {
        LoadError::OutOfTime | LoadError::Interrupted => Status::Unfinished,
        _ => Status::Failed,
    };
    LoadReport { status, failure: Some(error), ..report }
}

/// How a file ended that was read to its end.
pub(super) fn stored(report: &LoadReport) -> Status {
    match (report.faulty || report.invalid > 0, report.counts.stored + report.counts.kept) {
        (false, _) if report.counts.received == 0 => Status::Empty,
        (false, _) => Status::Complete,
        (true, 0) => Status::Rejected,
        (true, _) => Status::Partial,
    }
}

pub(super) fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
