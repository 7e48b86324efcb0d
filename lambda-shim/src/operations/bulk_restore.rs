//! The operation `bulk_restore`: a step of the state machine that restores tables past one invocation.

use std::time::Duration;

use rowgate_core::Host;
use rowgate_core::backup::Services;
use rowgate_core::restore::bulk::{self, Comparison, Done, Item, OpenedRestore};
use rowgate_core::restore::{Mode, RestoreError, Restored, Wanted};
use rowgate_core::schema::{Schema, Table};
use serde::{Deserialize, Serialize};
use tracing::info;

use super::members::{bad, members, tables};
use super::operation::Operation;
use super::restores::{log, within};
use crate::app::App;
use crate::event::{EventError, Members};
use crate::failure::Failure;
use crate::invocation::Invocation;

/// A step of a restore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum BulkRestore {
    Open(Open),
    Part(Part),
    Compare(Compare),
    Finish(Finish),
    Report(Finish),
    Abandon(Abandon),
}

/// What to restore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Open {
    sources: Vec<String>,
    tables: Vec<&'static Table>,
    /// Whether live tables that change meanwhile are swapped all the same.
    force: bool,
    /// Whether tables with triggers are restored, which run for each row that goes or comes.
    fire_triggers: bool,
    /// Whether rows come back whose foreign key names a row that is not there.
    keep_orphans: bool,
    bucket: Option<String>,
}

/// One part of the work.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Part {
    id: String,
    #[serde(default)]
    run: Option<String>,
    item: Item,
    bucket: Option<String>,
}

/// All that has come back of the files, and of the live tables.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Compare {
    #[serde(flatten)]
    opening: OpenedRestore,
    done: Vec<Done>,
    #[serde(default)]
    force: bool,
    bucket: Option<String>,
}

/// All that has come back of the comparison, or once the tables are swapped, of the old ones.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Finish {
    #[serde(flatten)]
    comparison: Comparison,
    done: Vec<Done>,
    #[serde(default)]
    force: bool,
    bucket: Option<String>,
}

/// A restore that is given up.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Abandon {
    id: String,
    bucket: Option<String>,
}

/// What a step answers: what the next one is given, or at the end what was done.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum StepAnswer {
    Opened {
        #[serde(flatten)]
        opening: OpenedRestore,
        items: Vec<Item>,
        force: bool,
        bucket: Option<String>,
    },
    Done(Done),
    Comparison {
        #[serde(flatten)]
        comparison: Comparison,
        items: Vec<Item>,
        force: bool,
        bucket: Option<String>,
    },
    Restored(Restored),
    Abandoned {
        id: String,
    },
}

impl Operation for BulkRestore {
    const NAME: &'static str = "bulk_restore";

    type Answer = StepAnswer;

