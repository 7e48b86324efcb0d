//! Which tables are served beside each other, and in which order: parents first.

use alloc::collections::BTreeSet;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::comment::Items;
use super::description::{ColumnDescription, TableDescription};
use super::fitness::{Types, TypesFound, reasons};
use super::misfit::Misfit;
use crate::table::types::{ColumnType, Definition};

/// A table with every reason why it is not served; those that are have none.
pub(super) struct Judged<'d> {
    pub(super) table: &'d TableDescription,
    pub(super) types: Types,
    pub(super) reasons: Vec<Misfit>,
}

impl Judged<'_> {
    fn type_of(&self, name: &str) -> Option<ColumnType> {
        self.types[self.table.columns.iter().position(|column| column.name == name)?]
    }
}

/// Judges every table, in the order of the descriptions; those that are `gone` are not in the database.
pub(super) fn judge<'d>(tables: &[&'d TableDescription], gone: &[&str]) -> Vec<Judged<'d>> {
    let mut found = TypesFound::default();
    let judged = |table: &&'d TableDescription| {
        let types = found.types(table);
        let is_gone = gone.contains(&table.name.as_str());
        let reasons = if is_gone { Vec::from([Misfit::Gone]) } else { reasons(table, &types) };
        Judged { table, types, reasons }
    };
    let mut all: Vec<_> = tables.iter().map(judged).collect();
    add_aliases(&mut all);
    while add_references(&mut all) {}
    add_circles(&mut all);
    // A child of a table in a circle is not served either.
    while add_references(&mut all) {}
    all
}

/// The tables that are served, each behind its parents, else in the order of the description.
pub(super) fn parents_first<'j, 'd>(all: &'j [Judged<'d>]) -> Vec<&'j Judged<'d>> {
    let served = all.iter().filter(|it| it.reasons.is_empty()).map(|it| it.table);
    let (mut ordered, mut left) = order(served.collect(), all_parents);
    // Of tables whose foreign keys form a circle one goes before its parents.
    while !left.is_empty() {
        ordered.push(left.remove(in_circle(&left)));
        let (behind, rest) = order(left, all_parents);
        ordered.extend(behind);
        left = rest;
    }
    let judged = |table: &TableDescription| all.iter().find(|it| core::ptr::eq(it.table, table));
    ordered.into_iter().filter_map(judged).collect()
}

/// One of some tables, each of which has a parent among them, that is its own forebear.
#[cold]
#[inline(never)]
fn in_circle(tables: &[&TableDescription]) -> usize {
    let (mut path, mut at) = (Vec::new(), 0);
    while !path.contains(&at) {
        path.push(at);
        let is_parent = |other: &&TableDescription| {
            other.name != tables[at].name && all_parents(tables[at]).contains(&&*other.name)
        };
        at = tables.iter().position(is_parent).unwrap_or(at);
    }
    at
}

/// The tables in order, and those whose parents form a circle or depend on one.
fn order(
    mut left: Vec<&TableDescription>,
    parents: fn(&TableDescription) -> Vec<&str>,
) -> (Vec<&TableDescription>, Vec<&TableDescription>) {
    let mut ordered = Vec::new();
    while let Some(index) = left.iter().position(|table| {
        let waits =
            |parent: &str| parent != table.name && left.iter().any(|other| other.name == parent);
        !parents(table).into_iter().any(waits)
    }) {
        ordered.push(left.remove(index));
    }
    (ordered, left)
}

/// The parents by the COMMENTs of the table's columns.
fn parents(table: &TableDescription) -> Vec<&str> {
    table.columns.iter().filter_map(|column| Some(reference(column)?.0)).collect()
}

/// The same with those by foreign keys.
fn all_parents(table: &TableDescription) -> Vec<&str> {
    let here = table.foreign_keys.iter().filter(|key| key.database.is_none());
    let by_keys = here.map(|key| key.table.as_str());
    parents(table).into_iter().chain(by_keys).collect()
}

