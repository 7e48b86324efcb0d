//! A file's bytes, in pieces of any size, into its header and its packed blocks.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::mem;

use super::codec::BLOCK_LIMIT;
use super::datum::{Cursor, Fault, MAGIC};
use super::error::AvroErrorKind;

/// The most bytes that a header may have; a schema of a thousand columns has a tenth of it.
const HEADER_LIMIT: usize = 1 << 20;

/// The most bytes that stand before a block: its rows and its length, ten each.
const BLOCK_HEAD: usize = 20;

/// How many bytes a sync marker has.
const SYNC: usize = 16;

/// Takes a file apart.
#[derive(Debug, Default)]
pub(super) struct Container {
    state: ContainerState,
    /// What has come of the part that is being read.
    held: Vec<u8>,
    /// How many bytes of it that are, also those that are not held any more.
    begun: u64,
    sync: [u8; SYNC],
}

#[derive(Debug, Default)]
enum ContainerState {
    #[default]
    ContainerHeader,
    /// Between two blocks, or in the two numbers that a block begins with.
    BlockHead,
    Block {
        rows: u64,
        length: usize,
    },
}

/// One part of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Section {
    ContainerHeader(ContainerHeader),
    Block { rows: u64, packed: Vec<u8> },
}

/// What a header says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ContainerHeader {
    /// The schema, as JSON.
    pub(super) schema: String,
    /// The codec's name.
    pub(super) codec: String,
}

impl Container {
    /// Reads up to the end of the next section and moves `input` behind it; `None` if `input` is
    /// used up.
    pub(super) fn next_section(
        &mut self,
        input: &mut &[u8],
    ) -> Result<Option<Section>, AvroErrorKind> {
        let before = input.len();
        let section = self.read_section(input)?;
        self.begun = match section {
            Some(_) => 0,
            None => self.begun + (before - input.len()) as u64,
        };
        Ok(section)
    }

    /// The same at the start of the section that is being read, and how many bytes that is back.
    pub(super) fn at_section_start(&self) -> (u64, Self) {
        let state = match self.state {
            ContainerState::ContainerHeader => ContainerState::ContainerHeader,
            _ => ContainerState::BlockHead,
        };
        (self.begun, Self { state, sync: self.sync, ..Self::default() })
    }

    fn read_section(&mut self, input: &mut &[u8]) -> Result<Option<Section>, AvroErrorKind> {
        if matches!(self.state, ContainerState::ContainerHeader) {
            return self.header(input);
        }
        if matches!(self.state, ContainerState::BlockHead) && !self.block_head(input)? {
            return Ok(None);
        }
        self.block(input)
    }

    /// Answers whether the file may end where it does.
    pub(super) fn finish(&self) -> Result<(), AvroErrorKind> {
        let is_between = matches!(self.state, ContainerState::BlockHead) && self.held.is_empty();
        if is_between { Ok(()) } else { Err(AvroErrorKind::Truncated) }
    }

    fn header(&mut self, input: &mut &[u8]) -> Result<Option<Section>, AvroErrorKind> {
        let wrong = |bytes: &[u8]| {
            let is_avro = MAGIC.iter().zip(bytes).all(|(magic, byte)| magic == byte);
            if is_avro { AvroErrorKind::BrokenHeader } else { AvroErrorKind::NotAvro }
        };
        match self.hold(input, HEADER_LIMIT, read_header) {
            Ok((header, sync)) => {
                self.sync = sync;
                self.state = ContainerState::BlockHead;
                Ok(Some(Section::ContainerHeader(header)))
            }
            Err(Fault::Wrong) => Err(wrong(&self.held)),
            Err(Fault::Short) if self.held.len() == HEADER_LIMIT => {
                Err(AvroErrorKind::HeaderTooLarge { limit: HEADER_LIMIT })
            }
            Err(Fault::Short) => Ok(None),
        }
    }

