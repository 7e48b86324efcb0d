//! A file's bytes, by ranges, with the next ones in flight.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::future::Future;
use core::ops::Range;
use core::pin::Pin;

use futures_util::stream::{self, Stream, StreamExt};

use crate::aws::host::{CallError, Client, Host, Repeat};
use crate::aws::s3::{Error, GetObject, S3Endpoint};

/// How much is read at a time. Three of these are in memory: the one in use and two in flight.
const RANGE: u64 = 1 << 20;

/// How many ranges are in flight.
const AHEAD: usize = 2;

/// Where a file's bytes come from.
pub trait Source {
    /// How many bytes the file has.
    fn size(&self) -> u64;

    /// The bytes of a range that lies inside the file.
    fn read(&self, range: Range<u64>) -> impl Future<Output = Result<Vec<u8>, SourceError>>;

    /// Told how many rows of the file are dealt with.
    fn reached(&self, _rows: u64) {}
}

/// Why bytes could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceError {
    /// The file was deleted or replaced.
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
pub(crate) fn pieces<S: Source>(source: &S, start: u64) -> Pin<Box<impl Stream<Item = Piece>>> {
    let size = source.size();
    let starts = (start..size).step_by(RANGE as usize);
    let read = move |start: u64| source.read(start..size.min(start + RANGE));
    Box::pin(stream::iter(starts).map(read).buffered(AHEAD))
}

pub(crate) type Piece = Result<Vec<u8>, SourceError>;

/// An object of S3, every range of it of the same content and of as many bytes as it is asked for.
#[derive(Debug)]
pub struct ObjectSource<'s, H> {
    /// What asks for it.
    pub client: &'s Client<'s, H, S3Endpoint>,
    /// Its bucket.
    pub bucket: &'s str,
    /// Its key.
    pub key: &'s str,
    /// The version that is read; without one the newest.
    pub version_id: Option<&'s str>,
    /// The content that is read, as HEAD names it; any without it.
    pub e_tag: Option<&'s str>,
    /// Its size in bytes.
    pub size: u64,
}

impl<H: Host> Source for ObjectSource<'_, H> {
    fn size(&self) -> u64 {
        self.size
    }

    async fn read(&self, range: Range<u64>) -> Result<Vec<u8>, SourceError> {
        let Range { start, end } = range;
        let get = GetObject {
            bucket: self.bucket,
            key: self.key,
            version_id: self.version_id,
            range: start..end,
            if_match: self.e_tag,
        };
        let read = self.client.call(&get, Repeat::Harmless).await;
        let mut output = read.map_err(|error| SourceError::of_call(&error))?;
        if output.is_whole {
            output.body.truncate(end as usize);
            output.body.drain(..output.body.len().min(start as usize));
        }
        match output.body.len() as u64 == end - start {
            true => Ok(output.body),
            false => Err(SourceError::Failed("S3 sent fewer bytes than it was asked for".into())),
        }
    }
}

impl SourceError {
    /// What a failed call says of its object.
    pub(crate) fn of_call(error: &CallError<Error>) -> Self {
        match error {
            CallError::Api(error) if error.is_not_found() || error.is_precondition_failed() => {
                Self::Gone
            }
            error => Self::Failed(error.to_string()),
        }
    }
}
