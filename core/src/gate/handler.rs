//! From a request to its answer: route, key, body, rows, report.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::vec::Vec;
use core::pin::pin;
use core::time::Duration;

use futures_util::future::{Either, select};

use super::api_key::KeyEntry;
use super::body::{Coding, body_time};
use super::budget::{Budget, READING, WORKING, check_alone, kept_bytes, most_bytes};
use super::caller::Caller;
use super::head::{BodyError, Head, within};
use super::health::{deep_health, health, is_deep};
use super::idempotency::{self, idempotency_key, owner};
use super::media::charset;
use super::openapi::openapi;
use super::options::{Options, options};
use super::parameters::parameters;
use super::problem::{Problem, too_many_bytes, too_slow};
use super::report::report_response;
use super::route::{Post, Route};
use super::settings::Settings;
use super::source::RowSource;
use super::time::RequestTime;
use super::{cors, loads};
use crate::aws::host::{Client, Host, RateLimit};
use crate::aws::http::Response;
use crate::format::encoding::Encoding;
use crate::ingest::{IngestOptions, RequestRows, StoreError};
use crate::ledger::RequestToClaim;
use crate::table::schema::Schema;

/// The period of the rate limits in `wrangler.toml`, after which a client may come again.
const RATE_PERIOD_SECONDS: &str = "10";

/// No cache may keep an answer: reports say what a key has sent.
const NOT_TO_BE_KEPT: [&str; 2] = ["cache-control", "no-store"];

const NO_ENTRY: &str = "API_KEYS has no entry gateway:<id of the key> or gateway:*";

/// Answers HTTP requests.
#[derive(Debug)]
pub struct Gate {
    settings: Settings,
    time: RequestTime,
    /// For bodies that are being read.
    reading: Budget,
    /// For what they become.
    working: Budget,
}

/// A request that was let in.
struct Admitted<'r> {
    head: &'r Head,
    caller: Caller<'r>,
    key: &'r KeyEntry,
}

/// A request's rows, and how they are to be taken.
struct PostedRows<'r> {
    admitted: &'r Admitted<'r>,
    post: &'r Post<'r>,
    body: &'r [u8],
}

impl Admitted<'_> {
    /// Where the rows come from, and how they are to be stored, with the tables of a schema.
    fn source(&self, schema: Schema, post: &Post<'_>) -> Result<(RowSource, Options), Problem> {
        let source = post.source(schema, self.key, self.head)?;
        let options = options(&self.head.query, source.table())?;
        let has_time_zone = options.ingest.time_zone.is_some();
        Ok((source.with_dialect(options.dialect.as_ref(), has_time_zone)?, options))
    }
}

impl PostedRows<'_> {
    fn read(&self, schema: Schema, max_rows: u64) -> Result<RequestRows, Problem> {
        let (source, options) = self.admitted.source(schema, self.post)?;
        let mut rows = RequestRows::new(schema, options.ingest).filling(options.filled.into());
        source.read(self.body, self.admitted.key, max_rows, &mut rows)?;
        Ok(rows)
    }
}

impl Gate {
    /// A gate with its settings, and the time that it has for a request.
    pub fn new(settings: Settings, time: RequestTime) -> Self {
        Self { settings, time, reading: Budget::new(READING), working: Budget::new(WORKING) }
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
        let answer = self.answer(host, head, Caller::Unknown(head.api_key()), body).await;
        self.respond(host, head, answer)
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
        self.respond(host, head, answer)
    }

