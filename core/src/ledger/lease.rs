//! How long a claim lasts.

use alloc::format;
use alloc::string::{String, ToString};
use core::time::Duration;

use crate::base::lookup::{Lookup, SettingsError, invalid};

/// How long a holder may be silent unless it is told otherwise. Longer than a call to the Data API
/// can take; short enough that the second of S3's retries, three minutes later, finds it over.
const LEASE: Duration = Duration::from_secs(120);

/// How long a claim lasts without a sign of life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Seconds, as the text of a statement.
    pub(super) seconds: String,
    time: Duration,
}

impl Lease {
    /// Reads `LEDGER_LEASE_SECONDS` (120); tests shorten it, also to parts of a second.
    pub fn read(lookup: Lookup<'_>) -> Result<Self, SettingsError> {
        const NAME: &str = "LEDGER_LEASE_SECONDS";
        let Some(text) = lookup(NAME).filter(|text| !text.is_empty()) else {
            return Ok(Self::default());
        };
        let seconds = text.parse().ok().filter(|seconds| (0.001..=86_400.0).contains(seconds));
        let seconds: f64 = seconds.ok_or_else(|| invalid(NAME, "not between 0.001 and 86400"))?;
        let time = Duration::from_secs_f64(seconds);
        Ok(Self { seconds: format!("{seconds:.3}"), time })
    }

    /// One of so many seconds.
    pub(crate) fn of_seconds(seconds: u32) -> Self {
        Self { seconds: seconds.to_string(), time: Duration::from_secs(seconds.into()) }
    }

    /// After how long it is renewed: early enough for a second try.
    pub(crate) fn renewal(&self) -> Duration {
        self.time / 3
    }
}

impl Default for Lease {
    fn default() -> Self {
        Self { seconds: LEASE.as_secs().to_string(), time: LEASE }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::borrow::ToOwned;

    #[test]
    fn a_lease_is_read() {
        let read = |text: &str| Lease::read(&|_| Some(text.to_owned())).map(|it| it.seconds);
        assert_eq!(read(""), Ok("120".to_owned()));
        assert_eq!(read("0.5"), Ok("0.500".to_owned()));
        for text in ["0", "-1", "NaN", "inf", "soon", "1e9"] {
            assert!(read(text).unwrap_err().to_string().contains("LEDGER_LEASE_SECONDS"), "{text}");
        }
    }
}
