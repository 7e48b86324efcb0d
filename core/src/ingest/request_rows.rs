//! The rows of one request.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::checker::{Checker, is_of_check};
use super::error::StoreError;
use super::ledger_entry::LedgerEntry;
use super::options::IngestOptions;
use super::report::Report;
use super::row_batch::RowBatch;
use super::store::Store;
use super::table_write::TableWrite;
use crate::aws::host::{Client, Host};
use crate::ledger::{Claim, StoredResponse};
use crate::sql::chunk::CHUNK_LIMIT;
use crate::table::cell_forms::CellForms;
use crate::table::fill::FilledColumns;
use crate::table::issue::{Issue, RowError, RowErrorKind};
use crate::table::record::{Place, RawRow};
use crate::table::schema::{Schema, Table};

/// Takes the raw rows of one request, and keeps the good ones ready to be stored.
#[derive(Debug)]
pub struct RequestRows {
    schema: Schema,
    checker: Checker,
    store: Store,
    /// Whether a table or a column was named that the schema does not have.
    has_unknown_names: bool,
}

impl RequestRows {
    /// A request with no rows.
    pub fn new(schema: Schema, options: IngestOptions) -> Self {
        let (checker, store) = (Checker::new(options), Store::new(options, Vec::new()));
        Self { schema, checker, store, has_unknown_names: false }
    }

    /// The same for rows of one table that get columns besides their own.
    pub(crate) fn filling(self, filled: Arc<FilledColumns>) -> Self {
        Self { checker: self.checker.filling(filled), ..self }
    }

    /// Says how the cells that come from here on write numbers and dates, and the options that say so again.
    pub(crate) fn expect(&mut self, forms: CellForms, layout: Vec<(&'static str, String)>) {
        self.checker.expect(forms);
        self.store.layout = layout;
    }

    /// Takes note of a table that the request names, so that the report has it even without rows.
    pub fn table(&mut self, table: &'static Table) {
        self.position(table);
    }

    /// Checks a row and keeps it, or keeps and answers what is wrong with it.
    pub fn row(&mut self, table: &'static Table, row: RawRow<'_>) -> Vec<RowError> {
        let (place, position) = (row.place, self.position(table));
        match self.checker.row(table, row) {
            Ok(record) => {
                let written = &mut self.store.tables[position];
                written.received += 1;
                written.batch.push(&record, place, CHUNK_LIMIT);
                Vec::new()
            }
            Err(errors) => {
                if errors.iter().any(is_of_check) {
                    self.store.tables[position].violating.extend(place.index);
                }
                self.note(position, place, &errors);
                errors
            }
        }
    }

    /// Checks a row, and keeps only what is wrong with it: a check stores nothing.
    pub fn check_row(&mut self, table: &'static Table, row: RawRow<'_>) {
        let (place, position) = (row.place, self.position(table));
        match self.checker.row(table, row) {
            Ok(_) => self.store.tables[position].received += 1,
            Err(errors) => self.note(position, place, &errors),
        }
    }

    /// Takes note of what is wrong with a row, or with all that comes behind it.
    fn note(&mut self, position: usize, place: Place, errors: &[RowError]) {
        let written = &mut self.store.tables[position];
        if place.index.is_some() {
            written.received += 1;
            written.invalid += 1;
        } else {
            self.store.faulty = true;
        }
        self.has_unknown_names |= errors.iter().any(|error| error.kind.is_of_unknown_name());
        let name = written.batch.table.name;
        self.store.issues.push_row(name, place.index, place.line, errors);
    }

    /// Takes note of something that no row is to blame for; nothing will be stored.
    pub fn fault(&mut self, table: Cow<'static, str>, kind: RowErrorKind) {
        self.has_unknown_names |= kind.is_of_unknown_name();
        self.store.faulty = true;
        let error = RowError::row(kind);
        self.store.issues.push(Issue { table, index: None, line: None, error });
    }

    /// Whether a table or a column was named that the schema does not have, or a table that it does not
    /// serve.
    pub(crate) fn has_unknown_names(&self) -> bool {
        self.has_unknown_names
    }

    /// How many rows came so far, in all tables.
    pub fn received(&self) -> u64 {
        self.store.received()
    }

    /// How many bytes the good rows have become, in all tables.
    pub(crate) fn bytes(&self) -> usize {
        self.store.tables.iter().map(|written| written.batch.bytes()).sum()
    }

    /// The report as it is before anything is stored; all that an offline check has to say.
    pub fn report(self) -> Report {
        self.store.report()
    }

    /// Stores the good rows, parents first, all or none.
    ///
    /// One statement is one call, several are one transaction. A row that the database does not
    /// take becomes an issue like any other, and the rest is stored only with
    /// [`OnError::Skip`](super::options::OnError::Skip). A request that is refused by its rows alone
    /// makes no call.
    pub async fn store<H: Host>(self, client: &Client<'_, H>) -> Result<Report, StoreError> {
        self.into_store().store_request(client, None).await.map(|(report, _)| report)
    }

    /// The same for a request that is claimed in the ledger, always in a transaction: its answer is
    /// stored with the rows. Without rows to store (`false`) it is not stored yet.
    pub(crate) async fn store_claimed<H: Host>(
        self,
        client: &Client<'_, H>,
        claim: &Claim,
        answer: fn(&Report) -> StoredResponse,
    ) -> Result<(Report, bool), StoreError> {
        let entry = LedgerEntry::Request { claim, answer };
        self.into_store().store_request(client, Some(&entry)).await
    }

    /// The rows with the keys that came along, by which others name them as their parents.
    fn into_store(mut self) -> Store {
        for written in &mut self.store.tables {
            written.keys = self.checker.take_keys(written.batch.table);
            written.forget_violating();
        }
        self.store
    }

    fn position(&mut self, table: &'static Table) -> usize {
        self.store.position(table).unwrap_or_else(|| {
            // Parents first, in whichever order the request names its tables.
            let (schema, rank) = (self.schema, self.schema.position(table));
            let is_before = |written: &TableWrite| schema.position(written.batch.table) < rank;
            let place = self.store.tables.partition_point(is_before);
            let batch = RowBatch::new(schema, table, &self.store.options);
            self.store.tables.insert(place, TableWrite::of(batch));
            place
        })
    }
}
