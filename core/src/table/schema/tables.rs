//! The tables of one database, as a value.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use percent_encoding::percent_decode_str;

use super::description::Description;
use super::error::DescriptionError;
use super::misfit::Unfit;
use super::served::{Kept, kept, list, serve};
use super::table::Table;
use crate::table::issue::RowErrorKind;

#[cfg(test)]
use super::{Column, ColumnType, Reference};

/// The tables of one database, as a value: whatever looks a table up is given one.
///
/// A table is known by its name, never by its address.
#[derive(Debug, Clone, Copy)]
pub struct Schema {
    tables: &'static [Table],
    unfit: &'static [Unfit],
    /// What the tables were made of; nothing of tables that are written in code.
    described: &'static [Kept],
    /// Of those, the tables that a look at the live database has not found.
    gone: &'static [&'static str],
}

impl Schema {
    /// The example: departments, jobs and employees, as `sql/schema.json` has them.
    ///
    /// Each call keeps its memory, some 2 kB, for the life of the process; a program makes one.
    pub fn example() -> Self {
        Self::from_json(EXAMPLE).expect("sql/schema.json is a description")
    }

    /// Reads a `schema.json`.
    ///
    /// # Errors
    ///
    /// Where the text is no description of tables. A table that rowgate cannot fill is no error: it is
    /// among the [`unfit`](Self::unfit).
    pub fn from_json(json: &str) -> Result<Self, DescriptionError> {
        Description::from_json(json).map(Self::keeping)
    }

    /// The tables of a description that rowgate can fill, and why not the others.
    ///
    /// What they need stays in memory for the life of the process: three times the description's own
    /// size, a few hundred bytes a column. A program reads its schema once, so that nothing adds up.
    pub fn of(description: &Description) -> Self {
        Self::keeping(description.clone())
    }

    fn keeping(description: Description) -> Self {
        let described = kept(description);
        let (tables, unfit) = serve(&described, &[], &[]);
        Self::of_parts(tables, unfit, list(described), &[])
    }

    pub(super) const fn of_parts(
        tables: &'static [Table],
        unfit: &'static [Unfit],
        described: &'static [Kept],
        gone: &'static [&'static str],
    ) -> Self {
        Self { tables, unfit, described, gone }
    }

    /// These tables, parents before their children; no two of them have a name or alias in common.
    pub const fn new(tables: &'static [Table]) -> Self {
        Self::of_parts(tables, &[], &[], &[])
    }

    /// What the tables were made of, those that rowgate cannot fill as well.
    pub(crate) const fn described(self) -> &'static [Kept] {
        self.described
    }

    /// The tables that a look at the live database has not found.
    pub(super) const fn gone(self) -> &'static [&'static str] {
        self.gone
    }

    /// The tables that rowgate cannot fill, in the order of the description.
    pub const fn unfit(self) -> &'static [Unfit] {
        self.unfit
    }

    /// Why the table of this name or alias is not served, if the description has it.
    pub fn why_not(self, name: &str) -> Option<&'static Unfit> {
        self.unfit.iter().find(|unfit| unfit.table == name || unfit.aliases.contains(&name))
    }

    /// What is wrong with a name for which [`table`](Self::table) finds nothing.
    pub fn no_table_called(self, name: &str) -> RowErrorKind {
        self.why_not(name).map_or(RowErrorKind::UnknownTable, RowErrorKind::UnfitTable)
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
    /// people write names as they like. A name of a table that is not served decides, too: the file is for
    /// no other.
    pub fn table_of_file(self, path: &str) -> Option<&'static Table> {
        self.named_in(path)?.ok()
    }

    /// Why a file goes to no table, by its path or object key.
    pub fn no_table_in(self, path: &str) -> RowErrorKind {
        if let Some(Err(unfit)) = self.named_in(path) {
            return RowErrorKind::UnfitTable(unfit);
        }
        let near = self.table_near(path).map(|table| table.name);
        RowErrorKind::NoTableInPath { tables: self.names(), near }
    }

    /// The table that a path names, served or not.
    fn named_in(self, path: &str) -> Option<Result<&'static Table, &'static Unfit>> {
        let mut parts = path.rsplit(['/', '\\']);
        let file = parts.next()?;
        let folder = parts.find_map(|part| self.named(part));
        folder.or_else(|| self.named(stem(file)))
    }

    fn named(self, name: &str) -> Option<Result<&'static Table, &'static Unfit>> {
        let served = self.table_in_any_case(name).map(Ok);
        let found = served.or_else(|| self.unfit_in_any_case(name).map(Err));
        // A backup's folder has a name of other characters percent-encoded.
        found.or_else(|| match percent_decode_str(name).decode_utf8().ok()? {
            Cow::Owned(decoded) => self.named(&decoded),
            Cow::Borrowed(_) => None,
        })
    }

    /// The table with whose name a file's name begins, with more behind it
    /// (`jobs-2026-01.csv`, `jobs (1).csv`); the longest of several. That is no more than likely.
    pub(crate) fn table_near(self, path: &str) -> Option<&'static Table> {
        let name = stem(path.rsplit(['/', '\\']).next()?);
        let starts = name.char_indices().filter(|(_, letter)| !letter.is_alphanumeric());
        starts.rev().find_map(|(end, _)| self.table_in_any_case(&name[..end]))
    }

    fn table_in_any_case(self, name: &str) -> Option<&'static Table> {
        let called = |table: &&Table| is_called(name, table.name, table.aliases);
        self.table(name).or_else(|| self.tables.iter().find(called))
    }

    fn unfit_in_any_case(self, name: &str) -> Option<&'static Unfit> {
        self.unfit.iter().find(|unfit| is_called(name, unfit.table, unfit.aliases))
    }
}

