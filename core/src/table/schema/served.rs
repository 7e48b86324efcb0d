//! Tables for the life of the process, from their descriptions.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::comment::Items;
use super::constraints::{Constraints, ForeignKey, KeyPart, ParentTable, UniqueKey};
use super::description::{
    CheckDescription, ColumnDescription, Description, ForeignKeyDescription, IndexDescription,
    IndexPart, TableDescription,
};
use super::misfit::Unfit;
use super::order::{Judged, judge, parents_first, reference};
use super::table::{Column, Reference, Table};
use crate::table::checks::{CheckConstraint, condition};
use crate::table::types::{ColumnType, Definition, KeyKind};

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
    let made = |judged: &Judged<'static>| {
        let same = before.iter().find(|(its, _)| core::ptr::eq(*its, judged.table));
        same.map_or_else(|| table(judged), |(_, table)| Some(table.clone()))
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
fn table(judged: &Judged<'static>) -> Option<Table> {
    let table = judged.table;
    // Collected, they would be copied as the list grows.
    let mut columns = Vec::with_capacity(table.columns.len());
    let all = table.columns.iter().zip(&judged.types);
    for (described, of) in all.filter(|(column, _)| column.generated.is_none()) {
        columns.push(column(described, *of)?);
    }
    let columns = list(columns);
    let generated = table.columns.iter().filter(|column| column.generated.is_some());
    let key =
        table.primary_key.iter().map(|key| position(table, key)).collect::<Option<Vec<_>>>()?;
    Some(Table {
        name: &table.name,
        aliases: list(Items::read(&table.comment).aliases),
        key: list(key),
        columns,
        generated: list(generated.map(|column| column.name.as_str()).collect()),
        create: "",
        comment: &table.comment,
        constraints: constraints(table, columns),
        described: Some(table),
    })
}

fn constraints(table: Kept, columns: &[Column]) -> Constraints {
    let foreign = table.foreign_keys.iter().filter_map(|key| foreign_key(table, key));
    let checks = table.checks.iter().filter(|check| check.enforced);
    Constraints {
        unique: list(table.unique_keys.iter().map(|key| unique_key(columns, key)).collect()),
        foreign: list(foreign.collect()),
        checks: list(checks.map(|check| check_constraint(columns, check)).collect()),
    }
}

fn check_constraint(columns: &[Column], check: &'static CheckDescription) -> CheckConstraint {
    let CheckDescription { name, clause, .. } = check;
    CheckConstraint { name, clause, condition: condition(clause, columns) }
}

fn unique_key(columns: &[Column], key: &'static IndexDescription) -> UniqueKey {
    let part = |part: &IndexPart| {
        let called = |name: &str| columns.iter().position(|it| it.name.eq_ignore_ascii_case(name));
        let column = part.column.as_deref().and_then(called);
        match (column, part.length) {
            (Some(column), None) => KeyPart::Column(column),
            (Some(column), Some(length)) => KeyPart::Prefix(column, length),
            (None, _) => KeyPart::Expression,
        }
    };
    let parts: Vec<_> = key.parts.iter().map(part).collect();
    let serves = |at: &usize| columns[*at].column_type.key_kind() != KeyKind::Unfit;
    let whole = |part: &KeyPart| match part {
        KeyPart::Column(column) => Some(*column).filter(serves),
        KeyPart::Prefix(..) | KeyPart::Expression => None,
    };
    let columns = parts.iter().map(whole).collect::<Option<Vec<_>>>().map(list);
    UniqueKey { name: &key.name, parts: list(parts), columns }
}

/// `None` of one of a column that the table does not have, which no database says.
fn foreign_key(table: Kept, key: &'static ForeignKeyDescription) -> Option<ForeignKey> {
    let columns = key.columns.iter().map(|name| position(table, name));
    Some(ForeignKey {
        name: &key.name,
        columns: list(columns.collect::<Option<_>>()?),
        parent: ParentTable { database: key.database.as_deref(), name: &key.table },
        references: list(key.references.iter().map(String::as_str).collect()),
    })
}

/// The columns that rows have: not those that the database computes.
fn written(table: &TableDescription) -> impl Iterator<Item = &ColumnDescription> {
    table.columns.iter().filter(|column| column.generated.is_none())
}

/// A column's place among those that rows have.
fn position(table: &TableDescription, name: &str) -> Option<usize> {
    written(table).position(|column| column.name.eq_ignore_ascii_case(name))
}

/// `None` of one of a type that is not known.
fn column(column: &'static ColumnDescription, of: Option<ColumnType>) -> Option<Column> {
    let refers = |(table, column)| Reference { table, column };
    Some(Column {
        name: &column.name,
        aliases: list(Items::read(&column.comment).aliases),
        column_type: of?,
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