    /// Reads the two numbers before a block; `false` if `input` is used up.
    fn block_head(&mut self, input: &mut &[u8]) -> Result<bool, AvroErrorKind> {
        let (rows, length) =
            match self.hold(input, BLOCK_HEAD, |head| Ok((head.long()?, head.long()?))) {
                Ok(head) => head,
                Err(Fault::Wrong) => return Err(AvroErrorKind::BrokenBlock),
                Err(Fault::Short) => return Ok(false),
            };
        let rows = u64::try_from(rows).map_err(|_| AvroErrorKind::BrokenBlock)?;
        let length = usize::try_from(length).map_err(|_| AvroErrorKind::BrokenBlock)?;
        if length > BLOCK_LIMIT {
            return Err(AvroErrorKind::BlockTooLarge { limit: BLOCK_LIMIT });
        }
        self.state = ContainerState::Block { rows, length };
        Ok(true)
    }

    fn block(&mut self, input: &mut &[u8]) -> Result<Option<Section>, AvroErrorKind> {
        let ContainerState::Block { rows, length } = self.state else { return Ok(None) };
        let missing = length + SYNC - self.held.len();
        let (taken, rest) = input.split_at(missing.min(input.len()));
        self.held.extend_from_slice(taken);
        *input = rest;
        if taken.len() < missing {
            return Ok(None);
        }
        if self.held[length..] != self.sync {
            return Err(AvroErrorKind::WrongSync);
        }
        self.state = ContainerState::BlockHead;
        let mut packed = mem::take(&mut self.held);
        packed.truncate(length);
        Ok(Some(Section::Block { rows, packed }))
    }