/// Whether a name, in any case, is this one or one of these aliases.
fn is_called(name: &str, its: &str, aliases: &[&str]) -> bool {
    its.eq_ignore_ascii_case(name) || aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name))
}

/// The tables of `sql/schema.sql`, as a database of them was pulled: the text of `sql/schema.json`.
pub const EXAMPLE: &str = include_str!("../../../../sql/schema.json");

/// A file's name up to its first dot.
fn stem(file: &str) -> &str {
    file.split_once('.').map_or(file, |(stem, _)| stem)
}

#[cfg(test)]
#[path = "../../../tests/world/tables.rs"]
mod office;
#[cfg(test)]
pub(crate) use office::OFFICE;

/// A table of the tests.
#[cfg(test)]
pub(crate) fn table(name: &str) -> Option<&'static Table> {
    OFFICE.table(name)
}

/// Numbers of columns, and lengths of their names.
#[cfg(test)]
const WIDTHS: [(usize, usize); 6] = [(1, 3), (95, 20), (380, 20), (550, 3), (400, 10), (164, 64)];

/// What is taken for the longest statement of a table for.
#[cfg(test)]
pub(crate) fn longest_statement(table: &Table) -> usize {
    let columns: Vec<_> = table.columns.iter().map(|it| (it.name, it.column_type)).collect();
    let key: Vec<_> = table.key_columns().map(|it| it.name).collect();
    super::width::longest_statement(&columns, &key)
}

/// A type's name and its collation.
#[cfg(test)]
type TypeText = (&'static str, Option<&'static str>);

/// Types whose columns take different amounts of SQL.
#[cfg(test)]
const KINDS: [TypeText; 18] = [
    ("varchar(9)", None),
    ("varchar(9)", Some("latin1_swedish_ci")),
    ("int", None),
    ("tinyint(1)", None),
    ("bigint unsigned", None),
    ("decimal(9,2) unsigned zerofill", None),
    ("date", None),
    ("datetime(6)", None),
    ("char(9)", None),
    ("longtext", None),
    ("year", None),
    ("time(3)", None),
    ("timestamp(6)", None),
    ("double", None),
    ("bit(8)", None),
    ("varbinary(9)", None),
    ("longblob", None),
    ("json", None),
];

