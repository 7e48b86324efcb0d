//! The coding of a request's body, and how long it may take to come.

use alloc::vec::Vec;
use core::time::Duration;

use super::problem::{Problem, too_many_bytes};

/// How long any body may take.
const LEAST_TIME: Duration = Duration::from_secs(10);

/// The least bytes a second of a long one.
const LEAST_RATE: usize = 128 << 10;

/// How long a body of so many bytes may take to come: who sends it more slowly holds memory that others
/// need.
pub(super) fn body_time(bytes: usize) -> Duration {
    LEAST_TIME + Duration::from_secs((bytes / LEAST_RATE) as u64)
}

/// How a body is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Identity,
    Gzip,
}

/// What is told to a client whose coding is unknown.
const ACCEPTED: &str = if cfg!(feature = "gzip") { "gzip, identity" } else { "identity" };

impl Coding {
    /// Reads the value of Content-Encoding; empty if there is none.
    pub(super) fn read(content_encoding: &str) -> Result<Self, Problem> {
        let codings = content_encoding.split(',').map(str::trim);
        let is_coded = |it: &&str| !it.is_empty() && !it.eq_ignore_ascii_case("identity");
        let mut codings = codings.filter(is_coded);
        match (codings.next(), codings.next()) {
            (None, _) => Ok(Self::Identity),
            (Some(name), None) if is_gzip(name) => Ok(Self::Gzip),
            _ => Err(unsupported()),
        }
    }

    /// The body as it was before it was coded, of at most `limit` bytes; no more than that is ever
    /// unpacked.
    pub(super) fn decode(self, body: Vec<u8>, limit: usize) -> Result<Vec<u8>, Problem> {
        let decoded = match self {
            Self::Identity => body,
            Self::Gzip => gunzip(&body, limit)?,
        };
        if decoded.len() > limit { Err(too_many_bytes(limit)) } else { Ok(decoded) }
    }
}

fn is_gzip(name: &str) -> bool {
    cfg!(feature = "gzip") && ["gzip", "x-gzip"].iter().any(|it| name.eq_ignore_ascii_case(it))
}

fn unsupported() -> Problem {
    let detail = alloc::format!("content-encoding must be one of: {ACCEPTED}");
    Problem::new(415, "unsupported_encoding", detail).header("accept-encoding", ACCEPTED)
}

/// Unpacks to one byte more than the limit at most, which shows that there is more.
#[cfg(feature = "gzip")]
fn gunzip(body: &[u8], limit: usize) -> Result<Vec<u8>, Problem> {
    use std::io::Read;

    let mut unpacked = Vec::new();
    let mut decoder = flate2::bufread::MultiGzDecoder::new(body).take(limit as u64 + 1);
    decoder.read_to_end(&mut unpacked).map_err(|_| {
        let detail = "the body is not gzip data, or its gzip data is broken or ends early";
        Problem::new(400, "unreadable_gzip", detail)
    })?;
    Ok(unpacked)
}

#[cfg(not(feature = "gzip"))]
fn gunzip(_: &[u8], _: usize) -> Result<Vec<u8>, Problem> {
    Err(unsupported())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_coding_is_known() {
        for (value, is_known) in [
            ("", true),
            ("identity", true),
            ("Identity, ", true),
            ("gzip", cfg!(feature = "gzip")),
            ("identity, X-GZIP", cfg!(feature = "gzip")),
            ("gzip, gzip", false),
            ("br", false),
            ("gzip, deflate", false),
            ("zstd", false),
            ("gzipped", false),
        ] {
            assert_eq!(Coding::read(value).is_ok(), is_known, "{value}");
        }
    }
}
