//! The HTTP door: key, route, rows, answer. The Worker and API Gateway both come in here.

mod idempotency;
mod loads;
mod options;
mod problem;
mod source;

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;

use serde::Serialize;

use crate::api_key::KeyEntry;
use crate::data_api::ExecuteStatement;
use crate::host::{Client, Host, RateLimit, Repeat};
use crate::http::{Response, header};
use crate::ingest::{Intake, Report, TableReport, Verdict};
use crate::ledger::RequestToClaim;
use crate::settings::Settings;

use idempotency::{idempotency_key, owner};
use options::options;
use problem::{Problem, json_response, problem_response};

/// How long a request may try to get through to the database.
const TIME: Duration = Duration::from_secs(25);

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

/// Who sends a request.
#[derive(Clone, Copy)]
enum Caller<'h> {
    /// Whoever has the key that was presented.
    Unknown(&'h str),
    /// Whom API Gateway has let in, by the id of the key.
    Admitted(&'h str),
}

impl Caller<'_> {
    /// Where the request came in, for the history.
    fn door(&self) -> &'static str {
        match self {
            Self::Unknown(_) => "http",
            Self::Admitted(_) => "gateway",
        }
    }
}

const NO_ENTRY: &str = "API_KEYS has no entry gateway:<id of the key> or gateway:*";

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
        let caller = Caller::Unknown(header(&head.headers, "x-api-key").unwrap_or_default());
        let answer = self.answer(host, head, caller, body).await;
        respond(host, answer)
    }

    /// Answers a request whose key API Gateway has checked.
    ///
    /// `api_key_id` is the id that API Gateway gave the key (not the key); the entry
    /// `gateway:<id>` of `API_KEYS`, else `gateway:*`, says which tables it may write.
    pub async fn handle_admitted<H: Host>(
        &self,
        host: &H,
        head: &Head,
        api_key_id: &str,
        body: Result<Vec<u8>, BodyError>,
    ) -> Response {
        let read = async |limit| body.and_then(|body| within(body, limit));
        let answer = self.answer(host, head, Caller::Admitted(api_key_id), read).await;
        respond(host, answer)
    }

    async fn answer<H: Host>(
        &self,
        host: &H,
        head: &Head,
        caller: Caller<'_>,
        body: impl AsyncFnOnce(usize) -> Result<Vec<u8>, BodyError>,
    ) -> Result<Response, Problem> {
        let route = Route::of(head)?;
        if let Route::Health { deep: false } = route {
            return Ok(health());
        }
        let key = self.admit(host, head, caller).await?;
        let client = self.client(host);
        match route {
            Route::Health { .. } => deep_health(&client).await,
            Route::Loads => loads::list(&client, &owner(&caller, key), &head.query).await,
            Route::Load(load_id) => loads::show(&client, &owner(&caller, key), load_id).await,
            Route::Post(post) => self.post(&client, head, &post, caller, key, body).await,
        }
    }

    /// Reads and stores the rows of a request that was let in.
    async fn post<H: Host>(
        &self,
        client: &Client<'_, H>,
        head: &Head,
        post: &Post<'_>,
        caller: Caller<'_>,
        key: &KeyEntry,
        body: impl AsyncFnOnce(usize) -> Result<Vec<u8>, BodyError>,
    ) -> Result<Response, Problem> {
        let source = post.source(key, head)?;
        let options = options(&head.query)?;
        // A dry run has no effect that could be had twice.
        let idempotency_key = idempotency_key(head)?.filter(|_| !options.dry_run);

        let _reserved = self.reserve(self.body_limit(head)?)?;
        let body = self.read(body).await?;
        let mut intake = Intake::new(options);
        source.read(&body, key, self.settings.max_rows, &mut intake)?;

        let Some(idempotency_key) = idempotency_key else {
            drop(body);
            let stored = intake.store(client).await;
            return stored
                .map(|report| report_response(&report))
                .map_err(|error| Problem::of_store(&error));
        };
        let request = RequestToClaim {
            door: caller.door(),
            key_id: &owner(&caller, key),
            idempotency_key,
            method: &head.method,
            path: &head.path,
            query: &head.query,
            content_type: header(&head.headers, "content-type").unwrap_or_default(),
            body: &body,
        };
        match idempotency::claim(client, &self.settings.lease, &request).await? {
            Ok(claim) => {
                drop(body);
                idempotency::store(client, &claim, intake).await
            }
            Err(answer) => Ok(answer),
        }
    }

    fn client<'g, H: Host>(&'g self, host: &'g H) -> Client<'g, H> {
        Client::new(host, &self.settings.target, TIME)
    }

    /// Lets a request in by its address and key.
    async fn admit<H: Host>(
        &self,
        host: &H,
        head: &Head,
        caller: Caller<'_>,
    ) -> Result<&KeyEntry, Problem> {
        let presented = match caller {
            Caller::Unknown(presented) => presented,
            Caller::Admitted(id) => {
                let entry = self.settings.keys.admitted(id, host.now());
                return entry.ok_or_else(|| Problem::new(403, "key_not_allowed", NO_ENTRY));
            }
        };
        if let Some(address) = header(&head.headers, "cf-connecting-ip") {
            within_limit(host, RateLimit::Address, address).await?;
        }
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

fn respond<H: Host>(host: &H, answer: Result<Response, Problem>) -> Response {
    let mut response = answer.unwrap_or_else(|problem| problem.response());
    let id = format!("{:016x}{:016x}", host.random(), host.random());
    response.headers.push(("x-request-id".to_owned(), id));
    response
}

fn within(body: Vec<u8>, limit: usize) -> Result<Vec<u8>, BodyError> {
    if body.len() > limit { Err(BodyError::TooLarge) } else { Ok(body) }
}

/// The answer of a door whose settings do not do; what is wrong with them is for its log.
pub fn unconfigured() -> Response {
    Problem::new(500, "unconfigured", "the gateway's settings do not do").response()
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
    /// The key's loads.
    Loads,
    /// One of them.
    Load(&'h str),
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
            ["loads"] => ("GET", Self::Loads),
            ["loads", load_id] => ("GET", Self::Load(load_id)),
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

fn health() -> Response {
    #[derive(Serialize)]
    struct Health {
        status: &'static str,
        version: &'static str,
    }
    json_response(200, &Health { status: "ok", version: env!("CARGO_PKG_VERSION") })
}

async fn deep_health<H: Host>(client: &Client<'_, H>) -> Result<Response, Problem> {
    let call = ExecuteStatement { sql: "SELECT 1", ..ExecuteStatement::default() };
    match client.call(&call, Repeat::Harmless).await {
        Ok(_) => Ok(health()),
        Err(error) => Err(Problem::unavailable("database_unavailable", error.to_string())),
    }
}

fn report_response(report: &Report) -> Response {
    let sum = |count: fn(&TableReport) -> u64| report.tables().iter().map(count).sum::<u64>();
    let (invalid, received) = (sum(|table| table.invalid), sum(|table| table.received));
    match report.verdict() {
        Verdict::Complete => json_response(200, report),
        Verdict::Partial => json_response(207, report),
        Verdict::Invalid => {
            let problem = match report.refusal() {
                Some(kind) => Problem::new(422, kind.code(), kind.to_string()),
                None => {
                    let detail =
                        format!("{invalid} of {received} rows are invalid; nothing was stored");
                    Problem::new(422, "invalid_rows", detail)
                }
            };
            problem_response(&problem, Some(report))
        }
        Verdict::Conflict => {
            let detail = format!("{invalid} of {received} rows exist; nothing was stored");
            problem_response(&Problem::new(409, "exists", detail), Some(report))
        }
    }
}
