//! The `CREATE TABLE` statement of a table that a description says.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::iter;

use crate::base::sql_text::quoted;

use super::description::{
    CheckDescription, ColumnDescription, DefaultValue, ForeignKeyDescription, IndexDescription,
    IndexPart, TableDescription,
};

/// The statement that makes a table, of both engines.
#[inline(never)]
pub(super) fn statement(table: &TableDescription) -> String {
    let primary_key = primary_key(table);
    let has_collation = table.collation.is_some();
    let mut lines: Vec<_> = table.columns.iter().map(|it| column(it, has_collation)).collect();
    lines.push(format!("PRIMARY KEY ({primary_key})"));
    lines.extend(table.unique_keys.iter().map(|key| index("UNIQUE KEY", key)));
    lines.extend(table.indexes.iter().map(|key| index(kind(key), key)));
    lines.extend(table.foreign_keys.iter().map(foreign_key));
    lines.extend(table.checks.iter().map(check));
    let collation = table.collation.as_deref().map(collate).unwrap_or_default();
    let charset = if collation.is_empty() { " DEFAULT CHARSET=utf8mb4" } else { "" };
    format!(
        "CREATE TABLE {} (\n  {}\n) ENGINE={}{charset}{collation}{}",
        quoted(&table.name),
        lines.join(",\n  "),
        table.engine,
        comment(&table.comment)
    )
}

/// More characters than the words of SQL around a column, a key or one of its parts.
const WORDS: usize = 100;

/// At least as many characters as [`statement`] has, without making it: a name and a text have each character at
/// most twice.
pub(super) fn most_characters(table: &TableDescription) -> usize {
    let list = |names: &[String]| names.iter().map(|it| WORDS + 2 * it.len()).sum::<usize>();
    let keys = table.unique_keys.iter().chain(&table.indexes).map(most_of_key);
    let foreign = table.foreign_keys.iter().map(|key| {
        let names = key.name.len()
            + length(&key.database)
            + key.table.len()
            + key.on_update.len()
            + key.on_delete.len();
        2 * WORDS + 2 * names + list(&key.columns) + list(&key.references)
    });
    let checks = table.checks.iter().map(|it| WORDS + 2 * it.name.len() + it.clause.len());
    let texts =
        table.name.len() + table.engine.len() + length(&table.collation) + table.comment.len();
    let columns = table.columns.iter().map(most_of_column);
    let parts = columns.chain(keys).chain(foreign).chain(checks).sum::<usize>();
    parts + list(&table.primary_key) + 2 * WORDS + 2 * texts
}

fn most_of_column(column: &ColumnDescription) -> usize {
    let default = column.default.as_ref().map_or(0, |default| default.sql().len());
    let generated = column.generated.as_ref().map_or(0, |generated| generated.expression.len());
    let texts = column.name.len() + column.column_type.len() + column.comment.len() + default;
    let more = length(&column.collation) + length(&column.on_update) + generated;
    2 * WORDS + 2 * (texts + more)
}

fn most_of_key(key: &IndexDescription) -> usize {
    let parts =
        key.parts.iter().map(|it| WORDS + 2 * (length(&it.column) + length(&it.expression)));
    WORDS + 2 * key.name.len() + parts.sum::<usize>()
}

fn length(text: &Option<String>) -> usize {
    text.as_ref().map_or(0, String::len)
}

fn column(column: &ColumnDescription, table_has_collation: bool) -> String {
    let mut text = format!("{} {}", quoted(&column.name), column.column_type);
    match &column.collation {
        Some(collation) => text += &collate(collation),
        // Its own is the one that the server has for utf8mb4, and not the table's.
        None if table_has_collation && column.is_text() => {
            text += " CHARACTER SET utf8mb4";
        }
        None => {}
    }
    if let Some(generated) = &column.generated {
        let kind = if generated.stored { "STORED" } else { "VIRTUAL" };
        text += &format!(" GENERATED ALWAYS AS ({}) {kind}", generated.expression);
    }
    // MariaDB takes neither behind an expression.
    text += match (&column.generated, column.nullable) {
        (Some(_), true) => "",
        (None, true) => " NULL",
        (_, false) => " NOT NULL",
    };
    text += &match &column.default {
        Some(DefaultValue::Literal(value)) => format!(" DEFAULT {}", text_literal(value)),
        Some(DefaultValue::Expression(sql)) => format!(" DEFAULT {}", expression(sql)),
        None => String::new(),
    };
    if let Some(sql) = &column.on_update {
        text += &format!(" ON UPDATE {sql}");
    }
    text += if column.auto_increment { " AUTO_INCREMENT" } else { "" };
    text + &comment(&column.comment)
}

