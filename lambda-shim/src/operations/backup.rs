//! The operation `backup`: tables out to files, within one invocation.

use rowgate_core::Host;
use rowgate_core::avro::Codec;
use rowgate_core::backup::{self, MOST_PARALLEL, OnObstacle, Options, Place};
use rowgate_core::schema::{Schema, Table};
use serde::Deserialize;

use super::backups::{BackupSummary, conclude, within};
use super::members::{bad, codec, members, on_obstacle, tables};
use super::operation::Operation;
use crate::app::App;
use crate::event::EventError;
use crate::failure::Failure;
use crate::invocation::Invocation;

/// What to back up, and how. A schedule asks for the default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Backup {
    /// Parents first.
    tables: Vec<&'static Table>,
    codec: Codec,
    parallel: usize,
    on_obstacle: OnObstacle,
    /// How many backups stay, this one among them.
    keep: Option<usize>,
    /// Where it goes, if not where the settings say.
    bucket: Option<String>,
}

impl Operation for Backup {
    const NAME: &'static str = "backup";

    type Answer = BackupSummary;

    fn read(request: &str, schema: Schema) -> Result<Self, EventError> {
        let Request { tables: names, codec: name, parallel, obstacles, keep, bucket, .. } =
            members(request, Self::NAME)?;
        let default = Self::of_all(schema);
        Ok(Self {
            tables: names.map_or(Ok(default.tables), |names| tables(schema, &names, Self::NAME))?,
            codec: name.map_or(Ok(default.codec), |name| codec(&name))?,
            parallel: at_most(parallel, MOST_PARALLEL, "parallel")?.unwrap_or(default.parallel),
            on_obstacle: on_obstacle(obstacles.as_deref(), Self::NAME)?,
            keep: at_most(keep, usize::MAX, "keep")?,
            bucket,
        })
    }

    /// A backup that does not end in time fails and has no manifest.
    async fn run<H: Host>(
        self,
        app: &App<H>,
        invocation: Invocation,
    ) -> Result<BackupSummary, Failure> {
        let settings = app.settings()?;
        let bucket = app.bucket(self.bucket.as_deref())?;
        let time = invocation.time_left(app.host.now());
        let (database, s3) =
            (&app.client(&settings.target, time), &app.client(&settings.endpoint, time));
        let place = Place { schema: app.schema, database, s3, bucket };
        let making = backup::backup(&place, &self.tables, self.options(), |_| ());
        let manifest = within(time, making).await?;
        conclude(app, bucket, manifest, self.keep, invocation).await
    }
}

impl Backup {
    /// All tables in one snapshot.
    pub(super) fn of_all(schema: Schema) -> Self {
        Self {
            tables: schema.tables().iter().collect(),
            codec: Codec::Snappy,
            parallel: 1,
            on_obstacle: OnObstacle::Refuse,
            keep: None,
            bucket: None,
        }
    }

    fn options(&self) -> Options {
        let (codec, parallel) = (self.codec, self.parallel);
        Options { codec, parallel, on_obstacle: self.on_obstacle }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    #[serde(rename = "rowgate")]
    _operation: String,
    tables: Option<Vec<String>>,
    codec: Option<String>,
    parallel: Option<usize>,
    obstacles: Option<String>,
    keep: Option<usize>,
    bucket: Option<String>,
}

fn at_most(number: Option<usize>, most: usize, name: &str) -> Result<Option<usize>, EventError> {
    match number {
        Some(number) if number == 0 || number > most => {
            Err(bad(Backup::NAME, &format!("{name} is too small or too large")))
        }
        number => Ok(number),
    }
}

#[cfg(test)]
mod tests {

    use super::*;

    fn backup(text: &str) -> Backup {
        Backup::read(text, Schema::example()).unwrap()
    }

    #[test]
    fn a_backup_without_members_is_of_everything_in_one_snapshot() {
        let all = backup(r#"{"rowgate":"backup"}"#);
        assert_eq!(all, Backup::of_all(Schema::example()));
        assert_eq!(
            (all.tables.len(), all.options().parallel),
            (Schema::example().tables().len(), 1)
        );
    }

    #[test]
    fn a_backup_says_what_and_how() {
        let text = r#"{"rowgate":"backup","tables":["employees","jobs"],"codec":"deflate",
            "parallel":8,"obstacles":"skip","keep":30,"bucket":"b"}"#;
        let jobs_first = ["jobs", "employees"].map(|name| Schema::example().table(name).unwrap());
        assert_eq!(
            backup(text),
            Backup {
                tables: jobs_first.to_vec(),
                codec: Codec::Deflate,
                parallel: 8,
                on_obstacle: OnObstacle::Skip,
                keep: Some(30),
                bucket: Some("b".to_owned()),
            }
        );
    }

    #[test]
    fn what_cannot_be_done_is_named() {
        for (members, named) in [
            (r#""tables":["jobs","s3cret"]"#, "tables[1] is no table"),
            (r#""tables":[]"#, "tables is empty"),
            (r#""codec":"zstandard""#, "codec is not null, deflate or snappy"),
            (r#""parallel":9"#, "parallel is too small or too large"),
            (r#""parallel":0"#, "parallel is too small or too large"),
            (r#""obstacles":"ignore""#, "obstacles is not refuse, skip or accept"),
            (r#""keep":0"#, "keep is too small or too large"),
            (r#""table":"jobs""#, "unknown field `table`"),
        ] {
            let text = format!(r#"{{"rowgate":"backup",{members}}}"#);
            let error = Backup::read(&text, Schema::example()).unwrap_err().to_string();
            assert!(error.starts_with("bad event: the operation backup: "), "{error}");
            assert!(error.contains(named) && !error.contains("s3cret"), "{error}");
        }
    }
}
