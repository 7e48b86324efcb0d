//! Tables for the life of the process, from a description.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::comment::Items;
use super::constraints::{Constraints, ForeignKey, KeyPart, UniqueKey};
use super::create;
use super::description::{
    ColumnDescription, ForeignKeyDescription, IndexDescription, IndexPart, TableDescription,
};
use super::fitness::column_type;
use super::misfit::Unfit;
use super::order::{judge, parents_first, reference};
use super::table::{Column, Reference, Table};

/// The tables that can be filled, parents first, and the others with their reasons.
pub(super) fn serve(tables: &[TableDescription]) -> (&'static [Table], &'static [Unfit]) {
    let judged = judge(tables);
    let served = parents_first(&judged).into_iter().filter_map(table).collect::<Vec<_>>();
    let unfit = judged.into_iter().filter(|it| !it.reasons.is_empty());
    let unfit = unfit.map(|it| Unfit {
        table: text(&it.table.name),
        aliases: texts(&Items::read(&it.table.comment).aliases),
        reasons: list(it.reasons),
    });
    (list(served), list(unfit.collect()))
}

/// `None` only of a table that does not fit.
fn table(table: &TableDescription) -> Option<Table> {
    let columns = written(table).map(column).collect::<Option<Vec<_>>>()?;
    let generated = table.columns.iter().filter(|column| column.generated.is_some());
    let key =
        table.primary_key.iter().map(|key| position(table, key)).collect::<Option<Vec<_>>>()?;
    Some(Table {
        name: text(&table.name),
        aliases: texts(&Items::read(&table.comment).aliases),
        key: list(key),
        columns: list(columns),
        generated: list(generated.map(|column| text(&column.name)).collect()),
        create: text(&create::statement(table)),
        comment: text(&table.comment),
        constraints: constraints(table),
        #[cfg(feature = "avro")]
        described: Some(Box::leak(Box::new(table.clone()))),
    })
}

fn constraints(table: &TableDescription) -> Constraints {
    let foreign = table.foreign_keys.iter().filter_map(|key| foreign_key(table, key));
    let checks = table.checks.iter().filter(|check| check.enforced);
    Constraints {
        unique: list(table.unique_keys.iter().map(|key| unique_key(table, key)).collect()),
        foreign: list(foreign.collect()),
        checks: list(checks.map(|check| text(&check.name)).collect()),
    }
}

fn unique_key(table: &TableDescription, key: &IndexDescription) -> UniqueKey {
    let part = |part: &IndexPart| {
        let column = part.column.as_deref().and_then(|name| position(table, name));
        match (column, part.length) {
            (Some(column), None) => KeyPart::Column(column),
            (Some(column), Some(length)) => KeyPart::Prefix(column, length),
            (None, _) => KeyPart::Expression,
        }
    };
    let parts: Vec<_> = key.parts.iter().map(part).collect();
    let whole = |part: &KeyPart| match part {
        KeyPart::Column(column) => Some(*column),
        KeyPart::Prefix(..) | KeyPart::Expression => None,
    };
    let columns = parts.iter().map(whole).collect::<Option<Vec<_>>>().map(list);
    UniqueKey { name: text(&key.name), parts: list(parts), columns }
}

/// `None` of one of a column that the table does not have, which no database says.
fn foreign_key(table: &TableDescription, key: &ForeignKeyDescription) -> Option<ForeignKey> {
    let columns = key.columns.iter().map(|name| position(table, name));
    Some(ForeignKey {
        name: text(&key.name),
        columns: list(columns.collect::<Option<_>>()?),
        table: text(&key.table),
        references: list(key.references.iter().map(|name| text(name)).collect()),
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

fn column(column: &ColumnDescription) -> Option<Column> {
    let refers = |(table, column)| Reference { table: text(table), column: text(column) };
    Some(Column {
        name: text(&column.name),
        aliases: texts(&Items::read(&column.comment).aliases),
        column_type: column_type(column)?,
        nullable: column.nullable,
        default: column.default.as_ref().map(|default| text(default.sql())),
        auto_increment: column.auto_increment,
        references: reference(column).map(refers),
        collation: column.collation.as_deref().map(text),
        comment: text(&column.comment),
    })
}

fn texts(all: &[&str]) -> &'static [&'static str] {
    list(all.iter().map(|it| text(it)).collect())
}

/// A text that is never given back.
fn text(text: &str) -> &'static str {
    if text.is_empty() { "" } else { Box::leak(text.into()) }
}

/// A list that is never given back.
fn list<T>(items: Vec<T>) -> &'static [T] {
    Box::leak(items.into_boxed_slice())
}
