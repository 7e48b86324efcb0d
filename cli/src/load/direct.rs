//! A file of this machine through the pipeline of the Lambda.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Result;
use rowgate_core::schema::Schema;
use rowgate_core::{Job, LiveSchema, LoadOptions, RejectSink, RejectSinks, RowFormat};
use rowgate_native::from_environment;
use serde_json::Value;

use crate::file_source::FileSource;
use crate::session::Session;

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
    let schema = &LiveSchema::read(&from_environment, schema)?;
    let source = FileSource::new(file)?;
    let mut sinks = RejectSinks {
        rejects: RejectFile { beside: path.to_owned(), kind: "rejects", open: None },
        undecoded: RejectFile { beside: path.to_owned(), kind: "undecoded", open: None },
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

/// A file beside the one that is loaded, made once there is a line for it.
struct RejectFile {
    beside: PathBuf,
    /// What is added to the other file's name.
    kind: &'static str,
    open: Option<(PathBuf, File)>,
}

impl RejectFile {
    /// The first name that is free: an earlier one may be in repair.
    fn create(&self) -> std::io::Result<(PathBuf, File)> {
        let format = RowFormat::of_file(&self.beside.to_string_lossy()).map(RowFormat::of_rejects);
        let extension = format.map_or("csv", |format| format.extensions[0]);
        let mut number = 1;
        loop {
            let number_text = if number == 1 { String::new() } else { format!("-{number}") };
            let mut name = self.beside.clone().into_os_string();
            name.push(format!(".{}{number_text}.{extension}", self.kind));
            match private_options().open(&name) {
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => number += 1,
                created => return Ok((name.into(), created?)),
            }
        }
    }
}

/// Makes a new file that no other user of this machine can read, for its lines are people's rows.
fn private_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options
}

impl RejectSink for RejectFile {
    async fn write(&mut self, bytes: Vec<u8>, _last: bool) -> Result<(), String> {
        let written = match &mut self.open {
            Some((_, file)) => file.write_all(&bytes),
            None => self.create().and_then(|(path, mut file)| {
                let written = file.write_all(&bytes);
                self.open = Some((path, file));
                written
            }),
        };
        written.map_err(|error| error.to_string())
    }

    async fn abandon(&mut self) {
        if let Some((path, _)) = self.open.take() {
            // No report names it.
            let _ = std::fs::remove_file(path);
        }
    }

    fn name(&self) -> String {
        self.open.as_ref().map(|(path, _)| path.display().to_string()).unwrap_or_default()
    }
}
