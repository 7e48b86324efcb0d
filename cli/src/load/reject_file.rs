//! The lines of a file that were not stored, in a file beside it.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rowgate_core::{RejectSink, RowFormat};

/// A file beside the one that is loaded, made once there is a line for it.
pub(super) struct RejectFile {
    beside: PathBuf,
    /// What is added to the other file's name.
    kind: &'static str,
    open: Option<(PathBuf, File)>,
}

impl RejectFile {
    /// That of a file; `kind` is added to its name.
    pub(super) fn new(beside: &Path, kind: &'static str) -> Self {
        Self { beside: beside.to_owned(), kind, open: None }
    }

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
