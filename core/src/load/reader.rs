//! A file's rows, one after the other.

use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::future::poll_fn;
use core::pin::Pin;
use core::task::Poll;

use futures_util::stream::{Stream, StreamExt};

use super::error::LoadError;
use super::table_file::TableFile;
use super::unpack::Unpack;
use crate::aws::source::{Piece, Source, SourceError, pieces};
use crate::format::lines::LineDecoder;
use crate::ingest::StoreError;
use crate::ledger::Position;
use crate::table::issue::RowErrorKind;

/// Reads a file from its start, or from a [`Mark`].
pub(super) struct FileReader<P> {
    pieces: P,
    unpack: Unpack,
    decoder: LineDecoder,
    text: Vec<u8>,
    /// How much of `text` is read.
    position: usize,
    /// Where `text` begins in the file's text.
    offset: u64,
    /// How much of the text that comes is before the place to start from.
    skip: u64,
    mark: Arc<Mark>,
    ended: bool,
    /// Whether text has come since [`FileReader::takes_text`] was asked.
    has_new_text: bool,
}

/// The start of a record, from which the file can be read again.
#[derive(Debug)]
pub(super) struct Mark {
    /// Bytes of text before it.
    offset: u64,
    is_gzip: bool,
    decoder: LineDecoder,
}

impl Mark {
    /// The record that is being read, `offset` bytes into the text.
    fn new(offset: u64, is_gzip: bool, decoder: &LineDecoder) -> Self {
        let (back, decoder) = decoder.at_record_start();
        Self { offset: offset - back, is_gzip, decoder }
    }

    /// Whether the file is packed.
    pub(super) fn is_packed(&self) -> bool {
        self.is_gzip
    }
}

/// Why no more rows come.
#[derive(Debug)]
pub(super) enum ReadError {
    Source(SourceError),
    /// What earlier attempts have left, or what the tables are by now, could not be read.
    Ledger(StoreError),
    /// The file as a whole is wrong from here on.
    Fault(RowErrorKind),
    /// The table is another one than that by which it was begun.
    TablesChanged,
}

impl FileReader<()> {
    /// Reads from the start or, of a file that is not packed, from a place between two rows.
    pub(super) async fn open<S: Source>(
        source: &S,
        file: &TableFile,
        place: Option<Position>,
    ) -> Result<FileReader<Pin<Box<impl Stream<Item = Piece>>>>, ReadError> {
        let mut first = FileReader::fresh(pieces(source, 0), file);
        let Some(place) = place else { return Ok(first) };
        // The header, if there is one, says what the cells of all rows are.
        first.next().await?;
        if first.unpack.is_gzip() {
            return Ok(FileReader::fresh(pieces(source, 0), file));
        }
        let decoder = first.decoder.at_place(place.line, place.row);
        let mark = Arc::new(Mark { offset: place.offset, is_gzip: false, decoder });
        Ok(FileReader::marked(pieces(source, place.offset), &mark))
    }

    /// Reads on from a mark. Packed data can only be unpacked from its start.
    pub(super) fn resume<S: Source>(
        source: &S,
        mark: &Arc<Mark>,
    ) -> FileReader<Pin<Box<impl Stream<Item = Piece>>>> {
        FileReader::marked(pieces(source, if mark.is_gzip { 0 } else { mark.offset }), mark)
    }
}

impl<P> FileReader<P> {
    fn fresh(pieces: P, file: &TableFile) -> Self {
        let decoder = LineDecoder::with_header(file.format, file.table, file.header);
        Self {
            pieces,
            unpack: Unpack::New { named_gzip: file.named_gzip },
            text: Vec::new(),
            position: 0,
            offset: 0,
            skip: 0,
            mark: Arc::new(Mark::new(0, false, &decoder)),
            decoder,
            ended: false,
            has_new_text: false,
        }
    }

    fn marked(pieces: P, mark: &Arc<Mark>) -> Self {
        let (start, skip) = if mark.is_gzip { (0, mark.offset) } else { (mark.offset, 0) };
        let unpack = match start {
            0 => Unpack::New { named_gzip: false },
            _ => Unpack::Plain(Vec::new()),
        };
        Self {
            pieces,
            unpack,
            decoder: mark.decoder.at_record_start().1,
            text: Vec::new(),
            position: 0,
            offset: mark.offset,
            skip,
            mark: mark.clone(),
            ended: false,
            has_new_text: false,
        }
    }
}

