//! One line of JSON for each call: what was asked and how it went, never with what values.

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use serde::Serialize;

use crate::signature::Authorization;

/// A line of the log. Statements but for their first word, parameters and secrets have no place in
/// it.
#[derive(Debug, Default, Serialize)]
pub(super) struct Call {
    /// RFC 3339, UTC.
    pub(super) time: String,
    pub(super) operation: Option<&'static str>,
    pub(super) method: String,
    pub(super) path: String,
    /// 0 if the connection was closed without an answer.
    pub(super) status: u16,
    pub(super) error_type: Option<&'static str>,
    /// The word that the statement begins with, if it is one of [`VERBS`].
    pub(super) verb: Option<&'static str>,
    /// The one that the request named, or the one that it began.
    pub(super) transaction_id: Option<String>,
    /// The bodies' lengths.
    pub(super) request_bytes: usize,
    pub(super) response_bytes: usize,
    pub(super) parameter_sets: usize,
    pub(super) records: u64,
    pub(super) updated: u64,
    pub(super) micros: u128,
    /// The text of the fault that hit the call.
    pub(super) fault: Option<String>,
    /// The signed headers as they came, and `authorization`, so that a test can sign them anew.
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body_sha256: String,
}

/// What statements begin with.
const VERBS: [&str; 11] = [
    "ALTER", "CREATE", "DELETE", "DROP", "GRANT", "INSERT", "RENAME", "SELECT", "SET", "SHOW",
    "UPDATE",
];

/// The word that a statement begins with.
pub(super) fn verb(sql: Option<&str>) -> Option<&'static str> {
    let word = sql?.split_whitespace().next()?;
    VERBS.into_iter().find(|verb| verb.eq_ignore_ascii_case(word))
}

/// The headers of [`Call::headers`]; a session token is a secret and shows as `***`.
pub(super) fn signed_headers(headers: &HeaderMap) -> BTreeMap<String, String> {
    let signed = Authorization::of(headers).map(|it| it.signed_headers).unwrap_or_default();
    let names = signed.into_iter().chain(["authorization"]);
    names
        .filter_map(|name| {
            let value = headers.get(name)?.to_str().ok()?;
            let value = if name == "x-amz-security-token" { "***" } else { value };
            Some((name.to_ascii_lowercase(), value.to_owned()))
        })
        .collect()
}
