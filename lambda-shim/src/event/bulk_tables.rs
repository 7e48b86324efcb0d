//! The steps of a backup and a restore that a state machine makes, of tables past one invocation.

use rowgate_core::avro::Codec;
use rowgate_core::backup::OnObstacle;
use rowgate_core::backup::bulk::{Opening as OpenedRun, PartItem, PartWritten};
use rowgate_core::restore::bulk::{Comparison, Done, Item, Opening as OpenedRestore};
use rowgate_core::restore::{Mode, Wanted};
use rowgate_core::schema::{Schema, Table};
use serde::Deserialize;

use super::backup::{codec, members, on_obstacle, tables};
use super::{EventError, Members};

const BACKUP: &str = "bulk_backup";
const RESTORE: &str = "bulk_restore";

/// A step of a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BulkBackup {
    Open(BackupOpen),
    Part(BackupPart),
    Finish(BackupFinish),
}

/// What to back up, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BackupOpen {
    /// Parents first.
    pub(crate) tables: Vec<&'static Table>,
    pub(crate) codec: Codec,
    pub(crate) on_obstacle: OnObstacle,
    /// How many backups stay, this one among them.
    pub(crate) keep: Option<usize>,
    pub(crate) bucket: Option<String>,
}

/// A part that is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BackupPart {
    pub(crate) run: String,
    pub(crate) codec: Codec,
    pub(crate) item: PartItem,
    pub(crate) bucket: Option<String>,
}

/// All that has come back.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct BackupFinish {
    #[serde(flatten)]
    pub(crate) opening: OpenedRun,
    pub(crate) done: Vec<PartWritten>,
    pub(crate) keep: Option<usize>,
    pub(crate) bucket: Option<String>,
}

/// A step of a restore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BulkRestore {
    Open(RestoreOpen),
    Part(RestorePart),
    Compare(RestoreCompare),
    Finish(RestoreFinish),
    Report(RestoreFinish),
    Abandon(RestoreAbandon),
}

/// What to restore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RestoreOpen {
    sources: Vec<String>,
    tables: Vec<&'static Table>,
    /// Whether live tables that change meanwhile are swapped all the same.
    pub(crate) force: bool,
    pub(crate) bucket: Option<String>,
}

impl RestoreOpen {
    pub(crate) fn wanted(&self) -> Wanted<'_> {
        Wanted { sources: &self.sources, tables: &self.tables, mode: Mode::Replace }
    }
}

/// One part of the work.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct RestorePart {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) run: Option<String>,
    pub(crate) item: Item,
    pub(crate) bucket: Option<String>,
}

/// All that has come back of the files, and of the live tables.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct RestoreCompare {
    #[serde(flatten)]
    pub(crate) opening: OpenedRestore,
    pub(crate) done: Vec<Done>,
    #[serde(default)]
    pub(crate) force: bool,
    pub(crate) bucket: Option<String>,
}

/// All that has come back of the comparison, or once the tables are swapped, of the old ones.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct RestoreFinish {
    #[serde(flatten)]
    pub(crate) comparison: Comparison,
    pub(crate) done: Vec<Done>,
    #[serde(default)]
    pub(crate) force: bool,
    pub(crate) bucket: Option<String>,
}

/// A restore that is given up.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct RestoreAbandon {
    pub(crate) id: String,
    pub(crate) bucket: Option<String>,
}

/// Reads `{"rowgate":"bulk_backup","step":…}`.
pub(super) fn read_backup(text: &str) -> Result<BulkBackup, EventError> {
    Ok(match step(text)?.as_str() {
        "open" => BulkBackup::Open(backup_open(members(text, BACKUP)?)?),
        "part" => {
            let Part { run, codec: name, item, bucket } = members(text, BACKUP)?;
            BulkBackup::Part(BackupPart { run, codec: codec(&name)?, item, bucket })
        }
        "finish" => BulkBackup::Finish(members(text, BACKUP)?),
        _ => return Err(bad(BACKUP, "no such step; there is: open, part, finish")),
    })
}

/// Reads `{"rowgate":"bulk_restore","step":…}`.
pub(super) fn read_restore(text: &str) -> Result<BulkRestore, EventError> {
    Ok(match step(text)?.as_str() {
        "open" => BulkRestore::Open(restore_open(members(text, RESTORE)?)?),
        "part" => BulkRestore::Part(members(text, RESTORE)?),
        "compare" => BulkRestore::Compare(members(text, RESTORE)?),
        "finish" => BulkRestore::Finish(members(text, RESTORE)?),
        "report" => BulkRestore::Report(members(text, RESTORE)?),
        "abandon" => BulkRestore::Abandon(members(text, RESTORE)?),
        _ => {
            let steps = "no such step; there is: open, part, compare, finish, report, abandon";
            return Err(bad(RESTORE, steps));
        }
    })
}

