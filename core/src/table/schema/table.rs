//! One table and its columns.

use alloc::borrow::Cow;

use super::constraints::{Constraints, ForeignKey, KeyNameError, PRIMARY, UniqueKey};
use super::create;
use super::description::TableDescription;
use crate::base::lower;
use crate::table::issue::RowErrorKind;
use crate::table::types::{ColumnType, Definition};

/// One table that rowgate fills. It equals those of its name.
#[derive(Debug, Clone)]
pub struct Table {
    /// Its name in the database, of any characters but control characters and the comma.
    pub name: &'static str,
    /// Other names under which requests and files may call it.
    pub aliases: &'static [&'static str],
    /// Its columns, in the order of `CREATE TABLE` and of a CSV line without a header, but for the generated.
    pub columns: &'static [Column],
    /// The names of its generated columns, which the database computes.
    pub generated: &'static [&'static str],
    /// The positions of the primary key's columns, in the key's own order; at least one.
    pub key: &'static [usize],
    /// The `CREATE TABLE` statement of a table that is written in code.
    pub create: &'static str,
    /// Its comment in the database.
    pub comment: &'static str,
    /// What else the database holds its rows to.
    pub constraints: Constraints,
    /// All that was said of it, which backups record; nothing of a table that is written in code.
    pub described: Option<&'static TableDescription>,
}

impl PartialEq for Table {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Table {}

impl Table {
    /// A table whose key is its first column, without aliases, generated columns, statement, comment and constraints.
    pub const fn new(name: &'static str, columns: &'static [Column]) -> Self {
        Self {
            name,
            aliases: &[],
            columns,
            generated: &[],
            key: &[0],
            create: "",
            comment: "",
            constraints: Constraints::NONE,
            described: None,
        }
    }

    /// The unique key of this name, by which rows are told apart; `None` of the primary key.
    ///
    /// # Errors
    ///
    /// Where the table has no such key, or it is not of whole columns.
    pub fn key_called(&self, name: &str) -> Result<Option<&'static UniqueKey>, KeyNameError> {
        if name == PRIMARY {
            return Ok(None);
        }
        let unique = self.constraints.unique;
        let Some(key) = unique.iter().find(|key| key.name == name) else {
            let names = unique.iter().map(|key| key.name);
            return Err(KeyNameError::Unknown {
                keys: [PRIMARY].into_iter().chain(names).collect(),
            });
        };
        match key.columns {
            Some(_) => Ok(Some(key)),
            None => Err(KeyNameError::NotWhole { key: key.name }),
        }
    }

    /// Its `CREATE TABLE` statement: written when it is asked for, since a program that starts asks for none.
    pub(crate) fn create_statement(&self) -> Cow<'static, str> {
        self.described.map_or(Cow::Borrowed(self.create), |it| create::statement(it).into())
    }

    /// Its foreign keys that refer to itself.
    pub(crate) fn own_keys(&self) -> impl Iterator<Item = &'static ForeignKey> {
        let name = self.name;
        self.constraints.foreign.iter().filter(move |key| key.is_to(name))
    }

    /// Whether what is written into a column is by the clock of the session's time zone.
    pub(crate) fn is_by_the_clock(&self) -> bool {
        self.columns.iter().any(|column| column.column_type.is_by_the_clock())
    }

    /// Whether a column's values may come with an offset from UTC or without.
    pub(crate) fn takes_offsets(&self) -> bool {
        self.columns.iter().any(|column| column.column_type.takes_offset())
    }

    /// Whether a name is ignored: one that begins with `_`, and is no column's in any case.
    pub(crate) fn is_marked(&self, name: &str) -> bool {
        name.starts_with('_') && self.column_index_in_any_case(name).is_none()
    }

    /// What is wrong with a name for which [`column_index`](Self::column_index) finds nothing.
    pub(crate) fn no_column_called(&self, name: &str) -> RowErrorKind {
        match self.is_generated(name) {
            true => RowErrorKind::GeneratedColumn,
            false => RowErrorKind::UnknownColumn,
        }
    }

    /// Whether a name is that of a generated column, in any case.
    pub(crate) fn is_generated(&self, name: &str) -> bool {
        self.generated.iter().any(|generated| generated.eq_ignore_ascii_case(name))
    }

    /// Index of the column with this name or alias, whatever its case; a `_` counts.
    pub(crate) fn column_index_in_any_case(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| {
            let names = core::iter::once(&column.name).chain(column.aliases);
            names.into_iter().any(|its| lower::is_same(its, name))
        })
    }

    /// Index of the column with this name or alias; names are compared exactly.
    pub fn column_index(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.is_called(name))
    }
}

/// One column of a [`Table`].
#[derive(Debug, Clone, PartialEq, Eq)]
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
