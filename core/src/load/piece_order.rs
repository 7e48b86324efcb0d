//! A file's bytes in the order in which its format takes them: most from the start on, Parquet with its
//! directory first.

use alloc::boxed::Box;
#[cfg(feature = "parquet")]
use alloc::vec::Vec;
#[cfg(feature = "parquet")]
use core::future::ready;
#[cfg(feature = "parquet")]
use core::ops::Range;
use core::pin::Pin;

#[cfg(feature = "parquet")]
use futures_util::future::Either;
use futures_util::stream::Stream;
#[cfg(feature = "parquet")]
use futures_util::stream::{self, StreamExt};

#[cfg(feature = "parquet")]
use crate::aws::source::SourceError;
use crate::aws::source::{Piece, Source, pieces};
use crate::format::formats::RowFormat;
#[cfg(feature = "parquet")]
use crate::format::parquet::{FOOTER, MARK, MOST_DIRECTORY, group_ranges};

/// How much is read at a time, and how much of the end at first.
#[cfg(feature = "parquet")]
const RANGE: u64 = 1 << 20;
#[cfg(feature = "parquet")]
const END: u64 = 64 << 10;

/// The bytes of a file from `start` on, in the order of its format.
#[cfg(not(feature = "parquet"))]
pub(crate) fn ordered<S: Source>(
    source: &S,
    _: &RowFormat,
    start: u64,
) -> Pin<Box<impl Stream<Item = Piece>>> {
    pieces(source, start)
}

/// The bytes of a file from `start` on, in the order of its format.
#[cfg(feature = "parquet")]
pub(crate) fn ordered<S: Source>(
    source: &S,
    format: &RowFormat,
    start: u64,
) -> Pin<Box<impl Stream<Item = Piece>>> {
    Box::pin(match format.has_directory() {
        true => Either::Left(directory_first(source)),
        false => Either::Right(pieces(source, start)),
    })
}

#[cfg(feature = "parquet")]
fn directory_first<S: Source>(source: &S) -> impl Stream<Item = Piece> {
    stream::once(directory(source)).flat_map(move |found| match found {
        Err(error) => Either::Left(stream::once(ready(Err(error)))),
        Ok((head, ranges)) => {
            let groups = stream::iter(ranges).map(move |range| source.read(range)).buffered(2);
            Either::Right(stream::once(ready(Ok(head))).chain(groups))
        }
    })
}

/// The directory, behind a mark and its length, and the places of the row groups; of a file that has none its
/// start alone.
#[cfg(feature = "parquet")]
async fn directory<S: Source>(source: &S) -> Result<(Vec<u8>, Vec<Range<u64>>), SourceError> {
    let size = source.size();
    let end = source.read(size.saturating_sub(END)..size).await?;
    let footer = end.len().checked_sub(FOOTER as usize).map(|at| &end[at..]);
    let Some([a, b, c, d, b'P', b'A', b'R', b'1']) = footer else {
        return Ok((source.read(0..size.min(END)).await?, Vec::new()));
    };
    let length = u32::from_le_bytes([*a, *b, *c, *d]);
    let head = [MARK.as_slice(), &length.to_le_bytes()].concat();
    let start = (size - FOOTER).checked_sub(u64::from(length));
    let Some(start) = start.filter(|_| length as usize <= MOST_DIRECTORY) else {
        return Ok((head, Vec::new()));
    };
    let bytes = match start.checked_sub(size - end.len() as u64) {
        Some(at) => end[at as usize..end.len() - FOOTER as usize].to_vec(),
        None => source.read(start..size - FOOTER).await?,
    };
    let ranges = group_ranges(&bytes, start).into_iter().flat_map(|range| {
        let Range { start, end } = range;
        (start..end).step_by(RANGE as usize).map(move |at| at..end.min(at + RANGE))
    });
    Ok(([head, bytes].concat(), ranges.collect()))
}
