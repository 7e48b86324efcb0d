//! The tables and their columns, as data.
//!
//! Nothing else in rowgate knows a table's or a column's name.

use alloc::vec::Vec;

use crate::table::issue::RowErrorKind;
use crate::table::types::Definition;
pub use crate::table::types::{ColumnType, KeyKind};

/// The tables of one database, as a value: whatever looks a table up is given one.
///
/// A table is known by its name, never by its address.
#[derive(Debug, Clone, Copy)]
pub struct Schema {
    tables: &'static [Table],
}

/// The tables of `sql/schema.sql`, made by `build.rs`.
static COMPILED: &[Table] = include!(concat!(env!("OUT_DIR"), "/schema.rs"));

impl Schema {
    /// The tables of `sql/schema.sql`.
    pub const fn compiled() -> Self {
        Self::new(COMPILED)
    }

    /// These tables, at least one, parents before their children; no two of them have a name or alias
    /// in common.
    pub const fn new(tables: &'static [Table]) -> Self {
        Self { tables }
    }

    /// Every table, parents before their children.
    pub const fn tables(self) -> &'static [Table] {
        self.tables
    }

    /// The names of all tables.
    pub fn names(self) -> Vec<&'static str> {
        self.tables.iter().map(|table| table.name).collect()
    }

    /// Finds a table by its name or an alias.
    pub fn table(self, name: &str) -> Option<&'static Table> {
        self.tables.iter().find(|table| table.name == name || table.aliases.contains(&name))
    }

    /// A table's place among all; parents stand before their children.
    pub(crate) fn position(self, table: &Table) -> Option<usize> {
        self.tables.iter().position(|other| other.name == table.name)
    }

    /// The table that a file is for, by its path or object key.
    ///
    /// The nearest folder named like a table decides (`incoming/departments/2026-01.csv`), else the
    /// file's own name up to its first dot (`hired_employees.csv.gz`); in any case, since Windows and
    /// people write names as they like.
    pub fn table_of_file(self, path: &str) -> Option<&'static Table> {
        let mut parts = path.rsplit(['/', '\\']);
        let file = parts.next()?;
        let folder = parts.find_map(|part| self.table_in_any_case(part));
        folder.or_else(|| self.table_in_any_case(stem(file)))
    }

    /// Why a file goes to no table, by its path or object key.
    pub fn no_table_in(self, path: &str) -> RowErrorKind {
        let near = self.table_near_file(path).map(|table| table.name);
        RowErrorKind::NoTableInPath { tables: self.names(), near }
    }

    /// The table with whose name a file's name begins, with more behind it
    /// (`jobs-2026-01.csv`, `jobs (1).csv`); the longest of several. That is no more than likely.
    fn table_near_file(self, path: &str) -> Option<&'static Table> {
        let name = stem(path.rsplit(['/', '\\']).next()?);
        let starts = name.char_indices().filter(|(_, letter)| !letter.is_alphanumeric());
        starts.rev().find_map(|(end, _)| self.table_in_any_case(&name[..end]))
    }

    fn table_in_any_case(self, name: &str) -> Option<&'static Table> {
        self.table(name).or_else(|| self.table(&name.to_ascii_lowercase()))
    }
}

/// A file's name up to its first dot.
fn stem(file: &str) -> &str {
    file.split_once('.').map_or(file, |(stem, _)| stem)
}

/// One table that rowgate fills. It equals those of its name.
#[derive(Debug)]
pub struct Table {
    /// Its name in the database: a-z, 0-9 and `_`, so that it needs no quoting anywhere.
    pub name: &'static str,
    /// Other names under which requests and files may call it.
    pub aliases: &'static [&'static str],
    /// Its columns, in the order of `CREATE TABLE` and of a CSV line without a header.
    pub columns: &'static [Column],
    /// Index of the primary key's column.
    pub key: usize,
    /// Its `CREATE TABLE` statement.
    pub create: &'static str,
    /// Its comment in the database.
    pub comment: &'static str,
}

