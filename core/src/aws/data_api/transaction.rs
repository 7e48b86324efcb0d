//! Transactions.

use alloc::string::String;

use serde::Deserialize;

use super::body::Body;
use super::error::{Error, parse};
use super::target::Target;
use crate::aws::http::{Request, Response};
use crate::aws::operation::{Operation, Service};

/// Opens a transaction: at most 24 hours, rolled back after 3 minutes without a call.
#[derive(Debug, Clone, Copy)]
pub struct BeginTransaction;

/// Makes a transaction's writes last.
#[derive(Debug, Clone, Copy)]
pub struct CommitTransaction<'a> {
    /// The transaction.
    pub transaction_id: &'a str,
}

/// Undoes a transaction's writes.
#[derive(Debug, Clone, Copy)]
pub struct RollbackTransaction<'a> {
    /// The transaction.
    pub transaction_id: &'a str,
}

impl Operation for BeginTransaction {
    const SERVICE: Service = Service::RdsData;
    type Target = Target;
    type Error = Error;
    /// The transaction's id.
    type Output = String;

    fn to_request(&self, target: &Target) -> Request {
        let body = Body { database: Some(&target.database), ..Body::new(target) };
        body.post(target, "/BeginTransaction")
    }

    fn parse(response: Response) -> Result<String, Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct BeginResponse {
            transaction_id: String,
        }
        parse::<BeginResponse>(&response).map(|answer| answer.transaction_id)
    }
}

impl Operation for CommitTransaction<'_> {
    const SERVICE: Service = Service::RdsData;
    type Target = Target;
    type Error = Error;
    type Output = ();

    fn to_request(&self, target: &Target) -> Request {
        end_transaction(target, "/CommitTransaction", self.transaction_id)
    }

    fn parse(response: Response) -> Result<(), Error> {
        parse_status(&response)
    }
}

impl Operation for RollbackTransaction<'_> {
    const SERVICE: Service = Service::RdsData;
    type Target = Target;
    type Error = Error;
    type Output = ();

    fn to_request(&self, target: &Target) -> Request {
        end_transaction(target, "/RollbackTransaction", self.transaction_id)
    }

    fn parse(response: Response) -> Result<(), Error> {
        parse_status(&response)
    }
}

fn end_transaction(target: &Target, path: &str, transaction_id: &str) -> Request {
    Body { transaction_id: Some(transaction_id), ..Body::new(target) }.post(target, path)
}

/// A commit's or rollback's answer: its one member is free text, so that 200 is all it says.
fn parse_status(response: &Response) -> Result<(), Error> {
    parse::<serde::de::IgnoredAny>(response).map(|_| ())
}
