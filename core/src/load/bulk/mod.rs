//! A file that is too large for one invocation: scanned in ranges at the same time, cut between two
//! records, and loaded in parts at the same time, by steps that a state machine calls.
//!
//! | step | how often | what |
//! |---|---|---|
//! | [`open`](BulkLoad::open) | once | whether the file can be cut; claims it |
//! | [`scan`](BulkLoad::scan) | for each range | what the range does to whoever reads through it |
//! | [`plan`](BulkLoad::plan) | once | where the parts begin |
//! | [`load`](BulkLoad::load) | for each part | its rows into the database |
//! | [`finish`](BulkLoad::finish) | once | compares the counts, writes the report |
//!
//! Each step has the same effect however often it is called, and what one tells another stands in
//! the ledger: a state machine's own memory has room for 256 KiB. A part is a load of its own, with
//! a claim, a fence and a place that moves on with its rows; it is not in the history.
//!
//! The order of a file's rows does not matter with `update` alone, unless the file has an id twice;
//! which of two parts comes last is then left to chance. With any other option, and if it is packed,
//! a file is read from its start to its end.

mod plan;
mod scan;

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use futures_util::stream::StreamExt;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::claimed::{self, Begun, Claimed, begin, to_claim};
use super::object::{self, Attempt, ObjectRef, Occasion, PATIENCE, Written};
use super::reader::{ReadError, Reader};
use super::{File, LoadError, LoadOptions, LoadReport, LoadSettings, Status};
use crate::data_api::Target;
use crate::host::{CallError, Client, Host, Repeat};
use crate::ledger::{self, Attempts, Claim, FileToClaim, Held, Lease, Lost, Part, PlannedPart};
use crate::outcome::{OUTCOME_LIMIT, RowErrorKind};
use crate::s3::Endpoint;
use crate::source::{SourceError, pieces};
use crate::statement::OnDuplicate;
use crate::step_functions::{self, StartExecution};

use plan::Cut;
pub use plan::PlannedRows;
use scan::{Scan, Scanner};

/// The most ranges of a file: their numbers fit into a state machine's 256 KiB, and so does what
/// comes back of each.
const RANGES: u64 = 4_000;

/// How long nobody else can claim a file between two steps: longer than one of them can take.
const LEASE_SECONDS: u32 = 1_800;

/// A file that is loaded in parts, as each step is told of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkFile {
    /// The version that is loaded.
    #[serde(flatten)]
    pub object: ObjectRef,
    /// Bytes.
    pub size: u64,
    /// Bytes of each range, the last one aside.
    pub range_bytes: u64,
    /// Whether its first record is a header.
    pub has_header: bool,
}

/// What is to be done with a file.
#[derive(Debug)]
pub enum Opened {
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
    /// The machine's settings: `bulk` and those of any load.
    pub settings: &'s LoadSettings,
    /// The execution's name, by which the ledger knows who holds the file.
    pub execution: &'s str,
    s3: Client<'s, H, Endpoint>,
    database: Client<'s, H, Target>,
}

/// Has the state machine load an object, if there is one: once for each version and each time that it
/// was put, and whenever that is asked for by hand while no attempt is at it.
pub(super) async fn start<H: Host>(
    database: &Client<'_, H>,
    settings: &LoadSettings,
    object: &ObjectRef,
    occasion: Occasion,
) -> Result<Option<LoadReport>, LoadError> {
    let Some(machine) = &settings.bulk.state_machine_arn else { return Ok(None) };
    let Ok(File { table, .. }) = File::of_path(&object.key) else { return Ok(None) };
    let host = database.host();
    let options = settings.rules.options(&object.key);
    let load_id = to_claim(object, table, &options).load_id();
    let time = database.time_left();
    let client = Client::new(host, &settings.bulk.endpoint, time).patient(PATIENCE);
    let machine = Machine { client, arn: machine, load_id: &load_id };
    let status = match (occasion, &object.sequencer) {
        // An execution that there was before is this event's.
        (Occasion::Event, Some(sequencer)) => {
            machine.start(object, sequencer).await.map(|_| Status::Started)
        }
        _ => machine.start_by_hand(database, object).await,
    }?;
    let report = LoadReport::begin(host, options, 0);
    let (table, object) = (Some(table.name), Some(object.clone()));
    Ok(Some(LoadReport { load_id, table, object, status, ..report }))
}

