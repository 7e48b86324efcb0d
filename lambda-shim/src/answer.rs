//! What goes back to Lambda.

use std::collections::BTreeMap;

use rowgate_core::backup::{LeftOut, Manifest, TableManifest};
use rowgate_core::restore::{Plan, Restored};
use rowgate_core::{LoadReport, ObjectRef, Response, Status};
use serde::Serialize;

use crate::bulk_load::LoadStepAnswer;
use crate::bulk_tables::StepAnswer;
use crate::migrate::Migrated;

/// An answer, in the form that its event's source reads.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Answer {
    /// To S3, SNS and EventBridge, which do not read it; it is for people and tests.
    Loads { loads: Vec<Loaded> },
    /// To SQS, which delivers these messages again; `ReportBatchItemFailures` must be on.
    #[serde(rename_all = "camelCase")]
    Batch { batch_item_failures: Vec<FailedMessage> },
    /// To API Gateway.
    Http(HttpAnswer),
    /// To the caller of the operation `load`.
    Report(Box<LoadReport>),
    /// To the caller of the operations `backup` and `verify`.
    Backup(Box<BackupSummary>),
    /// To the caller of the operation `restore` with `plan`.
    Plan(Box<Plan>),
    /// To the caller of the operation `restore`.
    Restored(Restored),
    /// To the caller of the operation `migrate`.
    Migrated(Migrated),
    /// To the state machine that loads large files.
    LoadStep(LoadStepAnswer),
    /// To the state machine that asks for a step of `bulk_backup` or `bulk_restore`.
    Step(Box<StepAnswer>),
}

/// What a backup's manifest says, its files aside.
#[derive(Debug, Serialize)]
pub(crate) struct BackupSummary {
    pub(crate) run: String,
    snapshot: bool,
    rows: u64,
    bytes: u64,
    tables: Vec<TableSummary>,
    /// What a restore would refuse, as it was accepted or its tables left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    obstacles: Vec<String>,
    /// The older runs that were deleted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) pruned: Vec<String>,
    /// The folders that did not count, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) left_out: Vec<LeftOut>,
    /// Why not all older runs could be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) not_pruned: Option<String>,
}

#[derive(Debug, Serialize)]
struct TableSummary {
    table: String,
    rows: u64,
    checksum: String,
}

impl From<Manifest> for BackupSummary {
    fn from(manifest: Manifest) -> Self {
        let (rows, bytes) = (manifest.rows(), manifest.bytes());
        let summary =
            |TableManifest { table, rows, checksum, .. }| TableSummary { table, rows, checksum };
        Self {
            run: manifest.run,
            snapshot: manifest.snapshot,
            rows,
            bytes,
            tables: manifest.tables.into_iter().map(summary).collect(),
            obstacles: manifest.obstacles,
            pruned: Vec::new(),
            left_out: Vec::new(),
            not_pruned: None,
        }
    }
}

/// One object's load.
#[derive(Debug, Serialize)]
pub(crate) struct Loaded {
    bucket: String,
    key: String,
    load_id: String,
    status: Status,
    table: Option<&'static str>,
    received: u64,
    stored: u64,
    kept: u64,
    rejected: u64,
}

impl Loaded {
    pub(crate) fn new(object: ObjectRef, report: &LoadReport) -> Self {
        Self {
            bucket: object.bucket,
            key: object.key,
            load_id: report.load_id.clone(),
            status: report.status,
            table: report.table,
            received: report.received,
            stored: report.stored,
            kept: report.kept,
            rejected: report.rejected,
        }
    }
}

/// A message of SQS, by its id.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FailedMessage {
    pub(crate) item_identifier: String,
}

/// A response as API Gateway's Lambda proxy takes it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HttpAnswer {
    status_code: u16,
    headers: BTreeMap<String, String>,
    /// For names that come more than once; they win over `headers`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    multi_value_headers: BTreeMap<String, Vec<String>>,
    body: String,
    is_base64_encoded: bool,
}

impl From<Response> for HttpAnswer {
    fn from(response: Response) -> Self {
        let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in response.headers {
            all.entry(name).or_default().push(value);
        }
        let (single, multi_value_headers) =
            all.into_iter().partition(|(_, values)| values.len() == 1);
        let single: BTreeMap<_, Vec<_>> = single;
        Self {
            status_code: response.status,
            headers: single.into_iter().map(|(name, values)| (name, values.concat())).collect(),
            multi_value_headers,
            // The gate's answers are JSON.
            body: String::from_utf8_lossy(&response.body).into_owned(),
            is_base64_encoded: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use aws_lambda_events::apigw::ApiGatewayProxyResponse;
    use aws_lambda_events::sqs::SqsBatchResponse;
    use rowgate_core::LoadOptions;
    use serde_json::json;

    use super::*;

    fn value(answer: &Answer) -> serde_json::Value {
        serde_json::to_value(answer).unwrap()
    }

    #[test]
    fn a_load_is_counted() {
        let mut report = LoadReport::new(LoadOptions::default(), Duration::ZERO, 99);
        report.status = Status::Complete;
        report.table = Some("jobs");
        (report.received, report.stored, report.kept, report.rejected) = (5, 2, 2, 1);
        let object = ObjectRef {
            bucket: "b".to_owned(),
            key: "jobs/k.csv".to_owned(),
            ..ObjectRef::default()
        };
        assert_eq!(
            value(&Answer::Loads { loads: vec![Loaded::new(object, &report)] }),
            json!({ "loads": [{
                "bucket": "b", "key": "jobs/k.csv", "load_id": "", "status": "complete",
                "table": "jobs", "received": 5, "stored": 2, "kept": 2, "rejected": 1,
            }] })
        );
        assert_eq!(value(&Answer::Report(Box::new(report)))["bytes"], 99);
    }

    #[test]
    fn failed_messages_are_named() {
        assert_eq!(
            value(&Answer::Batch { batch_item_failures: Vec::new() }),
            json!({ "batchItemFailures": [] })
        );
        let failed = FailedMessage { item_identifier: "m-1".to_owned() };
        let answer = value(&Answer::Batch { batch_item_failures: vec![failed] });
        assert_eq!(answer, json!({ "batchItemFailures": [{ "itemIdentifier": "m-1" }] }));
        let read: SqsBatchResponse = serde_json::from_value(answer).unwrap();
        assert_eq!(read.batch_item_failures.len(), 1);
    }

    #[test]
    fn a_response_has_the_form_of_api_gateway() {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let response = |headers| Response { status: 429, headers, body: b"{}".to_vec() };

        let answer = HttpAnswer::from(response(vec![header("retry-after", "10")]));
        assert_eq!(
            value(&Answer::Http(answer)),
            json!({
                "statusCode": 429, "headers": { "retry-after": "10" }, "body": "{}",
                "isBase64Encoded": false,
            })
        );
        let twice = vec![header("a", "1"), header("b", "2"), header("a", "3")];
        let answer = value(&Answer::Http(response(twice).into()));
        assert_eq!(answer["headers"], json!({ "b": "2" }));
        assert_eq!(answer["multiValueHeaders"], json!({ "a": ["1", "3"] }));
        let read: ApiGatewayProxyResponse = serde_json::from_value(answer).unwrap();
        assert_eq!(read.status_code, 429);
    }
}
