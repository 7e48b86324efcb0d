//! Whether rowgate can fill a table, by what its description says of it alone.

use alloc::collections::BTreeSet;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::comment::Items;
use super::create;
use super::description::{ColumnDescription, INNODB, TableDescription};
use super::misfit::Misfit;
use super::width::{STATEMENT_LIMIT, longest_statement, surely_fits};
use crate::table::types::{ColumnType, Definition, KeyKind, is_told_apart, without_width};

/// The types of a table's columns, where they are known.
pub(super) type Types = Vec<Option<ColumnType>>;

/// The types that columns before were found to have: a database has few, and many columns of each.
#[derive(Default)]
pub(super) struct TypesFound<'d>(Vec<(TypeText<'d>, Option<ColumnType>)>);

/// All that decides a column's type.
#[derive(Clone, Copy, PartialEq, Eq)]
struct TypeText<'d> {
    name: &'d str,
    format: Option<&'d str>,
    collation: Option<&'d str>,
}

impl<'d> TypesFound<'d> {
    /// The types of a table's columns.
    pub(super) fn types(&mut self, table: &'d TableDescription) -> Types {
        table.columns.iter().map(|column| self.column_type(column)).collect()
    }

    fn column_type(&mut self, column: &'d ColumnDescription) -> Option<ColumnType> {
        let text = TypeText {
            name: &column.column_type,
            format: Items::read(&column.comment).format,
            collation: column.collation.as_deref(),
        };
        if let Some((_, found)) = self.0.iter().find(|(it, _)| *it == text) {
            return *found;
        }
        let found = text.column_type();
        self.0.push((text, found));
        found
    }
}

impl TypeText<'_> {
    /// A width says nothing about the values, unless a type of its own is known by it.
    fn column_type(self) -> Option<ColumnType> {
        let of = |name: &str| ColumnType::of(name, self.format, self.collation);
        of(self.name).or_else(|| of(&without_width(self.name)))
    }
}

/// Every reason why the table cannot be filled that shows in itself and the types of its columns.
pub(super) fn reasons(table: &TableDescription, types: &Types) -> Vec<Misfit> {
    let mut reasons = Vec::new();
    reasons.extend(of_name(&table.name));
    if !table.engine.eq_ignore_ascii_case(INNODB) {
        reasons.push(Misfit::Engine { engine: table.engine.clone() });
    }
    reasons.extend(table.columns.iter().zip(types).flat_map(|(column, of)| of_column(column, *of)));
    reasons.extend(of_aliases(table));
    reasons.extend(of_key(table, types));
    reasons.extend(of_triggers(table));
    if reasons.is_empty() {
        reasons.extend(of_width(table, types));
    }
    reasons
}

/// A comma stands between names where several tables are named.
fn of_name(name: &str) -> Option<Misfit> {
    let misfit = |rule| Some(Misfit::Name { name: name.to_string(), rule });
    if name.contains(',') {
        return misfit("use no comma: keys and options list tables with commas between them");
    }
    of_any_name(name).and_then(misfit)
}

/// What the names of rowgate's own tables begin with.
const OWN: &str = "rowgate_";

/// What is wrong with a table's or column's name.
fn of_any_name(name: &str) -> Option<&'static str> {
    if name.is_empty() || has_control_characters(name) {
        return Some("use no control characters");
    }
    if name.get(..OWN.len()).is_some_and(|start| start.eq_ignore_ascii_case(OWN)) {
        return Some("names that begin with rowgate_ are rowgate's own");
    }
    None
}

fn has_control_characters(name: &str) -> bool {
    // The others are in two bytes or more.
    let plain = name.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    !plain && name.contains(char::is_control)
}

/// What rowgate puts in front of a rejected row; in a reject file such a column's own values could not be
/// told from it.
const MARK_NAMES: [&str; 7] =
    ["_line", "_column", "_code", "_message", "_message_marked", "_errors", "_text"];

fn of_column(column: &ColumnDescription, of: Option<ColumnType>) -> Option<Misfit> {
    let is_mark = MARK_NAMES.iter().any(|mark| column.name.eq_ignore_ascii_case(mark));
    let rule = is_mark.then_some("rowgate's reject files have a column of this name");
    if let Some(rule) = rule.or(of_any_name(&column.name)) {
        return Some(Misfit::Name { name: column.name.clone(), rule });
    }
    // The database computes it, so that its type does not matter.
    let is_known = column.generated.is_some() || of.is_some();
    if is_known { None } else { Some(misfit_of_type(column)) }
}