impl<P: Stream<Item = Piece> + Unpin> FileReader<P> {
    /// Goes to the next row, for [`Self::decoder`] to give; `false` at the end of the file.
    pub(super) async fn next(&mut self) -> Result<bool, ReadError> {
        loop {
            let mut rest = &self.text[self.position..];
            let found = self.decoder.advance(&mut rest);
            self.position = self.text.len() - rest.len();
            if found {
                return Ok(true);
            }
            if self.ended {
                return Ok(self.decoder.end());
            }
            self.ended = !self.more().await?;
        }
    }

    /// Passes some of the text before the place to start from; `false` once that is passed. The rows
    /// come without it, too: it is for a reader that has something to do meanwhile.
    pub(super) async fn pass_text(&mut self) -> Result<bool, ReadError> {
        if self.skip == 0 {
            return Ok(false);
        }
        match self.some_text().await? {
            Some(text) if text.is_empty() => Ok(true),
            Some(text) => {
                self.begin_text(text);
                Ok(false)
            }
            None => {
                self.ended = true;
                Ok(false)
            }
        }
    }

    /// Whether text has come since this was last asked: time may have passed.
    pub(super) fn takes_text(&mut self) -> bool {
        core::mem::take(&mut self.has_new_text)
    }

    /// Where the next row begins, or the blank lines before it.
    pub(super) fn place(&self) -> Position {
        let (line, row) = self.decoder.place();
        Position { offset: self.offset + self.position as u64, line, row }
    }

    /// The decoder, whose row it is after [`Self::next`].
    pub(super) fn decoder(&mut self) -> &mut LineDecoder {
        &mut self.decoder
    }

    /// The start of the record in which the text at hand begins.
    pub(super) fn mark(&self) -> &Arc<Mark> {
        &self.mark
    }

    /// Gets more text; `false` at the end of the file.
    async fn more(&mut self) -> Result<bool, ReadError> {
        self.offset += self.text.len() as u64;
        self.text = Vec::new();
        self.position = 0;
        loop {
            match self.some_text().await? {
                None => return Ok(false),
                Some(text) if text.is_empty() => {}
                Some(text) => {
                    self.begin_text(text);
                    return Ok(true);
                }
            }
        }
    }

    fn begin_text(&mut self, text: Vec<u8>) {
        let is_gzip = self.unpack.is_gzip();
        self.mark = Arc::new(Mark::new(self.offset, is_gzip, &self.decoder));
        self.text = text;
        self.has_new_text = true;
    }

    /// The next text; empty if it comes before the place to start from.
    async fn some_text(&mut self) -> Result<Option<Vec<u8>>, ReadError> {
        loop {
            let text = match self.unpack.next_text().map_err(ReadError::Fault)? {
                Some(text) => text,
                None => match self.pieces.next().await {
                    Some(piece) => {
                        let piece = piece.map_err(ReadError::Source)?;
                        self.unpack.push(piece).map_err(ReadError::Fault)?;
                        // A call in flight meanwhile gets a turn.
                        yield_now().await;
                        continue;
                    }
                    None => match self.unpack.finish().map_err(ReadError::Fault)? {
                        Some(text) => text,
                        None => return Ok(None),
                    },
                },
            };
            let skipped = self.skip.min(text.len() as u64);
            self.skip -= skipped;
            return Ok(Some(match skipped {
                0 => text,
                _ => text[skipped as usize..].to_vec(),
            }));
        }
    }
}

/// Lets the other futures of this task have a turn.
async fn yield_now() {
    let mut yielded = false;
    poll_fn(|context| {
        if yielded {
            return Poll::Ready(());
        }
        yielded = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

pub(super) fn broken(error: ReadError) -> LoadError {
    match error {
        ReadError::Source(SourceError::Failed(cause)) => LoadError::Read(cause),
        ReadError::Source(error) => LoadError::Read(error.to_string()),
        ReadError::Ledger(error) => error.into(),
        ReadError::Fault(kind) => LoadError::Read(kind.to_string()),
        ReadError::TablesChanged => LoadError::TablesChanged,
    }
}
