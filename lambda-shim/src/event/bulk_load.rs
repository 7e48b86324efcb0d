//! The steps of the state machine that loads files too large for one invocation.

use rowgate_core::{BulkFile, ObjectRef, PlannedRows};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::EventError;

/// One step; `execution` is the name of the machine's execution.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum BulkLoadStep {
    /// Look whether the file can be cut.
    Open { execution: String, object: ObjectRef },
    /// Scan one range.
    Scan { execution: String, file: BulkFile, range: u64 },
    /// Put the scans together.
    Plan { execution: String, file: BulkFile },
    /// Load the part that begins in a range.
    LoadPart { execution: String, file: BulkFile, part: u64, round: u64 },
    /// Compare the counts, and write the report; without a plan there are no rows to compare with.
    Finish {
        execution: String,
        file: BulkFile,
        #[serde(default, deserialize_with = "planned")]
        rows: Option<PlannedRows>,
    },
    /// Load a file that cannot be cut, or go on with it.
    Load { object: ObjectRef, round: u64 },
}

/// A member that is null is a plan that does not say it; without the member there is no plan.
fn planned<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PlannedRows>, D::Error> {
    PlannedRows::deserialize(deserializer).map(Some)
}

/// Reads `{"rowgate":"bulk_load","step":…}`. An error names members, and no value of theirs.
pub(super) fn read(text: &str) -> Result<BulkLoadStep, EventError> {
    let bad = |error| EventError::Bad(format!("the operation bulk_load: {error}"));
    let mut members: Map<String, Value> = serde_json::from_str(text).map_err(bad)?;
    members.remove("rowgate");
    serde_json::from_value(Value::Object(members)).map_err(bad)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{event, written};
    use super::super::{Event, Operation};
    use super::*;

    fn step(text: &str) -> BulkLoadStep {
        match event(text).unwrap() {
            Event::Operation(Operation::BulkLoad(step)) => step,
            other => panic!("not a step: {other:?}"),
        }
    }

    const FILE: &str = r#"{"bucket":"b","key":"jobs/k.csv","version_id":null,"e_tag":"e",
        "sequencer":"0A","size":9,"range_bytes":5,"has_header":true}"#;

    #[test]
    fn a_step_says_which_file_and_which_part_of_it() {
        let open = r#"{"rowgate":"bulk_load","step":"open","execution":"x",
            "object":{"bucket":"b","key":"jobs/k.csv"}}"#;
        let object = written("b", "jobs/k.csv");
        assert_eq!(step(open), BulkLoadStep::Open { execution: "x".to_owned(), object });
        let part = format!(
            r#"{{"rowgate":"bulk_load","step":"load_part","execution":"x","file":{FILE},
            "part":7,"round":1}}"#
        );
        let BulkLoadStep::LoadPart { file, part, .. } = step(&part) else { panic!("{part}") };
        assert_eq!((part, file.size, file.object.sequencer.as_deref()), (7, 9, Some("0A")));
    }

    #[test]
    fn what_is_no_step_is_named() {
        for (members, named) in [
            (r#""step":"drop""#, "unknown variant `drop`"),
            (r#""execution":"x""#, "missing field `step`"),
            (r#""step":"plan","execution":"x""#, "missing field `file`"),
            (r#""step":"open","execution":"x","object":{"bucket":"b"}"#, "missing field `key`"),
            (r#""step":"load","object":{"bucket":"b","key":"k"},"round":0,"at":1"#, "`at`"),
        ] {
            let error = event(&format!(r#"{{"rowgate":"bulk_load",{members}}}"#)).unwrap_err();
            let error = error.to_string();
            assert!(error.starts_with("bad event: the operation bulk_load: "), "{error}");
            assert!(error.contains(named), "{error}");
        }
    }
}
