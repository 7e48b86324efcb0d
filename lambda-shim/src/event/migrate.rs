//! The operation that brings the tables up to date.

use serde::Deserialize;

use super::EventError;
use super::backup::members;

/// What to do with the tables.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Migrate {
    #[serde(rename = "rowgate")]
    _operation: String,
    /// Only to compare them with the schema.
    #[serde(default)]
    pub(crate) check: bool,
}

/// Reads `{"rowgate":"migrate",…}`.
pub(super) fn read(text: &str) -> Result<Migrate, EventError> {
    members(text, "migrate")
}

#[cfg(test)]
mod tests {
    use super::super::tests::event;
    use super::super::{Event, Operation};

    fn only_checks(text: &str) -> bool {
        match event(text).unwrap() {
            Event::Operation(Operation::Migrate(migrate)) => migrate.check,
            other => panic!("not a migration: {other:?}"),
        }
    }

    #[test]
    fn it_writes_unless_it_is_only_to_check() {
        assert!(!only_checks(r#"{"rowgate":"migrate"}"#));
        assert!(only_checks(r#"{"rowgate":"migrate","check":true}"#));
        let error = event(r#"{"rowgate":"migrate","users":true}"#).unwrap_err().to_string();
        assert!(error.contains("the operation migrate: unknown field `users`"), "{error}");
    }
}