/// MySQL takes an expression in parentheses, but for the current time.
fn expression(sql: &str) -> String {
    let is_time = sql.to_ascii_uppercase().starts_with("CURRENT_TIMESTAMP");
    let bare = is_time || (sql.starts_with('(') && sql.ends_with(')'));
    if bare { sql.into() } else { format!("({sql})") }
}

fn kind(index: &IndexDescription) -> &'static str {
    match index.index_type.as_deref() {
        Some("FULLTEXT") => "FULLTEXT KEY",
        Some("SPATIAL") => "SPATIAL KEY",
        _ => "KEY",
    }
}

fn index(kind: &str, index: &IndexDescription) -> String {
    format!("{kind} {}", key_text(index))
}

/// A key's name and its parts, in SQL.
pub(crate) fn key_text(index: &IndexDescription) -> String {
    let parts: Vec<_> = index.parts.iter().map(part).collect();
    format!("{} ({})", quoted(&index.name), parts.join(", "))
}

fn part(part: &IndexPart) -> String {
    let column = part.column.as_deref().map(quoted);
    let length = part.length.map(|length| format!("({length})")).unwrap_or_default();
    let expression = part.expression.as_ref().map(|sql| format!("({sql})"));
    let descending = if part.descending { " DESC" } else { "" };
    format!("{}{length}{descending}", column.or(expression).unwrap_or_default())
}

fn primary_key(table: &TableDescription) -> String {
    let lengths = table.primary_key_lengths.iter().map(|length| match length {
        0 => String::new(),
        length => format!("({length})"),
    });
    let lengths = lengths.chain(iter::repeat(String::new()));
    let parts = table.primary_key.iter().zip(lengths);
    parts.map(|(column, length)| quoted(column) + &length).collect::<Vec<_>>().join(", ")
}

fn foreign_key(key: &ForeignKeyDescription) -> String {
    format!(
        "CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {} ({}) ON UPDATE {} ON DELETE {}",
        quoted(&key.name),
        names(&key.columns),
        key.parent_sql(),
        names(&key.references),
        key.on_update,
        key.on_delete
    )
}

/// Schemas of before 0.2 may have a clause as MySQL's `information_schema` has it, each quote behind a backslash.
fn check(check: &CheckDescription) -> String {
    let enforced = if check.enforced { "" } else { " NOT ENFORCED" };
    let clause = match check.clause.split_once('\'') {
        Some((start, _)) if start.ends_with('\\') => check.clause.replace("\\'", "'"),
        _ => check.clause.clone(),
    };
    format!("CONSTRAINT {} CHECK ({clause}){enforced}", quoted(&check.name))
}

fn names(all: &[String]) -> String {
    all.iter().map(|it| quoted(it)).collect::<Vec<_>>().join(", ")
}

fn collate(collation: &str) -> String {
    format!(" COLLATE {collation}")
}

fn comment(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(" COMMENT {}", text_literal(text)) }
}

/// A text as the default sql_mode reads it, in which a backslash escapes; on one line, so that each line of
/// a statement is a column or a key.
fn text_literal(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('\'', "''").replace('\n', "\\n");
    format!("'{text}'")
}

#[cfg(test)]
mod tests {
    use super::super::{Description, Schema};
    use super::*;

