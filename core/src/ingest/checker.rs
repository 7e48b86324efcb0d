//! Checks raw rows, without a database.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::checks::{evaluated_checks, violated};
use super::offsets::{self, Offsets};
use super::options::IngestOptions;
use super::seen_keys::{CHECKED_KEYS, SeenKeys};
use crate::table::cell_forms::CellForms;
use crate::table::fill::FilledColumns;
use crate::table::issue::{RowError, RowErrorKind};
use crate::table::record::{ColumnSet, EntryRules, Place, RawRow, Record};
use crate::table::row_key::{has_key, row_key};
use crate::table::schema::{CheckConstraint, Table};

/// Makes records of the raw rows of one request or file, or says what is wrong with them.
///
/// It keeps no rows: its memory grows by the keys of each table's first [`CHECKED_KEYS`] rows alone.
#[derive(Debug)]
pub struct Checker {
    options: IngestOptions,
    /// The columns that rows get besides their own.
    filled: Arc<FilledColumns>,
    /// The CHECKs of the one table, where they are not those of the options.
    checks: Option<Vec<&'static CheckConstraint>>,
    offsets: Offsets,
    tables: Vec<CheckedTable>,
    received: u64,
    lacking: u64,
}

/// What the rows of one table are compared with.
#[derive(Debug)]
struct CheckedTable {
    table: &'static Table,
    /// The keys of the good rows among the first [`CHECKED_KEYS`].
    keys: SeenKeys,
    /// The columns whose values may come with an offset from UTC or without.
    with_offsets: Vec<usize>,
    /// The CHECKs to which the core holds rows.
    checks: Vec<&'static CheckConstraint>,
}

impl Checker {
    /// A checker that has seen no rows.
    pub fn new(options: IngestOptions) -> Self {
        Self {
            options,
            filled: Arc::default(),
            checks: None,
            offsets: Offsets::default(),
            tables: Vec::new(),
            received: 0,
            lacking: 0,
        }
    }

    /// The same for rows of one table that get columns besides their own.
    pub(crate) fn filling(self, filled: Arc<FilledColumns>) -> Self {
        Self { filled, ..self }
    }

    /// The same for rows of one table that are held to these of its CHECKs.
    pub(crate) fn held_to(self, checks: Vec<&'static CheckConstraint>) -> Self {
        Self { checks: Some(checks), ..self }
    }

    /// Says how the cells that come from here on write numbers and dates.
    pub(super) fn expect(&mut self, forms: CellForms) {
        self.options.forms = forms;
    }

    /// Makes a record of a row, or says what is wrong with it.
    pub fn row<'r>(
        &'r mut self,
        table: &'static Table,
        mut row: RawRow<'r>,
    ) -> Result<Record<'r>, Vec<RowError>> {
        let place = row.place;
        let IngestOptions { strict, time_zone, may_lack, key, forms, .. } = self.options;
        let key = key.and_then(|key| key.columns);
        let rules = EntryRules { strict, time_zone, may_lack, key, forms, stored: false };
        let position = self.position(table);
        let checked = &mut self.tables[position];
        if time_zone.is_none() {
            self.offsets.check(table, &checked.with_offsets, forms.date_order, &mut row);
        }
        self.filled.put(table, &mut row);
        let mut record = Record::parse_by(table, row, rules);
        if let Ok(good) = &record
            && let Err(errors) = checked.accept(good, place)
        {
            record = Err(errors);
        }
        self.received += u64::from(record.is_ok() || place.index.is_some());
        self.lacking += u64::from(record.as_ref().is_ok_and(|record| lacks_column(table, record)));
        record
    }

    /// The same for a row of a file: the keys are forgotten once no more are compared. A request's are
    /// looked up by the rows that refer to them.
    pub fn file_row<'r>(
        &'r mut self,
        table: &'static Table,
        row: RawRow<'r>,
    ) -> Result<Record<'r>, Vec<RowError>> {
        if row.place.index == Some(u64::from(CHECKED_KEYS)) {
            let position = self.position(table);
            self.tables[position].keys = SeenKeys::default();
        }
        self.row(table, row)
    }

    /// How many rows came so far, in all tables.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Good rows that lack a column which a new row needs, in all tables.
    pub(crate) fn lacking(&self) -> u64 {
        self.lacking
    }

    /// Takes the keys of a table's good rows away.
    pub(super) fn take_keys(&mut self, table: &'static Table) -> SeenKeys {
        let position = self.position(table);
        core::mem::take(&mut self.tables[position].keys)
    }

    fn position(&mut self, table: &'static Table) -> usize {
        let known = self.tables.iter().position(|checked| checked.is_of(table));
        known.unwrap_or_else(|| self.add(table))
    }

    #[cold]
    fn add(&mut self, table: &'static Table) -> usize {
        let with_offsets = offsets::columns(table);
        let checks = self.checks.clone();
        let checks = checks.unwrap_or_else(|| evaluated_checks(table, &self.options));
        self.tables.push(CheckedTable { table, keys: SeenKeys::default(), with_offsets, checks });
        self.tables.len() - 1
    }
}

impl CheckedTable {
    /// Whether these are a table's. Its name says so; the address alone saves comparing it for each row of a file.
    fn is_of(&self, table: &'static Table) -> bool {
        core::ptr::eq(self.table, table) || self.table.name == table.name
    }

    /// Fails if a row is wrong by another one or by a CHECK. The key comes first, as in the database: a later row with
    /// the key of a row that a CHECK refuses is refused, too.
    fn accept(&mut self, record: &Record<'_>, place: Place) -> Result<(), Vec<RowError>> {
        self.claim_key(record, place)?;
        let violated = violated(&self.checks, record);
        if violated.is_empty() { Ok(()) } else { Err(violated) }
    }

    /// Fails if an earlier good row, among the first [`CHECKED_KEYS`], has the same key.
    fn claim_key(&mut self, record: &Record<'_>, place: Place) -> Result<(), Vec<RowError>> {
        if !has_key(self.table, record) {
            return Ok(());
        }
        let index = place.index.and_then(|index| u32::try_from(index).ok());
        let Some(index) = index.filter(|index| *index < CHECKED_KEYS) else { return Ok(()) };
        self.keys.claim(&row_key(self.table, record.cells()), index).map_err(|first| {
            let kind = RowErrorKind::DuplicateInBatch { first: first.into() };
            alloc::vec![RowError::key(self.table.key_name(), kind)]
        })
    }
}

/// Whether a row is refused by a CHECK.
pub(super) fn is_of_check(error: &RowError) -> bool {
    matches!(error.kind, RowErrorKind::CheckViolated { .. })
}

/// Whether a good row lacks what a new row needs.
fn lacks_column(table: &Table, record: &Record<'_>) -> bool {
    if *record.columns() == ColumnSet::ALL {
        return false;
    }
    let mut columns = table.columns.iter().enumerate();
    columns.any(|(at, column)| column.is_required() && !record.columns().has(at))
}
