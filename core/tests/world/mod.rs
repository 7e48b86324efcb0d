//! A world with a script: answers in a queue, a log of requests, a clock that only sleep and slow
//! calls move.

pub(crate) mod door;
mod tables;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use rowgate_core::data_api::Target;
use rowgate_core::s3::S3Endpoint;
use rowgate_core::schema::{Column, ColumnType, Reference, Schema, Table};
use rowgate_core::{ApiKey, Host, RateLimit, Request, Response, SendError, Service, SignError};
use serde_json::Value;
pub(crate) use tables::OFFICE;

/// Answers what it was told to, one answer a request.
#[derive(Default)]
pub(crate) struct World {
    answers: RefCell<VecDeque<Result<Response, SendError>>>,
    requests: RefCell<Vec<Request>>,
    clock: Cell<Duration>,
    /// How long each call takes.
    takes: Duration,
    admitted: RefCell<Vec<String>>,
    limited: Option<RateLimit>,
    /// After so many requests the process is told to end.
    interrupted_after: Option<usize>,
    /// Whether a call for which there is no answer is never answered.
    hangs: bool,
    /// Whether a pause never ends.
    sleeps: bool,
}

impl World {
    pub(crate) fn new(answers: impl IntoIterator<Item = Result<Response, SendError>>) -> Self {
        let answers = RefCell::new(answers.into_iter().collect());
        let clock = Cell::new(Duration::from_secs(1_800_000_000));
        Self { answers, clock, ..Self::default() }
    }

    /// With calls that take so long.
    pub(crate) fn slow(self, takes: Duration) -> Self {
        Self { takes, ..self }
    }

    /// In which a call behind the last answer is never answered.
    pub(crate) fn hanging(self) -> Self {
        Self { hangs: true, ..self }
    }

    /// In which a pause never ends.
    pub(crate) fn sleeping(self) -> Self {
        Self { sleeps: true, ..self }
    }

    /// With this limit used up.
    pub(crate) fn limited(self, limit: RateLimit) -> Self {
        Self { limited: Some(limit), ..self }
    }

    /// Told to end while the last of so many requests is in flight.
    pub(crate) fn interrupted_after(self, requests: usize) -> Self {
        Self { interrupted_after: Some(requests), ..self }
    }

    /// What was counted against which limit.
    pub(crate) fn admitted(&self) -> Vec<String> {
        self.admitted.borrow().clone()
    }

    /// The requests that were sent, in order.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.borrow().clone()
    }

    /// The operations that were called, in order, each with its body.
    pub(crate) fn calls(&self) -> Vec<(String, Value)> {
        let read = |request: &Request| {
            let operation = request.url.rsplit('/').next().unwrap().to_owned();
            (operation, serde_json::from_slice(&request.body).unwrap())
        };
        self.requests.borrow().iter().map(read).collect()
    }

    pub(crate) fn operations(&self) -> Vec<String> {
        self.calls().into_iter().map(|(operation, _)| operation).collect()
    }

    pub(crate) fn largest_body(&self) -> usize {
        self.requests.borrow().iter().map(|request| request.body.len()).max().unwrap_or_default()
    }

    /// How long all pauses took together.
    pub(crate) fn slept(&self) -> Duration {
        self.clock.get() - Duration::from_secs(1_800_000_000)
    }

    pub(crate) fn answers_left(&self) -> usize {
        self.answers.borrow().len()
    }
}

impl Host for World {
    fn sign(&self, request: &mut Request, service: Service) -> Result<(), SignError> {
        let signed = format!("{} at {}", service.signing_name(), self.clock.get().as_millis());
        request.headers.push(("authorization".into(), signed));
        Ok(())
    }

    async fn send(&self, request: Request) -> Result<Response, SendError> {
        assert!(request.headers.iter().any(|(name, _)| name == "authorization"), "not signed");
        self.requests.borrow_mut().push(request);
        self.clock.set(self.clock.get() + self.takes);
        let answer = self.answers.borrow_mut().pop_front();
        match answer {
            None if self.hangs => std::future::pending().await,
            answer => answer.expect("a call that the script does not have"),
        }
    }

