//! The names of the operations.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context, Error, Result};

/// An operation of the service model.
///
/// As a text it is `execute`, `batch`, `begin`, `commit`, `rollback` or `execute-sql`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Operation {
    /// One statement, once.
    ExecuteStatement,
    /// One statement, once for each set of parameters.
    BatchExecuteStatement,
    /// Opens a transaction.
    BeginTransaction,
    /// Ends a transaction and keeps its changes.
    CommitTransaction,
    /// Ends a transaction and drops its changes.
    RollbackTransaction,
    /// Of Serverless v1; later clusters refuse it.
    ExecuteSql,
}

impl Operation {
    const ALL: [Self; 6] = [
        Self::ExecuteStatement,
        Self::BatchExecuteStatement,
        Self::BeginTransaction,
        Self::CommitTransaction,
        Self::RollbackTransaction,
        Self::ExecuteSql,
    ];

    pub(super) fn from_path(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operation| operation.path() == path)
    }

    fn path(self) -> &'static str {
        match self {
            Self::ExecuteStatement => "/Execute",
            Self::BatchExecuteStatement => "/BatchExecute",
            Self::BeginTransaction => "/BeginTransaction",
            Self::CommitTransaction => "/CommitTransaction",
            Self::RollbackTransaction => "/RollbackTransaction",
            Self::ExecuteSql => "/ExecuteSql",
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::ExecuteStatement => "ExecuteStatement",
            Self::BatchExecuteStatement => "BatchExecuteStatement",
            Self::BeginTransaction => "BeginTransaction",
            Self::CommitTransaction => "CommitTransaction",
            Self::RollbackTransaction => "RollbackTransaction",
            Self::ExecuteSql => "ExecuteSql",
        }
    }

    fn short_name(self) -> &'static str {
        match self {
            Self::ExecuteStatement => "execute",
            Self::BatchExecuteStatement => "batch",
            Self::BeginTransaction => "begin",
            Self::CommitTransaction => "commit",
            Self::RollbackTransaction => "rollback",
            Self::ExecuteSql => "execute-sql",
        }
    }
}

impl FromStr for Operation {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|operation| operation.short_name() == text);
        found.with_context(|| format!("unknown operation {text:?}"))
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.short_name())
    }
}
