//! The columns by which a file is read, as its row in the ledger has them: an attempt that goes on reads the
//! file as the first one did, or not at all.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::column_change::ColumnChange;
use super::error::LoadError;
use crate::base::hex::hex;
use crate::format::row_reader::ReadBy;
use crate::table::schema::{CheckConstraint, Column, Table};
use crate::table::types::Definition;

/// The columns of a table as far as they decide what becomes of a row, and how the file is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ReadAs {
    /// Of the columns, in 64 hexadecimal digits.
    fingerprint: String,
    columns: Vec<ReadColumn>,
    /// The CHECKs that the core can evaluate, with their clauses; `None` in the row of an older program's load, which
    /// evaluated none.
    #[serde(default)]
    checks: Option<Vec<String>>,
    /// `None` in the row of an older program's load.
    #[serde(default)]
    pub(super) layout: Option<KeptLayout>,
}

/// The options that say again which layout the file's start has shown; none of the default layout.
pub(super) type KeptLayout = BTreeMap<String, String>;

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct ReadColumn {
    name: String,
    /// Its type, and what else SQL says of it.
    definition: String,
    /// What it takes, and its other names.
    takes: String,
    /// Whether a row that does not carry it is bad.
    required: bool,
}

impl ReadAs {
    pub(super) fn of(table: &Table) -> Self {
        let column = |(at, column)| ReadColumn::of(column, table.key.contains(&at));
        let columns: Vec<_> = table.columns.iter().enumerate().map(column).collect();
        let mut sha = Sha256::new();
        for ReadColumn { name, definition, takes, required } in &columns {
            for part in [name, definition, takes] {
                sha.update((part.len() as u64).to_be_bytes());
                sha.update(part);
            }
            sha.update([u8::from(*required)]);
        }
        let checks = table.constraints.checks.iter().filter(|check| check.condition.is_some());
        let checks = Some(checks.map(ToString::to_string).collect());
        let (fingerprint, layout) = (hex(&sha.finalize()), Some(KeptLayout::new()));
        Self { fingerprint, columns, checks, layout }
    }

    /// The same of a file that is written so.
    pub(super) fn written_as(self, layout: KeptLayout) -> Self {
        Self { layout: Some(layout), ..self }
    }

    /// As the ledger keeps it.
    pub(super) fn to_json(&self) -> String {
        // Texts and flags always serialize.
        serde_json::to_string(self).unwrap_or_default()
    }

    pub(super) fn has_columns_of(&self, other: &Self) -> bool {
        self.fingerprint == other.fingerprint
    }

    pub(super) fn has_check(&self, check: &CheckConstraint) -> bool {
        self.checks.iter().flatten().any(|its| *its == check.to_string())
    }

    /// Of these CHECKs the ones that were there; a new one is left to the database. `None` where one that was there is
    /// not there `now` as it was: a row that it refused would be good.
    pub(super) fn checks_of(
        &self,
        now: &Self,
        checks: &[&'static CheckConstraint],
    ) -> Option<Vec<&'static CheckConstraint>> {
        let mut before = self.checks.iter().flatten();
        let is_there = |its: &String| now.checks.iter().flatten().any(|other| other == its);
        let kept = || checks.iter().copied().filter(|check| self.has_check(check)).collect();
        before.all(is_there).then(kept)
    }

    /// Whether rows that are read by these columns become the same under `now`.
    ///
    /// `is_read_anew` says that earlier rows are read once more, so that none of those that were bad may be
    /// good; else the rest is read as before, by the columns that there were.
    pub(super) fn holds(&self, now: &Self, by: &ReadBy, strict: bool, is_read_anew: bool) -> bool {
        if self.has_columns_of(now) {
            return true;
        }
        let is_carried = |name: &str| match by {
            ReadBy::Position => true,
            ReadBy::Members => is_read_anew || self.find(name).is_some(),
            ReadBy::Header(names) => names.contains(&name),
        };
        let is_required = |column: &&ReadColumn| strict || column.required;
        let left_out = |it: &Self| -> Vec<String> {
            let others = it.columns.iter().filter(|column| !is_carried(&column.name));
            let mut names: Vec<_> = others.filter(is_required).map(|it| it.name.clone()).collect();
            names.sort();
            names
        };
        let carried = self.columns.iter().chain(&now.columns).filter(|it| is_carried(&it.name));
        let mut carried = carried.map(|it| it.name.as_str());
        *by != ReadBy::Position
            && carried.all(|name| self.find(name).is_some() && self.find(name) == now.find(name))
            && left_out(self) == left_out(now)
    }