    /// Reads something of which it shows only at its end how long it is.
    ///
    /// If it is not there as a whole, what there is of it is held, up to `limit`.
    fn hold<T>(
        &mut self,
        input: &mut &[u8],
        limit: usize,
        read: impl FnOnce(&mut Cursor<'_>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let held_before = self.held.len();
        let added = input.len().min(limit - held_before);
        self.held.extend_from_slice(&input[..added]);

        let mut cursor = Cursor::new(&self.held);
        let result = read(&mut cursor);
        let used = self.held.len() - cursor.left();
        if result.is_ok() {
            // What was held before was not enough, so the end is in this input.
            *input = &input[used - held_before..];
            self.held.clear();
        } else {
            *input = &input[added..];
        }
        result
    }
}

fn read_header(cursor: &mut Cursor<'_>) -> Result<(ContainerHeader, [u8; SYNC]), Fault> {
    let magic = cursor.take(MAGIC.len().min(cursor.left()))?;
    if !MAGIC.starts_with(magic) {
        return Err(Fault::Wrong);
    }
    let mut schema = None;
    let mut codec = "null";
    cursor.items(|cursor| {
        let (key, value) = (cursor.bytes()?, cursor.bytes()?);
        match key {
            b"avro.schema" => schema = Some(utf8(value)?),
            b"avro.codec" => codec = utf8(value)?,
            _ => {}
        }
        Ok(())
    })?;
    let schema = schema.ok_or(Fault::Wrong)?.to_string();
    let mut sync = [0; SYNC];
    sync.copy_from_slice(cursor.take(SYNC)?);
    Ok((ContainerHeader { schema, codec: codec.to_string() }, sync))
}

fn utf8(bytes: &[u8]) -> Result<&str, Fault> {
    core::str::from_utf8(bytes).map_err(|_| Fault::Wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::avro::datum::{put_bytes, put_long};
    use alloc::vec;
    use proptest::prelude::*;

    /// A file of two blocks; what is in them does not matter here.
    fn file(metadata: &[(&[u8], &[u8])]) -> Vec<u8> {
        let mut file = MAGIC.to_vec();
        // A count below 0 has the map's length behind it.
        put_long(&mut file, -(metadata.len() as i64));
        put_long(&mut file, 99);
        for (key, value) in metadata {
            put_bytes(&mut file, key);
            put_bytes(&mut file, value);
        }
        put_long(&mut file, 0);
        file.extend_from_slice(&[7; SYNC]);
        for (rows, block) in [(3, b"abc".as_slice()), (0, b"")] {
            put_long(&mut file, rows);
            put_bytes(&mut file, block);
            file.extend_from_slice(&[7; SYNC]);
        }
        file
    }

    fn good() -> Vec<u8> {
        file(&[(b"avro.codec", b"snappy"), (b"avro.schema", b"\"int\""), (b"me", b"\xff")])
    }

    fn sections(file: &[u8], piece: usize) -> Result<Vec<Section>, AvroErrorKind> {
        let mut container = Container::default();
        let mut sections = Vec::new();
        for mut piece in file.chunks(piece) {
            while let Some(section) = container.next_section(&mut piece)? {
                sections.push(section);
            }
            assert!(piece.is_empty());
        }
        container.finish().map(|()| sections)
    }

    fn error(file: &[u8]) -> AvroErrorKind {
        sections(file, file.len().max(1)).unwrap_err()
    }

    #[test]
    fn any_chunking_gives_the_same_sections() {
        for piece in 1..good().len() {
            let header = ContainerHeader { schema: "\"int\"".into(), codec: "snappy".into() };
            let expected = [
                Section::ContainerHeader(header),
                Section::Block { rows: 3, packed: b"abc".to_vec() },
                Section::Block { rows: 0, packed: vec![] },
            ];
            assert_eq!(sections(&good(), piece).unwrap(), expected);
        }
    }

    #[test]
    fn a_file_that_ends_anywhere_but_behind_a_block_is_truncated() {
        let file = good();
        let blocks = 3 + 2 * SYNC + 4;
        for end in 0..file.len() {
            let may_end = [file.len() - blocks, file.len() - 2 - SYNC].contains(&end);
            let found = sections(&file[..end], 5);
            assert_eq!(found.err(), (!may_end).then_some(AvroErrorKind::Truncated), "{end}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        let good = good();
        let blocks = good.len() - (3 + 2 * SYNC + 4);
        let changed = |at: usize, bytes: &[u8]| {
            let mut file = good.clone();
            file[at..at + bytes.len()].copy_from_slice(bytes);
            error(&file)
        };
        assert_eq!(error(b"PAR1"), AvroErrorKind::NotAvro);
        assert_eq!(error(b"O"), AvroErrorKind::Truncated);
        assert_eq!(error(b"Obj\x02"), AvroErrorKind::NotAvro);
        assert_eq!(error(b"Obj\x01\x02\x01"), AvroErrorKind::BrokenHeader);
        assert_eq!(error(&file(&[(b"avro.codec", b"null")])), AvroErrorKind::BrokenHeader);
        assert_eq!(error(&file(&[(b"avro.schema", b"\xff")])), AvroErrorKind::BrokenHeader);
        assert_eq!(changed(blocks, &[1]), AvroErrorKind::BrokenBlock);
        assert_eq!(changed(blocks + 1, &[1]), AvroErrorKind::BrokenBlock);
        assert_eq!(changed(blocks, &[0x80; 12]), AvroErrorKind::BrokenBlock);
        assert_eq!(changed(good.len() - 1, &[8]), AvroErrorKind::WrongSync);
        let too_large = AvroErrorKind::BlockTooLarge { limit: BLOCK_LIMIT };
        assert_eq!(changed(blocks + 1, &[0x82, 0x80, 0x80, 0x40]), too_large);
    }

    #[test]
    fn a_header_without_an_end_is_not_held_for_ever() {
        let mut file = MAGIC.to_vec();
        put_long(&mut file, 1);
        put_long(&mut file, i64::MAX);
        file.resize(HEADER_LIMIT + 5, b'x');
        assert_eq!(error(&file), AvroErrorKind::HeaderTooLarge { limit: HEADER_LIMIT });
    }

    proptest! {
        #[test]
        fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), piece in 1..50_usize) {
            let _ = sections(&bytes, piece);
            let _ = sections(&[good(), bytes].concat(), piece);
        }
    }
}
