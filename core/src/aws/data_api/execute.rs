//! One SQL statement, and what it answers.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::Deserialize;

use super::body::{Body, post};
use super::error::{Error, parse};
use super::target::Target;
use crate::aws::http::{Request, Response};
use crate::aws::operation::{Operation, Service};
use crate::base::json_string::write_string;

/// Runs one SQL statement.
#[derive(Debug, Clone, Copy, Default)]
pub struct ExecuteStatement<'a> {
    /// The text, at most 65,536 characters, with `:name` where a parameter goes.
    pub sql: &'a str,
    /// The values of the parameters; all of them texts, which is all that rowgate binds.
    pub parameters: &'a [(&'a str, &'a str)],
    /// The transaction it belongs to; without one it is committed by itself.
    pub transaction_id: Option<&'a str>,
}

/// What a statement answered.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ExecuteStatementOutput {
    /// The rows of a query.
    pub records: Vec<Vec<Field>>,
    /// The rows that a write changed, as the database's driver counts them.
    pub number_of_records_updated: u64,
}

/// One value of a result.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub enum Field {
    /// SQL NULL (the flag is always true).
    #[serde(rename = "isNull")]
    Null(bool),
    /// BOOLEAN and BIT.
    #[serde(rename = "booleanValue")]
    Boolean(bool),
    /// Integers.
    #[serde(rename = "longValue")]
    Long(i64),
    /// FLOAT and DOUBLE.
    #[serde(rename = "doubleValue")]
    Double(f64),
    /// Texts, dates and decimals.
    #[serde(rename = "stringValue")]
    String(String),
    /// BLOB and BINARY, as base64.
    #[serde(rename = "blobValue")]
    Blob(String),
}

impl Field {
    /// A text as it is, an integer in digits, and of a boolean 0 or 1; `None` of all else.
    pub(crate) fn text(&self) -> Option<String> {
        match self {
            Self::String(text) => Some(text.clone()),
            Self::Long(number) => Some(number.to_string()),
            Self::Boolean(is_true) => Some(u8::from(*is_true).to_string()),
            Self::Null(_) | Self::Double(_) | Self::Blob(_) => None,
        }
    }
}

/// Adds a statement's parameters to its members.
///
/// By hand, since one of them may be megabytes of rows: room is made for it once, and it is escaped
/// as fast as it can be.
fn write_parameters(body: &mut String, parameters: &[(&str, &str)]) {
    // Rows have some four quotes each, of fifty bytes and more.
    let size: usize = parameters.iter().map(|(name, value)| name.len() + value.len()).sum();
    body.reserve(size + size / 8 + 64 * parameters.len());
    body.pop();
    body.push_str(",\"parameters\":[");
    for (position, (name, value)) in parameters.iter().enumerate() {
        body.push_str(if position > 0 { ",{\"name\":" } else { "{\"name\":" });
        write_string(body, name);
        body.push_str(",\"value\":{\"stringValue\":");
        write_string(body, value);
        body.push_str("}}");
    }
    body.push_str("]}");
}

impl Operation for ExecuteStatement<'_> {
    const SERVICE: Service = Service::RdsData;
    type Target = Target;
    type Error = Error;
    type Output = ExecuteStatementOutput;

    fn to_request(&self, target: &Target) -> Request {
        let body = Body {
            database: Some(&target.database),
            sql: Some(self.sql),
            transaction_id: self.transaction_id,
            ..Body::new(target)
        };
        let mut body = body.to_json();
        if !self.parameters.is_empty() {
            write_parameters(&mut body, self.parameters);
        }
        post(target, "/Execute", body)
    }

    fn parse(response: Response) -> Result<ExecuteStatementOutput, Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct ExecuteResponse {
            records: Option<Vec<Vec<Field>>>,
            number_of_records_updated: Option<u64>,
        }
        let answer: ExecuteResponse = parse(&response)?;
        Ok(ExecuteStatementOutput {
            records: answer.records.unwrap_or_default(),
            number_of_records_updated: answer.number_of_records_updated.unwrap_or_default(),
        })
    }
}
