//! How a block is packed.

use alloc::vec::Vec;

use apache_avro::error::Details;
use apache_avro::util::max_allocation_bytes;
use flate2::{Compress, Compression, FlushCompress, Status};

use super::error::AvroErrorKind;

/// The most bytes that a block of a file may have, packed or not; writers make them of 16 KiB to
/// a few MiB.
pub const BLOCK_LIMIT: usize = 64 << 20;

/// How the blocks of a file are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Codec {
    /// Not at all.
    Null,
    /// Deflate, which every reader knows.
    Deflate,
    /// Snappy with a checksum, which nearly every reader knows: larger than deflate, and much
    /// faster.
    Snappy,
    /// Zstandard.
    #[cfg(feature = "zstd")]
    Zstandard,
}

impl Codec {
    /// Every codec that this build knows.
    pub const ALL: &[Self] = &[
        Self::Null,
        Self::Deflate,
        Self::Snappy,
        #[cfg(feature = "zstd")]
        Self::Zstandard,
    ];

    /// Those that a backup may be written with.
    pub const WRITTEN: &[Self] = &[Self::Null, Self::Deflate, Self::Snappy];

    /// Its name, as a file's header has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Deflate => "deflate",
            Self::Snappy => "snappy",
            #[cfg(feature = "zstd")]
            Self::Zstandard => "zstandard",
        }
    }

    /// The codec of that name, if this build knows it.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|codec| codec.name() == name)
    }

    /// Packs a block; `None` if the library gives up on it, which it does on none of a few MiB.
    pub(super) fn pack(self, mut block: Vec<u8>) -> Option<Vec<u8>> {
        if self == Self::Deflate {
            return deflate(&block);
        }
        self.apache().compress(&mut block).ok()?;
        Some(block)
    }

    /// Unpacks a block, to at most [`BLOCK_LIMIT`] bytes.
    pub(super) fn unpack(self, mut block: Vec<u8>) -> Result<Vec<u8>, AvroErrorKind> {
        // The library keeps the limit for the whole process, and only the first that it is told.
        max_allocation_bytes(BLOCK_LIMIT);
        match self.apache().decompress(&mut block) {
            Ok(()) if block.len() > BLOCK_LIMIT => {
                Err(AvroErrorKind::BlockTooLarge { limit: BLOCK_LIMIT })
            }
            Ok(()) => Ok(block),
            Err(error) => Err(match error.details() {
                Details::MemoryAllocation { .. } => {
                    AvroErrorKind::BlockTooLarge { limit: BLOCK_LIMIT }
                }
                Details::SnappyCrc32 { .. } => AvroErrorKind::WrongChecksum,
                _ => AvroErrorKind::Unpackable { codec: self.name() },
            }),
        }
    }

    fn apache(self) -> apache_avro::Codec {
        match self {
            Self::Null => apache_avro::Codec::Null,
            Self::Deflate => apache_avro::Codec::Deflate(Default::default()),
            Self::Snappy => apache_avro::Codec::Snappy,
            #[cfg(feature = "zstd")]
            Self::Zstandard => {
                let settings = apache_avro::ZstandardSettings::new(ZSTANDARD_LEVEL);
                apache_avro::Codec::Zstandard(settings)
            }
        }
    }
}

/// Packs with zlib-rs, which is several times as fast as what Apache's crate uses.
fn deflate(block: &[u8]) -> Option<Vec<u8>> {
    let mut deflate = Compress::new(Compression::new(DEFLATE_LEVEL), false);
    let mut packed = Vec::with_capacity(block.len() / 2 + 64);
    loop {
        let rest = &block[deflate.total_in() as usize..];
        match deflate.compress_vec(rest, &mut packed, FlushCompress::Finish).ok()? {
            Status::StreamEnd => return Some(packed),
            // There was no room.
            Status::Ok | Status::BufError => packed.reserve(block.len() / 4 + 64),
        }
    }
}

/// For names and dates twice as fast as the usual 6, and larger by a twentieth.
const DEFLATE_LEVEL: u32 = 3;

/// Zstandard's own default.
#[cfg(feature = "zstd")]
const ZSTANDARD_LEVEL: u8 = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    /// Bytes that nothing packs.
    fn noise() -> Vec<u8> {
        let mut state = 1_u32;
        let next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        core::iter::repeat_with(next).take(100_000).collect()
    }

    #[test]
    fn what_is_packed_unpacks() {
        for codec in Codec::ALL {
            for block in [vec![], vec![7; 100_000], b"a text".to_vec(), noise()] {
                let packed = codec.pack(block.clone()).unwrap();
                assert_eq!(codec.unpack(packed), Ok(block), "{codec:?}");
            }
            assert_eq!(Codec::named(codec.name()), Some(*codec));
        }
        assert_eq!(Codec::named("bzip2"), None);
    }

    #[test]
    fn a_block_that_unpacks_to_too_much_is_refused() {
        for codec in &Codec::ALL[1..] {
            let packed = codec.pack(vec![0; BLOCK_LIMIT + 1]).unwrap();
            assert!(packed.len() < BLOCK_LIMIT / 10, "{codec:?}");
            let too_large = AvroErrorKind::BlockTooLarge { limit: BLOCK_LIMIT };
            assert_eq!(codec.unpack(packed), Err(too_large), "{codec:?}");
        }
    }
}
