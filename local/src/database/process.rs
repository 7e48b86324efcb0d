//! The set-up of a server, and what a server has to say.

use std::ffi::OsString;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::private;

/// How much of a log an error repeats, in bytes.
const TAIL: u64 = 2000;

/// How often to look whether a process has ended.
const LOOK: Duration = Duration::from_millis(10);

/// Where a server and its set-up write what they have to say.
#[derive(Debug)]
pub(super) struct Log(File);

impl Log {
    /// A file to look into later, or without a path one that has no name: then nothing is left of
    /// it, and yet it can be read when the server's folder is gone.
    pub(super) fn create(path: Option<&Path>) -> Result<Self> {
        let file = match path {
            Some(path) => private::append(path)?,
            None => tempfile::tempfile()?,
        };
        Ok(Self(file))
    }

    pub(super) fn writer(&self) -> Result<Stdio> {
        Ok(self.0.try_clone()?.into())
    }

    /// The end of the log, for an error message.
    pub(super) fn tail(&self) -> String {
        let length = self.0.metadata().map_or(0, |metadata| metadata.len());
        let mut bytes = vec![0; TAIL.min(length) as usize];
        // Reading at a place leaves alone the one where the writers are.
        let _ = self.0.read_exact_at(&mut bytes, length.saturating_sub(TAIL));
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// Runs a program to its end, and says whether it succeeded.
///
/// It is not killed when the caller loses interest, since it has children of its own which would go
/// on writing into a folder that the caller is about to remove. So that is waited for, a second.
pub(super) async fn run(program: &Path, arguments: &[OsString], log: &Log) -> Result<bool> {
    struct WaitOnDrop(Child);
    impl Drop for WaitOnDrop {
        fn drop(&mut self) {
            let _ = self.0.wait();
        }
    }

    let child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(log.writer()?)
        .stderr(log.writer()?)
        .process_group(0)
        .spawn()
        .with_context(|| format!("cannot start {}", program.display()))?;
    let mut child = WaitOnDrop(child);
    loop {
        if let Some(status) = child.0.try_wait()? {
            return Ok(status.success());
        }
        tokio::time::sleep(LOOK).await;
    }
}
