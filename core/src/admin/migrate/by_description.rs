//! In what a live table differs from the one that the schema makes, both as one database describes them.

use alloc::string::String;
use alloc::vec::Vec;
use alloc::{borrow::ToOwned, format};

use super::difference::{NONE, TableDrift, shown};
use crate::base::sql_text::quoted;
use crate::table::schema::{
    CheckDescription, ColumnDescription, DefaultValue, ForeignKeyDescription, IndexDescription,
    TableDescription, key_text,
};

/// Reports the differences; the descriptions leave out the server's collation for utf8mb4.
pub(super) fn compare(
    expected: &TableDescription,
    live: &TableDescription,
    default_collation: &str,
    report: &mut TableDrift<'_>,
) {
    report.same(None, "engine", &expected.engine, &live.engine);
    let collation =
        |of: &TableDescription| of.collation.clone().unwrap_or(default_collation.into());
    report.same(None, "collation of new columns", &collation(expected), &collation(live));
    report.same(None, "comment", &shown(&expected.comment), &shown(&live.comment));
    compare_columns(&expected.columns, &live.columns, default_collation, report);
    report.same(None, "primary key", &primary_key(expected), &primary_key(live));
    let parts: [(_, PartsOf); 5] = [
        ("unique key", |table| table.unique_keys.iter().map(index).collect()),
        ("index", |table| table.indexes.iter().map(index).collect()),
        ("foreign key", |table| table.foreign_keys.iter().map(foreign_key).collect()),
        ("check", |table| table.checks.iter().map(check).collect()),
        ("trigger", |table| table.triggers.iter().map(|name| (&**name, name.clone())).collect()),
    ];
    for (property, parts) in parts {
        compare_parts(property, &parts(expected), &parts(live), report);
    }
}

fn compare_columns(
    expected: &[ColumnDescription],
    live: &[ColumnDescription],
    default_collation: &str,
    report: &mut TableDrift<'_>,
) {
    for column in expected {
        match live.iter().find(|live| live.name == column.name) {
            Some(live) => compare_column(column, live, default_collation, report),
            None => report.add(Some(&column.name), "column", &column.column_type, NONE),
        }
    }
    let is_in =
        |columns: &[ColumnDescription], name: &str| columns.iter().any(|it| it.name == name);
    for column in live.iter().filter(|column| !is_in(expected, &column.name)) {
        report.add(Some(&column.name), "column", NONE, &column.column_type);
    }

    // Where both have the same columns, so that one that is missing moves none of the others.
    let order = live.iter().filter(|column| is_in(expected, &column.name));
    let wanted = expected.iter().filter(|column| is_in(live, &column.name));
    for (place, (expected, found)) in wanted.zip(order).enumerate() {
        let place = format!("column {} is {}", place + 1, expected.name);
        if expected.name != found.name {
            report.add(Some(&expected.name), "order", &place, &found.name);
        }
    }
}

fn compare_column(
    expected: &ColumnDescription,
    live: &ColumnDescription,
    default_collation: &str,
    report: &mut TableDrift<'_>,
) {
    let properties: [(_, TextOf); 7] = [
        ("type", |column| column.column_type.clone()),
        ("null", |column| if column.nullable { "NULL" } else { "NOT NULL" }.to_owned()),
        ("default", |column| column.default.as_ref().map_or_else(none, default)),
        ("on update", |column| column.on_update.clone().unwrap_or_else(none)),
        ("extra", |column| if column.auto_increment { "auto_increment".into() } else { none() }),
        ("generated", generated),
        ("comment", |column| shown(&column.comment)),
    ];
    for (property, of) in properties {
        report.same(Some(&expected.name), property, &of(expected), &of(live));
    }
    let collation = |column| collation(column, default_collation);
    report.same(Some(&expected.name), "collation", collation(expected), collation(live));
}

/// What is compared of a column.
type TextOf = fn(&ColumnDescription) -> String;

/// A name, and all that is said of what has it.
type NamedPart<'p> = (&'p str, String);

/// What is compared of a table by names.
type PartsOf = fn(&TableDescription) -> Vec<NamedPart<'_>>;

fn compare_parts(
    property: &'static str,
    expected: &[NamedPart<'_>],
    live: &[NamedPart<'_>],
    report: &mut TableDrift<'_>,
) {
    let text = |parts: &[NamedPart<'_>], name: &str| {
        let part = parts.iter().find(|(its, _)| *its == name);
        part.map_or_else(none, |(_, text)| text.clone())
    };
    let is_expected = |name: &str| expected.iter().any(|(its, _)| *its == name);
    let others = live.iter().filter(|(name, _)| !is_expected(name));
    for (name, _) in expected.iter().chain(others) {
        report.same(None, property, &text(expected, name), &text(live, name));
    }
}

fn none() -> String {
    NONE.to_owned()
}

fn collation<'c>(column: &'c ColumnDescription, default_collation: &'c str) -> &'c str {
    let implied = if column.is_text() { default_collation } else { NONE };
    column.collation.as_deref().unwrap_or(implied)
}

fn default(default: &DefaultValue) -> String {
    match default {
        DefaultValue::Literal(text) => format!("'{text}'"),
        DefaultValue::Expression(sql) => sql.clone(),
    }
}

fn generated(column: &ColumnDescription) -> String {
    column.generated.as_ref().map_or_else(none, |it| {
        let kind = if it.stored { "stored" } else { "virtual" };
        format!("{kind}, as {}", it.expression)
    })
}

fn primary_key(table: &TableDescription) -> String {
    let length = |index| match table.primary_key_lengths.get(index) {
        None | Some(0) => String::new(),
        Some(length) => format!("({length})"),
    };
    let columns = table.primary_key.iter().enumerate();
    let columns = columns.map(|(index, name)| quoted(name) + &length(index)).collect::<Vec<_>>();
    if columns.is_empty() { none() } else { columns.join(", ") }
}

fn index(index: &IndexDescription) -> NamedPart<'_> {
    let kind = index.index_type.as_ref().map(|kind| format!(" {kind}")).unwrap_or_default();
    (&index.name, key_text(index) + &kind)
}

/// RESTRICT and NO ACTION are the same, and the engines differ in which of them they name.
fn foreign_key(key: &ForeignKeyDescription) -> NamedPart<'_> {
    let names = |names: &[String]| names.iter().map(|it| quoted(it)).collect::<Vec<_>>().join(", ");
    let action = |on: &str, action: &str| match action {
        "RESTRICT" | "NO ACTION" => String::new(),
        action => format!(" ON {on} {action}"),
    };
    let text = format!(
        "{} ({}) to {} ({}){}{}",
        quoted(&key.name),
        names(&key.columns),
        key.parent_sql(),
        names(&key.references),
        action("UPDATE", &key.on_update),
        action("DELETE", &key.on_delete)
    );
    (&key.name, text)
}

fn check(check: &CheckDescription) -> NamedPart<'_> {
    let enforced = if check.enforced { "" } else { ", not enforced" };
    (&check.name, [&quoted(&check.name), " ", check.clause.as_str(), enforced].concat())
}
