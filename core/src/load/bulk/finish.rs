//! The last step: what all parts have come to, and the report.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::super::claimed::{self, Begun, begin, told};
use super::super::error::LoadError;
use super::super::object::{self, ReportWrite};
use super::super::report::{LoadReport, Status, failed, milliseconds, stored};
use super::file::BulkFile;
use super::plan::PlannedRows;
use super::steps::{BulkLoad, held_options, lease};
use crate::aws::host::Host;
use crate::ledger::Summary;
use crate::table::issue::ISSUE_LIMIT;

impl<H: Host> BulkLoad<'_, H> {
    /// Compares what was loaded with so many rows that were planned, and writes the report.
    ///
    /// With parts that are not done it is a failed load, and so without a plan; another execution can
    /// go on with it.
    pub async fn finish(
        &self,
        file: &BulkFile,
        rows: Option<PlannedRows>,
    ) -> Result<LoadReport, LoadError> {
        let (claim, held) = match self.hold(file).await {
            Err(LoadError::LeaseLost) => match self.finished(file).await? {
                Some(report) => return Ok(report),
                None => self.hold(file).await?,
            },
            held => held?,
        };
        let Ok(held) = held else {
            let report = self.superseded(file);
            self.write(&report, None).await?;
            claimed::end(&self.services.database, &claim, &report).await?;
            told(claim.forget_parts(&self.services.database).await)?;
            return Ok(report);
        };
        let outcome = told(claim.outcome(&self.services.database).await)?;
        let errors = told(claim.errors(&self.services.database, ISSUE_LIMIT).await)?;
        let (error_codes, by_code) = told(claim.codes(&self.services.database).await)?;
        let host = self.services.database.host();
        let kind = self.kind(file)?;
        let mut report = LoadReport::begin(host, held_options(&held), file.size);
        report.load_id.clone_from(&claim.load_id);
        report.object = Some(file.object.clone());
        (report.table, report.format) = (Some(kind.table.name), Some(kind.format));
        report.started = host.now().saturating_sub(held.age);
        report.duration_ms = milliseconds(held.age);
        report.database_ms = outcome.database_ms;
        report.add_good(outcome.counts.stored, outcome.counts.kept);
        report.add_rejected(outcome.counts.rejected);
        if outcome.counts.rejected > 0 {
            report.rejects = Some(file.object.beside_all("rejects"));
        }
        report.rejects_full_at_line = outcome.rejects_full_at_line;
        report.rejects_left_out = outcome.rejects_left_out;
        let report = ended(report, &outcome.statuses, rows);
        let mut body = serde_json::to_value(&report).unwrap_or_default();
        body["error_count"] = outcome.error_count.into();
        body["errors"] = errors.into();
        self.write(&report, serde_json::to_vec(&body).ok()).await?;
        if report.failure.is_some() {
            told(claim.break_off(&self.services.database, report.status.name()).await)?;
            return Ok(report);
        }
        let summary = Summary { error_codes, by_code, ..claimed::summary(&report) };
        claimed::end_with(&self.services.database, &claim, summary, body, report.has_refused_rows)
            .await?;
        told(claim.forget_parts(&self.services.database).await)?;
        Ok(report)
    }

    /// The report of a file that an earlier call of this step has finished, whose answer was lost;
    /// `None` if that one has failed, and the file is held again.
    async fn finished(&self, file: &BulkFile) -> Result<Option<LoadReport>, LoadError> {
        let options = self.services.options(&file.object.key);
        let to_claim = self.holding(&file.object, &self.kind(file)?, &options);
        match begin(&self.services.database, &lease(), &file.object, &to_claim, &options).await? {
            Begun::Over(report, _) if report.status == Status::Duplicate => {
                let claim = to_claim.to_claim(self.services.database.host(), &lease());
                told(claim.forget_parts(&self.services.database).await)?;
                Ok(Some(*report))
            }
            Begun::Over(..) => Err(LoadError::LeaseLost),
            Begun::Claimed(..) => Ok(None),
        }
    }

    async fn write(&self, report: &LoadReport, body: Option<Vec<u8>>) -> Result<(), LoadError> {
        let written = body.map_or(ReportWrite::Anew, ReportWrite::Now);
        object::write_report(&self.services.s3, report, written).await
    }
}

/// Whether as many rows were loaded as were planned; without a plan that is not known.
fn agrees(planned: Option<PlannedRows>, received: u64) -> bool {
    match planned {
        Some(PlannedRows::Exactly(rows)) => rows == received,
        Some(PlannedRows::Unknown) => true,
        None => false,
    }
}

/// How a file has ended whose parts have these statuses, by the rows that were planned.
fn ended(mut report: LoadReport, parts: &[(String, u64)], rows: Option<PlannedRows>) -> LoadReport {
    let undone: u64 =
        parts.iter().filter(|(status, _)| !is_done(status)).map(|(_, count)| count).sum();
    report.status = stored(&report);
    if parts.iter().any(|(status, _)| status == Status::Gone.name()) {
        return LoadReport { status: Status::Gone, ..report };
    }
    // A part that is refused as a whole ends before its last row.
    let is_short = !agrees(rows, report.counts.received) && !report.faulty;
    if undone == 0 && !is_short {
        return report;
    }
    let planned = match rows {
        Some(PlannedRows::Exactly(rows)) => rows.to_string(),
        Some(PlannedRows::Unknown) | None => "unknown".to_string(),
    };
    let cause = format!(
        "not all parts are done: {undone} are left; rows: {} of {planned}",
        report.counts.received
    );
    failed(report, LoadError::Machine(cause))
}

/// Whether a part has come to its end.
fn is_done(status: &str) -> bool {
    let done = [Status::Complete, Status::Partial, Status::Rejected, Status::Empty, Status::Gone];
    done.iter().any(|done| done.name() == status)
}