impl PartialEq for Table {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Table {}

impl Table {
    /// A table whose key is its first column, without aliases, statement and comment.
    pub const fn new(name: &'static str, columns: &'static [Column]) -> Self {
        Self { name, aliases: &[], columns, key: 0, create: "", comment: "" }
    }

    /// The primary key's column.
    pub fn key_column(&self) -> &'static Column {
        &self.columns[self.key]
    }

    /// How the values of the primary key's column serve as one.
    pub fn key_kind(&self) -> KeyKind {
        self.key_column().column_type.key_kind()
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
            auto_increment: false,
            references: None,
            collation: None,
            comment: "",
        }
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

#[cfg(test)]
#[path = "../../tests/world/tables.rs"]
mod tables;
#[cfg(test)]
pub(crate) use tables::OFFICE;

/// A table of the tests.
#[cfg(test)]
pub(crate) fn table(name: &str) -> Option<&'static Table> {
    OFFICE.table(name)
}

#[cfg(test)]
#[path = "../../build/width.rs"]
mod width;

/// Numbers of columns, and lengths of their names.
#[cfg(test)]
pub(crate) const WIDTHS: [(usize, usize); 6] =
    [(1, 3), (95, 20), (380, 20), (550, 3), (400, 10), (164, 64)];

/// What the build takes the longest statement of a table for.
#[cfg(test)]
pub(crate) fn longest_statement(table: &Table) -> usize {
    width::longest_statement(table.columns.iter().map(|column| column.name.len()))
}

/// A table of so many columns with names of this length, itself with the longest name.
#[cfg(test)]
pub(crate) fn wide(columns: usize, name: usize) -> &'static Table {
    use alloc::boxed::Box;
    use alloc::format;

    let column = |number: usize| {
        Column::new(format!("{number:c>name$}").leak(), ColumnType::known("varchar(9)", None, None))
    };
    let columns = (0..columns).map(column).collect::<Vec<_>>().leak();
    let name = "t".repeat(34).leak();
    Box::leak(Box::new(Table::new(name, columns)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_widest_tables_that_are_tried_are_taken_by_the_build() {
        for (columns, name) in WIDTHS {
            let longest = longest_statement(wide(columns, name));
            assert!(longest <= width::STATEMENT_LIMIT, "{columns} {name}: {longest}");
        }
    }

    #[test]
    fn parents_stand_before_their_children() {
        let tables = Schema::compiled().tables();
        for (index, table) in tables.iter().enumerate() {
            for reference in table.columns.iter().filter_map(|column| column.references) {
                assert!(tables[..index].iter().any(|parent| parent.name == reference.table));
            }
        }
    }

    #[test]
    fn a_file_goes_to_the_nearest_folder_or_its_own_name() {
        let name = |path| OFFICE.table_of_file(path).map(|table| table.name);
        assert_eq!(name("incoming/departments/2026-01.csv"), Some("departments"));
        assert_eq!(name("jobs/departments/employees.csv"), Some("departments"));
        assert_eq!(name("incoming/hired_employees.csv.gz"), Some("employees"));
        assert_eq!(name("jobs.csv"), Some("jobs"));
        assert_eq!(name("C:\\data\\jobs.csv"), Some("jobs"));
        assert_eq!(name("incoming/Jobs/may.csv"), Some("jobs"));
        assert_eq!(name("HIRED_EMPLOYEES.CSV.GZ"), Some("employees"));
        assert_eq!(name("incoming/cats.csv"), None);
        assert_eq!(name("jobs-2026-01.csv"), None);
        assert_eq!(name(""), None);
    }

    #[test]
    fn a_name_that_begins_like_a_table_is_near_it() {
        let near = |path| OFFICE.table_near_file(path).map(|table| table.name);
        assert_eq!(near("incoming/jobs-2026-01.csv"), Some("jobs"));
        assert_eq!(near("Jobs (1).csv"), Some("jobs"));
        assert_eq!(near("hired_employees_2026.csv"), Some("employees"));
        for far in ["jobsheet.csv", "my-jobs.csv", "jobs.csv", "-jobs.csv", "", "a/"] {
            assert_eq!(near(far), None, "{far}");
        }
    }
}
