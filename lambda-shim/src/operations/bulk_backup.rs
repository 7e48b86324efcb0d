//! The operation `bulk_backup`: a step of the state machine that backs up tables past one invocation.

use std::time::Duration;

use rowgate_core::Host;
use rowgate_core::avro::Codec;
use rowgate_core::backup::bulk::{self, Opening, PartItem, PartWritten};
use rowgate_core::backup::{OnObstacle, Place};
use rowgate_core::schema::{Schema, Table};
use serde::{Deserialize, Serialize};
use tracing::info;

use super::backups::{BackupSummary, conclude, within};
use super::members::{bad, codec, members, on_obstacle, tables};
use super::operation::Operation;
use crate::app::App;
use crate::event::{EventError, Members};
use crate::failure::Failure;
use crate::invocation::Invocation;

/// A step of a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum BulkBackup {
    Open(Open),
    Part(Part),
    Finish(Finish),
}

/// What to back up, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Open {
    /// Parents first.
    tables: Vec<&'static Table>,
    codec: Codec,
    on_obstacle: OnObstacle,
    /// How many backups stay, this one among them.
    keep: Option<usize>,
    bucket: Option<String>,
}

/// A part that is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    run: String,
    codec: Codec,
    item: PartItem,
    bucket: Option<String>,
}

/// All that has come back.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Finish {
    #[serde(flatten)]
    opening: Opening,
    done: Vec<PartWritten>,
    keep: Option<usize>,
    bucket: Option<String>,
}

/// What a step answers: what the next one is given, or at the end what was done.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum StepAnswer {
    Opened {
        #[serde(flatten)]
        opening: Opening,
        items: Vec<PartItem>,
        keep: Option<usize>,
        bucket: Option<String>,
    },
    Written(PartWritten),
    Finished(BackupSummary),
}

impl Operation for BulkBackup {
    const NAME: &'static str = "bulk_backup";

    type Answer = StepAnswer;

    fn read(request: &str, schema: Schema) -> Result<Self, EventError> {
        let step: String = Members::read(request)?.parse("step")?;
        Ok(match step.as_str() {
            "open" => Self::Open(Open::read(request, schema)?),
            "part" => Self::Part(Part::read(request)?),
            "finish" => Self::Finish(members(request, Self::NAME)?),
            _ => return Err(bad(Self::NAME, "no such step; there is: open, part, finish")),
        })
    }

    async fn run<H: Host>(
        self,
        app: &App<H>,
        invocation: Invocation,
    ) -> Result<StepAnswer, Failure> {
        self.step(app, invocation).await.map_err(Failure::of_step)
    }
}

impl BulkBackup {
    async fn step<H: Host>(
        self,
        app: &App<H>,
        invocation: Invocation,
    ) -> Result<StepAnswer, Failure> {
        let settings = app.settings()?;
        let time = invocation.time_left(app.host.now());
        let (database, s3) =
            (&app.client(&settings.target, time), &app.client(&settings.endpoint, time));
        let named = self.bucket().map(str::to_owned);
        let bucket = app.bucket(named.as_deref())?;
        let place = Place { schema: app.schema, database, s3, bucket };
        match self {
            Self::Open(open) => open.run(&place, time).await,
            Self::Part(part) => part.run(&place, time).await,
            Self::Finish(finish) => {
                let finishing = bulk::finish(&place, &finish.opening, &finish.done);
                let manifest = within(time, finishing).await?;
                let summary = conclude(app, bucket, manifest, finish.keep, invocation).await?;
                Ok(StepAnswer::Finished(summary))
            }
        }
    }

    fn bucket(&self) -> Option<&str> {
        let bucket = match self {
            Self::Open(open) => &open.bucket,
            Self::Part(part) => &part.bucket,
            Self::Finish(finish) => &finish.bucket,
        };
        bucket.as_deref()
    }
}

impl Open {
    fn read(request: &str, schema: Schema) -> Result<Self, EventError> {
        let OpenRequest { tables: names, codec: name, obstacles, keep, bucket, .. } =
            members(request, BulkBackup::NAME)?;
        if keep == Some(0) {
            return Err(bad(BulkBackup::NAME, "keep is too small"));
        }
        let all = || Ok(schema.tables().iter().collect());
        Ok(Self {
            tables: names.map_or_else(all, |names| tables(schema, &names, BulkBackup::NAME))?,
            codec: name.map_or(Ok(Codec::Snappy), |name| codec(&name))?,
            on_obstacle: on_obstacle(obstacles.as_deref(), BulkBackup::NAME)?,
            keep,
            bucket,
        })
    }

    async fn run<H: Host>(
        self,
        place: &Place<'_, H>,
        time: Duration,
    ) -> Result<StepAnswer, Failure> {
        let opening = bulk::open(place, &self.tables, self.codec, self.on_obstacle);
        let (opening, items) = within(time, opening).await?;
        info!(run = opening.run, parts = items.len(), "backup opened");
        Ok(StepAnswer::Opened { opening, items, keep: self.keep, bucket: self.bucket })
    }
}

impl Part {
    fn read(request: &str) -> Result<Self, EventError> {
        let PartRequest { run, codec: name, item, bucket } = members(request, BulkBackup::NAME)?;
        Ok(Self { run, codec: codec(&name)?, item, bucket })
    }

    async fn run<H: Host>(
        self,
        place: &Place<'_, H>,
        time: Duration,
    ) -> Result<StepAnswer, Failure> {
        let writing = bulk::write_part(place, &self.run, self.codec, &self.item);
        let written = within(time, writing).await?;
        let (run, table, rows) = (&self.run, &written.table, written.content.rows);
        info!(run, table, part = written.part, rows, "part backed up");
        Ok(StepAnswer::Written(written))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OpenRequest {
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

#[derive(Deserialize)]
struct PartRequest {
    run: String,
    codec: String,
    item: PartItem,
    bucket: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backup(members: &str) -> BulkBackup {
        BulkBackup::read(&format!(r#"{{"rowgate":"bulk_backup",{members}}}"#), Schema::example())
            .unwrap()
    }

    #[test]
    fn a_backup_is_opened_with_everything_or_with_what_is_said() {
        let BulkBackup::Open(all) = backup(r#""step":"open""#) else { panic!("not opened") };
        assert_eq!(
            (all.tables.len(), all.codec, all.keep),
            (Schema::example().tables().len(), Codec::Snappy, None)
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
        let Part { run, item, bucket, .. } = part;
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
    fn what_cannot_be_done_is_named() {
        for (text, named) in [
            (r#"{"rowgate":"bulk_backup"}"#, "step"),
            (r#"{"rowgate":"bulk_backup","step":"s3cret"}"#, "open, part, finish"),
            (r#"{"rowgate":"bulk_backup","step":"open","tables":[]}"#, "tables is empty"),
            (r#"{"rowgate":"bulk_backup","step":"open","keep":0}"#, "keep is too small"),
            (r#"{"rowgate":"bulk_backup","step":"open","parallel":2}"#, "unknown field `parallel`"),
            (r#"{"rowgate":"bulk_backup","step":"part","run":"r"}"#, "missing field `codec`"),
        ] {
            let error = BulkBackup::read(text, Schema::example()).unwrap_err().to_string();
            assert!(error.contains(named) && !error.contains("s3cret"), "{error}");
        }
    }
}
