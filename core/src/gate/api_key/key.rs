//! A key as its holder has it.

use alloc::borrow::ToOwned;
use alloc::string::String;
use core::fmt;

use sha2::{Digest, Sha256};

const PREFIX: &str = "rg";

pub(super) const ID_LEN: usize = 8;

const SECRET_LEN: usize = 32;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// How the id of an entry begins that is for a key of API Gateway.
pub(super) const GATEWAY: &str = "gateway:";

/// A whole key, secret included.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

impl ApiKey {
    /// Makes a key from random bytes.
    ///
    /// `random` must come from a cryptographic source. A byte beyond the alphabet's last full
    /// round is thrown away, so that every character is equally likely.
    pub fn generate(mut random: impl FnMut() -> u8) -> Self {
        let mut key = PREFIX.to_owned();
        while key.len() < PREFIX.len() + ID_LEN + SECRET_LEN {
            let byte = usize::from(random());
            if byte < 256 - 256 % ALPHABET.len() {
                key.push(char::from(ALPHABET[byte % ALPHABET.len()]));
            }
        }
        Self(key)
    }

    /// Reads a key; `None` if the text does not have a key's form.
    pub fn parse(text: &str) -> Option<Self> {
        let body = text.strip_prefix(PREFIX)?;
        let well_formed =
            body.len() == ID_LEN + SECRET_LEN && body.bytes().all(|b| b.is_ascii_alphanumeric());
        well_formed.then(|| Self(text.to_owned()))
    }

    /// The part that may be shown and logged.
    pub fn id(&self) -> &str {
        &self.0[PREFIX.len()..PREFIX.len() + ID_LEN]
    }

    /// The whole key, to be shown once to whom it is made for.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// SHA-256 of the whole key.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }
}

/// Shows the id only.
impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ApiKey").field(&format_args!("{}…", self.id())).finish()
    }
}
