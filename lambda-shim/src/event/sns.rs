//! S3's notifications by way of SNS.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::error::EventError;
use super::members::{Members, parse};
use super::notice::Record;
use super::notification::notices;

/// Reads the message of each record.
pub(super) fn read(records: &[&RawValue]) -> Result<Vec<Record>, EventError> {
    let mut all = Vec::new();
    for (index, record) in records.iter().enumerate() {
        let record: SnsRecord = parse(record.get(), &format!("Records[{index}]"))?;
        match read_message(&record.sns.message) {
            Ok(records) => all.extend(records),
            Err(error) => all.push(Err(error)),
        }
    }
    Ok(all)
}

/// Reads what SNS puts into a queue: the message in an envelope, unless delivery is raw.
pub(super) fn read_envelope(text: &str) -> Result<Vec<Record>, EventError> {
    let members = Members::read(text)?;
    if members.has(&["Message", "TopicArn", "Type"]) {
        return read_message(&members.parse::<String>("Message")?);
    }
    notices(&members)
}

fn read_message(text: &str) -> Result<Vec<Record>, EventError> {
    notices(&Members::read(text)?)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SnsRecord {
    sns: Sns,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Sns {
    message: String,
}

#[cfg(test)]
mod tests {
    use rowgate_core::ObjectRef;
    use serde_json::{Value, json};

    use super::super::tests::{event, files, written};
    use super::super::{Event, Notice};

    const EVENT: &str = include_str!("../../fixtures/sns-s3.json");

    #[test]
    fn the_notification_is_found_in_the_message() {
        let file = ObjectRef {
            sequencer: Some("0055AED6DCD90281E5".to_owned()),
            ..written("example-bucket", "incoming/jobs/may 2026.csv")
        };
        assert_eq!(files(EVENT), [Ok(Notice::Written(file))]);
    }

    #[test]
    fn aws_s_own_type_reads_the_fixture() {
        let event: aws_lambda_events::sns::SnsEvent = serde_json::from_str(EVENT).unwrap();
        assert_eq!(event.records.len(), 1);
    }

    #[test]
    fn a_message_that_is_no_notification_fails_alone() {
        let mut sent: Value = serde_json::from_str(EVENT).unwrap();
        let mut other = sent["Records"][0].clone();
        other["Sns"]["Message"] = json!("hello");
        sent["Records"].as_array_mut().unwrap().insert(0, other);

        let records = files(&sent.to_string());
        let text = records[0].as_ref().unwrap_err().to_string();
        assert_eq!(text, "unknown event: not JSON");
        assert!(records[1].is_ok());
    }

    #[test]
    fn a_record_without_a_message_is_refused() {
        let error = event(r#"{"Records":[{"EventSource":"aws:sns"}]}"#).map(|_: Event| ());
        let text = error.unwrap_err().to_string();
        assert!(text.starts_with("bad event: Records[0]: not in the documented form"), "{text}");
    }
}
