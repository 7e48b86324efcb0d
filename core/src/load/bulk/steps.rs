//! The steps that a state machine calls, but for the last.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use futures_util::stream::StreamExt;

use super::super::claimed::{self, Begun, Claimed, begin, to_claim, told};
use super::super::error::LoadError;
use super::super::folder_options;
use super::super::object::{self, Attempt};
use super::super::object_ref::ObjectRef;
use super::super::options::{LoadOptions, LoadSettings};
use super::super::reader::{FileReader, ReadError};
use super::super::report::{LoadReport, Status};
use super::super::services::LoadServices;
use super::super::table_file::TableFile;
use super::file::BulkFile;
use super::plan::{self, PlannedRows};
use super::scan::{Scan, Scanner};
use crate::aws::host::Host;
use crate::aws::source::{SourceError, pieces};
use crate::format::row_reader::ReadBy;
use crate::ledger::{
    self, Claim, FilePart, FileProgress, FileToClaim, Held, Lease, Lost, PlannedPart,
};
use crate::sql::statement::OnDuplicate;
use crate::table::schema::Schema;

/// The most ranges of a file: their numbers fit into a state machine's 256 KiB, and so does what
/// comes back of each.
const RANGES: u64 = 4_000;

/// How long no other attempt can claim a file between two steps: longer than any step takes.
const LEASE_SECONDS: u32 = 1_800;

/// What is to be done with a file.
#[derive(Debug)]
pub enum OpenedLoad {
    /// It can be cut: its ranges, from 0 to this number, are to be scanned.
    InRanges(BulkFile, u64),
    /// It is to be loaded from its start to its end.
    Whole,
    /// Nothing: it was loaded before, or a newer version is there.
    Over(Box<LoadReport>),
}

/// The parts of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// The number of the range in which each begins.
    pub parts: Vec<u64>,
    /// The rows that they have together.
    pub rows: PlannedRows,
}

/// One step of a state machine's execution.
#[derive(Debug)]
pub struct BulkLoad<'s, H> {
    pub(super) services: LoadServices<'s, H>,
    /// The execution's name, by which the ledger knows who holds the file.
    execution: &'s str,
}

impl<'s, H: Host> BulkLoad<'s, H> {
    /// A step of the execution with this name that begins no call after `time` from now.
    pub fn new(
        host: &'s H,
        settings: &'s LoadSettings,
        execution: &'s str,
        time: Duration,
    ) -> Self {
        Self { services: LoadServices::new(host, settings, time), execution }
    }

    /// Looks whether a file can be cut, and claims it if so.
    pub async fn open(&self, object: &ObjectRef) -> Result<OpenedLoad, LoadError> {
        if !object.is_readable() {
            return Ok(OpenedLoad::Whole);
        }
        let Some(head) = object::head(&self.services.s3, object).await? else {
            return Ok(OpenedLoad::Whole);
        };
        let object = object.pinned(&head);
        let options = match folder_options::options(&self.services, &object).await {
            // Loading it whole says what is wrong with them.
            Err(LoadError::Options(_)) => return Ok(OpenedLoad::Whole),
            options => options?,
        };
        let size = head.content_length;
        let schema = self.services.schema(&object.key).await?;
        let Ok(file) = TableFile::of_path(schema, &object.key) else {
            return Ok(OpenedLoad::Whole);
        };
        if !object.is_for_loading() || !may_be_cut(&file, &options) {
            return Ok(OpenedLoad::Whole);
        }
        let load_id = to_claim(&object, file.table, &options).load_id();
        let options = options.of_load(&object.key, &load_id, self.services.host().now());
        let Ok(file) = file.with(&options) else { return Ok(OpenedLoad::Whole) };
        let Some(has_header) = self.header(&object, &file, size).await? else {
            return Ok(OpenedLoad::Whole);
        };
        let to_claim = self.holding(&object, &file, &options);
        let claim =
            match begin(&self.services.database, &lease(), &object, &to_claim, &options).await? {
                Begun::Claimed(claim, _) => claim,
                Begun::Over(report, body) => {
                    let Attempt { report, written, .. } = Attempt::over(*report, body);
                    object::write_report(&self.services.s3, &report, written).await?;
                    return Ok(OpenedLoad::Over(Box::new(report)));
                }
            };
        let range_bytes = self.services.settings.bulk.range_bytes.max(size.div_ceil(RANGES));
        told(claim.forget_other_ranges(&self.services.database, range_bytes).await)?;
        let file = BulkFile { object, size, range_bytes, has_header };
        let count = file.cut().count();
        Ok(OpenedLoad::InRanges(file, count))
    }