    fn read(request: &str, schema: Schema) -> Result<Self, EventError> {
        let step: String = Members::read(request)?.parse("step")?;
        Ok(match step.as_str() {
            "open" => Self::Open(Open::read(request, schema)?),
            "part" => Self::Part(members(request, Self::NAME)?),
            "compare" => Self::Compare(members(request, Self::NAME)?),
            "finish" => Self::Finish(members(request, Self::NAME)?),
            "report" => Self::Report(members(request, Self::NAME)?),
            "abandon" => Self::Abandon(members(request, Self::NAME)?),
            _ => {
                let steps = "no such step; there is: open, part, compare, finish, report, abandon";
                return Err(bad(Self::NAME, steps));
            }
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

impl BulkRestore {
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
        let services = &Services { schema: app.schema, database, s3, bucket };
        match self {
            Self::Open(open) => open.run(services, time).await,
            Self::Part(part) => part.run(services, time).await,
            Self::Compare(compare) => compare.run(services, time).await,
            Self::Finish(finish) => finish.try_swap(services, time).await,
            Self::Report(finished) => finished.report(services, time).await,
            Self::Abandon(abandon) => abandon.run(services, time).await,
        }
    }

    fn bucket(&self) -> Option<&str> {
        let bucket = match self {
            Self::Open(open) => &open.bucket,
            Self::Part(part) => &part.bucket,
            Self::Compare(compare) => &compare.bucket,
            Self::Finish(finish) | Self::Report(finish) => &finish.bucket,
            Self::Abandon(abandon) => &abandon.bucket,
        };
        bucket.as_deref()
    }
}

impl Open {
    fn read(request: &str, schema: Schema) -> Result<Self, EventError> {
        let request: OpenRequest = members(request, BulkRestore::NAME)?;
        let OpenRequest { fire_triggers, keep_orphans, .. } = request;
        let OpenRequest { sources, tables: names, mode, force, bucket, .. } = request;
        if sources.is_empty() {
            return Err(bad(BulkRestore::NAME, "sources is empty"));
        }
        if mode == Mode::Merge {
            let problem = "mode is replace; the operation restore merges";
            return Err(bad(BulkRestore::NAME, problem));
        }
        let tables =
            names.map_or(Ok(Vec::new()), |names| tables(schema, &names, BulkRestore::NAME))?;
        Ok(Self { sources, tables, force, fire_triggers, keep_orphans, bucket })
    }

    fn wanted(&self) -> Wanted<'_> {
        Wanted {
            sources: &self.sources,
            tables: &self.tables,
            fire_triggers: self.fire_triggers,
            keep_orphans: self.keep_orphans,
            ..Wanted::default()
        }
    }

    async fn run<H: Host>(
        self,
        services: &Services<'_, H>,
        time: Duration,
    ) -> Result<StepAnswer, Failure> {
        let wanted = self.wanted();
        let opening = bulk::open(services, &wanted);
        let (opening, items) = within(time, opening, out_of_time).await?;
        info!(id = opening.id, run = opening.run, parts = items.len(), "restore opened");
        Ok(StepAnswer::Opened { opening, items, force: self.force, bucket: self.bucket })
    }
}

impl Part {
    async fn run<H: Host>(
        self,
        services: &Services<'_, H>,
        time: Duration,
    ) -> Result<StepAnswer, Failure> {
        let doing = bulk::part(services, &self.id, self.run.as_deref(), &self.item);
        let done = within(time, doing, out_of_time).await?;
        info!(id = self.id, "part of a restore done");
        Ok(StepAnswer::Done(done))
    }
}

impl Compare {
    async fn run<H: Host>(
        self,
        services: &Services<'_, H>,
        time: Duration,
    ) -> Result<StepAnswer, Failure> {
        let comparing = bulk::compare(services, &self.opening, &self.done);
        let (comparison, items) = within(time, comparing, out_of_time).await?;
        info!(id = comparison.id, parts = items.len(), "rows of a restore written");
        let (force, bucket) = (self.force, self.bucket);
        Ok(StepAnswer::Comparison { comparison, items, force, bucket })
    }
}

impl Finish {
    /// Tries once to swap the tables.
    async fn try_swap<H: Host>(
        self,
        services: &Services<'_, H>,
        time: Duration,
    ) -> Result<StepAnswer, Failure> {
        let Self { comparison, done, force, bucket } = self;
        let finishing = bulk::finish(services, &comparison, &done, force);
        // Without an answer by then the last statement may have been sent.
        let unknown = || RestoreError::SwapUnknown { id: comparison.id.clone() };
        let (comparison, items) = within(time, finishing, unknown).await?;
        let Comparison { id, swapped, attempt, .. } = &comparison;
        info!(id, swapped, next_try = attempt, "tables of a restore tried to be swapped");
        Ok(StepAnswer::Comparison { comparison, items, force, bucket })
    }

    /// Says what was restored, once the tables are swapped.
    async fn report<H: Host>(
        self,
        services: &Services<'_, H>,
        time: Duration,
    ) -> Result<StepAnswer, Failure> {
        let reporting = bulk::report(services, &self.comparison, &self.done);
        let restored = within(time, reporting, out_of_time).await?;
        log(&restored);
        Ok(StepAnswer::Restored(restored))
    }
}

impl Abandon {
    async fn run<H: Host>(
        self,
        services: &Services<'_, H>,
        time: Duration,
    ) -> Result<StepAnswer, Failure> {
        let abandoning = bulk::abandon(services, &self.id);
        within(time, abandoning, out_of_time).await?;
        info!(id = self.id, "restore abandoned");
        Ok(StepAnswer::Abandoned { id: self.id })
    }
}

fn out_of_time() -> RestoreError {
    RestoreError::OutOfTime
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OpenRequest {
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
    #[serde(default)]
    fire_triggers: bool,
    #[serde(default)]
    keep_orphans: bool,
    bucket: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn restore(members: &str) -> BulkRestore {
        BulkRestore::read(&format!(r#"{{"rowgate":"bulk_restore",{members}}}"#), Schema::example())
            .unwrap()
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
            (r#"{"rowgate":"bulk_restore"}"#, "step"),
            (r#"{"rowgate":"bulk_restore","step":"s3cret"}"#, "open, part, compare"),
            (r#"{"rowgate":"bulk_restore","step":"open","sources":[]}"#, "sources is empty"),
            (
                r#"{"rowgate":"bulk_restore","step":"open","sources":["a"],"mode":"merge"}"#,
                "mode is replace",
            ),
        ] {
            let error = BulkRestore::read(text, Schema::example()).unwrap_err().to_string();
            assert!(error.contains(named) && !error.contains("s3cret"), "{error}");
        }
    }
}
