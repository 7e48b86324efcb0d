//! The calls of the RDS Data API: one struct each, with `to_request` and `parse`.
//!
//! Names and shapes are those of the service's own model, `rds-data` 2018-08-01 (restJson1: every
//! call is a POST of JSON and answers 200 or an error shape).

mod body;
mod database_code;
mod error;
mod execute;
mod size;
mod target;
#[cfg(test)]
mod tests;
mod transaction;

pub use error::Error;
pub(crate) use error::error_text;
#[cfg(feature = "avro")]
pub(crate) use error::parse;
pub use execute::{ExecuteStatement, ExecuteStatementOutput, Field};
pub use target::{REQUEST_LIMIT, Target};
pub use transaction::{BeginTransaction, CommitTransaction, RollbackTransaction};
