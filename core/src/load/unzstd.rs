//! Zstandard data of any number of frames into text, piece by piece.

use alloc::vec;
use alloc::vec::Vec;

use zstd::stream::raw::{DParameter, Decoder, Operation};

use super::unpacked_size::UnpackedSize;
use crate::table::issue::RowErrorKind;

/// The largest window, 8 MiB: what RFC 8878 wants of every reader, and levels up to 19 write.
const MOST_WINDOW_LOG: u32 = 23;

/// The most text that is given out at once.
const ENOUGH: usize = 256 << 10;

/// Unpacks zstandard data of any number of frames.
pub(super) struct Unzstd {
    decoder: Decoder<'static>,
    piece: Vec<u8>,
    position: usize,
    /// Whether all frames that have begun have ended.
    is_between: bool,
    size: UnpackedSize,
}

impl Unzstd {
    pub(super) fn new(piece: Vec<u8>) -> Result<Self, RowErrorKind> {
        let mut decoder = Decoder::new().map_err(unreadable)?;
        decoder.set_parameter(DParameter::WindowLogMax(MOST_WINDOW_LOG)).map_err(unreadable)?;
        let size = UnpackedSize::default();
        Ok(Self { decoder, piece, position: 0, is_between: false, size })
    }

    pub(super) fn push(&mut self, piece: Vec<u8>) {
        self.piece = piece;
        self.position = 0;
    }

    /// Empty where some of the piece was read and no text came of it.
    pub(super) fn next_text(&mut self) -> Result<Option<Vec<u8>>, RowErrorKind> {
        let mut text = vec![0; ENOUGH];
        let mut length = 0;
        while length < ENOUGH {
            let rest = &self.piece[self.position..];
            let status =
                self.decoder.run_on_buffers(rest, &mut text[length..]).map_err(unreadable)?;
            self.position += status.bytes_read;
            length += status.bytes_written;
            self.size.count(status.bytes_read, status.bytes_written)?;
            let is_idle = status.bytes_read == 0 && status.bytes_written == 0;
            if !is_idle {
                self.is_between = status.remaining == 0;
            }
            if is_idle || self.position == self.piece.len() && length < ENOUGH {
                break;
            }
        }
        text.truncate(length);
        Ok(Some(text).filter(|text| !text.is_empty()))
    }

    /// All text was given out with the last piece; what is left is whether the data was whole.
    pub(super) fn finish(&mut self) -> Result<Option<Vec<u8>>, RowErrorKind> {
        match self.is_between {
            true => Ok(None),
            false => Err(RowErrorKind::UnreadableZstandard),
        }
    }
}

fn unreadable(_: std::io::Error) -> RowErrorKind {
    RowErrorKind::UnreadableZstandard
}
