//! API keys: what they look like, and the ring of digests that they are checked against.
//!
//! A key is `rg`, 8 characters of id and 32 of secret, all of `0-9A-Za-z`; the same form serves
//! as an API Gateway key (20 to 128 alphanumeric characters). Only digests are stored. A secret
//! of 190 random bits needs no slow hash: there is nothing to guess.

mod entry;
mod key;
mod ring;

pub use entry::{KeyEntry, KeyRingError};
pub use key::ApiKey;
pub use ring::{KEY_LIMIT, KeyRing};
