//! The HTTP door: key, route, rows, answer. The Worker and API Gateway both come in here.

use alloc::borrow::{Cow, ToOwned};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;

use serde::Serialize;

use crate::api_key::KeyEntry;
use crate::data_api::ExecuteStatement;
use crate::host::{Client, Host, RateLimit, Repeat};
use crate::http::{Response, header};
use crate::ingest::{Intake, OnError, Options, Report, StoreError, TableReport, Verdict};
use crate::json::{self, JsonError, Part};
use crate::lines::{LineDecoder, LineFormat};
use crate::schema::{self, Table};
use crate::settings::Settings;
use crate::statement::OnDuplicate;

/// How long a request may try to get through to the database.
const TIME: Duration = Duration::from_secs(25);

/// How long a client should wait when something is not available.
const RETRY_AFTER_SECONDS: &str = "5";

/// The period of the rate limits in `wrangler.toml`, after which a client may come again.
const RATE_PERIOD_SECONDS: &str = "10";

/// The most bytes of bodies at a time: a quarter of what an isolate has, since rows are held
/// again as the statements they become.
const IN_FLIGHT_LIMIT: usize = 32 << 20;

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
    /// Bytes of bodies that are being read or worked on.
    in_flight: AtomicUsize,
}

impl Gate {
    /// A gate with its settings.
    pub fn new(settings: Settings) -> Self {
        Self { settings, in_flight: AtomicUsize::new(0) }
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
            Route::Health { deep: false } => return Ok(health()),
            Route::Health { deep: true } => return self.deep_health(host, head).await,
            Route::Post(post) => post,
        };
        let key = self.admit(host, head).await?;
        let source = post.source(key, head)?;
        let options = options(&head.query)?;

        let _reserved = self.reserve(self.body_limit(head)?)?;
        let body = self.read(body).await?;
        let mut intake = Intake::new(options);
        source.read(&body, key, self.settings.max_rows, &mut intake)?;
        drop(body);

        let report =
            intake.store(&self.client(host)).await.map_err(|error| Problem::of_store(&error))?;
        Ok(report_response(&report))
    }

    fn client<'g, H: Host>(&'g self, host: &'g H) -> Client<'g, H> {
        Client::new(host, &self.settings.target, TIME)
    }

    async fn deep_health<H: Host>(&self, host: &H, head: &Head) -> Result<Response, Problem> {
        self.admit(host, head).await?;
        let call = ExecuteStatement { sql: "SELECT 1", ..ExecuteStatement::default() };
        match self.client(host).call(&call, Repeat::Harmless).await {
            Ok(_) => Ok(health()),
            Err(error) => Err(Problem::unavailable("database_unavailable", error.to_string())),
        }
    }

    /// Lets a request in by its address and key.
    async fn admit<H: Host>(&self, host: &H, head: &Head) -> Result<&KeyEntry, Problem> {
        if let Some(address) = header(&head.headers, "cf-connecting-ip") {
            within_limit(host, RateLimit::Address, address).await?;
        }
        let presented = header(&head.headers, "x-api-key").unwrap_or_default();
        let entry = self.settings.keys.check(presented, host.now());
        let entry =
            entry.ok_or_else(|| Problem::new(401, "unauthorized", "x-api-key has no valid key"))?;
        within_limit(host, RateLimit::Key, entry.id()).await?;
        Ok(entry)
    }

    /// The most bytes that the body can have: what it announces, else the limit.
    fn body_limit(&self, head: &Head) -> Result<usize, Problem> {
        let limit = self.settings.max_bytes;
        let announced = header(&head.headers, "content-length").and_then(|text| text.parse().ok());
        match announced.unwrap_or(limit) {
            length if length > limit => Err(too_many_bytes(limit)),
            length => Ok(length),
        }
    }

    /// Makes room for a body, or refuses it: an isolate's memory is shared by its requests.
    fn reserve(&self, bytes: usize) -> Result<Reserved<'_>, Problem> {
        let reserved = Reserved { in_flight: &self.in_flight, bytes };
        if self.in_flight.fetch_add(bytes, Ordering::Relaxed) + bytes > IN_FLIGHT_LIMIT {
            return Err(Problem::unavailable("busy", "too many bytes are being worked on"));
        }
        Ok(reserved)
    }

    async fn read(
        &self,
        body: impl AsyncFnOnce(usize) -> Result<Vec<u8>, BodyError>,
    ) -> Result<Vec<u8>, Problem> {
        let limit = self.settings.max_bytes;
        body(limit).await.map_err(|error| match error {
            BodyError::TooLarge => too_many_bytes(limit),
            BodyError::Broken => Problem::new(400, "broken_body", "the body ended early"),
        })
    }
}

