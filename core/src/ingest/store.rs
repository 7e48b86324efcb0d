//! Batches into the database, in one transaction, and what became of their rows.

use alloc::string::String;
use alloc::vec::Vec;

use hashbrown::HashSet;

use super::error::StoreError;
use super::form::WriteForm;
use super::groups::SETS_LIMIT;
use super::ledger_entry::LedgerEntry;
use super::numbered::RUNS_LIMIT;
use super::options::{IngestOptions, OnError};
use super::report::{Report, TableReport, Verdict};
use super::row_batch::RowBatch;
use super::table_write::TableWrite;
use crate::aws::host::{Client, Host};
use crate::sql::chunk::Chunk;
use crate::sql::statement::OnDuplicate;
use crate::sql::values::most_rows;
use crate::table::issue::{Issue, RowError, RowErrorKind};
use crate::table::issues::Issues;
use crate::table::record::Place;
use crate::table::schema::Table;

/// Stores batches, at most one of each table, in one transaction.
#[derive(Debug)]
pub(crate) struct Store {
    pub(super) options: IngestOptions,
    /// Parents first.
    pub(super) tables: Vec<TableWrite>,
    /// What is wrong with rows, by the check or by the database.
    pub(super) issues: Issues,
    /// The options that say how the rows are written, where that is not the default.
    pub(super) layout: Vec<(&'static str, String)>,
    /// Whether something was wrong that no single row is to blame for.
    pub(super) faulty: bool,
    /// The rows that were good until the database was asked.
    pub(super) rejected: Vec<Rejected>,
}

/// What became of a file's [`RowBatch`].
#[derive(Debug)]
pub(crate) struct Stored {
    /// The counts.
    pub(crate) table: TableReport,
    /// The rows that the database or its other rows speak against, in their order.
    pub(crate) rejected: Vec<Rejected>,
    /// Where the rows were, for others; none where they were in several statements.
    pub(crate) room: Option<Chunk>,
}

/// A row and everything that is wrong with it.
pub(crate) type Rejected = (Place, Vec<RowError>);

impl Store {
    pub(super) fn new(options: IngestOptions, tables: Vec<TableWrite>) -> Self {
        Self {
            options,
            tables,
            issues: Issues::default(),
            layout: Vec::new(),
            faulty: false,
            rejected: Vec::new(),
        }
    }

    /// Stores a batch of a file; the rows that the database does not take are rejected, the others
    /// stored. With an entry they are stored together with their place in the ledger.
    pub(crate) async fn file_batch<H: Host>(
        options: IngestOptions,
        batch: RowBatch,
        client: &Client<'_, H>,
        entry: Option<&LedgerEntry<'_>>,
    ) -> Result<Stored, StoreError> {
        let options = IngestOptions { on_error: OnError::Skip, ..options };
        let mut store = Self::new(options, alloc::vec![TableWrite::of(batch)]);
        store.settle(client, entry).await?;
        let refused = store.refused();
        let mut rejected = store.rejected;
        rejected.sort_by_key(|(place, _)| place.index);
        let written = &mut store.tables[0];
        let table = written.report(refused, &options);
        let room = core::mem::take(&mut written.batch.groups).into_only();
        Ok(Stored { table, rejected, room })
    }

    /// Stores the rows of a request, with its answer where it has an entry; whether that is stored.
    /// Too many sets of columns are an issue of their table, and nothing is stored.
    pub(super) async fn store_request<H: Host>(
        mut self,
        client: &Client<'_, H>,
        entry: Option<&LedgerEntry<'_>>,
    ) -> Result<(Report, bool), StoreError> {
        let too_mixed = self.tables.iter().find(|it| it.batch.groups.has_too_many_sets());
        if let Some(table) = too_mixed.map(|it| it.batch.table) {
            self.refuse(table.name, RowErrorKind::TooManyShapes { limit: SETS_LIMIT });
        }
        let batches = || self.tables.iter().map(|written| &written.batch);
        if let Some(table) = batches().find(|batch| self.has_too_many_runs(batch)) {
            self.refuse(table.table.name, RowErrorKind::MixedIds { limit: RUNS_LIMIT });
        }
        self.settle(client, entry).await?;
        let is_stored = !self.refused() && !self.chunk_positions().is_empty();
        Ok((self.report(), is_stored))
    }

    /// Whether the ids that are wanted back would be more runs than an answer may have.
    fn has_too_many_runs(&self, batch: &RowBatch) -> bool {
        let is_numbered =
            |chunk: &&Chunk| self.insert_form(batch.table, chunk) == WriteForm::Numbered;
        let chunks = batch.groups.chunks.iter().filter(is_numbered);
        let places = chunks.flat_map(|chunk| (0..chunk.rows()).map(|row| chunk.place(row).index));
        let mut indexes: Vec<u64> = places.flatten().collect();
        indexes.sort_unstable();
        indexes.chunk_by(|one, next| one + 1 == *next).count() > RUNS_LIMIT
    }

