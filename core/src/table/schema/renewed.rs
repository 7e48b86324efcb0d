//! Tables as a look at the live database finds them.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::description::{CheckDescription, ColumnDescription, TableDescription};
use super::served::{Kept, list, serve};
use super::table::Table;
use super::tables::Schema;
use crate::table::types::is_seen_as;

/// About how many bytes a table takes, and each of its columns.
const TABLE_BYTES: usize = 1_024;
const COLUMN_BYTES: usize = 512;

/// What a look at the live database has come to.
#[derive(Debug)]
pub(crate) struct Renewal {
    /// The tables from now on; those of before if nothing differs.
    pub(crate) schema: Schema,
    /// About how many bytes they take for the life of the process, apart from what was there before.
    pub(crate) bytes: usize,
}

impl Schema {
    /// The tables that this schema lists, as the live database has them: `live` is what it says
    /// of those that it has. `self` lists the tables, `now` is how they were until now.
    ///
    /// What a user may not see stays as it is listed: names, comments, foreign keys and triggers. A CHECK that is
    /// listed and not seen stays by its name alone, since any right on a table shows them: it may be gone. A
    /// table that is not listed is not served, and one that is gone is not served any more.
    pub(crate) fn renewed(self, now: Self, live: &[TableDescription]) -> Renewal {
        let mut bytes = 0;
        let mut gone = Vec::new();
        let mut tables = Vec::new();
        for listed in self.described() {
            let found = live.iter().find(|table| table.name == listed.name);
            let Some(found) = found else {
                gone.push(listed.name.as_str());
                tables.push(*listed);
                continue;
            };
            let believed = believed(listed, found);
            let same = now.described().iter().chain([listed]).find(|kept| ***kept == believed);
            tables.push(same.copied().unwrap_or_else(|| {
                bytes += TABLE_BYTES + COLUMN_BYTES * believed.columns.len();
                Box::leak(Box::new(believed))
            }));
        }
        let is_same = |(a, b): (&Kept, &Kept)| core::ptr::eq(*a, *b);
        if gone == now.gone() && tables.iter().zip(now.described()).all(is_same) {
            return Renewal { schema: now, bytes: 0 };
        }
        bytes += TABLE_BYTES * tables.len();
        Renewal { schema: now.with(tables, gone), bytes }
    }

    /// These descriptions; tables whose description is the same stay as they are.
    fn with(self, described: Vec<Kept>, gone: Vec<&'static str>) -> Self {
        let kept = |table: &Table| {
            let its = self.described().iter().find(|it| it.name == table.name)?;
            Some((*its, table.clone()))
        };
        let before: Vec<_> = self.tables().iter().filter_map(kept).collect();
        let (tables, unfit) = serve(&described, &gone, &before);
        Self::of_parts(tables, unfit, list(described), list(gone))
    }

    /// Whether the tables are the same, not only alike.
    pub(crate) fn is(self, other: Self) -> bool {
        core::ptr::eq(self.tables(), other.tables()) && core::ptr::eq(self.unfit(), other.unfit())
    }
}

/// A listed table as the live database has it.
fn believed(listed: &TableDescription, live: &TableDescription) -> TableDescription {
    let columns = live.columns.iter().map(|column| {
        let known = listed.columns.iter().find(|it| it.name.eq_ignore_ascii_case(&column.name));
        known.map_or_else(|| column.clone(), |known| believed_column(known, column))
    });
    let columns: Vec<_> = columns.collect();
    let is_there = |name: &str| columns.iter().any(|it| it.name.eq_ignore_ascii_case(name));
    let foreign =
        listed.foreign_keys.iter().filter(|key| key.columns.iter().all(|it| is_there(it)));
    let hidden: Vec<_> = listed.checks.iter().map(of_name_alone).collect();
    let indexes = listed.indexes.iter().filter(|index| {
        index.parts.iter().filter_map(|part| part.column.as_ref()).all(|it| is_there(it))
    });
    TableDescription {
        name: listed.name.clone(),
        engine: live.engine.clone(),
        collation: live.collation.clone(),
        comment: listed.comment.clone(),
        primary_key: live.primary_key.clone(),
        primary_key_lengths: live.primary_key_lengths.clone(),
        unique_keys: live.unique_keys.clone(),
        // They say nothing about rows.
        indexes: indexes.cloned().collect(),
        foreign_keys: joined(&live.foreign_keys, foreign, |key| &key.name),
        checks: joined(&live.checks, hidden.iter(), |check| &check.name),
        triggers: joined(&live.triggers, listed.triggers.iter(), |name| name),
        columns,
    }
}

