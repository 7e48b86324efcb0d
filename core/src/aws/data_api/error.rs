//! The calls of the RDS Data API: one struct each, with `to_request` and `parse`.
//!
//! Names and shapes are those of the service's own model, `rds-data` 2018-08-01 (restJson1: every
//! call is a POST of JSON and answers 200 or an error shape).

mod database_code;
mod size;

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::aws::http::{Request, Response};
use crate::aws::operation::{Operation, Retry, Service, ServiceError};
use crate::base::json_string::write_string;
use crate::base::lookup::{Lookup, SettingsError, required};

/// The most bytes that one request may have, headers and JSON notation included (4 MiB).
pub const REQUEST_LIMIT: usize = 4 << 20;

/// The database that calls go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Where the service answers, without a trailing slash.
    pub endpoint: String,
    /// The Aurora cluster.
    pub resource_arn: String,
    /// The Secrets Manager secret with the database user's name and password.
    pub secret_arn: String,
    /// The database's name.
    pub database: String,
}

impl Target {
    /// Reads `DB_CLUSTER_ARN`, `DB_SECRET_ARN`, `DB_NAME`, and `DATA_API_ENDPOINT` or else the
    /// region's own endpoint by `AWS_REGION`.
    pub fn read(lookup: Lookup<'_>) -> Result<Self, SettingsError> {
        let names = ["AWS_REGION", "DB_CLUSTER_ARN", "DB_SECRET_ARN", "DB_NAME"];
        let [region, resource_arn, secret_arn, database] = required(lookup, names)?;
        let endpoint = lookup("DATA_API_ENDPOINT").filter(|endpoint| !endpoint.is_empty());
        Ok(Self {
            endpoint: endpoint
                .map_or_else(|| regional_endpoint(&region), |it| it.trim_end_matches('/').into()),
            resource_arn,
            secret_arn,
            database,
        })
    }
}

/// By the service's endpoint rules: China has a suffix of its own.
fn regional_endpoint(region: &str) -> String {
    let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    format!("https://rds-data.{region}.{suffix}")
}

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

/// The members that some or all calls share, in the service's own spelling.
#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    resource_arn: &'a str,
    secret_arn: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    database: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sql: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction_id: Option<&'a str>,
}

impl<'a> Body<'a> {
    fn new(target: &'a Target) -> Self {
        Self {
            resource_arn: &target.resource_arn,
            secret_arn: &target.secret_arn,
            ..Self::default()
        }
    }

    fn post(&self, target: &Target, path: &str) -> Request {
        post(target, path, self.to_json())
    }

