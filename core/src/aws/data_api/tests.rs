use alloc::borrow::ToOwned;
use alloc::format;
use alloc::vec;

use super::execute::{ExecuteStatement, Field};
use super::target::Target;
use super::transaction::{BeginTransaction, CommitTransaction};
use crate::aws::http::{Request, Response};
use crate::aws::operation::{Operation, Retry, ServiceError};
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
    let error = ExecuteStatement::parse(response(400, "DatabaseErrorException", body)).unwrap_err();
    assert_eq!(error.database_code, Some(1062));
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("Duplicate entry"), "{shown}");
}

#[test]
fn a_call_that_carries_too_much_is_known() {
    let packet = "Packet for query is too large (4,300,000 > 4,194,304). You can change this value";
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
        (400, "BadRequestException", r#"{"message":"Communications link failure"}"#, Retry::NotRun),
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

#[test]
fn a_value_is_a_text_unless_it_is_null_a_double_or_bytes() {
    let texts = [
        (Field::String("a".into()), Some("a")),
        (Field::String("".into()), Some("")),
        (Field::Long(i64::MIN), Some("-9223372036854775808")),
        (Field::Boolean(true), Some("1")),
        (Field::Boolean(false), Some("0")),
        (Field::Null(true), None),
        (Field::Double(1.5), None),
        (Field::Blob("AA==".into()), None),
    ];
    for (field, text) in texts {
        assert_eq!(field.text().as_deref(), text, "{field:?}");
    }
}
