//! Rows in, checked and sorted into good and rejected; the good ones out in one transaction.

use alloc::borrow::{Cow, ToOwned};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use hashbrown::HashMap;
use serde::ser::{Serialize, SerializeMap, SerializeStruct, Serializer};

use crate::data_api::{
    BeginTransaction, CommitTransaction, ExecuteStatement, Retry, RollbackTransaction,
};
use crate::host::{CallError, Client, Host, Repeat};
use crate::outcome::{Outcome, Outcomes, RowError, RowErrorKind};
use crate::record::{Cell, RawRow, Record};
use crate::schema::{TABLES, Table};
use crate::statement::{self, Chunk};

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
    /// Whether every column is required.
    pub strict: bool,
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
    received: u64,
    invalid: u64,
}

#[derive(Debug, PartialEq, Eq, Hash)]
enum Key {
    Int(i64),
    Text(String),
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
            .and_then(|record| intake.claim_key(&record, place.index).map(|()| record));
        let errors = match checked {
            Ok(record) => {
                intake.received += 1;
                if keeps_rows {
                    intake.keep(&record);
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
        for error in errors {
            let (index, line) = (place.index, place.line);
            self.outcomes.push(Outcome { table: Cow::Borrowed(table.name), index, line, error });
        }
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
        let refused = self.refused();
        let tables = self.tables.iter().map(|intake| intake.report(refused)).collect();
        Report { tables, outcomes: self.outcomes, stored: !refused }
    }

    /// Stores the good rows, parents first, all or none; a refused request makes no call.
    ///
    /// One statement is one call. Several are one transaction, which is repeated if the database
    /// made it give way to another.
    pub async fn store<H: Host>(mut self, client: &Client<'_, H>) -> Result<Report, StoreError> {
        if !self.refused() {
            let statements = self.statements();
            run(client, &statements).await?;
        }
        Ok(self.report())
    }

    fn refused(&self) -> bool {
        let invalid: u64 = self.tables.iter().map(|intake| intake.invalid).sum();
        let too_bad = match self.options.on_error {
            OnError::Reject => invalid > 0,
            OnError::Skip => invalid > 0 && invalid == self.received(),
        };
        self.faulty || too_bad
    }

    fn statements(&mut self) -> Vec<Statement> {
        let chunks = self.tables.iter_mut().flat_map(|intake| {
            let table = intake.table;
            intake.chunks.drain(..).map(move |chunk| Statement {
                sql: statement::insert(table),
                rows: chunk.rows(),
                json: chunk.into_json(),
            })
        });
        chunks.collect()
    }

    fn table_mut(&mut self, table: &'static Table) -> &mut TableIntake {
        let known = self.tables.iter().position(|intake| core::ptr::eq(intake.table, table));
        let index = known.unwrap_or_else(|| {
            // Parents first, in whichever order the request names its tables.
            let place = self.tables.partition_point(|intake| rank(intake.table) < rank(table));
            self.tables.insert(place, TableIntake::new(table));
            place
        });
        &mut self.tables[index]
    }
}

/// A table's place in the order in which tables are written.
fn rank(table: &Table) -> Option<usize> {
    TABLES.iter().position(|other| core::ptr::eq(other, table))
}

impl TableIntake {
    fn new(table: &'static Table) -> Self {
        Self { table, chunks: Vec::new(), keys: HashMap::new(), received: 0, invalid: 0 }
    }

    /// Fails if an earlier good row, among the first [`CHECKED_KEYS`], has the same key.
    fn claim_key(&mut self, record: &Record<'_>, index: Option<u64>) -> Result<(), Vec<RowError>> {
        if self.keys.len() >= CHECKED_KEYS {
            return Ok(());
        }
        let key = match &record.cells()[self.table.key] {
            Cell::Null => return Ok(()),
            Cell::Int(value) => Key::Int(*value),
            // utf8mb4_bin, the collation of text keys, takes no notice of blanks at the end.
            Cell::Text(text) => Key::Text(text.trim_end_matches(' ').to_owned()),
        };
        match self.keys.entry(key) {
            hashbrown::hash_map::Entry::Vacant(entry) => {
                entry.insert(index.unwrap_or_default());
                Ok(())
            }
            hashbrown::hash_map::Entry::Occupied(entry) => {
                let kind = RowErrorKind::DuplicateInBatch { first: *entry.get() };
                Err(alloc::vec![RowError::column(self.table.key_column().name, kind)])
            }
        }
    }

    fn keep(&mut self, record: &Record<'_>) {
        let kept = self.chunks.last_mut().is_some_and(|chunk| chunk.push(record));
        if !kept {
            let mut chunk = Chunk::default();
            chunk.push(record);
            self.chunks.push(chunk);
        }
    }

    fn report(&self, refused: bool) -> TableReport {
        let stored = if refused { 0 } else { self.received - self.invalid };
        TableReport {
            table: self.table.name,
            received: self.received,
            stored,
            rejected: self.received - stored,
            invalid: self.invalid,
        }
    }
}

struct Statement {
    sql: String,
    json: String,
    rows: u64,
}

/// Times that a transaction is run which the database makes give way to others.
const TRANSACTION_ATTEMPTS: u32 = 3;

async fn run<H: Host>(client: &Client<'_, H>, statements: &[Statement]) -> Result<(), StoreError> {
    let mut attempt = 1;
    loop {
        let result = match statements {
            [] => return Ok(()),
            [statement] => execute(client, statement, None).await,
            statements => transaction(client, statements).await,
        };
        match result {
            Err(error) if error.is_deadlock() && attempt < TRANSACTION_ATTEMPTS => attempt += 1,
            result => return result,
        }
    }
}

async fn transaction<H: Host>(
    client: &Client<'_, H>,
    statements: &[Statement],
) -> Result<(), StoreError> {
    let id = client
        .call(&BeginTransaction, Repeat::Harmless)
        .await
        .map_err(|error| StoreError::before_commit(&error))?;
    let result = write_and_commit(client, statements, &id).await;
    if result.is_err() {
        // If this fails as well, the service rolls back by itself after 3 idle minutes.
        let rollback = RollbackTransaction { transaction_id: &id };
        let _ = client.call(&rollback, Repeat::Harmless).await;
    }
    result
}

async fn write_and_commit<H: Host>(
    client: &Client<'_, H>,
    statements: &[Statement],
    id: &str,
) -> Result<(), StoreError> {
    for statement in statements {
        execute(client, statement, Some(id)).await?;
    }
    let commit = CommitTransaction { transaction_id: id };
    client.call(&commit, Repeat::Never).await.map_err(|error| StoreError::of_commit(&error))
}

async fn execute<H: Host>(
    client: &Client<'_, H>,
    statement: &Statement,
    transaction_id: Option<&str>,
) -> Result<(), StoreError> {
    let call = ExecuteStatement {
        sql: &statement.sql,
        parameters: &[(statement::ROWS, &statement.json)],
        transaction_id,
    };
    let output = client.call(&call, Repeat::Never).await.map_err(|error| {
        // Without a transaction the statement is its own commit.
        match transaction_id {
            Some(_) => StoreError::before_commit(&error),
            None => StoreError::of_commit(&error),
        }
    })?;
    let (sent, stored) = (statement.rows, output.number_of_records_updated);
    if stored == sent { Ok(()) } else { Err(StoreError::WrongCount { sent, stored }) }
}

/// Why nothing, or nobody knows what, was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreError {
    /// Nothing was stored and the same request may succeed later.
    Unavailable(String),
    /// The last call got no clear answer: all of the rows are stored, or none.
    OutcomeUnknown(String),
    /// Nothing was stored: a row with a key of the request's exists already (MySQL 1062).
    Exists,
    /// Nothing was stored: the call was refused, and would be again.
    Refused(String),
    /// The database says that it stored another number of rows than it was sent.
    WrongCount {
        /// Rows sent.
        sent: u64,
        /// Rows that the database counted.
        stored: u64,
    },
    /// Nothing was stored: the database gave way to other transactions again and again.
    Deadlock(String),
}

impl StoreError {
    /// An error of a call that cannot have made anything last.
    fn before_commit(error: &CallError) -> Self {
        match error.retry() {
            Retry::NotRun | Retry::OutcomeUnknown => Self::Unavailable(error.to_string()),
            Retry::Deadlock => Self::Deadlock(error.to_string()),
            Retry::Never if is_duplicate(error) => Self::Exists,
            Retry::Never => Self::Refused(error.to_string()),
        }
    }

