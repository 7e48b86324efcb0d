//! Tables for the life of the process, from their descriptions.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::comment::Items;
use super::create;
use super::description::{ColumnDescription, Description, TableDescription};
use super::fitness::column_type;
use super::misfit::Unfit;
use super::order::{judge, parents_first, reference};
use super::table::{Column, Reference, Table};

/// A description that is never given back.
pub(super) type Kept = &'static TableDescription;

/// The tables of a description, for the life of the process.
pub(super) fn kept(description: Description) -> Vec<Kept> {
    let tables: &'static [TableDescription] = list(description.tables);
    tables.iter().collect()
}

/// The tables that can be filled, parents first, and the others with their reasons.
///
/// Those that are `gone` the live database does not have. A table that `before` was made of the same
/// description stays as it is.
pub(super) fn serve(
    tables: &[Kept],
    gone: &[&str],
    before: &[(Kept, Table)],
) -> (&'static [Table], &'static [Unfit]) {
    let judged = judge(tables, gone);
    let made = |kept: Kept| {
        let same = before.iter().find(|(its, _)| core::ptr::eq(*its, kept));
        same.map_or_else(|| table(kept), |(_, table)| Some(table.clone()))
    };
    let served = parents_first(&judged).into_iter().filter_map(made).collect::<Vec<_>>();
    let unfit = judged.into_iter().filter(|it| !it.reasons.is_empty());
    let unfit = unfit.map(|it| Unfit {
        table: &it.table.name,
        aliases: list(Items::read(&it.table.comment).aliases),
        reasons: list(it.reasons),
    });
    (list(served), list(unfit.collect()))
}

/// `None` only of a table that does not fit.
fn table(table: Kept) -> Option<Table> {
    let [key] = table.primary_key.as_slice() else { return None };
    let columns = table.columns.iter().map(column).collect::<Option<Vec<_>>>()?;
    Some(Table {
        name: &table.name,
        aliases: list(Items::read(&table.comment).aliases),
        key: columns.iter().position(|column| column.name.eq_ignore_ascii_case(key))?,
        columns: list(columns),
        create: Box::leak(create::statement(table).into_boxed_str()),
        comment: &table.comment,
    })
}

fn column(column: &'static ColumnDescription) -> Option<Column> {
    let refers = |(table, column)| Reference { table, column };
    Some(Column {
        name: &column.name,
        aliases: list(Items::read(&column.comment).aliases),
        column_type: column_type(column)?,
        nullable: column.nullable,
        default: column.default.as_ref().map(|default| default.sql()),
        auto_increment: column.auto_increment,
        references: reference(column).map(refers),
        collation: column.collation.as_deref(),
        comment: &column.comment,
    })
}

/// A list that is never given back.
pub(super) fn list<T>(items: Vec<T>) -> &'static [T] {
    if items.is_empty() { &[] } else { Box::leak(items.into_boxed_slice()) }
}
