//! How much of a file's rejected lines is given back.

/// The most rejected lines that are given back: more than are mended by hand, and a tenth of what a
/// spreadsheet opens.
pub(super) const REJECT_LINES: u64 = 100_000;

/// The most bytes of them, of both files together: 670 bytes for each of those lines.
pub(super) const REJECT_BYTES: u64 = 64 << 20;

/// The most bytes that may be asked for: S3 takes 10,000 parts of 5 MiB.
pub(super) const MOST_REJECT_BYTES: u64 = 32 << 30;

/// What the reject files have room for. They are full from the first line on that does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RejectRoom {
    most: (u64, u64),
    lines: u64,
    bytes: u64,
    left_out: LeftOutLines,
}

/// The rejected lines that are in neither file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct LeftOutLines {
    /// How many they are.
    pub(super) count: u64,
    /// The line on which the first one begins.
    pub(super) first_line: Option<u64>,
}

impl RejectRoom {
    /// Room for so many lines that have so many bytes together.
    pub(super) fn new(lines: u64, bytes: u64) -> Self {
        Self { most: (lines, bytes), lines, bytes, left_out: LeftOutLines::default() }
    }

    /// The same room with nothing in it.
    pub(super) fn emptied(self) -> Self {
        let (lines, bytes) = self.most;
        Self::new(lines, bytes)
    }

    /// Whether no line is taken any more.
    pub(super) fn is_full(&self) -> bool {
        self.lines == 0 || self.left_out.count > 0
    }

    /// Takes a line of so many bytes; `false` if it does not fit, and is to be left out.
    pub(super) fn take(&mut self, bytes: u64) -> bool {
        let fits = !self.is_full() && bytes <= self.bytes;
        if fits {
            self.lines -= 1;
            self.bytes -= bytes;
        }
        fits
    }

    /// Counts a line that is in neither file.
    pub(super) fn leave_out(&mut self, line: u64) {
        self.left_out.count += 1;
        let first = self.left_out.first_line.get_or_insert(line);
        *first = line.min(*first);
    }

    /// What was left out.
    pub(super) fn left_out(&self) -> LeftOutLines {
        self.left_out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_taken_up_to_either_limit() {
        for (lines, bytes, taken) in [(2, 100, 2), (9, 25, 2), (9, 30, 3), (0, 100, 0), (9, 9, 0)] {
            let mut room = RejectRoom::new(lines, bytes);
            assert_eq!((0..5).take_while(|_| room.take(10)).count(), taken, "{lines} {bytes}");
        }
    }

    #[test]
    fn behind_a_line_that_did_not_fit_no_shorter_one_is_taken() {
        let mut room = RejectRoom::new(9, 15);
        assert!(room.take(10) && !room.take(10));
        room.leave_out(7);
        assert!(!room.take(1));
        // Lines that the database refused come late.
        room.leave_out(4);
        assert_eq!(room.left_out(), LeftOutLines { count: 2, first_line: Some(4) });
        assert_eq!(room.emptied(), RejectRoom::new(9, 15));
    }
}
