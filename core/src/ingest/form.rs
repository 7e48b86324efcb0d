//! How a statement writes the rows of a chunk.

use crate::sql::chunk::Chunk;
use crate::sql::statement::OnDuplicate;
use crate::sql::upsert::{KeyedRows, RowLock};
use crate::table::schema::Table;

/// Which chunk of which table.
pub(super) type ChunkAt = (usize, usize);

/// How a statement writes the rows of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WriteForm {
    /// As new rows.
    Insert,
    /// As new rows, whose ids are wanted back.
    Numbered,
    /// As new rows where the table does not have their key.
    Keep,
    /// As new rows, or over those that have their primary key; nothing where the table has another key.
    InsertOrUpdate,
    /// Over the rows that have their key.
    Update,
}

/// The rows of a chunk by the key of their table that decides.
pub(super) fn rows_of<'r>(table: &'r Table, chunk: &'r Chunk, key: &'r [usize]) -> KeyedRows<'r> {
    KeyedRows { table, columns: chunk.columns(), key }
}

/// How rows are looked at within a transaction or without one.
pub(super) fn lock_in(id: Option<&str>) -> RowLock {
    if id.is_some() { RowLock::Share } else { RowLock::None }
}

/// How a row is written over or not, where the table has it.
pub(super) fn form_for(on_duplicate: OnDuplicate) -> WriteForm {
    match on_duplicate {
        OnDuplicate::Fail => WriteForm::Insert,
        OnDuplicate::Keep => WriteForm::Keep,
        OnDuplicate::Update => WriteForm::Update,
    }
}
