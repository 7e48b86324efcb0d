//! What Lambda delivers, turned into typed requests.
//!
//! Only the members that rowgate uses are looked at, by structs of its own: AWS's types want every
//! documented member, would fail a whole event for one bad record, and hold API Gateway's key. The
//! tests let AWS's types read the same fixtures.

mod apigw;
mod backup;
mod bulk_load;
mod bulk_tables;
mod eventbridge;
mod migrate;
mod operation;
mod restore;
mod s3;
mod sns;
mod sqs;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use rowgate_core::ObjectRef;
use serde::Deserialize;
use serde_json::value::RawValue;

pub(crate) use apigw::HttpRequest;
pub(crate) use backup::{Backup, Verify};
pub(crate) use bulk_load::BulkLoadStep;
pub(crate) use bulk_tables::{BulkBackup, BulkRestore, RestoreFinish};
pub(crate) use migrate::Migrate;
pub(crate) use operation::Operation;
pub(crate) use restore::Restore;
pub(crate) use sqs::Message;

/// How many members an error names.
const NAMES: usize = 20;

/// A request, by how it is answered.
#[derive(Debug)]
pub(crate) enum Event {
    /// From S3, SNS or EventBridge: one failure is the invocation's.
    Files(Vec<Record>),
    /// From SQS: one failure is its message's.
    Messages(Vec<Message>),
    /// From API Gateway.
    Http(HttpRequest),
    /// From an operator or a state machine.
    Operation(Operation),
}

/// One record of an event, or why it cannot be read; the others can.
pub(crate) type Record = Result<Notice, EventError>;

/// What a record says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Notice {
    /// An object was written.
    Written(ObjectRef),
    /// Something else happened, by its name at S3.
    Other(String),
}

/// Why an event cannot be read. No error holds a member's value, but for names that AWS gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EventError {
    /// Not an event that rowgate takes; the shape that was seen.
    Unknown(String),
    /// One that it takes, but not in the documented form; what is wrong.
    Bad(String),
}

impl Event {
    /// Tells the events apart by the names of their members.
    pub(crate) fn read(event: &RawValue) -> Result<Self, EventError> {
        let members = Members::read(event.get())?;
        if members.has(&["rowgate"]) {
            return operation::read(event.get()).map(Self::Operation);
        }
        if members.has(&apigw::MARKS) {
            return apigw::read(event.get()).map(Self::Http);
        }
        if members.has(&["Records"]) {
            return Self::read_records(&members);
        }
        if eventbridge::is_schedule(&members) {
            return Ok(Self::Operation(Operation::Backup(Backup::default())));
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

/// Reads what S3 says, as it comes directly or inside a message.
fn notices(members: &Members) -> Result<Vec<Record>, EventError> {
    if members.has(&["Records"]) {
        Ok(s3::read(&members.parse::<Vec<&RawValue>>("Records")?))
    } else if members.has(&["Event", "Service"]) {
        s3::read_test_event(members).map(|notice| vec![Ok(notice)])
    } else if members.has(&["detail", "detail-type", "source"]) {
        eventbridge::read(members).map(|notice| vec![Ok(notice)])
    } else {
        Err(members.unknown())
    }
}

/// An object's members, not looked into.
struct Members<'e>(BTreeMap<Cow<'e, str>, &'e RawValue>);

impl<'e> Members<'e> {
    fn read(text: &'e str) -> Result<Self, EventError> {
        let kind = match text.trim_start().bytes().next() {
            Some(b'{') => return parse(text, "the event").map(Self),
            Some(b'[') => "a JSON array",
            Some(b'"') => "a JSON string",
            Some(b't' | b'f') => "a JSON boolean",
            Some(b'n') => "a JSON null",
            Some(b'-' | b'0'..=b'9') => "a JSON number",
            _ => "not JSON",
        };
        Err(EventError::Unknown(kind.to_owned()))
    }

    fn has(&self, names: &[&str]) -> bool {
        names.iter().all(|name| self.0.contains_key(*name))
    }

    /// Reads one member; a missing one counts as null.
    fn parse<T: Deserialize<'e>>(&self, name: &str) -> Result<T, EventError> {
        parse(self.0.get(name).map_or("null", |value| value.get()), name)
    }

    fn unknown(&self) -> EventError {
        let names: Vec<&str> = self.0.keys().take(NAMES).map(AsRef::as_ref).collect();
        let more = if self.0.len() > NAMES { ", …" } else { "" };
        EventError::Unknown(match names.as_slice() {
            [] => "an empty object".to_owned(),
            names => format!("an object with members {}{more}", names.join(", ")),
        })
    }
}

/// Parses JSON; the error says where and not what, since serde_json's own quotes values.
fn parse<'e, T: Deserialize<'e>>(text: &'e str, what: &str) -> Result<T, EventError> {
    serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let problem = if error.is_data() { "not in the documented form" } else { "not JSON" };
        EventError::Bad(format!("{what}: {problem} at line {line}, column {column}"))
    })
}

impl fmt::Display for EventError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(shape) => write!(f, "unknown event: {shape}"),
            Self::Bad(problem) => write!(f, "bad event: {problem}"),
        }
    }
}

impl std::error::Error for EventError {}

#[cfg(test)]
mod tests {
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

    pub(super) fn written(bucket: &str, key: &str) -> ObjectRef {
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
    fn variants(value: &Value, with: &Value) -> Vec<Value> {
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
            Ok(Event::Http(_) | Event::Operation(_)) => String::new(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn whatever_stands_in_an_event_no_error_quotes_it() {
        let load = r#"{"rowgate":"load","bucket":"b","key":"k","version_id":"v","e_tag":"e"}"#;
        for fixture in [
            include_str!("../fixtures/apigw-insert-data.json"),
            include_str!("../fixtures/eventbridge-object-created.json"),
            include_str!("../fixtures/eventbridge-schedule.json"),
            include_str!("../fixtures/s3-object-created.json"),
            include_str!("../fixtures/s3-test-event.json"),
            include_str!("../fixtures/sns-s3.json"),
            include_str!("../fixtures/sqs-s3.json"),
            load,
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
