//! Avro's numbers and lengths of bytes, which a file's header, blocks and values are made of.

use alloc::vec::Vec;

/// How a file begins.
pub(super) const MAGIC: &[u8] = b"Obj\x01";

/// The most bytes that a number has: 64 bits, seven in each.
const LONGEST: usize = 10;

/// Adds a number, small ones of either sign in few bytes.
pub(super) fn put_long(bytes: &mut Vec<u8>, value: i64) {
    let mut rest = ((value << 1) ^ (value >> 63)) as u64;
    while rest >= 0x80 {
        bytes.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
}

/// Adds bytes, their number before them.
pub(super) fn put_bytes(bytes: &mut Vec<u8>, value: &[u8]) {
    put_long(bytes, value.len() as i64);
    bytes.extend_from_slice(value);
}

/// Why something cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The bytes end too early.
    Short,
    /// No more bytes would help.
    Wrong,
}

/// What is left of some bytes.
#[derive(Debug)]
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// How many bytes are left.
    pub(super) fn left(&self) -> usize {
        self.rest.len()
    }

    pub(super) fn long(&mut self) -> Result<i64, Fault> {
        let mut bits = 0;
        for (index, byte) in self.rest.iter().take(LONGEST).enumerate() {
            bits |= u64::from(byte & 0x7f) << (7 * index);
            if index == LONGEST - 1 && *byte > 1 {
                return Err(Fault::Wrong);
            }
            if byte & 0x80 == 0 {
                self.rest = &self.rest[index + 1..];
                return Ok((bits >> 1) as i64 ^ -((bits & 1) as i64));
            }
        }
        Err(Fault::Short)
    }

    pub(super) fn boolean(&mut self) -> Result<bool, Fault> {
        match self.take(1)? {
            [0] => Ok(false),
            [1] => Ok(true),
            _ => Err(Fault::Wrong),
        }
    }

    pub(super) fn double(&mut self) -> Result<f64, Fault> {
        let bytes = self.take(8)?.try_into().map_err(|_| Fault::Wrong)?;
        Ok(f64::from_le_bytes(bytes))
    }

    pub(super) fn float(&mut self) -> Result<f32, Fault> {
        let bytes = self.take(4)?.try_into().map_err(|_| Fault::Wrong)?;
        Ok(f32::from_le_bytes(bytes))
    }

    /// So many bytes as the number before them says.
    pub(super) fn bytes(&mut self) -> Result<&'a [u8], Fault> {
        let length = self.long()?;
        self.take(usize::try_from(length).map_err(|_| Fault::Wrong)?)
    }

    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], Fault> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(Fault::Short)?;
        self.rest = rest;
        Ok(taken)
    }

    /// Reads the items of a map or an array, which come in runs with their number before each.
    pub(super) fn items(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        loop {
            let mut count = self.long()?;
            if count == 0 {
                return Ok(());
            }
            if count < 0 {
                // The run's length in bytes follows, for readers that skip it.
                count = count.checked_neg().ok_or(Fault::Wrong)?;
                self.long()?;
            }
            for _ in 0..count {
                let before = self.left();
                item(self)?;
                if self.left() == before {
                    // Neither have the others any bytes, however many there are.
                    break;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use proptest::prelude::*;

    #[test]
    fn numbers_as_the_specification_has_them() {
        for (value, bytes) in [
            (0, vec![0x00]),
            (-1, vec![0x01]),
            (1, vec![0x02]),
            (-64, vec![0x7f]),
            (64, vec![0x80, 0x01]),
            (i64::MIN, vec![0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
        ] {
            let mut put = Vec::new();
            put_long(&mut put, value);
            assert_eq!(put, bytes);
            assert_eq!(Cursor::new(&bytes).long(), Ok(value));
        }
    }

    #[test]
    fn what_ends_too_early_is_told_from_what_is_wrong() {
        assert_eq!(Cursor::new(&[]).long(), Err(Fault::Short));
        assert_eq!(Cursor::new(&[0x80; 9]).long(), Err(Fault::Short));
        assert_eq!(Cursor::new(&[0x80; 10]).long(), Err(Fault::Wrong));
        assert_eq!(Cursor::new(&[4, b'a']).bytes(), Err(Fault::Short));
        assert_eq!(Cursor::new(&[1, b'a']).bytes(), Err(Fault::Wrong));
        assert_eq!(Cursor::new(&[4, b'a', b'b', b'c']).bytes(), Ok(b"ab".as_slice()));
    }

    #[test]
    fn a_boolean_is_0_or_1() {
        let read = |byte| Cursor::new(&[byte]).boolean();
        assert_eq!([read(0), read(1), read(2)], [Ok(false), Ok(true), Err(Fault::Wrong)]);
        assert_eq!(Cursor::new(&[]).boolean(), Err(Fault::Short));
    }

    #[test]
    fn a_run_of_items_without_bytes_takes_no_time() {
        let mut bytes = Vec::new();
        put_long(&mut bytes, i64::MAX);
        put_long(&mut bytes, 0);
        assert_eq!(Cursor::new(&bytes).items(|_| Ok(())), Ok(()));
    }

    proptest! {
        #[test]
        fn any_number_comes_back(value: i64) {
            let mut bytes = Vec::new();
            put_long(&mut bytes, value);
            let mut cursor = Cursor::new(&bytes);
            prop_assert_eq!(cursor.long(), Ok(value));
            prop_assert_eq!(cursor.left(), 0);
        }
    }
}
