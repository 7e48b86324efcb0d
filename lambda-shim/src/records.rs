//! The records and messages of an event into loads.

use rowgate_core::{Host, Occasion};
use serde::Serialize;
use tracing::{error, info};

use crate::app::App;
use crate::event::{Message, Notice, Record};
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::loads::{Loaded, load};

/// To S3, SNS and EventBridge, which do not read it; it is for people and tests.
#[derive(Debug, Serialize)]
pub(crate) struct Loads {
    loads: Vec<Loaded>,
}

/// To SQS, which delivers these messages again; `ReportBatchItemFailures` must be on.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FailedMessages {
    batch_item_failures: Vec<FailedMessage>,
}

/// A message of SQS, by its id.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct FailedMessage {
    item_identifier: String,
}

/// Tries every message; those that failed are returned.
pub(crate) async fn load_messages<H: Host>(
    app: &App<H>,
    messages: Vec<Message>,
    invocation: Invocation,
) -> FailedMessages {
    let mut batch_item_failures = Vec::new();
    for Message { id, records } in messages {
        let outcome = match records {
            Ok(records) => load_records(app, records, invocation).await.map(drop),
            Err(error) => Err(Failure::Event(error)),
        };
        if let Err(error) = outcome {
            error!(message_id = id, %error, "message failed");
            batch_item_failures.push(FailedMessage { item_identifier: id });
        }
    }
    FailedMessages { batch_item_failures }
}

/// Tries every record, one after the other, and fails if one has failed.
pub(crate) async fn load_records<H: Host>(
    app: &App<H>,
    records: Vec<Record>,
    invocation: Invocation,
) -> Result<Loads, Failure> {
    let of = records.len();
    let (mut loads, mut failures) = (Vec::new(), Vec::new());
    for record in records {
        match load_record(app, record, invocation).await {
            Ok(loaded) => loads.extend(loaded),
            Err(failure) => failures.push(failure),
        }
    }
    let failed = failures.len();
    match failures.into_iter().next() {
        None => Ok(Loads { loads }),
        Some(only) if of == 1 => Err(only),
        Some(first) => Err(Failure::Records { failed, of, first: Box::new(first) }),
    }
}

async fn load_record<H: Host>(
    app: &App<H>,
    record: Record,
    invocation: Invocation,
) -> Result<Option<Loaded>, Failure> {
    match record {
        Ok(Notice::Written(object)) => {
            let report = load(app, &object, Occasion::Event, invocation).await?;
            Ok(Some(Loaded::new(object, &report)))
        }
        Ok(Notice::Other(name)) => {
            info!(event = name, "ignored");
            Ok(None)
        }
        Err(error) => {
            error!(%error, "record failed");
            Err(error.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_lambda_events::sqs::SqsBatchResponse;
    use serde_json::{json, to_value};

    use super::*;

    #[test]
    fn failed_messages_are_named() {
        let none = FailedMessages { batch_item_failures: Vec::new() };
        assert_eq!(to_value(&none).unwrap(), json!({ "batchItemFailures": [] }));
        let failed = FailedMessage { item_identifier: "m-1".to_owned() };
        let answer = to_value(FailedMessages { batch_item_failures: vec![failed] }).unwrap();
        assert_eq!(answer, json!({ "batchItemFailures": [{ "itemIdentifier": "m-1" }] }));
        let read: SqsBatchResponse = serde_json::from_value(answer).unwrap();
        assert_eq!(read.batch_item_failures.len(), 1);
    }
}
