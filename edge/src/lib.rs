//! The rowgate gateway as a Cloudflare Worker: converts in, calls the core's gate, converts out.

mod headers;
mod host;
mod pieces;

use std::cell::OnceCell;
use std::error::Error;
use std::time::Duration;

use futures_util::FutureExt;
use js_sys::Uint8Array;
use js_sys::futures::JsFuture;
use rowgate_core::schema::Schema;
use rowgate_core::{BodyError, Credentials, Gate, Head, RequestTime, Settings, unconfigured};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Request, Response, ResponseInit};
use worker::{Context, Env, console_error, console_log, event};

use host::{Limits, WorkerHost};

/// A paused cluster takes half a minute to resume; a Worker may run for as long as its client waits.
const WAKE_UP: Duration = Duration::from_secs(45);

/// What is left after that for the rest of a request.
const LAST_CALL: Duration = Duration::from_secs(60);

thread_local! {
    /// What this isolate read when it started.
    static SCHEMA: OnceCell<Result<Schema, String>> = const { OnceCell::new() };

    /// What this isolate read from its settings when its first request came.
    static DOOR: OnceCell<&'static Door> = const { OnceCell::new() };
}

struct Door {
    gate: Gate,
    host: WorkerHost,
}

/// The tables are read before a request is there. What is wrong with them is said when one comes: a start that
/// fails would be said nowhere.
#[event(start)]
fn start() {
    _ = schema();
}

#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> worker::Result<Response> {
    let door = match door(&env) {
        Ok(door) => door,
        Err(error) => {
            console_error!("{error}");
            return convert(&unconfigured());
        }
    };
    // The runtime drops what a client that hangs up has begun, but not what it is told to wait for: the
    // transaction is ended, and the answer stored.
    let answer = answer(door, request).shared();
    context.wait_until(answer.clone().map(drop));
    convert(&answer.await)
}

async fn answer(door: &Door, request: Request) -> rowgate_core::Response {
    let head = head(&request);
    let read = async |limit| read(&request, &head, limit).await;
    let answer = door.gate.handle(&door.host, &head, read).await;
    let id = answer.header("x-request-id").unwrap_or_default();
    console_log!(
        "{{\"request_id\":\"{id}\",\"method\":\"{}\",\"status\":{},\"memory\":{}}}",
        head.method,
        answer.status,
        memory(),
    );
    answer
}

/// The bytes of the isolate's linear memory, which never becomes smaller.
fn memory() -> usize {
    const PAGE: usize = 64 << 10;
    core::arch::wasm32::memory_size::<0>() * PAGE
}

fn convert(answer: &rowgate_core::Response) -> worker::Result<Response> {
    let init = ResponseInit::new();
    init.set_status(answer.status);
    init.set_headers_headers(&headers::write(&answer.headers)?);
    // A status such as 204 takes none, not even one without bytes.
    let body = (!answer.body.is_empty()).then(|| Uint8Array::from(answer.body.as_slice()));
    Ok(Response::new_with_opt_js_u8_array_and_init(body.as_ref(), &init)?)
}

/// Settings are read once; they live as long as the isolate.
fn door(env: &Env) -> Result<&'static Door, Box<dyn Error>> {
    if let Some(door) = DOOR.with(|door| door.get().copied()) {
        return Ok(door);
    }
    let lookup = |name: &str| env.var(name).ok().map(|value| value.to_string());
    let host = WorkerHost {
        credentials: Credentials::read(&lookup)?,
        region: lookup("AWS_REGION").unwrap_or_default(),
        limits: Limits {
            address: env.rate_limiter("ADDRESS_LIMIT")?,
            key: env.rate_limiter("KEY_LIMIT")?,
        },
    };
    let settings = Settings::read(&lookup, schema()?)?;
    let gate = Gate::new(settings, RequestTime::waiting(WAKE_UP, LAST_CALL));
    let opened = Box::leak(Box::new(Door { gate, host }));
    DOOR.with(|door| Ok(*door.get_or_init(|| opened)))
}

/// The tables, or why there are none.
fn schema() -> Result<Schema, String> {
    let read = || read_schema().map_err(|error| error.to_string());
    SCHEMA.with(|schema| schema.get_or_init(read).clone())
}

/// Reads the tables of which `tables.js` gives the bytes. Others are never served in their place.
fn read_schema() -> Result<Schema, Box<dyn Error>> {
    let given = js_sys::Reflect::get(&js_sys::global(), &"rowgateSchema".into());
    let Ok(bytes) = given.unwrap_or_default().dyn_into::<Uint8Array>() else {
        return Err("there are no tables: the Worker's entry has to be worker.js".into());
    };
    Ok(Schema::from_json(&String::from_utf8(bytes.to_vec())?)?)
}

fn head(request: &Request) -> Head {
    let url = request.url();
    let (path, query) = path_and_query(&url);
    Head {
        method: request.method(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: headers::read(&request.headers()),
    }
}

/// Takes a URL apart that the runtime has parsed and written: the first slash after the host begins
/// the path, and what is no delimiter is encoded. (To parse it again would need a quarter of all
/// that the Worker has.)
fn path_and_query(url: &str) -> (&str, &str) {
    let url = url.split('#').next().unwrap_or_default();
    let (_, rest) = url.split_once("://").unwrap_or_default();
    let path = rest.find('/').map_or("/", |slash| &rest[slash..]);
    path.split_once('?').unwrap_or((path, ""))
}

/// A body that announces its length is read at once, and no other: one over the limit is never to be
/// held whole.
async fn read(request: &Request, head: &Head, limit: usize) -> Result<Vec<u8>, BodyError> {
    let body = match announced(head) {
        Some(length) if length <= limit => read_whole(request).await,
        _ => pieces::read(request.body(), limit).await,
    }?;
    if body.len() > limit { Err(BodyError::TooLarge) } else { Ok(body) }
}

/// The runtime lets no more come in than this.
fn announced(head: &Head) -> Option<usize> {
    let (_, length) = head.headers.iter().find(|(name, _)| name == "content-length")?;
    length.parse().ok()
}

async fn read_whole(request: &Request) -> Result<Vec<u8>, BodyError> {
    let broken = |_: JsValue| BodyError::Broken;
    let body = JsFuture::from(request.array_buffer().map_err(broken)?).await.map_err(broken)?;
    Ok(Uint8Array::new(&body).to_vec())
}
