//! One reading of a file.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::mem;
use core::pin::Pin;
use core::time::Duration;

use futures_util::future::join;
use futures_util::stream::Stream;

use super::claimed::{self, Claimed};
use super::error::LoadError;
use super::heartbeat::{Heartbeat, was_held};
use super::job::Job;
use super::options::BATCH_BYTES;
use super::pending_rows::PendingRows;
use super::read_anew;
use super::reader::{FileReader, Mark, ReadError, broken};
use super::rejects::{RejectSink, RejectWriter};
use super::report::{LoadReport, Status, milliseconds};
use super::table_file::TableFile;
use crate::aws::host::Host;
use crate::aws::source::{Piece, Source, SourceError};
use crate::ingest::{
    CHECKED_KEYS, Checker, FileBatches, IngestOptions, LedgerEntry, Rejected, RowBatch, Store,
    StoreError, Stored,
};
use crate::ledger::{Claim, Fence, Position, StoredRejects};
use crate::table::counts::Counts;
use crate::table::issue::{RowError, RowErrorKind};

/// Reads a file once, to check its rows or to store them.
pub(super) struct Pass<'p, H, S> {
    pub(super) job: &'p Job<'p, H, S>,
    pub(super) file: &'p TableFile,
    pub(super) options: IngestOptions,
    /// Whether the database is asked at all.
    pub(super) asks: bool,
    /// The file's place in the ledger, if it has one.
    pub(super) claimed: Option<&'p Claimed<'p>>,
    /// Whether rejected lines of earlier rows can be left out of the reject file.
    pub(super) may_leave_out: bool,
    pub(super) heartbeat: Heartbeat,
}

/// A batch in flight.
struct InFlight<'t> {
    batch: RowBatch,
    /// From where the file can be read again.
    mark: Arc<Mark>,
    entry: Option<LedgerEntry<'t>>,
}

/// Batches one after the other in the ledger.
struct Places<'p> {
    claim: Option<&'p Claim>,
    /// Up to where the batches before have come.
    reached: Position,
    /// Whether the rows are only checked.
    checks: bool,
}

impl<'p> Places<'p> {
    /// The next batch's entry; it ends at `to`.
    fn next(&mut self, to: Position, report: &LoadReport) -> Option<LedgerEntry<'p>> {
        let before = report.counts;
        let from = mem::replace(&mut self.reached, to);
        Some(LedgerEntry::File { claim: self.claim?, from, to, before, checks: self.checks })
    }
}

