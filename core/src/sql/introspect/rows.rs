//! Rows of `information_schema` as descriptions of tables.

use alloc::string::String;
use alloc::vec::Vec;

use serde_json::Value;

use super::defaults::{column_type, default, expression, json_column, on_update};
use super::query::Engine;
use crate::table::schema::{
    CheckDescription, ColumnDescription, ForeignKeyDescription, Generation, IndexDescription,
    IndexPart, TableDescription,
};

/// One thing that is said of a table.
#[derive(Debug)]
pub(super) struct SchemaRow {
    kind: String,
    table: String,
    name: String,
    position: u32,
    rest: Vec<Value>,
}

impl SchemaRow {
    pub(super) fn read(row: [Option<String>; 5]) -> Option<Self> {
        let [kind, table, name, position, rest] = row;
        let rest = serde_json::from_str(&rest?).ok()?;
        let position = position?.parse().ok()?;
        Some(Self { kind: kind?, table: table?, name: name?, position, rest })
    }

    fn text(&self, at: usize) -> Option<&str> {
        self.rest.get(at)?.as_str()
    }

    fn owned(&self, at: usize) -> Option<String> {
        self.text(at).map(Into::into)
    }

    /// A number, which MariaDB's JSON may have as a text.
    fn number(&self, at: usize) -> Option<u64> {
        let value = self.rest.get(at)?;
        value.as_u64().or_else(|| value.as_str()?.parse().ok())
    }
}

/// The tables of these names; `None` where something is missing.
pub(super) fn described(
    engine: Engine,
    default_collation: Option<&str>,
    names: &[&str],
    mut rows: Vec<SchemaRow>,
) -> Option<Vec<TableDescription>> {
    rows.sort_by(|a, b| (&a.table, &a.name, a.position).cmp(&(&b.table, &b.name, b.position)));
    let reader = Reader { engine, default_collation, rows: &rows };
    // One that went since the names were read has no rows.
    let there = names.iter().filter(|name| rows.iter().any(|row| row.table == **name));
    there.map(|name| reader.table(name)).collect()
}

struct Reader<'r> {
    engine: Engine,
    default_collation: Option<&'r str>,
    rows: &'r [SchemaRow],
}

impl<'r> Reader<'r> {
    fn of(&self, kind: &'r str, table: &'r str) -> impl Iterator<Item = &'r SchemaRow> + use<'r> {
        let rows = self.rows;
        let start = rows.partition_point(|row| row.table.as_str() < table);
        let its = rows[start..].iter().take_while(move |row| row.table == table);
        its.filter(move |row| row.kind == kind)
    }

    fn table(&self, name: &'r str) -> Option<TableDescription> {
        let row = self.of("table", name).next()?;
        let mut columns: Vec<_> = self.of("column", name).collect();
        columns.sort_by_key(|row| row.position);
        let primary = self.of("index", name).filter(|row| row.name == "PRIMARY");
        let primary: Vec<_> = primary.map(|row| self.part(row)).collect();
        Some(TableDescription {
            name: name.into(),
            engine: row.owned(0).unwrap_or_default(),
            collation: self.collation(row.text(1)),
            comment: row.owned(2)?,
            columns: columns.into_iter().map(|row| self.column(row)).collect::<Option<_>>()?,
            primary_key_lengths: lengths(&primary),
            primary_key: primary.into_iter().filter_map(|part| part.column).collect(),
            unique_keys: self.indexes(name, true),
            indexes: self.indexes(name, false),
            foreign_keys: self.foreign_keys(name)?,
            checks: self.checks(name)?,
            triggers: self.of("trigger", name).map(|row| row.name.clone()).collect(),
        })
    }

    /// A collation, but for the one that the server has for utf8mb4.
    fn collation(&self, collation: Option<&str>) -> Option<String> {
        collation.filter(|collation| Some(*collation) != self.default_collation).map(Into::into)
    }

