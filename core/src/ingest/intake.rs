//! Takes rows in, and stores the good ones.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use hashbrown::HashSet;

use super::error::StoreError;
use super::form::WriteForm;
use super::groups::SETS_LIMIT;
use super::ledger_entry::LedgerEntry;
use super::numbered::RUNS_LIMIT;
use super::offsets::Offsets;
use super::options::{IngestOptions, OnError};
use super::report::{Report, TableReport, Verdict};
use super::seen_keys::{CHECKED_KEYS, SeenKeys};
use super::table::TableIntake;
use crate::aws::host::{Client, Host};
use crate::ledger::{Claim, StoredResponse};
use crate::sql::chunk::{CHUNK_LIMIT, Chunk};
use crate::sql::statement::OnDuplicate;
use crate::sql::values::most_rows;
use crate::table::cell_forms::CellForms;
use crate::table::fill::FilledColumns;
use crate::table::issue::{Issue, RowError, RowErrorKind};
use crate::table::issues::Issues;
use crate::table::record::{EntryRules, Place, RawRow, Record};
use crate::table::schema::{Schema, Table};

/// Takes the raw rows of one request or file, and keeps the good ones ready to be stored.
#[derive(Debug)]
pub struct Intake {
    schema: Schema,
    pub(super) options: IngestOptions,
    /// Whether good rows are kept to be stored, not only checked.
    keeps_rows: bool,
    /// The first row that is: those before it were dealt with by an earlier attempt.
    first_kept: u64,
    /// The most bytes of the rows of one batch.
    chunk_limit: usize,
    /// Whether the rows are a file's: their keys are forgotten once no more are compared.
    is_file: bool,
    pub(super) tables: Vec<TableIntake>,
    offsets: Offsets,
    /// The columns that rows get besides their own.
    filled: Arc<FilledColumns>,
    issues: Issues,
    /// Whether a table or a column was named that the schema does not have.
    has_unknown_names: bool,
    /// The options that say how the rows are written, where that is not the default.
    layout: Vec<(&'static str, String)>,
    /// Whether something was wrong that no single row is to blame for.
    faulty: bool,
    /// The rows that were good until the database was asked.
    pub(super) rejected: Vec<Rejected>,
    /// Where an earlier batch's rows were, for the next.
    pub(crate) room: Option<Chunk>,
}

/// Rows that follow each other in their file, which are stored by themselves.
#[derive(Debug)]
pub(crate) struct RowBatch(Intake);

impl Intake {
    /// An intake with no rows.
    pub fn new(schema: Schema, options: IngestOptions) -> Self {
        Self {
            schema,
            options,
            keeps_rows: true,
            first_kept: 0,
            chunk_limit: CHUNK_LIMIT,
            is_file: false,
            tables: Vec::new(),
            offsets: Offsets::default(),
            filled: Arc::default(),
            issues: Issues::default(),
            has_unknown_names: false,
            layout: Vec::new(),
            faulty: false,
            rejected: Vec::new(),
            room: None,
        }
    }

    /// An intake that checks rows and forgets them: its memory does not grow with a file, but
    /// for the keys of the first [`CHECKED_KEYS`] rows.
    pub fn check_only(schema: Schema, options: IngestOptions) -> Self {
        Self { keeps_rows: false, is_file: true, ..Self::new(schema, options) }
    }

    /// An intake of one file's rows, which gives them away in batches of so many bytes. Those
    /// before the first one that is to be stored are only checked.
    pub(crate) fn in_batches(
        schema: Schema,
        options: IngestOptions,
        chunk_limit: usize,
        first_kept: u64,
    ) -> Self {
        Self { chunk_limit, first_kept, is_file: true, ..Self::new(schema, options) }
    }

    /// The same for rows of one table that get columns besides their own.
    pub(crate) fn filling(self, filled: Arc<FilledColumns>) -> Self {
        Self { filled, ..self }
    }

    /// Takes note of a table that the request names, so that the report has it even without rows.
    pub fn table(&mut self, table: &'static Table) {
        self.table_index(table);
    }