    async fn answer<H: Host>(
        &self,
        host: &H,
        head: &Head,
        caller: Caller<'_>,
        body: impl AsyncFnOnce(usize) -> Result<Vec<u8>, BodyError>,
    ) -> Result<Response, Problem> {
        let route = Route::of(&head.path)?;
        // A browser asks without a key whether it may come with one.
        if head.method == "OPTIONS" {
            return Ok(route.options());
        }
        route.check_method(&head.method)?;
        if matches!(route, Route::Health) && !is_deep(&head.query)? {
            return Ok(health());
        }
        if matches!(route, Route::OpenApi) && matches!(caller, Caller::Unknown("")) {
            parameters(&head.query, &[])?;
            pass_address(host, head).await?;
            return Ok(openapi(self.settings.schema.believed(), None));
        }
        let key = self.admit(host, head, caller).await?;
        let client = self.client(host);
        let reader = loads::LoadReader { owner: &owner(&caller, key), tables: key.tables() };
        match route {
            Route::Health => deep_health(&client).await,
            Route::Loads => loads::list(&client, reader, &head.query).await,
            Route::Load(load_id) => {
                parameters(&head.query, &[])?;
                loads::show(&client, reader, &load_id).await
            }
            Route::Described(described) => {
                parameters(&head.query, &[])?;
                described.answer(&self.settings, key)
            }
            Route::OpenApi => {
                parameters(&head.query, &[])?;
                Ok(openapi(self.settings.schema.believed(), Some(key)))
            }
            Route::Post(post) => {
                let answer = self.post(&client, &Admitted { head, caller, key }, &post, body).await;
                answer.map_err(|problem| match problem.is_of_changed_tables {
                    true if self.settings.schema.doubt(host) => Problem::tables_changed(),
                    _ => problem,
                })
            }
        }
    }

    /// Reads and stores the rows of a request that was let in.
    async fn post<H: Host>(
        &self,
        client: &Client<'_, H>,
        admitted: &Admitted<'_>,
        post: &Post<'_>,
        body: impl AsyncFnOnce(usize) -> Result<Vec<u8>, BodyError>,
    ) -> Result<Response, Problem> {
        let &Admitted { head, caller, key } = admitted;
        let options = self.check_source(client, admitted, post).await?;
        // A dry run has no effect that could be had twice.
        let idempotency_key = idempotency_key(head)?.filter(|_| !options.dry_run);
        let coding = Coding::read(head.header("content-encoding"))?;

        let (limit, max_rows) = (self.settings.max_bytes, self.settings.max_rows);
        let (announced, address) = (self.announced(head)?, head.header("cf-connecting-ip"));
        let announced = announced.unwrap_or(limit);
        let reading = self.reading.reserve(key.id(), address, announced)?;
        let body = self.read(client, body_time(announced), body).await?;
        let body = coding.decode(body, limit)?;
        let most = most_bytes(&body, max_rows, names_encoding(head));
        check_alone(most)?;
        let mut reserved = self.working.reserve(key.id(), address, most)?;
        drop(reading);
        let posted = PostedRows { admitted, post, body: &body };
        let rows = self.take_rows(client, &posted).await?;
        reserved.resize(kept_bytes(body.len(), rows.received(), rows.bytes()))?;

        let Some(idempotency_key) = idempotency_key else {
            drop(body);
            let stored = rows.store(client).await;
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
            content_type: head.header("content-type"),
            body: &body,
        };
        match idempotency::claim(client, &self.settings.lease, &request).await? {
            Ok(claim) => {
                drop(body);
                idempotency::store(client, &claim, rows).await
            }
            Err(answer) => Ok(answer),
        }
    }

    /// Refuses a request whose table, format or query will not do, before its body is read.
    async fn check_source<H: Host>(
        &self,
        client: &Client<'_, H>,
        admitted: &Admitted<'_>,
        post: &Post<'_>,
    ) -> Result<IngestOptions, Problem> {
        let check = |schema| admitted.source(schema, post).map(|(_, options)| options.ingest);
        let schema = &self.settings.schema;
        match check(schema.believed()) {
            // It may fit now.
            Err(problem) if problem.is_of_unfit_table() && schema.doubt(client.host()) => {
                check(self.schema(client).await?)
            }
            checked => checked,
        }
    }

    /// Checks the rows against the live tables; once more where the look at them is not of
    /// this moment and they name what it does not have.
    async fn take_rows<H: Host>(
        &self,
        client: &Client<'_, H>,
        posted: &PostedRows<'_>,
    ) -> Result<RequestRows, Problem> {
        let max_rows = self.settings.max_rows;
        let schema = self.schema(client).await?;
        let rows = posted.read(schema, max_rows)?;
        if !rows.has_unknown_names() || !self.settings.schema.doubt(client.host()) {
            return Ok(rows);
        }
        let now = self.schema(client).await?;
        if now.is(schema) {
            return Ok(rows);
        }
        drop(rows);
        posted.read(now, max_rows)
    }

