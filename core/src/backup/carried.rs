//! What a state machine carries between two steps: 256 KiB, of names whose length is others' choice.

use alloc::vec::Vec;

use serde::Serialize;

use crate::sql::key_range::KeyRange;

/// What is carried at most. The rest is for what stands around it, and for the cause of a failure, which
/// comes on top and has 32 KiB at most.
pub(crate) const MOST_BYTES: usize = 220_000;

/// How many bytes a value has as it is carried.
pub(crate) fn bytes(value: &impl Serialize) -> usize {
    serde_json::to_vec(value).map_or(usize::MAX / 2, |text| text.len())
}

/// The spans of several tables, coarser where they do not fit as they are; each table has one at least.
pub(crate) fn coarse_enough(
    mut tables: Vec<Vec<KeyRange>>,
    fits: impl Fn(&[Vec<KeyRange>]) -> bool,
) -> Vec<Vec<KeyRange>> {
    while !fits(&tables) && tables.iter().any(|spans| spans.len() > 1) {
        tables = tables.iter().map(|spans| coarser(spans)).collect();
    }
    tables
}

/// Two spans in one.
fn coarser(spans: &[KeyRange]) -> Vec<KeyRange> {
    let both =
        |pair: &[KeyRange]| KeyRange { after: pair[0].after, until: pair[pair.len() - 1].until };
    spans.chunks(2).map(both).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn spans(ends: i64) -> Vec<KeyRange> {
        let end = |number: i64| (0 < number && number < ends).then_some(number * 10);
        (0..ends).map(|number| KeyRange { after: end(number), until: end(number + 1) }).collect()
    }

    proptest! {
        #[test]
        fn coarser_spans_have_all_keys_and_fit_if_they_can(
            ends in proptest::collection::vec(1..40_i64, 1..6),
            most in 1..100_usize,
        ) {
            let tables: Vec<_> = ends.iter().map(|ends| spans(*ends)).collect();
            let count = |tables: &[Vec<KeyRange>]| tables.iter().map(Vec::len).sum::<usize>();
            let coarse = coarse_enough(tables.clone(), |tables| count(tables) <= most);
            prop_assert!(count(&coarse) <= most.max(tables.len()));
            for spans in &coarse {
                prop_assert_eq!((spans[0].after, spans[spans.len() - 1].until), (None, None));
                prop_assert!(spans.windows(2).all(|pair| pair[0].until == pair[1].after));
            }
            if count(&tables) <= most {
                prop_assert_eq!(coarse, tables);
            }
        }
    }
}
