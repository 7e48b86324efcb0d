//! S3's notifications in each form that AWS gives them.

use serde_json::value::RawValue;

use super::error::EventError;
use super::members::Members;
use super::notice::Record;
use super::{eventbridge, s3};

/// Reads what S3 says, as it comes directly or inside a message.
pub(super) fn notices(members: &Members) -> Result<Vec<Record>, EventError> {
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
