//! Operations: what an operator or a state machine asks for.

use rowgate_core::ObjectRef;
use serde::Deserialize;

use super::{Backup, BulkBackup, BulkLoadStep, BulkRestore, EventError, Members, Migrate, Restore};
use super::{Verify, backup, bulk_load, bulk_tables, migrate, restore};

/// The operations that there are.
const KNOWN: &str = "load, backup, verify, restore, migrate, bulk_load, bulk_backup, bulk_restore";

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// Load this object.
    Load(ObjectRef),
    /// Back tables up.
    Backup(Backup),
    /// Read a backup, and compare it with its manifest.
    Verify(Verify),
    /// Bring tables back, or say what that would do.
    Restore(Restore),
    /// Bring the tables up to date.
    Migrate(Migrate),
    /// One step of a large file's load.
    BulkLoad(BulkLoadStep),
    /// A step of a backup past one invocation.
    BulkBackup(Box<BulkBackup>),
    /// A step of a restore past one invocation.
    BulkRestore(Box<BulkRestore>),
}

/// Reads `{"rowgate":"load",…}`. An error may name members, since a person has written them.
pub(super) fn read(text: &str) -> Result<Operation, EventError> {
    let name: String = Members::read(text)?.parse("rowgate")?;
    match name.as_str() {
        "load" => {
            let load: Load = serde_json::from_str(text)
                .map_err(|error| EventError::Bad(format!("the operation load: {error}")))?;
            Ok(Operation::Load(load.into()))
        }
        "backup" => backup::read(text).map(Operation::Backup),
        "verify" => backup::read_verify(text).map(Operation::Verify),
        "restore" => restore::read(text).map(Operation::Restore),
        "migrate" => migrate::read(text).map(Operation::Migrate),
        "bulk_load" => bulk_load::read(text).map(Operation::BulkLoad),
        "bulk_backup" => {
            bulk_tables::read_backup(text).map(|step| Operation::BulkBackup(Box::new(step)))
        }
        "bulk_restore" => {
            bulk_tables::read_restore(text).map(|step| Operation::BulkRestore(Box::new(step)))
        }
        _ => Err(EventError::Bad(format!("no such operation; there is: {KNOWN}"))),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Load {
    #[serde(rename = "rowgate")]
    _operation: String,
    bucket: String,
    key: String,
    version_id: Option<String>,
    e_tag: Option<String>,
}

impl From<Load> for ObjectRef {
    fn from(Load { bucket, key, version_id, e_tag, .. }: Load) -> Self {
        Self { bucket, key, version_id, e_tag, sequencer: None }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Event;
    use super::super::tests::{event, written};
    use super::*;

    fn operation(text: &str) -> Operation {
        match event(text).unwrap() {
            Event::Operation(operation) => operation,
            other => panic!("not an operation: {other:?}"),
        }
    }

    #[test]
    fn a_load_names_an_object() {
        assert_eq!(
            operation(r#"{"rowgate":"load","bucket":"b","key":"jobs/a+b.csv"}"#),
            Operation::Load(written("b", "jobs/a+b.csv"))
        );
        let text = r#"{"rowgate":"load","bucket":"b","key":"k","version_id":"v","e_tag":"e"}"#;
        let (version_id, e_tag) = (Some("v".to_owned()), Some("e".to_owned()));
        assert_eq!(
            operation(text),
            Operation::Load(ObjectRef { version_id, e_tag, ..written("b", "k") })
        );
    }

    #[test]
    fn another_operation_is_refused_with_those_there_are() {
        let error = event(r#"{"rowgate":"drop","table":"jobs"}"#).unwrap_err();
        assert_eq!(error.to_string(), format!("bad event: no such operation; there is: {KNOWN}"));
    }

    #[test]
    fn a_missing_or_misspelt_member_is_named() {
        for (text, named) in [
            (r#"{"rowgate":"load","bucket":"b"}"#, "missing field `key`"),
            (r#"{"rowgate":"load","bucket":"b","key":"k","etag":"e"}"#, "unknown field `etag`"),
        ] {
            let error = event(text).unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        }
    }
}
