//! The requests that rowgate sends and the answers it gets.
//!
//! Types of our own, since the `http` crate does not build without `std`; each shell converts.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use bytes::Bytes;

/// A request with its whole body.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST`, `PUT`.
    pub method: &'static str,
    /// Scheme, host, path and query, already encoded.
    pub url: String,
    /// Names in lower case; `host` and `content-length` are left to the transport.
    pub headers: Vec<(String, String)>,
    /// The whole body; shared, so that a large one can be sent again without a copy.
    pub body: Bytes,
}

/// An answer with its whole body; every status is an answer, not an error.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Request {
    /// Whether the path has a segment `.` or `..`, which what sends it would take away: the request
    /// would go elsewhere than it was signed for.
    pub(crate) fn has_dot_segment(&self) -> bool {
        let path = self.url.split(['?', '#']).next().unwrap_or_default();
        path.split('/').any(|segment| {
            let segment = segment.to_ascii_lowercase().replace("%2e", ".");
            matches!(segment.as_str(), "." | "..")
        })
    }
}

impl Response {
    /// The first header of this name; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }
}

/// The first header of this name; `name` in lower case.
pub(crate) fn header<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    let (_, value) = headers.iter().find(|(header, _)| header == name)?;
    Some(value)
}

/// Shows neither headers nor body: the one has credentials, the other rows.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("url", &self.url)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Shows neither headers nor body: rows may stand in it.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}