    /// An error of the call that was to make the rows last.
    fn of_commit(error: &CallError) -> Self {
        match error.retry() {
            Retry::OutcomeUnknown => Self::OutcomeUnknown(error.to_string()),
            _ => Self::before_commit(error),
        }
    }

    fn is_deadlock(&self) -> bool {
        matches!(self, Self::Deadlock(_))
    }
}

fn is_duplicate(error: &CallError) -> bool {
    matches!(error, CallError::Api(error) if error.database_code == Some(1062))
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(cause) => write!(f, "database not available: {cause}"),
            Self::OutcomeUnknown(cause) => write!(f, "outcome unknown: {cause}"),
            Self::Exists => f.write_str("a row with this key exists already"),
            Self::Refused(cause) => write!(f, "refused: {cause}"),
            Self::WrongCount { sent, stored } => {
                write!(f, "the database counted {stored} rows of {sent}")
            }
            Self::Deadlock(cause) => write!(f, "gave way to other transactions: {cause}"),
        }
    }
}

impl core::error::Error for StoreError {}

/// What became of a request's or file's rows.
#[derive(Debug)]
pub struct Report {
    tables: Vec<TableReport>,
    outcomes: Outcomes,
    stored: bool,
}

/// The counts of one table; `received = stored + rejected`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableReport {
    /// The table's name.
    pub table: &'static str,
    /// Rows that came.
    pub received: u64,
    /// Rows that are in the database because of this.
    pub stored: u64,
    /// Rows that are not.
    pub rejected: u64,
    /// Rows with at least one error; the others were rejected along with them.
    pub invalid: u64,
}

