//! One thing that was tried, and how it went.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

/// One thing that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What: lower_snake and stable.
    pub name: &'static str,
    /// Why rowgate cares.
    pub why: &'static str,
    /// How it went.
    pub outcome: CheckOutcome,
    /// Whether it was tried at all.
    pub tried: bool,
    /// What was found; no row's value and no secret.
    pub found: String,
    /// The same for a program to read, by stable names.
    pub values: BTreeMap<&'static str, String>,
    /// What the service said to calls that were to be refused.
    pub answers: Vec<Heard>,
}

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckOutcome {
    /// As rowgate needs or expects it.
    Pass,
    /// Not so, and rowgate relies on it.
    Fail,
    /// Not so, but nothing relies on it; or it was not tried.
    Note,
}

/// An answer as it came, its text without names of accounts, hosts and people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Heard {
    /// What it is the answer to.
    pub to: String,
    /// The HTTP status; 0 without an answer.
    pub status: u16,
    /// The error's type.
    #[serde(rename = "type")]
    pub error_type: String,
    /// The service's text, at most 1,000 characters; without an answer the transport's.
    pub text: String,
    /// How long it took.
    pub milliseconds: u64,
}
