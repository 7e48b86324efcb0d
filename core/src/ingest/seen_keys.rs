//! The keys of the first rows, to find one that comes twice.
//!
//! A file has many, so they are kept without pointers: a row's key by its index, and the indexes
//! in hash tables. 500,000 integers of 32 bits take 5 MB. While they only grow, as in a file that
//! was sorted, each is new if it is greater than the last: there are no tables, and 2 MB are enough.

use alloc::string::String;
use alloc::vec::Vec;
use core::hash::BuildHasher;
use core::mem;

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::table::record::Cell;

/// The first rows of a table, whose keys are remembered to find a repeated one; past them the
/// database's own key decides.
pub const CHECKED_KEYS: u32 = 500_000;

/// A table doubles when it is 7/8 full; several small ones waste less than one that has just
/// doubled. With five, 500,000 rows stay below the last doubling.
const TABLES: usize = 5;

/// A key's value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Int(i64),
    Text(String),
}

impl Key {
    pub(super) fn of(cell: &Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Null => None,
            Cell::Int(value) => Some(Self::Int(*value)),
            Cell::Text(text) => Some(Self::Text(text.as_ref().into())),
        }
    }

    pub(super) fn cell(&self) -> Cell<'_> {
        match self {
            Self::Int(value) => Cell::Int(*value),
            Self::Text(text) => Cell::Text(text.into()),
        }
    }
}

/// Keys by the index of their row.
#[derive(Debug, Default)]
pub(super) struct SeenKeys {
    /// Empty if the keys are texts.
    ints: Ints,
    /// One behind the other, and by index where each ends. Empty if the keys are integers.
    texts: String,
    ends: Vec<usize>,
    /// Empty while the keys are integers, each greater than the one before.
    indexes: [HashTable<u32>; TABLES],
    is_indexed: bool,
    hasher: DefaultHashBuilder,
}

impl SeenKeys {
    /// Takes a row's key; on an error another row, whose index it is, has the same.
    ///
    /// Rows come in the order of their indexes.
    pub(super) fn claim(&mut self, key: &Cell<'_>, index: u32) -> Result<(), u32> {
        match key {
            Cell::Int(value) if !self.is_indexed && self.ints.last() < Some(*value) => {
                self.ints.put(index as usize, *value);
                return Ok(());
            }
            _ => self.index(),
        }
        let hash = self.hash(key);
        if let Some(first) = self.find(hash, key) {
            return Err(first);
        }
        let row = index as usize;
        match key {
            Cell::Null => return Ok(()),
            Cell::Int(value) => self.ints.put(row, *value),
            Cell::Text(text) => {
                self.ends.resize(row, self.texts.len());
                self.texts.push_str(text);
                self.ends.push(self.texts.len());
            }
        }
        self.insert(hash, index);
        Ok(())
    }

    pub(super) fn contains(&self, key: &Key) -> bool {
        match key {
            Key::Int(value) if !self.is_indexed => self.ints.has_sorted(*value),
            key => {
                let cell = key.cell();
                self.find(self.hash(&cell), &cell).is_some()
            }
        }
    }

    /// Makes the tables, once the keys are not sorted any more.
    fn index(&mut self) {
        if mem::replace(&mut self.is_indexed, true) {
            return;
        }
        for row in 0..self.ints.len() {
            // Rows without a key have that of the next one.
            if self.ints.get(row) != self.ints.get(row + 1) {
                let index = row as u32;
                self.insert(self.hasher.hash_one(self.cell_at(index)), index);
            }
        }
    }

    fn insert(&mut self, hash: u64, index: u32) {
        let Self { indexes, ints, texts, ends, hasher, .. } = self;
        let rehash = |index: &u32| hasher.hash_one(cell_at(ints, texts, ends, *index));
        indexes[table_of(hash)].insert_unique(hash, index, rehash);
    }

    /// Forgets a row's key.
    pub(super) fn remove(&mut self, index: u32) {
        self.index();
        if index as usize >= self.ints.len().max(self.ends.len()) {
            return;
        }
        let hash = self.hasher.hash_one(self.cell_at(index));
        if let Ok(entry) = self.indexes[table_of(hash)].find_entry(hash, |other| *other == index) {
            entry.remove();
        }
    }

    fn find(&self, hash: u64, key: &Cell<'_>) -> Option<u32> {
        let wanted = KeyCell::of(key)?;
        let same = |index: &u32| self.cell_at(*index) == wanted;
        self.indexes[table_of(hash)].find(hash, same).copied()
    }

    fn hash(&self, key: &Cell<'_>) -> u64 {
        KeyCell::of(key).map_or(0, |key| self.hasher.hash_one(key))
    }

    fn cell_at(&self, index: u32) -> KeyCell<'_> {
        cell_at(&self.ints, &self.texts, &self.ends, index)
    }
}

/// Integers by index; a row that has none has the next row's.
#[derive(Debug)]
enum Ints {
    /// While all are of 32 bits, as most ids are.
    Narrow(Vec<i32>),
    Wide(Vec<i64>),
}

impl Default for Ints {
    fn default() -> Self {
        Self::Narrow(Vec::new())
    }
}

impl Ints {
    fn put(&mut self, row: usize, value: i64) {
        if let Self::Narrow(values) = self {
            if let Ok(value) = i32::try_from(value) {
                values.resize(row + 1, value);
                return;
            }
            *self = Self::Wide(values.iter().map(|value| i64::from(*value)).collect());
        }
        if let Self::Wide(values) = self {
            values.resize(row + 1, value);
        }
    }