    /// Refuses all rows for something that is wrong with them together.
    fn refuse(&mut self, table: &'static str, kind: RowErrorKind) {
        self.faulty = true;
        let error = RowError::row(kind);
        self.issues.push_first(Issue { table: table.into(), index: None, line: None, error });
    }

    /// Settles the rows in statements as large as the service takes: it does not say beforehand.
    async fn settle<H: Host>(
        &mut self,
        client: &Client<'_, H>,
        entry: Option<&LedgerEntry<'_>>,
    ) -> Result<(), StoreError> {
        self.put_parents_first();
        loop {
            for written in &mut self.tables {
                written.batch.groups.cut(client.rows_limit());
                written.begin_write();
            }
            self.cut_numbered();
            match self.settle_once(client, entry).await {
                Err(StoreError::TooLarge { rows, bytes, .. }) if rows > 1 => {
                    client.halve_rows(bytes);
                }
                settled => return settled,
            }
            if let Some(entry) = entry {
                entry.renew(client).await?;
            }
        }
    }

    /// Cuts chunks whose ids are wanted back to what one statement takes.
    fn cut_numbered(&mut self) {
        for position in 0..self.tables.len() {
            let chunks = core::mem::take(&mut self.tables[position].batch.groups.chunks);
            let table = self.tables[position].batch.table;
            let cut = |chunk: Chunk| match self.insert_form(table, &chunk) {
                WriteForm::Numbered => {
                    let most = most_rows(table, chunk.columns());
                    chunk.cut_rows(most)
                }
                _ => Vec::from([chunk]),
            };
            let chunks = chunks.into_iter().flat_map(cut).collect();
            self.tables[position].batch.groups.chunks = chunks;
        }
    }

    async fn settle_once<H: Host>(
        &mut self,
        client: &Client<'_, H>,
        entry: Option<&LedgerEntry<'_>>,
    ) -> Result<(), StoreError> {
        // With `fail` the database says by itself that there are such rows.
        let names_none = self.options.on_duplicate != OnDuplicate::Fail || self.options.dry_run;
        if !self.refused() && names_none {
            self.reject_same_keys(client).await?;
        }
        if !self.refused() && self.options.check_references {
            self.check_references(client).await?;
        }
        // A file's place in the ledger moves on even if none of the rows is good.
        if !self.refused() || entry.is_some_and(LedgerEntry::is_file) {
            if self.options.dry_run {
                self.look(client).await?;
            }
            if !self.options.dry_run || entry.is_some_and(LedgerEntry::is_file) {
                self.write(client, entry).await?;
            }
        }
        Ok(())
    }

    /// The report, once nothing more becomes of the rows.
    pub(super) fn report(self) -> Report {
        let (tables, verdict) = (self.counts(), self.verdict());
        Report {
            tables,
            verdict,
            issues: self.issues,
            layout: self.layout,
            dry_run: self.options.dry_run,
        }
    }

    /// The report as it would be now.
    pub(super) fn report_so_far(&self) -> Report {
        let (tables, verdict) = (self.counts(), self.verdict());
        let (issues, layout) = (self.issues.clone(), self.layout.clone());
        Report { tables, verdict, issues, layout, dry_run: self.options.dry_run }
    }

    pub(super) fn counts(&self) -> Vec<TableReport> {
        let refused = self.refused();
        self.tables.iter().map(|written| written.report(refused, &self.options)).collect()
    }

    /// How many rows there are, good or not, in all tables.
    pub(super) fn received(&self) -> u64 {
        self.tables.iter().map(|written| written.received).sum()
    }

    fn invalid(&self) -> u64 {
        self.tables.iter().map(|written| written.invalid).sum()
    }

    /// Whether nothing is, or will be, stored.
    pub(super) fn refused(&self) -> bool {
        let too_bad = match self.options.on_error {
            OnError::Reject => self.invalid() > 0,
            OnError::Skip => self.invalid() > 0 && self.invalid() == self.received(),
        };
        self.faulty || too_bad
    }

    fn verdict(&self) -> Verdict {
        let there = |written: &TableWrite| written.existing + written.conflicts;
        let existing: u64 = self.tables.iter().map(there).sum();
        match (self.refused(), self.invalid()) {
            (true, invalid) if !self.faulty && invalid == existing => Verdict::Conflict,
            (true, _) => Verdict::Invalid,
            (false, 0) => Verdict::Complete,
            (false, _) => Verdict::Partial,
        }
    }

    /// Takes good rows back: they are counted as invalid and will not be stored.
    pub(super) fn reject(&mut self, position: usize, mut rows: Vec<Rejected>) {
        rows.sort_by_key(|(place, _)| place.index);
        let places: HashSet<Option<u64>> = rows.iter().map(|(place, _)| place.index).collect();
        let written = &mut self.tables[position];
        written.invalid += rows.len() as u64;
        written.drop_rows(&places);

        let name = written.batch.table.name;
        for (place, errors) in &rows {
            self.issues.push_row(name, place.index, place.line, errors);
        }
        self.rejected.extend(rows);
    }

    pub(super) fn position(&self, table: &Table) -> Option<usize> {
        self.tables.iter().position(|written| written.batch.table.name == table.name)
    }
}
