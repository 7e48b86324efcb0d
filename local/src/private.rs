//! Folders and files that no other user of this machine can look into, whatever the umask is.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use anyhow::{Context, Result};
use tempfile::TempDir;

const FOLDER: u32 = 0o700;
const FILE: u32 = 0o600;

/// Makes a temporary folder.
pub(crate) fn temporary_folder(prefix: &str) -> Result<TempDir> {
    let permissions = Permissions::from_mode(FOLDER);
    Ok(tempfile::Builder::new().prefix(prefix).permissions(permissions).tempdir()?)
}

/// Makes a folder and those above it; one that is there already stays as it is.
pub(crate) fn create_folder(path: &Path) -> Result<()> {
    let made = DirBuilder::new().recursive(true).mode(FOLDER).create(path);
    made.with_context(|| format!("cannot create the folder {}", path.display()))
}

/// Opens a file to append to.
pub(crate) fn append(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().create(true).append(true).read(true).mode(FILE).open(path)
}

/// Takes everybody else's rights on a file or socket that another program has made.
pub(crate) fn close(path: &Path) -> std::io::Result<()> {
    std::fs::set_permissions(path, Permissions::from_mode(FILE))
}

/// Writes a file anew.
pub(crate) fn write(path: &Path, text: &str) -> Result<()> {
    use std::io::Write;

    let file = OpenOptions::new().create(true).write(true).truncate(true).mode(FILE).open(path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.with_context(|| format!("cannot write {}", path.display()))
}
