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
        self.rows.push(HeldRow { place: raw.place, fields, errors });
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