#[cold]
#[inline(never)]
fn misfit_of_type(column: &ColumnDescription) -> Misfit {
    let (name, column_type) = (column.name.clone(), column.column_type.clone());
    let format = Items::read(&column.comment).format;
    let is_known = |format, collation| ColumnType::of(&column_type, format, collation).is_some();
    match (format, &column.collation) {
        (_, Some(collation)) if is_known(format, None) => {
            Misfit::Collation { column: name, collation: collation.clone() }
        }
        (Some(format), collation) if is_known(None, collation.as_deref()) => {
            Misfit::Format { column: name, format: format.to_string(), column_type }
        }
        _ => Misfit::Type { column: name, column_type },
    }
}

/// Aliases of a column that are another's name or alias.
fn of_aliases(table: &TableDescription) -> Vec<Misfit> {
    let aliases = table.columns.iter().flat_map(|column| Items::read(&column.comment).aliases);
    let aliases: Vec<_> = aliases.collect();
    if aliases.is_empty() {
        return Vec::new();
    }
    let mut taken = BTreeSet::new();
    taken.extend(table.columns.iter().map(|column| column.name.as_str()));
    let twice = aliases.into_iter().filter(|alias| !taken.insert(alias));
    twice.map(|alias| Misfit::Alias { alias: alias.to_string() }).collect()
}

fn of_key(table: &TableDescription, types: &Types) -> Option<Misfit> {
    if table.primary_key.is_empty() {
        return Some(Misfit::NoPrimaryKey);
    }
    let lengths = table.primary_key_lengths.iter().copied().chain(core::iter::repeat(0));
    table
        .primary_key
        .iter()
        .zip(lengths)
        .find_map(|(name, length)| of_key_part(table, types, name, length))
}

fn of_key_part(table: &TableDescription, types: &Types, name: &str, length: u32) -> Option<Misfit> {
    let at = table.columns.iter().position(|column| is_called(column, name))?;
    let (column, of) = (&table.columns[at], types[at]);
    let name = column.name.clone();
    if column.generated.is_some() {
        return Some(Misfit::Generated { column: name });
    }
    if length > 0 {
        return Some(Misfit::KeyPrefix { column: name, length });
    }
    let column_type = column.column_type.clone();
    match of?.key_kind() {
        KeyKind::Unfit => Some(Misfit::KeyType { column: name, column_type }),
        KeyKind::Text => of_key_collation(column),
        _ => None,
    }
}

fn of_key_collation(column: &ColumnDescription) -> Option<Misfit> {
    let (name, collation) = (column.name.clone(), column.collation.as_ref()?);
    let is_char = column.column_type.starts_with("char");
    let misfit = || Misfit::KeyCollation { column: name, collation: collation.clone() };
    (!is_told_apart(collation, is_char)).then(misfit)
}

/// Unique keys, foreign keys and CHECKs refuse rows, which are then named; a trigger changes them.
fn of_triggers(table: &TableDescription) -> impl Iterator<Item = Misfit> {
    table.triggers.iter().map(|name| Misfit::Trigger { name: name.clone() })
}

/// Names of columns are the same in any case.
fn is_called(column: &ColumnDescription, name: &str) -> bool {
    column.name.eq_ignore_ascii_case(name)
}

fn of_width(table: &TableDescription, types: &Types) -> Option<Misfit> {
    let surely = surely_fits(table.columns.len(), table.primary_key.len());
    let longest = if surely { 0 } else { longest(table, types) };
    let limit = STATEMENT_LIMIT;
    let create = match create::most_characters(table) {
        most if most <= limit => most,
        _ => create::statement(table).chars().count(),
    };
    let characters = longest.max(create);
    (characters > limit).then_some(Misfit::TooWide { characters, limit })
}

fn longest(table: &TableDescription, types: &Types) -> usize {
    let columns = table.columns.iter().zip(types);
    let known = columns.filter_map(|(it, of)| Some((it.name.as_str(), (*of)?)));
    let columns: Vec<_> = known.collect();
    let is_key = |it: &&ColumnDescription| table.primary_key.iter().any(|key| is_called(it, key));
    let key: Vec<_> = table.columns.iter().filter(is_key).map(|it| it.name.as_str()).collect();
    longest_statement(&columns, &key)
}

#[cfg(test)]
mod tests {
    use super::super::{Constraints, Description, KeyPart, ParentTable, Schema};
    use super::*;
    use alloc::format;
    use alloc::string::String;