/// A table of each kind and width.
#[cfg(test)]
pub(crate) fn wide_tables() -> impl Iterator<Item = &'static Table> {
    let plain =
        KINDS.into_iter().flat_map(|kind| WIDTHS.map(|(columns, name)| wide(columns, name, kind)));
    let of_all = |kind: TypeText| {
        with_key(wide(16, 64, kind), &[7, 0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15])
    };
    let of_two = |kind: TypeText| with_key(wide(95, 20, kind), &[1, 0]);
    plain.chain(KINDS.map(of_all)).chain(KINDS.map(of_two))
}

#[cfg(test)]
fn with_key(table: &'static Table, key: &'static [usize]) -> &'static Table {
    alloc::boxed::Box::leak(alloc::boxed::Box::new(Table {
        key,
        ..Table::new(table.name, table.columns)
    }))
}

/// A table of so many columns with names of this length, itself with the longest name.
#[cfg(test)]
fn wide(columns: usize, name: usize, (of, collation): TypeText) -> &'static Table {
    use alloc::boxed::Box;
    use alloc::format;

    let of = ColumnType::known(of, None, collation);
    let column =
        |number: usize| Column { collation, ..Column::new(format!("{number:c>name$}").leak(), of) };
    let columns = (0..columns).map(column).collect::<Vec<_>>().leak();
    let name = "t".repeat(34).leak();
    Box::leak(Box::new(Table::new(name, columns)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn the_widest_tables_that_are_tried_are_taken() {
        for (columns, name) in WIDTHS {
            let longest = longest_statement(wide(columns, name, KINDS[0]));
            assert!(longest <= super::super::width::STATEMENT_LIMIT, "{columns} {name}: {longest}");
        }
    }

    #[test]
    fn no_column_takes_more_of_a_statement_than_is_reckoned_with() {
        let name: &'static str = "`".repeat(64).leak();
        for (of, collation) in KINDS {
            let column = Column::new(name, ColumnType::known(of, None, collation));
            let columns = alloc::boxed::Box::leak(alloc::boxed::Box::new([column]));
            let longest = longest_statement(&Table::new("t", columns));
            assert!(longest <= 2_048 + 2_000, "{of}: {longest}");
        }
        assert!(
            super::super::width::surely_fits(31, 1) && !super::super::width::surely_fits(32, 1)
        );
    }

    #[test]
    fn parents_stand_before_their_children() {
        let tables = Schema::example().tables();
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
    fn a_file_of_a_table_that_is_not_served_goes_to_no_other() {
        let json = r#"{"rowgate_schema":1,"tables":[
            {"name":"jobs","columns":[{"name":"id","column_type":"int","nullable":false}],
             "primary_key":["id"]},
            {"name":"Maps","comment":"aliases=plans","columns":[
             {"name":"id","column_type":"int","nullable":false},
             {"name":"area","column_type":"geometry"}],"primary_key":["id"]}]}"#;
        let schema = Schema::from_json(json).unwrap();
        for path in ["maps/jobs.csv", "jobs/maps/1.csv", "maps.csv", "plans/1.csv"] {
            assert_eq!(schema.table_of_file(path), None, "{path}");
            let why = schema.no_table_in(path);
            assert_eq!(why.code(), "unfit_table", "{path}");
            assert!(why.to_string().contains("area is of type geometry"), "{why}");
        }
        assert!(schema.table_of_file("maps/jobs/1.csv").is_some());
        assert_eq!(schema.no_table_called("plans").code(), "unfit_table");
        assert_eq!(schema.no_table_called("cats").code(), "unknown_table");
    }

    #[test]
    fn a_name_that_begins_like_a_table_is_near_it() {
        let near = |path| OFFICE.table_near(path).map(|table| table.name);
        assert_eq!(near("incoming/jobs-2026-01.csv"), Some("jobs"));
        assert_eq!(near("Jobs (1).csv"), Some("jobs"));
        assert_eq!(near("hired_employees_2026.csv"), Some("employees"));
        for far in ["jobsheet.csv", "my-jobs.csv", "jobs.csv", "-jobs.csv", "", "a/"] {
            assert_eq!(near(far), None, "{far}");
        }
    }
}
