//! A row by itself: its key, or what is wrong with it.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use crate::ingest::{IngestOptions, Offsets, evaluated_checks, offset_columns, violated};
use crate::sql::statement::OnDuplicate;
use crate::table::issue::RowError;
use crate::table::record::{EntryRules, RawRow, Record};
use crate::table::row_key::row_key;
use crate::table::schema::{CheckConstraint, Table};
use crate::table::value::Cell;

/// What decides whether a row is good.
#[derive(Debug)]
pub(super) struct SheetRules {
    pub(super) entry: EntryRules,
    /// The columns whose values may come with an offset from UTC or without.
    pub(super) with_offsets: Vec<usize>,
    /// The CHECKs to which rows are held.
    pub(super) checks: Vec<&'static CheckConstraint>,
}

impl SheetRules {
    /// Those of a table. Whether rows are written over others is decided later, so that they are held only to the
    /// CHECKs which an update evaluates as well; to none where those are kept that the table has.
    pub(super) fn of(table: &'static Table, entry: EntryRules, keeps: bool) -> Self {
        let on_duplicate = if keeps { OnDuplicate::Keep } else { OnDuplicate::Update };
        let options = IngestOptions { on_duplicate, ..IngestOptions::default() };
        let checks = evaluated_checks(table, &options);
        Self { entry, with_offsets: offset_columns(table), checks }
    }
}

/// A row's key, where it carries one, or what is wrong with it.
pub(super) type JudgedRow = Result<Option<Cell<'static>>, Vec<RowError>>;

/// Checks a row by itself.
pub(super) fn judge(
    table: &'static Table,
    SheetRules { entry, with_offsets, checks }: &SheetRules,
    offsets: &mut Offsets,
    mut raw: RawRow<'_>,
) -> JudgedRow {
    if entry.time_zone.is_none() {
        offsets.check(table, with_offsets, entry.forms.date_order, &mut raw);
    }
    let record = Record::parse_by(table, raw, *entry)?;
    let violated = violated(checks, &record);
    if !violated.is_empty() {
        return Err(violated);
    }
    let has_key = table.key.iter().all(|position| record.columns().has(*position));
    Ok(has_key.then(|| owned(row_key(table, record.cells()))))
}

fn owned(cell: Cell<'_>) -> Cell<'static> {
    match cell {
        Cell::Null => Cell::Null,
        Cell::Int(value) => Cell::Int(value),
        Cell::Text(text) => Cell::Text(Cow::Owned(text.into_owned())),
    }
}
