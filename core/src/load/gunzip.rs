//! Gzip data of any number of members into text, piece by piece.

use std::io::Write;

use alloc::vec::Vec;

use flate2::write::MultiGzDecoder;

use super::unpacked_size::UnpackedSize;
use crate::table::issue::RowErrorKind;

/// How much is unpacked at a time. Deflate makes at most 1,032 bytes of one, so that a step
/// never makes more than 4 MiB.
const STEP: usize = 4 << 10;

/// What a text should have before it is given out.
const ENOUGH: usize = 256 << 10;

/// Unpacks gzip data of any number of members.
pub(super) struct Gunzip {
    decoder: MultiGzDecoder<Vec<u8>>,
    piece: Vec<u8>,
    position: usize,
    size: UnpackedSize,
}

impl Gunzip {
    pub(super) fn new(piece: Vec<u8>) -> Self {
        let decoder = MultiGzDecoder::new(Vec::new());
        Self { decoder, piece, position: 0, size: UnpackedSize::default() }
    }

    pub(super) fn push(&mut self, piece: Vec<u8>) {
        self.piece = piece;
        self.position = 0;
    }

    pub(super) fn next_text(&mut self) -> Result<Option<Vec<u8>>, RowErrorKind> {
        let before = self.position;
        while self.position < self.piece.len() && self.decoder.get_ref().len() < ENOUGH {
            let end = self.piece.len().min(self.position + STEP);
            let step = &self.piece[self.position..end];
            self.decoder.write_all(step).map_err(|_| RowErrorKind::UnreadableGzip)?;
            self.position = end;
        }
        self.take(self.position - before)
    }

    pub(super) fn finish(&mut self) -> Result<Option<Vec<u8>>, RowErrorKind> {
        self.decoder.try_finish().map_err(|_| RowErrorKind::UnreadableGzip)?;
        self.take(0)
    }

    fn take(&mut self, packed: usize) -> Result<Option<Vec<u8>>, RowErrorKind> {
        let text = core::mem::take(self.decoder.get_mut());
        self.size.count(packed, text.len())?;
        Ok(Some(text).filter(|text| !text.is_empty()))
    }
}
