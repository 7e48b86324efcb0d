//! A file's bytes, by ranges, with the next ones on their way.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::future::Future;
use core::ops::Range;
use core::pin::Pin;

use futures_util::stream::{self, Stream, StreamExt};

/// How much is read at a time. Three of these are in memory: the one in use and two on their way.
const RANGE: u64 = 1 << 20;

/// How many ranges are on their way.
const AHEAD: usize = 2;

/// Where a file's bytes come from.
pub trait Source {
    /// How many bytes the file has.
    fn size(&self) -> u64;

    /// The bytes of a range that lies inside the file.
    fn read(&self, range: Range<u64>) -> impl Future<Output = Result<Vec<u8>, SourceError>>;
}

/// Why bytes could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceError {
    /// The file is not there any more, or is another one by now.
    Gone,
    /// It may go well another time.
    Failed(String),
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone => f.write_str("the file is not there any more"),
            Self::Failed(cause) => write!(f, "the file could not be read: {cause}"),
        }
    }
}

impl core::error::Error for SourceError {}

/// The bytes from `start` to the file's end.
pub(super) fn pieces<S: Source>(source: &S, start: u64) -> Pin<Box<impl Stream<Item = Piece>>> {
    let size = source.size();
    let starts = (start..size).step_by(RANGE as usize);
    let read = move |start: u64| source.read(start..size.min(start + RANGE));
    Box::pin(stream::iter(starts).map(read).buffered(AHEAD))
}

pub(super) type Piece = Result<Vec<u8>, SourceError>;
