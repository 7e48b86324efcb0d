//! The HTTP door: key, route, rows, answer. The Worker and API Gateway both come in here.

use alloc::borrow::{Cow, ToOwned};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use serde::Serialize;

use crate::api_key::KeyEntry;
use crate::csv::CsvDecoder;
use crate::host::{Client, Host};
use crate::http::{Response, header};
use crate::ingest::{Intake, OnError, Options, Report, StoreError};
use crate::json::{self, JsonError, Part};
use crate::schema::{self, Table};
use crate::settings::Settings;

/// How long a request may try to get through to the database.
const TIME: Duration = Duration::from_secs(25);

/// How long a client should wait when the database is not available.
const RETRY_AFTER_SECONDS: &str = "5";

/// A request without its body.
#[derive(Debug, Clone, Default)]
pub struct Head {
    /// Such as `POST`.
    pub method: String,
    /// From the first slash to the query, as it was sent.
    pub path: String,
    /// Behind the `?`, as it was sent; empty if there is none.
    pub query: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
}

/// Why a body could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyError {
    /// It has more bytes than the limit that the reader was given.
    TooLarge,
    /// It ended early or could not be read.
    Broken,
}

/// Answers HTTP requests.
#[derive(Debug)]
pub struct Gate {
    settings: Settings,
}

impl Gate {
    /// A gate with its settings.
    pub fn new(settings: Settings) -> Self {
        Self { settings }
    }

    /// Answers a request.
    ///
    /// `body` is called at most once, with the most bytes that it may return, and never for a
    /// request without a valid key. Every answer has an `x-request-id`.
    pub async fn handle<H: Host>(
        &self,
        host: &H,
        head: &Head,
        body: impl AsyncFnOnce(usize) -> Result<Vec<u8>, BodyError>,
    ) -> Response {
        let answer = self.answer(host, head, body).await;
        let mut response = answer.unwrap_or_else(|problem| problem.response());
        let id = format!("{:016x}{:016x}", host.random(), host.random());
        response.headers.push(("x-request-id".to_owned(), id));
        response
    }

    async fn answer<H: Host>(
        &self,
        host: &H,
        head: &Head,
        body: impl AsyncFnOnce(usize) -> Result<Vec<u8>, BodyError>,
    ) -> Result<Response, Problem> {
        let post = match Route::of(head)? {
            Route::Health => return Ok(health()),
            Route::Post(post) => post,
        };
        let key = self.admit(host, head)?;
        let source = post.source(key, head)?;
        let options = options(&head.query)?;

        let body = self.read(head, body).await?;
        let mut intake = Intake::new(options);
        let max_rows = self.settings.max_rows;
        source.read(&body, key, max_rows, &mut intake)?;
        drop(body);

        let client = Client::new(host, &self.settings.target, TIME);
        let report = intake.store(&client).await.map_err(|error| Problem::of_store(&error))?;
        Ok(report_response(&report))
    }

    fn admit<H: Host>(&self, host: &H, head: &Head) -> Result<&KeyEntry, Problem> {
        let presented = header(&head.headers, "x-api-key").unwrap_or_default();
        let entry = self.settings.keys.check(presented, host.now());
        entry.ok_or_else(|| Problem::new(401, "unauthorized", "x-api-key has no valid key"))
    }

    async fn read(
        &self,
        head: &Head,
        body: impl AsyncFnOnce(usize) -> Result<Vec<u8>, BodyError>,
    ) -> Result<Vec<u8>, Problem> {
        let limit = self.settings.max_bytes;
        let too_large =
            || Problem::new(413, "too_many_bytes", format!("at most {limit} bytes in one request"));
        let announced = header(&head.headers, "content-length").and_then(|text| text.parse().ok());
        if announced.is_some_and(|length: usize| length > limit) {
            return Err(too_large());
        }
        body(limit).await.map_err(|error| match error {
            BodyError::TooLarge => too_large(),
            BodyError::Broken => Problem::new(400, "broken_body", "the body ended early"),
        })
    }
}

enum Route<'h> {
    Health,
    Post(Post<'h>),
}

/// The routes that take rows.
enum Post<'h> {
    Tables,
    Table(&'h str),
}

