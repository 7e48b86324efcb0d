//! The program itself, at a Runtime API that is made here.

#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

/// A port on which no server listens.
const NO_SERVER: &str = "http://127.0.0.1:9";

/// Lambda's side: hands out events and takes what comes back.
struct Lambda(TcpListener);

impl Lambda {
    fn new() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").unwrap())
    }

    /// The program as Lambda starts it, with these settings.
    fn start(&self, settings: &[(&str, &str)]) -> Child {
        Command::new(env!("CARGO_BIN_EXE_bootstrap"))
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", self.0.local_addr().unwrap().to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", "rowgate")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
            .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "secret")
            .env("AWS_REGION", "eu-west-1")
            .env("AWS_ENDPOINT_URL_S3", NO_SERVER)
            .env("DATA_API_ENDPOINT", NO_SERVER)
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Hands out an event; returns the last word of the path that was called with the answer
    /// (`response` or `error`), and the answer.
    fn invoke(&self, request_id: &str, event: &str) -> (String, Value) {
        let (path, _, stream) = self.accept();
        assert_eq!(path, "/2018-06-01/runtime/invocation/next");
        let deadline = SystemTime::now() + Duration::from_secs(6);
        let deadline = deadline.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
        let headers = format!(
            "lambda-runtime-aws-request-id: {request_id}\r\n\
             lambda-runtime-deadline-ms: {deadline}\r\n"
        );
        respond(stream, 200, &headers, event);

        let (path, body, stream) = self.accept();
        respond(stream, 202, "", "{}");
        let end = path.strip_prefix(&format!("/2018-06-01/runtime/invocation/{request_id}/"));
        (end.unwrap().to_owned(), serde_json::from_slice(&body).unwrap())
    }

    /// The next request: path, body, and where its answer goes.
    fn accept(&self) -> (String, Vec<u8>, TcpStream) {
        let (stream, _) = self.0.accept().unwrap();
        let mut reader = BufReader::new(&stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(reader.read_line(&mut head).unwrap(), 0, "cut in the head");
        }
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        reader.read_exact(&mut body).unwrap();
        let path = head.split(' ').nth(1).unwrap().to_owned();
        (path, body, stream)
    }
}

fn respond(mut stream: TcpStream, status: u16, headers: &str, body: &str) {
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status} X\r\n{headers}connection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .unwrap();
}

fn log_of(output: &Output) -> Vec<Value> {
    let text = str::from_utf8(&output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn events_are_answered_and_logged_without_what_is_in_them() {
    let lambda = Lambda::new();
    let settings = [
        ("DB_CLUSTER_ARN", "cluster"),
        ("DB_SECRET_ARN", "secret"),
        ("DB_NAME", "hr"),
        ("API_KEYS", "[]"),
        // The runtime would write whole events.
        ("RUST_LOG", "trace"),
    ];
    let mut program = lambda.start(&settings);

    let (end, answer) = lambda.invoke("r-1", include_str!("../fixtures/s3-test-event.json"));
    assert_eq!((end.as_str(), answer), ("response", json!({ "loads": [] })));

    let event = include_str!("../fixtures/apigw-insert-data.json");
    let (end, answer) = lambda.invoke("r-2", event);
    assert_eq!(end, "response");
    assert!(answer["statusCode"].is_u64() && answer["headers"]["x-request-id"].is_string());

    let (end, answer) = lambda.invoke("r-3", include_str!("../fixtures/sqs-s3.json"));
    assert_eq!(end, "response");
    assert_eq!(answer["batchItemFailures"].as_array().unwrap().len(), 3);

    let event = r#"{"rowgate":"load","bucket":"b","key":"jobs/k.csv"}"#;
    let (end, answer) = lambda.invoke("r-4", event);
    assert_eq!((end.as_str(), &answer["errorType"]), ("error", &json!("LoadFailed")));

    let (end, answer) = lambda.invoke("r-5", r#"{"detail":"rgs3cret","foo":1}"#);
    let message = "unknown event: an object with members detail, foo";
    let error = json!({ "errorType": "UnknownEvent", "errorMessage": message });
    assert_eq!((end.as_str(), answer), ("error", error));

    program.kill().unwrap();
    let output = program.wait_with_output().unwrap();
    assert!(!String::from_utf8_lossy(&output.stdout).contains("rgs3cret"));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let log = log_of(&output);
    for (request_id, level, message) in [
        ("r-1", "INFO", "ignored"),
        ("r-2", "INFO", "answered"),
        ("r-3", "ERROR", "load failed"),
        ("r-3", "ERROR", "message failed"),
        ("r-4", "ERROR", "load failed"),
        ("r-5", "ERROR", "UnknownEvent: unknown event: an object with members detail, foo"),
    ] {
        let found = log.iter().any(|line| {
            line["span"]["requestId"] == request_id
                && line["level"] == level
                && line["message"] == message
        });
        assert!(found, "no {message} in {log:#?}");
    }
    // And each of them is counted.
    let failed = log.iter().filter(|line| line["LoadsFailed"] == 1);
    let failed: Vec<_> = failed.map(|line| &line["FunctionName"]).collect();
    let loads = log.iter().filter(|line| line["message"] == "load failed").count();
    assert_eq!(failed, vec!["rowgate"; loads]);
}

#[test]
fn without_any_settings_the_program_ends_and_says_why() {
    let output = Lambda::new().start(&[("AWS_SECRET_ACCESS_KEY", "")]).wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = "settings missing: AWS_SECRET_ACCESS_KEY";
    assert_eq!(String::from_utf8_lossy(&output.stderr), format!("rowgate: {text}\n"));
    let log = log_of(&output);
    let last = log.last().unwrap();
    assert_eq!((&last["level"], &last["error"]), (&json!("ERROR"), &json!(text)));
}