/// The state machine, and the load that it is to be started for.
struct Machine<'m, H> {
    client: Client<'m, H, step_functions::Endpoint>,
    arn: &'m str,
    load_id: &'m str,
}

impl<H: Host> Machine<'_, H> {
    /// Starts an execution that no other start is to repeat; `false` if there was one of this name.
    async fn start(&self, object: &ObjectRef, suffix: &str) -> Result<bool, LoadError> {
        let name: String = format!("{}-{suffix}", self.load_id).chars().take(80).collect();
        let input = json!({ "object": object });
        let start = StartExecution { state_machine_arn: self.arn, name: &name, input: &input };
        match self.client.call(&start, Repeat::Harmless).await {
            Ok(()) => Ok(true),
            Err(CallError::Api(error)) if error.is_already_there() => Ok(false),
            Err(error) => {
                Err(LoadError::Machine(format!("the state machine was not started: {error}")))
            }
        }
    }

    /// Starts an execution unless an attempt is at the file. Until the execution has claimed the file
    /// a second start has the same name, so that it starts none.
    async fn start_by_hand(
        &self,
        database: &Client<'_, H>,
        object: &ObjectRef,
    ) -> Result<Status, LoadError> {
        let found = told(ledger::find_attempts(database, self.load_id).await)?;
        let Attempts { is_running, count, sequencer } = found;
        if is_running {
            return Ok(Status::AlreadyRunning);
        }
        let sequencer = object.sequencer.clone().or(sequencer);
        let object = ObjectRef { sequencer, ..object.clone() };
        if self.start(&object, &format!("by-hand-{count}")).await? {
            return Ok(Status::Started);
        }
        // That one has ended before it came to claim the file.
        let seconds = self.client.host().now().as_secs();
        match self.start(&object, &format!("by-hand-{count}-{seconds}")).await? {
            true => Ok(Status::Started),
            false => Ok(Status::AlreadyRunning),
        }
    }
}

impl<'s, H: Host> BulkLoad<'s, H> {
    /// A step that begins no call after `time` from now.
    pub fn new(
        host: &'s H,
        settings: &'s LoadSettings,
        execution: &'s str,
        time: Duration,
    ) -> Self {
        let s3 = Client::new(host, &settings.endpoint, time).patient(PATIENCE).ending();
        let database = Client::new(host, &settings.target, time).patient(PATIENCE).ending();
        Self { settings, execution, s3, database }
    }

    /// Looks whether a file can be cut, and claims it if so.
    pub async fn open(&self, object: &ObjectRef) -> Result<Opened, LoadError> {
        if !object.is_readable() {
            return Ok(Opened::Whole);
        }
        let Some(head) = object::head(&self.s3, object).await? else { return Ok(Opened::Whole) };
        let object = object::pinned(object, &head);
        let options = self.settings.rules.options(&object.key);
        let size = head.content_length;
        let Ok(file) = File::of_path(&object.key) else { return Ok(Opened::Whole) };
        if !object.is_for_loading() || !may_be_cut(&file, &options) {
            return Ok(Opened::Whole);
        }
        let file = File { header: options.header, ..file };
        let Some(has_header) = self.header(&object, &file, size).await? else {
            return Ok(Opened::Whole);
        };
        let to_claim = self.holding(&object, &file, &options);
        let claim = match begin(&self.database, &lease(), &object, &to_claim, &options).await? {
            Begun::Claimed(claim, _) => claim,
            Begun::Over(report, body) => {
                let Attempt { report, written, .. } = Attempt::over(*report, body);
                object::write_report(&self.s3, &report, written).await?;
                return Ok(Opened::Over(Box::new(report)));
            }
        };
        let range_bytes = self.settings.bulk.range_bytes.max(size.div_ceil(RANGES));
        told(claim.forget_other_ranges(&self.database, range_bytes).await)?;
        let file = BulkFile { object, size, range_bytes, has_header };
        let count = file.cut().count();
        Ok(Opened::InRanges(file, count))
    }

