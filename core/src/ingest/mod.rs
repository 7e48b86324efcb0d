//! Rows in, checked and sorted into good and rejected; the good ones out in one transaction.

mod error;
mod lookup;
mod report;
mod write;

use alloc::borrow::{Cow, ToOwned};
use alloc::string::String;
use alloc::vec::Vec;

use hashbrown::hash_map::Entry;
use hashbrown::{HashMap, HashSet};

use crate::host::{Client, Host};
use crate::outcome::{Outcome, Outcomes, RowError, RowErrorKind};
use crate::record::{Cell, Place, RawRow, Record};
use crate::schema::{self, TABLES, Table};
use crate::statement::{Chunk, OnDuplicate};

pub use error::StoreError;
pub use report::{Report, TableReport, Verdict};

/// What to do with rows that are not good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnError {
    /// One bad row, and nothing is stored.
    #[default]
    Reject,
    /// The good rows are stored, the bad ones reported.
    Skip,
}

/// How rows are checked and stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// What to do with rows that are not good.
    pub on_error: OnError,
    /// What to do with rows whose key the table has already.
    pub on_duplicate: OnDuplicate,
    /// Whether every column is required.
    pub strict: bool,
    /// Whether a row's parents must exist, in the table or among the good rows that came along.
    pub check_references: bool,
    /// Whether to check everything, the references and existing keys too, and store nothing.
    pub dry_run: bool,
}

impl Options {
    fn wants_references(self) -> bool {
        self.check_references || self.dry_run
    }
}

/// The good rows of a table whose keys are remembered to find a repeated one; past them the
/// database's own key decides.
pub const CHECKED_KEYS: usize = 500_000;

/// Takes the raw rows of one request or file, and keeps the good ones ready to be stored.
#[derive(Debug)]
pub struct Intake {
    options: Options,
    /// Whether good rows are kept to be stored, not only checked.
    keeps_rows: bool,
    tables: Vec<TableIntake>,
    outcomes: Outcomes,
    /// Whether something was wrong that no single row is to blame for.
    faulty: bool,
}

#[derive(Debug)]
struct TableIntake {
    table: &'static Table,
    chunks: Vec<Chunk>,
    /// The keys of the good rows so far, with their index.
    keys: HashMap<Key, u64>,
    /// What the good rows say of their parents, a member for each column that references one.
    references: Vec<ReferenceIntake>,
    received: u64,
    invalid: u64,
    /// Of the invalid rows, those whose key the table has already.
    existing: u64,
    /// Rows that an [`OnDuplicate::Keep`] left as they are.
    kept: u64,
}

#[derive(Debug)]
struct ReferenceIntake {
    /// The position of the column.
    column: usize,
    parent: &'static Table,
    rows: HashMap<Key, Vec<Place>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Int(i64),
    Text(String),
}

impl Key {
    fn of(cell: &Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Null => None,
            Cell::Int(value) => Some(Self::Int(*value)),
            // utf8mb4_bin, the collation of text keys, takes no notice of blanks at the end.
            Cell::Text(text) => Some(Self::Text(text.trim_end_matches(' ').to_owned())),
        }
    }

    fn cell(&self) -> Cell<'_> {
        match self {
            Self::Int(value) => Cell::Int(*value),
            Self::Text(text) => Cell::Text(Cow::Borrowed(text)),
        }
    }
}

impl Intake {
    /// An intake with no rows.
    pub fn new(options: Options) -> Self {
        Self {
            options,
            keeps_rows: true,
            tables: Vec::new(),
            outcomes: Outcomes::default(),
            faulty: false,
        }
    }

    /// An intake that checks rows and forgets them: its memory does not grow with a file, but
    /// for the keys of the first [`CHECKED_KEYS`] rows.
    pub fn check_only(options: Options) -> Self {
        Self { keeps_rows: false, ..Self::new(options) }
    }

    /// Takes note of a table that the request names, so that the report has it even without rows.
    pub fn table(&mut self, table: &'static Table) {
        self.table_mut(table);
    }

    /// Checks a row and keeps it, or keeps what is wrong with it.
    pub fn row(&mut self, table: &'static Table, row: RawRow<'_>) {
        let place = row.place;
        let Options { strict, .. } = self.options;
        let keeps_rows = self.keeps_rows;
        let intake = self.table_mut(table);

        let checked = Record::parse(table, row, strict)
            .and_then(|record| intake.claim_key(&record, place).map(|()| record));
        let errors = match checked {
            Ok(record) => {
                intake.received += 1;
                if keeps_rows {
                    intake.keep(&record, place);
                }
                return;
            }
            Err(errors) => errors,
        };
        if place.index.is_some() {
            intake.received += 1;
            intake.invalid += 1;
        } else {
            self.faulty = true;
        }
        self.outcomes(table, place, errors);
    }

    /// Takes note of something that no row is to blame for; nothing will be stored.
    pub fn fault(&mut self, table: Cow<'static, str>, kind: RowErrorKind) {
        self.faulty = true;
        let error = RowError::row(kind);
        self.outcomes.push(Outcome { table, index: None, line: None, error });
    }

    /// How many rows came so far, in all tables.
    pub fn received(&self) -> u64 {
        self.tables.iter().map(|intake| intake.received).sum()
    }

    /// The report as it is before anything is stored; all that an offline check has to say.
    pub fn report(self) -> Report {
        let verdict = self.verdict();
        let refused = self.refused();
        Report {
            tables: self.tables.iter().map(|intake| intake.report(refused)).collect(),
            outcomes: self.outcomes,
            verdict,
            dry_run: self.options.dry_run,
        }
    }

