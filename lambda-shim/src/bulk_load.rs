//! The steps of a large file's load into calls of the core, within the invocation's time.

use rowgate_core::{
    BulkFile, BulkLoad, Host, LoadError, LoadReport, LoadSettings, ObjectRef, Opened, PlannedRows,
};
use rowgate_core::{Occasion, Status, load_object};
use serde::Serialize;
use tracing::{error, info};

use crate::answer::Loaded;
use crate::app::App;
use crate::event::BulkLoadStep;
use crate::failure::Failure;
use crate::load::{Invocation, log_report};

/// What a step tells the state machine.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum LoadStepAnswer {
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

/// Does one step.
pub(crate) async fn bulk_load<H: Host>(
    app: &App<H>,
    step: BulkLoadStep,
    invocation: Invocation,
) -> Result<LoadStepAnswer, Failure> {
    let settings = app.settings()?;
    let time = invocation.time_left(app.host.now());
    let at = |execution| BulkLoad::new(&app.host, settings, execution, time);
    let (object, answer) = match step {
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
            let loaded = load(app, settings, &object, invocation).await;
            (object, loaded.map(|report| again(&report, round)))
        }
    };
    answer.map_err(|error| {
        let ObjectRef { bucket, key, .. } = &object;
        error!(bucket, key, %error, "step failed");
        app.metrics.load_failed(app.host.now());
        Failure::Load(Box::new(object), error)
    })
}

/// Loads a file as a whole: not to be handed to the state machine, whose step this is.
async fn load<H: Host>(
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
            log_report(object, &report);
            app.metrics.loaded(&report, app.host.now());
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
        None => {
            log_report(object, report);
            app.metrics.loaded(report, app.host.now());
        }
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
