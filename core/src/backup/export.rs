//! A table out to one file that a load takes back, page by page, in one snapshot.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use super::count::count;
use super::error::BackupError;
use super::output::read_all;
use super::page::{Pages, wide_rows};
use super::progress::Progress;
use super::records::Records;
use super::sheet_limits::{MOST_ROWS, empty_texts, long_cells};
use crate::aws::data_api::{BeginTransaction, ExecuteStatement, Field, RollbackTransaction};
use crate::aws::host::{CallError, Client, Host, Repeat};
use crate::format::csv::ROW_LIMIT;
use crate::format::export_format::ExportFormat;
use crate::format::table_writer::TableWriter;
use crate::sql::isolation;
use crate::sql::key_range::KeyRange;
use crate::table::record::Cell;
use crate::table::schema::{KeyKind, Table};

/// What is exported.
#[derive(Debug, Clone, Copy)]
pub struct Export {
    /// Of which table.
    pub table: &'static Table,
    /// The rows of which keys; their first part is an integer, unless it is all of them.
    pub range: KeyRange,
    /// As what.
    pub format: ExportFormat,
}

/// What was exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// How many rows.
    pub rows: u64,
    /// How many bytes the file has.
    pub bytes: u64,
    /// Options without which a load would read something else.
    pub options: Vec<(&'static str, &'static str)>,
}

/// Why a table could not be exported.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ExportError {
    /// It could not be read.
    Read(BackupError),
    /// Its keys are no integers, of which there are ranges.
    NoRange {
        /// The table.
        table: &'static str,
    },
    /// Rows that no load takes, by their keys.
    LongRows {
        /// The table.
        table: &'static str,
        /// The first of their keys.
        keys: Vec<String>,
    },
    /// More rows than a sheet has.
    TooManyRows {
        /// The table.
        table: &'static str,
        /// How many.
        rows: u64,
    },
    /// Rows with a text that is too long for a cell of a sheet, by their keys.
    LongCells {
        /// The table.
        table: &'static str,
        /// The first of their keys.
        keys: Vec<String>,
    },
    /// The file could not be written.
    Write(String),
}

impl fmt::Display for ExportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => error.fmt(f),
            Self::NoRange { table } => {
                write!(f, "the keys of {table} are no integers, so there is no range of them")
            }
            Self::LongRows { table, keys } => write!(
                f,
                "rows of {table} may have more than 1 MiB, which no load takes: those with the keys {}; \
                 shorten them, or use rowgate backup",
                keys.join(", ")
            ),
            Self::TooManyRows { table, rows } => write!(
                f,
                "{table} has {rows} rows, and a sheet of Excel's has {MOST_ROWS} below its header; export some with \
                 --where, or use another --format"
            ),
            Self::LongCells { table, keys } => write!(
                f,
                "rows of {table} have texts of more than 32,767 characters, which no cell of Excel's holds: those with \
                 the keys {}; use another --format",
                keys.join(", ")
            ),
            Self::Write(cause) => write!(f, "the file could not be written: {cause}"),
        }
    }
}

impl core::error::Error for ExportError {}

impl From<BackupError> for ExportError {
    fn from(error: BackupError) -> Self {
        Self::Read(error)
    }
}

/// Exports a table, and hands its bytes on as they come.
///
/// All pages are of one snapshot. In memory is one page, and what the format holds back.
pub async fn export<H: Host>(
    database: &Client<'_, H>,
    what: Export,
    mut write: impl FnMut(Vec<u8>) -> Result<(), String>,
    mut progress: impl FnMut(Progress),
) -> Result<Exported, ExportError> {
    let has_ends = what.range != KeyRange::default();
    if has_ends && !matches!(what.table.key_kind(), KeyKind::Integer { .. }) {
        return Err(ExportError::NoRange { table: what.table.name });
    }
    let id = database.call(&BeginTransaction, Repeat::Harmless).await;
    let id = id.map_err(BackupError::Database)?;
    let reading = ExportReading { database, what, id: &id };
    let exported = reading.run(&mut write, &mut progress).await;
    // Nothing was changed; if this fails, the service does it after 3 idle minutes.
    let rollback = RollbackTransaction { transaction_id: &id };
    let _: Result<(), CallError> = database.closing().call(&rollback, Repeat::Harmless).await;
    exported
}

struct ExportReading<'r, H> {
    database: &'r Client<'r, H>,
    what: Export,
    id: &'r str,
}

