//! Statements that change tables, and those that read them.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;

use super::error::MigrateError;
use crate::aws::data_api::{self, ExecuteStatement, ExecuteStatementOutput, Target};
use crate::aws::host::{Client, Host, Repeat};
use crate::aws::http::{Request, Response};
use crate::aws::operation::{Operation, Service};

/// Makes one table, which must not be there.
pub(super) async fn make_table<H: Host>(
    client: &Client<'_, H>,
    name: &str,
    create: &str,
) -> Result<(), MigrateError> {
    change(client, create, || format!("table {name} is not made")).await
}

/// A statement that changes tables.
///
/// It goes on when the service gives up waiting after 45 seconds, since AWS warns of ending DDL in
/// the middle. The caller still gets the time-out.
struct Change<'s> {
    sql: &'s str,
}

impl Operation for Change<'_> {
    const SERVICE: Service = Service::RdsData;
    type Target = Target;
    type Error = data_api::Error;
    type Output = ();

    fn to_request(&self, target: &Target) -> Request {
        let statement = ExecuteStatement { sql: self.sql, ..ExecuteStatement::default() };
        let mut request = statement.to_request(target);
        // One more member before the closing brace.
        let mut body = request.body.to_vec();
        body.pop();
        body.extend_from_slice(br#","continueAfterTimeout":true}"#);
        request.body = body.into();
        request
    }

    fn parse(response: Response) -> Result<(), data_api::Error> {
        ExecuteStatement::parse(response).map(|_| ())
    }
}

pub(super) async fn change<H: Host>(
    client: &Client<'_, H>,
    sql: &str,
    doing: impl FnOnce() -> String,
) -> Result<(), MigrateError> {
    let result = client.call(&Change { sql }, Repeat::Never).await;
    result.map_err(|error| MigrateError::Call { doing: doing(), error })
}

/// Sends a statement that can be sent twice.
pub(super) async fn send<H: Host>(
    client: &Client<'_, H>,
    sql: &str,
    parameters: &[(&str, &str)],
    doing: &str,
) -> Result<ExecuteStatementOutput, MigrateError> {
    let result = client.query(sql, parameters).await;
    result.map_err(|error| MigrateError::Call { doing: doing.to_owned(), error })
}