    fn find(&self, name: &str) -> Option<&ReadColumn> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Why the file is not read on under what the columns are now.
    pub(super) fn change(&self, table: &Table, now: String) -> LoadError {
        let (table, was) = (table.name, self.to_string());
        LoadError::ColumnsChanged(Box::new(ColumnChange { table, was, now }))
    }
}

/// Why the file is not read on by the layout that its start shows now.
pub(super) fn changed_layout(was: &KeptLayout, now: &KeptLayout) -> LoadError {
    LoadError::LayoutChanged { was: shown(was), now: shown(now) }
}

fn shown(layout: &KeptLayout) -> String {
    if layout.is_empty() {
        return "of plain CSV".into();
    }
    // Texts always serialize.
    serde_json::to_string(layout).unwrap_or_default()
}

impl fmt::Display for ReadAs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, ReadColumn { name, definition, .. }) in self.columns.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{name} {definition}")?;
        }
        self.checks.iter().flatten().try_for_each(|check| write!(f, ", {check}"))
    }
}

impl ReadColumn {
    fn of(column: &Column, is_key: bool) -> Self {
        let of = column.column_type;
        let collation = column.collation.map(|collation| format!(" COLLATE {collation}"));
        let flags = [
            (!column.nullable, " NOT NULL"),
            (column.default.is_some(), " DEFAULT"),
            (column.auto_increment, " AUTO_INCREMENT"),
            (is_key, " PRIMARY KEY"),
        ];
        let flags: String = flags.iter().filter(|(is, _)| *is).map(|(_, flag)| *flag).collect();
        Self {
            name: column.name.into(),
            definition: of.sql_name() + &collation.unwrap_or_default() + &flags,
            takes: format!("{}; {}", of.expected(), column.aliases.join(",")),
            required: !column.nullable && column.default.is_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::schema::Schema;
    use alloc::vec;

    /// The columns of a table, each a name and the rest of its description.
    fn read_as(columns: &[(&str, &str)]) -> ReadAs {
        let column =
            |(name, rest): &(&str, &str)| format!(r#"{{"name":"{name}","column_type":{rest}}}"#);
        let columns: Vec<_> = columns.iter().map(column).collect();
        let json = format!(
            r#"{{"rowgate_schema":1,"tables":[{{"name":"t","columns":[{}],"primary_key":["id"]}}]}}"#,
            columns.join(",")
        );
        ReadAs::of(Schema::from_json(&json).unwrap().table("t").unwrap())
    }

    const ID: (&str, &str) = ("id", r#""int","nullable":false"#);
    const PRICE: (&str, &str) = ("price", r#""decimal(9,2)""#);
    const NOTE: (&str, &str) = ("note", r#""varchar(9)""#);

    /// Whether rows go on: with a header of id and price that is read anew and on, of members anew and on, by
    /// position.
    fn holds(now: &[(&str, &str)], strict: bool) -> [bool; 5] {
        let (was, now) = (read_as(&[ID, PRICE, NOTE]), read_as(now));
        let header = ReadBy::Header(Vec::from(["id", "price"]));
        [
            was.holds(&now, &header, strict, true),
            was.holds(&now, &header, strict, false),
            was.holds(&now, &ReadBy::Members, strict, true),
            was.holds(&now, &ReadBy::Members, strict, false),
            was.holds(&now, &ReadBy::Position, strict, false),
        ]
    }

    #[test]
    fn rows_by_name_go_on_while_their_columns_are_as_they_were() {
        const YES: [bool; 5] = [true; 5];
        const HEADER: [bool; 5] = [true, true, false, false, false];
        const NEW: [bool; 5] = [true, true, false, true, false];
        const NONE: [bool; 5] = [false; 5];
        let required = ("new", r#""int","nullable":false"#);
        let with_default = ("new", r#""int","nullable":false,"default":{"literal":"1"}"#);
        for (what, now, expected) in [
            ("nothing", &[ID, PRICE, NOTE][..], YES),
            ("order", &[ID, NOTE, PRICE], [true, true, true, true, false]),
            ("a new column", &[ID, PRICE, NOTE, ("new", r#""int""#)], NEW),
            ("one with a DEFAULT", &[ID, with_default, PRICE, NOTE], NEW),
            ("a required one", &[ID, PRICE, NOTE, required], NONE),
            ("another one gone", &[ID, PRICE], HEADER),
            ("another one wider", &[ID, PRICE, ("note", r#""varchar(30)""#)], HEADER),
            (
                "another one required",
                &[ID, PRICE, ("note", r#""varchar(9)","nullable":false"#)],
                NONE,
            ),
            ("narrowed", &[ID, ("price", r#""decimal(9,1)""#), NOTE], NONE),
            ("widened", &[ID, ("price", r#""decimal(11,2)""#), NOTE], NONE),
            ("renamed", &[ID, ("prize", r#""decimal(9,2)""#), NOTE], NONE),
            ("gone", &[ID, NOTE], NONE),
            ("required", &[ID, ("price", r#""decimal(9,2)","nullable":false"#), NOTE], NONE),
            (
                "other name",
                &[ID, ("price", r#""decimal(9,2)","comment":"aliases=note2""#), NOTE],
                NONE,
            ),
            (
                "numbered",
                &[("id", r#""int","nullable":false,"auto_increment":true"#), PRICE, NOTE],
                NONE,
            ),
        ] {
            assert_eq!(holds(now, false), expected, "{what}");
        }
    }

    #[test]
    fn where_every_column_is_required_none_may_come_or_go() {
        for now in [&[ID, PRICE][..], &[ID, PRICE, NOTE, ("new", r#""int""#)]] {
            assert_eq!(holds(now, true), [false; 5]);
        }
        assert!(holds(&[ID, PRICE, ("note", r#""varchar(30)""#)], true)[0]);
    }

    #[test]
    fn an_older_programs_row_has_no_layout() {
        let json = read_as(&[ID, PRICE]).to_json();
        let older = json.replace(r#","layout":{}"#, "");
        assert_ne!(json, older);
        assert_eq!(serde_json::from_str::<ReadAs>(&older).unwrap().layout, None);
    }

    /// A table with a CHECK of each name, of these clauses.
    fn with_checks(checks: &[(&str, &str)]) -> &'static Table {
        let check =
            |(name, clause): &(&str, &str)| format!(r#"{{"name":"{name}","clause":"{clause}"}}"#);
        let checks: Vec<_> = checks.iter().map(check).collect();
        let json = format!(
            r#"{{"rowgate_schema":1,"tables":[{{"name":"t","primary_key":["id"],"checks":[{}],
            "columns":[{{"name":"id","column_type":"int","nullable":false}}]}}]}}"#,
            checks.join(",")
        );
        Schema::from_json(&json).unwrap().table("t").unwrap()
    }

    #[test]
    fn rows_are_held_to_the_checks_that_there_were() {
        const ONE: (&str, &str) = ("one", "`id` > 1");
        const TWO: (&str, &str) = ("two", "`id` < 9");
        const DATABASE: (&str, &str) = ("three", "`id` + 1 < 9");
        let names = |was: &ReadAs, now: &[(&str, &str)]| {
            let now = with_checks(now);
            let all: Vec<_> = now.constraints.checks.iter().collect();
            let kept = was.checks_of(&ReadAs::of(now), &all)?;
            Some(kept.iter().map(|check| check.name).collect::<Vec<_>>())
        };
        let was = ReadAs::of(with_checks(&[ONE, DATABASE]));
        for (what, now, expected) in [
            ("nothing", &[ONE, DATABASE][..], Some(vec!["one"])),
            ("a new one", &[ONE, TWO, DATABASE], Some(vec!["one"])),
            ("gone", &[TWO, DATABASE], None),
            ("another clause", &[("one", "`id` > 2"), DATABASE], None),
            ("another name", &[("uno", "`id` > 1")], None),
            ("the database's gone", &[ONE], Some(vec!["one"])),
        ] {
            assert_eq!(names(&was, now), expected, "{what}");
        }
        let older: ReadAs =
            serde_json::from_str(&was.to_json().replace("\"checks\"", "\"more\"")).unwrap();
        assert_eq!(names(&older, &[ONE, TWO]), Some(vec![]));
        assert!(was.to_string().ends_with("PRIMARY KEY, CHECK one: `id` > 1"), "{was}");
    }

    #[test]
    fn what_the_ledger_keeps_is_read_again_also_with_more_in_it() {
        let was = read_as(&[ID, PRICE]);
        let json = was.to_json();
        assert_eq!(serde_json::from_str::<ReadAs>(&json).unwrap(), was);
        let more = json.replacen('{', r#"{"later":{"delimiter":";"},"#, 1);
        assert_eq!(serde_json::from_str::<ReadAs>(&more).unwrap(), was);
        assert_eq!(was.to_string(), "id int NOT NULL PRIMARY KEY, price decimal(9,2)");
        assert_eq!(was.fingerprint.len(), 64);
    }
}