impl<H: Host> ExportReading<'_, H> {
    async fn run(
        &self,
        write: &mut impl FnMut(Vec<u8>) -> Result<(), String>,
        progress: &mut impl FnMut(Progress),
    ) -> Result<Exported, ExportError> {
        let Export { table, range, format } = self.what;
        self.check_isolation().await?;
        let of = count(self.database, table, table.name, range, Some(self.id)).await;
        let of = of.map_err(BackupError::in_snapshot)?;
        self.check_widths().await?;
        let has_empty_texts = format.is_sheet() && self.check_sheet(of).await?;
        let mut writer = format.writer(table, has_empty_texts).map_err(ExportError::Write)?;
        let mut exported = Exported { rows: 0, bytes: 0, options: Vec::new() };
        let mut pages = Pages::new(table, Some(self.id), range.after);
        while !pages.is_over() {
            if self.database.is_out_of_time() {
                return Err(BackupError::OutOfTime.into());
            }
            let page = match pages.next(self.database, range.until).await {
                Ok(page) => page,
                Err(error) => return Err(self.failed(&pages, error).await.into()),
            };
            exported.rows += self.push_all(&page, &mut *writer)?;
            let bytes = writer.take();
            exported.bytes += bytes.len() as u64;
            write(bytes).map_err(ExportError::Write)?;
            let Exported { rows, bytes, .. } = exported;
            progress(Progress { table: table.name, rows, of: of.max(rows), bytes });
        }
        if exported.rows != of {
            let (table, read) = (table.name, exported.rows);
            return Err(BackupError::WrongCount { table, counted: of, read }.into());
        }
        exported.options = writer.options();
        let rest = writer.finish().map_err(ExportError::Write)?;
        exported.bytes += rest.len() as u64;
        write(rest).map_err(ExportError::Write)?;
        Ok(exported)
    }

    fn push_all(&self, page: &Records, writer: &mut dyn TableWriter) -> Result<u64, ExportError> {
        let table = self.what.table;
        let unexpected = || BackupError::UnexpectedValue { table: table.name };
        let mut cells: Vec<Cell<'_>> = Vec::new();
        for row in 0..page.len() {
            if !page.cells(row, &mut cells) || read_all(table, &mut cells).is_none() {
                return Err(unexpected().into());
            }
            writer.row(&cells).map_err(ExportError::Write)?;
        }
        Ok(page.len() as u64)
    }

    async fn failed(&self, pages: &Pages<'_>, error: CallError) -> BackupError {
        match pages.longest_value(self.database).await {
            Some((column, bytes)) => {
                BackupError::LongRow { table: self.what.table.name, column, bytes, error }
            }
            None => BackupError::in_snapshot(error),
        }
    }

    /// Names rows that no load would take, before anything is written.
    async fn check_widths(&self) -> Result<(), ExportError> {
        let Export { table, range, .. } = self.what;
        let keys = self.keys(&wide_rows(table, range, ROW_LIMIT)).await?;
        match keys.is_empty() {
            true => Ok(()),
            false => Err(ExportError::LongRows { table: table.name, keys }),
        }
    }

    /// Names what a sheet does not hold, before anything is written; answers whether there are empty texts.
    async fn check_sheet(&self, rows: u64) -> Result<bool, ExportError> {
        let Export { table, range, .. } = self.what;
        if rows > MOST_ROWS {
            return Err(ExportError::TooManyRows { table: table.name, rows });
        }
        if let Some(sql) = long_cells(table, range) {
            let keys = self.keys(&sql).await?;
            if !keys.is_empty() {
                return Err(ExportError::LongCells { table: table.name, keys });
            }
        }
        match empty_texts(table, range) {
            Some(sql) => Ok(!self.keys(&sql).await?.is_empty()),
            None => Ok(false),
        }
    }

    /// The keys of rows that a statement finds.
    async fn keys(&self, sql: &str) -> Result<Vec<String>, ExportError> {
        let call = ExecuteStatement { sql, transaction_id: Some(self.id), parameters: &[] };
        let found = self.database.call(&call, Repeat::Never).await;
        let records = found.map_err(BackupError::in_snapshot)?.records;
        Ok(records.iter().map(|row| key_text(row)).collect())
    }

    /// At any other level later pages would be of a later moment.
    async fn check_isolation(&self) -> Result<(), BackupError> {
        let (sql, transaction_id) = (isolation::SHOW, Some(self.id));
        let call = ExecuteStatement { sql, transaction_id, parameters: &[] };
        let shown = self.database.call(&call, Repeat::Never).await;
        let records = shown.map_err(BackupError::in_snapshot)?.records;
        match records.first().map(Vec::as_slice) {
            Some([_, Field::String(level)]) if level == isolation::REPEATABLE_READ => Ok(()),
            Some([_, Field::String(level)]) => {
                Err(BackupError::NoSnapshot { level: level.clone() })
            }
            _ => Err(BackupError::Undescribed),
        }
    }
}

fn key_text(row: &[Field]) -> String {
    let part = |field: &Field| match field {
        Field::Long(value) => value.to_string(),
        Field::String(text) => text.chars().take(64).collect(),
        _ => "NULL".to_string(),
    };
    row.iter().map(part).collect::<Vec<_>>().join("/")
}