    /// Stores the good rows, parents first, all or none.
    ///
    /// One statement is one call, several are one transaction. A row that the database does not
    /// take becomes an outcome like any other, and the rest is stored only with
    /// [`OnError::Skip`]. A request that is refused by its rows alone makes no call.
    pub async fn store<H: Host>(mut self, client: &Client<'_, H>) -> Result<Report, StoreError> {
        if !self.refused() && self.options.wants_references() {
            self.check_references(client).await?;
        }
        if !self.refused() {
            match self.options.dry_run {
                true => self.look(client).await?,
                false => self.write(client).await?,
            }
        }
        Ok(self.report())
    }

    fn invalid(&self) -> u64 {
        self.tables.iter().map(|intake| intake.invalid).sum()
    }

    /// Whether nothing is, or will be, stored.
    fn refused(&self) -> bool {
        let too_bad = match self.options.on_error {
            OnError::Reject => self.invalid() > 0,
            OnError::Skip => self.invalid() > 0 && self.invalid() == self.received(),
        };
        self.faulty || too_bad
    }

    fn verdict(&self) -> Verdict {
        let existing: u64 = self.tables.iter().map(|intake| intake.existing).sum();
        match (self.refused(), self.invalid()) {
            (true, invalid) if !self.faulty && invalid == existing => Verdict::Conflict,
            (true, _) => Verdict::Invalid,
            (false, 0) => Verdict::Complete,
            (false, _) => Verdict::Partial,
        }
    }

    fn outcomes(&mut self, table: &'static Table, place: Place, errors: Vec<RowError>) {
        for error in errors {
            let (index, line) = (place.index, place.line);
            self.outcomes.push(Outcome { table: Cow::Borrowed(table.name), index, line, error });
        }
    }

    /// Takes good rows back: they are counted as invalid and will not be stored.
    fn reject(&mut self, position: usize, mut rows: Vec<(Place, Vec<RowError>)>) {
        rows.sort_by_key(|(place, _)| place.index);
        let places: HashSet<Option<u64>> = rows.iter().map(|(place, _)| place.index).collect();
        let intake = &mut self.tables[position];
        intake.invalid += rows.len() as u64;
        intake.drop_rows(&places);

        let table = intake.table;
        for (place, errors) in rows {
            self.outcomes(table, place, errors);
        }
    }

    fn table_mut(&mut self, table: &'static Table) -> &mut TableIntake {
        let known = self.position(table);
        let index = known.unwrap_or_else(|| {
            // Parents first, in whichever order the request names its tables.
            let place = self.tables.partition_point(|intake| rank(intake.table) < rank(table));
            let intake = TableIntake::new(table, self.options.wants_references());
            self.tables.insert(place, intake);
            place
        });
        &mut self.tables[index]
    }

    fn position(&self, table: &Table) -> Option<usize> {
        self.tables.iter().position(|intake| core::ptr::eq(intake.table, table))
    }
}

/// A table's place in the order in which tables are written.
fn rank(table: &Table) -> Option<usize> {
    TABLES.iter().position(|other| core::ptr::eq(other, table))
}

impl TableIntake {
    fn new(table: &'static Table, wants_references: bool) -> Self {
        let columns = table.columns.iter().enumerate().filter(|_| wants_references);
        let references = columns.filter_map(|(column, definition)| {
            let parent = schema::table(definition.references?.table)?;
            Some(ReferenceIntake { column, parent, rows: HashMap::new() })
        });
        Self {
            table,
            chunks: Vec::new(),
            keys: HashMap::new(),
            references: references.collect(),
            received: 0,
            invalid: 0,
            existing: 0,
            kept: 0,
        }
    }

    /// Fails if an earlier good row, among the first [`CHECKED_KEYS`], has the same key.
    fn claim_key(&mut self, record: &Record<'_>, place: Place) -> Result<(), Vec<RowError>> {
        if self.keys.len() >= CHECKED_KEYS {
            return Ok(());
        }
        let Some(key) = Key::of(&record.cells()[self.table.key]) else { return Ok(()) };
        match self.keys.entry(key) {
            Entry::Vacant(entry) => {
                entry.insert(place.index.unwrap_or_default());
                Ok(())
            }
            Entry::Occupied(entry) => {
                let kind = RowErrorKind::DuplicateInBatch { first: *entry.get() };
                Err(alloc::vec![RowError::column(self.table.key_column().name, kind)])
            }
        }
    }

    fn keep(&mut self, record: &Record<'_>, place: Place) {
        for reference in &mut self.references {
            if let Some(key) = Key::of(&record.cells()[reference.column]) {
                reference.rows.entry(key).or_default().push(place);
            }
        }
        let kept = self.chunks.last_mut().is_some_and(|chunk| chunk.push(record, place));
        if !kept {
            let mut chunk = Chunk::default();
            chunk.push(record, place);
            self.chunks.push(chunk);
        }
    }

    fn drop_rows(&mut self, rows: &HashSet<Option<u64>>) {
        self.keys.retain(|_, index| !rows.contains(&Some(*index)));
        for reference in &mut self.references {
            for places in reference.rows.values_mut() {
                places.retain(|place| !rows.contains(&place.index));
            }
        }
        for chunk in &mut self.chunks {
            *chunk = chunk.filter(|_, place| !rows.contains(&place.index));
        }
    }

    fn report(&self, refused: bool) -> TableReport {
        let kept = if refused { 0 } else { self.kept };
        let stored = if refused { 0 } else { self.received - self.invalid - kept };
        TableReport {
            table: self.table.name,
            received: self.received,
            stored,
            kept,
            rejected: self.received - stored - kept,
            invalid: self.invalid,
        }
    }
}
