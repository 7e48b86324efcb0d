//! Whether a file is refused for what was found in it.

use super::options::LoadOptions;
use super::report::{LoadReport, Status};
use super::table_file::TableFile;
use crate::ingest::OnError;
use crate::table::issue::RowErrorKind;

/// Whether there are more rows with errors than the file may have.
fn has_too_many_errors(report: &LoadReport) -> bool {
    let LoadOptions { max_errors, max_error_rate, .. } = report.settings.clone();
    let (errors, rows) = (report.invalid, report.counts.received);
    max_errors.is_some_and(|most| errors > most)
        || max_error_rate.is_some_and(|most| errors as f64 > most * rows as f64)
}

/// Whether the file is refused for what was found in it.
pub(super) fn is_refused(report: &LoadReport) -> bool {
    let is_bad = report.invalid > 0 && report.settings.on_error == OnError::Reject;
    is_bad || report.faulty || has_too_many_errors(report)
}

/// Refuses the file, and says so first if that is for the number of its errors.
pub(super) fn refuse(file: &TableFile, report: &mut LoadReport) -> Option<Status> {
    let is_refused = is_refused(report);
    if has_too_many_errors(report) {
        let (errors, rows) = (report.invalid, report.counts.received);
        report.add_first_fault(file.table, RowErrorKind::TooManyErrors { errors, rows });
    }
    is_refused.then_some(Status::Rejected)
}
