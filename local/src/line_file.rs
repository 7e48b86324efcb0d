//! A file that whole lines are appended to.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};
use serde::Serialize;

use crate::private;

/// The file; many may write into it at once, and no line is torn.
#[derive(Debug)]
pub(crate) struct LineFile(Mutex<File>);

impl LineFile {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let file = private::append(path);
        let file = file.with_context(|| format!("cannot open the log {}", path.display()))?;
        Ok(Self(Mutex::new(file)))
    }

    /// Writes a line of JSON, before the caller gets the answer.
    pub(crate) fn append_json(&self, line: &impl Serialize) -> Result<()> {
        self.append(serde_json::to_vec(line)?)
    }

    /// Writes a line, which ends here whether it has an end or not.
    pub(crate) fn append(&self, mut line: Vec<u8>) -> Result<()> {
        if line.last() != Some(&b'\n') {
            line.push(b'\n');
        }
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(&line)?;
        file.flush()?;
        Ok(())
    }
}
