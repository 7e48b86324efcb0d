//! Which row has which key, for rows that change.

use alloc::vec::Vec;
use core::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::table::value::Cell;

/// The digests of the rows' keys; the keys themselves are read again where two digests are the same.
#[derive(Debug, Default)]
pub(super) struct KeyIndex {
    /// By row; 0 of one without a key.
    digests: Vec<u64>,
    rows: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl KeyIndex {
    /// The digest of a key, never 0.
    pub(super) fn digest(&self, key: &Cell<'_>) -> u64 {
        let digest = match key {
            Cell::Null => 0,
            Cell::Int(value) => self.hasher.hash_one(value),
            Cell::Text(text) => self.hasher.hash_one(text.as_bytes()),
        };
        digest.max(1)
    }

    /// The rows whose key may be the one of this digest.
    pub(super) fn candidates(&self, digest: u64) -> Vec<u32> {
        let same = self.rows.iter_hash(digest).copied();
        same.filter(|row| self.digests[*row as usize] == digest).collect()
    }

    /// Takes note of a row's key.
    pub(super) fn put(&mut self, row: u32, digest: u64) {
        let needed = row as usize + 1;
        if self.digests.len() < needed {
            self.digests.resize(needed, 0);
        }
        self.digests[row as usize] = digest;
        let Self { digests, rows, .. } = self;
        rows.insert_unique(digest, row, |other| digests[*other as usize]);
    }

    /// Forgets a row's key.
    pub(super) fn remove(&mut self, row: u32) {
        let Some(digest) = self.digests.get_mut(row as usize) else { return };
        let found = self.rows.find_entry(*digest, |other| *other == row);
        if let Ok(entry) = found {
            entry.remove();
            *digest = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_until_it_is_removed() {
        let mut index = KeyIndex::default();
        let digest = index.digest(&Cell::Int(7));
        index.put(3, digest);
        index.put(9, digest);
        let mut rows = index.candidates(digest);
        rows.sort_unstable();
        assert_eq!(rows, [3, 9]);
        index.remove(3);
        index.remove(4);
        index.remove(100);
        assert_eq!(index.candidates(digest), [9]);
        let other = index.digest(&Cell::Text("7".into()));
        assert!(index.candidates(other).is_empty());
    }
}