fn too_many_bytes(limit: usize) -> Problem {
    Problem::new(413, "too_many_bytes", format!("at most {limit} bytes in one request"))
}

async fn within_limit<H: Host>(host: &H, limit: RateLimit, who: &str) -> Result<(), Problem> {
    if host.admit(limit, who).await {
        return Ok(());
    }
    let problem = Problem::new(429, "too_many_requests", "too many requests; slow down");
    Err(problem.header("retry-after", RATE_PERIOD_SECONDS))
}

/// Room for a body, given back when its request is answered or given up.
struct Reserved<'g> {
    in_flight: &'g AtomicUsize,
    bytes: usize,
}

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        self.in_flight.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

enum Route<'h> {
    Health {
        /// Whether the database is to be asked.
        deep: bool,
    },
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
            ["health"] => ("GET", Self::Health { deep: head.query == "deep" }),
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
    Lines(LineFormat, &'static Table),
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
                    () if is("text/csv") => Ok(Source::Lines(LineFormat::Csv, table)),
                    () if is("application/x-ndjson") => {
                        Ok(Source::Lines(LineFormat::Ndjson, table))
                    }
                    () => Err(unsupported("application/json, application/x-ndjson, text/csv")),
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
            Self::Lines(format, table) => decode_lines(body, *format, table, sink),
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

fn decode_lines(
    mut body: &[u8],
    format: LineFormat,
    table: &'static Table,
    mut sink: impl FnMut(Part<'_>) -> bool,
) -> Result<(), JsonError> {
    let mut decoder = LineDecoder::new(format, table);
    go_on(sink(Part::Table(table)))?;
    while let Some(row) = decoder.next_row(&mut body) {
        go_on(sink(Part::Row(table, row)))?;
    }
    decoder.finish().map_or(Ok(()), |row| go_on(sink(Part::Row(table, row))))
}

fn go_on(taken: bool) -> Result<(), JsonError> {
    if taken { Ok(()) } else { Err(JsonError::Stopped) }
}

/// Reads the query; a parameter that is not known is refused, since it was meant to do something.
fn options(query: &str) -> Result<Options, Problem> {
    let mut options = Options::default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            "on_error" => {
                let known = [("reject", OnError::Reject), ("skip", OnError::Skip)];
                options.on_error = one_of("on_error", &value, &known)?;
            }
            "on_duplicate" => {
                let known = [
                    ("fail", OnDuplicate::Fail),
                    ("keep", OnDuplicate::Keep),
                    ("update", OnDuplicate::Update),
                ];
                options.on_duplicate = one_of("on_duplicate", &value, &known)?;
            }
            "strict" => options.strict = flag("strict", &value)?,
            "check_references" => options.check_references = flag("check_references", &value)?,
            "dry_run" => options.dry_run = flag("dry_run", &value)?,
            _ => {
                let names = "on_error, on_duplicate, strict, check_references and dry_run";
                return Err(bad_parameter(format!("the parameters are {names}")));
            }
        }
    }
    Ok(options)
}

fn flag(name: &str, value: &str) -> Result<bool, Problem> {
    one_of(name, value, &[("true", true), ("false", false)])
}

fn one_of<T: Copy>(name: &str, value: &str, known: &[(&str, T)]) -> Result<T, Problem> {
    let found = known.iter().find(|(text, _)| *text == value);
    found.map(|(_, meaning)| *meaning).ok_or_else(|| {
        let texts: Vec<_> = known.iter().map(|(text, _)| *text).collect();
        bad_parameter(format!("{name} is one of: {}", texts.join(", ")))
    })
}

fn bad_parameter(detail: String) -> Problem {
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
    let sum = |count: fn(&TableReport) -> u64| report.tables().iter().map(count).sum::<u64>();
    let (invalid, received) = (sum(|table| table.invalid), sum(|table| table.received));
    match report.verdict() {
        Verdict::Complete => json_response(200, report),
        Verdict::Partial => json_response(207, report),
        Verdict::Invalid => {
            let detail = format!("{invalid} of {received} rows are invalid; nothing was stored");
            problem_response(&Problem::new(422, "invalid_rows", detail), Some(report))
        }
        Verdict::Conflict => {
            let detail = format!("{invalid} of {received} rows exist; nothing was stored");
            problem_response(&Problem::new(409, "exists", detail), Some(report))
        }
    }
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

    fn unavailable(name: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(503, name, detail).header("retry-after", RETRY_AFTER_SECONDS)
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
            StoreError::Unavailable(_) | StoreError::Interrupted(_) => {
                Self::unavailable("database_unavailable", "nothing was stored; try again")
            }
            StoreError::OutcomeUnknown(_) => Self::new(
                504,
                "outcome_unknown",
                "the database gave no clear answer: all of the rows are stored, or none",
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
        429 => "Too Many Requests",
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