    /// Whether the file's first record is a header; `None` if the file is packed, is refused as a
    /// whole for how it begins, or cannot be scanned in ranges.
    async fn header(
        &self,
        object: &ObjectRef,
        file: &File,
        size: u64,
    ) -> Result<Option<bool>, LoadError> {
        let source = object::source(&self.s3, object, size);
        let mut reader = match Reader::open(&source, file, None).await {
            Ok(reader) => reader,
            Err(error) => return unreadable(error).map(|()| None),
        };
        match reader.next().await {
            Ok(true) if reader.decoder().row().place.index.is_none() => return Ok(None),
            Ok(_) => {}
            Err(error) => return unreadable(error).map(|()| None),
        }
        let can_be_cut = !reader.mark().is_packed() && reader.decoder().can_be_cut();
        Ok(can_be_cut.then(|| reader.decoder().header().is_some()))
    }

    /// Reads one range, and keeps what it does to whoever reads through it.
    pub async fn scan(&self, file: &BulkFile, number: u64) -> Result<(), LoadError> {
        let (claim, Ok(_)) = self.hold(file).await? else { return Ok(()) };
        let range = file.cut().range(number);
        let source = object::source(&self.s3, &file.object, range.end);
        let File { format, table, .. } = file.kind()?;
        let mut scanner = Scanner::new(format, table, number == 0);
        let mut pieces = pieces(&source, range.start);
        while let Some(piece) = pieces.next().await {
            let piece = match piece {
                Ok(piece) => piece,
                // The parts will find it, too, and say so.
                Err(SourceError::Gone) => break,
                Err(error) => return Err(LoadError::Read(error.to_string())),
            };
            scanner.read(&piece);
            if self.s3.is_out_of_time() {
                return Err(LoadError::OutOfTime);
            }
        }
        let scan = serde_json::to_string(&scanner.finish()).unwrap_or_default();
        told(claim.keep_scan(&self.database, file.range_bytes, number, &scan).await)
    }

    /// Puts the scans together, and keeps where the parts begin.
    pub async fn plan(&self, file: &BulkFile) -> Result<Planned, LoadError> {
        let none = Planned { parts: Vec::new(), rows: PlannedRows::Exactly(0) };
        let (claim, Ok(held)) = self.hold(file).await? else { return Ok(none) };
        let cut = file.cut();
        let kept = told(claim.scans(&self.database).await)?;
        let read = |(at, (number, scan)): (u64, (u64, String))| -> Option<Scan> {
            (at == number).then(|| serde_json::from_str(&scan).ok())?
        };
        let scans: Option<Vec<_>> = (0..).zip(kept).map(read).collect();
        let plan = scans
            .filter(|scans| scans.len() as u64 == cut.count())
            .and_then(|scans| plan::plan(&cut, &scans))
            .ok_or_else(|| LoadError::Machine("not all ranges have been scanned".to_string()))?;
        let options = held_options(&held);
        let part = |chunk: &plan::Chunk| {
            let part =
                Part { number: chunk.number, from: chunk.from, range_bytes: file.range_bytes };
            let to_claim = self.part(file, part, &options)?;
            let load_id = to_claim.load_id();
            let plan::Chunk { number, from, end } = *chunk;
            Ok(PlannedPart { number, from, end, load_id })
        };
        let parts: Vec<_> = plan.chunks.iter().map(part).collect::<Result<_, LoadError>>()?;
        told(claim.keep_plan(&self.database, &parts).await)?;
        Ok(Planned { parts: parts.iter().map(|part| part.number).collect(), rows: plan.rows })
    }

    /// Loads one part's rows.
    ///
    /// With [`Status::Unfinished`] it is to be called again. A report without a row, superseded, means
    /// that a newer version is there.
    pub async fn load(&self, file: &BulkFile, number: u64) -> Result<LoadReport, LoadError> {
        let (claim, held) = self.hold(file).await?;
        let Ok(held) = held else { return Ok(self.superseded(file)) };
        let planned = told(claim.planned(&self.database, number).await)?;
        let not_planned = || LoadError::Machine(format!("part {number} is not planned"));
        let (from, end) = planned.ok_or_else(not_planned)?;
        let options = held_options(&held);
        let part = Part { number, from, range_bytes: file.range_bytes };
        let to_claim = self.part(file, part, &options)?;
        let (lease, object) = (&self.settings.lease, &file.object);
        let (claim, progress) =
            match begin(&self.database, lease, object, &to_claim, &options).await? {
                Begun::Claimed(claim, progress) => (claim, progress),
                Begun::Over(report, _) => return Ok(*report),
            };
        let batch_bytes = self.settings.batch_bytes;
        let claimed = Claimed { claim: &claim, progress, from, batch_bytes };
        let (s3, database) = (&self.s3, &self.database);
        let report = object::load_rows(s3, database, object, end, &options, Some(&claimed)).await;
        if report.failure != Some(LoadError::LeaseLost) {
            claimed::end(&self.database, &claim, &report).await?;
        }
        match report.failure.clone() {
            None | Some(LoadError::OutOfTime) => Ok(report),
            Some(failure) => Err(failure),
        }
    }