    /// Checks a row and keeps it, or keeps and answers what is wrong with it.
    pub fn row(&mut self, table: &'static Table, row: RawRow<'_>) -> Vec<RowError> {
        let filled = self.filled.clone();
        let place = row.place;
        let mut row = row;
        let IngestOptions { strict, time_zone, may_lack, key, forms, .. } = self.options;
        let key = key.and_then(|key| key.columns);
        let rules = EntryRules { strict, time_zone, may_lack, key, forms, stored: false };
        let is_done = place.index.is_some_and(|index| index < self.first_kept);
        let (keeps_row, chunk_limit) = (self.keeps_rows && !is_done, self.chunk_limit);
        let last_key_is_past = self.is_file && place.index == Some(u64::from(CHECKED_KEYS));
        let index = self.table_index(table);
        let intake = &mut self.tables[index];
        if time_zone.is_none() {
            self.offsets.check(table, &intake.with_offsets, forms.date_order, &mut row);
        }
        filled.put(table, &mut row);
        if last_key_is_past {
            intake.keys = SeenKeys::default();
        }

        let checked = Record::parse_by(table, row, rules)
            .and_then(|record| intake.claim_key(&record, place).map(|()| record));
        let errors = match checked {
            Ok(record) => {
                intake.received += 1;
                intake.note_lacking(&record);
                if keeps_row {
                    intake.keep(&record, place, chunk_limit);
                }
                return Vec::new();
            }
            Err(errors) => errors,
        };
        if place.index.is_some() {
            intake.received += 1;
            intake.invalid += 1;
        } else {
            self.faulty = true;
        }
        self.issues(table, place, &errors);
        errors
    }

