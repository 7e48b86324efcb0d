//! One reading of a file.

use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::mem;
use core::time::Duration;

use futures_util::future::join;
use futures_util::stream::Stream;

use super::reader::{Mark, ReadError, Reader};
use super::rejects::{RejectSink, RejectWriter};
use super::{File, LoadError, LoadReport, Status, milliseconds};
use crate::host::{Client, Host};
use crate::ingest::{Batch, Intake, Options, Rejected, StoreError, Stored};
use crate::outcome::{RowError, RowErrorKind};
use crate::source::{Piece, Source, SourceError};

/// The most bytes of rows in one statement: 24 calls for a million short rows. Two of them are in
/// memory, and the one that travels a second time as its request.
const BATCH_BYTES: usize = 2_500_000;

/// Reads a file once, to check its rows or to store them.
pub(super) struct Pass<'p, H, S> {
    pub(super) database: &'p Client<'p, H>,
    pub(super) source: &'p S,
    pub(super) file: &'p File,
    pub(super) options: Options,
    /// Whether the database is asked at all.
    pub(super) asks: bool,
}

/// The file's last row if it is wrong, held back: its quote may be open, and what stands behind
/// it in the reject file would be lost in it.
type Held = Option<(Option<u64>, Vec<RowError>)>;

impl<H: Host, S: Source> Pass<'_, H, S> {
    /// Reads to the end, or answers how the file ended otherwise.
    pub(super) async fn run<R: RejectSink>(
        &self,
        rejects: &mut RejectWriter<'_, R>,
        report: &mut LoadReport,
    ) -> Result<Option<Status>, LoadError> {
        let mut reader = Reader::open(self.source, self.file);
        let mut intake = match self.asks {
            true => Intake::in_batches(self.options, BATCH_BYTES),
            false => Intake::check_only(self.options),
        };
        let (mut at_end, mut held) = (false, None);
        let (mut batch, mut start) = (None, reader.mark().clone());
        while !at_end || batch.is_some() {
            let storing = self.store(batch.take());
            let filling = async {
                match at_end {
                    true => Ok(true),
                    false => self.fill(&mut reader, &mut intake, rejects, report, &mut held).await,
                }
            };
            let (stored, filled) = join(storing, filling).await;
            if let Some((stored, mark, time)) = stored.map_err(LoadError::Store)? {
                report.database_ms += milliseconds(time);
                self.settle(&stored, &mark, rejects, report).await?;
            }
            at_end = match filled {
                Ok(at_end) => at_end,
                // What was good up to there is stored.
                Err(ReadError::Fault(kind)) => {
                    report.add_fault(self.file.table, kind);
                    true
                }
                Err(ReadError::Source(SourceError::Gone)) => {
                    report.add_fault(self.file.table, RowErrorKind::ObjectGone);
                    return Ok(Some(Status::Gone));
                }
                Err(error) => return Err(broken(error)),
            };
            // While no batch travels, since a part in memory twice and a batch in memory twice are
            // more than any of the rest.
            rejects.flush().await.map_err(LoadError::Write)?;
            if self.database.is_out_of_time() {
                return Err(LoadError::OutOfTime);
            }
            // Without a batch its rows go on from where they began.
            if let Some(next) = intake.take_batch(at_end) {
                batch = Some((next, mem::replace(&mut start, reader.mark().clone())));
            }
        }
        if let Some((line, errors)) = held {
            rejects.reject(reader.decoder(), line, &errors);
        }
        if !self.asks {
            report.add_good(intake.received() - report.invalid, 0);
        }
        Ok(None)
    }

    async fn store(
        &self,
        batch: Option<(Batch, Arc<Mark>)>,
    ) -> Result<Option<(Stored, Arc<Mark>, Duration)>, StoreError> {
        let Some((batch, mark)) = batch else { return Ok(None) };
        let host = self.database.host();
        let started = host.now();
        let stored = batch.store(self.database).await?;
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
        let counts = &stored.counts;
        report.add_good(counts.stored, counts.kept);
        for (place, errors) in &stored.rejected {
            report.add_bad(self.file.table, *place, errors);
        }
        if stored.rejected.is_empty() {
            return Ok(());
        }
        self.write_again(&stored.rejected, mark, rejects).await
    }

    /// Writes rows to the reject file that are in memory no more: the file is read again from the
    /// batch's start.
    async fn write_again<R: RejectSink>(
        &self,
        rejected: &[Rejected],
        mark: &Arc<Mark>,
        rejects: &mut RejectWriter<'_, R>,
    ) -> Result<(), LoadError> {
        let mut reader = Reader::resume(self.source, mark);
        for (place, errors) in rejected {
            while reader.next().await.map_err(broken)? {
                let index = reader.decoder().row().place.index;
                if index == place.index {
                    rejects.reject(reader.decoder(), place.line, errors);
                    break;
                }
            }
            rejects.flush().await.map_err(LoadError::Write)?;
        }
        Ok(())
    }

    /// Takes rows in until there is a batch of them, or a part of the reject file; `true` at the end
    /// of the file.
    async fn fill<R: RejectSink>(
        &self,
        reader: &mut Reader<impl Stream<Item = Piece> + Unpin>,
        intake: &mut Intake,
        rejects: &mut RejectWriter<'_, R>,
        report: &mut LoadReport,
        held: &mut Held,
    ) -> Result<bool, ReadError> {
        while !intake.has_batch() && !rejects.has_part() {
            if !reader.next().await? {
                return Ok(true);
            }
            let row = reader.decoder().row();
            let place = row.place;
            let errors = intake.row(self.file.table, row);
            if errors.is_empty() {
                continue;
            }
            report.add_bad(self.file.table, place, &errors);
            if place.index.is_none() {
                return Ok(true);
            }
            if reader.has_ended() {
                *held = Some((place.line, errors));
                return Ok(true);
            }
            rejects.reject(reader.decoder(), place.line, &errors);
        }
        Ok(false)
    }
}

fn broken(error: ReadError) -> LoadError {
    match error {
        ReadError::Source(SourceError::Failed(cause)) => LoadError::Read(cause),
        ReadError::Source(error) => LoadError::Read(error.to_string()),
        ReadError::Fault(kind) => LoadError::Read(kind.to_string()),
    }
}