    /// Compares what was loaded with so many rows that were planned, and writes the report.
    ///
    /// With parts that are not done it is a failed load, and so without a plan; another execution can
    /// go on with it.
    pub async fn finish(
        &self,
        file: &BulkFile,
        rows: Option<PlannedRows>,
    ) -> Result<LoadReport, LoadError> {
        let (claim, held) = match self.hold(file).await {
            Err(LoadError::LeaseLost) => match self.finished(file).await? {
                Some(report) => return Ok(report),
                None => self.hold(file).await?,
            },
            held => held?,
        };
        let Ok(held) = held else {
            let report = self.superseded(file);
            self.write(&report, None).await?;
            claimed::end(&self.database, &claim, &report).await?;
            told(claim.forget_parts(&self.database).await)?;
            return Ok(report);
        };
        let outcome = told(claim.outcome(&self.database).await)?;
        let (errors, codes) = told(claim.errors(&self.database, OUTCOME_LIMIT).await)?;
        let host = self.database.host();
        let kind = file.kind()?;
        let mut report = LoadReport::begin(host, held_options(&held), file.size);
        report.load_id.clone_from(&claim.load_id);
        report.object = Some(file.object.clone());
        (report.table, report.format) = (Some(kind.table.name), Some(kind.format));
        report.started = host.now().saturating_sub(held.age);
        report.duration_ms = super::milliseconds(held.age);
        report.database_ms = outcome.database_ms;
        report.add_good(outcome.counts.stored, outcome.counts.kept);
        report.add_rejected(outcome.counts.rejected);
        if outcome.counts.rejected > 0 {
            report.rejects = Some(file.object.beside_all("rejects"));
        }
        report.rejects_full_at_line = outcome.rejects_full_at_line;
        report.rejects_left_out = outcome.rejects_left_out;
        let refusal = RowErrorKind::OtherUniqueKey { keys: String::new() };
        report.faulty = codes.iter().any(|code| code == refusal.code());
        let report = ended(report, &outcome.statuses, rows);
        let mut body = serde_json::to_value(&report).unwrap_or_default();
        body["error_count"] = outcome.error_count.into();
        body["errors"] = errors.into();
        self.write(&report, serde_json::to_vec(&body).ok()).await?;
        if report.failure.is_some() {
            told(claim.break_off(&self.database, report.status.name()).await)?;
            return Ok(report);
        }
        claimed::end_with(&self.database, &claim, &report, body, codes.join(",")).await?;
        told(claim.forget_parts(&self.database).await)?;
        Ok(report)
    }

    /// The report of a file that an earlier call of this step has finished, whose answer was lost;
    /// `None` if that one has failed, and the file is held again.
    async fn finished(&self, file: &BulkFile) -> Result<Option<LoadReport>, LoadError> {
        let options = self.settings.rules.options(&file.object.key);
        let to_claim = self.holding(&file.object, &file.kind()?, &options);
        match begin(&self.database, &lease(), &file.object, &to_claim, &options).await? {
            Begun::Over(report, _) if report.status == Status::Duplicate => {
                let claim = to_claim.to_claim(self.database.host(), &lease());
                told(claim.forget_parts(&self.database).await)?;
                Ok(Some(*report))
            }
            Begun::Over(..) => Err(LoadError::LeaseLost),
            Begun::Claimed(..) => Ok(None),
        }
    }

    async fn write(&self, report: &LoadReport, body: Option<Vec<u8>>) -> Result<(), LoadError> {
        let written = body.map_or(Written::Anew, Written::Now);
        object::write_report(&self.s3, report, written).await
    }

    /// Goes on holding the file. The other case is that a newer version is there.
    async fn hold(&self, file: &BulkFile) -> Result<(Claim, Result<Held, Outdated>), LoadError> {
        let options = self.settings.rules.options(&file.object.key);
        let kind = file.kind()?;
        let host = self.database.host();
        let claim = self.holding(&file.object, &kind, &options).to_claim(host, &lease());
        match told(claim.hold(&self.database).await)? {
            Ok(held) => Ok((claim, Ok(held))),
            Err(Lost::Outdated) => Ok((claim, Err(Outdated))),
            Err(Lost::Lease) => Err(LoadError::LeaseLost),
        }
    }

