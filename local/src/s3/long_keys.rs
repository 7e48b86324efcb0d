//! Keys of S3's length, where s3s-fs makes names of files of them in Base64, which are shorter.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::identifiers::hex;

/// S3's own limit, in bytes.
pub(super) const MAX_KEY: usize = 1024;

/// The longest key that s3s-fs stores, in bytes.
const MAX_STORED: usize = 110;

/// Where a longer key's object lies, by the key's SHA-256.
const FOLDER: &str = "rowgate-long-keys/";

/// The key that s3s-fs stores an object under.
pub(super) fn stored(key: &str) -> Cow<'_, str> {
    match key.len() > MAX_STORED || key.starts_with(FOLDER) {
        true => format!("{FOLDER}{}", hex(&Sha256::digest(key))).into(),
        false => key.into(),
    }
}

/// Keeps a long key, so that a list can name it.
pub(super) fn keep(root: &Path, key: &str) -> io::Result<()> {
    match stored(key) {
        Cow::Owned(stored) => std::fs::write(note(root, &stored), key),
        Cow::Borrowed(_) => Ok(()),
    }
}

/// The key of an object that s3s-fs has under another one.
pub(super) fn original(root: &Path, stored: String) -> String {
    match stored.starts_with(FOLDER) {
        true => std::fs::read_to_string(note(root, &stored)).unwrap_or(stored),
        false => stored,
    }
}

/// Beside the files of s3s-fs's own; no bucket has a name with a dot before it.
fn note(root: &Path, stored: &str) -> PathBuf {
    root.join(format!(".long-key-{}", stored.trim_start_matches(FOLDER)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_key_is_stored_by_its_hash_and_known_again() {
        let folder = tempfile::tempdir().unwrap();
        for key in ["k".repeat(111), format!("{FOLDER}k"), "ü/".repeat(341)] {
            let stored = stored(&key).into_owned();
            assert!(stored.len() <= MAX_STORED && stored != key);
            keep(folder.path(), &key).unwrap();
            assert_eq!(original(folder.path(), stored), key);
        }
        let short = "k".repeat(110);
        assert_eq!(stored(&short), short);
        assert_eq!(original(folder.path(), short.clone()), short);
    }
}
