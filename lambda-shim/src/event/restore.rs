//! The operation `restore`.

use rowgate_core::restore::{Mode, Wanted};
use rowgate_core::schema::Table;
use serde::Deserialize;

use super::EventError;
use super::backup::{members, tables};

/// What to restore, and how.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Restore {
    sources: Vec<String>,
    tables: Vec<&'static Table>,
    mode: Mode,
    /// Whether only a plan is wanted.
    pub(crate) plan: bool,
    /// Whether live tables that change meanwhile are swapped all the same.
    pub(crate) force: bool,
    /// Where the files are, if not where the settings say.
    pub(crate) bucket: Option<String>,
}

impl Restore {
    pub(crate) fn wanted(&self) -> Wanted<'_> {
        Wanted { sources: &self.sources, tables: &self.tables, mode: self.mode }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Members {
    #[serde(rename = "rowgate")]
    _operation: String,
    sources: Vec<String>,
    tables: Option<Vec<String>>,
    #[serde(default)]
    mode: Mode,
    #[serde(default)]
    plan: bool,
    #[serde(default)]
    force: bool,
    bucket: Option<String>,
}

/// Reads `{"rowgate":"restore","sources":[…]}`.
pub(super) fn read(text: &str) -> Result<Restore, EventError> {
    let Members { sources, tables: names, mode, plan, force, bucket, .. } =
        members(text, "restore")?;
    if sources.is_empty() {
        return Err(EventError::Bad("the operation restore: sources is empty".to_owned()));
    }
    let tables = names.map_or(Ok(Vec::new()), |names| tables(&names, "restore"))?;
    Ok(Restore { sources, tables, mode, plan, force, bucket })
}

#[cfg(test)]
mod tests {
    use rowgate_core::schema::Schema;

    use super::super::tests::event;
    use super::super::{Event, Operation};
    use super::*;

    fn restore(text: &str) -> Restore {
        match event(text).unwrap() {
            Event::Operation(Operation::Restore(restore)) => restore,
            other => panic!("not a restore: {other:?}"),
        }
    }

    #[test]
    fn a_restore_says_from_what() {
        let latest = restore(r#"{"rowgate":"restore","sources":["latest"]}"#);
        let sources = vec!["latest".to_owned()];
        let (tables, mode) = (Vec::new(), Mode::Replace);
        let default = Restore { sources, tables, mode, plan: false, force: false, bucket: None };
        assert_eq!(latest, default);
    }

    #[test]
    fn a_restore_says_what_and_how() {
        let text = r#"{"rowgate":"restore","sources":["glue/jobs/","s3://b/jobs.avro"],
            "tables":["jobs"],"mode":"merge","plan":true,"force":true,"bucket":"b"}"#;
        let expected = Restore {
            sources: vec!["glue/jobs/".to_owned(), "s3://b/jobs.avro".to_owned()],
            tables: vec![Schema::compiled().table("jobs").unwrap()],
            mode: Mode::Merge,
            plan: true,
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
        ] {
            let error = event(&format!(r#"{{"rowgate":"restore",{members}}}"#)).unwrap_err();
            let error = error.to_string();
            assert!(error.starts_with("bad event: the operation restore: "), "{error}");
            assert!(error.contains(named) && !error.contains("s3cret"), "{error}");
        }
    }
}
