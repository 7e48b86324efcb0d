//! S3's notifications by way of SQS.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::error::EventError;
use super::members::parse;
use super::notice::Record;
use super::sns::read_envelope;

/// A message, which the queue delivers again if it is named as failed.
#[derive(Debug)]
pub(crate) struct Message {
    /// By this the answer names it.
    pub(crate) id: String,
    /// What it says.
    pub(crate) records: Result<Vec<Record>, EventError>,
}

/// Reads each message by itself; without an id it could not be named, so that fails all.
pub(super) fn read(records: &[&RawValue]) -> Result<Vec<Message>, EventError> {
    let read = |(index, record): (usize, &&RawValue)| {
        let record: SqsRecord = parse(record.get(), &format!("Records[{index}]"))?;
        Ok(Message { id: record.message_id, records: read_envelope(&record.body) })
    };
    records.iter().enumerate().map(read).collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SqsRecord {
    message_id: String,
    body: String,
}

#[cfg(test)]
mod tests {
    use rowgate_core::ObjectRef;
    use serde_json::{Value, json};

    use super::super::tests::{event, written};
    use super::super::{Event, Notice};
    use super::*;

    const EVENT: &str = include_str!("../../fixtures/sqs-s3.json");

    fn messages(text: &str) -> Vec<Message> {
        match event(text).unwrap() {
            Event::Messages(messages) => messages,
            other => panic!("not of a queue: {other:?}"),
        }
    }

    /// The fixture's first message with another body.
    fn with_body(body: &str) -> Result<Vec<Record>, EventError> {
        let mut event: Value = serde_json::from_str(EVENT).unwrap();
        event["Records"][0]["body"] = json!(body);
        messages(&event.to_string()).remove(0).records
    }

    #[test]
    fn a_body_may_be_a_notification_an_envelope_or_an_event_of_eventbridge() {
        let messages = messages(EVENT);
        let ids: Vec<_> = messages.iter().map(|message| message.id.as_str()).collect();
        assert_eq!(
            ids,
            [
                "059f36b4-87a3-44ab-83d2-661975830a7d",
                "2e1424d4-f796-459a-8184-9c92662be6da",
                "7c5ab9c2-0d15-4f4e-8d0c-0a1f6d5f8f11"
            ]
        );
        let sequencers = ["0055AED6DCD90281E5", "0055AED6DCD90281E5", "617f08299329d189"];
        for (message, sequencer) in messages.into_iter().zip(sequencers) {
            let file = ObjectRef {
                sequencer: Some(sequencer.to_owned()),
                ..written("example-bucket", "incoming/jobs/may 2026.csv")
            };
            assert_eq!(message.records, Ok(vec![Ok(Notice::Written(file))]));
        }
    }

    #[test]
    fn aws_s_own_type_reads_the_fixture() {
        let event: aws_lambda_events::sqs::SqsEvent = serde_json::from_str(EVENT).unwrap();
        assert_eq!(event.records.len(), 3);
    }

    #[test]
    fn a_test_event_comes_through_a_queue() {
        let records = with_body(include_str!("../../fixtures/s3-test-event.json"));
        assert_eq!(records, Ok(vec![Ok(Notice::Other("s3:TestEvent".to_owned()))]));
    }

    #[test]
    fn a_message_that_cannot_be_read_fails_alone() {
        for (body, error) in [
            ("", "unknown event: not JSON"),
            ("{\"Records\":", "bad event: the event: not JSON at line 1, column 11"),
            ("[]", "unknown event: a JSON array"),
            ("{\"key\":1}", "unknown event: an object with members key"),
        ] {
            assert_eq!(with_body(body).unwrap_err().to_string(), error);
        }
    }

    #[test]
    fn a_message_without_an_id_fails_all() {
        let error = event(r#"{"Records":[{"eventSource":"aws:sqs","body":"{}"}]}"#);
        assert!(matches!(error, Err(EventError::Bad(_))));
    }
}
