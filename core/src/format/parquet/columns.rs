//! A row group's bytes into the values of its columns, some rows at a time.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use bytes::{Buf, Bytes};
use parquet::column::reader::{ColumnReader, get_column_reader};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};
use parquet::file::reader::{ChunkReader, Length, SerializedPageReader};

use super::directory::column_range;
use super::kind::ParquetValue;
use super::pages;

/// How many rows are read at a time.
const ROWS: usize = 512;

/// The most bytes of the pages and dictionaries of all columns, unpacked.
const MOST_OPEN: u64 = 192 << 20;

/// The bytes of a row group, at their places in the file.
#[derive(Debug)]
struct GroupBytes {
    start: u64,
    bytes: Bytes,
}

impl GroupBytes {
    fn slice(&self, start: u64, length: Option<usize>) -> ParquetResult<Bytes> {
        let outside = || ParquetError::EOF("outside of the row group".to_string());
        let from = start.checked_sub(self.start).and_then(|from| usize::try_from(from).ok());
        let from = from.filter(|from| *from <= self.bytes.len()).ok_or_else(outside)?;
        let end = length.map_or(Some(self.bytes.len()), |length| from.checked_add(length));
        let end = end.filter(|end| *end <= self.bytes.len()).ok_or_else(outside)?;
        Ok(self.bytes.slice(from..end))
    }
}

impl Length for GroupBytes {
    fn len(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }
}

impl ChunkReader for GroupBytes {
    type T = bytes::buf::Reader<Bytes>;

    fn get_read(&self, start: u64) -> ParquetResult<Self::T> {
        Ok(self.slice(start, None)?.reader())
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        self.slice(start, Some(length))
    }
}

/// The columns of a row group that are read.
pub(super) struct GroupColumns {
    readers: Vec<ColumnReader>,
    /// Rows that are not read yet.
    left: u64,
}

impl GroupColumns {
    /// Opens columns, by their places in the file's schema.
    pub(super) fn open(
        group: &RowGroupMetaData,
        start: u64,
        bytes: Vec<u8>,
        columns: &[usize],
    ) -> Result<Self, String> {
        let bytes = Arc::new(GroupBytes { start, bytes: bytes.into() });
        let left = u64::try_from(group.num_rows()).map_err(|_| broken())?;
        let mut open = 0;
        let mut readers = Vec::new();
        // One without rows may have no pages.
        for at in columns.iter().filter(|_| left > 0) {
            let column = group.column(*at);
            open += pages::measure(&pages_of(&bytes, column)?)?;
            if open > MOST_OPEN {
                return Err(alloc::format!(
                    "the pages of the Parquet file's columns unpack to more than {} MiB; write it in smaller ones",
                    MOST_OPEN >> 20
                ));
            }
            let rows = usize::try_from(left).map_err(|_| broken())?;
            let pages = SerializedPageReader::new(bytes.clone(), column, rows, None);
            let pages = pages.map_err(|error| unreadable(&error))?;
            readers.push(get_column_reader(column.column_descr_ptr(), Box::new(pages)));
        }
        Ok(Self { readers, left })
    }

    /// Whether no row is left.
    pub(super) fn is_over(&self) -> bool {
        self.left == 0
    }

    /// The next rows, as the values of each column.
    pub(super) fn next(&mut self) -> Result<Vec<Vec<Option<ParquetValue>>>, String> {
        let rows = ROWS.min(usize::try_from(self.left).unwrap_or(ROWS));
        self.left -= rows as u64;
        self.readers.iter_mut().map(|reader| values(reader, rows)).collect()
    }
}

/// The bytes of a column's pages.
fn pages_of(group: &GroupBytes, column: &ColumnChunkMetaData) -> Result<Bytes, String> {
    let (dictionary, first) = (column.dictionary_page_offset(), column.data_page_offset());
    let range = column_range(dictionary, first, column.compressed_size()).ok_or_else(broken)?;
    let length = usize::try_from(range.end - range.start).map_err(|_| broken())?;
    group.slice(range.start, Some(length)).map_err(|_| broken())
}

fn broken() -> String {
    "a row group of the Parquet file is not what its directory says".into()
}

/// Why the library does not read something; it may quote values, so that only its kind is said.
fn unreadable(error: &ParquetError) -> String {
    match error {
        ParquetError::NYI(_) => "the Parquet file is packed or encoded in a way that is not read; write it with snappy, gzip or zstd".into(),
        ParquetError::General(text) if text.starts_with("Disabled feature") => {
            "the Parquet file is packed in a way that is not read; write it with snappy, gzip or zstd".into()
        }
        _ => broken(),
    }
}

/// The values of so many rows of a column.
fn values(reader: &mut ColumnReader, rows: usize) -> Result<Vec<Option<ParquetValue>>, String> {
    macro_rules! read {
        ($reader:expr, $value:expr) => {{
            let (mut levels, mut values) = (Vec::new(), Vec::new());
            let mut records = 0;
            while records < rows {
                let read =
                    $reader.read_records(rows - records, Some(&mut levels), None, &mut values);
                let (count, ..) = read.map_err(|error| unreadable(&error))?;
                if count == 0 {
                    return Err(broken());
                }
                records += count;
            }
            spread(&levels, values.into_iter().map($value), rows)
        }};
    }
    match reader {
        ColumnReader::BoolColumnReader(reader) => read!(reader, ParquetValue::Bool),
        ColumnReader::Int32ColumnReader(reader) => read!(reader, ParquetValue::Short),
        ColumnReader::Int64ColumnReader(reader) => read!(reader, ParquetValue::Int),
        ColumnReader::FloatColumnReader(reader) => read!(reader, ParquetValue::Float),
        ColumnReader::DoubleColumnReader(reader) => read!(reader, ParquetValue::Double),
        ColumnReader::ByteArrayColumnReader(reader) => read!(reader, ParquetValue::Bytes),
        ColumnReader::FixedLenByteArrayColumnReader(reader) => {
            read!(reader, |value: parquet::data_type::FixedLenByteArray| ParquetValue::Bytes(
                value.into()
            ))
        }
        ColumnReader::Int96ColumnReader(_) => Err(broken()),
    }
}

/// The values at their rows: where the level is 0 there is none. A column without levels has one for each.
fn spread(
    levels: &[i16],
    values: impl Iterator<Item = ParquetValue>,
    rows: usize,
) -> Result<Vec<Option<ParquetValue>>, String> {
    let mut values = values;
    let spread: Vec<_> = match levels.is_empty() {
        true => values.by_ref().map(Some).collect(),
        false => {
            let value = |level: &i16| if *level > 0 { values.next().map(Some) } else { Some(None) };
            levels.iter().map(value).collect::<Option<_>>().ok_or_else(broken)?
        }
    };
    if spread.len() == rows { Ok(spread) } else { Err(broken()) }
}
