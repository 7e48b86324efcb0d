//! One key of the ring, and its form in `API_KEYS`.

use alloc::borrow::{Cow, ToOwned};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::hex::hex;
use crate::table::date_time;
use crate::table::schema::{Schema, Table};

use super::key::{ApiKey, GATEWAY, ID_LEN};

/// What the ring knows of one key.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyEntry {
    pub(super) id: String,
    /// `None` for a key that API Gateway checks.
    pub(super) digest: Option<[u8; 32]>,
    tables: Tables,
    expires: Option<Expiry>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Tables {
    All,
    Only(Vec<&'static str>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Expiry {
    /// In the canonical form of a date-time column.
    text: String,
    /// Since the Unix epoch.
    time: Duration,
}

/// Shows no digest.
impl fmt::Debug for KeyEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyEntry")
            .field("id", &self.id)
            .field("tables", &self.tables)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

impl KeyEntry {
    /// The entry of a new key, good for every table and without expiry.
    pub fn new(key: &ApiKey) -> Self {
        let id = key.id().to_owned();
        Self { id, digest: Some(key.digest()), tables: Tables::All, expires: None }
    }

    /// The same key, good for these tables only; they may be called by an alias, and `*` alone is
    /// for all.
    pub fn only<S: AsRef<str>>(
        mut self,
        tables: &[S],
        schema: Schema,
    ) -> Result<Self, KeyRingError> {
        self.tables = Tables::read(tables, schema).map_err(KeyRingError)?;
        Ok(self)
    }

    /// The same key until an RFC 3339 date-time, or until a date begins in UTC.
    pub fn until(mut self, text: &str) -> Result<Self, KeyRingError> {
        let midnight = (text.len() == 10).then(|| format!("{text}T00:00:00Z"));
        let expiry = Expiry::read(midnight.as_deref().unwrap_or(text));
        self.expires = Some(expiry.map_err(|what| KeyRingError(what.to_owned()))?);
        Ok(self)
    }

    /// The key's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether the key may write this table.
    pub fn allows(&self, table: &Table) -> bool {
        self.allows_name(table.name)
    }

    /// The same of a table's name.
    pub(crate) fn allows_name(&self, table: &str) -> bool {
        match &self.tables {
            Tables::All => true,
            Tables::Only(names) => names.contains(&table),
        }
    }

    /// The names of the tables that the key may write; `["*"]` stands for all.
    pub fn tables(&self) -> &[&'static str] {
        match &self.tables {
            Tables::All => &["*"],
            Tables::Only(names) => names,
        }
    }

    /// When the key stops being good, as `YYYY-MM-DDTHH:MM:SSZ`.
    pub fn expires(&self) -> Option<&str> {
        self.expires.as_ref().map(|end| end.text.as_str())
    }

    /// Whether it has stopped; `now` is the time since the Unix epoch.
    pub fn has_expired(&self, now: Duration) -> bool {
        self.expires.as_ref().is_some_and(|end| now >= end.time)
    }

    pub(super) fn error(&self, what: &str) -> KeyRingError {
        KeyRingError(format!("key {}: {what}", self.id))
    }

    pub(super) fn from_json(item: EntryJson, schema: Schema) -> Result<Self, KeyRingError> {
        let gateway_id = item.id.strip_prefix(GATEWAY);
        if !gateway_id.map_or_else(|| is_id(&item.id), is_gateway_id) {
            return Err(KeyRingError("an id is not 8 letters and digits".to_owned()));
        }
        let mut entry = Self { id: item.id, digest: None, tables: Tables::All, expires: None };
        if entry.id.starts_with(GATEWAY) != item.sha256.is_none() {
            return Err(entry.error("sha256 stands with every key but those of API Gateway"));
        }
        if let Some(digest) = &item.sha256 {
            let digest = parse_hex(digest);
            let digest =
                digest.ok_or_else(|| entry.error("sha256 is not 64 hexadecimal digits"))?;
            entry.digest = Some(digest);
        }
        if let Some(text) = &item.expires {
            entry.expires = Some(Expiry::read(text).map_err(|what| entry.error(what))?);
        }
        entry.tables = Tables::read(&item.tables, schema).map_err(|what| entry.error(&what))?;
        Ok(entry)
    }

    pub(super) fn to_json(&self) -> String {
        let item = EntryJson {
            id: self.id.clone(),
            sha256: self.digest.map(|digest| hex(&digest)),
            tables: self.tables().iter().map(|&name| name.to_owned()).collect(),
            expires: self.expires().map(ToOwned::to_owned),
        };
        // Only strings are serialized, which cannot fail.
        serde_json::to_string(&item).unwrap_or_default()
    }
}

impl Tables {
    fn read<S: AsRef<str>>(names: &[S], schema: Schema) -> Result<Self, String> {
        if let [all] = names
            && all.as_ref() == "*"
        {
            return Ok(Self::All);
        }
        // A table that is not served has a name, too: its requests are refused with the reasons.
        let find = |name: &S| match schema.table(name.as_ref()) {
            Some(table) => Some(table.name),
            None => schema.why_not(name.as_ref()).map(|unfit| unfit.table),
        };
        let found: Option<Vec<_>> = names.iter().map(find).collect();
        found.map(Self::Only).ok_or_else(|| {
            let known = schema.names().join(", ");
            format!("an unknown table; the tables are {known}, or * alone for all")
        })
    }
}

impl Expiry {
    fn read(text: &str) -> Result<Self, &'static str> {
        let canonical = date_time::canonical(text).map(Cow::into_owned);
        let time = date_time::unix_time(text);
        let (Some(text), Some(time)) = (canonical, time) else {
            return Err("expires is no RFC 3339 date-time from 1970 on");
        };
        Ok(Self { text, time })
    }
}

/// What is wrong with `API_KEYS`; never holds a digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRingError(pub(super) String);

impl fmt::Display for KeyRingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl core::error::Error for KeyRingError {}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EntryJson {
    id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    tables: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
}

fn is_id(text: &str) -> bool {
    text.len() == ID_LEN && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// API Gateway's ids are letters and digits; `*` stands for all that have no entry of their own.
fn is_gateway_id(text: &str) -> bool {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    plain || text == "*"
}

fn parse_hex(text: &str) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, digits) in digest.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(core::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(digest)
}

impl ApiKey {
    /// This key's entry in `API_KEYS`, good for every table and without expiry.
    pub fn entry(&self) -> String {
        KeyEntry::new(self).to_json()
    }
}