fn believed_column(listed: &ColumnDescription, live: &ColumnDescription) -> ColumnDescription {
    let of_type = if is_seen_as(&listed.column_type, &live.column_type) { listed } else { live };
    ColumnDescription {
        name: listed.name.clone(),
        comment: listed.comment.clone(),
        column_type: of_type.column_type.clone(),
        collation: of_type.collation.clone(),
        ..live.clone()
    }
}

/// A CHECK of which nothing else is known.
fn of_name_alone(check: &CheckDescription) -> CheckDescription {
    CheckDescription { clause: String::new(), ..check.clone() }
}

/// What is seen, and of what is listed the rest, which the user may not see; in the order of their names.
fn joined<'i, T: Clone + 'i>(
    seen: &'i [T],
    listed: impl Iterator<Item = &'i T>,
    name: fn(&T) -> &String,
) -> Vec<T> {
    let hidden = listed.filter(|it| !seen.iter().any(|other| name(other) == name(it)));
    let mut all: Vec<_> = seen.iter().chain(hidden).cloned().collect();
    all.sort_by(|a, b| name(a).cmp(name(b)));
    all
}

#[cfg(test)]
mod tests {
    use super::super::Description;
    use super::*;
    use alloc::format;
    use alloc::string::ToString;

    fn tables(tables: &str) -> Vec<TableDescription> {
        let json = format!(r#"{{"rowgate_schema":1,"tables":[{tables}]}}"#);
        Description::from_json(&json).unwrap().tables
    }

    fn schema(text: &str) -> Schema {
        Schema::of(&Description::new(tables(text)))
    }

    const ID: &str = r#"{"name":"id","column_type":"int","nullable":false}"#;

    fn table(name: &str, columns: &str, rest: &str) -> String {
        format!(r#"{{"name":"{name}","columns":[{ID}{columns}],"primary_key":["id"]{rest}}}"#)
    }

    fn two(columns: &str, rest: &str) -> String {
        format!("{},{}", table("a", "", ""), table("b", columns, rest))
    }

    const TEXT: &str = r#",{"name":"x","column_type":"varchar(9)","comment":"aliases=y"}"#;

    #[test]
    fn what_a_look_finds_unchanged_takes_no_memory() {
        let listed = schema(&two(TEXT, r#","comment":"aliases=bees""#));
        // The comments of the database, and the names' case, are not asked.
        let live = tables(&two(r#",{"name":"X","column_type":"varchar(9)"}"#, ""));
        let renewal = listed.renewed(listed, &live);
        assert!(renewal.schema.is(listed));
        assert_eq!(renewal.bytes, 0);
        assert_eq!(renewal.schema.table("bees").unwrap().column_index("y"), Some(1));
    }

    #[test]
    fn a_table_is_what_the_live_database_says() {
        let listed = schema(&two(TEXT, ""));
        let wider =
            r#",{"name":"x","column_type":"varchar(30)"},{"name":"z","column_type":"date"}"#;
        let renewal = listed.renewed(listed, &tables(&two(wider, "")));
        let (now, b) = (renewal.schema, renewal.schema.table("b").unwrap());
        let names: Vec<_> = b.columns.iter().map(|column| column.name).collect();
        assert_eq!(names, ["id", "x", "z"]);
        assert_ne!(b.columns[1].column_type, listed.table("b").unwrap().columns[1].column_type);
        assert_eq!(b.column_index("y"), Some(1), "comments stay");
        assert!(renewal.bytes > 0);
        // What has not changed stays where it is, also of the other table.
        let [before, after] = [listed, now].map(|schema| schema.table("a").unwrap().columns);
        assert!(core::ptr::eq(before, after));
        assert!(listed.renewed(now, &tables(&two(wider, ""))).schema.is(now));
        // Back again takes the descriptions that are there.
        let back = listed.renewed(now, &tables(&two(TEXT, "")));
        assert_eq!(back.schema.table("b").unwrap().columns.len(), 2);
        assert!(back.bytes <= 2 * TABLE_BYTES, "{}", back.bytes);
    }

    #[test]
    fn a_table_that_is_gone_or_does_not_fit_any_more_is_not_served_and_no_other_is() {
        let child = r#",{"name":"p","column_type":"int","comment":"references=a.id"}"#;
        let listed = schema(&two(child, ""));
        let unfit = |live: &str| {
            let now = listed.renewed(listed, &tables(live)).schema;
            let reasons = now.unfit().iter().map(|unfit| format!("{}: {unfit}", unfit.table));
            (now.names(), reasons.collect::<Vec<_>>().join(" | "))
        };
        let (names, reasons) = unfit(&format!("{},{}", table("a", "", ""), table("c", "", "")));
        assert_eq!(names, ["a"]);
        assert!(reasons.starts_with("b: the database has no such table"), "{reasons}");
        let (names, reasons) = unfit(&table("b", child, ""));
        assert!(names.is_empty());
        assert!(reasons.contains("b: p: references=a.id is no primary key"), "{reasons}");
        let (names, reasons) = unfit(&two(r#",{"name":"p","column_type":"geometry"}"#, ""));
        assert_eq!(names, ["a"]);
        assert!(reasons.contains("p is of type geometry"), "{reasons}");
        // A table that comes back is served again.
        let without = listed.renewed(listed, &tables(&table("a", "", ""))).schema;
        assert_eq!(listed.renewed(without, &tables(&two(child, ""))).schema.names(), ["a", "b"]);
    }

    #[test]
    fn what_a_writer_may_not_see_stays_as_it_is_listed() {
        let check = r#","checks":[{"name":"c","clause":"`id` > 0"}],"triggers":["g"]"#;
        let listed = schema(&table("a", r#",{"name":"j","column_type":"json"}"#, check));
        let unseen = r#",{"name":"j","column_type":"longtext","collation":"utf8mb4_bin"}"#;
        let live = tables(&table("a", unseen, check));
        assert!(listed.renewed(listed, &live).schema.is(listed));
        // A CHECK that is not seen may be gone: no row is held to it, but its name is known.
        let live = tables(&table("a", unseen, ""));
        let now = listed.renewed(listed, &live).schema;
        assert!(listed.renewed(now, &live).schema.is(now));
        assert_eq!(now.described()[0].triggers, ["g"]);
        let one = &now.described()[0].checks[0];
        assert_eq!((one.name.as_str(), one.clause.as_str()), ("c", ""));
        let seen = r#","checks":[{"name":"d","clause":"`id` < 9"}]"#;
        let now = listed.renewed(listed, &tables(&table("a", unseen, seen))).schema;
        let names: Vec<_> =
            now.described()[0].checks.iter().map(|it| it.name.to_string()).collect();
        assert_eq!(names, ["c", "d"]);
        // A foreign key goes with its column.
        let key = r#","foreign_keys":[{"name":"f","columns":["p"],"table":"u","references":["id"],
            "on_update":"RESTRICT","on_delete":"CASCADE"}],
            "indexes":[{"name":"f","parts":[{"column":"p"}]}]"#;
        let listed = schema(&table("a", r#",{"name":"p","column_type":"int"}"#, key));
        let now = listed.renewed(listed, &tables(&table("a", "", ""))).schema;
        assert_eq!(now.names(), ["a"]);
        assert!(now.described()[0].indexes.is_empty());
    }
}