    /// Whether the file's first record is a header; `None` if the file is packed, is refused as a
    /// whole for how it begins, or cannot be scanned in ranges.
    async fn header(
        &self,
        object: &ObjectRef,
        file: &TableFile,
        size: u64,
    ) -> Result<Option<bool>, LoadError> {
        let source = object::source(&self.services.s3, object, size);
        let mut reader = match FileReader::open(&source, file, None).await {
            Ok(reader) => reader,
            Err(error) => return unreadable(error).map(|()| None),
        };
        match reader.next().await {
            Ok(true) if reader.rows().row().place.index.is_none() => return Ok(None),
            Ok(_) => {}
            Err(error) => return unreadable(error).map(|()| None),
        }
        let is_given = !reader.has_found_layout();
        let can_be_cut = is_given && !reader.mark().is_packed() && reader.rows().can_be_cut();
        Ok(can_be_cut.then(|| matches!(reader.rows().read_by(), ReadBy::Header(_))))
    }

    /// Reads one range, and keeps the states in which it can end, by those in which it can begin.
    pub async fn scan(&self, file: &BulkFile, number: u64) -> Result<(), LoadError> {
        let (claim, Ok(held)) = self.hold(file).await? else { return Ok(()) };
        let range = file.cut().range(number);
        let source = object::source(&self.services.s3, &file.object, range.end);
        let TableFile { format, table, .. } = self.kind(file)?;
        // Only a file that comes line by line was opened in ranges.
        let Some(format) = format.lines else { return Ok(()) };
        let syntax = held_options(&held).dialect.syntax;
        let mut scanner = Scanner::new(format, syntax, table, number == 0);
        let mut pieces = pieces(&source, range.start);
        while let Some(piece) = pieces.next().await {
            let piece = match piece {
                Ok(piece) => piece,
                // The parts will find it, too, and say so.
                Err(SourceError::Gone) => break,
                Err(error) => return Err(LoadError::Read(error.to_string())),
            };
            scanner.read(&piece);
            if self.services.s3.is_out_of_time() {
                return Err(LoadError::OutOfTime);
            }
        }
        let scan = serde_json::to_string(&scanner.finish()).unwrap_or_default();
        told(claim.keep_scan(&self.services.database, file.range_bytes, number, &scan).await)
    }

    /// Puts the scans together, and keeps where the parts begin.
    pub async fn plan(&self, file: &BulkFile) -> Result<Planned, LoadError> {
        let none = Planned { parts: Vec::new(), rows: PlannedRows::Exactly(0) };
        let (claim, Ok(held)) = self.hold(file).await? else { return Ok(none) };
        let cut = file.cut();
        let kept = told(claim.scans(&self.services.database).await)?;
        let read = |(at, (number, scan)): (u64, (u64, String))| -> Option<Scan> {
            (at == number).then(|| serde_json::from_str(&scan).ok())?
        };
        let scans: Option<Vec<_>> = (0..).zip(kept).map(read).collect();
        let plan = scans
            .filter(|scans| scans.len() as u64 == cut.count())
            .and_then(|scans| plan::plan(&cut, &scans))
            .ok_or_else(|| LoadError::Machine("not all ranges have been scanned".to_string()))?;
        let options = held_options(&held);
        let part = |chunk: &plan::PartBounds| {
            let part =
                FilePart { number: chunk.number, from: chunk.from, range_bytes: file.range_bytes };
            let to_claim = self.part(file, part, &options)?;
            let load_id = to_claim.load_id();
            let plan::PartBounds { number, from, end } = *chunk;
            Ok(PlannedPart { number, from, end, load_id })
        };
        let parts: Vec<_> = plan.chunks.iter().map(part).collect::<Result<_, LoadError>>()?;
        told(claim.keep_plan(&self.services.database, &parts).await)?;
        Ok(Planned { parts: parts.iter().map(|part| part.number).collect(), rows: plan.rows })
    }

    /// Loads one part's rows.
    ///
    /// With [`Status::Unfinished`] it is to be called again. A report without a row, superseded, means
    /// that a newer version is there.
    pub async fn load(&self, file: &BulkFile, number: u64) -> Result<LoadReport, LoadError> {
        self.services.schema(&file.object.key).await?;
        let (claim, held) = self.hold(file).await?;
        let Ok(held) = held else { return Ok(self.superseded(file)) };
        let planned = told(claim.planned(&self.services.database, number).await)?;
        let not_planned = || LoadError::Machine(format!("part {number} is not planned"));
        let (from, end) = planned.ok_or_else(not_planned)?;
        let options = LoadOptions { is_settled: true, ..held_options(&held) };
        let part = FilePart { number, from, range_bytes: file.range_bytes };
        let to_claim = self.part(file, part, &options)?;
        let (lease, object) = (&self.services.settings.lease, &file.object);
        let (claim, progress) =
            match begin(&self.services.database, lease, object, &to_claim, &options).await? {
                Begun::Claimed(claim, progress) => (claim, progress),
                Begun::Over(report, _) => return Ok(*report),
            };
        let batch_bytes = self.services.settings.batch_bytes;
        // All parts are read by the columns with which the file was opened.
        let progress = FileProgress { read_as: held.read_as, ..progress };
        let claimed = Claimed { claim: &claim, progress, from, batch_bytes };
        let services = &self.services;
        let report = object::load_rows(services, object, end, options, Some(&claimed)).await;
        if report.failure != Some(LoadError::LeaseLost) {
            claimed::end(&self.services.database, &claim, &report).await?;
        }
        match report.failure.clone() {
            None | Some(LoadError::OutOfTime) => Ok(report),
            Some(failure) => Err(failure),
        }
    }

