//! Members of a JSON object, by their names.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::error::EventError;

/// How many members an error names.
const NAMES: usize = 20;

/// An object's members, not looked into.
pub(crate) struct Members<'e>(BTreeMap<Cow<'e, str>, &'e RawValue>);

impl<'e> Members<'e> {
    pub(crate) fn read(text: &'e str) -> Result<Self, EventError> {
        let kind = match text.trim_start().bytes().next() {
            Some(b'{') => return parse(text, "the event").map(Self),
            Some(b'[') => "a JSON array",
            Some(b'"') => "a JSON string",
            Some(b't' | b'f') => "a JSON boolean",
            Some(b'n') => "a JSON null",
            Some(b'-' | b'0'..=b'9') => "a JSON number",
            _ => "not JSON",
        };
        Err(EventError::Unknown(kind.to_owned()))
    }

    pub(super) fn has(&self, names: &[&str]) -> bool {
        names.iter().all(|name| self.0.contains_key(*name))
    }

    /// Reads one member; a missing one counts as null.
    pub(crate) fn parse<T: Deserialize<'e>>(&self, name: &str) -> Result<T, EventError> {
        parse(self.0.get(name).map_or("null", |value| value.get()), name)
    }

    pub(super) fn unknown(&self) -> EventError {
        let names: Vec<&str> = self.0.keys().take(NAMES).map(AsRef::as_ref).collect();
        let more = if self.0.len() > NAMES { ", …" } else { "" };
        EventError::Unknown(match names.as_slice() {
            [] => "an empty object".to_owned(),
            names => format!("an object with members {}{more}", names.join(", ")),
        })
    }
}

/// Parses JSON; the error says where and not what, since serde_json's own quotes values.
pub(super) fn parse<'e, T: Deserialize<'e>>(text: &'e str, what: &str) -> Result<T, EventError> {
    serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let problem = if error.is_data() { "not in the documented form" } else { "not JSON" };
        EventError::Bad(format!("{what}: {problem} at line {line}, column {column}"))
    })
}
