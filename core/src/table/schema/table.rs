//! One table and its columns.

use super::constraints::{Constraints, ForeignKey};
#[cfg(feature = "avro")]
use super::description::TableDescription;
use crate::table::types::{ColumnType, Definition, KeyKind};

/// One table that rowgate fills. It equals those of its name.
#[derive(Debug)]
pub struct Table {
    /// Its name in the database, of any characters but control characters and the comma.
    pub name: &'static str,
    /// Other names under which requests and files may call it.
    pub aliases: &'static [&'static str],
    /// Its columns, in the order of `CREATE TABLE` and of a CSV line without a header.
    pub columns: &'static [Column],
    /// The positions of the primary key's columns, in the key's own order; at least one.
    pub key: &'static [usize],
    /// Its `CREATE TABLE` statement.
    pub create: &'static str,
    /// Its comment in the database.
    pub comment: &'static str,
    /// What else the database holds its rows to.
    pub constraints: Constraints,
    /// All that was said of it, which backups record.
    #[cfg(feature = "avro")]
    pub described: Option<&'static TableDescription>,
}

impl PartialEq for Table {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Table {}

impl Table {
    /// A table whose key is its first column, without aliases, statement, comment and constraints.
    pub const fn new(name: &'static str, columns: &'static [Column]) -> Self {
        Self {
            name,
            aliases: &[],
            columns,
            key: &[0],
            create: "",
            comment: "",
            constraints: Constraints::NONE,
            #[cfg(feature = "avro")]
            described: None,
        }
    }

    /// The primary key's columns, in the key's own order.
    pub fn key_columns(&self) -> impl Iterator<Item = &'static Column> + use<> {
        let columns = self.columns;
        self.key.iter().map(move |position| &columns[*position])
    }

    /// Whether the column at this position belongs to the primary key.
    pub fn is_key(&self, position: usize) -> bool {
        self.key.contains(&position)
    }

    /// The position of the primary key's first column.
    pub fn first_key(&self) -> usize {
        self.key[0]
    }

    /// The primary key's first column.
    pub fn key_column(&self) -> &'static Column {
        &self.columns[self.first_key()]
    }

    /// How the values of the primary key's first column serve as a key.
    pub fn key_kind(&self) -> KeyKind {
        self.key_column().column_type.key_kind()
    }

    /// Its foreign keys that refer to itself.
    pub(crate) fn own_keys(&self) -> impl Iterator<Item = &'static ForeignKey> {
        let name = self.name;
        self.constraints.foreign.iter().filter(move |key| key.table == name)
    }

    /// Whether a column's values may come with an offset from UTC or without.
    pub(crate) fn takes_offsets(&self) -> bool {
        self.columns.iter().any(|column| column.column_type.takes_offset())
    }

    /// Index of the column with this name or alias; names are compared exactly.
    pub fn column_index(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.is_called(name))
    }
}

/// One column of a [`Table`].
#[derive(Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name in the database.
    pub name: &'static str,
    /// Other names under which requests and files may call it.
    pub aliases: &'static [&'static str],
    /// What it holds.
    pub column_type: ColumnType,
    /// Whether NULL is a value of it.
    pub nullable: bool,
    /// What a row gets that does not carry it, as `information_schema` says it; `None` of NULL.
    pub default: Option<&'static str>,
    /// Whether the database numbers it by itself; 0 would then silently become the next number.
    pub auto_increment: bool,
    /// The parent that its values name, from the COMMENT `references=`.
    pub references: Option<Reference>,
    /// Its collation; `None` of a column that has its table's or none.
    pub collation: Option<&'static str>,
    /// Its comment in the database.
    pub comment: &'static str,
}

impl Column {
    /// A column that may be NULL, without aliases, parent, collation and comment.
    pub const fn new(name: &'static str, column_type: ColumnType) -> Self {
        Self {
            name,
            aliases: &[],
            column_type,
            nullable: true,
            default: None,
            auto_increment: false,
            references: None,
            collation: None,
            comment: "",
        }
    }

    /// Whether a new row has to carry it.
    pub(crate) fn is_required(&self) -> bool {
        !self.nullable && self.default.is_none() && !self.auto_increment
    }

    fn is_called(&self, name: &str) -> bool {
        self.name == name || self.aliases.contains(&name)
    }
}

/// The parent column that a column's values name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference {
    /// The parent table's name.
    pub table: &'static str,
    /// The parent table's primary key.
    pub column: &'static str,
}
