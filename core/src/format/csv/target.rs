//! What the cells below a name of the header are for.

use super::dialect::Dialect;
use super::names::{column, meant};
use crate::table::schema::Table;

/// What one cell of a line is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CellTarget {
    /// The column at this position.
    Column(usize),
    /// Nothing: the header's name begins with `_`, or columns that the table does not have are passed over.
    Ignored,
    /// Nothing: the header's cell is empty, and so must be those below it.
    Nameless,
}

/// What a header's cell says, or `None` if it is no column's name.
pub(crate) fn target(table: &Table, dialect: &Dialect, name: &str) -> Option<CellTarget> {
    if name.is_empty() {
        return Some(CellTarget::Nameless);
    }
    if let Some(ours) = meant(&dialect.names, name) {
        // One that the options name is not passed over, also with `ignore_extra`.
        return column(table, ours).map(CellTarget::Column);
    }
    if name.starts_with('_') {
        // One that a column has as its own is no mark.
        let column = table.column_index_in_any_case(name);
        return Some(column.map_or(CellTarget::Ignored, CellTarget::Column));
    }
    match column(table, name) {
        None if dialect.ignore_extra => Some(CellTarget::Ignored),
        column => column.map(CellTarget::Column),
    }
}
