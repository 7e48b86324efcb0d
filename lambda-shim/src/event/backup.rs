//! The operations on backups.

use rowgate_core::avro::Codec;
use rowgate_core::backup::{MOST_PARALLEL, OnObstacle, Options};
use rowgate_core::schema::{Schema, Table};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::EventError;

/// What to back up, and how. A schedule asks for the default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Backup {
    /// Parents first.
    pub(crate) tables: Vec<&'static Table>,
    codec: Codec,
    parallel: usize,
    on_obstacle: OnObstacle,
    /// How many backups stay, this one among them.
    pub(crate) keep: Option<usize>,
    /// Where it goes, if not where the settings say.
    pub(crate) bucket: Option<String>,
}

impl Default for Backup {
    /// All tables in one snapshot.
    fn default() -> Self {
        Self {
            tables: Schema::compiled().tables().iter().collect(),
            codec: Codec::Snappy,
            parallel: 1,
            on_obstacle: OnObstacle::Refuse,
            keep: None,
            bucket: None,
        }
    }
}

impl Backup {
    pub(crate) fn options(&self) -> Options {
        let (codec, parallel) = (self.codec, self.parallel);
        Options { codec, parallel, on_obstacle: self.on_obstacle }
    }
}

/// Which backup to read.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Verify {
    #[serde(rename = "rowgate")]
    _operation: String,
    /// Its name, or `latest`.
    pub(crate) run: String,
    /// Where it is, if not where the settings say.
    pub(crate) bucket: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Members {
    #[serde(rename = "rowgate")]
    _operation: String,
    tables: Option<Vec<String>>,
    codec: Option<String>,
    parallel: Option<usize>,
    obstacles: Option<String>,
    keep: Option<usize>,
    bucket: Option<String>,
}

/// Reads `{"rowgate":"backup",…}`.
pub(super) fn read(text: &str) -> Result<Backup, EventError> {
    let members: Members = members(text, "backup")?;
    let default = Backup::default();
    Ok(Backup {
        tables: members.tables.map_or(Ok(default.tables), |names| tables(&names, "backup"))?,
        codec: members.codec.map_or(Ok(default.codec), |name| codec(&name))?,
        parallel: within(members.parallel, MOST_PARALLEL, "parallel")?.unwrap_or(default.parallel),
        on_obstacle: on_obstacle(members.obstacles.as_deref(), "backup")?,
        keep: within(members.keep, usize::MAX, "keep")?,
        bucket: members.bucket,
    })
}

/// Reads `{"rowgate":"verify","run":…}`.
pub(super) fn read_verify(text: &str) -> Result<Verify, EventError> {
    members(text, "verify")
}

/// An error may name members, since a person has written them.
pub(super) fn members<T: DeserializeOwned>(text: &str, operation: &str) -> Result<T, EventError> {
    serde_json::from_str(text)
        .map_err(|error| EventError::Bad(format!("the operation {operation}: {error}")))
}

/// Tables by their names, parents first.
pub(super) fn tables(names: &[String], operation: &str) -> Result<Vec<&'static Table>, EventError> {
    let bad = |problem: &str| EventError::Bad(format!("the operation {operation}: {problem}"));
    let named = |(at, name): (usize, &String)| {
        Schema::compiled().table(name).ok_or_else(|| bad(&format!("tables[{at}] is no table")))
    };
    let named: Vec<_> = names.iter().enumerate().map(named).collect::<Result<_, _>>()?;
    if named.is_empty() {
        return Err(bad("tables is empty"));
    }
    Ok(Schema::compiled().tables().iter().filter(|table| named.contains(table)).collect())
}

pub(super) fn codec(name: &str) -> Result<Codec, EventError> {
    let written = [Codec::Null, Codec::Deflate, Codec::Snappy];
    let codec = Codec::named(name).filter(|codec| written.contains(codec));
    codec.ok_or_else(|| bad("codec is not null, deflate or snappy"))
}

/// What becomes of tables that a restore would refuse.
pub(super) fn on_obstacle(text: Option<&str>, operation: &str) -> Result<OnObstacle, EventError> {
    match text {
        None | Some("refuse") => Ok(OnObstacle::Refuse),
        Some("skip") => Ok(OnObstacle::Skip),
        Some("accept") => Ok(OnObstacle::Accept),
        Some(_) => Err(EventError::Bad(format!(
            "the operation {operation}: obstacles is not refuse, skip or accept"
        ))),
    }
}

fn within(number: Option<usize>, most: usize, name: &str) -> Result<Option<usize>, EventError> {
    match number {
        Some(number) if number == 0 || number > most => {
            Err(bad(&format!("{name} is too small or too large")))
        }
        number => Ok(number),
    }
}

fn bad(problem: &str) -> EventError {
    EventError::Bad(format!("the operation backup: {problem}"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::event;
    use super::super::{Event, Operation};
    use super::*;

    fn backup(text: &str) -> Backup {
        match event(text).unwrap() {
            Event::Operation(Operation::Backup(backup)) => backup,
            other => panic!("not a backup: {other:?}"),
        }
    }

    #[test]
    fn a_backup_without_members_is_of_everything_in_one_snapshot() {
        let all = backup(r#"{"rowgate":"backup"}"#);
        assert_eq!(all, Backup::default());
        assert_eq!(
            (all.tables.len(), all.options().parallel),
            (Schema::compiled().tables().len(), 1)
        );
    }

    #[test]
    fn a_backup_says_what_and_how() {
        let text = r#"{"rowgate":"backup","tables":["employees","jobs"],"codec":"deflate",
            "parallel":8,"obstacles":"skip","keep":30,"bucket":"b"}"#;
        let jobs_first = ["jobs", "employees"].map(|name| Schema::compiled().table(name).unwrap());
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
            let error = event(&text).unwrap_err().to_string();
            assert!(error.starts_with("bad event: the operation backup: "), "{error}");
            assert!(error.contains(named) && !error.contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn a_verification_names_a_run() {
        let Event::Operation(Operation::Verify(verify)) =
            event(r#"{"rowgate":"verify","run":"latest"}"#).unwrap()
        else {
            panic!("not a verification")
        };
        assert_eq!((verify.run.as_str(), verify.bucket), ("latest", None));
        let error = event(r#"{"rowgate":"verify"}"#).unwrap_err().to_string();
        assert!(error.contains("missing field `run`"), "{error}");
    }
}
