//! Whether a file is read on, or anew, once its table has changed.

use alloc::string::ToString;
use alloc::vec::Vec;

use futures_util::stream::Stream;

use super::claimed::{Claimed, told};
use super::error::LoadError;
use super::job::Job;
use super::read_as::{KeptLayout, ReadAs, changed_layout};
use super::reader::{FileReader, ReadError, broken};
use super::table_file::TableFile;
use crate::aws::host::Host;
use crate::aws::source::{Piece, Source, SourceError};
use crate::ingest::StoreError;
use crate::sql::statement::OnDuplicate;
use crate::table::issue::RowError;
use crate::table::record::Place;
use crate::table::schema::CheckConstraint;

/// Fails if an earlier attempt has read the file by columns or CHECKs that are not there any more as they were.
/// Answers the CHECKs to which its rows are held: an attempt that goes on finds the same rows wrong again.
pub(super) async fn check<H: Host, S: Source>(
    job: &Job<'_, H, S>,
    file: &TableFile,
    claimed: Option<&Claimed<'_>>,
) -> Result<Vec<&'static CheckConstraint>, LoadError> {
    let was = claimed.map(|claimed| claimed.progress.read_as.as_str());
    // The row of an older program's load does not say it.
    let Some(was) = was.and_then(|json| serde_json::from_str::<ReadAs>(json).ok()) else {
        return Ok(file.checks.clone());
    };
    let now = ReadAs::of(file.table);
    let changed = || was.change(file.table, now.to_string());
    let checks = match job.options.on_duplicate {
        OnDuplicate::Keep => file.checks.clone(),
        _ => was.checks_of(&now, &file.checks).ok_or_else(changed)?,
    };
    if was.has_columns_of(&now) {
        return Ok(checks);
    }
    let by = match first_row(job, file).await {
        Ok(mut reader) => file.read_by(reader.rows()),
        // The reading itself will say so.
        Err(ReadError::Source(SourceError::Gone) | ReadError::Fault(_)) => return Ok(checks),
        Err(error) => return Err(broken(error)),
    };
    match was.holds(&now, &by, job.options.strict, true) {
        true => Ok(checks),
        false => Err(changed()),
    }
}

async fn first_row<H: Host, S: Source>(
    job: &Job<'_, H, S>,
    file: &TableFile,
) -> Result<FileReader<impl Stream<Item = Piece> + Unpin>, ReadError> {
    let mut reader = FileReader::open(job.source, file, None).await?;
    reader.next().await?;
    Ok(reader)
}

/// Keeps the layout that the file's start has shown in the ledger, so that a later attempt, of whatever
/// program, reads the file by it or fails here.
pub(super) async fn keep_layout<P>(
    job: &Job<'_, impl Host, impl Source>,
    file: &TableFile,
    claimed: Option<&Claimed<'_>>,
    reader: &FileReader<P>,
) -> Result<(), LoadError> {
    let Some(claimed) = claimed else { return Ok(()) };
    let found = if reader.has_found_layout() { reader.layout() } else { Vec::new() };
    let now: KeptLayout =
        found.into_iter().map(|(name, value)| (name.to_string(), value)).collect();
    // None of a first attempt, and none of an older program.
    let was = serde_json::from_str::<ReadAs>(&claimed.progress.read_as).ok();
    let was = was.and_then(|was| was.layout);
    let is_new = claimed.progress.position == claimed.from;
    match was {
        Some(was) if was == now => Ok(()),
        Some(was) if !is_new => Err(changed_layout(&was, &now)),
        None if !is_new || now.is_empty() => Ok(()),
        _ => {
            let read_as = ReadAs::of(file.table).written_as(now);
            told(claimed.claim.keep_read_as(job.database, &read_as.to_json()).await)
        }
    }
}

/// Before rows are stored: looks at the tables if that is due, and fails if the file's has changed. Rows
/// that are read go on only by columns that are as they were.
pub(super) async fn look<H: Host, S: Source>(
    job: &Job<'_, H, S>,
    file: &TableFile,
    reader: &mut FileReader<impl Stream<Item = Piece> + Unpin>,
    has_rows: bool,
) -> Result<(), LoadError> {
    if !has_rows {
        return Ok(());
    }
    let now = job.schema.current(job.database).await;
    let now = now.map_err(|error| StoreError::of_look(&error))?;
    if now.is(file.schema) {
        return Ok(());
    }
    let was = ReadAs::of(file.table);
    let Some(table) = now.table(file.table.name) else {
        return Err(was.change(file.table, now.no_table_called(file.table.name).to_string()));
    };
    let now = ReadAs::of(table);
    let has_checks = file.checks.iter().all(|check| now.has_check(check));
    match was.holds(&now, &file.read_by(reader.rows()), job.options.strict, false) {
        true if has_checks => Ok(()),
        _ => Err(was.change(file.table, now.to_string())),
    }
}

/// Looks at the tables if the header, or the first row, names what the schema does not have. Where that was
/// because of an old look, the file is to be read anew.
pub(super) async fn look_for_names<H: Host, S: Source>(
    job: &Job<'_, H, S>,
    file: &TableFile,
    place: Place,
    errors: &[RowError],
) -> Result<(), ReadError> {
    let is_first = place.index.unwrap_or_default() == 0;
    let is_unknown = |error: &RowError| error.kind.is_of_unknown_name();
    if !is_first || !errors.iter().any(is_unknown) || !job.schema.doubt(job.database.host()) {
        return Ok(());
    }
    match job.schema.current(job.database).await {
        Ok(now) if now.is(file.schema) => Ok(()),
        Ok(_) => Err(ReadError::TablesChanged),
        Err(error) => Err(ReadError::Ledger(StoreError::of_look(&error))),
    }
}