    fn to_json(&self) -> String {
        // Only strings are serialized, which cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

fn post(target: &Target, path: &str, body: String) -> Request {
    Request {
        method: "POST",
        url: format!("{}{path}", target.endpoint),
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: body.into_bytes().into(),
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
        struct Answer {
            records: Option<Vec<Vec<Field>>>,
            number_of_records_updated: Option<u64>,
        }
        let answer: Answer = parse(&response)?;
        Ok(ExecuteStatementOutput {
            records: answer.records.unwrap_or_default(),
            number_of_records_updated: answer.number_of_records_updated.unwrap_or_default(),
        })
    }
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
        struct Answer {
            transaction_id: String,
        }
        parse::<Answer>(&response).map(|answer| answer.transaction_id)
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

pub(crate) fn parse<T: DeserializeOwned>(response: &Response) -> Result<T, Error> {
    if response.status != 200 {
        return Err(Error::from_response(response));
    }
    // As one text: to check each string of an answer by itself takes longer.
    let text = core::str::from_utf8(&response.body).ok();
    text.and_then(|text| serde_json::from_str(text).ok()).ok_or_else(|| Error {
        status: response.status,
        error_type: "UnreadableAnswer".to_owned(),
        database_code: None,
        request_id: response.header("x-amzn-requestid").map(ToOwned::to_owned),
        connection_failure: None,
        too_large: false,
    })
}

/// An error that the service answered.
///
/// Its message is not kept: a database puts cells' values into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The HTTP status.
    pub status: u16,
    /// The error shape's name, such as `DatabaseErrorException`.
    pub error_type: String,
    /// MySQL's error number, if the database refused the statement.
    pub database_code: Option<u16>,
    /// The service's id of the request, for AWS support.
    pub request_id: Option<String>,
    /// What the message says about the call, if the connection to the database failed.
    connection_failure: Option<Retry>,
    /// Whether the call was refused because it carried too much.
    too_large: bool,
}

/// MySQL's numbers for a statement or a value that is longer than `max_allowed_packet`.
const PACKET_NUMBERS: [u16; 2] = [1153, 1301];

/// What the body of an error has.
#[derive(Deserialize, Default)]
struct ErrorBody {
    #[serde(default)]
    code: Option<String>,
    #[serde(default, rename = "__type")]
    shape: Option<String>,
    #[serde(default, alias = "Message", alias = "errorMessage")]
    message: Option<String>,
}

impl ErrorBody {
    fn of(response: &Response) -> Self {
        serde_json::from_slice(&response.body).unwrap_or_default()
    }
}

/// The text of an error, in which a database puts cells' values: for errors that rowgate has provoked
/// on rows of its own.
pub(crate) fn error_text(response: &Response) -> String {
    ErrorBody::of(response).message.unwrap_or_default()
}

impl Error {
    fn from_response(response: &Response) -> Self {
        let ErrorBody { code, shape, message } = ErrorBody::of(response);
        let message = message.unwrap_or_default();
        let named = response.header("x-amzn-errortype").map(ToOwned::to_owned);
        let named = named.or(code).or(shape).unwrap_or_default();
        let error_type = shape_name(&named).to_owned();
        let is_database_error = error_type == "DatabaseErrorException";
        let database_code = database_code::find(&message);
        let says_too_large = response.status == 400
            && size::says_too_large(&database_code::words(&message), is_database_error);
        Self {
            status: response.status,
            too_large: response.status == 413
                || says_too_large
                || database_code.is_some_and(|number| PACKET_NUMBERS.contains(&number)),
            error_type,
            database_code,
            request_id: response.header("x-amzn-requestid").map(ToOwned::to_owned),
            connection_failure: database_code::connection_failure(&message, is_database_error)
                // Of a failure of its own the service does not know what became of the call.
                .filter(|retry| response.status < 500 || *retry != Retry::NotRun),
        }
    }

    /// Whether the call was refused for its size: it was not run, and a smaller one may be.
    pub(crate) fn is_too_large(&self) -> bool {
        self.too_large
    }

    /// Whether the statement took longer than the service waits, which ends it. A commit of its own may
    /// have come before that.
    pub(crate) fn is_time_out(&self) -> bool {
        self.error_type == "StatementTimeoutException"
    }
}

/// Strips what restJson1 allows around a shape's name: `namespace#Name:http://…`.
fn shape_name(text: &str) -> &str {
    let text = text.split(':').next().unwrap_or_default();
    text.rsplit('#').next().unwrap_or_default().trim()
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (HTTP {})", self.error_type, self.status)?;
        if let Some(code) = self.database_code {
            write!(f, ", MySQL error {code}")?;
        }
        if let Some(id) = &self.request_id {
            write!(f, ", request {id}")?;
        }
        Ok(())
    }
}

impl ServiceError for Error {
    /// A paused cluster answers `DatabaseResumingException` with status 400, which no SDK repeats
    /// by itself. MySQL 1213 is a deadlock, 1205 a lock wait that timed out, 1412 a table that was
    /// altered since the transaction began, 1290, 1792 and 1836 an instance that was the writer before a
    /// failover, 1040 and 1203 too many connections, 2002 and 2003 none, 1053 a server that ends, 2006
    /// and 2013 a lost connection.
    fn retry(&self) -> Retry {
        match self.error_type.as_str() {
            "DatabaseResumingException" => Retry::NotRun,
            name if name.contains("Throttl") || name == "TooManyRequestsException" => Retry::NotRun,
            "TransactionNotFoundException" | "NotFoundException" => Retry::Transaction,
            "StatementTimeoutException" => Retry::OutcomeUnknown,
            _ => self
                .connection_failure
                .or_else(|| self.retry_by_number())
                .unwrap_or_else(|| self.retry_by_status()),
        }
    }
}

impl Error {
    fn retry_by_number(&self) -> Option<Retry> {
        match self.database_code? {
            1205 | 1213 | 1290 | 1412 | 1792 | 1836 => Some(Retry::Transaction),
            1040 | 1203 | 2002 | 2003 => Some(Retry::NotRun),
            1053 | 2006 | 2013 => Some(Retry::OutcomeUnknown),
            _ => None,
        }
    }

    fn retry_by_status(&self) -> Retry {
        match self.status {
            429 => Retry::NotRun,
            // An answer that is not readable may belong to a call that was run.
            200 | 500.. => Retry::OutcomeUnknown,
            _ => Retry::Never,
        }
    }
}

impl core::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use proptest::prelude::*;

    fn target() -> Target {
        Target {
            endpoint: "https://rds-data.eu-west-1.amazonaws.com".into(),
            resource_arn: "arn:aws:rds:eu-west-1:1:cluster:c".into(),
            secret_arn: "arn:aws:secretsmanager:eu-west-1:1:secret:s".into(),
            database: "hr".into(),
        }
    }

    fn response(status: u16, error_type: &str, body: &str) -> Response {
        let headers = vec![
            ("x-amzn-errortype".to_owned(), error_type.to_owned()),
            ("x-amzn-requestid".to_owned(), "r-1".to_owned()),
        ];
        let headers = headers.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        Response { status, headers, body: body.into() }
    }

