//! The parts that the steps deal out, and what comes back of them.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::backup::{BackupError, KeyRange, MOST_BYTES, PartFile, bytes};
use crate::sql::checksum::Checksum;
use crate::table::schema::Table;

use super::super::error::RestoreError;

/// One part of the work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Item {
    /// Write the rows of a file to the staging table.
    File(FileItem),
    /// Compute what a range of the live table holds.
    Live(RangeItem),
    /// Compute what a range of the staging table holds.
    Staging(RangeItem),
    /// Compute what a range of the table holds that was live before the swap.
    Old(RangeItem),
}

/// A file, as it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileItem {
    /// The table.
    pub table: String,
    /// Its number among the table's files.
    pub number: usize,
    /// Its key in the bucket.
    pub key: String,
    /// Its ETag and its size, where no manifest says what it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<(String, u64)>,
}

/// Some keys of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RangeItem {
    /// The table.
    pub table: String,
    /// Its number among the table's ranges.
    pub number: usize,
    /// The keys.
    #[serde(flatten)]
    pub span: KeyRange,
}

/// What comes back of an [`Item`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Done {
    /// The rows of a file are written.
    File(FileDone),
    /// What a range of the live table holds.
    Live(RangeDone),
    /// What a range of the staging table holds.
    Staging(RangeDone),
    /// What a range of the table holds that was live before the swap.
    Old(RangeDone),
}

/// A file whose rows are in the staging table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileDone {
    /// The table.
    pub table: String,
    /// Its number.
    pub number: usize,
    /// What it holds, where no manifest says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Checksum>,
    /// The file itself, if it has a row 0, which is written when all others are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zero: Option<FileItem>,
}

/// What a range holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RangeDone {
    /// The table.
    pub table: String,
    /// Its number.
    pub number: usize,
    /// Its rows.
    #[serde(flatten)]
    pub content: Checksum,
}

impl FileItem {
    pub(super) fn of(table: &Table, number: usize, file: PartFile) -> Self {
        let PartFile { key, e_tag, bytes, manifest, .. } = file;
        let found = manifest.is_none().then_some((e_tag, bytes));
        Self { table: table.name.to_string(), number, key, found }
    }
}

impl Done {
    pub(super) fn file(&self) -> Option<(&str, usize, Checksum)> {
        let Self::File(file) = self else { return None };
        Some((&file.table, file.number, file.content.unwrap_or_default()))
    }

    pub(super) fn live(&self) -> Option<(&str, usize, Checksum)> {
        let Self::Live(range) = self else { return None };
        Some((&range.table, range.number, range.content))
    }

    pub(super) fn staging(&self) -> Option<(&str, usize, Checksum)> {
        let Self::Staging(range) = self else { return None };
        Some((&range.table, range.number, range.content))
    }

    pub(super) fn old(&self) -> Option<(&str, usize, Checksum)> {
        let Self::Old(range) = self else { return None };
        Some((&range.table, range.number, range.content))
    }
}

/// The spans of tables as parts of the work.
pub(super) fn ranges(
    tables: &[&'static Table],
    spans: &[Vec<KeyRange>],
    kind: fn(RangeItem) -> Item,
) -> Vec<Item> {
    let mut items = Vec::new();
    for (table, spans) in tables.iter().zip(spans) {
        for (number, span) in spans.iter().enumerate() {
            let table = table.name.to_string();
            items.push(kind(RangeItem { table, number, span: *span }));
        }
    }
    items
}

/// The content of all parts of a table, each counted once.
pub(super) fn add_up<'d>(
    table: &'static Table,
    wanted: usize,
    parts: impl Iterator<Item = (&'d str, usize, Checksum)>,
) -> Result<Checksum, RestoreError> {
    let own = parts.filter(|(name, ..)| *name == table.name);
    let mut by_number = BTreeMap::new();
    for (_, number, content) in own {
        // Of one that came back twice the first, as in a backup.
        by_number.entry(number).or_insert(content);
    }
    let found = (0..wanted).filter(|number| by_number.contains_key(number)).count();
    if found != wanted || by_number.len() != wanted {
        return Err(BackupError::PartsMissing { table: table.name, wanted, found }.into());
    }
    let mut all = Checksum::default();
    by_number.into_values().for_each(|content| all.merge(content));
    Ok(all)
}

pub(super) fn zero_of<'d>(table: &Table, done: &'d [Done]) -> Option<&'d FileItem> {
    done.iter().find_map(|done| match done {
        Done::File(file) if file.table == table.name => file.zero.as_ref(),
        _ => None,
    })
}

/// Whether a state machine can carry a step's answer with its parts, and with what comes back of them.
pub(super) fn is_carried(answer: &impl Serialize, items: &[Item]) -> bool {
    let back: usize = items.iter().map(|item| bytes(&most_of(item)) + 1).sum();
    bytes(&(answer, items)) + back + zeros(items) <= MOST_BYTES
}

/// The longest that can come back of a part, a row 0 aside.
pub(super) fn most_of(item: &Item) -> Done {
    let content = Checksum { rows: u64::MAX, digest: u64::MAX };
    let range =
        |range: &RangeItem| RangeDone { table: range.table.clone(), number: range.number, content };
    match item {
        Item::File(FileItem { table, number, .. }) => {
            let (table, number, content) = (table.clone(), *number, Some(content));
            Done::File(FileDone { table, number, content, zero: None })
        }
        Item::Live(item) => Done::Live(range(item)),
        Item::Staging(item) => Done::Staging(range(item)),
        Item::Old(item) => Done::Old(range(item)),
    }
}

/// The bytes that come back of rows 0: one file of each table, the one with the longest name.
fn zeros(items: &[Item]) -> usize {
    let mut longest = BTreeMap::new();
    for item in items {
        let Item::File(file) = item else { continue };
        let most = longest.entry(file.table.as_str()).or_insert(0);
        *most = bytes(file).max(*most);
    }
    longest.into_values().map(|file| file + r#","zero":"#.len()).sum()
}
