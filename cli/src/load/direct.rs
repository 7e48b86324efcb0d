//! A file of this machine through the pipeline of the Lambda.

use std::fs::File;
use std::path::Path;

use anyhow::Result;
use rowgate_core::schema::Schema;
use rowgate_core::{Job, LiveSchema, LoadOptions, RejectSink, RejectSinks};
use serde_json::Value;

use super::reject_file::RejectFile;
use crate::file_source::FileSource;
use crate::session::Session;
use crate::settings::setting;

/// Loads the file at `path` under a name that says its table, and answers the report.
pub(super) async fn load(
    schema: Schema,
    path: &Path,
    file: File,
    name: &str,
    options: LoadOptions,
) -> Result<Value> {
    let session = Session::from_environment();
    let client = session.database()?;
    let schema = &LiveSchema::read(&setting, schema)?;
    let source = FileSource::new(file)?;
    let mut sinks = RejectSinks {
        rejects: RejectFile::new(path, "rejects"),
        undecoded: RejectFile::new(path, "undecoded"),
    };
    let job = Job { schema, database: &client, source: &source, path: name, options };
    let report = rowgate_core::load(&job, &mut sinks).await;
    source.finish();
    if report.failure.is_some() {
        sinks.rejects.abandon().await;
        sinks.undecoded.abandon().await;
    }
    Ok(serde_json::to_value(&report)?)
}