/// The table and column of a `references=`. A table's name with a dot is in backticks.
pub(super) fn reference(column: &ColumnDescription) -> Option<(&str, &str)> {
    let target = Items::read(&column.comment).references?;
    match target.strip_prefix('`') {
        None => target.split_once('.'),
        Some(quoted) => {
            let (table, rest) = quoted.split_once('`')?;
            Some((table, rest.strip_prefix('.')?))
        }
    }
}

/// Aliases of a table that are another's name or alias.
fn add_aliases(all: &mut [Judged<'_>]) {
    let mut taken = BTreeSet::new();
    taken.extend(all.iter().map(|it| it.table.name.as_str()));
    for it in all {
        let aliases = Items::read(&it.table.comment).aliases.into_iter();
        let twice = aliases.filter(|alias| !taken.insert(alias));
        it.reasons.extend(twice.map(|alias| Misfit::Alias { alias: alias.to_string() }));
    }
}

/// Adds references to what is not served; whether any table was served before.
fn add_references(all: &mut [Judged<'_>]) -> bool {
    let found: Vec<_> = all.iter().map(|it| broken_references(it, all)).collect();
    let mut changed = false;
    for (it, broken) in all.iter_mut().zip(found) {
        changed |= it.reasons.is_empty() && !broken.is_empty();
        let new = broken.into_iter().filter(|reason| !it.reasons.contains(reason));
        let new: Vec<_> = new.collect();
        it.reasons.extend(new);
    }
    changed
}

fn broken_references(it: &Judged<'_>, all: &[Judged<'_>]) -> Vec<Misfit> {
    let columns = it.table.columns.iter().filter(|column| {
        Items::read(&column.comment).references.is_some() && !is_sound(column, it, all)
    });
    let misfit = |column: &ColumnDescription| {
        let target = Items::read(&column.comment).references.unwrap_or_default().to_string();
        Misfit::Reference { column: column.name.clone(), target }
    };
    columns.map(misfit).collect()
}

/// Whether a column refers to the primary key, of its own kind, of a table that is served.
fn is_sound(column: &ColumnDescription, it: &Judged<'_>, all: &[Judged<'_>]) -> bool {
    let Some((table, key)) = reference(column) else { return false };
    let Some(parent) = all.iter().find(|other| other.table.name == table) else { return false };
    let is_served = parent.reasons.is_empty() || parent.table.name == it.table.name;
    let kinds = [parent.type_of(key), it.type_of(&column.name)];
    let same_kind = matches!(kinds, [Some(key), Some(own)]
        if core::mem::discriminant(&key.key_kind()) == core::mem::discriminant(&own.key_kind()));
    is_served && parent.table.primary_key == [key] && same_kind
}

