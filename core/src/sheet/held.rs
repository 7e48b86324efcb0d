//! Rows that are held as fields, of formats that are read from their start only.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::table::issue::RowError;
use crate::table::record::{Place, RawField, RawRow};

/// The most bytes of such rows.
const MOST_BYTES: usize = 512 << 20;

/// What a row takes besides its fields.
const ROW_BYTES: usize = 64;

/// The rows of a file without places between them.
#[derive(Debug, Default)]
pub(super) struct HeldRows {
    rows: Vec<HeldRow>,
    bytes: usize,
}

/// One row.
#[derive(Debug)]
struct HeldRow {
    place: Place,
    fields: Box<[HeldField]>,
    errors: Box<[RowError]>,
}

/// A field with its own text.
#[derive(Debug)]
enum HeldField {
    /// Without a text.
    Plain(RawField<'static>),
    Number(Box<str>),
    Text(Box<str>),
    Cell(Box<str>),
    Document(Box<str>),
}

impl HeldRows {
    // Apart, as the row below, so that the page's first part goes without them.
    /// Takes the next row; `false` of one for which there is no room.
    #[inline(never)]
    pub(super) fn push(&mut self, raw: &RawRow<'_>) -> bool {
        let texts: usize = raw.fields.iter().map(length).sum();
        self.bytes += ROW_BYTES + texts + raw.fields.len() * size_of::<HeldField>();
        if self.bytes > MOST_BYTES {
            return false;
        }
        let fields = raw.fields.iter().map(HeldField::of).collect();
        let errors = raw.errors.clone().into_boxed_slice();
        // Where a format has no lines, its rows are counted.
        let line = raw.place.line.or_else(|| raw.place.index.map(|index| index + 1));
        self.rows.push(HeldRow { place: Place { line, ..raw.place }, fields, errors });
        true
    }

    /// A row as it was read.
    #[inline(never)]
    pub(super) fn row(&self, row: u32) -> Option<RawRow<'_>> {
        let HeldRow { place, fields, errors } = self.rows.get(row as usize)?;
        let fields = fields.iter().map(HeldField::raw).collect();
        Some(RawRow { place: *place, fields, errors: errors.to_vec() })
    }
}

impl HeldField {
    fn of(field: &RawField<'_>) -> Self {
        match field {
            RawField::Absent => Self::Plain(RawField::Absent),
            RawField::Null => Self::Plain(RawField::Null),
            RawField::Bool(value) => Self::Plain(RawField::Bool(*value)),
            RawField::Integer(value) => Self::Plain(RawField::Integer(*value)),
            RawField::Double(value) => Self::Plain(RawField::Double(*value)),
            RawField::Day(value) => Self::Plain(RawField::Day(*value)),
            RawField::Other(name) => Self::Plain(RawField::Other(name)),
            RawField::Number(text) => Self::Number((*text).into()),
            RawField::Text(text) => Self::Text((**text).into()),
            RawField::Cell(text) => Self::Cell((*text).into()),
            RawField::Document(text) => Self::Document((*text).into()),
        }
    }

    fn raw(&self) -> RawField<'_> {
        match self {
            Self::Plain(field) => field.clone(),
            Self::Number(text) => RawField::Number(text),
            Self::Text(text) => RawField::Text((&**text).into()),
            Self::Cell(text) => RawField::Cell(text),
            Self::Document(text) => RawField::Document(text),
        }
    }
}

/// The bytes of a field's text.
fn length(field: &RawField<'_>) -> usize {
    match field {
        RawField::Number(text) | RawField::Cell(text) | RawField::Document(text) => text.len(),
        RawField::Text(text) => text.len(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use alloc::borrow::Cow;
    use alloc::string::ToString;
    use alloc::vec;

    use super::*;
    use crate::table::issue::RowErrorKind;

    fn row(index: u64, line: Option<u64>, fields: Vec<RawField<'_>>) -> RawRow<'_> {
        RawRow { place: Place { index: Some(index), line }, fields, errors: Vec::new() }
    }

    #[test]
    fn a_row_is_held_as_it_was_read() {
        let text = "ä\0b".to_string();
        let fields = vec![
            RawField::Absent,
            RawField::Null,
            RawField::Bool(true),
            RawField::Integer(i64::MIN),
            RawField::Double(-0.5),
            RawField::Day(18_835),
            RawField::Other("an array"),
            RawField::Number("1.50e400"),
            RawField::Text(Cow::Borrowed(&text)),
            RawField::Text(Cow::Owned(text.clone())),
            RawField::Text("".into()),
            RawField::Cell(&text),
            RawField::Document("{\"a\": 1}"),
        ];
        let wrong =
            vec![RowError::row(RowErrorKind::UnknownColumn), RowError::row(RowErrorKind::Missing)];
        let mut held = HeldRows::default();
        assert!(held.push(&row(0, Some(7), fields.clone())));
        assert!(held.push(&RawRow { errors: wrong.clone(), ..row(1, None, Vec::new()) }));
        let first = held.row(0).unwrap();
        assert_eq!((first.fields, first.errors), (fields, vec![]));
        let second = held.row(1).unwrap();
        assert_eq!((second.fields, second.errors), (vec![], wrong));
        assert!(held.row(2).is_none());
    }

    #[test]
    fn rows_are_counted_where_a_format_has_no_lines() {
        let mut held = HeldRows::default();
        for (index, line) in [(0, Some(2)), (1, Some(5)), (2, None), (3, None)] {
            assert!(held.push(&row(index, line, Vec::new())));
        }
        let places = (0..4).map(|at| held.row(at).unwrap().place);
        let places: Vec<_> = places.map(|place| (place.index, place.line)).collect();
        let expected = [(0, 2), (1, 5), (2, 3), (3, 4)];
        assert_eq!(places, expected.map(|(index, line)| (Some(index), Some(line))));
    }

    /// What a row takes is counted with its texts, so that a file cannot fill the memory.
    #[test]
    fn a_row_for_which_there_is_no_room_is_not_taken() {
        let text = "x".repeat(1_000);
        let all = [
            RawField::Text((&*text).into()),
            RawField::Cell(&text),
            RawField::Number(&text),
            RawField::Document(&text),
        ];
        for field in all {
            let taken = ROW_BYTES + size_of::<HeldField>() + text.len();
            let mut held = HeldRows { bytes: MOST_BYTES - taken, ..HeldRows::default() };
            assert!(held.push(&row(0, None, vec![field.clone()])), "{field:?}");
            assert_eq!(held.bytes, MOST_BYTES);
            assert!(!held.push(&row(1, None, Vec::new())), "{field:?}");
            assert!(held.row(0).is_some() && held.row(1).is_none());
        }
    }
}