fn step(text: &str) -> Result<String, EventError> {
    Members::read(text)?.parse("step")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OpenBackup {
    #[serde(rename = "rowgate")]
    _operation: String,
    #[serde(rename = "step")]
    _step: String,
    tables: Option<Vec<String>>,
    codec: Option<String>,
    obstacles: Option<String>,
    keep: Option<usize>,
    bucket: Option<String>,
}

fn backup_open(members: OpenBackup) -> Result<BackupOpen, EventError> {
    let OpenBackup { tables: names, codec: name, obstacles, keep, bucket, .. } = members;
    if keep == Some(0) {
        return Err(bad(BACKUP, "keep is too small"));
    }
    Ok(BackupOpen {
        tables: names.map_or(Ok(Schema::compiled().tables().iter().collect()), |names| {
            tables(&names, BACKUP)
        })?,
        codec: name.map_or(Ok(Codec::Snappy), |name| codec(&name))?,
        on_obstacle: on_obstacle(obstacles.as_deref(), BACKUP)?,
        keep,
        bucket,
    })
}

#[derive(Deserialize)]
struct Part {
    run: String,
    codec: String,
    item: PartItem,
    bucket: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OpenRestore {
    #[serde(rename = "rowgate")]
    _operation: String,
    #[serde(rename = "step")]
    _step: String,
    sources: Vec<String>,
    tables: Option<Vec<String>>,
    #[serde(default)]
    mode: Mode,
    #[serde(default)]
    force: bool,
    bucket: Option<String>,
}

fn restore_open(members: OpenRestore) -> Result<RestoreOpen, EventError> {
    let OpenRestore { sources, tables: names, mode, force, bucket, .. } = members;
    if sources.is_empty() {
        return Err(bad(RESTORE, "sources is empty"));
    }
    if mode == Mode::Merge {
        return Err(bad(RESTORE, "mode is replace; the operation restore merges"));
    }
    let tables = names.map_or(Ok(Vec::new()), |names| tables(&names, RESTORE))?;
    Ok(RestoreOpen { sources, tables, force, bucket })
}

fn bad(operation: &str, problem: &str) -> EventError {
    EventError::Bad(format!("the operation {operation}: {problem}"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::event;
    use super::super::{Event, Operation};
    use super::*;

    fn backup(members: &str) -> BulkBackup {
        match event(&format!(r#"{{"rowgate":"bulk_backup",{members}}}"#)).unwrap() {
            Event::Operation(Operation::BulkBackup(step)) => *step,
            other => panic!("not a step of a backup: {other:?}"),
        }
    }

    fn restore(members: &str) -> BulkRestore {
        match event(&format!(r#"{{"rowgate":"bulk_restore",{members}}}"#)).unwrap() {
            Event::Operation(Operation::BulkRestore(step)) => *step,
            other => panic!("not a step of a restore: {other:?}"),
        }
    }

    #[test]
    fn a_backup_is_opened_with_everything_or_with_what_is_said() {
        let BulkBackup::Open(all) = backup(r#""step":"open""#) else { panic!("not opened") };
        assert_eq!(
            (all.tables.len(), all.codec, all.keep),
            (Schema::compiled().tables().len(), Codec::Snappy, None)
        );
        let said = r#""step":"open","tables":["jobs"],"codec":"null","keep":3,"bucket":"b""#;
        let BulkBackup::Open(said) = backup(said) else { panic!("not opened") };
        assert_eq!((said.tables[0].name, said.codec, said.keep), ("jobs", Codec::Null, Some(3)));
    }

    #[test]
    fn a_part_of_a_backup_is_a_range_of_keys() {
        let item = r#""item":{"table":"jobs","part":7,"after":"-5","until":null}"#;
        let step = format!(r#""step":"part","run":"r","codec":"snappy","bucket":null,{item}"#);
        let BulkBackup::Part(part) = backup(&step) else { panic!("not a part") };
        let BackupPart { run, item, bucket, .. } = part;
        assert_eq!((run.as_str(), item.table.as_str(), item.part), ("r", "jobs", 7));
        assert_eq!((item.span.after, item.span.until, bucket), (Some(-5), None, None));
    }

    #[test]
    fn what_has_come_back_is_read_with_what_was_opened() {
        let opened =
            r#""run":"r","started":"s","codec":"null","tables":[{"table":"jobs","parts":2}]"#;
        let done =
            r#"{"table":"jobs","part":1,"rows":0,"checksum":"0000000000000000","file":null}"#;
        let step = format!(r#""step":"finish",{opened},"done":[{done}],"keep":null"#);
        let BulkBackup::Finish(finish) = backup(&step) else { panic!("not an end") };
        assert_eq!((finish.opening.tables[0].parts, finish.done[0].part), (2, 1));
    }

    #[test]
    fn a_restore_goes_on_with_what_it_was_told() {
        let BulkRestore::Open(open) = restore(r#""step":"open","sources":["latest"]"#) else {
            panic!("not opened")
        };
        assert_eq!((open.wanted().sources.len(), open.force), (1, false));
        let item = r#""item":{"live":{"table":"jobs","number":1,"after":"9","until":"10"}}"#;
        let step = format!(r#""step":"part","id":"i","run":null,"bucket":null,{item}"#);
        let BulkRestore::Part(part) = restore(&step) else { panic!("not a part") };
        let Item::Live(range) = part.item else { panic!("not a range") };
        assert_eq!((range.number, range.span.until), (1, Some(10)));
    }

    #[test]
    fn what_cannot_be_done_is_named() {
        for (text, named) in [
            (r#"{"rowgate":"bulk_backup"}"#, "step"),
            (r#"{"rowgate":"bulk_backup","step":"s3cret"}"#, "open, part, finish"),
            (r#"{"rowgate":"bulk_backup","step":"open","tables":[]}"#, "tables is empty"),
            (r#"{"rowgate":"bulk_backup","step":"open","keep":0}"#, "keep is too small"),
            (r#"{"rowgate":"bulk_backup","step":"open","parallel":2}"#, "unknown field `parallel`"),
            (r#"{"rowgate":"bulk_backup","step":"part","run":"r"}"#, "missing field `codec`"),
            (r#"{"rowgate":"bulk_restore","step":"s3cret"}"#, "open, part, compare"),
            (r#"{"rowgate":"bulk_restore","step":"open","sources":[]}"#, "sources is empty"),
            (
                r#"{"rowgate":"bulk_restore","step":"open","sources":["a"],"mode":"merge"}"#,
                "mode is replace",
            ),
        ] {
            let error = event(text).unwrap_err().to_string();
            assert!(error.contains(named) && !error.contains("s3cret"), "{error}");
        }
    }
}
