//! A file of this machine: its name, its table, and its bytes in ranges.

use std::fs::File;
use std::io::ErrorKind;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use indicatif::ProgressBar;
use rowgate_core::schema::{Schema, Table};
use rowgate_core::{Source, SourceError};

use crate::arguments::table_named;
use crate::progress;
use crate::signals;

/// Opens a file; a folder or a pipe is none, since its size says nothing.
pub(crate) fn open(path: &Path) -> Result<File> {
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => bail!("no such file"),
        file => file?,
    };
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => bail!("not a regular file"),
    }
}

/// The table of a file, by the option or by its path.
pub(crate) fn table_of(schema: Schema, path: &Path, given: Option<&str>) -> Result<&'static Table> {
    if let Some(name) = given {
        return table_named(schema, name);
    }
    let path = path.to_string_lossy();
    let table = schema.table_of_file(&path);
    table.ok_or_else(|| anyhow!("{}; or use --table", schema.no_table_in(&path)))
}

/// A file's name, without its folders.
pub(crate) fn name_of(path: &Path) -> Result<&str> {
    path.file_name().and_then(|name| name.to_str()).context("not a file's name")
}

/// A file whose reading a progress bar follows.
pub(crate) struct FileSource {
    file: File,
    size: u64,
    progress: ProgressBar,
}

impl FileSource {
    pub(crate) fn new(file: File) -> Result<Self> {
        let size = file.metadata()?.len();
        Ok(Self { file, size, progress: progress::of_bytes(size) })
    }

    /// Takes the progress bar away.
    pub(crate) fn finish(&self) {
        self.progress.finish_and_clear();
    }
}

impl Source for FileSource {
    fn size(&self) -> u64 {
        self.size
    }

    async fn read(&self, range: Range<u64>) -> Result<Vec<u8>, SourceError> {
        if signals::is_interrupted() {
            return Err(SourceError::Failed("interrupted".to_owned()));
        }
        let mut bytes = vec![0; (range.end - range.start) as usize];
        self.file
            .read_exact_at(&mut bytes, range.start)
            .map_err(|error| SourceError::Failed(error.to_string()))?;
        progress::advance(&self.progress, bytes.len() as u64);
        Ok(bytes)
    }

    fn reached(&self, rows: u64) {
        progress::count_rows(&self.progress, rows);
    }
}
