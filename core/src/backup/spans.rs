//! The keys of a table, divided among its readers.

use alloc::vec::Vec;

use super::records::Records;
use crate::sql::key_range::KeyRange;
use crate::table::schema::Table;

/// The fewest keys that are taken from a reader at work: a large page or two.
const FEWEST_KEYS: i128 = 8_192;

/// Integer keys, or first parts of keys, in spans of which each is read once.
///
/// An idle reader takes the upper half of the longest span that is still being read. So keys with
/// gaps need no plan: an empty half is one short call, after which the rest is halved again.
#[derive(Debug)]
pub(super) struct Spans {
    spans: Vec<Span>,
    /// How many of them were dealt out.
    dealt: usize,
    /// Whether they stay as they are: no reader takes half of one.
    are_fixed: bool,
}

#[derive(Debug, Clone, Copy)]
struct Span {
    /// From behind the last key that has been read; without an end it goes to the table's, and is the
    /// only one.
    keys: KeyRange,
    state: SpanState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SpanState {
    /// No row of it has been seen, so there may be none.
    Unknown,
    /// It has had rows so far.
    HasRows,
    Over,
}

impl Spans {
    fn of(ranges: impl IntoIterator<Item = KeyRange>) -> Self {
        Self { spans: ranges.into_iter().map(Span::new).collect(), dealt: 0, are_fixed: false }
    }

    /// No keys: those of an empty table.
    pub(super) fn none() -> Self {
        Self::of([])
    }

    /// All keys as one span.
    pub(super) fn whole() -> Self {
        Self::of([KeyRange::default()])
    }

    /// These keys, which stay one span.
    pub(super) fn one(keys: KeyRange) -> Self {
        Self { are_fixed: true, ..Self::of([keys]) }
    }

    /// The keys from `min` to `max` in so many spans, as long as each other.
    pub(super) fn split(min: i64, max: i64, count: usize) -> Self {
        Self::of(KeyRange::split(min, max, count))
    }

    /// The number of a span to read, if there is one.
    pub(super) fn deal(&mut self) -> Option<usize> {
        if self.dealt == self.spans.len() {
            let half = self.halve_longest()?;
            self.spans.push(half);
        }
        self.dealt += 1;
        Some(self.dealt - 1)
    }

    fn halve_longest(&mut self) -> Option<Span> {
        if self.are_fixed {
            return None;
        }
        let having_rows = self.spans.iter_mut().filter(|span| span.state == SpanState::HasRows);
        let longest = having_rows.max_by_key(|span| span.keys_left())?;
        match longest.keys_left() < FEWEST_KEYS {
            true => None,
            false => longest.keys.take_half().map(Span::new),
        }
    }

    /// The key behind which a span goes on.
    pub(super) fn after(&self, span: usize) -> Option<i64> {
        self.spans[span].keys.after
    }

    /// The last key of a span.
    pub(super) fn until(&self, span: usize) -> Option<i64> {
        self.spans[span].keys.until
    }

    /// Takes note of rows that were read of a span, and drops those that another reader has taken
    /// since they were asked for. Answers whether the span is over.
    pub(super) fn accept(&mut self, span: usize, rows: &mut Records, table: &Table) -> bool {
        let key = table.first_key();
        let span = &mut self.spans[span];
        let Some(until) = span.keys.until else { return rows.is_empty() };
        let before = rows.len();
        let beyond = |row: usize| rows.int(row, key).is_none_or(|key| key > until);
        let own = (0..before).rev().take_while(|row| beyond(*row)).count();
        rows.truncate(before - own);
        if let Some(last) = rows.len().checked_sub(1).and_then(|last| rows.int(last, key)) {
            span.keys.after = Some(last);
            span.state = SpanState::HasRows;
        }
        // Of several parts the first may come again.
        let is_at_end = span.keys.after >= Some(until) && table.key.len() == 1;
        let is_over = rows.len() < before || rows.is_empty() || is_at_end;
        if is_over {
            span.state = SpanState::Over;
        }
        is_over
    }
}

impl Span {
    fn new(keys: KeyRange) -> Self {
        Self { keys, state: SpanState::Unknown }
    }

