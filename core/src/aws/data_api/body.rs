//! The members of a call, in the service's own spelling.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec;

use serde::Serialize;

use super::target::Target;
use crate::aws::http::Request;

/// The members that some or all calls share, in the service's own spelling.
#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct Body<'a> {
    pub(super) resource_arn: &'a str,
    pub(super) secret_arn: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) database: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sql: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) transaction_id: Option<&'a str>,
}

impl<'a> Body<'a> {
    pub(super) fn new(target: &'a Target) -> Self {
        Self {
            resource_arn: &target.resource_arn,
            secret_arn: &target.secret_arn,
            ..Self::default()
        }
    }

    pub(super) fn post(&self, target: &Target, path: &str) -> Request {
        post(target, path, self.to_json())
    }

    pub(super) fn to_json(&self) -> String {
        // Only strings are serialized, which cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

pub(super) fn post(target: &Target, path: &str, body: String) -> Request {
    Request {
        method: "POST",
        url: format!("{}{path}", target.endpoint),
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: body.into_bytes().into(),
    }
}
