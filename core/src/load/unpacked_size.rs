//! How much a packed file may unpack to.

use crate::table::issue::RowErrorKind;

/// Rows of text shrink to a tenth or, if they repeat themselves, to a fiftieth.
const MOST_TIMES: u64 = 200;

/// Below this no ratio is asked after.
const HARMLESS: u64 = 16 << 20;

/// The most that a file may unpack to: far beyond what a Lambda can load in its 15 minutes.
const MOST_BYTES: u64 = 64 << 30;

/// What has come of a file, and what has become of it.
#[derive(Debug, Default)]
pub(super) struct UnpackedSize {
    packed: u64,
    unpacked: u64,
}

impl UnpackedSize {
    /// Counts so many more bytes, and refuses a file that swells beyond what rows do.
    pub(super) fn count(&mut self, packed: usize, unpacked: usize) -> Result<(), RowErrorKind> {
        self.packed += packed as u64;
        self.unpacked += unpacked as u64;
        let swells = self.unpacked > HARMLESS.max(self.packed * MOST_TIMES);
        match swells || self.unpacked > MOST_BYTES {
            true => Err(RowErrorKind::UnpacksTooLarge {
                times: MOST_TIMES,
                gibibytes: MOST_BYTES >> 30,
            }),
            false => Ok(()),
        }
    }
}
