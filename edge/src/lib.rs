//! The rowgate gateway as a Cloudflare Worker: converts in, calls the core's gate, converts out.

mod host;

use std::cell::OnceCell;
use std::error::Error;

use futures_util::StreamExt;
use rowgate_core::{BodyError, Credentials, Gate, Head, Settings, unconfigured};
use worker::{Context, Env, Headers, Request, Response, Result, console_error, console_log, event};

use host::{Limits, WorkerHost};

thread_local! {
    /// What this isolate read from its settings when its first request came.
    static DOOR: OnceCell<&'static Door> = const { OnceCell::new() };
}

struct Door {
    gate: Gate,
    host: WorkerHost,
}

#[event(fetch)]
async fn fetch(mut request: Request, env: Env, _context: Context) -> Result<Response> {
    let door = match door(&env) {
        Ok(door) => door,
        Err(error) => {
            console_error!("{error}");
            return convert(unconfigured());
        }
    };
    let head = head(&request)?;
    let answer =
        door.gate.handle(&door.host, &head, async |limit| read(&mut request, limit).await).await;

    let id = answer.header("x-request-id").unwrap_or_default();
    console_log!(
        "{{\"request_id\":\"{id}\",\"method\":\"{}\",\"status\":{}}}",
        request.method(),
        answer.status
    );
    convert(answer)
}

fn convert(answer: rowgate_core::Response) -> Result<Response> {
    let headers = Headers::from_iter(&answer.headers);
    Ok(Response::from_bytes(answer.body)?.with_status(answer.status).with_headers(headers))
}

/// Settings are read once; they live as long as the isolate.
fn door(env: &Env) -> core::result::Result<&'static Door, Box<dyn Error>> {
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
    let opened = Box::leak(Box::new(Door { gate: Gate::new(Settings::read(&lookup)?), host }));
    DOOR.with(|door| Ok(*door.get_or_init(|| opened)))
}

fn head(request: &Request) -> Result<Head> {
    let url = request.url()?;
    Ok(Head {
        method: request.method().to_string(),
        path: url.path().to_owned(),
        query: url.query().unwrap_or_default().to_owned(),
        headers: request.headers().entries().collect(),
    })
}

/// Reads the body piece by piece, so that one over the limit is never held whole.
async fn read(request: &mut Request, limit: usize) -> core::result::Result<Vec<u8>, BodyError> {
    if request.inner().body().is_none() {
        return Ok(Vec::new());
    }
    let mut stream = request.stream().map_err(|_| BodyError::Broken)?;
    let mut body = Vec::new();
    while let Some(piece) = stream.next().await {
        let piece = piece.map_err(|_| BodyError::Broken)?;
        if body.len() + piece.len() > limit {
            return Err(BodyError::TooLarge);
        }
        body.extend(piece);
    }
    Ok(body)
}
