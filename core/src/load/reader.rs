//! A file's rows, one after the other.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::future::poll_fn;
use core::pin::Pin;
use core::task::Poll;

use futures_util::stream::{Stream, StreamExt};

use super::error::LoadError;
use super::piece_order::ordered;
use super::table_file::TableFile;
use super::unpack::Unpack;
use crate::aws::source::{Piece, Source, SourceError};
use crate::format::csv::Dialect;
use crate::format::csv::detect::SAMPLE;
use crate::format::encoding::{Encoding, Transcoder};
use crate::format::row_reader::{Opening, RowReader};
use crate::ingest::{IngestOptions, StoreError};
use crate::ledger::Position;
use crate::table::issue::RowErrorKind;

/// Reads a file from its start, or from a [`Mark`].
pub(super) struct FileReader<P> {
    pieces: P,
    unpack: Unpack,
    /// What makes UTF-8 of the text that comes.
    transcoder: Option<Transcoder>,
    /// The start of the file, which has been looked at and is to be read.
    start: Option<Vec<u8>>,
    /// What ended the look at it.
    failure: Option<ReadError>,
    encoding: Encoding,
    rows: Box<dyn RowReader>,
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
    /// Whether the text can only be had from the file's start.
    is_packed: bool,
    encoding: Encoding,
    rows: Box<dyn RowReader>,
}

impl Mark {
    /// The record that is being read, `offset` bytes into the text.
    fn new(offset: u64, is_packed: bool, encoding: Encoding, rows: &dyn RowReader) -> Self {
        let (back, rows) = rows.at_record_start();
        Self { offset: offset - back, is_packed, encoding, rows }
    }

    /// Whether the file is packed, or in another encoding than UTF-8.
    pub(super) fn is_packed(&self) -> bool {
        self.is_packed
    }
}

/// Why no more rows come.
#[derive(Debug)]
pub(super) enum ReadError {
    Source(SourceError),
    /// What earlier attempts have left, or the live tables, could not be read.
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
        let mut first = FileReader::fresh(ordered(source, file.format, 0), file);
        first.look(file).await;
        let Some(place) = place else { return Ok(first) };
        // The header, if there is one, says what the cells of all rows are.
        first.next().await?;
        if first.is_packed() {
            let mut first = FileReader::fresh(ordered(source, file.format, 0), file);
            first.look(file).await;
            return Ok(first);
        }
        let (encoding, rows) = (first.encoding, first.rows.at_position(place.line, place.row));
        let mark = Mark { offset: place.offset, is_packed: false, encoding, rows };
        let mark = Arc::new(mark);
        Ok(FileReader::marked(ordered(source, file.format, place.offset), &mark))
    }

    /// Reads on from a mark. Packed data can only be unpacked from its start.
    pub(super) fn resume<S: Source>(
        source: &S,
        file: &TableFile,
        mark: &Arc<Mark>,
    ) -> FileReader<Pin<Box<impl Stream<Item = Piece>>>> {
        let start = if mark.is_packed { 0 } else { mark.offset };
        FileReader::marked(ordered(source, file.format, start), mark)
    }
}

impl<P> FileReader<P> {
    fn fresh(pieces: P, file: &TableFile) -> Self {
        let rows = file.format.open(Opening { is_settled: true, ..file.opening(&[], true) });
        Self {
            pieces,
            unpack: Unpack::New { named: file.named_packing },
            text: Vec::new(),
            position: 0,
            offset: 0,
            skip: 0,
            mark: Arc::new(Mark::new(0, false, Encoding::Utf8, &*rows)),
            transcoder: None,
            start: None,
            failure: None,
            encoding: Encoding::Utf8,
            rows,
            ended: false,
            has_new_text: false,
        }
    }

