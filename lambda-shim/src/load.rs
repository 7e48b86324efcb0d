//! Records and messages into loads, and each load into a line of the log.

use std::time::Duration;

use lambda_runtime::Context;
use rowgate_core::{Host, LoadReport, ObjectRef, Occasion, load_object};
use tracing::{error, info};

use crate::answer::{FailedMessage, Loaded};
use crate::app::App;
use crate::event::{Message, Notice, Record};
use crate::failure::Failure;

/// What work leaves of the invocation's time: [`rowgate_core::ENDED_AFTER`] for calls in flight and
/// for what takes back, and a moment for the answer.
const MARGIN: Duration = Duration::from_secs(5);

/// What is known of an invocation beside its event.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Invocation {
    /// When Lambda ends it, since the Unix epoch.
    deadline: Duration,
}

impl Invocation {
    pub(crate) fn of(context: &Context) -> Self {
        Self { deadline: Duration::from_millis(context.deadline) }
    }

    pub(crate) fn time_left(self, now: Duration) -> Duration {
        self.deadline.saturating_sub(now).saturating_sub(MARGIN)
    }
}

/// Tries every message; those that failed are returned.
pub(crate) async fn load_messages<H: Host>(
    app: &App<H>,
    messages: Vec<Message>,
    invocation: Invocation,
) -> Vec<FailedMessage> {
    let mut failed = Vec::new();
    for Message { id, records } in messages {
        let outcome = match records {
            Ok(records) => load_records(app, records, invocation).await.map(drop),
            Err(error) => Err(Failure::Event(error)),
        };
        if let Err(error) = outcome {
            error!(message_id = id, %error, "message failed");
            failed.push(FailedMessage { item_identifier: id });
        }
    }
    failed
}

/// Tries every record, one after the other, and fails if one has failed.
pub(crate) async fn load_records<H: Host>(
    app: &App<H>,
    records: Vec<Record>,
    invocation: Invocation,
) -> Result<Vec<Loaded>, Failure> {
    let of = records.len();
    let (mut loads, mut failures) = (Vec::new(), Vec::new());
    for record in records {
        match load_record(app, record, invocation).await {
            Ok(loaded) => loads.extend(loaded),
            Err(failure) => failures.push(failure),
        }
    }
    let failed = failures.len();
    match failures.into_iter().next() {
        None => Ok(loads),
        Some(only) if of == 1 => Err(only),
        Some(first) => Err(Failure::Records { failed, of, first: Box::new(first) }),
    }
}

async fn load_record<H: Host>(
    app: &App<H>,
    record: Record,
    invocation: Invocation,
) -> Result<Option<Loaded>, Failure> {
    match record {
        Ok(Notice::Written(object)) => {
            let report = load(app, &object, Occasion::Event, invocation).await?;
            Ok(Some(Loaded::new(object, &report)))
        }
        Ok(Notice::Other(name)) => {
            info!(event = name, "ignored");
            Ok(None)
        }
        Err(error) => {
            error!(%error, "record failed");
            Err(error.into())
        }
    }
}

/// Loads one object within what is left of the invocation's time.
pub(crate) async fn load<H: Host>(
    app: &App<H>,
    object: &ObjectRef,
    occasion: Occasion,
    invocation: Invocation,
) -> Result<LoadReport, Failure> {
    let ObjectRef { bucket, key, .. } = object;
    let settings = app.files.as_ref().map_err(|error| Failure::Unconfigured(error.clone()))?;
    let time = invocation.time_left(app.host.now());
    match load_object(&app.host, settings, object, occasion, time).await {
        Ok(report) => {
            log_report(object, &report);
            app.metrics.loaded(&report, app.host.now());
            Ok(report)
        }
        Err(error) => {
            error!(bucket, key, %error, "load failed");
            app.metrics.load_failed(app.host.now());
            Err(Failure::Load(Box::new(object.clone()), error))
        }
    }
}

pub(crate) fn log_report(ObjectRef { bucket, key, .. }: &ObjectRef, report: &LoadReport) {
    let &LoadReport { table, received, stored, kept, rejected, duration_ms, .. } = report;
    let (status, load_id) = (report.status.name(), &report.load_id);
    info!(
        bucket,
        key, load_id, status, table, received, stored, kept, rejected, duration_ms, "loaded"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_margin_of_the_time_is_left() {
        let invocation = Invocation { deadline: Duration::from_secs(1_800_000_030) };
        let left = |now: u64| invocation.time_left(Duration::from_secs(now));
        assert_eq!(left(1_800_000_000), Duration::from_secs(25));
        assert_eq!(left(1_800_000_026), Duration::ZERO);
        assert_eq!(left(1_800_000_099), Duration::ZERO);
    }
}