impl Report {
    /// The counts, per table, parents first.
    pub fn tables(&self) -> &[TableReport] {
        &self.tables
    }

    /// What is wrong, and how often.
    pub fn outcomes(&self) -> &Outcomes {
        &self.outcomes
    }

    /// Whether every row that came is stored.
    pub fn is_complete(&self) -> bool {
        self.outcomes.count() == 0
    }

    /// Whether the rows were not stored, because of what is wrong with some of them.
    pub fn is_refused(&self) -> bool {
        !self.stored
    }
}

/// Serializes as `{"tables": {name: counts}, "error_count", "errors"}`.
impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut report = serializer.serialize_struct("Report", 3)?;
        report.serialize_field("tables", &ByName(&self.tables))?;
        report.serialize_field("error_count", &self.outcomes.count())?;
        report.serialize_field("errors", self.outcomes.listed())?;
        report.end()
    }
}

struct ByName<'t>(&'t [TableReport]);

impl Serialize for ByName<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for table in self.0 {
            map.serialize_entry(table.table, table)?;
        }
        map.end()
    }
}

impl Serialize for TableReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut counts = serializer.serialize_struct("TableReport", 4)?;
        counts.serialize_field("received", &self.received)?;
        counts.serialize_field("stored", &self.stored)?;
        counts.serialize_field("rejected", &self.rejected)?;
        counts.serialize_field("invalid", &self.invalid)?;
        counts.end()
    }
}
