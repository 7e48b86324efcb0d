//! What is in a file, and where: its directory.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::Range;

use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData};

/// The bytes behind the directory: its length, and four letters.
pub(crate) const FOOTER: u64 = 8;

/// The mark in front of a directory that is handed on first, before its length.
pub(crate) const MARK: &[u8; 4] = b"1RAP";

/// The most bytes of a directory.
pub(crate) const MOST_DIRECTORY: usize = 8 << 20;

/// The most bytes of a row group as it is packed. Spark fills 128 MiB.
const MOST_GROUP: u64 = 192 << 20;

/// Where the row groups of a file stand whose directory this is; none of one that is not read.
pub(crate) fn group_ranges(directory: &[u8], end: u64) -> Vec<Range<u64>> {
    let Ok(metadata) = decode(directory) else { return Vec::new() };
    let ranges = metadata.row_groups().iter().map(|group| group_range(group, end));
    ranges.collect::<Result<_, _>>().unwrap_or_default()
}

pub(super) fn decode(directory: &[u8]) -> Result<ParquetMetaData, String> {
    let decoded = ParquetMetaDataReader::decode_metadata(directory);
    decoded.map_err(|_| "the directory of the Parquet file cannot be read".to_string())
}

/// Where the columns of a row group stand, which is before `end`.
pub(super) fn group_range(group: &RowGroupMetaData, end: u64) -> Result<Range<u64>, String> {
    let broken = || "a row group of the Parquet file is not where its directory says".to_string();
    let mut all: Option<Range<u64>> = None;
    for column in group.columns() {
        let range = column_range(
            column.dictionary_page_offset(),
            column.data_page_offset(),
            column.compressed_size(),
        )
        .filter(|range| range.end <= end)
        .ok_or_else(broken)?;
        all = Some(match all {
            None => range,
            Some(all) => all.start.min(range.start)..all.end.max(range.end),
        });
    }
    let all = all.ok_or_else(broken)?;
    match all.end - all.start > MOST_GROUP {
        true => Err(alloc::format!(
            "a row group of the Parquet file has more than {} MiB; write it in smaller ones",
            MOST_GROUP >> 20
        )),
        false => Ok(all),
    }
}

/// Where a column's pages stand: from its dictionary, or its first page, on.
pub(super) fn column_range(dictionary: Option<i64>, first: i64, size: i64) -> Option<Range<u64>> {
    // Some writers have a dictionary at 0, which is none.
    let start = dictionary.filter(|at| *at > 0 && *at < first).unwrap_or(first);
    let (start, size) = (u64::try_from(start).ok()?, u64::try_from(size).ok()?);
    Some(start..start.checked_add(size)?)
}
