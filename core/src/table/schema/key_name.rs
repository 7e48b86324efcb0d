//! The name of a key, as a setting says it.

use alloc::format;
use alloc::string::String;
use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The most bytes of a name in MySQL: 64 characters of at most 3.
const MOST_BYTES: usize = 192;

/// The name of a key, which may or may not be one of a table's.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyName {
    bytes: [u8; MOST_BYTES],
    length: u8,
}

impl KeyName {
    /// `None` of a text that is too long for a name.
    pub fn of(name: &str) -> Option<Self> {
        let mut bytes = [0; MOST_BYTES];
        bytes.get_mut(..name.len())?.copy_from_slice(name.as_bytes());
        Some(Self { bytes, length: u8::try_from(name.len()).ok()? })
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        let name = &self.bytes[..usize::from(self.length)];
        // It was made of a text.
        core::str::from_utf8(name).unwrap_or_default()
    }
}

impl fmt::Debug for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl Serialize for KeyName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for KeyName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let too_long = || format!("a key's name has at most {MOST_BYTES} bytes");
        Self::of(&name).ok_or_else(|| serde::de::Error::custom(too_long()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn a_name_comes_back_as_it_is() {
        for name in ["uq_email", "", "ключ", &"x".repeat(MOST_BYTES)] {
            let json = serde_json::to_string(&KeyName::of(name).unwrap()).unwrap();
            let read: KeyName = serde_json::from_str(&json).unwrap();
            assert_eq!((read.as_str(), json), (name, format!("\"{name}\"")));
        }
        let long = format!("\"{}\"", "x".repeat(MOST_BYTES + 1));
        let error = serde_json::from_str::<KeyName>(&long).unwrap_err();
        assert!(error.to_string().contains("192 bytes"), "{error}");
    }
}
