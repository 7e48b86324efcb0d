//! The heads of a column's pages, read before the library believes them: it makes room for as many bytes and
//! values as they say.

use alloc::string::String;

/// The most bytes of one page, unpacked; most writers make them of 1 MiB.
const MOST_PAGE: u64 = 64 << 20;

/// The most values of a dictionary.
const MOST_VALUES: u64 = 2_000_000;

const DICTIONARY: u64 = 2;

/// Goes through a column's pages; answers how many bytes of them are in memory at the same time: the
/// dictionary and the largest page.
pub(super) fn measure(mut bytes: &[u8]) -> Result<u64, String> {
    let (mut dictionary, mut largest) = (0, 0);
    while !bytes.is_empty() {
        let mut cursor = ThriftCursor { rest: bytes };
        let head = cursor.page_head().ok_or("a page of the Parquet file cannot be read")?;
        if head.unpacked > MOST_PAGE || head.values.is_some_and(|values| values > MOST_VALUES) {
            return Err(alloc::format!(
                "a page of the Parquet file unpacks to more than {} MiB, or has a dictionary of more than \
                 {MOST_VALUES} values; write it in smaller pages",
                MOST_PAGE >> 20
            ));
        }
        match head.kind {
            DICTIONARY => dictionary = head.unpacked,
            _ => largest = head.unpacked.max(largest),
        }
        let packed =
            usize::try_from(head.packed).ok().filter(|packed| *packed <= cursor.rest.len());
        bytes = &cursor.rest[packed.ok_or("a page of the Parquet file is cut off")?..];
    }
    Ok(dictionary + largest)
}

/// What a page says of itself.
struct PageHead {
    kind: u64,
    unpacked: u64,
    packed: u64,
    /// How many values a dictionary has.
    values: Option<u64>,
}

/// What is left of some bytes of Thrift's compact protocol.
struct ThriftCursor<'b> {
    rest: &'b [u8],
}

/// How deep structs may be nested.
const MOST_DEEP: usize = 8;

impl ThriftCursor<'_> {
    fn page_head(&mut self) -> Option<PageHead> {
        let (mut kind, mut unpacked, mut packed, mut values) = (None, None, None, None);
        let mut id = 0;
        while let Some(of) = self.field(&mut id)? {
            match (id, of) {
                (1, 5) => kind = Some(self.count()?),
                (2, 5) => unpacked = Some(self.count()?),
                (3, 5) => packed = Some(self.count()?),
                (7, 12) => values = Some(self.dictionary_head()?),
                (_, of) => self.skip(of, MOST_DEEP)?,
            }
        }
        Some(PageHead { kind: kind?, unpacked: unpacked?, packed: packed?, values })
    }

    fn dictionary_head(&mut self) -> Option<u64> {
        let (mut values, mut id) = (None, 0);
        while let Some(of) = self.field(&mut id)? {
            match (id, of) {
                (1, 5) => values = Some(self.count()?),
                (_, of) => self.skip(of, MOST_DEEP)?,
            }
        }
        values
    }

    /// The type of the next field, whose number `id` becomes; `None` at the struct's end.
    fn field(&mut self, id: &mut i64) -> Option<Option<u8>> {
        let byte = self.byte()?;
        if byte == 0 {
            return Some(None);
        }
        match byte >> 4 {
            0 => *id = self.signed()?,
            delta => *id += i64::from(delta),
        }
        Some(Some(byte & 15))
    }

    fn skip(&mut self, of: u8, deep: usize) -> Option<()> {
        let deep = deep.checked_sub(1)?;
        match of {
            // Both booleans are in the field's own byte.
            1 | 2 => Some(()),
            3 => self.byte().map(drop),
            4..=6 => self.varint().map(drop),
            7 => self.take(8),
            8 => {
                let length = self.varint()?;
                self.take(length)
            }
            9 | 10 => {
                let head = self.byte()?;
                let count = match head >> 4 {
                    15 => self.varint()?,
                    count => u64::from(count),
                };
                // No element is less than a byte.
                (count <= self.rest.len() as u64).then_some(())?;
                (0..count).try_for_each(|_| match head & 15 {
                    1 | 2 => self.byte().map(drop),
                    of => self.skip(of, deep),
                })
            }
            12 => {
                let mut id = 0;
                while let Some(of) = self.field(&mut id)? {
                    self.skip(of, deep)?;
                }
                Some(())
            }
            _ => None,
        }
    }

    /// An integer that is not below 0.
    fn count(&mut self) -> Option<u64> {
        u64::try_from(self.signed()?).ok()
    }

    fn signed(&mut self) -> Option<i64> {
        let bits = self.varint()?;
        Some((bits >> 1) as i64 ^ -((bits & 1) as i64))
    }

    fn varint(&mut self) -> Option<u64> {
        let mut bits = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            bits |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(bits);
            }
        }
        None
    }

    fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*byte)
    }

    fn take(&mut self, count: u64) -> Option<()> {
        self.rest = self.rest.get(usize::try_from(count).ok()?..)?;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    /// A page of a kind, with its sizes, and a dictionary's values.
    fn page(kind: u8, unpacked: &[u8], packed: u8, values: Option<&[u8]>) -> Vec<u8> {
        let mut bytes = Vec::from([0x15, kind << 1, 0x15]);
        bytes.extend_from_slice(unpacked);
        bytes.extend_from_slice(&[0x15, packed << 1]);
        if let Some(values) = values {
            bytes.extend_from_slice(&[0x4c, 0x15]);
            bytes.extend_from_slice(values);
            bytes.extend_from_slice(&[0x15, 0, 0]);
        }
        bytes.push(0);
        bytes.resize(bytes.len() + usize::from(packed), 7);
        bytes
    }

    #[test]
    fn the_dictionary_and_the_largest_page_count() {
        let bytes =
            [page(2, &[20], 9, Some(&[4])), page(0, &[60], 3, None), page(3, &[40], 0, None)];
        assert_eq!(measure(&bytes.concat()), Ok(10 + 30));
        assert_eq!(measure(&[]), Ok(0));
    }

    #[test]
    fn what_claims_too_much_is_refused() {
        let huge: &[u8] = &[0xfe, 0xff, 0xff, 0xff, 0x0f];
        for bytes in [
            page(0, huge, 3, None),
            page(2, &[20], 9, Some(huge)),
            page(0, &[60], 3, None)[..8].to_vec(),
            Vec::from([1, 2, 3]),
        ] {
            assert!(measure(&bytes).is_err(), "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            _ = measure(&bytes);
        }
    }
}
