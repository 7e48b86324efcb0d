//! S3's events by way of EventBridge, and its schedules.

use rowgate_core::ObjectRef;
use serde::Deserialize;

use super::error::EventError;
use super::members::Members;
use super::notice::Notice;

/// Whether a rule's schedule is what calls, or EventBridge Scheduler without an input of its own.
pub(super) fn is_schedule(members: &Members) -> bool {
    let is = |name, values: &[&str]| {
        members.parse::<String>(name).is_ok_and(|value| values.contains(&value.as_str()))
    };
    is("detail-type", &["Scheduled Event"]) && is("source", &["aws.events", "aws.scheduler"])
}

/// Reads one event; only S3's are known.
pub(super) fn read(members: &Members) -> Result<Notice, EventError> {
    let (source, kind): (String, String) =
        (members.parse("source")?, members.parse("detail-type")?);
    match (source.as_str(), kind.as_str()) {
        ("aws.s3", "Object Created") => {
            Ok(Notice::Written(members.parse::<Detail>("detail")?.into()))
        }
        ("aws.s3", _) => Ok(Notice::Other(kind)),
        _ => Err(EventError::Unknown(format!("EventBridge's {kind:?} from {source}"))),
    }
}

#[derive(Deserialize)]
struct Detail {
    bucket: Bucket,
    object: Object,
}

#[derive(Deserialize)]
struct Bucket {
    name: String,
}

/// Unlike a notification's, the key is not encoded.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Object {
    key: String,
    version_id: Option<String>,
    etag: Option<String>,
    sequencer: Option<String>,
}

impl From<Detail> for ObjectRef {
    fn from(Detail { bucket, object }: Detail) -> Self {
        Self {
            bucket: bucket.name,
            key: object.key,
            version_id: object.version_id,
            e_tag: object.etag,
            sequencer: object.sequencer,
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_lambda_events::eventbridge::EventBridgeEvent;
    use serde_json::{Value, json};

    use super::super::Event;
    use super::super::tests::{event, files, written};
    use super::*;

    const EVENT: &str = include_str!("../../fixtures/eventbridge-object-created.json");

    const SCHEDULE: &str = include_str!("../../fixtures/eventbridge-schedule.json");

    fn changed(change: impl FnOnce(&mut Value)) -> String {
        let mut event: Value = serde_json::from_str(EVENT).unwrap();
        change(&mut event);
        event.to_string()
    }

    #[test]
    fn the_key_is_taken_as_it_is() {
        let file = ObjectRef {
            version_id: Some("IYV3p45BT0ac8hjHg1houSdS1a.Mro8e".to_owned()),
            e_tag: Some("b1946ac92492d2347c6235b4d2611184".to_owned()),
            sequencer: Some("617f08299329d189".to_owned()),
            ..written("example-bucket", "incoming/jobs/1+1%20:may.csv")
        };
        assert_eq!(files(EVENT), [Ok(Notice::Written(file))]);
    }

    #[test]
    fn aws_s_own_type_reads_the_fixture() {
        serde_json::from_str::<EventBridgeEvent>(EVENT).unwrap();
    }

    #[test]
    fn a_bucket_without_versions_has_no_version() {
        let text = changed(|event| {
            event["detail"]["object"].as_object_mut().unwrap().remove("version-id").unwrap();
        });
        let [Ok(Notice::Written(file))] = &files(&text)[..] else { panic!("no file") };
        assert_eq!(file.version_id, None);
    }

    #[test]
    fn what_else_happens_at_s3_is_known() {
        let text = changed(|event| event["detail-type"] = json!("Object Deleted"));
        assert_eq!(files(&text), [Ok(Notice::Other("Object Deleted".to_owned()))]);
    }

    #[test]
    fn a_schedule_is_known() {
        serde_json::from_str::<EventBridgeEvent>(SCHEDULE).unwrap();
        for source in ["aws.events", "aws.scheduler"] {
            let text = SCHEDULE.replace("aws.events", source);
            assert!(matches!(event(&text).unwrap(), Event::Schedule), "{source}");
        }
    }

    #[test]
    fn an_event_of_another_source_is_not_known() {
        let text = SCHEDULE.replace("aws.events", "my.events");
        assert_eq!(
            event(&text).unwrap_err().to_string(),
            "unknown event: EventBridge's \"Scheduled Event\" from my.events"
        );
    }
}
