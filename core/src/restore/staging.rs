//! A table beside the live one, filled from files and compared with them.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::future::Future;

use futures_util::future::{join, poll_immediate};
use futures_util::stream::{FuturesUnordered, StreamExt};

use super::checks::{check_content, in_time};
use super::copy::Pair;
use super::error::RestoreError;
use super::large::{beginnings, fill_up, is_large};
use super::like::{make_described, make_like};
use super::plan::TablePlan;
use super::rows::{Aside, CHUNK_BYTES, FileRows};
use super::tables::{STAGING, beside, drop_table, run};
use crate::aws::data_api::{ExecuteStatementOutput, Field};
use crate::aws::host::{CallError, Client, Host};
use crate::aws::operation::Retry;
use crate::backup::{PartFile, Services, content, select_list};
use crate::base::sql_text::quoted;
use crate::sql::checksum::Checksum;
use crate::sql::chunk::Chunk;
use crate::sql::statement::{self, SLOW_BYTES};
use crate::table::record::{Cell, Place as RowPlace};
use crate::table::schema::{Column, KeyKind, Table};
use crate::table::types::Definition;

/// Statements that travel at the same time, while one more is filled.
const IN_FLIGHT: usize = 2;

/// Times that rows are sent which gave way to another statement's.
const DEADLOCK_ATTEMPTS: u32 = 10;

/// What one statement has written.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sent {
    pub(super) rows: u64,
    /// As they travelled; none where the database copied them.
    pub(super) bytes: u64,
}

/// A table of this restore alone.
pub(super) struct Staging<'s, H> {
    services: &'s Services<'s, H>,
    plan: &'s TablePlan,
    pub(super) name: String,
    /// Rows that are written in another way than the others.
    aside: Aside,
}

impl<'s, H: Host> Staging<'s, H> {
    pub(super) fn new(services: &'s Services<'s, H>, plan: &'s TablePlan, id: &str) -> Self {
        let name = beside(plan.table.name, STAGING, id);
        Self { services, plan, name, aside: Aside::default() }
    }

    /// Makes the table, empty, as the live one is but for its constraints; answers whether that one has any.
    pub(super) async fn make(&self) -> Result<bool, RestoreError> {
        make_like(self.services.database, self.plan.table.name, &self.name).await
    }

    /// Makes the table, empty, as the schema says of it but for its constraints.
    pub(super) async fn make_new(&self) -> Result<(), RestoreError> {
        make_described(self.services.database, self.plan.table, &self.name).await
    }

    /// Writes the rows of all files; `stored` hears of each statement.
    ///
    /// After a failure no statement is begun, and those under way are waited for: the table is
    /// dropped next, and none of them may find it gone.
    pub(super) async fn load(&mut self, mut stored: impl FnMut(Sent)) -> Result<(), RestoreError> {
        let (services, plan, name) = (self.services, self.plan, self.name.as_str());
        let store = |chunk| store(services, plan.table, name, chunk);
        let mut under_way = FuturesUnordered::new();
        let mut loaded = async {
            let (mut chunk, mut count) = (Chunk::new(CHUNK_BYTES), 0);
            for file in &plan.files {
                let source = file.source(services.s3, services.bucket);
                let rows = FileRows::new(plan.table, file, file.form.pieces(&source));
                let mut rows = rows.behind(count);
                loop {
                    let filling = rows.fill(&mut chunk, &mut self.aside);
                    let room = make_room(&mut under_way, &mut stored);
                    // First what was filled before is sent, so that it travels meanwhile.
                    let (room, full) = join(room, filling).await;
                    room?;
                    in_time(services)?;
                    let Some(full) = full? else { break };
                    under_way.push(store(full));
                    if let Some(row) = self.aside.large.take() {
                        stored(store_large(services, plan.table, name, &row).await?);
                    }
                }
                count = rows.count();
            }
            under_way.push(store(chunk));
            Ok(())
        }
        .await;
        while let Some(sent) = under_way.next().await {
            loaded = loaded.and(sent.map(&mut stored));
        }
        loaded
    }

    /// Copies the rows of the live table whose keys are in none of the files, and answers what
    /// they are.
    pub(super) async fn copy_others(
        &mut self,
        mut stored: impl FnMut(Sent),
    ) -> Result<Checksum, RestoreError> {
        let table = self.plan.table;
        let pair = Pair { table, from: table.name, other: &self.name, above: None };
        let copied = pair.copy_missing(self.services.database, |rows| {
            stored(Sent { rows, bytes: 0 });
            in_time(self.services)
        });
        let mut copied = copied.await?;
        if table.is_numbered() && self.aside.zero.is_none() {
            self.aside.zero = self.live_zero().await?;
            self.aside.zero.iter().for_each(|row| copied.add(table, row));
        }
        Ok(copied)
    }

