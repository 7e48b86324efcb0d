//! The operation `bulk_load`: a step of the state machine that loads files too large for one
//! invocation.

use rowgate_core::schema::Schema;
use rowgate_core::{
    BulkFile, BulkLoad, Host, LoadError, LoadReport, LoadSettings, ObjectRef, Occasion, Opened,
    PlannedRows, Status, load_object,
};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use tracing::{error, info};

use super::members::bad;
use super::operation::Operation;
use crate::app::App;
use crate::event::EventError;
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::loads::{Loaded, note};

/// One step; `execution` is the name of the machine's execution.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum BulkLoadStep {
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

/// What a step tells the state machine.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum LoadStepAnswer {
    /// Of `open`: `scan` the ranges, `load` the file as a whole, or `end`.
    Opened {
        next: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        file: Option<BulkFile>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        ranges: Vec<u64>,
    },
    /// Of `scan`; thousands of them have to fit into what a map gives back.
    Scanned {},
    /// Of `plan`.
    Planned { parts: Vec<u64>, rows: PlannedRows },
    /// Of `load_part` and `load`: whether to call again, and for which time.
    Loaded { unfinished: bool, round: u64 },
    /// Of `finish`.
    Finished(Loaded),
}

impl Operation for BulkLoadStep {
    const NAME: &'static str = "bulk_load";

    type Answer = LoadStepAnswer;

    /// An error names members, and no value of theirs.
    fn read(request: &str, _: Schema) -> Result<Self, EventError> {
        let bad = |error: serde_json::Error| bad(Self::NAME, &error.to_string());
        let mut members: Map<String, Value> = serde_json::from_str(request).map_err(bad)?;
        members.remove("rowgate");
        serde_json::from_value(Value::Object(members)).map_err(bad)
    }

    async fn run<H: Host>(
        self,
        app: &App<H>,
        invocation: Invocation,
    ) -> Result<LoadStepAnswer, Failure> {
        let settings = app.settings()?;
        let (object, answer) = step(self, app, settings, invocation).await;
        answer.map_err(|error| {
            let ObjectRef { bucket, key, .. } = &object;
            error!(bucket, key, %error, "step failed");
            app.metrics.load_failed(app.host.now());
            Failure::Load(Box::new(object), error)
        })
    }
}

/// A member that is null is a plan that does not say it; without the member there is no plan.
fn planned<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PlannedRows>, D::Error> {
    PlannedRows::deserialize(deserializer).map(Some)
}

/// Does one step; the object is for the log.
async fn step<H: Host>(
    step: BulkLoadStep,
    app: &App<H>,
    settings: &LoadSettings,
    invocation: Invocation,
) -> (ObjectRef, Result<LoadStepAnswer, LoadError>) {
    let time = invocation.time_left(app.host.now());
    let at = |execution| BulkLoad::new(&app.host, settings, execution, time);
    match step {
        BulkLoadStep::Open { execution, object } => {
            let opened = at(&execution).open(&object).await;
            (object, opened.map(LoadStepAnswer::from))
        }
        BulkLoadStep::Scan { execution, file, range } => {
            let scanned = at(&execution).scan(&file, range).await;
            (file.object, scanned.map(|()| LoadStepAnswer::Scanned {}))
        }
        BulkLoadStep::Plan { execution, file } => {
            let planned = at(&execution).plan(&file).await;
            let answer =
                planned.map(|plan| LoadStepAnswer::Planned { parts: plan.parts, rows: plan.rows });
            (file.object, answer)
        }
        BulkLoadStep::LoadPart { execution, file, part, round } => {
            let loaded = at(&execution).load(&file, part).await;
            (file.object, loaded.map(|report| again(&report, round)))
        }
        BulkLoadStep::Finish { execution, file, rows } => {
            let finished = at(&execution).finish(&file, rows).await;
            let answer = finished.map(|report| finish(app, &file.object, &report));
            (file.object, answer)
        }
        BulkLoadStep::Load { object, round } => {
            let loaded = load_whole(app, settings, &object, invocation).await;
            (object, loaded.map(|report| again(&report, round)))
        }
    }
}

/// Loads a file as a whole: not to be handed to the state machine, whose step this is.
async fn load_whole<H: Host>(
    app: &App<H>,
    settings: &LoadSettings,
    object: &ObjectRef,
    invocation: Invocation,
) -> Result<LoadReport, LoadError> {
    let mut settings = settings.clone();
    settings.bulk.state_machine_arn = None;
    let time = invocation.time_left(app.host.now());
    match load_object(&app.host, &settings, object, Occasion::Event, time).await {
        Ok(report) => {
            note(app, object, &report);
            Ok(report)
        }
        Err(LoadError::OutOfTime) => {
            info!(bucket = object.bucket, key = object.key, "goes on in another invocation");
            let options = settings.rules.options(&object.key);
            let mut report = LoadReport::new(options, app.host.now(), 0);
            report.status = Status::Unfinished;
            Ok(report)
        }
        Err(error) => Err(error),
    }
}

/// A load that has failed is an answer, too: the report is written, and to repeat the step is no help.
fn finish<H: Host>(app: &App<H>, object: &ObjectRef, report: &LoadReport) -> LoadStepAnswer {
    let ObjectRef { bucket, key, .. } = object;
    match &report.failure {
        None => note(app, object, report),
        Some(error) => {
            error!(bucket, key, %error, "load failed");
            app.metrics.load_failed(app.host.now());
        }
    }
    LoadStepAnswer::Finished(Loaded::new(object.clone(), report))
}

fn again(report: &LoadReport, round: u64) -> LoadStepAnswer {
    LoadStepAnswer::Loaded {
        unfinished: report.status == Status::Unfinished,
        round: round.saturating_add(1),
    }
}

impl From<Opened> for LoadStepAnswer {
    fn from(opened: Opened) -> Self {
        let next = |next| Self::Opened { next, file: None, ranges: Vec::new() };
        match opened {
            Opened::InRanges(file, count) => {
                Self::Opened { next: "scan", file: Some(file), ranges: (0..count).collect() }
            }
            Opened::Whole => next("load"),
            Opened::Over(_) => next("end"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::tests::written;

    fn step(text: &str) -> BulkLoadStep {
        BulkLoadStep::read(text, Schema::example()).unwrap()
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
            let text = format!(r#"{{"rowgate":"bulk_load",{members}}}"#);
            let error = BulkLoadStep::read(&text, Schema::example()).unwrap_err().to_string();
            assert!(error.starts_with("bad event: the operation bulk_load: "), "{error}");
            assert!(error.contains(named), "{error}");
        }
    }
}