    fn column(&self, row: &'r SchemaRow) -> Option<ColumnDescription> {
        let extra = row.text(3)?.to_ascii_lowercase();
        let is_json = self.is_json(row);
        let stored = extra.contains("stored generated") || extra.contains("persistent");
        let is_generated = stored || extra.contains("virtual generated");
        let generation =
            |sql: &str| Generation { expression: expression(self.engine, sql), stored };
        Some(ColumnDescription {
            name: row.name.clone(),
            column_type: if is_json { "json".into() } else { column_type(row.text(0)?) },
            nullable: row.text(1)? == "YES",
            default: default(self.engine, row.text(2), &extra).filter(|_| !is_generated),
            on_update: on_update(&extra),
            auto_increment: extra.contains("auto_increment"),
            generated: row.text(4).filter(|_| is_generated).map(generation),
            collation: if is_json { None } else { self.collation(row.text(5)) },
            comment: row.owned(6)?,
        })
    }

    /// MariaDB's JSON is a LONGTEXT with a CHECK of the column's name.
    fn is_json(&self, column: &'r SchemaRow) -> bool {
        self.engine == Engine::MariaDb
            && column.text(0) == Some("longtext")
            && self.of("check", &column.table).any(|row| is_of_json(row, &column.name))
    }

    fn indexes(&self, table: &'r str, unique: bool) -> Vec<IndexDescription> {
        let mut indexes: Vec<IndexDescription> = Vec::new();
        let wanted =
            |row: &&SchemaRow| row.name != "PRIMARY" && (row.number(0) == Some(0)) == unique;
        for row in self.of("index", table).filter(wanted) {
            if indexes.last().is_none_or(|last| last.name != row.name) {
                let index_type = row.owned(5).filter(|its| its != "BTREE");
                indexes.push(IndexDescription {
                    name: row.name.clone(),
                    parts: Vec::new(),
                    index_type,
                });
            }
            if let Some(last) = indexes.last_mut() {
                last.parts.push(self.part(row));
            }
        }
        indexes
    }

    fn part(&self, row: &SchemaRow) -> IndexPart {
        IndexPart {
            column: row.owned(1),
            length: row.number(2).and_then(|length| u32::try_from(length).ok()),
            expression: row.text(3).map(|sql| expression(self.engine, sql)),
            descending: row.text(4) == Some("D"),
        }
    }

    fn foreign_keys(&self, table: &'r str) -> Option<Vec<ForeignKeyDescription>> {
        let mut keys: Vec<ForeignKeyDescription> = Vec::new();
        for row in self.of("foreign", table) {
            if keys.last().is_none_or(|last| last.name != row.name) {
                keys.push(ForeignKeyDescription {
                    name: row.name.clone(),
                    columns: Vec::new(),
                    database: row.owned(1),
                    table: row.owned(2)?,
                    references: Vec::new(),
                    on_update: row.owned(4)?,
                    on_delete: row.owned(5)?,
                });
            }
            let last = keys.last_mut()?;
            last.columns.push(row.owned(0)?);
            last.references.push(row.owned(3)?);
        }
        Some(keys)
    }

    fn checks(&self, table: &'r str) -> Option<Vec<CheckDescription>> {
        let is_json = |check: &SchemaRow| {
            self.of("column", table)
                .any(|column| is_of_json(check, &column.name) && self.is_json(column))
        };
        let checks = self.of("check", table).filter(|check| !is_json(check));
        let check = |row: &SchemaRow| {
            let apart = self.of("clause", "").find(|clause| clause.name == row.name);
            let clause = row.text(1).or_else(|| apart?.text(0))?;
            Some(CheckDescription {
                name: row.name.clone(),
                clause: expression(self.engine, clause),
                enforced: row.text(0)? == "YES",
            })
        };
        checks.map(check).collect()
    }
}

/// Whether a CHECK is the one that MariaDB makes of a JSON column.
fn is_of_json(check: &SchemaRow, column: &str) -> bool {
    check.name == column && check.text(1).and_then(json_column).as_deref() == Some(column)
}

/// The lengths of a key's parts; none where all are whole columns.
fn lengths(parts: &[IndexPart]) -> Vec<u32> {
    let lengths: Vec<_> = parts.iter().map(|part| part.length.unwrap_or_default()).collect();
    if lengths.iter().all(|length| *length == 0) { Vec::new() } else { lengths }
}