impl<'h> Route<'h> {
    fn of(head: &'h Head) -> Result<Self, Problem> {
        let segments: Vec<&str> = head.path.trim_start_matches('/').split('/').collect();
        let (method, route) = match segments.as_slice() {
            ["health"] => ("GET", Self::Health),
            ["insert_data"] => ("POST", Self::Post(Post::Tables)),
            ["tables", table, "rows"] => ("POST", Self::Post(Post::Table(table))),
            _ => return Err(Problem::new(404, "unknown_route", "there is no such route")),
        };
        if head.method == method {
            return Ok(route);
        }
        let problem = Problem::new(405, "wrong_method", format!("this route takes {method}"));
        Err(problem.header("allow", method))
    }
}

/// Where the rows of a request come from.
enum Source {
    JsonTables,
    JsonRows(&'static Table),
    Csv(&'static Table),
}

impl Post<'_> {
    fn source(&self, key: &KeyEntry, head: &Head) -> Result<Source, Problem> {
        let content_type = header(&head.headers, "content-type").unwrap_or_default();
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        let is = |name: &str| media_type.eq_ignore_ascii_case(name);
        match self {
            Self::Tables if is("application/json") => Ok(Source::JsonTables),
            Self::Tables => Err(unsupported("application/json")),
            Self::Table(name) => {
                let table = schema::table(name)
                    .ok_or_else(|| Problem::new(404, "unknown_table", "there is no such table"))?;
                allow(key, table)?;
                match () {
                    () if is("application/json") => Ok(Source::JsonRows(table)),
                    () if is("text/csv") => Ok(Source::Csv(table)),
                    () => Err(unsupported("application/json, text/csv")),
                }
            }
        }
    }
}

fn unsupported(accept: &'static str) -> Problem {
    let detail = format!("content-type must be one of: {accept}");
    Problem::new(415, "unsupported_media_type", detail).header("accept", accept)
}

fn allow(key: &KeyEntry, table: &Table) -> Result<(), Problem> {
    if key.allows(table) {
        return Ok(());
    }
    let detail = format!("this key is not good for table {}", table.name);
    Err(Problem::new(403, "table_not_allowed", detail))
}

impl Source {
    /// Fills the intake from a body.
    fn read(
        &self,
        body: &[u8],
        key: &KeyEntry,
        max_rows: u64,
        intake: &mut Intake,
    ) -> Result<(), Problem> {
        let mut refused = None;
        let sink = |part: Part<'_>| match take(part, key, max_rows, intake) {
            Ok(()) => true,
            Err(problem) => {
                refused = Some(problem);
                false
            }
        };
        let read = match self {
            Self::JsonTables => json::decode_tables(body, sink),
            Self::JsonRows(table) => json::decode_rows(body, table, sink),
            Self::Csv(table) => decode_csv(body, table, sink),
        };
        read.map_err(|error| refused.unwrap_or_else(|| Problem::of_json(error)))
    }
}

/// Puts one part of a body into the intake, unless the request as a whole is to be refused.
fn take(part: Part<'_>, key: &KeyEntry, max_rows: u64, intake: &mut Intake) -> Result<(), Problem> {
    match part {
        Part::Table(table) => {
            allow(key, table)?;
            intake.table(table);
        }
        Part::Fault(table, kind) => intake.fault(table, kind),
        Part::Row(table, row) => {
            if intake.received() >= max_rows {
                let detail = format!("at most {max_rows} rows in one request");
                return Err(Problem::new(413, "too_many_rows", detail));
            }
            intake.row(table, row);
        }
    }
    Ok(())
}

