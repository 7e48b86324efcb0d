//! The names that a server on this machine answers to.
//!
//! A page in a browser reaches every port of this machine. It cannot choose the header `Host`, which
//! has the page's own name even if that name has been made to lead here, nor the header `Origin`.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// The hosts that lead to one server, and its port.
///
/// In the header `Host` any port will do: a proxy on this machine passes on a signed request as it
/// came, and a page can be told by the host alone. In `Origin` the port must be the server's own.
#[derive(Debug)]
pub(crate) struct OwnNames {
    hosts: [String; 4],
    port: u16,
}

impl OwnNames {
    pub(crate) fn of(address: SocketAddr) -> Self {
        let bound = SocketAddr::new(address.ip(), 0).to_string();
        let bound = bound.trim_end_matches(":0").to_owned();
        let [v4, name, v6] = ["127.0.0.1", "localhost", "[::1]"].map(str::to_owned);
        Self { hosts: [v4, name, v6, bound], port: address.port() }
    }

    /// Why a request is for another server or from a foreign page, if it is.
    fn refusal(&self, request: &Request) -> Option<(StatusCode, &'static str)> {
        let target = request.uri().authority();
        let is_here = target.is_none_or(|target| self.is_own_host(target.as_str()));
        if !is_here || !self.is_for_this(request.headers()) {
            return Some((StatusCode::MISDIRECTED_REQUEST, WRONG_HOST));
        }
        let mut origins = request.headers().get_all(header::ORIGIN).iter();
        let is_foreign =
            origins.any(|origin| !origin.to_str().is_ok_and(|it| self.is_own_page(it)));
        is_foreign.then_some((StatusCode::FORBIDDEN, WRONG_ORIGIN))
    }

    /// Whether the header `Host` is there once, with an own host.
    fn is_for_this(&self, headers: &HeaderMap) -> bool {
        let mut values = headers.get_all(header::HOST).iter();
        let value = values.next().and_then(|value| value.to_str().ok());
        values.next().is_none() && value.is_some_and(|value| self.is_own_host(value))
    }

    fn is_own_page(&self, origin: &str) -> bool {
        let name = origin.strip_prefix("http://");
        let split = name.and_then(|name| name.rsplit_once(':'));
        split.is_some_and(|(host, port)| self.contain(host) && port == self.port.to_string())
    }

    fn is_own_host(&self, name: &str) -> bool {
        let port = name.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok());
        let is_bare_address = name.ends_with(']');
        self.contain(port.filter(|_| !is_bare_address).map_or(name, |(host, _)| host))
    }

    fn contain(&self, host: &str) -> bool {
        self.hosts.iter().any(|own| own.eq_ignore_ascii_case(host))
    }
}

const WRONG_HOST: &str = "The header Host must name this machine, as in 127.0.0.1 or localhost: \
    this server answers to no other name.\n";
const WRONG_ORIGIN: &str = "The header Origin names another server: pages of others are refused.\n";

/// Passes on what is for this server, and refuses the rest with 421 or 403 before it is read.
pub(crate) async fn admit(
    State(names): State<Arc<OwnNames>>,
    request: Request,
    next: Next,
) -> Response {
    match names.refusal(&request) {
        Some(refusal) => refusal.into_response(),
        None => next.run(request).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(uri: &str, headers: &[(&str, &str)]) -> Option<u16> {
        let names = OwnNames::of(([127, 0, 0, 1], 4321).into());
        let mut request = Request::builder().uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(axum::body::Body::empty()).unwrap();
        names.refusal(&request).map(|(status, _)| status.as_u16())
    }

    #[test]
    fn own_names_are_admitted() {
        for host in ["127.0.0.1", "127.0.0.1:80", "localhost", "[::1]", "[::1]:80"] {
            assert_eq!(status("/a", &[("host", host)]), None, "{host}");
        }
        for host in ["127.0.0.1:4321", "localhost:4321", "LOCALHOST:4321", "[::1]:4321"] {
            assert_eq!(status("/a", &[("host", host)]), None, "{host}");
            let origin = format!("http://{host}");
            assert_eq!(status("/a", &[("host", host), ("origin", &origin)]), None, "{host}");
        }
        assert_eq!(status("http://localhost:4321/a", &[("host", "localhost:4321")]), None);
    }

    #[test]
    fn other_names_are_refused() {
        let own = ("host", "127.0.0.1:4321");
        for host in [
            "evil.example",
            "evil.example:4321",
            "127.0.0.2",
            "127.0.0.1:",
            "127.0.0.1:x",
            "[::2]:4321",
            "::1",
            "127.0.0.1:4321.evil.example",
            "localhost.evil.example:4321",
            "a@127.0.0.1:4321",
            "",
        ] {
            assert_eq!(status("/a", &[("host", host)]), Some(421), "{host}");
        }
        assert_eq!(status("/a", &[]), Some(421));
        assert_eq!(status("/a", &[own, own]), Some(421));
        assert_eq!(status("http://evil.example/a", &[own]), Some(421));
        for origin in
            ["null", "http://evil.example", "https://127.0.0.1:4321", "http://127.0.0.1:4322"]
        {
            assert_eq!(status("/a", &[own, ("origin", origin)]), Some(403), "{origin}");
        }
        let good = ("origin", "http://127.0.0.1:4321");
        assert_eq!(status("/a", &[own, good, ("origin", "null")]), Some(403));
    }
}