    /// Says how the cells that come from here on write numbers and dates, and the options that say so again.
    pub(crate) fn expect(&mut self, forms: CellForms, layout: Vec<(&'static str, String)>) {
        self.options.forms = forms;
        self.layout = layout;
    }

    /// Takes note of something that no row is to blame for; nothing will be stored.
    pub fn fault(&mut self, table: Cow<'static, str>, kind: RowErrorKind) {
        self.faulty = true;
        self.has_unknown_names |= kind.is_of_unknown_name();
        let error = RowError::row(kind);
        self.issues.push(Issue { table, index: None, line: None, error });
    }

    /// Whether a table or a column was named that the schema does not have, or a table that it does not
    /// serve.
    pub(crate) fn has_unknown_names(&self) -> bool {
        self.has_unknown_names
    }

    /// How many rows came so far, in all tables.
    pub fn received(&self) -> u64 {
        self.tables.iter().map(|intake| intake.received).sum()
    }

    /// How many bytes the good rows have become, in all tables.
    pub(crate) fn bytes(&self) -> usize {
        let chunks = self.tables.iter().flat_map(|intake| &intake.groups.chunks);
        chunks.map(|chunk| chunk.json().len()).sum()
    }

    /// The report as it is before anything is stored; all that an offline check has to say.
    pub fn report(self) -> Report {
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
        self.tables.iter().map(|intake| intake.report(refused, &self.options)).collect()
    }

    /// Stores the good rows, parents first, all or none.
    ///
    /// One statement is one call, several are one transaction. A row that the database does not
    /// take becomes an issue like any other, and the rest is stored only with
    /// [`OnError::Skip`]. A request that is refused by its rows alone makes no call.
    pub async fn store<H: Host>(mut self, client: &Client<'_, H>) -> Result<Report, StoreError> {
        self.settle_request(client, None).await?;
        Ok(self.report())
    }

    /// The same for a request that is claimed in the ledger, always in a transaction: its answer is
    /// stored with the rows. Without rows to store (`false`) it is not stored yet.
    pub(crate) async fn store_claimed<H: Host>(
        mut self,
        client: &Client<'_, H>,
        claim: &Claim,
        answer: fn(&Report) -> StoredResponse,
    ) -> Result<(Report, bool), StoreError> {
        self.settle_request(client, Some(&LedgerEntry::Request { claim, answer })).await?;
        let is_stored = !self.refused() && !self.chunk_positions().is_empty();
        Ok((self.report(), is_stored))
    }

    /// Settles the rows of a request. Too many sets of columns are an issue of their table, and
    /// nothing is stored.
    async fn settle_request<H: Host>(
        &mut self,
        client: &Client<'_, H>,
        entry: Option<&LedgerEntry<'_>>,
    ) -> Result<(), StoreError> {
        let too_mixed = self.tables.iter().find(|intake| intake.groups.has_too_many_sets());
        if let Some(table) = too_mixed.map(|intake| intake.table) {
            self.refuse(table.name, RowErrorKind::TooManyShapes { limit: SETS_LIMIT });
        }
        if let Some(table) = self.tables.iter().find(|it| self.has_too_many_runs(it)) {
            self.refuse(table.table.name, RowErrorKind::MixedIds { limit: RUNS_LIMIT });
        }
        self.settle(client, entry).await
    }

    /// Whether the ids that are wanted back would be more runs than an answer may have.
    fn has_too_many_runs(&self, intake: &TableIntake) -> bool {
        let is_numbered =
            |chunk: &&Chunk| self.insert_form(intake.table, chunk) == WriteForm::Numbered;
        let chunks = intake.groups.chunks.iter().filter(is_numbered);
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
            for table in &mut self.tables {
                table.groups.cut(client.rows_limit());
                table.begin_write();
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
            let chunks = core::mem::take(&mut self.tables[position].groups.chunks);
            let table = self.tables[position].table;
            let cut = |chunk: Chunk| match self.insert_form(table, &chunk) {
                WriteForm::Numbered => {
                    let most = most_rows(table, chunk.columns());
                    chunk.cut_rows(most)
                }
                _ => Vec::from([chunk]),
            };
            let chunks = chunks.into_iter().flat_map(cut).collect();
            self.tables[position].groups.chunks = chunks;
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

    /// The batches that are not full yet have no more bytes than this.
    pub(crate) fn limit_batches(&mut self, bytes: usize) {
        self.chunk_limit = self.chunk_limit.min(bytes);
    }

    /// Whether a batch is full, so that [`Self::take_batch`] gives it.
    pub(crate) fn has_batch(&self) -> bool {
        self.tables.iter().any(|intake| intake.groups.has_batch())
    }

    /// Takes a full batch's rows away or, with `all`, whatever rows there are.
    pub(crate) fn take_batch(&mut self, all: bool) -> Option<RowBatch> {
        let intake = self.tables.iter_mut().find(|intake| intake.groups.rows() > 0)?;
        if !intake.groups.has_batch() && !all {
            return None;
        }
        let batch = intake.split_off(self.schema, &self.options);
        if let (Some(full), Some(next)) = (batch.groups.only(), intake.groups.chunks.first_mut()) {
            next.move_into(self.room.take(), full);
        }
        // A batch is a request of its own, in which the good rows are stored.
        let options = IngestOptions { on_error: OnError::Skip, ..self.options };
        Some(RowBatch(Self { tables: alloc::vec![batch], ..Self::new(self.schema, options) }))
    }

    fn invalid(&self) -> u64 {
        self.tables.iter().map(|intake| intake.invalid).sum()
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
        let there = |intake: &TableIntake| intake.existing + intake.conflicts;
        let existing: u64 = self.tables.iter().map(there).sum();
        match (self.refused(), self.invalid()) {
            (true, invalid) if !self.faulty && invalid == existing => Verdict::Conflict,
            (true, _) => Verdict::Invalid,
            (false, 0) => Verdict::Complete,
            (false, _) => Verdict::Partial,
        }
    }

    fn issues(&mut self, table: &'static Table, place: Place, errors: &[RowError]) {
        self.has_unknown_names |= errors.iter().any(|error| error.kind.is_of_unknown_name());
        self.issues.push_row(table.name, place.index, place.line, errors);
    }

    /// Takes good rows back: they are counted as invalid and will not be stored.
    pub(super) fn reject(&mut self, position: usize, mut rows: Vec<Rejected>) {
        rows.sort_by_key(|(place, _)| place.index);
        let places: HashSet<Option<u64>> = rows.iter().map(|(place, _)| place.index).collect();
        let intake = &mut self.tables[position];
        intake.invalid += rows.len() as u64;
        intake.drop_rows(&places);

        let table = intake.table;
        for (place, errors) in &rows {
            self.issues(table, *place, errors);
        }
        self.rejected.extend(rows);
    }

    fn table_index(&mut self, table: &'static Table) -> usize {
        self.position(table).unwrap_or_else(|| {
            // Parents first, in whichever order the request names its tables.
            let (schema, rank) = (self.schema, self.schema.position(table));
            let is_before = |intake: &TableIntake| schema.position(intake.table) < rank;
            let place = self.tables.partition_point(is_before);
            let intake = TableIntake::new(schema, table, &self.options);
            self.tables.insert(place, intake);
            place
        })
    }

    /// Good rows that lack a column which a new row needs, in all tables.
    pub fn lacking(&self) -> u64 {
        self.tables.iter().map(|intake| intake.lacking).sum()
    }

    pub(super) fn position(&self, table: &Table) -> Option<usize> {
        self.tables.iter().position(|intake| intake.table.name == table.name)
    }
}

impl RowBatch {
    /// Stores the rows; those that the database does not take are rejected, the others stored.
    /// With an entry they are stored together with their place in the ledger.
    pub(crate) async fn store<H: Host>(
        mut self,
        client: &Client<'_, H>,
        entry: Option<&LedgerEntry<'_>>,
    ) -> Result<Stored, StoreError> {
        self.0.settle(client, entry).await?;
        let refused = self.0.refused();
        let mut rejected = core::mem::take(&mut self.0.rejected);
        rejected.sort_by_key(|(place, _)| place.index);
        let table = &mut self.0.tables[0];
        let report = table.report(refused, &self.0.options);
        Ok(Stored { table: report, rejected, room: core::mem::take(&mut table.groups).into_only() })
    }
}

/// What became of a [`RowBatch`].
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
