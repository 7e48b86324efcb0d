//! A file looked at without a database: what a load of it would say, as far as the file alone tells.

use core::time::Duration;

use super::error::LoadError;
use super::options::LoadOptions;
use super::reader::{FileReader, ReadError, broken};
use super::refusal::refuse;
use super::report::{LoadReport, Status, failed, stored};
use super::table_file::TableFile;
use crate::aws::source::{Source, SourceError};
use crate::table::issue::RowErrorKind;
use crate::table::schema::Schema;

/// Reads a file, whose path says table and format, as [`load`](super::run::load()) does, and counts as
/// stored what a load would store in empty tables.
///
/// The status is `Failed`, with a failure, if the file cannot be read.
pub async fn check<S: Source>(
    schema: Schema,
    source: &S,
    path: &str,
    options: &LoadOptions,
) -> LoadReport {
    // Of the load nothing is known yet but what is long enough for it.
    let options = options.clone().of_load(path, &"0".repeat(32), Duration::from_secs(86_400));
    let mut report = LoadReport::new(options, Duration::ZERO, source.size());
    let Some(file) = report.begin_file(schema, path) else { return report };
    match read(source, &file, &mut report).await {
        Ok(status) => LoadReport { status, ..report },
        Err(error) => failed(report, error),
    }
}

async fn read<S: Source>(
    source: &S,
    file: &TableFile,
    report: &mut LoadReport,
) -> Result<Status, LoadError> {
    match read_rows(source, file, report).await {
        Ok(()) => {}
        Err(ReadError::Fault(kind)) => report.add_fault(file.table, kind),
        Err(ReadError::Source(SourceError::Gone)) => {
            report.add_fault(file.table, RowErrorKind::ObjectGone);
            return Ok(Status::Gone);
        }
        Err(error) => return Err(broken(error)),
    }
    let refuses = report.settings.may_refuse() || report.is_contradicted;
    let refused = if refuses { refuse(file, report) } else { None };
    Ok(refused.unwrap_or_else(|| stored(report)))
}

async fn read_rows<S: Source>(
    source: &S,
    file: &TableFile,
    report: &mut LoadReport,
) -> Result<(), ReadError> {
    let mut reader = FileReader::open(source, file, None).await?;
    report.layout = reader.layout();
    let options = reader.forms_in(report.settings.ingest(file.key, true));
    let mut checker = file.checker(options);
    while reader.next().await? {
        let row = reader.rows().row();
        let place = row.place;
        let Err(errors) = checker.file_row(file.table, row) else {
            report.add_good(1, 0);
            continue;
        };
        if let Some(kind) = reader.rows().contradiction() {
            report.contradict(file.table, kind);
            break;
        }
        report.add_bad(file.table, place, &errors);
        if place.index.is_none() {
            break;
        }
    }
    (report.layout, report.sheet_columns) = (reader.layout(), reader.sheet_columns());
    report.missing_if_new = checker.lacking();
    Ok(())
}
