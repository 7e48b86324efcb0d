//! One line of JSON for each call: what was asked and how it went, never with what values.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};
use axum::http::HeaderMap;
use serde::Serialize;

use super::signature::Authorization;

/// A line of the log. Statements, parameters and secrets have no place in it.
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

/// The file that calls are appended to.
#[derive(Debug)]
pub(super) struct CallLog {
    file: Mutex<File>,
}

impl CallLog {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path);
        let file = file.with_context(|| format!("cannot open the call log {}", path.display()))?;
        Ok(Self { file: Mutex::new(file) })
    }

    /// Writes the line in one piece; whoever gets the answer afterwards finds it.
    pub(super) fn append(&self, call: &Call) -> Result<()> {
        let mut line = serde_json::to_vec(call)?;
        line.push(b'\n');
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(&line)?;
        file.flush()?;
        Ok(())
    }
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
