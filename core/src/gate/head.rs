//! A request without its body, and what can be wrong with the body.

use alloc::string::String;
use alloc::vec::Vec;

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

impl Head {
    /// The first header of this name, without the blanks around it; empty if there is none.
    pub(super) fn header(&self, name: &str) -> &str {
        self.values(name).next().unwrap_or_default()
    }

    pub(super) fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        let named = self.headers.iter().filter(move |(header, _)| header == name);
        named.map(|(_, value)| value.trim_matches([' ', '\t']))
    }

    /// The key that is presented; two are none.
    pub(super) fn api_key(&self) -> &str {
        let mut keys = self.values("x-api-key");
        keys.next().filter(|_| keys.next().is_none()).unwrap_or_default()
    }
}

/// Why a body could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyError {
    /// It has more bytes than the limit that the reader was given.
    TooLarge,
    /// It ended early or could not be read.
    Broken,
}

pub(super) fn within(body: Vec<u8>, limit: usize) -> Result<Vec<u8>, BodyError> {
    if body.len() > limit { Err(BodyError::TooLarge) } else { Ok(body) }
}