impl<H: Host, S: Source> Pass<'_, H, S> {
    /// Reads to the end, or answers how the file ended otherwise.
    pub(super) async fn run<R: RejectSink>(
        &self,
        opened: Result<FileReader<impl Stream<Item = Piece> + Unpin>, ReadError>,
        rejects: &mut RejectWriter<'_, R>,
        report: &mut LoadReport,
    ) -> Result<Option<Status>, LoadError> {
        let mut reader = match opened {
            Err(ReadError::Source(SourceError::Gone)) => return Ok(Some(self.gone(report))),
            reader => reader.map_err(broken)?,
        };
        read_anew::keep_layout(self.job, self.file, self.claimed, &reader).await?;
        let mut rows = self.rows(&reader, report);
        let mut places = self.places();
        rows.left_out = self.take_earlier(reader.place(), rejects, report);
        let mut at_end = false;
        let (mut batch, mut start) = (None, reader.mark().clone());
        while !at_end || batch.is_some() {
            read_anew::look(self.job, self.file, &mut reader, batch.is_some()).await?;
            let storing = self.store(batch.take());
            let filling = async {
                match at_end {
                    true => Ok(true),
                    false => self.fill(&mut reader, &mut rows, rejects, report).await,
                }
            };
            let (stored, filled) = join(storing, filling).await;
            let stored = match stored {
                Err(StoreError::Outdated) => return Ok(Some(Status::Superseded)),
                stored => stored?,
            };
            if let Some((stored, mark, time)) = stored {
                report.database_ms += milliseconds(time);
                self.settle(&stored, &mark, rejects, report).await?;
                rows.reuse(stored.room);
            }
            match self.is_at_end(filled, report)? {
                Some(is_at_end) => at_end = is_at_end,
                None => return Ok(Some(self.gone(report))),
            }
            // While no batch travels, since a part in memory twice and a batch in memory twice are
            // more than any of the rest.
            rejects.flush().await.map_err(LoadError::Write)?;
            // What ends the file is found once more by an attempt that goes on.
            let place = if at_end { places.reached } else { reader.place() };
            if !self.stay_alive(&mut places, place, report).await? {
                return Ok(Some(Status::Superseded));
            }
            // Without a batch its rows go on from where they began.
            if let Some(next) = rows.take_batch(at_end) {
                let end = rows.end.take().or(rows.stop).unwrap_or_else(|| reader.place());
                let mark = mem::replace(&mut start, reader.mark().clone());
                batch = Some(InFlight { batch: next, mark, entry: places.next(end, report) });
            }
        }
        self.end(&mut reader, rows, rejects, report).await?;
        Ok(None)
    }

    /// Whether the file has ended, after its last row or where it is broken; `None` if it is gone.
    fn is_at_end(
        &self,
        filled: Result<bool, ReadError>,
        report: &mut LoadReport,
    ) -> Result<Option<bool>, LoadError> {
        match filled {
            Ok(at_end) => Ok(Some(at_end)),
            // What was good up to there is stored.
            Err(ReadError::Fault(kind)) => {
                report.add_fault(self.file.table, kind);
                Ok(Some(true))
            }
            Err(ReadError::Source(SourceError::Gone)) => Ok(None),
            Err(error) => Err(broken(error)),
        }
    }

    /// Gives back what is left of a file that ends early. Counts good rows of which no batch was made.
    async fn end<R: RejectSink>(
        &self,
        reader: &mut FileReader<impl Stream<Item = Piece> + Unpin>,
        mut rows: PendingRows,
        rejects: &mut RejectWriter<'_, R>,
        report: &mut LoadReport,
    ) -> Result<(), LoadError> {
        if rows.stop.is_some() {
            self.give_back(reader, &mut rows.checker, rejects, report).await?;
        }
        // A sheet is chosen once the whole file is there.
        (report.layout, report.sheet_columns) = (reader.layout(), reader.sheet_columns());
        if !self.asks {
            report.add_good(rows.left_out + rows.checker.received() - report.invalid, 0);
        }
        Ok(())
    }

    fn rows<P>(&self, reader: &FileReader<P>, report: &mut LoadReport) -> PendingRows {
        report.layout = reader.layout();
        let options = reader.forms_in(self.options);
        let progress = self.claimed.map(|claimed| &claimed.progress);
        let first_new = progress.map_or(0, |progress| progress.position.row);
        let has_known = progress.is_some_and(|it| it.counts.rejected > 0);
        PendingRows {
            checker: self.file.checker(options),
            batches: self.asks.then(|| {
                let TableFile { schema, table, .. } = *self.file;
                FileBatches::new(schema, table, options, self.batch_bytes())
            }),
            end: None,
            stop: None,
            known: StoredRejects::new(self.file.table, has_known),
            first_new,
            left_out: 0,
        }
    }

    fn batch_bytes(&self) -> usize {
        self.claimed.map_or(BATCH_BYTES, |claimed| claimed.batch_bytes)
    }

    fn places(&self) -> Places<'_> {
        let reached = self.claimed.map_or(Position::START, |claimed| claimed.progress.position);
        let claim = self.claimed.map(|claimed| claimed.claim);
        Places { claim, reached, checks: self.options.dry_run }
    }

    /// Takes over what earlier attempts have counted. Answers how many of their rows are not read
    /// again, since the file is read from `place` on.
    fn take_earlier<R: RejectSink>(
        &self,
        place: Position,
        rejects: &mut RejectWriter<'_, R>,
        report: &mut LoadReport,
    ) -> u64 {
        let Some(Claimed { progress, from, .. }) = self.claimed else { return 0 };
        let Counts { stored, kept, rejected, .. } = progress.counts;
        let left_out = place.row.saturating_sub(from.row);
        if left_out > 0 && rejected > 0 {
            report.add_rejected(rejected);
            report.has_refused_rows = true;
            rejects.is_incomplete = true;
        }
        // Without the database the good rows are counted at the end.
        if self.asks {
            report.add_good(stored, kept);
        }
        left_out
    }

    /// Renews the lease if that is due; a reading that does not ask the database moves its place on
    /// by that. `false` if a newer version of the file is there.
    async fn stay_alive(
        &self,
        places: &mut Places<'_>,
        place: Position,
        report: &LoadReport,
    ) -> Result<bool, LoadError> {
        let is_over = self.job.database.is_out_of_time();
        let Some(claimed) = self.claimed else {
            return if is_over { Err(LoadError::OutOfTime) } else { Ok(true) };
        };
        let moves = !self.asks && place.row > places.reached.row;
        let mut is_current = true;
        if self.heartbeat.is_due(self.job.database.host()) || (is_over && moves) {
            self.heartbeat.note(self.job.database.host());
            is_current = match moves {
                true => self.pass_to(claimed, places, place, report).await?,
                false => claimed.renew(self.job.database).await?,
            };
        }
        if is_over { Err(LoadError::OutOfTime) } else { Ok(is_current) }
    }

    /// Keeps how far the file is checked.
    async fn pass_to(
        &self,
        claimed: &Claimed<'_>,
        places: &mut Places<'_>,
        place: Position,
        report: &LoadReport,
    ) -> Result<bool, LoadError> {
        let from = mem::replace(&mut places.reached, place);
        let received = place.row - claimed.from.row;
        let counts = Counts { received, rejected: report.invalid, ..Counts::default() };
        let fence = Fence::File { claim: claimed.claim, from, to: place };
        let passed = fence.pass(&self.job.database.closing(), &counts).await;
        was_held(passed.map_err(|error| claimed::failed(&error))?)
    }

    /// Renews the lease if that is due. Whether a newer version is there the next batch tells.
    async fn renew(&self) -> Result<(), LoadError> {
        if self.job.database.is_out_of_time() {
            return Err(LoadError::OutOfTime);
        }
        let Some(claimed) = self.claimed else { return Ok(()) };
        if self.heartbeat.is_due(self.job.database.host()) {
            self.heartbeat.note(self.job.database.host());
            claimed.renew(self.job.database).await?;
        }
        Ok(())
    }

    fn gone(&self, report: &mut LoadReport) -> Status {
        report.add_fault(self.file.table, RowErrorKind::ObjectGone);
        Status::Gone
    }

    /// Reads from where an earlier attempt has stopped, if nothing before it is to be known again:
    /// neither keys and the first date-time, which later ones are compared with, nor rejected lines for the
    /// reject file, unless they may be left out. Otherwise the earlier rows are read once more, without the database.
    pub(super) async fn open(
        &self,
    ) -> Result<FileReader<Pin<Box<impl Stream<Item = Piece>>>>, ReadError> {
        let place = self.claimed.map(|Claimed { progress, from, .. }| {
            let position = progress.position;
            let has_keys = position == *from || position.row >= u64::from(CHECKED_KEYS);
            let has_lines = progress.counts.rejected == 0 || self.may_leave_out;
            let has_offsets = self.options.time_zone.is_some() || !self.file.table.takes_offsets();
            let is_read_through = position.row == u64::MAX;
            if has_keys && has_lines && has_offsets && !is_read_through { position } else { *from }
        });
        FileReader::open(self.job.source, self.file, place.filter(|place| place.offset > 0)).await
    }

    async fn store(
        &self,
        travelling: Option<InFlight<'_>>,
    ) -> Result<Option<(Stored, Arc<Mark>, Duration)>, StoreError> {
        let Some(InFlight { batch, mark, entry }) = travelling else { return Ok(None) };
        let host = self.job.database.host();
        let started = host.now();
        self.heartbeat.note(host);
        let stored =
            Store::file_batch(self.options, batch, self.job.database, entry.as_ref()).await?;
        Ok(Some((stored, mark, host.now().saturating_sub(started))))
    }

    /// Takes note of what became of a batch.
    async fn settle<R: RejectSink>(
        &self,
        stored: &Stored,
        mark: &Arc<Mark>,
        rejects: &mut RejectWriter<'_, R>,
        report: &mut LoadReport,
    ) -> Result<(), LoadError> {
        let counts = stored.table.counts;
        report.add_good(counts.stored, counts.kept);
        report.has_refused_rows |= !stored.rejected.is_empty();
        for (place, errors) in &stored.rejected {
            report.add_bad(self.file.table, *place, errors);
        }
        let Counts { stored: good, kept, rejected, .. } = report.counts;
        self.job.source.reached(good + kept + rejected);
        if stored.rejected.is_empty() {
            return Ok(());
        }
        self.write_again(&stored.rejected, mark, rejects).await
    }

    /// Writes rows to the reject file that are in memory no more: the file is read again from the
    /// batch's start, unless the reject file is full.
    async fn write_again<R: RejectSink>(
        &self,
        rejected: &[Rejected],
        mark: &Arc<Mark>,
        rejects: &mut RejectWriter<'_, R>,
    ) -> Result<(), LoadError> {
        if rejects.is_full() {
            rejected.iter().for_each(|(place, _)| rejects.leave_out(place.line));
            return Ok(());
        }
        let mut reader = FileReader::resume(self.job.source, self.file, mark);
        while reader.pass_text().await.map_err(broken)? {
            self.renew().await?;
        }
        for (place, errors) in rejected {
            while reader.next().await.map_err(broken)? {
                if reader.takes_text() {
                    self.renew().await?;
                }
                let index = reader.rows().row().place.index;
                if index == place.index {
                    rejects.reject(reader.rows(), place.line, errors);
                    break;
                }
            }
            rejects.flush().await.map_err(LoadError::Write)?;
        }
        Ok(())
    }

    /// Gives the row at hand back, and all that come behind it.
    async fn give_back<R: RejectSink>(
        &self,
        reader: &mut FileReader<impl Stream<Item = Piece> + Unpin>,
        checker: &mut Checker,
        rejects: &mut RejectWriter<'_, R>,
        report: &mut LoadReport,
    ) -> Result<(), LoadError> {
        loop {
            let row = reader.rows().row();
            let place = row.place;
            let errors = checker.file_row(self.file.table, row).err().unwrap_or_default();
            report.add_bad(self.file.table, place, &errors);
            rejects.reject(reader.rows(), place.line, &errors);
            rejects.flush().await.map_err(LoadError::Write)?;
            if reader.takes_text() {
                self.renew().await?;
            }
            if !reader.next().await.map_err(broken)? {
                return Ok(());
            }
        }
    }

    /// Why an earlier attempt could not store a row, if that is so.
    async fn known(
        &self,
        rows: &mut PendingRows,
        index: u64,
    ) -> Result<Option<Vec<RowError>>, ReadError> {
        let Some(claimed) = self.claimed else { return Ok(None) };
        let known = rows.known.of_row(self.job.database, claimed.claim, index).await;
        known.map_err(|error| ReadError::Ledger(StoreError::before_commit(&error)))
    }

    /// Whether something is to be done besides reading.
    fn is_to_pause(&self) -> bool {
        self.job.database.is_out_of_time() || self.heartbeat.is_due(self.job.database.host())
    }

    /// Takes rows in until there is a batch of them, or a part of the reject file, or it is time for
    /// something else; `true` at the end of the file.
    async fn fill<R: RejectSink>(
        &self,
        reader: &mut FileReader<impl Stream<Item = Piece> + Unpin>,
        rows: &mut PendingRows,
        rejects: &mut RejectWriter<'_, R>,
        report: &mut LoadReport,
    ) -> Result<bool, ReadError> {
        rows.limit_batches(self.job.database.rows_limit());
        while rows.end.is_none() && !rejects.has_part() {
            if reader.takes_text() && self.is_to_pause() {
                return Ok(false);
            }
            let before = reader.place();
            if !reader.next().await? {
                return Ok(true);
            }
            if reader.rows().is_in_rest() {
                rows.stop = Some(before);
                return Ok(true);
            }
            let row = reader.rows().row();
            let place = row.place;
            let earlier = place.index.filter(|index| *index < rows.first_new);
            let errors = match rows.checker.file_row(self.file.table, row) {
                Ok(record) => {
                    let Some(index) = earlier else {
                        if let Some(batches) = &mut rows.batches {
                            batches.push(&record, place);
                            rows.end = batches.has_full().then_some(before);
                        }
                        continue;
                    };
                    let Some(known) = self.known(rows, index).await? else { continue };
                    report.has_refused_rows = true;
                    known
                }
                Err(errors) => {
                    read_anew::look_for_names(self.job, self.file, place, &errors).await?;
                    errors
                }
            };
            report.add_bad(self.file.table, place, &errors);
            if place.index.is_none() {
                return Ok(true);
            }
            rejects.reject(reader.rows(), place.line, &errors);
        }
        Ok(false)
    }
}
