//! The JSON form of tables: what `schema.json` holds.

use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

use crate::base::sql_text::qualified;

/// The version of the form that this rowgate reads and writes.
pub const FORM: u32 = 1;

/// All that is said of a database's tables, whether rowgate can fill them or not.
///
/// Its JSON form is described by `docs/schema.schema.json`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Description {
    /// The version of the form, [`FORM`].
    pub rowgate_schema: u32,
    /// The tables, in the order of their names where a database was read.
    pub tables: Vec<TableDescription>,
}

/// One table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableDescription {
    /// Its name.
    pub name: String,
    /// Its engine; left out of InnoDB.
    #[serde(skip_serializing_if = "is_innodb")]
    pub engine: String,
    /// The collation of new columns; left out of the one that the server has for utf8mb4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collation: Option<String>,
    /// Its comment.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub comment: String,
    /// Its columns, in their order.
    pub columns: Vec<ColumnDescription>,
    /// The columns of the primary key.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub primary_key: Vec<String>,
    /// How many characters of each of them the key has, 0 of a column that is in it as a whole; left out
    /// where all are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub primary_key_lengths: Vec<u32>,
    /// The unique keys besides the primary one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unique_keys: Vec<IndexDescription>,
    /// The indexes that are not unique.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<IndexDescription>,
    /// The foreign keys.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub foreign_keys: Vec<ForeignKeyDescription>,
    /// The CHECK constraints.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<CheckDescription>,
    /// The names of the triggers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub triggers: Vec<String>,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ColumnDescription {
    /// Its name.
    pub name: String,
    /// Its type as `information_schema` names it, integers without a display width: `int unsigned`.
    pub column_type: String,
    /// Whether it may be NULL; left out where it may.
    #[serde(skip_serializing_if = "is_yes")]
    pub nullable: bool,
    /// What a row gets that does not carry it; left out of NULL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<DefaultValue>,
    /// What an update sets it to; left out where it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_update: Option<String>,
    /// Whether the database numbers it by itself; left out where it does not.
    #[serde(skip_serializing_if = "is_no")]
    pub auto_increment: bool,
    /// How the database computes it; left out of a column that is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generated: Option<Generation>,
    /// Its collation; left out of the one that the server has for utf8mb4, and of what is no text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collation: Option<String>,
    /// Its comment.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub comment: String,
}

impl ColumnDescription {
    /// Whether its values are texts, which have a collation.
    pub(crate) fn is_text(&self) -> bool {
        let kinds =
            ["char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set"];
        kinds.contains(&self.column_type.split('(').next().unwrap_or_default())
    }
}

/// A column's DEFAULT.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DefaultValue {
    /// A value, as a text.
    Literal(String),
    /// What is computed for each row, in SQL.
    Expression(String),
}

impl DefaultValue {
    /// The value or the expression.
    pub fn sql(&self) -> &str {
        match self {
            Self::Literal(text) | Self::Expression(text) => text,
        }
    }
}

/// How the database computes a column.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Generation {
    /// In SQL.
    pub expression: String,
    /// Whether the value is stored; otherwise it is computed when it is read.
    #[serde(skip_serializing_if = "is_no")]
    pub stored: bool,
}

/// A unique key, or an index.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct IndexDescription {
    /// Its name.
    pub name: String,
    /// Its parts, in their order.
    pub parts: Vec<IndexPart>,
    /// Its type, such as FULLTEXT; left out of BTREE.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index_type: Option<String>,
}

/// One part of a key: a column or an expression.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct IndexPart {
    /// The column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// How many characters of the column are in the key, or bytes of what is no text; left out of all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<u32>,
    /// What is in the key where that is no column, in SQL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
    /// Whether its order is descending; left out where it is not.
    #[serde(skip_serializing_if = "is_no")]
    pub descending: bool,
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ForeignKeyDescription {
    /// Its name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<String>,
    /// The database of the table that they refer to; left out of the key's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// The table that they refer to.
    pub table: String,
    /// That table's columns.
    pub references: Vec<String>,
    /// What becomes of a row whose parent's key changes: RESTRICT, CASCADE and so on.
    pub on_update: String,
    /// What becomes of a row whose parent goes.
    pub on_delete: String,
}

impl ForeignKeyDescription {
    /// The table that it refers to, in SQL.
    pub(crate) fn parent_sql(&self) -> String {
        qualified(self.database.as_deref(), &self.table)
    }
}

/// A CHECK constraint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckDescription {
    /// Its name.
    pub name: String,
    /// What must not be false, in SQL.
    pub clause: String,
    /// Whether the database holds rows to it; left out where it does.
    #[serde(skip_serializing_if = "is_yes")]
    pub enforced: bool,
}

impl Description {
    /// A description of these tables, in the form that this rowgate writes.
    pub fn new(tables: Vec<TableDescription>) -> Self {
        Self { rowgate_schema: FORM, tables }
    }

    /// The JSON form, indented, with a line end.
    pub fn to_json(&self) -> String {
        // Only texts, numbers and lists are serialized, which cannot fail.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}

fn is_innodb(engine: &str) -> bool {
    engine == INNODB
}

/// The one engine with transactions.
pub(super) const INNODB: &str = "InnoDB";

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
fn is_yes(value: &bool) -> bool {
    *value
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
fn is_no(value: &bool) -> bool {
    !*value
}