fn add_circles(all: &mut [Judged<'_>]) {
    let served = all.iter().filter(|it| it.reasons.is_empty()).map(|it| it.table);
    let (_, circle) = order(served.collect(), parents);
    for it in all.iter_mut().filter(|it| circle.iter().any(|other| other.name == it.table.name)) {
        it.reasons.push(Misfit::Circle);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Schema;
    use alloc::format;
    use alloc::string::{String, ToString};
    use alloc::vec::Vec;

    /// The schema of tables with an id, each with a comment and comments of further columns.
    fn schema(tables: &[(&str, &str, &[&str])]) -> Schema {
        let table = |(name, comment, columns): &(&str, &str, &[&str])| {
            let column = |(at, comment): (usize, &&str)| {
                format!(r#",{{"name":"c{at}","column_type":"int","comment":"{comment}"}}"#)
            };
            let columns: String = columns.iter().enumerate().map(column).collect();
            format!(
                r#"{{"name":"{name}","comment":"{comment}","columns":[{{"name":"id","column_type":"int","nullable":false}}{columns}],"primary_key":["id"]}}"#
            )
        };
        let tables: Vec<_> = tables.iter().map(table).collect();
        let json = format!(r#"{{"rowgate_schema":1,"tables":[{}]}}"#, tables.join(","));
        Schema::from_json(&json).unwrap()
    }

    fn reasons(schema: Schema) -> Vec<String> {
        schema.unfit().iter().map(|unfit| format!("{}: {unfit}", unfit.table)).collect()
    }

    #[test]
    fn parents_stand_before_their_children() {
        let tables: [(&str, &str, &[&str]); 3] = [
            ("c", "", &["references=b.id"]),
            ("b", "", &["references=a.id"]),
            ("a", "", &["references=a.id"]),
        ];
        let found = schema(&tables);
        assert_eq!((found.names(), found.unfit().len()), (["a", "b", "c"].to_vec(), 0));
    }

    #[test]
    fn a_parent_s_name_may_have_a_dot() {
        let of_dots = schema(&[("a.b", "", &[]), ("a", "", &["references=`a.b`.id"])]);
        let parent = of_dots.table("a").unwrap().columns[1].references.unwrap();
        assert_eq!((parent.table, parent.column), ("a.b", "id"));
        assert_eq!(of_dots.names(), ["a.b", "a"]);
        for comment in ["references=a.b.id", "references=`a.b", "references=`a.b`id"] {
            let found = schema(&[("a.b", "", &[]), ("c", "", &[comment])]);
            assert_eq!(found.names(), ["a.b"], "{comment}");
        }
    }

    #[test]
    fn so_they_do_by_foreign_keys_and_a_circle_of_these_is_served() {
        let table = |name: &str, parents: &[&str]| {
            let key = |parent: &&str| {
                // The parent of another database has the name of a table here.
                let database = match *parent {
                    "lines" => r#""database":"shop","#,
                    _ => "",
                };
                format!(
                    r#"{{"name":"of_{parent}","columns":["id"],{database}"table":"{parent}","references":["id"],"on_update":"RESTRICT","on_delete":"RESTRICT"}}"#
                )
            };
            let keys: Vec<_> = parents.iter().map(key).collect();
            format!(
                r#"{{"name":"{name}","columns":[{{"name":"id","column_type":"int","nullable":false}}],"primary_key":["id"],"foreign_keys":[{}]}}"#,
                keys.join(",")
            )
        };
        let tables = [
            table("lines", &["orders", "lines", "elsewhere"]),
            table("orders", &["staff", "lines"]),
            table("staff", &["teams"]),
            table("teams", &["staff"]),
        ];
        let json = format!(r#"{{"rowgate_schema":1,"tables":[{}]}}"#, tables.join(","));
        let schema = Schema::from_json(&json).unwrap();
        assert_eq!(schema.names(), ["staff", "orders", "lines", "teams"]);
        assert_eq!(schema.unfit(), []);
    }

    #[test]
    fn tables_in_a_circle_are_not_served_nor_are_their_children() {
        let tables: [(&str, &str, &[&str]); 4] = [
            ("a", "", &["references=b.id"]),
            ("b", "", &["references=a.id"]),
            ("child", "", &["references=a.id"]),
            ("d", "", &[]),
        ];
        let found = schema(&tables);
        assert_eq!(found.names(), ["d"]);
        assert_eq!(found.unfit().len(), 3, "{:?}", reasons(found));
    }

    #[test]
    fn a_child_of_a_table_that_is_not_served_is_not_either() {
        let tables: [(&str, &str, &[&str]); 4] = [
            ("grandchild", "", &["references=child.id"]),
            ("child", "", &["references=parent.id"]),
            ("parent", "", &["references=nothing.id", "format=x"]),
            ("other", "", &["references=other.id"]),
        ];
        let found = schema(&tables);
        assert_eq!(found.names(), ["other"]);
        let parent = found.why_not("parent").unwrap().to_string();
        assert!(parent.contains("nothing.id") && parent.contains("format=x"), "{parent}");
        assert!(reasons(found)[0].starts_with("grandchild: c0: references=child.id is no"));
    }

    #[test]
    fn two_tables_do_not_answer_to_one_name() {
        let found =
            schema(&[("a", "aliases=b", &[]), ("b", "aliases=c,d", &[]), ("e", "aliases=d", &[])]);
        assert_eq!(found.names(), ["b"]);
        assert!(reasons(found).iter().all(|it| it.contains("is also another's")));
    }
}
