//! The operation `restore`: tables back from files, within one invocation.

use rowgate_core::Host;
use rowgate_core::backup::Services;
use rowgate_core::restore::{
    self, ExportSource, Mode, RestoreError, RestorePlan, Restored, Wanted,
};
use rowgate_core::schema::{Schema, Table};
use serde::{Deserialize, Serialize};
use tracing::info;

use super::members::{bad, members, tables};
use super::operation::Operation;
use super::restores::{log, within};
use crate::app::App;
use crate::event::EventError;
use crate::failure::Failure;
use crate::invocation::Invocation;

/// What to restore, and how.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Restore {
    sources: Vec<String>,
    tables: Vec<&'static Table>,
    /// Whether the source is a snapshot export, and of which of its databases.
    from_export: bool,
    from_database: Option<String>,
    mode: Mode,
    /// Whether only a plan is wanted.
    plan: bool,
    /// The new table that the rows go into.
    into_table: Option<String>,
    /// Whether tables with triggers are restored, though these run.
    fire_triggers: bool,
    /// Whether rows come back whose parents are not there.
    keep_orphans: bool,
    /// Whether live tables that change meanwhile are swapped all the same.
    force: bool,
    /// Where the files are, if not where the settings say.
    bucket: Option<String>,
}

/// What became of a request.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Outcome {
    /// Only a plan was asked for.
    Planned(Box<RestorePlan>),
    /// The tables are restored.
    Restored(Restored),
}

impl Operation for Restore {
    const NAME: &'static str = "restore";

    type Answer = Outcome;

    fn read(request: &str, schema: Schema) -> Result<Self, EventError> {
        let request: Request = members(request, Self::NAME)?;
        let Request { sources, tables: names, mode, plan, force, bucket, .. } = request;
        let Request { into_table, fire_triggers, keep_orphans, from_export, from_database, .. } =
            request;
        if sources.is_empty() {
            return Err(bad(Self::NAME, "sources is empty"));
        }
        if from_database.is_some() && !from_export {
            return Err(bad(Self::NAME, "from_database needs from_export"));
        }
        let tables = names.map_or(Ok(Vec::new()), |names| tables(schema, &names, Self::NAME))?;
        Ok(Self {
            sources,
            tables,
            from_export,
            from_database,
            mode,
            plan,
            into_table,
            fire_triggers,
            keep_orphans,
            force,
            bucket,
        })
    }

    /// A restore that does not end in time fails, and the live tables are what they were.
    async fn run<H: Host>(self, app: &App<H>, invocation: Invocation) -> Result<Outcome, Failure> {
        let settings = app.settings()?;
        let bucket = app.bucket(self.bucket.as_deref())?;
        let time = invocation.time_left(app.host.now());
        let (database, s3) =
            (&app.client(&settings.target, time), &app.client(&settings.endpoint, time));
        let services = Services { schema: app.schema, database, s3, bucket };

        let wanted = self.wanted();
        let planning = restore::plan(&services, &wanted, |_| ());
        let plan = within(time, planning, || RestoreError::OutOfTime).await?;
        info!(id = plan.id, run = plan.run, rows = plan.rows(), "planned");
        if self.plan {
            return Ok(Outcome::Planned(Box::new(plan)));
        }

        let left = invocation.time_left(app.host.now());
        let restoring = restore::restore(&services, &plan, self.force, |_, _| ());
        // Without an answer by then the last statement may have been sent.
        let unknown = || RestoreError::SwapUnknown { id: plan.id.clone() };
        let restored = within(left, restoring, unknown).await?;
        log(&restored);
        Ok(Outcome::Restored(restored))
    }
}

impl Restore {
    fn wanted(&self) -> Wanted<'_> {
        let export = ExportSource { database: self.from_database.as_deref() };
        Wanted {
            sources: &self.sources,
            export: self.from_export.then_some(export),
            tables: &self.tables,
            mode: self.mode,
            into_table: self.into_table.as_deref(),
            fire_triggers: self.fire_triggers,
            keep_orphans: self.keep_orphans,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    #[serde(rename = "rowgate")]
    _operation: String,
    sources: Vec<String>,
    tables: Option<Vec<String>>,
    #[serde(default)]
    from_export: bool,
    from_database: Option<String>,
    #[serde(default)]
    mode: Mode,
    #[serde(default)]
    plan: bool,
    into_table: Option<String>,
    #[serde(default)]
    fire_triggers: bool,
    #[serde(default)]
    keep_orphans: bool,
    #[serde(default)]
    force: bool,
    bucket: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn restore(text: &str) -> Restore {
        Restore::read(text, Schema::example()).unwrap()
    }

    #[test]
    fn a_restore_says_from_what() {
        let latest = restore(r#"{"rowgate":"restore","sources":["latest"]}"#);
        let sources = vec!["latest".to_owned()];
        let (tables, mode) = (Vec::new(), Mode::Replace);
        let default = Restore {
            sources,
            tables,
            from_export: false,
            from_database: None,
            mode,
            plan: false,
            into_table: None,
            fire_triggers: false,
            keep_orphans: false,
            force: false,
            bucket: None,
        };
        assert_eq!(latest, default);
    }

    #[test]
    fn a_restore_says_what_and_how() {
        let text = r#"{"rowgate":"restore","sources":["glue/jobs/","s3://b/jobs.avro"],
            "tables":["jobs"],"mode":"merge","plan":true,"force":true,"bucket":"b",
            "into_table":"old jobs","fire_triggers":true,"keep_orphans":true,
            "from_export":true,"from_database":"shop"}"#;
        let expected = Restore {
            sources: vec!["glue/jobs/".to_owned(), "s3://b/jobs.avro".to_owned()],
            tables: vec![Schema::example().table("jobs").unwrap()],
            from_export: true,
            from_database: Some("shop".to_owned()),
            mode: Mode::Merge,
            plan: true,
            into_table: Some("old jobs".to_owned()),
            fire_triggers: true,
            keep_orphans: true,
            force: true,
            bucket: Some("b".to_owned()),
        };
        assert_eq!(restore(text), expected);
    }

    #[test]
    fn what_cannot_be_done_is_named() {
        for (members, named) in [
            (r#""sources":[]"#, "sources is empty"),
            (r#""tables":["jobs"]"#, "missing field `sources`"),
            (r#""sources":["latest"],"tables":["s3cret"]"#, "tables[0] is no table"),
            (r#""sources":["latest"],"mode":"append""#, "expected `replace` or `merge`"),
            (r#""sources":["latest"],"run":"latest""#, "unknown field `run`"),
            (r#""sources":["e/"],"from_database":"shop""#, "from_database needs from_export"),
        ] {
            let error =
                Restore::read(&format!(r#"{{"rowgate":"restore",{members}}}"#), Schema::example())
                    .unwrap_err();
            let error = error.to_string();
            assert!(error.starts_with("bad event: the operation restore: "), "{error}");
            assert!(error.contains(named) && !error.contains("s3cret"), "{error}");
        }
    }
}