    fn marked(pieces: P, mark: &Arc<Mark>) -> Self {
        let (start, skip) = if mark.is_packed { (0, mark.offset) } else { (mark.offset, 0) };
        let unpack = match start {
            0 => Unpack::New { named: None },
            _ => Unpack::Plain(Vec::new()),
        };
        Self {
            pieces,
            unpack,
            transcoder: Transcoder::of(mark.encoding),
            start: None,
            failure: None,
            encoding: mark.encoding,
            rows: mark.rows.at_record_start().1,
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

impl<P> FileReader<P> {
    /// Whether a place in the text is none in the file.
    fn is_packed(&self) -> bool {
        self.unpack.is_packed() || self.encoding != Encoding::Utf8 || !self.rows.has_positions()
    }

    /// Whether the layout, which is not the default, was found and not given.
    pub(super) fn has_found_layout(&self) -> bool {
        self.rows.has_found_layout()
    }

    /// The columns of a sheet, as it names them.
    pub(super) fn sheet_columns(&self) -> Vec<(&'static str, String)> {
        self.rows.sheet_columns()
    }

    /// The options that say again how the file is written.
    pub(super) fn layout(&self) -> Vec<(&'static str, String)> {
        self.rows.dialect().map(Dialect::layout).unwrap_or_default()
    }

    /// How its rows are checked, of which the file's cells have a part.
    pub(super) fn forms_in(&self, options: IngestOptions) -> IngestOptions {
        let forms = self.rows.dialect().map_or(options.forms, |dialect| dialect.forms);
        IngestOptions { forms, ..options }
    }
}

impl<P: Stream<Item = Piece> + Unpin> FileReader<P> {
    /// Looks at the file's start to find out how it is written.
    async fn look(&mut self, file: &TableFile) {
        let (mut start, mut is_whole) = (Vec::new(), false);
        while start.len() < SAMPLE && !is_whole && self.failure.is_none() {
            match self.some_unpacked().await {
                Ok(Some(text)) if start.is_empty() => start = text,
                Ok(Some(text)) => start.extend_from_slice(&text),
                Ok(None) => is_whole = true,
                Err(failure) => self.failure = Some(failure),
            }
        }
        self.rows = file.format.open(file.opening(&start, is_whole));
        self.encoding = self.rows.encoding();
        self.transcoder = Transcoder::of(self.encoding);
        let mark = Mark::new(0, self.is_packed(), self.encoding, &*self.rows);
        self.mark = Arc::new(mark);
        self.start = Some(start).filter(|start| !start.is_empty());
    }

    /// Goes to the next row, for [`Self::rows`] to give; `false` at the end of the file.
    pub(super) async fn next(&mut self) -> Result<bool, ReadError> {
        loop {
            let mut rest = &self.text[self.position..];
            let found = self.rows.next(&mut rest);
            self.position = self.text.len() - rest.len();
            if found {
                return Ok(true);
            }
            if self.ended {
                return Ok(self.rows.end());
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
        let (line, row) = self.rows.position();
        Position { offset: self.offset + self.position as u64, line, row }
    }

    /// The rows, of which one is at hand after [`Self::next`].
    pub(super) fn rows(&mut self) -> &mut dyn RowReader {
        &mut *self.rows
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
        let mark = Mark::new(self.offset, self.is_packed(), self.encoding, &*self.rows);
        self.mark = Arc::new(mark);
        self.text = text;
        self.has_new_text = true;
    }

    /// The next text; empty if it comes before the place to start from.
    async fn some_text(&mut self) -> Result<Option<Vec<u8>>, ReadError> {
        let unpacked = match self.start.take() {
            Some(start) => Some(start),
            None => self.some_unpacked().await?,
        };
        let text = match (&mut self.transcoder, unpacked) {
            (None, unpacked) => unpacked,
            (Some(transcoder), Some(bytes)) => Some(transcoder.read(&bytes)),
            (Some(transcoder), None) => Some(transcoder.finish()).filter(|text| !text.is_empty()),
        };
        let Some(text) = text else { return Ok(None) };
        let skipped = self.skip.min(text.len() as u64);
        self.skip -= skipped;
        Ok(Some(match skipped {
            0 => text,
            _ => text[skipped as usize..].to_vec(),
        }))
    }

    /// The next bytes as they were before they were packed.
    async fn some_unpacked(&mut self) -> Result<Option<Vec<u8>>, ReadError> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
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
            return Ok(Some(text));
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