    /// The reasons against a table `t` with an id, this column and these members.
    fn against(column: &str, rest: &str) -> Vec<String> {
        let column = if column.is_empty() { String::new() } else { format!(",{{{column}}}") };
        let columns = format!(r#"{{"name":"id","column_type":"int","nullable":false}}{column}"#);
        against_columns(&columns, &format!(r#","primary_key":["id"]{rest}"#))
    }

    fn against_columns(columns: &str, rest: &str) -> Vec<String> {
        let json = format!(
            r#"{{"rowgate_schema":1,"tables":[{{"name":"t","columns":[{columns}]{rest}}}]}}"#
        );
        let schema = Schema::of(&Description::from_json(&json).unwrap());
        let reasons =
            schema.unfit().iter().flat_map(|unfit| unfit.reasons).map(ToString::to_string);
        let reasons: Vec<_> = reasons.collect();
        assert_eq!(schema.tables().len(), usize::from(reasons.is_empty()), "{columns}{rest}");
        reasons
    }

    #[test]
    fn what_is_understood_is_served() {
        for column in [
            "",
            r#""name":"x","column_type":"bigint","default":{"literal":"7"}"#,
            r#""name":"X9_","column_type":"varchar(20)","comment":"format=date-time; since 2021""#,
            r#""name":"boss","column_type":"smallint","comment":"references=t.id;aliases=e-mail""#,
            r#""name":"x","column_type":"varchar(9)","collation":"utf8mb4_general_ci""#,
            r#""name":"x","column_type":"point","generated":{"expression":"`id` + 1"}"#,
        ] {
            assert_eq!(against(column, ""), [""; 0], "{column}");
        }
        let index =
            r#","indexes":[{"name":"i","parts":[{"column":"id"}]}],"comment":"all; aliases=u""#;
        assert_eq!(against("", index), [""; 0]);
    }

    #[test]
    fn each_thing_that_is_not_is_named_with_what_to_do() {
        for (column, reason) in [
            (r#""name":"x","column_type":"geometry""#, "x is of type geometry, which is not known"),
            (r#""name":"_Line","column_type":"int""#, "reject files have a column of this name"),
            (r#""name":"x","column_type":"varchar(20000)""#, "x is of type varchar(20000)"),
            (
                r#""name":"x","column_type":"text","collation":"latin2_general_ci""#,
                "x is of collation latin2_general_ci, whose character set is not known: ALTER TABLE",
            ),
            (
                r#""name":"x\ny","column_type":"int""#,
                r#"name "x\ny" is not understood: use no control characters"#,
            ),
            (
                r#""name":"Rowgate_key","column_type":"int""#,
                r#"name "Rowgate_key" is not understood: names that begin with rowgate_"#,
            ),
            (
                r#""name":"x","column_type":"varchar(19)","comment":"format=date-time""#,
                "x: format=date-time does not go with varchar(19)",
            ),
            (
                r#""name":"x","column_type":"int","comment":"format=uuid""#,
                "format=uuid does not go",
            ),
            (r#""name":"x","column_type":"int","comment":"references=t""#, "references=t is no"),
            (
                r#""name":"x","column_type":"int","comment":"references=u.id""#,
                "references=u.id is no",
            ),
            (
                r#""name":"x","column_type":"int","comment":"references=t.x""#,
                "references=t.x is no",
            ),
            (r#""name":"x","column_type":"varchar(9)","comment":"references=t.id""#, "t.id is no"),
            (r#""name":"x","column_type":"int","comment":"aliases=id""#, "alias id is also"),
        ] {
            let reasons = against(column, "");
            assert!(reasons.len() == 1 && reasons[0].contains(reason), "{column}: {reasons:?}");
        }
    }

    #[test]
    fn so_is_each_thing_about_a_table() {
        for (rest, reason) in [
            (r#","engine":"MyISAM""#, "MyISAM has no transactions"),
            (r#","triggers":["g1"]"#, "trigger g1"),
        ] {
            let reasons = against("", rest);
            assert!(reasons.len() == 1 && reasons[0].contains(reason), "{rest}: {reasons:?}");
        }
        let all = against(
            r#""name":"x","column_type":"point""#,
            r#","engine":"MEMORY","triggers":["a","b"]"#,
        );
        assert_eq!(all.len(), 4, "{all:?}");
    }

    #[test]
    fn a_table_with_constraints_is_served_and_carries_them() {
        let parts = r#""parts":[{"column":"id"},{"column":"x","length":3},{"expression":"1"}]"#;
        let refers =
            r#""table":"u","references":["id"],"on_update":"RESTRICT","on_delete":"CASCADE""#;
        let json = format!(
            r#"{{"rowgate_schema":1,"tables":[{{"name":"t","columns":[
            {{"name":"id","column_type":"int","nullable":false}},
            {{"name":"x","column_type":"varchar(9)"}}],"primary_key":["id"],
            "unique_keys":[{{"name":"u1",{parts}}},
            {{"name":"u2","parts":[{{"column":"X"}}]}}],
            "foreign_keys":[{{"name":"f1","columns":["id"],{refers}}}],
            "checks":[{{"name":"c1","clause":"`id` > 0"}},
            {{"name":"c2","clause":"1","enforced":false}}]}}]}}"#
        );
        let schema = Schema::from_json(&json).unwrap();
        let Constraints { unique, foreign, checks } = schema.table("t").unwrap().constraints;
        let parts = [KeyPart::Column(0), KeyPart::Prefix(1, 3), KeyPart::Expression];
        assert_eq!((unique[0].name, unique[0].parts), ("u1", parts.as_slice()));
        assert_eq!((unique[0].columns, unique[1].columns), (None, Some(&[1][..])));
        assert_eq!((foreign[0].name, foreign[0].columns), ("f1", &[0][..]));
        assert_eq!(foreign[0].parent, ParentTable::here("u"));
        let checks: Vec<_> = checks.iter().map(|check| check.name).collect();
        assert_eq!((foreign[0].references, checks), (&["id"][..], Vec::from(["c1"])));
    }

    #[test]
    fn a_key_is_of_whole_columns() {
        let text = |collation: &str| {
            format!(r#"{{"name":"k","column_type":"varchar(9)","nullable":false{collation}}}"#)
        };
        let key = r#","primary_key":["k"]"#;
        let computed = text(r#","generated":{"expression":"1","stored":true}"#);
        assert!(against_columns(&computed, key)[0].contains("key k is generated"));
        assert_eq!(against_columns(&text(r#","collation":"utf8mb4_bin""#), key), [""; 0]);
        for collation in ["utf8mb4_unicode_ci", "latin1_swedish_ci", "ascii_bin"] {
            let text = text(&format!(r#","collation":"{collation}""#));
            assert_eq!(against_columns(&text, key), [""; 0]);
        }
        let accents = against_columns(&text(r#","collation":"utf8mb4_uca1400_as_cs""#), key);
        assert!(accents[0].contains("key k: a statement does not tell"), "{accents:?}");
        assert_eq!(against_columns(&text(""), key), [""; 0]);
        let prefix = format!(r#"{key},"primary_key_lengths":[4]"#);
        let prefix = against_columns(&text(r#","collation":"utf8mb4_bin""#), &prefix);
        assert!(prefix[0].contains("key k is only its first 4 characters"), "{prefix:?}");
        assert!(against_columns(&text(""), "")[0].contains("no PRIMARY KEY"));
        let id = r#"{"name":"id","column_type":"int","nullable":false}"#;
        let columns = format!("{id},{}", text(""));
        assert_eq!(against_columns(&columns, r#","primary_key":["id","k"]"#), [""; 0]);
        let second = r#","primary_key":["id","k"],"primary_key_lengths":[0,3]"#;
        let second = against_columns(&columns, second);
        assert!(second[0].contains("key k is only its first 3 characters"), "{second:?}");
    }

    /// The reasons against a table of so many columns with names of 20 characters, besides its id.
    fn wide(columns: usize, of: &str) -> Vec<String> {
        let column = |n| format!(r#",{{"name":"{n:c>20}","column_type":"{of}"}}"#);
        let columns: String = (0..columns).map(column).collect();
        let id = r#"{"name":"id","column_type":"int","nullable":false}"#;
        against_columns(&format!("{id}{columns}"), r#","primary_key":["id"]"#)
    }

    #[test]
    fn a_table_whose_statements_a_call_would_not_take_is_not_served() {
        for (of, most) in [("varchar(9)", 380), ("longtext", 289), ("decimal(9,2)", 366)] {
            assert_eq!((wide(95, of).len(), wide(most, of).len()), (0, 0), "{of}");
            assert!(wide(400, of)[0].starts_with("a statement about it has up to"), "{of}");
        }
    }
}
