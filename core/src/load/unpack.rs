//! Bytes as they are stored into bytes of text: gzip or not, by the file's first bytes.

#[cfg(feature = "gzip")]
use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::table::issue::RowErrorKind;

/// How gzip data begins (RFC 1952).
const GZIP: &[u8] = &[0x1f, 0x8b];

/// Turns pieces of a file into pieces of text.
pub(super) enum Unpack {
    /// Nothing has come yet.
    New {
        /// Whether the file's name says that it is gzip.
        named_gzip: bool,
    },
    /// Text as it is; what has come and was not taken.
    Plain(Vec<u8>),
    #[cfg(feature = "gzip")]
    Gzip(Box<gzip::Gunzip>),
}

impl Unpack {
    /// Whether what came is packed; `false` before anything came.
    pub(super) fn is_gzip(&self) -> bool {
        !matches!(self, Self::New { .. } | Self::Plain(_))
    }

    /// Takes the next piece; what came before must have been taken out.
    pub(super) fn push(&mut self, piece: Vec<u8>) -> Result<(), RowErrorKind> {
        match self {
            Self::New { named_gzip } => *self = Self::by_first(piece, *named_gzip)?,
            Self::Plain(text) => *text = piece,
            #[cfg(feature = "gzip")]
            Self::Gzip(gunzip) => gunzip.push(piece),
        }
        Ok(())
    }

    fn by_first(piece: Vec<u8>, named_gzip: bool) -> Result<Self, RowErrorKind> {
        match piece.starts_with(GZIP) {
            #[cfg(feature = "gzip")]
            true => Ok(Self::Gzip(Box::new(gzip::Gunzip::new(piece)))),
            #[cfg(not(feature = "gzip"))]
            true => Err(crate::format::formats::unsupported_format()),
            false if named_gzip => Err(RowErrorKind::UnreadableGzip),
            false => Ok(Self::Plain(piece)),
        }
    }

    /// The next text of what came; `None` if it is used up.
    pub(super) fn next_text(&mut self) -> Result<Option<Vec<u8>>, RowErrorKind> {
        match self {
            Self::New { .. } => Ok(None),
            Self::Plain(text) => {
                let text = core::mem::take(text);
                Ok(Some(text).filter(|text| !text.is_empty()))
            }
            #[cfg(feature = "gzip")]
            Self::Gzip(gunzip) => gunzip.next_text(),
        }
    }

    /// The last text, when nothing more comes.
    pub(super) fn finish(&mut self) -> Result<Option<Vec<u8>>, RowErrorKind> {
        match self {
            Self::New { named_gzip: true } => Err(RowErrorKind::UnreadableGzip),
            Self::New { .. } | Self::Plain(_) => Ok(None),
            #[cfg(feature = "gzip")]
            Self::Gzip(gunzip) => gunzip.finish(),
        }
    }
}

#[cfg(feature = "gzip")]
mod gzip {
    use std::io::Write;

    use alloc::vec::Vec;

    use flate2::write::MultiGzDecoder;

    use crate::table::issue::RowErrorKind;

    /// How much is unpacked at a time. Deflate makes at most 1,032 bytes of one, so that a step
    /// never makes more than 4 MiB.
    const STEP: usize = 4 << 10;

    /// What a text should have before it is given out.
    const ENOUGH: usize = 256 << 10;

    /// Rows of text shrink to a tenth or, if they repeat themselves, to a fiftieth.
    const MOST_TIMES: u64 = 200;

    /// Below this no ratio is asked after.
    const HARMLESS: u64 = 16 << 20;

    /// The most that a file may unpack to: far beyond what a Lambda can load in its 15 minutes.
    const MOST_BYTES: u64 = 64 << 30;

    /// Unpacks gzip data of any number of members.
    pub(in crate::load) struct Gunzip {
        decoder: MultiGzDecoder<Vec<u8>>,
        piece: Vec<u8>,
        position: usize,
        bytes_in: u64,
        bytes_out: u64,
    }

    impl Gunzip {
        pub(super) fn new(piece: Vec<u8>) -> Self {
            let decoder = MultiGzDecoder::new(Vec::new());
            Self { decoder, piece, position: 0, bytes_in: 0, bytes_out: 0 }
        }

        pub(super) fn push(&mut self, piece: Vec<u8>) {
            self.piece = piece;
            self.position = 0;
        }

        pub(super) fn next_text(&mut self) -> Result<Option<Vec<u8>>, RowErrorKind> {
            while self.position < self.piece.len() && self.decoder.get_ref().len() < ENOUGH {
                let end = self.piece.len().min(self.position + STEP);
                let step = &self.piece[self.position..end];
                self.decoder.write_all(step).map_err(|_| RowErrorKind::UnreadableGzip)?;
                self.bytes_in += step.len() as u64;
                self.position = end;
            }
            self.take()
        }

        pub(super) fn finish(&mut self) -> Result<Option<Vec<u8>>, RowErrorKind> {
            self.decoder.try_finish().map_err(|_| RowErrorKind::UnreadableGzip)?;
            self.take()
        }

        fn take(&mut self) -> Result<Option<Vec<u8>>, RowErrorKind> {
            let text = core::mem::take(self.decoder.get_mut());
            self.bytes_out += text.len() as u64;
            let swells = self.bytes_out > HARMLESS.max(self.bytes_in * MOST_TIMES);
            if swells || self.bytes_out > MOST_BYTES {
                return Err(RowErrorKind::UnpacksTooLarge {
                    times: MOST_TIMES,
                    gibibytes: MOST_BYTES >> 30,
                });
            }
            Ok(Some(text).filter(|text| !text.is_empty()))
        }
    }
}
