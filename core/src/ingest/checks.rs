//! Rows held to the CHECKs of their table, without the database.

use alloc::vec::Vec;

use super::options::IngestOptions;
use crate::sql::statement::OnDuplicate;
use crate::table::issue::{RowError, RowErrorKind};
use crate::table::record::Record;
use crate::table::schema::{CheckConstraint, Table};
use crate::table::types::{Comparable, Definition};

/// The CHECKs to which the core holds rows that are written by these options; the others are the
/// database's.
///
/// With [`OnDuplicate::Keep`] there are none: the database evaluates no CHECK of a row that it has already.
pub(crate) fn evaluated_checks(
    table: &'static Table,
    options: &IngestOptions,
) -> Vec<&'static CheckConstraint> {
    let key = options.key.and_then(|key| key.columns).unwrap_or(table.key);
    let is_evaluated = |check: &&CheckConstraint| match (&check.condition, options.on_duplicate) {
        (None, _) | (_, OnDuplicate::Keep) => false,
        (Some(_), OnDuplicate::Fail) => true,
        (Some(condition), OnDuplicate::Update) => {
            condition.columns.iter().all(|column| is_stored(table, key, *column))
        }
    };
    table.constraints.checks.iter().filter(is_evaluated).collect()
}

/// Whether a row that is updated has the value of the row that came: its keys are not written, and texts
/// that are equal as keys may differ.
fn is_stored(table: &Table, key: &[usize], column: usize) -> bool {
    match (key.contains(&column), table.key.contains(&column)) {
        (false, is_key) => !is_key,
        (true, _) => !matches!(
            table.columns[column].column_type.comparable(),
            Comparable::Never | Comparable::Text | Comparable::Member
        ),
    }
}

/// The CHECKs that a row does not fulfil. Those with a column that it does not carry are the database's.
pub(crate) fn violated(checks: &[&'static CheckConstraint], record: &Record<'_>) -> Vec<RowError> {
    let is_violated = |check: &&&CheckConstraint| {
        check.condition.as_ref().is_some_and(|condition| {
            condition.columns.iter().all(|column| record.columns().has(*column))
                && condition.is_false(record.cells())
        })
    };
    let violated = checks.iter().filter(is_violated);
    violated.map(|check| RowError::row(RowErrorKind::CheckViolated { check })).collect()
}
