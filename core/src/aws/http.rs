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

/// The most bytes of an answer to what is got as a whole: a page of S3's list has 1,000 keys of 1,024
/// bytes, of which each may be written as an escape of 6.
const LONGEST_LIST: u64 = 8 << 20;

/// The most bytes of any other answer: the Data API's have 1 MiB, however it counts what JSON escapes.
const LONGEST_ANSWER: u64 = 4 << 20;

/// Room for an error in the place of a range.
const LONGEST_ERROR: u64 = 1 << 20;

impl Request {
    /// The most bytes of the answer's body that a host reads; one that is longer is an error.
    ///
    /// It is what a range has that is asked for, with room for an error, 8 MiB of anything else that is
    /// got, and 4 MiB of an answer of the Data API or to what is written.
    pub fn answer_limit(&self) -> usize {
        let range = header(&self.headers, "range").and_then(length_of_range);
        let limit = match (range, self.method) {
            (Some(length), _) => length.saturating_add(LONGEST_ERROR),
            (None, "GET") => LONGEST_LIST,
            (None, _) => LONGEST_ANSWER,
        };
        usize::try_from(limit).unwrap_or(usize::MAX)
    }

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

/// Of `bytes=FIRST-LAST`.
fn length_of_range(range: &str) -> Option<u64> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let (first, last) = (first.parse::<u64>().ok()?, last.parse::<u64>().ok()?);
    last.checked_sub(first)?.checked_add(1)
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

/// Shows neither headers nor body: they may hold rows.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::borrow::ToOwned;

    #[test]
    fn an_answer_may_be_as_long_as_what_is_asked_for() {
        for (range, limit) in [
            (None, 8 << 20),
            (Some("bytes=0-0"), (1 << 20) + 1),
            (Some("bytes=1048576-2097151"), 2 << 20),
            (Some("bytes=0-67108863"), 65 << 20),
            (Some("bytes=5-4"), 8 << 20),
            (Some("bytes=-5"), 8 << 20),
            (Some("bytes=0-18446744073709551615"), 8 << 20),
        ] {
            let headers = range.map(|range| ("range".to_owned(), range.to_owned()));
            let headers = headers.into_iter().collect();
            let url = "https://a.example/".to_owned();
            let request = Request { method: "GET", url, headers, body: Bytes::new() };
            assert_eq!(request.answer_limit(), limit, "{range:?}");
        }
    }

    #[test]
    fn the_answer_to_a_statement_has_a_limit_of_its_own() {
        for (method, limit) in [("POST", 4 << 20), ("PUT", 4 << 20), ("GET", 8 << 20)] {
            let (url, headers) = ("https://a.example/Execute".to_owned(), Vec::new());
            let request = Request { method, url, headers, body: Bytes::new() };
            assert_eq!(request.answer_limit(), limit, "{method}");
        }
    }
}