    /// The row 0 of the live table.
    async fn live_zero(&self) -> Result<Option<Vec<Cell<'static>>>, RestoreError> {
        let table = self.plan.table;
        let sql = format!(
            "SELECT {} FROM {} WHERE {} = 0",
            select_list(table),
            quoted(table.name),
            quoted(table.key_column().name)
        );
        let records = self.run(&sql, &[], "the live table is not read").await?.records;
        let row = |fields: &Vec<Field>| table.columns.iter().zip(fields).map(live_cell).collect();
        records.first().map(row).transpose()
    }

    /// The live table.
    pub(super) fn table(&self) -> &'static Table {
        self.plan.table
    }

    /// Whether the files that were written have a row 0.
    pub(super) fn has_zero(&self) -> bool {
        self.aside.zero.is_some()
    }

    /// Reads a file up to its row 0, unless that is written already.
    pub(super) async fn read_zero(&mut self, file: &PartFile) -> Result<(), RestoreError> {
        let (services, table) = (self.services, self.plan.table);
        let key = quoted(table.key_column().name);
        let there = format!("SELECT COUNT(*) FROM {} WHERE {key} = 0", quoted(&self.name));
        if self.number(&there).await? != Some(0) {
            return Ok(());
        }
        let source = file.source(services.s3, services.bucket);
        let mut rows = FileRows::new(table, file, file.form.pieces(&source));
        let mut chunk = Chunk::new(CHUNK_BYTES);
        while self.aside.zero.is_none() && rows.fill(&mut chunk, &mut self.aside).await?.is_some() {
        }
        Ok(())
    }

    /// Writes the row 0 under a number that is free, and then gives it its own: a 0 that comes
    /// with INSERT the database takes for a wish for the next number.
    pub(super) async fn store_zero(&mut self) -> Result<Sent, RestoreError> {
        let Some(mut cells) = self.aside.zero.take() else { return Ok(Sent::default()) };
        let table = self.plan.table;
        let free = self.free_number().await?;
        cells[table.first_key()] = Cell::Int(free);
        let sent = store_large(self.services, table, &self.name, &cells).await?;
        let key = quoted(table.key_column().name);
        let sql = format!("UPDATE {} SET {key} = 0 WHERE {key} = {free}", quoted(&self.name));
        self.run(&sql, &[], "row 0 is not written").await?;
        Ok(sent)
    }

    /// A key that no row has: one above the greatest, or where that is the last, the first gap.
    async fn free_number(&self) -> Result<i64, RestoreError> {
        let (name, table) = (quoted(&self.name), self.plan.table);
        let most = match table.key_kind() {
            KeyKind::Integer { most } => most,
            // The service answers no greater number.
            KeyKind::Unsigned => i64::MAX,
            _ => return Err(RestoreError::Unreadable),
        };
        let key = quoted(table.key_column().name);
        let greatest =
            self.number(&format!("SELECT MAX({key}) FROM {name} WHERE {key} <= {most}")).await?;
        let greatest = greatest.unwrap_or_default().max(0);
        if greatest < most {
            return Ok(greatest + 1);
        }
        let gap = format!(
            "SELECT MIN(a.{key}) + 1 FROM {name} AS a \
             LEFT JOIN {name} AS b ON b.{key} = a.{key} + 1 \
             WHERE b.{key} IS NULL AND a.{key} <> -1 AND a.{key} < {most}"
        );
        if let Some(gap) = self.number(&gap).await? {
            return Ok(gap);
        }
        // One unbroken row of numbers up to the last one.
        let below = format!("SELECT MIN({key}) - 1 FROM {name}");
        self.number(&below).await?.ok_or(RestoreError::Unreadable)
    }

    async fn number(&self, sql: &str) -> Result<Option<i64>, RestoreError> {
        let records = self.run(sql, &[], "the staging table is not read").await?.records;
        match records.first().and_then(|row| row.first()) {
            Some(Field::Long(number)) => Ok(Some(*number)),
            Some(Field::Null(_)) => Ok(None),
            _ => Err(RestoreError::Unreadable),
        }
    }

    /// Compares the table's content, as the database computes it, with what it should be; a key that
    /// the files have twice is looked for.
    pub(super) async fn check(&self, expected: Checksum) -> Result<(), RestoreError> {
        let table = self.plan.table;
        let failed =
            |error| RestoreError::Database { doing: "the staging table is not read", error };
        let found = content(self.services.database, table, &self.name, expected.rows).await;
        match check_content(table, expected, found.map_err(failed)?) {
            Err(error) => Err(error.naming_twice(self.services, table, &self.plan.files).await),
            checked => checked,
        }
    }

    pub(super) async fn drop(&self, database: &Client<'_, H>) -> Result<(), RestoreError> {
        drop_table(database, &self.name).await
    }

    async fn run(
        &self,
        sql: &str,
        parameters: &[(&str, &str)],
        doing: &'static str,
    ) -> Result<ExecuteStatementOutput, RestoreError> {
        run(self.services.database, sql, parameters, doing).await
    }
}

