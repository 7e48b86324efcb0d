//! A table read in several places at the same time, all of them one task.

use alloc::vec::Vec;

use futures_util::future::join;
use futures_util::stream::{FuturesUnordered, StreamExt};

use super::error::BackupError;
use super::manifest::PartManifest;
use super::output::{Files, Output};
use super::page::Pages;
use super::progress::Progress;
use super::records::Records;
use super::spans::Spans;
use crate::aws::host::{CallError, Host};
use crate::aws::operation::Retry;
use crate::sql::checksum::Checksum;

/// How far a run has come, and who wants to know.
pub(super) struct Tally<P> {
    pub(super) progress: P,
    pub(super) rows: u64,
    pub(super) of: u64,
    pub(super) bytes: u64,
}

impl<P: FnMut(Progress)> Tally<P> {
    fn add(&mut self, table: &'static str, rows: u64, bytes: u64) {
        self.rows += rows;
        self.bytes += bytes;
        // More rows may come while they are read.
        self.of = self.of.max(self.rows);
        (self.progress)(Progress { table, rows: self.rows, of: self.of, bytes: self.bytes });
    }
}

/// Reads a table and writes its files; answers its content and them.
///
/// After a failure nothing new is begun, calls that are under way are waited for, and the files
/// that were open are given up.
pub(super) async fn read_table<H: Host, P: FnMut(Progress)>(
    files: &Files<'_, H>,
    transaction_id: Option<&str>,
    mut spans: Spans,
    tally: &mut Tally<P>,
) -> Result<(Checksum, Vec<PartManifest>), BackupError> {
    let (mut under_way, mut done, mut failure) = (FuturesUnordered::new(), Vec::new(), None);
    loop {
        while failure.is_none()
            && under_way.len() < files.run.options.parallel
            && let Some(span) = spans.deal()
        {
            let pages = Pages::new(files.table, transaction_id, spans.after(span));
            let reader = SpanReader::new(files, pages, span, &spans);
            under_way.push(step(reader, Records::default()));
        }
        let Some((mut reader, outcome)) = under_way.next().await else { break };
        match outcome {
            Ok(page) if failure.is_none() => {
                if let Some(page) = reader.took(page, &mut spans, tally) {
                    under_way.push(step(reader, page));
                } else {
                    done.push(reader);
                }
            }
            outcome => {
                failure = failure.or(outcome.err());
                reader.output.abandon().await;
            }
        }
    }
    match failure {
        None => Ok(merge(done)),
        Some(error) => Err(error),
    }
}

fn merge<H: Host>(mut readers: Vec<SpanReader<'_, H>>) -> (Checksum, Vec<PartManifest>) {
    readers.sort_by_key(|reader| reader.start);
    let mut checksum = Checksum::default();
    let mut parts = Vec::new();
    for reader in readers {
        checksum.merge(reader.output.checksum);
        parts.extend(reader.output.parts);
    }
    (checksum, parts)
}

/// Reads one span of keys and writes its files.
struct SpanReader<'r, H> {
    files: &'r Files<'r, H>,
    pages: Pages<'r>,
    output: Output<'r, H>,
    span: usize,
    /// Where the span began, and where it ends now.
    start: Option<i64>,
    until: Option<i64>,
    /// Whether there are no more pages.
    is_over: bool,
    /// Bytes of files that were counted.
    counted: u64,
}

/// Writes a page's rows while the next page is in flight; gives the reader back.
async fn step<H: Host>(
    mut reader: SpanReader<'_, H>,
    page: Records,
) -> (SpanReader<'_, H>, Result<Records, BackupError>) {
    let outcome = reader.advance(&page).await;
    (reader, outcome)
}

impl<'r, H: Host> SpanReader<'r, H> {
    fn new(files: &'r Files<'r, H>, pages: Pages<'r>, span: usize, spans: &Spans) -> Self {
        let (start, until) = (spans.after(span), spans.until(span));
        let output = Output::new(files);
        Self { files, pages, output, span, start, until, is_over: false, counted: 0 }
    }

    async fn advance(&mut self, page: &Records) -> Result<Records, BackupError> {
        if self.is_over {
            self.output.write(page).await?;
            self.output.finish().await?;
            return Ok(Records::default());
        }
        let database = self.files.run.services.database;
        if database.is_out_of_time() {
            return Err(BackupError::OutOfTime);
        }
        // The first poll sends the question, so that the database works while rows are written.
        let next = self.pages.next(database, self.until);
        let (next, written) = join(next, self.output.write(page)).await;
        written?;
        match next {
            Ok(page) => Ok(page),
            Err(error) => Err(self.failed(error).await),
        }
    }

    /// What a page says that could not be read. The service does not tell of which row it has too much.
    async fn failed(&self, error: CallError) -> BackupError {
        let run = self.files.run;
        // The service refuses it for good, and not the database, nor for a missing right.
        let is_refused = match &error {
            CallError::Api(it) => it.status == 400 && it.database_code.is_none(),
            _ => false,
        };
        let longest = match is_refused && error.retry() == Retry::Never {
            true => self.pages.longest_value(run.services.database).await,
            false => None,
        };
        match longest {
            Some((column, bytes)) => {
                BackupError::LongRow { table: self.files.table.name, column, bytes, error }
            }
            None => run.read_error(error),
        }
    }

    /// Counts what was done. Answers the page that is to be written next, `None` if all is.
    fn took<P: FnMut(Progress)>(
        &mut self,
        mut page: Records,
        spans: &mut Spans,
        tally: &mut Tally<P>,
    ) -> Option<Records> {
        let was_over = self.is_over;
        if !was_over {
            let is_over = spans.accept(self.span, &mut page, self.files.table);
            self.is_over = is_over || self.pages.is_over();
            self.until = spans.until(self.span);
        }
        let bytes = self.output.bytes();
        tally.add(self.files.table.name, page.len() as u64, bytes - self.counted);
        self.counted = bytes;
        (!was_over).then_some(page)
    }
}
