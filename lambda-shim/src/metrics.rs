//! Numbers for CloudWatch: a line of the log in its [Embedded Metric Format], which makes metrics of it.
//!
//! The namespace is `rowgate`, the only dimension `FunctionName`, every unit a count.
//!
//! [Embedded Metric Format]: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html

use std::io::{self, Write};
use std::time::Duration;

use rowgate_core::{LoadReport, Status};
use serde_json::{Map, Value, json};

/// Alarms and dashboards look for this name.
const NAMESPACE: &str = "rowgate";

/// A metric's name and how many there were.
type Count = (&'static str, u64);

/// Writes the metrics of one function; without a function's name it writes nothing.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    function: Option<String>,
}

impl Metrics {
    /// Those of the function with this name, which Lambda gives in `AWS_LAMBDA_FUNCTION_NAME`.
    pub(crate) fn of(function: Option<String>) -> Self {
        Self { function }
    }

    /// A load that has come to its end; only that which did the work counts its rows.
    pub(crate) fn loaded(&self, report: &LoadReport, now: Duration) {
        self.write(&rows(report), now);
    }

    /// A load that has to be made again, or gone on with.
    pub(crate) fn load_failed(&self, now: Duration) {
        self.write(&[("LoadsFailed", 1)], now);
    }

    /// A backup with its manifest.
    pub(crate) fn backed_up(&self, now: Duration) {
        self.write(&[("BackupsSucceeded", 1)], now);
    }

    fn write(&self, counts: &[Count], now: Duration) {
        if let Some(line) = self.line(counts, now) {
            // One call, so that no other line comes between. A log that is closed is not an error.
            let _: io::Result<()> = io::stdout().write_all(line.as_bytes());
        }
    }

    fn line(&self, counts: &[Count], now: Duration) -> Option<String> {
        let function = self.function.as_deref().filter(|_| !counts.is_empty())?;
        let definition = |(name, _): &Count| json!({ "Name": name, "Unit": "Count" });
        let metrics: Vec<_> = counts.iter().map(definition).collect();
        let mut line: Map<String, Value> =
            counts.iter().map(|&(name, count)| (name.to_owned(), count.into())).collect();
        line.insert("FunctionName".to_owned(), function.into());
        let directive = json!({
            "Timestamp": now.as_millis() as u64,
            "CloudWatchMetrics": [{
                "Namespace": NAMESPACE, "Dimensions": [["FunctionName"]], "Metrics": metrics,
            }],
        });
        line.insert("_aws".to_owned(), directive);
        Some(format!("{}\n", Value::Object(line)))
    }
}

/// The counts of a duplicate are those of the load before.
fn rows(report: &LoadReport) -> Vec<Count> {
    match report.status {
        Status::Duplicate
        | Status::Stale
        | Status::Started
        | Status::AlreadyRunning
        | Status::Ignored => Vec::new(),
        _ => vec![("RowsStored", report.counts.stored), ("RowsRejected", report.counts.rejected)],
    }
}

#[cfg(test)]
mod tests {
    use rowgate_core::LoadOptions;

    use super::*;

    const NOW: Duration = Duration::from_millis(1_800_000_000_123);

    fn report(status: Status) -> LoadReport {
        let mut report = LoadReport::new(LoadOptions::default(), Duration::ZERO, 99);
        report.status = status;
        (
            report.counts.received,
            report.counts.stored,
            report.counts.kept,
            report.counts.rejected,
        ) = (9, 5, 1, 3);
        report
    }

    #[test]
    fn a_line_says_which_of_its_members_are_metrics() {
        let metrics = Metrics::of(Some("rowgate-Intake".to_owned()));
        let line = metrics.line(&rows(&report(Status::Partial)), NOW).unwrap();
        assert!(line.ends_with("}\n") && line.matches('\n').count() == 1, "{line}");
        assert_eq!(
            serde_json::from_str::<Value>(&line).unwrap(),
            json!({
                "_aws": {
                    "Timestamp": 1_800_000_000_123_u64,
                    "CloudWatchMetrics": [{
                        "Namespace": "rowgate",
                        "Dimensions": [["FunctionName"]],
                        "Metrics": [
                            { "Name": "RowsStored", "Unit": "Count" },
                            { "Name": "RowsRejected", "Unit": "Count" },
                        ],
                    }],
                },
                "FunctionName": "rowgate-Intake",
                "RowsStored": 5,
                "RowsRejected": 3,
            })
        );
    }

    #[test]
    fn rows_count_once() {
        for status in [Status::Complete, Status::Partial, Status::Rejected, Status::Superseded] {
            assert_eq!(rows(&report(status)), [("RowsStored", 5), ("RowsRejected", 3)]);
        }
        for status in [
            Status::Duplicate,
            Status::Stale,
            Status::Started,
            Status::AlreadyRunning,
            Status::Ignored,
        ] {
            assert_eq!(rows(&report(status)), []);
        }
    }

    #[test]
    fn outside_of_lambda_and_for_nothing_there_is_no_line() {
        assert_eq!(Metrics::default().line(&[("LoadsFailed", 1)], NOW), None);
        assert_eq!(Metrics::of(Some("f".to_owned())).line(&[], NOW), None);
    }
}
