//! Rows, by what became of them.

use core::iter::Sum;
use core::ops::{Add, AddAssign};

use serde::Serialize;

/// Rows, by what became of them. Once each is dealt with, `received = stored + kept + rejected`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// Rows that came.
    pub received: u64,
    /// Rows that are in the database because of this.
    pub stored: u64,
    /// Rows whose key was there and was left as it is.
    pub kept: u64,
    /// Rows that are neither.
    pub rejected: u64,
}

impl Counts {
    /// Good rows, some of which were there and are left as they are.
    pub(crate) fn good(stored: u64, kept: u64) -> Self {
        Self { received: stored + kept, stored, kept, rejected: 0 }
    }

    /// Rows that are all rejected.
    pub(crate) fn rejected(rows: u64) -> Self {
        Self { received: rows, rejected: rows, ..Self::default() }
    }

    /// The same rows with none of them stored after all.
    pub(crate) fn refused(self) -> Self {
        Self::rejected(self.received)
    }
}

impl Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            received: self.received + other.received,
            stored: self.stored + other.stored,
            kept: self.kept + other.kept,
            rejected: self.rejected + other.rejected,
        }
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_add_up_one_by_one() {
        let all = [Counts::good(2, 3), Counts::rejected(5), Counts::good(7, 0)];
        let sum: Counts = all.into_iter().sum();
        assert_eq!(sum, Counts { received: 17, stored: 9, kept: 3, rejected: 5 });
        assert_eq!(sum.refused(), Counts { received: 17, stored: 0, kept: 0, rejected: 17 });
    }
}