fn decode_csv(
    mut body: &[u8],
    table: &'static Table,
    mut sink: impl FnMut(Part<'_>) -> bool,
) -> Result<(), JsonError> {
    let go_on = |taken: bool| if taken { Ok(()) } else { Err(JsonError::Stopped) };
    let mut decoder = CsvDecoder::new(table);
    go_on(sink(Part::Table(table)))?;
    while let Some(row) = decoder.next_row(&mut body) {
        go_on(sink(Part::Row(table, row)))?;
    }
    decoder.finish().map_or(Ok(()), |row| go_on(sink(Part::Row(table, row))))
}

/// Reads the query; a parameter that is not known is refused, since it was meant to do something.
fn options(query: &str) -> Result<Options, Problem> {
    let mut options = Options::default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match (&*name, &*value) {
            ("on_error", "reject") => options.on_error = OnError::Reject,
            ("on_error", "skip") => options.on_error = OnError::Skip,
            ("strict", "true") => options.strict = true,
            ("strict", "false") => options.strict = false,
            ("on_error", _) => return Err(bad_parameter("on_error is reject or skip")),
            ("strict", _) => return Err(bad_parameter("strict is true or false")),
            _ => return Err(bad_parameter("the parameters are on_error and strict")),
        }
    }
    Ok(options)
}

fn bad_parameter(detail: &'static str) -> Problem {
    Problem::new(400, "bad_parameter", detail)
}

fn health() -> Response {
    #[derive(Serialize)]
    struct Health {
        status: &'static str,
        version: &'static str,
    }
    json_response(200, &Health { status: "ok", version: env!("CARGO_PKG_VERSION") })
}

fn report_response(report: &Report) -> Response {
    if report.is_refused() {
        let invalid: u64 = report.tables().iter().map(|table| table.invalid).sum();
        let received: u64 = report.tables().iter().map(|table| table.received).sum();
        let detail = format!("{invalid} of {received} rows are invalid; nothing was stored");
        let problem = Problem::new(422, "invalid_rows", detail);
        return problem_response(&problem, Some(report));
    }
    json_response(if report.is_complete() { 200 } else { 207 }, report)
}

/// An answer that says no, by RFC 9457.
#[derive(Debug)]
struct Problem {
    status: u16,
    /// The last part of the problem's type.
    name: &'static str,
    detail: Cow<'static, str>,
    headers: Vec<(String, String)>,
}

impl Problem {
    fn new(status: u16, name: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { status, name, detail: detail.into(), headers: Vec::new() }
    }

    fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    fn response(self) -> Response {
        problem_response(&self, None)
    }

    fn of_json(error: JsonError) -> Self {
        match error {
            JsonError::Syntax { line, column } => {
                Self::new(400, "not_json", format!("no valid JSON at line {line}, column {column}"))
            }
            JsonError::Shape { expected } => {
                Self::new(400, "wrong_shape", format!("the body must be {expected}"))
            }
            // The sink only stops with a problem of its own.
            JsonError::Stopped => Self::new(500, "internal", "reading stopped"),
        }
    }

    fn of_store(error: &StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) | StoreError::Deadlock(_) => {
                Self::new(503, "database_unavailable", "nothing was stored; try again")
                    .header("retry-after", RETRY_AFTER_SECONDS)
            }
            StoreError::OutcomeUnknown(_) => Self::new(
                504,
                "outcome_unknown",
                "the database gave no clear answer: all of the rows are stored, or none",
            ),
            StoreError::Exists => Self::new(
                409,
                "exists",
                "a row with a key of this request exists already; nothing was stored",
            ),
            StoreError::Refused(cause) => {
                Self::new(500, "database_refused", format!("nothing was stored: {cause}"))
            }
            StoreError::WrongCount { .. } => Self::new(500, "wrong_count", error.to_string()),
        }
    }
}

fn problem_response(problem: &Problem, report: Option<&Report>) -> Response {
    #[derive(Serialize)]
    struct Document<'p> {
        r#type: String,
        title: &'static str,
        status: u16,
        detail: &'p str,
        #[serde(flatten)]
        report: Option<&'p Report>,
    }
    let document = Document {
        r#type: format!("urn:rowgate:problem:{}", problem.name),
        title: title(problem.status),
        status: problem.status,
        detail: &problem.detail,
        report,
    };
    let mut response = json_response(problem.status, &document);
    response.headers[0].1 = "application/problem+json".to_owned();
    response.headers.extend(problem.headers.iter().cloned());
    response
}

/// The status's name in RFC 9110.
fn title(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Content",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Internal Server Error",
    }
}

fn json_response(status: u16, body: &impl Serialize) -> Response {
    Response {
        status,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        // Maps with string keys and numbers always serialize.
        body: serde_json::to_vec(body).unwrap_or_default(),
    }
}