    fn json(request: &Request) -> serde_json::Value {
        serde_json::from_slice(&request.body).unwrap()
    }

    #[test]
    fn an_endpoint_is_given_or_the_region_s_own() {
        let read = |region: &'static str, endpoint: &'static str| {
            let lookup = |name: &str| match name {
                "AWS_REGION" => Some(region.to_owned()),
                "DATA_API_ENDPOINT" => Some(endpoint.to_owned()),
                _ => Some("x".to_owned()),
            };
            Target::read(&lookup).unwrap().endpoint
        };
        assert_eq!(read("cn-north-1", "http://127.0.0.1:8080/"), "http://127.0.0.1:8080");
        assert_eq!(read("eu-west-1", ""), "https://rds-data.eu-west-1.amazonaws.com");
        assert_eq!(read("cn-north-1", ""), "https://rds-data.cn-north-1.amazonaws.com.cn");
    }

    #[test]
    fn execute_statement_binds_its_parameters() {
        let call = ExecuteStatement {
            sql: "SELECT :a",
            parameters: &[("a", "O'Leary \"x\"\n")],
            transaction_id: Some("t"),
        };
        let request = call.to_request(&target());
        assert_eq!(request.url, "https://rds-data.eu-west-1.amazonaws.com/Execute");
        assert_eq!(
            json(&request),
            serde_json::json!({
                "resourceArn": "arn:aws:rds:eu-west-1:1:cluster:c",
                "secretArn": "arn:aws:secretsmanager:eu-west-1:1:secret:s",
                "database": "hr",
                "sql": "SELECT :a",
                "parameters": [{"name": "a", "value": {"stringValue": "O'Leary \"x\"\n"}}],
                "transactionId": "t",
            })
        );
    }

    #[test]
    fn transactions_send_no_more_than_the_model_has() {
        let begin = json(&BeginTransaction.to_request(&target()));
        assert_eq!(begin.as_object().unwrap().len(), 3);
        let commit = CommitTransaction { transaction_id: "t" }.to_request(&target());
        assert!(commit.url.ends_with("/CommitTransaction"));
        let members = json(&commit);
        assert_eq!(members["transactionId"], "t");
        assert_eq!(members.as_object().unwrap().len(), 3);
    }