    /// The whole file, claimed by this execution.
    fn holding<'o>(
        &self,
        object: &'o ObjectRef,
        file: &File,
        options: &LoadOptions,
    ) -> FileToClaim<'o> {
        let holder = Some(ledger::holder_of(self.execution));
        FileToClaim { holder, ..to_claim(object, file.table, options) }
    }

    fn part<'o>(
        &self,
        file: &'o BulkFile,
        part: Part,
        options: &LoadOptions,
    ) -> Result<FileToClaim<'o>, LoadError> {
        let table = file.kind()?.table;
        Ok(FileToClaim { part: Some(part), ..to_claim(&file.object, table, options) })
    }

    fn superseded(&self, file: &BulkFile) -> LoadReport {
        let options = self.settings.rules.options(&file.object.key);
        let report = LoadReport::begin(self.database.host(), options, file.size);
        let table = file.kind().ok().map(|kind| kind.table.name);
        let object = Some(file.object.clone());
        LoadReport { status: Status::Superseded, table, object, ..report }
    }
}

fn told<T>(result: Result<T, CallError>) -> Result<T, LoadError> {
    result.map_err(|error| claimed::failed(&error))
}

/// A newer version of the file is there.
struct Outdated;

impl BulkFile {
    fn cut(&self) -> Cut {
        Cut { size: self.size, range: self.range_bytes, has_header: self.has_header }
    }

    fn kind(&self) -> Result<File, LoadError> {
        let no_table = |_| LoadError::Machine("the object's name says no table".to_string());
        File::of_path(&self.object.key).map_err(no_table)
    }
}

fn lease() -> Lease {
    Lease::of_seconds(LEASE_SECONDS)
}

/// Whether parts of such a file can be loaded in any order.
fn may_be_cut(file: &File, options: &LoadOptions) -> bool {
    !file.named_gzip && !options.may_refuse() && options.on_duplicate == OnDuplicate::Update
}

/// What cannot be read for good is for the load to report; the rest is tried again.
fn unreadable(error: ReadError) -> Result<(), LoadError> {
    match error {
        ReadError::Fault(_) | ReadError::Source(SourceError::Gone) => Ok(()),
        ReadError::Source(error) => Err(LoadError::Read(error.to_string())),
        ReadError::Ledger(error) => Err(error.into()),
    }
}

/// Whether as many rows were loaded as were planned; without a plan that is not known.
fn agrees(planned: Option<PlannedRows>, received: u64) -> bool {
    match planned {
        Some(PlannedRows::Exactly(rows)) => rows == received,
        Some(PlannedRows::Unknown) => true,
        None => false,
    }
}

/// How a file has ended whose parts have these statuses, by the rows that were planned.
fn ended(mut report: LoadReport, parts: &[(String, u64)], rows: Option<PlannedRows>) -> LoadReport {
    let undone: u64 =
        parts.iter().filter(|(status, _)| !is_done(status)).map(|(_, count)| count).sum();
    report.status = super::stored(&report);
    if parts.iter().any(|(status, _)| status == Status::Gone.name()) {
        return LoadReport { status: Status::Gone, ..report };
    }
    // A part that is refused as a whole ends before its last row.
    let is_short = !agrees(rows, report.received) && !report.faulty;
    if undone == 0 && !is_short {
        return report;
    }
    let planned = match rows {
        Some(PlannedRows::Exactly(rows)) => rows.to_string(),
        Some(PlannedRows::Unknown) | None => "unknown".to_string(),
    };
    let cause = format!(
        "not all parts are done: {undone} are left; rows: {} of {planned}",
        report.received
    );
    super::failed(report, LoadError::Machine(cause))
}

/// As the file was opened, whatever the settings say by now.
fn held_options(held: &Held) -> LoadOptions {
    serde_json::from_str(&held.settings).unwrap_or_default()
}

/// Whether a part has come to its end.
fn is_done(status: &str) -> bool {
    let done = [Status::Complete, Status::Partial, Status::Rejected, Status::Empty, Status::Gone];
    done.iter().any(|done| done.name() == status)
}
