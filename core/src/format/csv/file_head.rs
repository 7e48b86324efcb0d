//! The start of a file, looked at before its first record is read.

use alloc::vec::Vec;

use super::automaton::LineEnd;
use crate::format::magic::wrong_format;
use crate::table::issue::RowErrorKind;

/// How far a line feed is looked for.
const HEAD: usize = 64 << 10;

/// Bytes that are held until it is known how the file's lines end.
#[derive(Debug, Clone, Default)]
pub(super) struct FileHead {
    held: Vec<u8>,
}

/// What the start of a file says of the rest.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct HeadVerdict {
    pub(super) line_end: LineEnd,
    /// Why the file is refused: it is not a text that rowgate reads.
    pub(super) refused: Option<RowErrorKind>,
}

impl FileHead {
    /// How many bytes are held.
    pub(super) fn len(&self) -> usize {
        self.held.len()
    }

    /// Takes the next bytes. What the start says is known from its first line feed on, or after
    /// 64 KiB without one; until then all of the bytes are held.
    pub(super) fn read(&mut self, input: &mut &[u8]) -> Option<HeadVerdict> {
        let room = HEAD.saturating_sub(self.held.len());
        let looked_at = &input[..input.len().min(room)];
        match memchr::memchr(b'\n', looked_at) {
            Some(feed) => Some(self.open(&looked_at[..=feed])),
            None if looked_at.len() == room => Some(self.open(looked_at)),
            None => {
                self.held.extend_from_slice(looked_at);
                *input = &[];
                None
            }
        }
    }

    /// What the start says of a file that ends here.
    pub(super) fn finish(&self) -> HeadVerdict {
        self.open(&[])
    }

    /// The bytes that are held, to be read first.
    pub(super) fn into_held(self) -> Vec<u8> {
        self.held
    }

    fn open(&self, rest: &[u8]) -> HeadVerdict {
        let head = [self.held.as_slice(), rest].concat();
        let has = |byte| memchr::memchr(byte, &head).is_some();
        let line_end = if has(b'\r') && !has(b'\n') { LineEnd::Cr } else { LineEnd::Lf };
        HeadVerdict { line_end, refused: wrong_format(&head) }
    }
}