    fn last(&self) -> Option<i64> {
        self.len().checked_sub(1).and_then(|row| self.get(row))
    }

    /// Whether a value is among those of a list that is sorted.
    fn has_sorted(&self, value: i64) -> bool {
        match self {
            Self::Narrow(values) => {
                values.binary_search_by_key(&value, |it| i64::from(*it)).is_ok()
            }
            Self::Wide(values) => values.binary_search(&value).is_ok(),
        }
    }

    fn get(&self, row: usize) -> Option<i64> {
        match self {
            Self::Narrow(values) => values.get(row).map(|value| i64::from(*value)),
            Self::Wide(values) => values.get(row).copied(),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Narrow(values) => values.len(),
            Self::Wide(values) => values.len(),
        }
    }
}

/// A key where it stands.
#[derive(PartialEq, Eq, Hash)]
pub(super) enum KeyCell<'k> {
    Int(i64),
    Text(&'k str),
}

impl<'k> KeyCell<'k> {
    pub(super) fn of(cell: &'k Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Null => None,
            Cell::Int(value) => Some(Self::Int(*value)),
            Cell::Text(text) => Some(Self::Text(text)),
        }
    }
}

fn cell_at<'k>(ints: &Ints, texts: &'k str, ends: &[usize], index: u32) -> KeyCell<'k> {
    let row = index as usize;
    if let Some(value) = ints.get(row) {
        return KeyCell::Int(value);
    }
    let start = row.checked_sub(1).map_or(0, |previous| ends[previous]);
    KeyCell::Text(&texts[start..ends[row]])
}

/// By the middle bits: the tables themselves go by those at both ends.
fn table_of(hash: u64) -> usize {
    (hash >> 24) as usize % TABLES
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(text: &str) -> Cell<'_> {
        Cell::Text(text.into())
    }

    #[test]
    fn a_key_is_found_by_the_row_that_had_it_first() {
        let mut keys = SeenKeys::default();
        assert_eq!(keys.claim(&Cell::Int(0), 0), Ok(()));
        assert_eq!(keys.claim(&Cell::Int(7), 3), Ok(()));
        assert_eq!(keys.claim(&Cell::Int(7), 4), Err(3));
        // The rows between have no key, which is not the same as the key 0.
        assert_eq!(keys.claim(&Cell::Int(0), 5), Err(0));
        assert!(keys.contains(&Key::Int(7)) && !keys.contains(&Key::Int(4)));
        keys.remove(3);
        keys.remove(1);
        keys.remove(999);
        assert!(!keys.contains(&Key::Int(7)) && keys.contains(&Key::Int(0)));
        assert_eq!(keys.claim(&Cell::Int(7), 6), Ok(()));
    }

    #[test]
    fn sorted_keys_take_no_tables() {
        let mut keys = SeenKeys::default();
        // Rows 0 and 3 have no key.
        for (index, value) in [(1, -5), (2, 0), (4, 7), (5, 1 << 40)] {
            assert_eq!(keys.claim(&Cell::Int(value), index), Ok(()));
        }
        assert!(keys.indexes.iter().all(HashTable::is_empty));
        assert!(keys.contains(&Key::Int(7)) && !keys.contains(&Key::Int(6)));

        assert_eq!(keys.claim(&Cell::Int(1 << 40), 6), Err(5));
        assert_eq!(keys.claim(&Cell::Int(7), 6), Err(4));
        assert_eq!(keys.claim(&Cell::Int(3), 6), Ok(()));
        assert!(keys.contains(&Key::Int(7)) && !keys.contains(&Key::Int(6)));
        keys.remove(3);
        keys.remove(1);
        assert_eq!(keys.claim(&Cell::Int(-5), 7), Ok(()));
        assert_eq!(keys.claim(&Cell::Int(3), 8), Err(6));
    }

    #[test]
    fn wide_keys_come_among_narrow_ones() {
        let mut keys = SeenKeys::default();
        assert_eq!(keys.claim(&Cell::Int(7), 0), Ok(()));
        assert_eq!(keys.claim(&Cell::Int(1 << 40), 1), Ok(()));
        assert_eq!(keys.claim(&Cell::Int(1 << 40), 2), Err(1));
        assert_eq!(keys.claim(&Cell::Int(7), 2), Err(0));
    }

    #[test]
    fn texts_are_told_apart_byte_for_byte() {
        let mut keys = SeenKeys::default();
        assert_eq!(keys.claim(&text("a"), 1), Ok(()));
        assert_eq!(keys.claim(&text("a"), 2), Err(1));
        assert_eq!(keys.claim(&text(" a"), 2), Ok(()));
        assert_eq!(keys.claim(&text("A"), 3), Ok(()));
        assert_eq!(keys.claim(&text(""), 4), Ok(()));
        assert_eq!(keys.claim(&text(""), 5), Err(4));
        assert!(keys.contains(&Key::Text("a".into())));
    }

    proptest! {
        #[test]
        fn it_is_a_map_of_first_rows(
            mut values in proptest::collection::vec(-400..400_i64, 0..200),
            sorted in 0..200_usize,
        ) {
            let mut keys = SeenKeys::default();
            let mut first = hashbrown::HashMap::new();
            let sorted = sorted.min(values.len());
            values[..sorted].sort_unstable();
            for (index, value) in values.into_iter().enumerate() {
                let index = index as u32;
                let expected = match first.get(&value) {
                    Some(first) => Err(*first),
                    None => Ok(()),
                };
                first.entry(value).or_insert(index);
                prop_assert_eq!(keys.claim(&Cell::Int(value), index), expected);
            }
        }
    }
}
