//! What a check is about, and what it came to.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::check::Heard;
use crate::aws::host::CallError;

/// What a check is about, apart from any database.
pub(super) struct Subject {
    pub(super) name: &'static str,
    pub(super) why: &'static str,
    /// Whether rowgate gives wrong answers, or none, where it does not hold.
    pub(super) relied_on: bool,
}

/// What a check came to.
pub(super) enum Finding {
    Good(String),
    Bad(String),
    /// Not as expected, but nothing relies on that, whatever else relies on the check.
    Odd(String),
    NotTried(&'static str),
}

impl Finding {
    pub(super) fn when(good: bool, found: impl Into<String>) -> Self {
        if good { Self::Good(found.into()) } else { Self::Bad(found.into()) }
    }
}

/// A check that could not make its call has found that.
pub(super) type Examined<F = Finding> = Result<F, CallError>;

/// What a check came to, with what a program may read and what the service said.
pub(super) struct Account {
    pub(super) finding: Finding,
    pub(super) values: BTreeMap<&'static str, String>,
    pub(super) answers: Vec<Heard>,
}

impl Account {
    pub(super) fn of(finding: Finding) -> Self {
        Self { finding, values: BTreeMap::new(), answers: Vec::new() }
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.values.insert(name, value.into());
        self
    }

    pub(super) fn hearing(self, answers: impl IntoIterator<Item = Heard>) -> Self {
        Self { answers: answers.into_iter().collect(), ..self }
    }
}

impl From<Finding> for Account {
    fn from(finding: Finding) -> Self {
        Self::of(finding)
    }
}