    /// The tables as they may be written to.
    async fn schema<H: Host>(&self, client: &Client<'_, H>) -> Result<Schema, Problem> {
        let schema = self.settings.schema.current(client).await;
        schema.map_err(|error| Problem::of_store(&StoreError::of_look(&error)))
    }

    fn client<'g, H: Host>(&'g self, host: &'g H) -> Client<'g, H> {
        self.time.client(host, &self.settings.target)
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
        pass_address(host, head).await?;
        let entry = self.settings.keys.check(presented, host.now());
        let entry =
            entry.ok_or_else(|| Problem::new(401, "unauthorized", "x-api-key has no valid key"))?;
        within_limit(host, RateLimit::Key, entry.id()).await?;
        Ok(entry)
    }

    /// The bytes that the body has as it is sent, if it announces them.
    fn announced(&self, head: &Head) -> Result<Option<usize>, Problem> {
        let limit = self.settings.max_bytes;
        match head.header("content-length").parse().ok() {
            Some(length) if length > limit => Err(too_many_bytes(limit)),
            length => Ok(length),
        }
    }

    /// Reads a body that has come in time.
    async fn read<H: Host>(
        &self,
        client: &Client<'_, H>,
        time: Duration,
        body: impl AsyncFnOnce(usize) -> Result<Vec<u8>, BodyError>,
    ) -> Result<Vec<u8>, Problem> {
        let limit = self.settings.max_bytes;
        match select(pin!(body(limit)), pin!(client.host().sleep(time))).await {
            Either::Left((Ok(body), _)) => Ok(body),
            Either::Left((Err(BodyError::TooLarge), _)) => Err(too_many_bytes(limit)),
            Either::Left((Err(BodyError::Broken), _)) => {
                Err(Problem::new(400, "broken_body", "the body ended early"))
            }
            Either::Right(_) => Err(too_slow(time)),
        }
    }

    /// An answer with the headers that every answer has; one to HEAD without its body.
    fn respond<H: Host>(
        &self,
        host: &H,
        head: &Head,
        answer: Result<Response, Problem>,
    ) -> Response {
        let mut response = answer.unwrap_or_else(|problem| problem.response());
        let id = format!("{:016x}{:016x}", host.random(), host.random());
        response.headers.push(("x-request-id".to_owned(), id));
        response.headers.push(NOT_TO_BE_KEPT.map(str::to_owned).into());
        cors::allow(&self.settings.origins, head, &mut response);
        if head.method == "HEAD" {
            response.body.clear();
        }
        response
    }
}

/// Whether a request may name another encoding than UTF-8; more than that is counted for nothing.
fn names_encoding(head: &Head) -> bool {
    let charset = charset(head.header("content-type"));
    charset.is_ok_and(|it| it.is_some_and(|it| it != Encoding::Utf8))
        || head.query.contains("encoding")
}

/// The answer of a door whose settings are missing or invalid; which of them is for its log.
pub fn unconfigured() -> Response {
    let problem =
        Problem::new(500, "unconfigured", "the gateway's settings are missing or invalid");
    let [name, value] = NOT_TO_BE_KEPT;
    problem.header(name, value).response()
}

/// Lets a request in by its address.
async fn pass_address<H: Host>(host: &H, head: &Head) -> Result<(), Problem> {
    match head.header("cf-connecting-ip") {
        "" => Ok(()),
        address => within_limit(host, RateLimit::Address, address).await,
    }
}

async fn within_limit<H: Host>(host: &H, limit: RateLimit, who: &str) -> Result<(), Problem> {
    if host.admit(limit, who).await {
        return Ok(());
    }
    let problem = Problem::new(429, "too_many_requests", "too many requests; slow down");
    Err(problem.header("retry-after", RATE_PERIOD_SECONDS))
}
