//! One object into a load, a line of the log, and metrics.

use rowgate_core::{Counts, Host, LoadReport, ObjectRef, Occasion, Status, load_object};
use serde::Serialize;
use tracing::{error, info};

use crate::app::App;
use crate::failure::Failure;
use crate::invocation::Invocation;

/// One object's load, as answers have it.
#[derive(Debug, Serialize)]
pub(crate) struct Loaded {
    bucket: String,
    key: String,
    load_id: String,
    status: Status,
    table: Option<&'static str>,
    #[serde(flatten)]
    counts: Counts,
}

impl Loaded {
    /// Takes the counts of a report.
    pub(crate) fn new(object: ObjectRef, report: &LoadReport) -> Self {
        Self {
            bucket: object.bucket,
            key: object.key,
            load_id: report.load_id.clone(),
            status: report.status,
            table: report.table,
            counts: report.counts,
        }
    }
}

/// Loads one object within what is left of the invocation's time.
pub(crate) async fn load<H: Host>(
    app: &App<H>,
    object: &ObjectRef,
    occasion: Occasion,
    invocation: Invocation,
) -> Result<LoadReport, Failure> {
    let ObjectRef { bucket, key, .. } = object;
    let settings = app.settings()?;
    let time = invocation.time_left(app.host.now());
    match load_object(&app.host, settings, object, occasion, time).await {
        Ok(report) => {
            note(app, object, &report);
            Ok(report)
        }
        Err(error) => {
            error!(bucket, key, %error, "load failed");
            app.metrics.load_failed(app.host.now());
            Err(Failure::Load(Box::new(object.clone()), error))
        }
    }
}

/// Writes a load that has come to its end into the log and the metrics.
pub(crate) fn note<H: Host>(app: &App<H>, object: &ObjectRef, report: &LoadReport) {
    let ObjectRef { bucket, key, .. } = object;
    let &LoadReport { table, counts, duration_ms, .. } = report;
    let Counts { received, stored, kept, rejected } = counts;
    let (status, load_id) = (report.status.name(), &report.load_id);
    info!(
        bucket,
        key, load_id, status, table, received, stored, kept, rejected, duration_ms, "loaded"
    );
    app.metrics.loaded(report, app.host.now());
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rowgate_core::LoadOptions;
    use serde_json::{json, to_value};

    use super::*;

    #[test]
    fn a_load_is_counted() {
        let mut report = LoadReport::new(LoadOptions::default(), Duration::ZERO, 99);
        report.status = Status::Complete;
        report.table = Some("jobs");
        (
            report.counts.received,
            report.counts.stored,
            report.counts.kept,
            report.counts.rejected,
        ) = (5, 2, 2, 1);
        let (bucket, key) = ("b".to_owned(), "jobs/k.csv".to_owned());
        let object = ObjectRef { bucket, key, ..ObjectRef::default() };
        assert_eq!(
            to_value(Loaded::new(object, &report)).unwrap(),
            json!({
                "bucket": "b", "key": "jobs/k.csv", "load_id": "", "status": "complete",
                "table": "jobs", "received": 5, "stored": 2, "kept": 2, "rejected": 1,
            })
        );
    }
}
