//! S3's notifications.

use percent_encoding::percent_decode;
use rowgate_core::ObjectRef;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::error::EventError;
use super::members::{Members, parse};
use super::notice::{Notice, Record};

/// The major version of the records that this reads; a minor one only adds members.
const MAJOR: &str = "2";

/// Reads each record by itself.
pub(super) fn read(records: &[&RawValue]) -> Vec<Record> {
    let read = |(index, record): (usize, &&RawValue)| read_record(index, record.get());
    records.iter().enumerate().map(read).collect()
}

/// Reads what S3 sends when a notification is set up.
pub(super) fn read_test_event(members: &Members) -> Result<Notice, EventError> {
    let (service, event): (String, String) = (members.parse("Service")?, members.parse("Event")?);
    match (service.as_str(), event.as_str()) {
        ("Amazon S3", "s3:TestEvent") => Ok(Notice::Other(event)),
        _ => Err(members.unknown()),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct S3Record {
    event_version: String,
    event_name: String,
    s3: Entity,
}

#[derive(Deserialize)]
struct Entity {
    bucket: Bucket,
    object: Object,
}

#[derive(Deserialize)]
struct Bucket {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Object {
    key: String,
    version_id: Option<String>,
    e_tag: Option<String>,
    sequencer: Option<String>,
}

fn read_record(index: usize, text: &str) -> Record {
    let place = format!("Records[{index}]");
    let record: S3Record = parse(text, &place)?;
    let (major, _) = record.event_version.split_once('.').unwrap_or((&record.event_version, ""));
    if major != MAJOR {
        let version = record.event_version;
        return Err(EventError::Bad(format!("{place}: eventVersion {version} is not {MAJOR}.x")));
    }
    if !record.event_name.starts_with("ObjectCreated:") {
        return Ok(Notice::Other(record.event_name));
    }
    let Entity { bucket, object } = record.s3;
    let key = decode_key(&object.key)
        .ok_or_else(|| EventError::Bad(format!("{place}: the key is not UTF-8")))?;
    let Object { version_id, e_tag, sequencer, .. } = object;
    Ok(Notice::Written(ObjectRef { bucket: bucket.name, key, version_id, e_tag, sequencer }))
}

/// A key is encoded like a form: a `+` is a space, what is encoded `%2B` is a plus.
fn decode_key(key: &str) -> Option<String> {
    let key = key.replace('+', " ");
    Some(percent_decode(key.as_bytes()).decode_utf8().ok()?.into_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::{event, files, written};
    use super::*;

    const NOTIFICATION: &str = include_str!("../../fixtures/s3-object-created.json");

    /// The fixture's first record, changed.
    fn changed(change: impl FnOnce(&mut Value)) -> Record {
        let mut event: Value = serde_json::from_str(NOTIFICATION).unwrap();
        change(&mut event["Records"][0]);
        files(&event.to_string()).remove(0)
    }

    #[test]
    fn objects_that_were_written_are_found() {
        let records = files(NOTIFICATION);
        assert_eq!(
            records,
            [
                Ok(Notice::Written(ObjectRef {
                    version_id: Some("096fKKXTRTtl3on89fVO.nfljtsv6qko".to_owned()),
                    e_tag: Some("d41d8cd98f00b204e9800998ecf8427e".to_owned()),
                    sequencer: Some("0055AED6DCD90281E5".to_owned()),
                    ..written("example-bucket", "incoming/jobs/may 2026.csv")
                })),
                Ok(Notice::Other("ObjectRemoved:Delete".to_owned())),
                Ok(Notice::Written(ObjectRef {
                    e_tag: Some("b1946ac92492d2347c6235b4d2611184-3".to_owned()),
                    sequencer: Some("0055AED6DCD90281E7".to_owned()),
                    ..written("example-bucket", "incoming/jobs/1+1=Ümlaut&%.csv")
                })),
            ]
        );
    }

    #[test]
    fn aws_s_own_type_reads_the_fixture() {
        let event: aws_lambda_events::s3::S3Event = serde_json::from_str(NOTIFICATION).unwrap();
        assert_eq!(event.records.len(), 3);
    }

    #[test]
    fn a_minor_version_may_be_any() {
        for version in ["2", "2.0", "2.1", "2.6", "2.99"] {
            let record = changed(|record| record["eventVersion"] = json!(version));
            assert!(matches!(record, Ok(Notice::Written(_))), "{version}: {record:?}");
        }
    }

    #[test]
    fn another_major_version_is_refused_by_name() {
        for version in ["1.0", "3.0", "20.1", ""] {
            let record = changed(|record| record["eventVersion"] = json!(version));
            let text = record.unwrap_err().to_string();
            assert_eq!(text, format!("bad event: Records[0]: eventVersion {version} is not 2.x"));
        }
    }

    #[test]
    fn a_key_that_is_not_utf8_fails_alone() {
        let mut event: Value = serde_json::from_str(NOTIFICATION).unwrap();
        event["Records"][2]["s3"]["object"]["key"] = json!("a%FFb");
        let records = files(&event.to_string());
        assert!(records[0].is_ok() && records[1].is_ok());
        let text = records[2].as_ref().unwrap_err().to_string();
        assert_eq!(text, "bad event: Records[2]: the key is not UTF-8");
    }

    #[test]
    fn a_record_without_an_object_fails_alone() {
        let mut event: Value = serde_json::from_str(NOTIFICATION).unwrap();
        event["Records"][0]["s3"] = json!({ "bucket": { "name": "b" } });
        let records = files(&event.to_string());
        let text = records[0].as_ref().unwrap_err().to_string();
        assert!(text.starts_with("bad event: Records[0]: not in the documented form"), "{text}");
        assert!(matches!(records[2], Ok(Notice::Written(_))));
    }

    #[test]
    fn keys_are_decoded_like_forms() {
        for (encoded, key) in [
            ("red+flower.jpg", "red flower.jpg"),
            ("a%2Bb%2520", "a+b%20"),
            ("%E2%82%AC", "€"),
            ("100%", "100%"),
        ] {
            assert_eq!(decode_key(encoded).as_deref(), Some(key));
        }
        assert_eq!(decode_key("%E2%82"), None);
    }

    #[test]
    fn a_test_event_is_known() {
        let records = files(include_str!("../../fixtures/s3-test-event.json"));
        assert_eq!(records, [Ok(Notice::Other("s3:TestEvent".to_owned()))]);
        let error = event(r#"{"Service":"Other","Event":"s3:TestEvent"}"#).unwrap_err();
        assert_eq!(error.to_string(), "unknown event: an object with members Event, Service");
    }
}