    async fn admit(&self, limit: RateLimit, who: &str) -> bool {
        self.admitted.borrow_mut().push(format!("{limit:?} {who}"));
        self.limited != Some(limit)
    }

    fn is_interrupted(&self) -> bool {
        self.interrupted_after.is_some_and(|most| self.requests.borrow().len() >= most)
    }

    fn now(&self) -> Duration {
        self.clock.get()
    }

    async fn sleep(&self, time: Duration) {
        if self.sleeps {
            std::future::pending::<()>().await;
        }
        self.clock.set(self.clock.get() + time);
    }

    fn random(&self) -> u64 {
        0x5555_5555_5555_5555
    }
}

/// A database.
pub(crate) fn target() -> Target {
    Target {
        endpoint: "http://data-api".into(),
        resource_arn: "c".into(),
        secret_arn: "s".into(),
        database: "hr".into(),
    }
}

/// An S3.
pub(crate) fn endpoint() -> S3Endpoint {
    S3Endpoint::read(&|name| (name == "AWS_REGION").then(|| "eu-west-1".into())).unwrap()
}

/// Runs a future to its end: nothing in this world ever waits.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("waits for something that is not in this world"),
    }
}

/// Runs a future that gives others a turn now and then.
pub(crate) fn run_in_turns<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    for _ in 0..100_000 {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
    }
    panic!("waits for something that is not in this world")
}

/// Whether one poll brings a future to its end.
pub(crate) fn is_ready<T>(future: &mut std::pin::Pin<Box<impl Future<Output = T>>>) -> bool {
    future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready()
}

pub(crate) fn answer(status: u16, body: &str) -> Result<Response, SendError> {
    Ok(Response { status, headers: Vec::new(), body: body.into() })
}

pub(crate) fn updated(rows: u64) -> Result<Response, SendError> {
    answer(200, &format!(r#"{{"generatedFields":[],"numberOfRecordsUpdated":{rows}}}"#))
}

/// A query's answer of one column of numbers.
pub(crate) fn numbers(numbers: &[u64]) -> Result<Response, SendError> {
    let record = |number: &u64| serde_json::json!([{ "longValue": number }]);
    let records: Value = numbers.iter().map(record).collect();
    answer(200, &serde_json::json!({ "records": records, "numberOfRecordsUpdated": 0 }).to_string())
}

/// A query's answer of one column of texts.
pub(crate) fn texts(texts: &[&str]) -> Result<Response, SendError> {
    let record = |text: &&str| serde_json::json!([{ "stringValue": text }]);
    let records: Value = texts.iter().map(record).collect();
    answer(200, &serde_json::json!({ "records": records, "numberOfRecordsUpdated": 0 }).to_string())
}

/// The ledger's version, and the oldest program's.
pub(crate) fn ledger_version(version: u64, oldest: u64) -> Result<Response, SendError> {
    let row = serde_json::json!([[{ "longValue": version }, { "longValue": oldest }]]);
    answer(200, &serde_json::json!({ "records": row }).to_string())
}

pub(crate) fn begun() -> Result<Response, SendError> {
    answer(200, r#"{"transactionId":"tx-1"}"#)
}

pub(crate) fn ended() -> Result<Response, SendError> {
    answer(200, r#"{"transactionStatus":"Transaction Committed"}"#)
}

pub(crate) fn error(status: u16, error_type: &str) -> Result<Response, SendError> {
    answer(status, &format!(r#"{{"__type":"{error_type}","message":"no"}}"#))
}

pub(crate) fn database_error(number: u16) -> Result<Response, SendError> {
    let message = format!("Ann, 7; Error code: {number}; SQLState: 23000");
    answer(400, &format!(r#"{{"code":"DatabaseErrorException","message":"{message}"}}"#))
}

pub(crate) fn cut() -> Result<Response, SendError> {
    Err(SendError { sent: true, message: "connection reset".into() })
}

pub(crate) fn connection_refused() -> Result<Response, SendError> {
    Err(SendError { sent: false, message: "connection refused".into() })
}

pub(crate) fn key(seed: u8) -> ApiKey {
    let mut byte = seed;
    ApiKey::generate(|| {
        byte = byte.wrapping_mul(5).wrapping_add(77);
        byte
    })
}
