//! What Lambda delivers, turned into typed requests.
//!
//! Only the members that rowgate uses are looked at, by structs of its own: AWS's types want every
//! documented member, would fail a whole event for one bad record, and hold API Gateway's key. The
//! tests let AWS's types read the same fixtures.

mod apigw;
mod error;
mod eventbridge;
mod members;
mod notice;
mod notification;
mod s3;
mod sns;
mod sqs;

use serde::Deserialize;
use serde_json::value::RawValue;

pub(crate) use apigw::HttpRequest;
pub(crate) use error::EventError;
pub(crate) use members::Members;
pub(crate) use notice::{Notice, Record};
pub(crate) use sqs::Message;

use members::parse;
use notification::notices;

/// A request, by how it is answered.
#[derive(Debug)]
pub(crate) enum Event {
    /// From S3, SNS or EventBridge: one failure is the invocation's.
    Files(Vec<Record>),
    /// From SQS: one failure is its message's.
    Messages(Vec<Message>),
    /// From API Gateway.
    Http(HttpRequest),
    /// From a schedule.
    Schedule,
    /// From an operator or a state machine; `operations` reads it.
    Operation(Box<RawValue>),
}

impl Event {
    /// Tells the events apart by the names of their members.
    pub(crate) fn read(event: &RawValue) -> Result<Self, EventError> {
        let members = Members::read(event.get())?;
        if members.has(&["rowgate"]) {
            return Ok(Self::Operation(event.to_owned()));
        }
        if members.has(&apigw::MARKS) {
            return apigw::read(event.get()).map(Self::Http);
        }
        if members.has(&["Records"]) {
            return Self::read_records(&members);
        }
        if eventbridge::is_schedule(&members) {
            return Ok(Self::Schedule);
        }
        notices(&members).map(Self::Files)
    }

    /// All records of an event are from one source.
    fn read_records(members: &Members) -> Result<Self, EventError> {
        #[derive(Deserialize)]
        struct First {
            #[serde(alias = "EventSource", rename = "eventSource")]
            source: Option<String>,
        }
        let records: Vec<&RawValue> = members.parse("Records")?;
        let Some(first) = records.first() else { return Ok(Self::Files(Vec::new())) };
        let first: First = parse(first.get(), "Records[0]")?;
        match first.source.as_deref() {
            Some("aws:s3") => Ok(Self::Files(s3::read(&records))),
            Some("aws:sns") => sns::read(&records).map(Self::Files),
            Some("aws:sqs") => sqs::read(&records).map(Self::Messages),
            Some(source) if source.starts_with("aws:") => {
                Err(EventError::Unknown(format!("records of {source}")))
            }
            _ => Err(EventError::Unknown("records without an eventSource of AWS".to_owned())),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use rowgate_core::ObjectRef;
    use serde_json::{Value, json};

    use super::*;

    /// An event as the runtime gives it.
    pub(super) fn event(text: &str) -> Result<Event, EventError> {
        let raw: &RawValue = serde_json::from_str(text).unwrap();
        Event::read(raw)
    }

    pub(super) fn files(text: &str) -> Vec<Record> {
        match event(text).unwrap() {
            Event::Files(records) => records,
            other => panic!("not of files: {other:?}"),
        }
    }

    pub(crate) fn written(bucket: &str, key: &str) -> ObjectRef {
        ObjectRef { bucket: bucket.to_owned(), key: key.to_owned(), ..ObjectRef::default() }
    }

    fn shape(text: &str) -> String {
        event(text).unwrap_err().to_string()
    }

    #[test]
    fn what_is_not_known_is_named_by_its_shape() {
        assert_eq!(
            shape(r#"{"foo":"s3cret","detail":{"s3cret":1}}"#),
            "unknown event: an object with members detail, foo"
        );
        assert_eq!(shape("{}"), "unknown event: an empty object");
        assert_eq!(shape("[7]"), "unknown event: a JSON array");
        assert_eq!(shape("\"s3cret\""), "unknown event: a JSON string");
        assert_eq!(shape("-1"), "unknown event: a JSON number");
        assert_eq!(shape("true"), "unknown event: a JSON boolean");
        assert_eq!(shape("null"), "unknown event: a JSON null");
    }

    #[test]
    fn a_heap_of_members_is_not_listed_whole() {
        let members: Vec<_> = (10..99).map(|n| format!("\"m{n}\":0")).collect();
        let text = shape(&format!("{{{}}}", members.join(",")));
        assert!(text.ends_with("m28, m29, …"), "{text}");
    }

    #[test]
    fn records_of_another_service_are_named() {
        assert_eq!(
            shape(r#"{"Records":[{"eventSource":"aws:kinesis","kinesis":{"data":"s3cret"}}]}"#),
            "unknown event: records of aws:kinesis"
        );
        assert_eq!(
            shape(r#"{"Records":[{"cf":{}}]}"#),
            "unknown event: records without an eventSource of AWS"
        );
    }

    #[test]
    fn no_record_is_nothing_to_do() {
        assert_eq!(files(r#"{"Records":[]}"#), []);
    }

    /// Copies of a value, each with one of its nodes replaced.
    pub(crate) fn variants(value: &Value, with: &Value) -> Vec<Value> {
        let children: Vec<Value> = match value {
            Value::Object(members) => members.values().cloned().collect(),
            Value::Array(elements) => elements.clone(),
            _ => Vec::new(),
        };
        let replace = |(index, child): (usize, &Value)| {
            let replaced = [vec![with.clone()], variants(child, with)].concat();
            replaced.into_iter().map(move |new| with_child(value.clone(), index, new))
        };
        children.iter().enumerate().flat_map(replace).collect()
    }

    fn with_child(mut value: Value, index: usize, new: Value) -> Value {
        match &mut value {
            Value::Object(members) => *members.values_mut().nth(index).unwrap() = new,
            Value::Array(elements) => elements[index] = new,
            _ => unreachable!("it has no children"),
        }
        value
    }

    /// The text of every error in it.
    fn errors(event: Result<Event, EventError>) -> String {
        let of_records = |records: Vec<Record>| {
            records.into_iter().filter_map(Result::err).map(|e| e.to_string()).collect::<String>()
        };
        let of_message =
            |message: Message| message.records.map_or_else(|error| error.to_string(), of_records);
        match event {
            Ok(Event::Files(records)) => of_records(records),
            Ok(Event::Messages(messages)) => messages.into_iter().map(of_message).collect(),
            Ok(Event::Http(_) | Event::Schedule | Event::Operation(_)) => String::new(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn no_error_quotes_what_is_in_an_event() {
        for fixture in [
            include_str!("../../fixtures/apigw-insert-data.json"),
            include_str!("../../fixtures/eventbridge-object-created.json"),
            include_str!("../../fixtures/eventbridge-schedule.json"),
            include_str!("../../fixtures/s3-object-created.json"),
            include_str!("../../fixtures/s3-test-event.json"),
            include_str!("../../fixtures/sns-s3.json"),
            include_str!("../../fixtures/sqs-s3.json"),
        ] {
            let fixture: Value = serde_json::from_str(fixture).unwrap();
            for with in [json!(["s3cret"]), json!({ "a": "s3cret" }), json!(7), json!(null)] {
                for changed in variants(&fixture, &with) {
                    let text = errors(event(&changed.to_string()));
                    assert!(!text.contains("s3cret"), "{text}");
                }
            }
        }
    }
}