/// Begins what was not begun yet, and waits until one more statement may travel.
async fn make_room<F: Future<Output = Result<Sent, RestoreError>>>(
    under_way: &mut FuturesUnordered<F>,
    stored: &mut impl FnMut(Sent),
) -> Result<(), RestoreError> {
    loop {
        let sent = match under_way.len() < IN_FLIGHT {
            true => poll_immediate(under_way.next()).await.flatten(),
            false => under_way.next().await,
        };
        let Some(sent) = sent else { return Ok(()) };
        stored(sent?);
    }
}

/// Writes a row by itself, and in pieces what is more than one call takes.
async fn store_large<H: Host>(
    services: &Services<'_, H>,
    table: &'static Table,
    name: &str,
    cells: &[Cell<'static>],
) -> Result<Sent, RestoreError> {
    let mut chunk = Chunk::new(CHUNK_BYTES);
    let place = RowPlace { index: None, line: None };
    if !is_large(cells) {
        chunk.push_cells(cells.iter(), place);
        return store(services, table, name, chunk).await;
    }
    let begun = beginnings(table, cells);
    chunk.push_cells(begun.iter(), place);
    let sent = store(services, table, name, chunk).await?;
    fill_up(services.database, table, name, cells).await?;
    Ok(sent)
}

/// Writes rows, in statements as large as the service takes.
///
/// Without `self`, since a row 0 may be set aside while the rows before it travel.
async fn store<H: Host>(
    services: &Services<'_, H>,
    table: &'static Table,
    name: &str,
    chunk: Chunk,
) -> Result<Sent, RestoreError> {
    let (mut left, mut sent) = (Vec::from([chunk]), Sent::default());
    while let Some(chunk) = left.pop().filter(|chunk| chunk.rows() > 0) {
        let limit = services.database.rows_limit();
        if chunk.filled() > limit && chunk.rows() > 1 {
            left.extend(chunk.cut(limit).into_iter().rev());
            continue;
        }
        match store_once(services, table, name, &chunk).await {
            Ok(()) => {
                sent.rows += chunk.rows() as u64;
                sent.bytes += chunk.json().len() as u64;
            }
            Err(error) if !is_too_much(&error, &chunk) => return Err(error),
            Err(_) if chunk.rows() > 1 => {
                in_time(services)?;
                services.database.halve_rows(chunk.filled());
                left.push(chunk);
            }
            Err(error) => return Err(of_one_row(error, table, &chunk)),
        }
    }
    Ok(sent)
}

/// Writes rows, and once more where it is not known whether they are written, or where they surely
/// are not since another statement was in their way; the table's content is compared afterwards.
async fn store_once<H: Host>(
    services: &Services<'_, H>,
    table: &Table,
    name: &str,
    chunk: &Chunk,
) -> Result<(), RestoreError> {
    let sql = statement::write_into(name, table, chunk.columns());
    let rows = [(statement::ROWS, chunk.json())];
    let mut attempt = 1;
    while let Err(error) = run(services.database, &sql, &rows, "rows are not written").await {
        if !gave_way(&error) || attempt == DEADLOCK_ATTEMPTS {
            return Err(error);
        }
        attempt += 1;
        in_time(services)?;
    }
    Ok(())
}

/// Whether fewer rows may be written where these were not: they were too many bytes, or took too long.
fn is_too_much(error: &RestoreError, chunk: &Chunk) -> bool {
    match error {
        RestoreError::Database { error: CallError::Api(error), .. } => {
            error.is_too_large() || (error.is_time_out() && chunk.filled() > SLOW_BYTES)
        }
        _ => false,
    }
}

fn of_one_row(error: RestoreError, table: &'static Table, chunk: &Chunk) -> RestoreError {
    match error {
        RestoreError::Database { error: CallError::Api(refused), .. } if refused.is_too_large() => {
            let (row, bytes) = (chunk.place(0).index.map(|index| index + 1), chunk.filled());
            RestoreError::RowTooLarge { table: table.name, row, bytes }
        }
        error => error,
    }
}

/// Whether the database undid a statement in favour of another one.
fn gave_way(error: &RestoreError) -> bool {
    matches!(error, RestoreError::Database { error, .. } if error.retry() == Retry::Transaction)
}

/// What [`select_list`] reads of a column, in its canonical form.
fn live_cell((column, field): (&Column, &Field)) -> Result<Cell<'static>, RestoreError> {
    match field {
        Field::Null(_) => Ok(Cell::Null),
        Field::Long(value) => Ok(Cell::Int(*value)),
        Field::String(text) => {
            let read = column.column_type.read(Cow::Owned(text.clone()));
            read.map(|text| Cell::Text(text.into_owned().into())).ok_or(RestoreError::Unreadable)
        }
        _ => Err(RestoreError::Unreadable),
    }
}