    fn keys_left(&self) -> i128 {
        self.keys.keys().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::records::tests::records;
    use crate::sql::key::tests::KEYS;
    use crate::table::schema::table;

    fn jobs() -> &'static Table {
        table("jobs").unwrap()
    }

    /// Deals all spans out: the key before each, and its last one.
    fn dealt(mut spans: Spans) -> Vec<(Option<i64>, i64)> {
        let mut dealt = Vec::new();
        while let Some(span) = spans.deal() {
            dealt.push((spans.after(span), spans.until(span).unwrap()));
        }
        dealt
    }

    #[test]
    fn every_key_is_in_one_span() {
        assert_eq!(dealt(Spans::split(1, 10, 3)), [(Some(0), 3), (Some(3), 6), (Some(6), 10)]);
        assert_eq!(dealt(Spans::split(5, 6, 8)), [(Some(4), 5), (Some(5), 6)]);
        assert_eq!(dealt(Spans::split(7, 7, 4)), [(Some(6), 7)]);
        let halves = [(None, -1), (Some(-1), i64::MAX)];
        assert_eq!(dealt(Spans::split(i64::MIN, i64::MAX, 2)), halves);
        assert_eq!(dealt(Spans::none()), []);
    }

    #[test]
    fn a_table_without_spans_is_one() {
        let mut spans = Spans::whole();
        assert_eq!(spans.deal(), Some(0));
        assert_eq!((spans.after(0), spans.until(0), spans.deal()), (None, None, None));
        assert!(!spans.accept(0, &mut records(&[1, 2]), jobs()));
        assert!(spans.accept(0, &mut records(&[]), jobs()));
    }

    #[test]
    fn an_idle_reader_takes_half_of_the_longest_span_that_has_rows() {
        let mut spans = Spans::split(1, 100_000, 2);
        assert_eq!((spans.deal(), spans.deal()), (Some(0), Some(1)));
        // Of neither is known that it has rows.
        assert_eq!(spans.deal(), None);
        assert!(!spans.accept(0, &mut records(&[1, 10_000]), jobs()));
        assert!(spans.accept(1, &mut records(&[]), jobs()));

        assert_eq!(spans.deal(), Some(2));
        assert_eq!((spans.after(2), spans.until(2)), (Some(30_000), Some(50_000)));
        assert_eq!(spans.until(0), Some(30_000));
        // What was asked for before, and is another reader's now, is dropped.
        let mut page = records(&[10_001, 30_000, 30_001, 30_002]);
        assert!(spans.accept(0, &mut page, jobs()));
        assert_eq!((page.len(), page.int(1, 0)), (2, Some(30_000)));
    }

    #[test]
    fn keys_that_stay_one_span_are_not_halved() {
        let mut spans = Spans::one(KeyRange { after: Some(0), until: Some(100_000) });
        assert_eq!(
            (spans.deal(), spans.after(0), spans.until(0)),
            (Some(0), Some(0), Some(100_000))
        );
        assert!(!spans.accept(0, &mut records(&[1, 10_000]), jobs()));
        assert_eq!(spans.deal(), None);
    }

    #[test]
    fn a_first_part_of_a_key_may_come_again_on_the_next_page() {
        let mut spans = Spans::split(1, 10, 1);
        spans.deal();
        let pair = Table { key: &[0, 1], ..KEYS[1] };
        assert!(!spans.accept(0, &mut records(&[9, 10, 10]), &pair));
        assert!(!spans.accept(0, &mut records(&[10, 10]), &pair));
        assert!(spans.accept(0, &mut records(&[]), &pair));
    }

    #[test]
    fn a_short_rest_is_left_to_its_reader() {
        let mut spans = Spans::split(1, 10_000, 1);
        spans.deal();
        assert!(!spans.accept(0, &mut records(&[2_000]), jobs()));
        assert_eq!(spans.deal(), None);
        assert!(spans.accept(0, &mut records(&[10_000]), jobs()));
    }
}