    /// Goes on holding the file. The other case is that a newer version is there.
    pub(super) async fn hold(
        &self,
        file: &BulkFile,
    ) -> Result<(Claim, Result<Held, Outdated>), LoadError> {
        let options = self.services.options(&file.object.key);
        let kind = self.kind(file)?;
        let host = self.services.database.host();
        let claim = self.holding(&file.object, &kind, &options).to_claim(host, &lease());
        match told(claim.hold(&self.services.database).await)? {
            Ok(held) => Ok((claim, Ok(held))),
            Err(Lost::Outdated) => Ok((claim, Err(Outdated))),
            Err(Lost::Lease) => Err(LoadError::LeaseLost),
        }
    }

    /// The whole file, claimed by this execution.
    pub(super) fn holding<'o>(
        &self,
        object: &'o ObjectRef,
        file: &TableFile,
        options: &LoadOptions,
    ) -> FileToClaim<'o> {
        let holder = Some(ledger::holder_of(self.execution));
        FileToClaim { holder, ..to_claim(object, file.table, options) }
    }

    fn part<'o>(
        &self,
        file: &'o BulkFile,
        part: FilePart,
        options: &LoadOptions,
    ) -> Result<FileToClaim<'o>, LoadError> {
        let table = self.kind(file)?.table;
        Ok(FileToClaim { part: Some(part), ..to_claim(&file.object, table, options) })
    }

    /// What the file is for, by its name.
    pub(super) fn kind(&self, file: &BulkFile) -> Result<TableFile, LoadError> {
        let no_table = |_| LoadError::Machine("the object's name says no table".to_string());
        TableFile::of_path(self.schema(), &file.object.key).map_err(no_table)
    }

    fn schema(&self) -> Schema {
        self.services.settings.schema.believed()
    }

    pub(super) fn superseded(&self, file: &BulkFile) -> LoadReport {
        let options = self.services.options(&file.object.key);
        let report = LoadReport::begin(self.services.database.host(), options, file.size);
        let table = self.kind(file).ok().map(|kind| kind.table.name);
        let object = Some(file.object.clone());
        LoadReport { status: Status::Superseded, table, object, ..report }
    }
}

/// A newer version of the file is there.
pub(super) struct Outdated;

pub(super) fn lease() -> Lease {
    Lease::of_seconds(LEASE_SECONDS)
}

/// Whether parts of such a file can be loaded in any order.
fn may_be_cut(file: &TableFile, options: &LoadOptions) -> bool {
    // Its first date-time decides for all parts whether the others have an offset, too.
    let is_of_one_kind = options.time_zone.is_some() || !file.table.takes_offsets();
    file.named_packing.is_none()
        && !options.may_refuse()
        && is_of_one_kind
        && options.on_duplicate == OnDuplicate::Update
        // The parent of a row may be in an earlier part.
        && file.table.own_keys().next().is_none()
}

/// What cannot be read for good is for the load to report; the rest is tried again.
fn unreadable(error: ReadError) -> Result<(), LoadError> {
    match error {
        ReadError::Fault(_) | ReadError::Source(SourceError::Gone) => Ok(()),
        ReadError::Source(error) => Err(LoadError::Read(error.to_string())),
        ReadError::Ledger(error) => Err(error.into()),
        ReadError::TablesChanged => Err(LoadError::TablesChanged),
    }
}

/// As the file was opened, whatever the settings say now.
pub(super) fn held_options(held: &Held) -> LoadOptions {
    serde_json::from_str(&held.settings).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::schema::{Column, ColumnType, Table};
    use crate::table::time_zone::TimeZone;

    static COLUMNS: [Column; 2] = [
        Column::new("id", ColumnType::known("int", None, None)),
        Column::new("at", ColumnType::known("datetime", None, None)),
    ];
    static TABLES: [Table; 2] = [
        Table::new("calls", &COLUMNS),
        Table::new("jobs", &[Column::new("id", ColumnType::known("int", None, None))]),
    ];

    #[test]
    fn of_a_table_with_a_datetime_only_files_with_a_time_zone_are_cut() {
        let schema = Schema::new(&TABLES);
        let (without, zone) = (LoadOptions::default(), TimeZone::of("UTC"));
        let with = LoadOptions { time_zone: zone, ..without.clone() };
        for (path, options, is_cut) in [
            ("calls/a.csv", &without, false),
            ("calls/a.csv", &with, true),
            ("jobs/a.csv", &without, true),
        ] {
            let file = TableFile::of_path(schema, path).unwrap();
            assert_eq!(may_be_cut(&file, options), is_cut, "{path}");
        }
    }
}
