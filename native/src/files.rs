//! The files that say which tables there are, and how they change.

use std::fmt;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use rowgate_core::migrate::{Migration, MigrationFileError};
use rowgate_core::schema::{DescriptionError, Schema};

/// Why a file is not read.
#[derive(Debug)]
pub enum FileError {
    /// The file cannot be read.
    Io(PathBuf, io::Error),
    /// It is no description of tables.
    Schema(PathBuf, DescriptionError),
    /// It is no migration.
    Migration(PathBuf, MigrationFileError),
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Schema(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Migration(folder, error) => write!(f, "{}/{error}", folder.display()),
        }
    }
}

impl std::error::Error for FileError {}

/// Reads a `schema.json`; without one, the example.
///
/// What it needs stays in memory for the life of the process: a program reads one.
///
/// # Errors
///
/// Where the file cannot be read, or is no description of tables.
pub fn read_schema(path: Option<&Path>) -> Result<Schema, FileError> {
    let Some(path) = path else { return Ok(Schema::example()) };
    let json = fs::read_to_string(path).map_err(|error| FileError::Io(path.into(), error))?;
    Schema::from_json(&json).map_err(|error| FileError::Schema(path.into(), error))
}

/// Reads the migrations of a folder, in order; one that is not there has none.
///
/// Its README and what an editor hides are none either. Their texts stay in memory for the life of the
/// process.
///
/// # Errors
///
/// Where a file cannot be read, or is no migration.
pub fn read_migrations(folder: &Path) -> Result<Vec<Migration>, FileError> {
    let files = match files(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        files => files.map_err(|error| FileError::Io(folder.into(), error))?,
    };
    Migration::read_all(files).map_err(|error| FileError::Migration(folder.into(), error))
}

fn files(folder: &Path) -> io::Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name != "README.md" && !name.starts_with('.') {
            files.push((name, fs::read_to_string(entry.path())?));
        }
    }
    Ok(files)
}
