//! Bytes as they are stored into bytes of text: packed or not, by the file's first bytes.

#[cfg(any(feature = "gzip", feature = "zstd"))]
use alloc::boxed::Box;
use alloc::vec::Vec;

#[cfg(feature = "gzip")]
use super::gunzip::Gunzip;
#[cfg(feature = "zstd")]
use super::unzstd::Unzstd;
use crate::format::formats::Packing;
use crate::table::issue::RowErrorKind;

/// How gzip data begins (RFC 1952).
const GZIP: &[u8] = &[0x1f, 0x8b];

/// How zstandard data begins (RFC 8878), unless it begins with a frame to be skipped.
const ZSTANDARD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// Turns pieces of a file into pieces of text.
pub(super) enum Unpack {
    /// Nothing has come yet.
    New {
        /// How the file's name says that it is packed.
        named: Option<Packing>,
    },
    /// Text as it is; what has come and was not taken.
    Plain(Vec<u8>),
    #[cfg(feature = "gzip")]
    Gzip(Box<Gunzip>),
    #[cfg(feature = "zstd")]
    Zstandard(Box<Unzstd>),
}

impl Unpack {
    /// Whether what came is packed; `false` before anything came.
    pub(super) fn is_packed(&self) -> bool {
        !matches!(self, Self::New { .. } | Self::Plain(_))
    }

    /// Takes the next piece; what came before must have been taken out.
    pub(super) fn push(&mut self, piece: Vec<u8>) -> Result<(), RowErrorKind> {
        match self {
            Self::New { named } => *self = Self::by_first(piece, *named)?,
            Self::Plain(text) => *text = piece,
            #[cfg(feature = "gzip")]
            Self::Gzip(gunzip) => gunzip.push(piece),
            #[cfg(feature = "zstd")]
            Self::Zstandard(unzstd) => unzstd.push(piece),
        }
        Ok(())
    }

    fn by_first(piece: Vec<u8>, named: Option<Packing>) -> Result<Self, RowErrorKind> {
        if piece.starts_with(GZIP) {
            return Self::gzip(piece);
        }
        match named {
            _ if piece.starts_with(ZSTANDARD) => Self::zstandard(piece),
            Some(Packing::Zstandard) => Self::zstandard(piece),
            Some(Packing::Gzip) => Err(RowErrorKind::UnreadableGzip),
            None => Ok(Self::Plain(piece)),
        }
    }

    #[cfg(feature = "gzip")]
    fn gzip(piece: Vec<u8>) -> Result<Self, RowErrorKind> {
        Ok(Self::Gzip(Box::new(Gunzip::new(piece))))
    }

    #[cfg(not(feature = "gzip"))]
    fn gzip(_: Vec<u8>) -> Result<Self, RowErrorKind> {
        Err(crate::format::formats::unsupported_format())
    }

    #[cfg(feature = "zstd")]
    fn zstandard(piece: Vec<u8>) -> Result<Self, RowErrorKind> {
        Ok(Self::Zstandard(Box::new(Unzstd::new(piece)?)))
    }

    #[cfg(not(feature = "zstd"))]
    fn zstandard(_: Vec<u8>) -> Result<Self, RowErrorKind> {
        Err(crate::format::formats::unsupported_format())
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
            #[cfg(feature = "zstd")]
            Self::Zstandard(unzstd) => unzstd.next_text(),
        }
    }

    /// The last text, when nothing more comes.
    pub(super) fn finish(&mut self) -> Result<Option<Vec<u8>>, RowErrorKind> {
        match self {
            Self::New { named: Some(Packing::Gzip) } => Err(RowErrorKind::UnreadableGzip),
            Self::New { named: Some(Packing::Zstandard) } => Err(RowErrorKind::UnreadableZstandard),
            Self::New { named: None } | Self::Plain(_) => Ok(None),
            #[cfg(feature = "gzip")]
            Self::Gzip(gunzip) => gunzip.finish(),
            #[cfg(feature = "zstd")]
            Self::Zstandard(unzstd) => unzstd.finish(),
        }
    }
}
