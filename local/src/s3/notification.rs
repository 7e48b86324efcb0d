//! The message that S3 sends when an object has come.
//!
//! Source: "Event message structure" and "Content structure" in the S3 User Guide.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::format_description;
use tokio::sync::mpsc::UnboundedSender;

use super::keys::encode_key;
use crate::identity::REGION;

/// Where messages go, and for which keys.
#[derive(Debug)]
pub(super) struct Notifier {
    pub(super) prefix: String,
    pub(super) sender: UnboundedSender<Value>,
    last_sequence: AtomicU64,
}

/// An object that has just come to be.
pub(super) struct Created<'a> {
    /// Without `s3:`, as in the message.
    pub(super) event_name: &'a str,
    pub(super) bucket: &'a str,
    pub(super) key: &'a str,
    pub(super) size: i64,
    /// Without quotes.
    pub(super) e_tag: &'a str,
    pub(super) request_id: &'a str,
    pub(super) host_id: &'a str,
}

impl Notifier {
    pub(super) fn new(prefix: String, sender: UnboundedSender<Value>) -> Self {
        Self { prefix, sender, last_sequence: AtomicU64::new(0) }
    }

    pub(super) fn is_for(&self, key: &str) -> bool {
        key.starts_with(&self.prefix)
    }

    pub(super) fn notify(&self, created: &Created<'_>) {
        let now = OffsetDateTime::now_utc();
        let message = message(created, now, self.next_sequence(now));
        // A receiver that is gone needs no more.
        let _ = self.sender.send(message);
    }

    /// Time in nanoseconds, or one more than before where the clock stands still or goes back.
    fn next_sequence(&self, now: OffsetDateTime) -> u64 {
        let now = u64::try_from(now.unix_timestamp_nanos()).unwrap_or_default();
        let next = |last: u64| now.max(last + 1);
        let last = self
            .last_sequence
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |it| Some(next(it)));
        last.map_or(now, next)
    }
}

fn message(created: &Created<'_>, now: OffsetDateTime, sequence: u64) -> Value {
    let format =
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    json!({"Records": [{
        "eventVersion": "2.6",
        "eventSource": "aws:s3",
        "awsRegion": REGION,
        "eventTime": now.format(format).unwrap_or_default(),
        "eventName": created.event_name,
        "userIdentity": {"principalId": "AWS:AIDAROWGATELOCAL"},
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {
            "x-amz-request-id": created.request_id,
            "x-amz-id-2": created.host_id,
        },
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "rowgate-local",
            "bucket": {
                "name": created.bucket,
                "ownerIdentity": {"principalId": "AROWGATELOCAL"},
                "arn": format!("arn:aws:s3:::{}", created.bucket),
            },
            "object": {
                "key": encode_key(created.key),
                "size": created.size,
                "eTag": created.e_tag,
                "sequencer": format!("{sequence:018X}"),
            },
        },
    }]})
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn sequences_grow_when_the_clock_does_not() {
        let notifier = Notifier::new(String::new(), tokio::sync::mpsc::unbounded_channel().0);
        let now = datetime!(2026-11-23 03:04:05 UTC);
        let first = notifier.next_sequence(now);
        assert_eq!(notifier.next_sequence(now), first + 1);
        assert_eq!(notifier.next_sequence(now - time::Duration::HOUR), first + 2);
        assert!(notifier.next_sequence(now + time::Duration::SECOND) > first + 2);
    }
}
