//! What lets a page of another origin send requests and read the answers: the Fetch Standard's CORS.

use alloc::borrow::ToOwned;

use super::head::Head;
use super::settings::Origins;
use crate::aws::http::Response;

/// What a page may read of an answer, beside its body and its content type.
const EXPOSED: &str = "idempotent-replayed, retry-after, x-request-id";

/// What a page may send.
const METHODS: &str = "GET, HEAD, POST";
const HEADERS: &str = "content-encoding, content-type, idempotency-key, x-api-key";

/// How long a browser may remember that, in seconds: no browser does so for longer than a day.
const MAX_AGE: &str = "86400";

/// Adds what the setting says to an answer.
pub(super) fn allow(origins: &Origins, head: &Head, response: &mut Response) {
    let mut add = |name: &str, value: &str| {
        response.headers.push((name.to_owned(), value.to_owned()));
    };
    let origin = head.header("origin");
    let allowed = match origins {
        Origins::None => return,
        Origins::Any => "*",
        Origins::Only(known) => {
            // Another origin gets another answer, which a cache must know.
            add("vary", "origin");
            match known.iter().find(|known| *known == origin) {
                Some(origin) => origin,
                None => return,
            }
        }
    };
    add("access-control-allow-origin", allowed);
    if head.method == "OPTIONS" {
        add("access-control-allow-methods", METHODS);
        add("access-control-allow-headers", HEADERS);
        add("access-control-max-age", MAX_AGE);
    } else {
        add("access-control-expose-headers", EXPOSED);
    }
}
