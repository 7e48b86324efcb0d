//! Settings of the HTTP API, read once at start.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::api_key::KeyRing;
use crate::aws::data_api::Target;
use crate::base::lookup::{Lookup, SettingsError, invalid, number, required};
use crate::ledger::Lease;
use crate::sql::live_schema::LiveSchema;
use crate::table::schema::Schema;

/// What an HTTP door needs.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The tables, and how long a look at them is believed (`SCHEMA_LOOK_SECONDS`, 60).
    pub schema: LiveSchema,
    /// Where the rows go.
    pub target: Target,
    /// Who may send them (`API_KEYS`).
    pub keys: KeyRing,
    /// The most rows in one request (`MAX_ROWS`, 10,000).
    pub max_rows: u64,
    /// The most bytes in one request's body (`MAX_BYTES`, 4 MiB).
    pub max_bytes: usize,
    /// Whose pages may read the answers (`CORS_ORIGINS`, none).
    pub origins: Origins,
    /// How long a request with an `Idempotency-Key` is held (`LEDGER_LEASE_SECONDS`, 120).
    pub lease: Lease,
}

impl Settings {
    /// Reads them all; the error names every one that is missing.
    pub fn read(lookup: Lookup<'_>, schema: Schema) -> Result<Self, SettingsError> {
        let target = Target::read(lookup)?;
        let [keys] = required(lookup, ["API_KEYS"])?;
        Ok(Self {
            schema: LiveSchema::read(lookup, schema)?,
            target,
            keys: KeyRing::from_json(&keys, schema)
                .map_err(|error| invalid("API_KEYS", &error.to_string()))?,
            max_rows: number(lookup, "MAX_ROWS")?.unwrap_or(10_000),
            max_bytes: number(lookup, "MAX_BYTES")?.unwrap_or(4 << 20),
            origins: Origins::read(lookup)?,
            lease: Lease::read(lookup)?,
        })
    }
}

/// The origins of pages in browsers that may read answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origins {
    /// None but the gateway's own.
    None,
    /// All.
    Any,
    /// These, each as a browser writes it: `https://example.com`.
    Only(Vec<String>),
}

impl Origins {
    /// Reads `CORS_ORIGINS`: nothing, `*`, or origins with commas between them.
    fn read(lookup: Lookup<'_>) -> Result<Self, SettingsError> {
        let text = lookup("CORS_ORIGINS").unwrap_or_default();
        let origins: Vec<&str> =
            text.split(',').map(str::trim).filter(|origin| !origin.is_empty()).collect();
        match origins.as_slice() {
            [] => Ok(Self::None),
            ["*"] => Ok(Self::Any),
            origins if origins.iter().copied().all(is_origin) => {
                Ok(Self::Only(origins.iter().map(|&origin| origin.to_owned()).collect()))
            }
            _ => Err(invalid(
                "CORS_ORIGINS",
                "not * and not origins such as https://example.com, in lower case, without a path, \
                 with commas between them",
            )),
        }
    }
}

/// Whether a browser would write an origin like this.
fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let is_part_of_host = |byte: u8| match byte {
        b'a'..=b'z' | b'0'..=b'9' => true,
        byte => b"-.:[]_".contains(&byte),
    };
    host.is_some_and(|host| !host.is_empty() && host.bytes().all(is_part_of_host))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::schema::OFFICE;

    fn lookup(name: &str) -> Option<String> {
        let value = match name {
            "AWS_REGION" => "eu-west-1",
            "DB_CLUSTER_ARN" => "cluster",
            "DB_SECRET_ARN" => "secret",
            "DB_NAME" => "hr",
            "API_KEYS" => "[]",
            _ => return None,
        };
        Some(value.to_owned())
    }

    #[test]
    fn defaults_stand_where_nothing_is_set() {
        let settings = Settings::read(&lookup, OFFICE).unwrap();
        assert_eq!(settings.target.endpoint, "https://rds-data.eu-west-1.amazonaws.com");
        assert_eq!((settings.max_rows, settings.max_bytes), (10_000, 4_194_304));
    }

    #[test]
    fn origins_are_none_all_or_a_list() {
        let origins = |text: &'static str| {
            Origins::read(&|name| (name == "CORS_ORIGINS").then(|| text.to_owned()))
        };
        let only = |list: &[&str]| Origins::Only(list.iter().map(|&it| it.to_owned()).collect());
        for (text, expected) in [
            ("", Origins::None),
            (" , ", Origins::None),
            ("*", Origins::Any),
            ("https://example.com", only(&["https://example.com"])),
            (
                "https://a.example , http://127.0.0.1:8080,",
                only(&["https://a.example", "http://127.0.0.1:8080"]),
            ),
            ("http://[::1]:3000", only(&["http://[::1]:3000"])),
        ] {
            assert_eq!(origins(text), Ok(expected), "{text}");
        }
        assert_eq!(Origins::read(&|_| None), Ok(Origins::None));
        for text in [
            "example.com",
            "https://",
            "https://example.com/",
            "https://Example.com",
            "https://*.example.com",
            "*, https://example.com",
            "null",
        ] {
            assert!(origins(text).is_err(), "{text}");
        }
    }

    #[test]
    fn every_missing_setting_is_named() {
        let error =
            Settings::read(&|name| (name == "DB_NAME").then(String::new), OFFICE).unwrap_err();
        assert_eq!(
            error.to_string(),
            "settings missing: AWS_REGION, DB_CLUSTER_ARN, DB_SECRET_ARN, DB_NAME"
        );
    }

    #[test]
    fn an_invalid_value_is_named_and_not_shown() {
        for name in ["MAX_ROWS", "MAX_BYTES", "API_KEYS"] {
            let settings = |asked: &str| {
                if asked == name { Some("s3cret".to_owned()) } else { lookup(asked) }
            };
            let error = Settings::read(&settings, OFFICE).unwrap_err().to_string();
            assert!(error.contains(name) && !error.contains("s3cret"), "{error}");
        }
    }
}