    #[test]
    fn results_are_read_field_by_field() {
        let body = r#"{"records":[[{"longValue":1},{"stringValue":"a"},{"isNull":true},
            {"doubleValue":1.5},{"booleanValue":true},{"blobValue":"AA=="}]],
            "numberOfRecordsUpdated":0,"generatedFields":[]}"#;
        let output = ExecuteStatement::parse(response(200, "", body)).unwrap();
        assert_eq!(
            output.records,
            [[
                Field::Long(1),
                Field::String("a".into()),
                Field::Null(true),
                Field::Double(1.5),
                Field::Boolean(true),
                Field::Blob("AA==".into()),
            ]]
        );
        let written = r#"{"generatedFields":[],"numberOfRecordsUpdated":1000}"#;
        let output = ExecuteStatement::parse(response(200, "", written)).unwrap();
        assert_eq!(output.number_of_records_updated, 1000);
        let begun = r#"{"transactionId":"AAA="}"#;
        assert_eq!(BeginTransaction::parse(response(200, "", begun)).unwrap(), "AAA=");
    }

    #[test]
    fn an_error_type_is_found_wherever_it_stands() {
        for (error_type, body) in [
            ("BadRequestException", "{}"),
            ("BadRequestException:http://internal.amazon.com/", "{}"),
            ("", r#"{"code":"BadRequestException"}"#),
            ("", r#"{"__type":"com.amazonaws.rdsdata#BadRequestException"}"#),
        ] {
            let error = BeginTransaction::parse(response(400, error_type, body)).unwrap_err();
            assert_eq!(error.error_type, "BadRequestException");
            assert_eq!(error.request_id.as_deref(), Some("r-1"));
        }
    }

    #[test]
    fn of_a_database_error_only_the_number_is_kept() {
        let body = r#"{"message":"Duplicate entry 'Error code: 7; x' for key 'PRIMARY'; Error code: 1062; SQLState: 23000"}"#;
        let error =
            ExecuteStatement::parse(response(400, "DatabaseErrorException", body)).unwrap_err();
        assert_eq!(error.database_code, Some(1062));
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("Duplicate entry"), "{shown}");
    }

    #[test]
    fn a_call_that_carries_too_much_is_known() {
        let packet =
            "Packet for query is too large (4,300,000 > 4,194,304). You can change this value";
        for (status, error_type, message, expected) in [
            (413, "RequestEntityTooLargeException", "", true),
            (413, "", "<html>", true),
            (
                400,
                "ValidationException",
                "1 validation error detected: Value at 'parameters.1.member.value.stringValue' failed \
                 to satisfy constraint: Member must have length less than or equal to 1048576",
                true,
            ),
            (400, "ValidationException", "Parameter value is too long", true),
            (400, "BadRequestException", "Request size exceeds the limit of 4 MiB", true),
            (400, "BadRequestException", packet, true),
            (400, "DatabaseErrorException", packet, true),
            (
                400,
                "DatabaseErrorException",
                "Got a packet bigger than 'max_allowed_packet' bytes",
                true,
            ),
            (400, "DatabaseErrorException", "words; Error code: 1153; SQLState: 08S01", true),
            // These are of answers, of rows, of rates, or of anything else.
            (400, "BadRequestException", "Database response exceeded size limit", false),
            (
                400,
                "BadRequestException",
                "Database returned more than the allowed response size limit",
                false,
            ),
            (400, "UnsupportedResultException", "The response is too large", false),
            (400, "DatabaseErrorException", "Data too long for column 'job' at row 1", false),
            (400, "DatabaseErrorException", "Duplicate entry 'too large' for key 'k'", false),
            (400, "DatabaseErrorException", "Lock wait timeout exceeded; try again", false),
            (400, "ValidationException", "Multistatements aren't supported", false),
            (400, "ThrottlingException", "Rate exceeded", false),
            (400, "BadRequestException", "The maximum of connections is exceeded", false),
            (500, "InternalServerErrorException", "too large", false),
        ] {
            let body = serde_json::json!({ "message": message }).to_string();
            let error = ExecuteStatement::parse(response(status, error_type, &body)).unwrap_err();
            assert_eq!(error.is_too_large(), expected, "{status} {error_type} {message}");
        }
    }

    #[test]
    fn errors_fall_into_their_retry_classes() {
        let altered =
            r#"{"message":"Table definition has changed; Error code: 1412; SQLState: HY000"}"#;
        let deadlock = r#"{"message":"Deadlock found; Error code: 1213; SQLState: 40001"}"#;
        for (status, error_type, body, expected) in [
            (400, "DatabaseResumingException", "{}", Retry::NotRun),
            (400, "ThrottlingException", "{}", Retry::NotRun),
            (429, "", "", Retry::NotRun),
            (
                400,
                "BadRequestException",
                r#"{"message":"Communications link failure"}"#,
                Retry::NotRun,
            ),
            (400, "StatementTimeoutException", "{}", Retry::OutcomeUnknown),
            (500, "InternalServerErrorException", "{}", Retry::OutcomeUnknown),
            (502, "", "<html>", Retry::OutcomeUnknown),
            (503, "ServiceUnavailableError", "{}", Retry::OutcomeUnknown),
            (503, "", r#"{"message":"It is currently unavailable"}"#, Retry::OutcomeUnknown),
            (400, "", r#"{"message":"It is currently unavailable"}"#, Retry::OutcomeUnknown),
            (503, "", r#"{"message":"Connection is not available"}"#, Retry::OutcomeUnknown),
            (400, "", r#"{"message":"Connection is not available"}"#, Retry::NotRun),
            (504, "DatabaseUnavailableException", "{}", Retry::OutcomeUnknown),
            (200, "", "not json", Retry::OutcomeUnknown),
            (400, "DatabaseErrorException", deadlock, Retry::Transaction),
            (400, "DatabaseErrorException", altered, Retry::Transaction),
            (400, "DatabaseErrorException", "{}", Retry::Never),
            (403, "AccessDeniedException", "{}", Retry::Never),
            (404, "TransactionNotFoundException", "{}", Retry::Transaction),
            (404, "NotFoundException", "{}", Retry::Transaction),
            (404, "DatabaseNotFoundException", "{}", Retry::Never),
        ] {
            let error = ExecuteStatement::parse(response(status, error_type, body)).unwrap_err();
            assert_eq!(error.retry(), expected, "{status} {error_type}");
        }
    }

    proptest! {
        #[test]
        fn random_answers_never_panic(
            status in 100..600_u16,
            body in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let response = Response { status, headers: vec![], body };
            let _ = ExecuteStatement::parse(response.clone()).map_err(|error| error.retry());
            let _ = BeginTransaction::parse(response.clone()).map_err(|error| error.retry());
            let _ = CommitTransaction::parse(response);
        }

        #[test]
        fn random_answers_of_the_right_shape_never_panic(
            body in r#"\{"(records|numberOfRecordsUpdated|message)":[\[\]{}:,"a-zV0-9.-]{0,40}\}"#,
        ) {
            for status in [200, 400] {
                let _ = ExecuteStatement::parse(response(status, "", &body));
            }
        }
    }
}