    #[test]
    fn no_statement_is_longer_than_is_reckoned_without_making_it() {
        let text = "`'\\\\\\n".repeat(16);
        let of = |with: &str| {
            let odd = text.as_str();
            let json = format!(
                r#"{{"name":"{odd}","collation":"utf8mb4_bin","comment":"{odd}","columns":[
                {{"name":"{odd}","column_type":"varchar(9)","comment":"{odd}","collation":"latin1_bin",
                "default":{{"literal":"{odd}"}},"on_update":"CURRENT_TIMESTAMP"}},{{"name":"b",
                "column_type":"int","nullable":false,"auto_increment":true}}{with}],"primary_key":["{odd}","b"],
                "primary_key_lengths":[4,0],"unique_keys":[{{"name":"{odd}","parts":[{{"column":"{odd}",
                "length":4000000000,"descending":true}},{{"expression":"`b`"}}]}}],"foreign_keys":[{{"name":"{odd}",
                "columns":["{odd}"],"database":"{odd}","table":"a.{odd}","references":["{odd}"],"on_update":"SET DEFAULT",
                "on_delete":"NO ACTION"}}],"checks":[{{"name":"{odd}","clause":"`b` > 0","enforced":false}}]}}"#
            );
            serde_json::from_str::<TableDescription>(&json).unwrap()
        };
        let computed = r#",{"name":"c","column_type":"int","nullable":false,"generated":{"expression":"`b` + 1","stored":true}}"#;
        for columns in ["", computed, &computed.repeat(200)] {
            let table = of(columns);
            let characters = statement(&table).chars().count();
            assert!(characters <= most_characters(&table), "{characters}");
        }
    }

    #[test]
    fn the_example_s_statements_are_those_of_its_text() {
        let employees = Schema::example().table("employees").unwrap();
        assert_eq!(
            employees.create_statement(),
            "CREATE TABLE `employees` (\n  `id` int NOT NULL AUTO_INCREMENT,\n  \
             `name` varchar(255) NOT NULL,\n  \
             `datetime` varchar(255) NOT NULL COMMENT 'format=date-time',\n  \
             `department_id` int NULL COMMENT 'references=departments.id',\n  \
             `job_id` int NULL COMMENT 'references=jobs.id',\n  PRIMARY KEY (`id`)\n) \
             ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT 'aliases=hired_employees'"
        );
    }

    #[test]
    fn everything_that_a_served_table_has_is_written() {
        let json = r#"{"rowgate_schema":1,"tables":[{"name":"t","collation":"utf8mb4_bin",
            "comment":"it's \\","columns":[
            {"name":"key","column_type":"varchar(9)","nullable":false,"collation":"utf8mb4_bin"},
            {"name":"a","column_type":"int","nullable":false,"default":{"literal":"7"}},
            {"name":"b","column_type":"datetime","default":{"expression":"CURRENT_TIMESTAMP"},
             "on_update":"CURRENT_TIMESTAMP"},
            {"name":"c","column_type":"int","default":{"expression":"1 + 1"}}],
            "primary_key":["key"],
            "unique_keys":[{"name":"u","parts":[{"column":"a"},{"column":"key","length":3}]}],
            "indexes":[{"name":"i","parts":[{"column":"a","descending":true}]},
            {"name":"f","index_type":"FULLTEXT","parts":[{"column":"key"}]},
            {"name":"e","parts":[{"expression":"lower(`key`)"}]}],
            "foreign_keys":[{"name":"of_u","columns":["a"],"table":"u.v","references":["id"],
            "on_update":"RESTRICT","on_delete":"SET NULL"},
            {"name":"out","columns":["a"],"database":"x.`y","table":"u.v","references":["id"],
            "on_update":"RESTRICT","on_delete":"RESTRICT"}],
            "checks":[{"name":"ck","clause":"`key` <> _utf8mb4\\'x\\'"}]}]}"#;
        let description = Description::from_json(json).unwrap();
        assert_eq!(
            statement(&description.tables[0]),
            "CREATE TABLE `t` (\n  `key` varchar(9) COLLATE utf8mb4_bin NOT NULL,\n  \
             `a` int NOT NULL DEFAULT '7',\n  \
             `b` datetime NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,\n  \
             `c` int NULL DEFAULT (1 + 1),\n  PRIMARY KEY (`key`),\n  \
             UNIQUE KEY `u` (`a`, `key`(3)),\n  KEY `i` (`a` DESC),\n  \
             FULLTEXT KEY `f` (`key`),\n  KEY `e` ((lower(`key`))),\n  \
             CONSTRAINT `of_u` FOREIGN KEY (`a`) REFERENCES `u.v` (`id`) ON UPDATE \
             RESTRICT ON DELETE SET NULL,\n  CONSTRAINT `out` FOREIGN KEY (`a`) REFERENCES \
             `x.``y`.`u.v` (`id`) ON UPDATE RESTRICT ON DELETE RESTRICT,\n  CONSTRAINT `ck` CHECK (`key` <> _utf8mb4'x')\n) ENGINE=InnoDB \
             COLLATE utf8mb4_bin COMMENT 'it''s \\\\'"
        );
    }
}
