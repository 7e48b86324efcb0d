//! A folder that does not outlive this process.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

use crate::private;

/// Waits for the other end of its standard input to close, which the kernel does however this
/// process ends, SIGKILL included.
const REMOVER: &str = r#"read -r _; rm -rf -- "$1""#;

/// The folder; it goes away when this is dropped.
#[derive(Debug)]
pub(crate) struct TemporaryFolder {
    path: PathBuf,
    remover: Child,
}

impl TemporaryFolder {
    pub(crate) fn create(prefix: &str) -> Result<Self> {
        let folder = private::temporary_folder(prefix)?;
        let remover = Command::new("/bin/sh")
            .args(["-c", REMOVER, "rowgate-folder"])
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Its own group: Ctrl-C in a terminal must not end it before us.
            .process_group(0)
            .spawn()
            .context("cannot start /bin/sh")?;
        Ok(Self { path: folder.keep(), remover })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        drop(self.remover.stdin.take());
        let _ = self.remover.wait();
    }
}
